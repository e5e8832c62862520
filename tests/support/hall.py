"""A 48-port switch with its label and tags, to be photographed by the simulation."""

from nearhand.devices.model import RACK_WIDTH_MM, Component, Face, Port
from nearhand.labels.model import Layout, LayoutFace, LayoutLabel, Tag

LABEL_TEXT = "HTTP://127.0.0.1:8000/D/7K3Q9ZTA"


def switch_face() -> Face:
    """48 RJ45 ports in two rows of 24, odd numbers above, six QSFP28 uplinks on the right."""
    ports = []
    for number in range(1, 49):
        column, row = (number - 1) // 2, (number - 1) % 2
        block_gap = column // 6 * 3.0
        x = 66 + column * 13.6 + block_gap
        ports.append(
            Port(name=str(number), kind="rj45", x_mm=x, y_mm=14.2 + row * 15.5, width_mm=11.9, height_mm=11.5)
        )
    for number in range(49, 53):
        column, row = (number - 49) // 2, (number - 49) % 2
        ports.append(
            Port(
                name=str(number),
                kind="qsfp28",
                x_mm=413 + column * 20.5,
                y_mm=14.4 + row * 15,
                width_mm=18.5,
                height_mm=9.5,
            )
        )
    led = Component(name="STATUS", kind="led", x_mm=452, y_mm=8, width_mm=2, height_mm=2)
    return Face(width_mm=RACK_WIDTH_MM, height_mm=43.7, ports=tuple(ports), components=(led,))


def switch_layout(text: str = LABEL_TEXT) -> Layout:
    face = switch_face()
    return Layout(
        face=LayoutFace(width_mm=face.width_mm, height_mm=face.height_mm),
        label=LayoutLabel(text=text, x_mm=39, y_mm=22, size_mm=22),
        tags=(
            Tag(id=14, x_mm=9.5, y_mm=21.85, size_mm=12),
            Tag(id=15, x_mm=RACK_WIDTH_MM - 9.5, y_mm=21.85, size_mm=12),
        ),
    )

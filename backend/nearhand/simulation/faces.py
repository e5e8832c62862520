"""Draw a device's face as it looks in a rack: metal, ports, parts, its label and its tags."""

from collections.abc import Callable

import cv2
import numpy as np
import qrcode
from numpy.typing import NDArray

from nearhand.devices.model import RACK_WIDTH_MM, Component, Face, Port
from nearhand.labels.model import Layout
from nearhand.simulation.canvas import Canvas, Colour, Picture

PX_PER_MM = 5.0
QUIET_MODULES = 4  # white modules around a QR code
TAG_QUIET_MODULES = 1
EAR_MM = 18.0

METALS: tuple[Colour, ...] = ((82, 77, 72), (60, 60, 60), (104, 94, 86), (90, 93, 96))
STEEL: Colour = (150, 152, 152)
CAVITY: Colour = (9, 9, 10)
PRINT: Colour = (205, 208, 206)
PAPER: Colour = (236, 240, 240)
INK: Colour = (16, 16, 16)
GOLD: Colour = (60, 140, 175)
GREEN: Colour = (90, 235, 80)
AMBER: Colour = (40, 165, 250)
CABLES: tuple[Colour, ...] = ((170, 90, 30), (40, 150, 40), (40, 200, 220), (60, 60, 60), (200, 200, 205))


def draw_face(  # noqa: PLR0913 - what makes a face look as it does
    face: Face,
    layout: Layout | None = None,
    *,
    title: str = "",
    seed: int = 0,
    px_per_mm: float = PX_PER_MM,
    cabled: float = 0.0,
) -> Picture:
    """A picture of the whole face at `px_per_mm`. `cabled` is the share of ports that have a cable in them."""
    rng = np.random.default_rng(seed)
    canvas = Canvas(face.width_mm, face.height_mm, px_per_mm)
    _draw_metal(canvas, face, METALS[seed % len(METALS)], rng)
    for component in face.components:
        COMPONENTS.get(component.kind, _draw_panel)(canvas, component)
    for number, port in enumerate(face.ports):
        PORTS.get(port.kind, _draw_slot)(canvas, port)
        _draw_port_signs(canvas, port, number, rng)
    if title:
        canvas.text(EAR_MM + 4 + len(title), 3.2, title, 1.8, PRINT)
    for port in face.ports:
        if rng.random() < cabled:
            _draw_plug(canvas, port, face.height_mm, CABLES[int(rng.integers(len(CABLES)))])
    if layout is not None:
        draw_markings(canvas, layout)
    return canvas.picture()


def draw_markings(canvas: Canvas, layout: Layout) -> None:
    """The printed label, with its text in plain letters below the code, and the tags."""
    if layout.label is not None:
        code = symbol_cells(layout.label.text)
        quiet = layout.label.size_mm * QUIET_MODULES / len(code)
        plain = layout.label.text.rsplit("/", 1)[-1]
        _draw_sticker(canvas, code, (layout.label.x_mm, layout.label.y_mm), layout.label.size_mm, quiet)
        canvas.text(
            layout.label.x_mm,
            layout.label.y_mm + layout.label.size_mm / 2 + quiet * 0.55,
            plain,
            min(1.6, quiet * 0.5),
            INK,
        )
    for tag in layout.tags:
        cells = tag_cells(tag.dictionary, tag.id)
        quiet = tag.size_mm * TAG_QUIET_MODULES / len(cells)
        _draw_sticker(canvas, cells, (tag.x_mm, tag.y_mm), tag.size_mm, quiet)


def symbol_cells(text: str) -> NDArray[np.float32]:
    """1 where the QR code of this text is dark, without its quiet zone."""
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=0)
    code.add_data(text, optimize=0)
    return np.array(code.get_matrix(), np.float32)


def tag_cells(dictionary: str, number: int) -> NDArray[np.float32]:
    """1 where the tag is dark, its black frame included."""
    family = cv2.aruco.getPredefinedDictionary(getattr(cv2.aruco, dictionary))
    modules = family.markerSize + 2
    drawn = cv2.aruco.generateImageMarker(family, number, modules * 4)
    return (drawn[2::4, 2::4] < 128).astype(np.float32)


def _draw_sticker(
    canvas: Canvas,
    cells: NDArray[np.float32],
    centre_mm: tuple[float, float],
    size_mm: float,
    quiet_mm: float,
) -> None:
    x, y = centre_mm[0] - size_mm / 2, centre_mm[1] - size_mm / 2
    whole = size_mm + 2 * quiet_mm
    canvas.rect(x - quiet_mm + 0.4, y - quiet_mm + 0.5, whole, whole, (0, 0, 0), alpha=0.45)
    canvas.rect(x - quiet_mm, y - quiet_mm, whole, whole, PAPER)
    canvas.cells(cells, (x, y, size_mm, size_mm), INK)


# -- metal ------------------------------------------------------------------------------------------------------


def _draw_metal(canvas: Canvas, face: Face, colour: Colour, rng: np.random.Generator) -> None:
    canvas.pixels[:] = colour
    height, width = canvas.pixels.shape[:2]
    # Brushed metal: grain that is long in one direction.
    grain = cv2.GaussianBlur(rng.normal(0, 30, (height, width)).astype(np.float32), (0, 0), 12, sigmaY=0.7)
    canvas.pixels += grain[..., None]
    canvas.rect(0, 0, face.width_mm, 0.5, (120, 120, 120), alpha=0.6)
    canvas.rect(0, face.height_mm - 0.6, face.width_mm, 0.6, (0, 0, 0), alpha=0.6)
    canvas.shade((0, 0, face.width_mm, face.height_mm), 1.15, 0.8)
    if face.width_mm > RACK_WIDTH_MM - 30:
        _draw_ears(canvas, face)


def _draw_ears(canvas: Canvas, face: Face) -> None:
    for x in (EAR_MM, face.width_mm - EAR_MM):
        canvas.rect(x - 0.3, 0, 0.6, face.height_mm, (0, 0, 0), alpha=0.7)
        canvas.rect(x + 0.3, 0, 0.4, face.height_mm, (130, 130, 130), alpha=0.4)
    offset = 6.35  # screws sit a quarter inch from the unit's edges (EIA-310)
    for y in {offset, face.height_mm - offset}:
        for x in (8.0, face.width_mm - 8.0):
            _draw_screw(canvas, x, y)


def _draw_screw(canvas: Canvas, x: float, y: float) -> None:
    canvas.disc(x + 0.3, y + 0.4, 3.9, (12, 12, 12))
    canvas.disc(x, y, 3.6, (140, 142, 144))
    canvas.disc(x - 0.3, y - 0.3, 3.0, (170, 172, 174))
    canvas.line([(x - 1.6, y - 0.9), (x + 1.6, y + 0.9)], 0.7, (40, 40, 40))
    canvas.line([(x - 0.9, y + 1.6), (x + 0.9, y - 1.6)], 0.7, (40, 40, 40))


# -- ports ------------------------------------------------------------------------------------------------------


def _draw_opening(canvas: Canvas, part: Port | Component, frame: Colour, rim_mm: float) -> None:
    """A frame around a dark hole that gets lighter where light falls on its lower side."""
    width, height = part.width_mm, part.height_mm
    canvas.box(part.x_mm + 0.2, part.y_mm + 0.3, width + 0.4, height + 0.4, (0, 0, 0))
    canvas.box(part.x_mm, part.y_mm, width, height, frame)
    inside = (part.x_mm - width / 2 + rim_mm, part.y_mm - height / 2 + rim_mm, width - 2 * rim_mm)
    canvas.rect(*inside, height - 2 * rim_mm, (44, 42, 40))
    canvas.shade((*inside, height - 2 * rim_mm), 0.15, 0.9)


def _draw_rj45(canvas: Canvas, port: Port) -> None:
    width, height = port.width_mm, port.height_mm
    _draw_opening(canvas, port, (78, 78, 78), 0.9)
    canvas.box(port.x_mm, port.y_mm + height / 2 - 1.1, width * 0.36, 2.2, CAVITY)  # the latch's notch
    for contact in range(8):
        x = port.x_mm + (contact - 3.5) * width * 0.075
        canvas.rect(x - 0.18, port.y_mm - height / 2 + 1.2, 0.36, height * 0.28, GOLD, alpha=0.75)


def _draw_cage(canvas: Canvas, port: Port) -> None:
    """SFP and its larger kin: a bright metal cage, a deep hole, spring fingers at its rim."""
    _draw_opening(canvas, port, STEEL, 0.8)
    fingers = max(3, round(port.width_mm / 2.2))
    for finger in range(fingers):
        x = port.x_mm - port.width_mm / 2 + (finger + 0.5) * port.width_mm / fingers
        canvas.rect(x - 0.25, port.y_mm - port.height_mm / 2, 0.5, 0.8, (70, 70, 70))
    canvas.box(port.x_mm, port.y_mm + port.height_mm * 0.12, port.width_mm * 0.7, 0.5, (80, 84, 84))


def _draw_outlet(canvas: Canvas, port: Port) -> None:
    """A C13 or C19 socket: three slots in a black well."""
    _draw_opening(canvas, port, (24, 24, 24), 1.2)
    for dx, dy in ((-0.22, 0.08), (0.22, 0.08), (0.0, -0.2)):
        canvas.box(
            port.x_mm + dx * port.width_mm,
            port.y_mm + dy * port.height_mm,
            max(0.8, port.width_mm * 0.08),
            port.height_mm * 0.28,
            (4, 4, 4),
        )


def _draw_usb(canvas: Canvas, port: Port) -> None:
    _draw_opening(canvas, port, STEEL, 0.5)
    canvas.box(port.x_mm, port.y_mm - port.height_mm * 0.12, port.width_mm * 0.7, port.height_mm * 0.25, GOLD)


def _draw_slot(canvas: Canvas, port: Port) -> None:
    _draw_opening(canvas, port, (90, 92, 92), 0.6)


def _draw_port_signs(canvas: Canvas, port: Port, number: int, rng: np.random.Generator) -> None:
    """The number beside a port, above for upper rows, and its link light."""
    height = min(1.9, port.width_mm * 0.2)
    is_upper = number % 2 == 0
    y = port.y_mm + (-1 if is_upper else 1) * (port.height_mm / 2 + height * 0.5 + 0.5)
    short = port.name.rsplit("/", 1)[-1][-6:]
    canvas.text(port.x_mm - port.width_mm * 0.18, y, short, height * 0.8, PRINT)
    light = GREEN if rng.random() < 0.7 else AMBER if rng.random() < 0.2 else (40, 50, 40)
    canvas.box(port.x_mm + port.width_mm * 0.3, y, 1.5, 0.8, light)


def _draw_plug(canvas: Canvas, port: Port, bottom_mm: float, colour: Colour) -> None:
    """A plug in the port, with its cable bending down over the face's lower edge."""
    canvas.box(port.x_mm, port.y_mm, port.width_mm * 0.78, port.height_mm * 0.72, colour)
    canvas.box(port.x_mm, port.y_mm, port.width_mm * 0.5, port.height_mm * 0.4, (30, 30, 30))
    sway = 1.5 if round(port.x_mm) % 2 else -1.5
    course = [(port.x_mm, port.y_mm), (port.x_mm + sway, port.y_mm + 5), (port.x_mm + sway, bottom_mm + 2)]
    canvas.line(course, 3.0, (0.5 * colour[0], 0.5 * colour[1], 0.5 * colour[2]))
    canvas.line([(x - 0.4, y) for x, y in course], 1.8, colour)


# -- components -------------------------------------------------------------------------------------------------


def _draw_panel(canvas: Canvas, part: Component) -> None:
    canvas.box(part.x_mm, part.y_mm, part.width_mm, part.height_mm, (20, 20, 20))
    canvas.box(
        part.x_mm, part.y_mm, max(0.1, part.width_mm - 0.8), max(0.1, part.height_mm - 0.8), (66, 64, 62)
    )


def _draw_vented(canvas: Canvas, part: Component) -> None:
    """Perforated sheet: fans, power supplies, vents."""
    _draw_panel(canvas, part)
    pitch, radius = 3.2, 1.15
    columns, rows = int((part.width_mm - 3) / pitch), int((part.height_mm - 3) / pitch)
    for row in range(rows):
        for column in range(columns):
            x = part.x_mm + (column - (columns - 1) / 2 + 0.25 * (-1) ** row) * pitch
            canvas.disc(x, part.y_mm + (row - (rows - 1) / 2) * pitch, radius, CAVITY)


def _draw_psu(canvas: Canvas, part: Component) -> None:
    _draw_vented(canvas, part)
    handle = min(4.0, part.width_mm * 0.12)
    canvas.box(part.x_mm - part.width_mm * 0.4, part.y_mm, handle, part.height_mm * 0.7, (20, 20, 22))
    canvas.disc(part.x_mm + part.width_mm * 0.42, part.y_mm - part.height_mm * 0.35, 1.0, GREEN)


def _draw_disk(canvas: Canvas, part: Component) -> None:
    """A drive carrier: a grille, a latch and two lights."""
    _draw_panel(canvas, part)
    is_flat = part.width_mm >= part.height_mm
    length, across = (part.width_mm, part.height_mm) if is_flat else (part.height_mm, part.width_mm)
    for slat in range(max(1, int(length * 0.55 / 2.4))):
        along = -length * 0.42 + slat * 2.4
        dx, dy = (along, 0.0) if is_flat else (0.0, along)
        size = (1.1, across * 0.6) if is_flat else (across * 0.6, 1.1)
        canvas.box(part.x_mm + dx, part.y_mm + dy, *size, CAVITY)
    dx, dy = (length * 0.3, 0.0) if is_flat else (0.0, length * 0.3)
    canvas.box(part.x_mm + dx, part.y_mm + dy, across * 0.5, across * 0.5, (70, 40, 120))
    canvas.disc(part.x_mm + dx * 1.45, part.y_mm + dy * 1.45, 0.8, GREEN)


def _draw_led(canvas: Canvas, part: Component) -> None:
    canvas.disc(part.x_mm, part.y_mm, min(part.width_mm, part.height_mm) / 2, GREEN)


def _draw_button(canvas: Canvas, part: Component) -> None:
    radius = min(part.width_mm, part.height_mm) / 2
    canvas.disc(part.x_mm, part.y_mm, radius, (12, 12, 12))
    canvas.disc(part.x_mm, part.y_mm, radius * 0.8, (110, 110, 112))


def _draw_display(canvas: Canvas, part: Component) -> None:
    _draw_panel(canvas, part)
    canvas.box(part.x_mm, part.y_mm, part.width_mm * 0.86, part.height_mm * 0.72, (70, 40, 10))
    canvas.text(part.x_mm, part.y_mm, "OK", part.height_mm * 0.3, (240, 200, 120))


PORTS: dict[str, Callable[[Canvas, Port], None]] = {
    "rj45": _draw_rj45,
    "console": _draw_rj45,
    "usb": _draw_usb,
    "c13": _draw_outlet,
    "c14": _draw_outlet,
    "c19": _draw_outlet,
    "c20": _draw_outlet,
    **dict.fromkeys(
        ("sfp", "sfp+", "sfp28", "sfp56", "qsfp", "qsfp+", "qsfp28", "qsfp56", "osfp"), _draw_cage
    ),
}

COMPONENTS: dict[str, Callable[[Canvas, Component], None]] = {
    "psu": _draw_psu,
    "fan": _draw_vented,
    "vent": _draw_vented,
    "disk": _draw_disk,
    "led": _draw_led,
    "button": _draw_button,
    "display": _draw_display,
}

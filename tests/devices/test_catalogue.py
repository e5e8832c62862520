import itertools

import pytest

from nearhand.devices.catalogue import catalogue
from nearhand.devices.model import RACK_WIDTH_MM, U_MM, Component, Face, NewDeviceType, Port

TYPES = {f"{one.manufacturer} {one.model}": one for one in catalogue()}
FACES = [(name, face) for name, one in TYPES.items() for face in (one.front, one.rear) if face is not None]
EAR_MM = 22  # both ears and the paper margin of the tags on them


def _box(part: Port | Component) -> tuple[float, float, float, float]:
    return (
        part.x_mm - part.width_mm / 2,
        part.y_mm - part.height_mm / 2,
        part.x_mm + part.width_mm / 2,
        part.y_mm + part.height_mm / 2,
    )


def _parts(face: Face) -> list[Port | Component]:
    return [*face.ports, *face.components]


def _overlaps(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]


def test_there_are_twelve_types_or_more_of_the_common_kinds() -> None:
    assert len(TYPES) >= 12
    assert {"switch", "router", "server", "storage", "pdu", "patch_panel"} <= {o.kind for o in TYPES.values()}


@pytest.mark.parametrize("device_type", TYPES.values(), ids=TYPES)
def test_each_says_where_its_dimensions_come_from_and_how_true_its_positions_are(
    device_type: NewDeviceType,
) -> None:
    assert device_type.source.startswith("Outer dimensions: ")
    assert "approximate" in device_type.source


@pytest.mark.parametrize("device_type", TYPES.values(), ids=TYPES)
def test_a_mounted_face_is_a_19_inch_panel(device_type: NewDeviceType) -> None:
    if device_type.height_u > 0:
        expected = device_type.height_u * U_MM - 0.794
        for face in filter(None, (device_type.front, device_type.rear)):
            assert face.width_mm == RACK_WIDTH_MM
            assert face.height_mm == pytest.approx(expected, abs=0.01)


@pytest.mark.parametrize(("name", "face"), FACES)
def test_parts_lie_on_the_face_beside_one_another_and_off_the_ears(name: str, face: Face) -> None:
    boxes = {part.name: _box(part) for part in _parts(face)}
    for part, box in boxes.items():
        assert box[0] >= 0, part
        assert box[1] >= 0, part
        assert box[2] <= face.width_mm, part
        assert box[3] <= face.height_mm, part
        if face.width_mm == RACK_WIDTH_MM and not part.startswith("LED"):
            assert box[0] >= EAR_MM, part
            assert box[2] <= face.width_mm - EAR_MM, part
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        assert not _overlaps(a, b), f"{one} overlaps {other}"


def _has_room(face: Face, size_mm: float) -> bool:
    boxes = [_box(part) for part in _parts(face)]
    return any(
        not any(_overlaps((x, y, x + size_mm, y + size_mm), box) for box in boxes)
        for x in range(22, int(face.width_mm - 22 - size_mm) + 1)
        for y in range(int(face.height_mm - size_mm) + 1)
    )


@pytest.mark.parametrize("name", ["Cisco Nexus 93180YC-FX", "Cisco Catalyst 9300-48P", "Dell PowerEdge R650"])
def test_there_is_room_for_a_25_mm_label_with_its_margin(name: str) -> None:
    assert _has_room(TYPES[name].front, 33)


def test_the_ports_of_the_demo_switch_are_named_as_printed() -> None:
    ports = {port.name: port for port in TYPES["Cisco Nexus 93180YC-FX"].front.ports}
    assert list(ports) == [str(number) for number in range(1, 55)]
    # Odd numbers above even ones, column by column.
    assert ports["37"].y_mm < ports["38"].y_mm
    assert ports["37"].x_mm == ports["38"].x_mm < ports["39"].x_mm

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.layout import Layout, LayoutFace, LayoutLabel, Tag
from nearhand.vision.locate import Located, Look, locate_seen
from nearhand.vision.pose import Pose, pose
from nearhand.vision.project import project
from nearhand.vision.rackmap import (
    Misplaced,
    RackMap,
    RackPlan,
    RackSeen,
    Shown,
    Side,
    Way,
    locate_rack,
    rack_side,
    way_between,
)
from nearhand.vision.symbols import LabelSeen, TagSeen

U_MM = 44.45
CAMERA = nominal(1920, 1080).with_focal(1500).model_copy(update={"focal_sd": 0.002, "k1_sd": 0.003})
POSITIONS = {"a": 20, "b": 23, "c": 14}


def layout(number: int) -> Layout:
    return Layout(
        face=LayoutFace(width_mm=482.6, height_mm=43.66),
        label=LayoutLabel(text=f"HTTPS://HELP.EXAMPLE/D/{number:08}", x_mm=41.5, y_mm=19.7, size_mm=25),
        tags=(
            Tag(id=2 * number, x_mm=11, y_mm=22, size_mm=15),
            Tag(id=2 * number + 1, x_mm=471.6, y_mm=22, size_mm=15),
        ),
    )


LAYOUTS = {name: layout(number) for number, name in enumerate(POSITIONS, start=10)}


def plan(*, first_u: int = 1, from_top: bool = False, height_u: int = 42) -> RackPlan:
    return RackPlan(height_u, first_u, from_top, width_mm=482.6, u_mm=U_MM)


def shown(name: str, position_u: int, height_u: float = 1) -> Shown:
    height_mm = height_u * U_MM - 0.79
    return Shown(name, name.upper(), name, "front", position_u, height_u, 482.6, height_mm, LAYOUTS.get(name))


def rack_of(positions: dict[str, int], of: RackPlan | None = None) -> RackMap:
    of = of or plan()
    side = rack_side(of, [shown(name, position_u) for name, position_u in positions.items()])
    return RackMap(
        rack_id="r",
        name="R07",
        width_mm=of.width_mm,
        height_mm=of.height_mm,
        u_mm=of.u_mm,
        tolerance_mm=2,
        front=side,
        rear=rack_side(of, []),
    )


@lru_cache
def true_rack() -> RackMap:
    return rack_of(POSITIONS)


def view(of_y_mm: float, distance_mm: float, tilt: Sequence[float] = (0, 0, 0)) -> Pose:
    """T_camera_rack of a camera that looks at the rack's middle line at some height."""
    turned = pose(tilt, (0, 0, 0))
    turned[:3, 3] = np.array([0, 0, distance_mm]) - turned[:3, :3] @ np.array([241.3, of_y_mm, 0])
    return turned


class Picture:
    """What a camera sees of a rack's symbols, some of them: `only` names tags by id and labels by device."""

    def __init__(
        self, where: Pose, true: RackMap, only: Sequence[int | str], camera: Intrinsics = CAMERA
    ) -> None:
        self.camera = camera
        noise = np.random.default_rng(5)
        self.labels: list[LabelSeen] = []
        self.tags: list[TagSeen] = []
        for device in true.front.devices:
            held = LAYOUTS[device.device_id]
            corners = self._corners(where, device.x_mm, device.y_mm)
            if device.device_id in only and held.label:
                self.labels.append(LabelSeen(held.label.text, corners(held.label, noise)))
            self.tags += [
                TagSeen(tag.dictionary, tag.id, corners(tag, noise)) for tag in held.tags if tag.id in only
            ]

    def _corners(
        self, where: Pose, x_mm: float, y_mm: float
    ) -> Callable[[LayoutLabel | Tag, np.random.Generator], Pose]:
        def corners(symbol: LayoutLabel | Tag, noise: np.random.Generator) -> Pose:
            half = symbol.size_mm / 2
            square = half * np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]])
            seen = project(square + np.array([symbol.x_mm + x_mm, symbol.y_mm + y_mm]), where, self.camera)
            return np.asarray(seen + noise.normal(0, 0.05, seen.shape))

        return corners

    def find(self, registered: RackMap, side: Side = "front") -> RackSeen | None:
        def locate(held: Layout) -> Located | None:
            size = (self.camera.width, self.camera.height)
            return locate_seen([Look(size, tuple(self.labels), tuple(self.tags))], held, self.camera)[0]

        texts = {label.text for label in self.labels}
        return locate_rack(registered, side, texts, {tag.id for tag in self.tags}, locate)


def error_mm(seen: RackSeen, where: Pose, at: tuple[float, float]) -> float:
    """How far off a point of the rack is in the picture, in millimetres of the rack's plane there."""
    px = project([at], seen.T_camera_rack, CAMERA) - project([at], where, CAMERA)
    return float(np.linalg.norm(px)) * float(where[2, 3]) / CAMERA.fx


# -- numbering --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("of", "position_u", "height_u", "top_u"),
    [
        (plan(), 42, 1, 0),
        (plan(), 1, 1, 41),
        (plan(), 1, 4, 38),
        (plan(first_u=0), 0, 1, 41),
        (plan(first_u=0), 41, 1, 0),
        (plan(from_top=True), 1, 1, 0),
        (plan(from_top=True), 40, 3, 39),
        (plan(first_u=0, from_top=True, height_u=47), 46, 1, 46),
    ],
)
def test_a_device_lies_where_the_racks_own_numbering_says(
    of: RackPlan, position_u: int, height_u: float, top_u: int
) -> None:
    device = rack_side(of, [shown("x", position_u, height_u)]).devices[0]
    assert device.x_mm == 0
    assert device.y_mm == pytest.approx(top_u * U_MM + 0.395, abs=0.01)


@given(height_u=st.integers(1, 60), first_u=st.integers(0, 1), from_top=st.booleans())
def test_every_unit_has_one_place_and_devices_of_one_unit_lie_in_it(
    height_u: int, first_u: int, from_top: bool
) -> None:
    of = plan(first_u=first_u, from_top=from_top, height_u=height_u)
    units = of.units()
    assert [unit.y_mm for unit in units] == [pytest.approx(i * U_MM, abs=0.01) for i in range(height_u)]
    numbers = [unit.u for unit in units]
    assert numbers == sorted(numbers, reverse=not from_top)
    assert set(numbers) == set(range(first_u, first_u + height_u))
    for unit in units:
        device = rack_side(of, [shown("x", unit.u)]).devices[0]
        assert unit.y_mm <= device.y_mm <= device.y_mm + device.height_mm <= unit.y_mm + U_MM + 0.02


def test_a_narrow_face_hangs_in_the_middle() -> None:
    narrow = Shown("n", "N", "n", "front", 5, 1, 440, 43, None)
    assert rack_side(plan(), [narrow]).devices[0].x_mm == pytest.approx(21.3)


def test_a_tag_that_two_devices_bear_is_no_landmark() -> None:
    side = rack_side(plan(), [replace(shown("a", 5), layout=LAYOUTS["b"]), shown("b", 9), shown("c", 12)])
    tags = {
        device.device_id: [tag.id for tag in device.layout.tags] for device in side.devices if device.layout
    }
    assert tags == {"a": [], "b": [], "c": [24, 25]}


# -- the way ----------------------------------------------------------------------------------------------------


def test_the_way_is_told_in_units_and_up_is_up_however_the_rack_is_counted() -> None:
    positions = {"a": 10, "b": 16}
    counted_up = rack_of(positions).front
    assert way_between(counted_up, "a", "b") == Way(6, "up")
    assert way_between(counted_up, "b", "a") == Way(6, "down")
    counted_down = rack_of(positions, plan(from_top=True)).front
    assert way_between(counted_down, "a", "b") == Way(6, "down")


def test_there_is_no_way_to_itself_or_to_what_is_not_on_this_side() -> None:
    side = rack_of({"a": 10, "b": 16}).front
    assert way_between(side, "a", "a") is None
    assert way_between(side, "a", "z") is None
    assert way_between(side, "z", "a") is None


# -- the rack's pose --------------------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    tilt=st.tuples(st.floats(-0.35, 0.35), st.floats(-0.35, 0.35), st.floats(-0.2, 0.2)),
    distance_mm=st.floats(700, 1500),
    only=st.sampled_from([(20, 22), (21, 22), (20, 23), (20, 21, 25), (20, 21, 22, 23, 24, 25)]),
)
def test_symbols_of_two_devices_give_the_racks_place(
    tilt: tuple[float, float, float], distance_mm: float, only: tuple[int, ...]
) -> None:
    where = view(1000, distance_mm, tilt)
    seen = Picture(where, true_rack(), only).find(true_rack())
    assert seen is not None
    assert seen.misplaced == ()
    assert len(seen.devices) == len({number // 2 for number in only})
    assert error_mm(seen, where, (241.3, 22 * U_MM)) < 0.02 * distance_mm


def test_a_tag_of_one_device_and_the_label_of_another_do_as_well() -> None:
    where = view(1000, 700, (0.1, 0.2, 0))
    seen = Picture(where, true_rack(), (23, "a")).find(true_rack())
    assert seen is not None
    assert seen.devices == ("a", "b")
    assert error_mm(seen, where, (241.3, 22 * U_MM)) < 5


def test_a_single_device_is_enough_for_the_units_near_it() -> None:
    where = view(1000, 900)
    seen = Picture(where, true_rack(), (20, 21)).find(true_rack())
    assert seen is not None
    assert seen.devices == ("a",)
    assert error_mm(seen, where, (241.3, 24 * U_MM)) < U_MM / 4


def test_nothing_of_the_rack_in_sight_is_no_rack() -> None:
    assert Picture(view(1000, 900), true_rack(), ()).find(true_rack()) is None
    assert Picture(view(1000, 900), true_rack(), (20, 21)).find(true_rack(), "rear") is None


# -- devices that sit elsewhere ---------------------------------------------------------------------------------


def test_the_one_of_three_that_sits_elsewhere_is_found() -> None:
    registered = rack_of(POSITIONS | {"b": 25})
    seen = Picture(view(1000, 1300, (0.1, -0.2, 0)), true_rack(), (20, 21, 22, 23, 24, 25)).find(registered)
    assert seen is not None
    assert seen.devices == ("a", "c")
    assert seen.misplaced == (Misplaced("b", -2, ("a", "c"), is_certain=True),)


def test_of_two_that_disagree_neither_is_called_the_culprit() -> None:
    registered = rack_of(POSITIONS | {"b": 22})
    seen = Picture(view(1000, 900), true_rack(), (20, 21, 22, 23)).find(registered)
    assert seen is not None
    (found,) = seen.misplaced
    assert not found.is_certain
    assert {found.device_id, *found.against} == {"a", "b"}
    assert abs(found.units) == 1


def test_what_cannot_be_told_so_exactly_is_not_said() -> None:
    registered = rack_of(POSITIONS | {"c": 15})
    far = Picture(view(1000, 3500), true_rack(), (20, 24), CAMERA.scaled_to(640, 360)).find(registered)
    assert far is not None
    assert far.misplaced == ()

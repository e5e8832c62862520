import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from nearhand.devices.model import (
    Device,
    FaceSide,
    Mounting,
    NewRack,
    Span,
    first_overlap,
    first_version,
    misfit,
    next_version,
    span_of,
)
from nearhand.kit.clock import FixedClock
from tests.support.factories import new_device, new_device_type, new_face, new_rack

spans = st.builds(
    Span,
    position_u=st.integers(0, 50),
    height_u=st.sampled_from([0.5, 1, 1.5, 2, 4]),
    face=st.sampled_from(FaceSide),
    is_full_depth=st.booleans(),
)


def _span(position_u: int, *, height_u: float = 1, face: str = "front", is_full_depth: bool = True) -> Span:
    return Span(position_u=position_u, height_u=height_u, face=FaceSide(face), is_full_depth=is_full_depth)


@given(spans, spans)
def test_overlapping_is_mutual(one: Span, other: Span) -> None:
    assert one.overlaps(other) == other.overlaps(one)


@given(spans)
def test_a_span_overlaps_itself_but_not_its_neighbours_above(span: Span) -> None:
    assert span.overlaps(span)
    above = span.model_copy(update={"position_u": span.position_u + 4})
    assert not span.overlaps(above)


@pytest.mark.parametrize(
    ("one", "other", "overlap"),
    [
        (_span(10, height_u=2), _span(11), True),
        (_span(10, height_u=2), _span(12), False),
        (_span(10), _span(10, face="rear"), True),  # full depth blocks both faces
        (_span(10, is_full_depth=False), _span(10, face="rear", is_full_depth=False), False),
        (_span(10, is_full_depth=False), _span(10, is_full_depth=False), True),
        (_span(10, height_u=1.5), _span(11), True),
    ],
)
def test_two_devices_overlap_where_they_want_the_same_space(one: Span, other: Span, overlap: bool) -> None:
    assert one.overlaps(other) is overlap


def test_a_device_is_in_nobodys_way_in_another_rack_nor_in_its_own() -> None:
    here = Mounting(device_id="a", asset_tag="A", rack_id="r1", span=_span(1))
    there = here.model_copy(update={"device_id": "b", "rack_id": "r2"})
    assert first_overlap(here, [here, there]) is None
    assert first_overlap(here, [here.model_copy(update={"device_id": "b"})]) is not None


@pytest.mark.parametrize(
    ("first_u", "position_u", "height_u", "is_held"),
    [
        (1, 1, 1, True),
        (1, 0, 1, False),
        (0, 0, 1, True),
        (0, 41, 1, True),
        (0, 42, 1, False),
        (1, 42, 1, True),
        (1, 42, 2, False),
        (1, 41, 2, True),
        (1, 41, 1.5, True),
        (1, 42, 0, True),
    ],
)
def test_a_rack_holds_what_fits_between_its_first_and_last_unit(
    first_u: int, position_u: int, height_u: float, is_held: bool
) -> None:
    rack = NewRack(**new_rack("s").model_dump() | {"first_u": first_u})
    assert rack.holds(position_u, height_u) is is_held


def test_a_misfit_is_told_in_the_units_of_the_rack() -> None:
    assert misfit(new_rack("s"), 42, 2) == "2 U from U42 do not fit into R07, which has U1 to U42."


def test_a_device_beside_the_units_takes_no_room() -> None:
    device = new_device("t", "s", rack_id="r", position_u=3)
    assert span_of(device, new_device_type(height_u=0)) is None
    assert span_of(new_device("t", "s"), new_device_type()) is None
    assert span_of(device, new_device_type()) == _span(3)


def test_a_change_keeps_what_it_does_not_say_and_counts_on() -> None:
    clock = FixedClock()
    first = first_version(Device, new_device("t", "s"), noun_id="d", now=clock.now())
    clock.advance(60)
    second = next_version(first, new_device("t", "s", name="New"), now=clock.now())
    assert (second.id, second.version, second.name) == ("d", 2, "New")
    assert (second.created_at, second.updated_at) == (first.created_at, clock.now())


def test_two_parts_of_one_face_do_not_share_a_name() -> None:
    port = new_face().ports[0]
    with pytest.raises(ValidationError, match="same name"):
        new_face(ports=(port, port))


def test_a_part_lies_on_its_face() -> None:
    with pytest.raises(ValidationError, match="outside the face"):
        new_face(width_mm=300)


def test_a_port_is_found_by_the_name_printed_on_it() -> None:
    assert new_face().port("37") is not None
    assert new_face().port("99") is None


def test_a_position_needs_a_rack() -> None:
    with pytest.raises(ValidationError, match="needs a rack_id"):
        new_device("t", "s", position_u=3)

"""What is hashed is written in one way only."""

import json
import math
from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from nearhand.audit.canonical import LARGEST, canonical, details_hash, difference, plain
from nearhand.devices.model import FaceSide

KEYS = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def numbers(value: Any) -> list[int | float]:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return []
    if isinstance(value, int | float):
        return [value]
    return [n for one in (value.values() if isinstance(value, dict) else value) for n in numbers(one)]


@given(VALUES)
def test_what_was_read_is_written_again_byte_for_byte(value: Any) -> None:
    written = canonical(plain(value))
    assert canonical(json.loads(written)) == written
    assert all(isinstance(one, int) and abs(one) <= LARGEST for one in numbers(json.loads(written)))


def test_as_rfc_8785_writes_it() -> None:
    value = {"b": [True, None, -1], "a": '\u20ac$\u000f\nA\'B"\\\\"/', "é": 1.5}
    assert canonical(plain(value)).decode() == (
        '{"?":"1.5","a":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/","b":[true,null,-1]}'
    )


def test_whole_numbers_stay_numbers_and_others_become_texts() -> None:
    assert plain([1.0, 14.25, 1e300, 2**53, math.inf, True]) == [
        *(1, "14.25", "1e+300", "9007199254740992", "inf", True),
    ]


def test_half_a_character_is_written_as_a_question_mark() -> None:
    assert canonical(plain("\ud83d")) == b'"?"'


def test_words_and_times_are_written_as_texts() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    assert plain({FaceSide.FRONT: at}) == {"front": "2026-01-02T03:04:05.000000Z"}


NAMED = st.dictionaries(st.sampled_from(["a", "b", "c"]), VALUES, max_size=3)


@given(NAMED, NAMED)
def test_a_difference_is_empty_only_between_equals(before: dict[str, Any], after: dict[str, Any]) -> None:
    found = difference(before, after)
    if canonical(plain(before)) == canonical(plain(after)):
        assert found == {"before": {}, "after": {}}
    assert difference(after, before) == {"before": found["after"], "after": found["before"]}


def test_a_difference_names_only_what_differs() -> None:
    before = {"name": "A", "face": {"ports": [{"x": 1.5}, {"x": 2}]}, "tags": ["a"], "same": 1}
    after = {"name": "B", "face": {"ports": [{"x": 1.5}, {"x": 3}]}, "tags": [], "same": 1}
    assert difference(before, after) == {
        "before": {"face.ports.1.x": 2, "name": "A", "tags.0": "a"},
        "after": {"face.ports.1.x": 3, "name": "B", "tags": []},
    }


def test_equal_details_have_unequal_hashes() -> None:
    assert details_hash("00" * 16, b"{}") != details_hash("01" * 16, b"{}")

from hypothesis import example, given
from hypothesis import strategies as st

from nearhand.telemetry.chunks import (
    CHUNK_MS,
    joined,
    packed,
    packed_rollup,
    samples_of,
    unpacked,
    unpacked_rollup,
)

TIMES = st.integers(-(10**14), 10**14)
VALUES = st.one_of(
    st.floats(-1e30, 1e30),
    st.integers(-(10**6), 10**6).map(lambda n: n / 100),
    st.integers(0, 10**12).map(float),
)
PAIRS = st.lists(st.tuples(TIMES, VALUES), min_size=1, max_size=200)


@given(PAIRS)
@example([(0, -0.0)])
def test_what_is_packed_comes_back_to_the_last_bit(pairs: list[tuple[int, float]]) -> None:
    samples = samples_of(pairs)
    again = unpacked(packed(samples))
    assert again.at_ms.tolist() == samples.at_ms.tolist()
    assert again.values.tobytes() == samples.values.tobytes()


@given(PAIRS)
def test_a_rollup_comes_back_and_counts_every_sample(pairs: list[tuple[int, float]]) -> None:
    samples = samples_of(pairs)
    rollup = unpacked_rollup(packed_rollup(samples.rollup()))
    assert rollup["count"].sum() == len(samples)
    assert rollup["minimum"].min() == samples.values.min()


@given(PAIRS)
def test_cutting_into_chunks_loses_nothing_and_keeps_each_within_its_six_hours(
    pairs: list[tuple[int, float]],
) -> None:
    samples = samples_of(pairs)
    parts = samples.by_chunk()
    assert [at for _, part in parts for at in part.at_ms.tolist()] == samples.at_ms.tolist()
    assert all(start <= at < start + CHUNK_MS for start, part in parts for at in part.at_ms.tolist())


@given(PAIRS, PAIRS)
def test_joining_keeps_what_was_there_first(
    first: list[tuple[int, float]], second: list[tuple[int, float]]
) -> None:
    known = dict(reversed(first))
    together = joined(samples_of(first), samples_of(second))
    assert dict(zip(together.at_ms.tolist(), together.values.tolist(), strict=True)) == {
        **dict(reversed(second)),
        **known,
    }


def test_two_decimals_every_ten_seconds_take_less_than_three_bytes_a_sample() -> None:
    pairs = [(i * 10_000, round(40 + (i * 7919 % 101) / 100, 2)) for i in range(2160)]
    assert len(packed(samples_of(pairs))) < 3 * 2160

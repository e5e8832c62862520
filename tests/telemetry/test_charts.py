import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nearhand.telemetry.charts import ROLLUP_MS, grid, regroup, summary_of
from nearhand.telemetry.chunks import samples_of

DAY_MS = 86_400_000


@given(st.integers(0, 10**13), st.integers(1, 400 * DAY_MS), st.integers(1, 2000))
def test_a_grid_covers_the_range_with_no_more_intervals_than_asked_for(
    since: int, span: int, buckets: int
) -> None:
    wanted = grid(since, since + span, buckets)
    assert wanted.since_ms <= since
    assert wanted.until_ms >= since + span
    assert 0 < wanted.until_ms - wanted.since_ms <= wanted.width_ms * buckets
    assert wanted.is_made_of_rollups == (wanted.width_ms >= ROLLUP_MS)


def test_a_day_in_a_hundred_intervals_is_cut_into_quarters_of_an_hour() -> None:
    assert grid(0, DAY_MS, 100).width_ms == 15 * 60_000


def test_a_minute_is_cut_into_seconds_and_never_finer() -> None:
    assert grid(0, 60_000, 2000).width_ms == 1000


def test_samples_of_one_interval_become_its_extremes_total_and_count() -> None:
    at_ms, values = np.array([0, 30_000, 60_000]), np.array([3.0, 5.0, 7.0])
    rows = regroup([summary_of(at_ms, values)], origin_ms=0, width_ms=60_000)
    assert rows.tolist() == [(0, 3.0, 5.0, 8.0, 2), (60_000, 7.0, 7.0, 7.0, 1)]


def test_nothing_folds_to_nothing() -> None:
    assert len(regroup([], origin_ms=0, width_ms=1000)) == 0


PAIRS = st.lists(
    st.tuples(st.integers(0, 3 * DAY_MS), st.integers(-1000, 1000).map(float)), min_size=1, max_size=200
)


@given(PAIRS, st.integers(1, 50), st.integers(-50, 50))
def test_folding_rollups_gives_what_folding_the_samples_gives(
    pairs: list[tuple[int, float]], width: int, origin: int
) -> None:
    samples, shape = samples_of(pairs), {"origin_ms": origin * ROLLUP_MS, "width_ms": width * ROLLUP_MS}
    cut = len(samples) // 2
    halves = [
        summary_of(samples.at_ms[:cut], samples.values[:cut]),
        regroup([summary_of(samples.at_ms[cut:], samples.values[cut:])], origin_ms=0, width_ms=ROLLUP_MS),
    ]
    assert regroup(halves, **shape).tolist() == regroup([samples.summary()], **shape).tolist()

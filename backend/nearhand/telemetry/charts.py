"""Fold samples into intervals: smallest, largest, total and count of each."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

SECOND_MS = 1000
ROLLUP_MS = 5 * 60 * SECOND_MS

# One row per non-empty interval, or per sample (count 1). Totals, not means, because totals can be added.
SUMMARY = np.dtype(
    [("at_ms", "<i8"), ("minimum", "<f8"), ("maximum", "<f8"), ("total", "<f8"), ("count", "<i8")]
)
Summary = NDArray[Any]


@dataclass(frozen=True)
class Grid:
    """Equal intervals from `since_ms`; the last may be cut short by `until_ms`."""

    since_ms: int
    until_ms: int
    width_ms: int

    @property
    def is_made_of_rollups(self) -> bool:
        """Whether each five-minute rollup lies within one interval, so that no sample needs to be read."""
        return self.width_ms % ROLLUP_MS == 0 and self.since_ms % ROLLUP_MS == 0


def grid(since_ms: int, until_ms: int, buckets: int) -> Grid:
    """At most `buckets` intervals over the range; of whole seconds, or of whole five minutes when that long."""
    for unit_ms in (SECOND_MS, ROLLUP_MS):
        since = since_ms // unit_ms * unit_ms
        until = -(-until_ms // unit_ms) * unit_ms
        width = -(-(until - since) // (buckets * unit_ms)) * unit_ms
        if width < ROLLUP_MS:
            break
    return Grid(since, until, width)


def summary_of(at_ms: NDArray[np.int64], values: NDArray[np.float64]) -> Summary:
    """Samples as a summary: an interval of its own for each."""
    summary = np.empty(len(at_ms), SUMMARY)
    summary["at_ms"], summary["count"] = at_ms, 1
    summary["minimum"] = summary["maximum"] = summary["total"] = values
    return summary


def regroup(parts: list[Summary], *, origin_ms: int, width_ms: int) -> Summary:
    """Fold summaries of disjoint samples into wider intervals; their order does not matter."""
    rows = np.concatenate(parts) if parts else np.empty(0, SUMMARY)
    if len(rows) == 0:
        return rows
    rows = rows[np.argsort(rows["at_ms"], kind="stable")]
    interval = (rows["at_ms"] - origin_ms) // width_ms
    starts = np.flatnonzero(np.diff(interval, prepend=interval[0] - 1))
    folded = np.empty(len(starts), SUMMARY)
    folded["at_ms"] = origin_ms + interval[starts] * width_ms
    folded["minimum"] = np.minimum.reduceat(rows["minimum"], starts)
    folded["maximum"] = np.maximum.reduceat(rows["maximum"], starts)
    folded["total"] = np.add.reduceat(rows["total"], starts)
    folded["count"] = np.add.reduceat(rows["count"], starts)
    return folded

"""Pack six hours of one series into a few bytes a sample, without loss."""

import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.telemetry.charts import ROLLUP_MS, SUMMARY, Summary, regroup, summary_of

CHUNK_MS = 6 * 3600 * 1000

_MAX_DECIMALS = 4  # values of up to four decimals become whole numbers, whose differences pack far better
_AS_FLOATS = 255
_EXACT = 2.0**53
_ZLIB_LEVEL = 6


@dataclass(frozen=True)
class Samples:
    """Samples of one series in order of time, each time once."""

    at_ms: NDArray[np.int64]
    values: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.at_ms)

    def summary(self) -> Summary:
        return summary_of(self.at_ms, self.values)

    def rollup(self) -> Summary:
        """The same in intervals of five minutes."""
        return regroup([self.summary()], origin_ms=0, width_ms=ROLLUP_MS)

    def by_chunk(self) -> "list[tuple[int, Samples]]":
        """Cut at the chunks' borders: the start of each chunk in milliseconds, and what falls into it."""
        starts = self.at_ms // CHUNK_MS * CHUNK_MS
        cuts = np.flatnonzero(np.diff(starts)) + 1
        parts = zip(np.split(self.at_ms, cuts), np.split(self.values, cuts), strict=True)
        return [(int(at[0] // CHUNK_MS * CHUNK_MS), Samples(at, values)) for at, values in parts if len(at)]


def samples_of(pairs: "list[tuple[int, float]]") -> Samples:
    """Put in order; of two samples of one time the first given stays."""
    at_ms = np.array([at for at, _ in pairs], np.int64)
    values = np.array([value for _, value in pairs], np.float64)
    return _sorted(at_ms, values)


def joined(first: Samples, second: Samples) -> Samples:
    """Both together; where both know a time, `first` is right."""
    return _sorted(np.concatenate([first.at_ms, second.at_ms]), np.concatenate([first.values, second.values]))


def packed(samples: Samples) -> bytes:
    kind, column = _column(samples.values)
    times = np.diff(samples.at_ms, prepend=0)
    body = _shuffled(times) + _shuffled(column)
    return bytes([kind]) + zlib.compress(body, _ZLIB_LEVEL)


def unpacked(blob: bytes) -> Samples:
    kind, body = blob[0], zlib.decompress(blob[1:])
    half = len(body) // 2
    at_ms = np.cumsum(_unshuffled(body[:half], np.dtype("<i8")))
    if kind == _AS_FLOATS:
        return Samples(at_ms, _unshuffled(body[half:], np.dtype("<f8")))
    whole = np.cumsum(_unshuffled(body[half:], np.dtype("<i8")))
    return Samples(at_ms, whole / 10.0**kind)


def packed_rollup(rollup: Summary) -> bytes:
    return zlib.compress(rollup.tobytes(), _ZLIB_LEVEL)


def unpacked_rollup(blob: bytes) -> Summary:
    return np.frombuffer(zlib.decompress(blob), SUMMARY)


def _sorted(at_ms: NDArray[np.int64], values: NDArray[np.float64]) -> Samples:
    unique, first = np.unique(at_ms, return_index=True)
    return Samples(unique, values[first])


def _column(values: NDArray[np.float64]) -> tuple[int, NDArray[Any]]:
    """Differences of whole numbers where that gives back each value exactly, else the values themselves."""
    for decimals in range(_MAX_DECIMALS + 1):
        scaled = np.rint(values * 10.0**decimals)
        if np.abs(scaled).max() >= _EXACT:
            continue
        whole = scaled.astype(np.int64)  # compared as it comes back: whole numbers know no -0.0
        if np.array_equal((whole / 10.0**decimals).view(np.int64), values.view(np.int64)):
            return decimals, np.diff(whole, prepend=0)
    return _AS_FLOATS, values


def _shuffled(column: NDArray[Any]) -> bytes:
    """All first bytes, then all second bytes and so on: bytes that are alike stand together."""
    return np.ascontiguousarray(column).view(np.uint8).reshape(-1, 8).T.tobytes()


def _unshuffled(body: bytes, dtype: np.dtype[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(np.frombuffer(body, np.uint8).reshape(8, -1).T).view(dtype).reshape(-1)

"""Limit how often something may be tried: a token bucket per key."""

from collections import OrderedDict

MAX_KEYS = 10_000


class RateLimit:
    """Allows `per_minute` tries a minute for each key, saved up to `burst`. Reads no clock: `now_s` comes in."""

    def __init__(self, per_minute: float, burst: int | None = None) -> None:
        self._per_minute = per_minute
        self._burst = burst
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str, now_s: float) -> bool:
        most = float(self._burst or self._per_minute)
        tokens, then = self._buckets.pop(key, (most, now_s))
        tokens = min(most, tokens + (now_s - then) * self._per_minute / 60)
        is_allowed = tokens >= 1
        self._buckets[key] = (tokens - is_allowed, now_s)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return is_allowed

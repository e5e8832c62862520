"""Limit how often something may be tried: a token bucket per key."""

from collections import OrderedDict

MAX_KEYS = 10_000


class RateLimit:
    """Allows `per_minute` tries a minute for each key, saved up to that many. Reads no clock: `now_s` comes in."""

    def __init__(self, per_minute: int) -> None:
        self._per_minute = per_minute
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def allow(self, key: str, now_s: float) -> bool:
        tokens, then = self._buckets.pop(key, (float(self._per_minute), now_s))
        tokens = min(self._per_minute, tokens + (now_s - then) * self._per_minute / 60)
        is_allowed = tokens >= 1
        self._buckets[key] = (tokens - is_allowed, now_s)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return is_allowed

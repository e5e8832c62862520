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
        tokens = self._tokens(key, now_s)
        self._buckets.pop(key, None)
        is_allowed = tokens >= 1
        self._buckets[key] = (tokens - is_allowed, now_s)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)
        return is_allowed

    def is_spent(self, key: str, now_s: float) -> bool:
        """Whether the next try would be refused. Tries nothing."""
        return self._tokens(key, now_s) < 1

    def _tokens(self, key: str, now_s: float) -> float:
        most = float(self._burst or self._per_minute)
        tokens, then = self._buckets.get(key, (most, now_s))
        return min(most, tokens + (now_s - then) * self._per_minute / 60)

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
        is_allowed = tokens >= 1
        self._put(key, tokens - is_allowed, now_s)
        return is_allowed

    def put_off(self, key: str, now_s: float, by_s: float, at_most_s: float) -> None:
        """It goes on although it is refused: its next try is allowed later, this long at most after it stops."""
        rate, tokens = self._per_minute / 60, self._tokens(key, now_s)
        self._put(key, min(tokens, max(1 - at_most_s * rate, tokens - by_s * rate)), now_s)

    def is_spent(self, key: str, now_s: float) -> bool:
        """Whether the next try would be refused. Tries nothing."""
        return self._tokens(key, now_s) < 1

    def _put(self, key: str, tokens: float, now_s: float) -> None:
        self._buckets.pop(key, None)
        self._buckets[key] = (tokens, now_s)
        if len(self._buckets) > MAX_KEYS:
            self._buckets.popitem(last=False)

    def _tokens(self, key: str, now_s: float) -> float:
        most = float(self._burst or self._per_minute)
        tokens, then = self._buckets.get(key, (most, now_s))
        return min(most, tokens + (now_s - then) * self._per_minute / 60)

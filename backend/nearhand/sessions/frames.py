"""The pictures of a session that can be drawn on: shared ones for good, others for some seconds."""

from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from nearhand.sessions.model import (
    FrameExpired,
    FrameKey,
    FrameRef,
    Sighting,
    StillFrame,
    StreamTaken,
)

MAX_STREAMS = 1000
MAX_RING_FRAMES = 2000


@dataclass(slots=True)
class SeenFrame:
    at: datetime
    sighting: Sighting | None


class Frames:
    """What was seen in which frame, and whose client numbers the frames of which stream."""

    def __init__(self, ring_s: float) -> None:
        self._ring = timedelta(seconds=ring_s)
        self._stills: dict[FrameKey, StillFrame] = {}
        # Fleeting, not part of the log:
        self._seen: OrderedDict[FrameKey, SeenFrame] = OrderedDict()
        self._streams: dict[str, str] = {}

    # -- stills --

    def restore(self, stills: Mapping[FrameKey, StillFrame]) -> None:
        self._stills = dict(stills)

    def share(self, frame: FrameRef, client: str, still: StillFrame) -> None:
        self._stills[_key(frame)] = still
        self._streams.setdefault(frame.stream, client)

    @property
    def still_count(self) -> int:
        return len(self._stills)

    def still(self, frame: FrameRef) -> StillFrame | None:
        return self._stills.get(_key(frame))

    # -- streams --

    def client_of(self, stream: str) -> str | None:
        """Whose frames are numbered under this name."""
        return self._streams.get(stream)

    def claim(self, stream: str, client: str) -> None:
        """Raises StreamTaken."""
        # Two phones that call their stream alike would mix their frames, and marks would land on the wrong device.
        if len(self._streams) >= MAX_STREAMS and stream not in self._streams:
            # The oldest of one's own: whoever mints names without end must not make others lose theirs.
            own = (name for name, owner in self._streams.items() if owner == client)
            del self._streams[next(own, next(iter(self._streams)))]
        if self._streams.setdefault(stream, client) != client:
            raise StreamTaken

    # -- sightings --

    def see(self, frame: FrameRef, sighting: Sighting | None, now: datetime) -> None:
        key = _key(frame)
        self._seen[key] = SeenFrame(now, sighting)
        self._seen.move_to_end(key)
        while self._seen:
            oldest = next(iter(self._seen))
            if len(self._seen) <= MAX_RING_FRAMES and now - self._seen[oldest].at <= self._ring:
                break
            del self._seen[oldest]

    def seen_in(self, frame: FrameRef) -> Sighting | None:
        """What was recognised in this picture, if the picture is known."""
        seen = self._seen.get(_key(frame))
        return self._shared(frame) or (seen.sighting if seen is not None else None)

    def sighting(self, frame: FrameRef, now: datetime) -> Sighting | None:
        """The sighting of exactly this frame; never that of a neighbour. Raises FrameExpired."""
        shared = self._shared(frame)
        if shared is not None:
            return shared
        seen = self._recent(frame, now)
        if seen is None and self.still(frame) is None:
            raise FrameExpired
        return seen.sighting if seen is not None else None

    def recent_sighting(self, frame: FrameRef, now: datetime) -> Sighting | None:
        seen = self._recent(frame, now)
        return seen.sighting if seen is not None else None

    def _recent(self, frame: FrameRef, now: datetime) -> SeenFrame | None:
        seen = self._seen.get(_key(frame))
        return seen if seen is not None and now - seen.at <= self._ring else None

    def _shared(self, frame: FrameRef) -> Sighting | None:
        still = self.still(frame)
        return still.sighting() if still is not None else None


def _key(frame: FrameRef) -> FrameKey:
    return frame.stream, frame.frame_id

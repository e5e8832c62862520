"""Decide which live pictures of one session go to whom: the newest to each as their line allows. Knows no network."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

from nearhand.kit.errors import Conflict, TooLarge, TooMany
from nearhand.kit.rate import RateLimit
from nearhand.sessions.model import MaskMissing, PictureMask, StreamTaken
from nearhand.sessions.pictures import BadPicture, Codec, Head, MediaStream, read_head, with_slot

MAX_SLOTS = 2**16
MOST_FLYING = 6  # pictures of a stream on their way to one watcher
LEAST_FLYING = 2  # so many also where the line is slow: one on the way, one leaving
FRESH_S = 0.25  # beyond those, only while what is on its way is no older
FLYING_BYTES = 1024 * 1024
Sees = Callable[["Watcher", int], bool]  # whether the picture of this number is theirs to see now
Obeys = Callable[[PictureMask], bool]  # whether a picture may be shown with no more hidden than that
KEY_EVERY_S = 1.0  # a sender is not asked for key pictures more often


class TooManyStreams(TooMany):
    code, title = "too_many_streams", "As many cameras as may send pictures of this session do so already"


class Spent(Conflict):
    code, title = "video_spent", "The session has had as many bytes of live pictures as it may"


@dataclass(frozen=True, slots=True)
class Allowed:
    """From the settings."""

    picture_bytes: int
    pictures_per_s: int
    streams: int
    session_bytes: int


@dataclass(slots=True, eq=False)
class Sender:
    """The line that brings one stream."""

    stream: str
    by: str
    slot: int
    last: int | None = None
    seen: int | None = None
    key_asked_at: float = float("-inf")
    has_gap: bool = False


@dataclass(slots=True)
class _View:
    """What one watcher has of one stream."""

    flying: deque[tuple[int, int, float]] = field(default_factory=deque)  # frame_id, bytes, when it left
    flying_bytes: int = 0
    waiting: tuple[int, bytes] | None = None  # the newest, of pictures that need none before them
    needs_key: bool = True


@dataclass(slots=True, eq=False)
class Watcher:
    views: dict[int, _View] = field(default_factory=dict)

    @property
    def held_bytes(self) -> int:
        """What is kept for them, on its way or waiting."""
        return sum(
            view.flying_bytes + (len(view.waiting[1]) if view.waiting else 0) for view in self.views.values()
        )


@dataclass(frozen=True, slots=True)
class Taken:
    """`to`: who gets the picture now. `wants_key`: somebody has a gap that only a key picture ends."""

    frame_id: int
    to: tuple[Watcher, ...]
    picture: bytes
    wants_key: bool


class Relay:
    """The pictures of one session. Of a slow watcher, and of nobody else, pictures are left out; none is reordered."""

    def __init__(self, allowed: Allowed) -> None:
        self._allowed = allowed
        self._pace = RateLimit(allowed.pictures_per_s * 60, burst=allowed.pictures_per_s)
        self._next_slot = 0
        self.senders: dict[str, Sender] = {}
        self.watchers: set[Watcher] = set()
        self.bytes = 0

    def streams(self) -> tuple[MediaStream, ...]:
        return tuple(MediaStream(slot=s.slot, stream=s.stream, by=s.by) for s in self.senders.values())

    def begin(self, stream: str, by: str) -> tuple[Sender, Sender | None]:
        """A line brings a stream; with the one it takes the place of. Raises StreamTaken and TooManyStreams."""
        old = self.senders.get(stream)
        if old is not None and old.by != by:
            raise StreamTaken
        if old is None and len(self.senders) >= self._allowed.streams:
            raise TooManyStreams
        sender = Sender(stream, by, self._next_slot, last=None if old is None else old.last)
        self._next_slot = (self._next_slot + 1) % MAX_SLOTS
        if old is not None:
            self.end(old)
        self.senders[stream] = sender
        return sender, old

    def end(self, sender: Sender) -> None:
        """Its line is gone. Harmless when another one has taken its place."""
        if self.senders.get(sender.stream) is sender:
            del self.senders[sender.stream]
        for watcher in self.watchers:
            watcher.views.pop(sender.slot, None)

    def watch(self) -> Watcher:
        watcher = Watcher()
        self.watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        self.watchers.discard(watcher)
        watcher.views.clear()

    def take(
        self, sender: Sender, picture: bytes, now_s: float, sees: Sees, obeys: Obeys = lambda mask: True
    ) -> Taken:
        """A picture has come. Raises TooLarge, BadPicture, Spent and MaskMissing."""
        head = self._let_in(sender, picture, obeys)
        if not self._pace.allow(sender.stream, now_s):
            sender.has_gap = True
            return Taken(head.frame_id, (), b"", wants_key=False)
        if head.is_key:
            sender.has_gap = False
        told = with_slot(picture, sender.slot)
        to: list[Watcher] = []
        lacks = False
        for watcher in self.watchers:
            view = watcher.views.setdefault(sender.slot, _View())
            if not sees(watcher, head.frame_id):
                view.waiting, view.needs_key = None, True
                continue
            if _offer(view, head, told, now_s, has_gap=sender.has_gap):
                to.append(watcher)
            lacks = lacks or (head.codec is not Codec.JPEG and view.needs_key)
        wants_key = lacks and now_s - sender.key_asked_at >= KEY_EVERY_S
        if wants_key:
            sender.key_asked_at = now_s
        return Taken(head.frame_id, tuple(to), told, wants_key)

    def _let_in(self, sender: Sender, picture: bytes, obeys: Obeys) -> Head:
        if len(picture) > self._allowed.picture_bytes:
            raise TooLarge(f"A live picture may have {self._allowed.picture_bytes} bytes.")
        head = read_head(picture)
        if sender.last is not None and head.frame_id <= sender.last:
            raise BadPicture("Pictures of a stream are sent in the order in which they were taken.")
        if self.bytes + len(picture) > self._allowed.session_bytes:
            raise Spent(f"{self._allowed.session_bytes} bytes.")
        self.bytes += len(picture)
        sender.last = head.frame_id
        if not obeys(head.mask):
            sender.has_gap = True
            raise MaskMissing
        return head

    def got(self, watcher: Watcher, slot: int, frame_id: int, now_s: float, sees: Sees) -> bytes | None:
        """A picture has come to them. The one that has waited for it, if there is any and it is theirs to see."""
        view = watcher.views.get(slot)
        if view is None:
            return None
        came = None
        while view.flying and view.flying[0][0] <= frame_id:
            came, size, _ = view.flying.popleft()
            view.flying_bytes -= size
        sender = next((s for s in self.senders.values() if s.slot == slot), None)
        if sender is not None and came is not None:
            sender.seen = came if sender.seen is None else max(sender.seen, came)
        if view.waiting is None or not _has_room(view, len(view.waiting[1]), now_s):
            return None
        (frame_id, picture), view.waiting = view.waiting, None
        if not sees(watcher, frame_id):
            return None
        _fly(view, frame_id, len(picture), now_s)
        return picture


def _offer(view: _View, head: Head, picture: bytes, now_s: float, *, has_gap: bool) -> bool:
    """Whether it leaves for them now."""
    is_whole = head.codec is Codec.JPEG
    if not is_whole and not head.is_key and (view.needs_key or has_gap):
        view.needs_key = True
        return False
    if not _has_room(view, len(picture), now_s):
        # Where each stands for itself, the newest waits; else all are left out until one does again.
        view.waiting = (head.frame_id, picture) if is_whole else None
        view.needs_key = True
        return False
    view.waiting, view.needs_key = None, is_whole
    _fly(view, head.frame_id, len(picture), now_s)
    return True


def _has_room(view: _View, size: int, now_s: float) -> bool:
    if not view.flying:
        return True
    if len(view.flying) >= MOST_FLYING or view.flying_bytes + size > FLYING_BYTES:
        return False
    return len(view.flying) < LEAST_FLYING or now_s - view.flying[0][2] <= FRESH_S


def _fly(view: _View, frame_id: int, size: int, now_s: float) -> None:
    view.flying.append((frame_id, size, now_s))
    view.flying_bytes += size

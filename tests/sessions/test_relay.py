"""Whatever comes in which order: no watcher sees pictures reordered, or one that rests on another they lack."""

from dataclasses import dataclass, field

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.kit.errors import TooLarge
from nearhand.sessions.model import StreamTaken
from nearhand.sessions.pictures import HEAD_BYTES, BadPicture, Codec, Head, read_head
from nearhand.sessions.relay import (
    FLYING_BYTES,
    MOST_FLYING,
    Allowed,
    Relay,
    Sender,
    Spent,
    TooManyStreams,
    Watcher,
)

ALLOWED = Allowed(picture_bytes=300_000, pictures_per_s=30, streams=2, session_bytes=10**9)


def sees_all(watcher: Watcher, frame_id: int) -> bool:
    return True


def a_picture(frame_id: int, *, codec: Codec = Codec.JPEG, is_key: bool = True, size: int = 2000) -> bytes:
    body = b"\xff\xd8" + bytes(size) if codec is Codec.JPEG else bytes(size)
    return Head(codec, is_key, frame_id, 1_700_000_000_000, 1280, 720).pack() + body


@dataclass
class Reader:
    """A watcher whose line takes what leaves, and reports it as late as the test wants."""

    watcher: Watcher
    has: list[Head] = field(default_factory=list)
    is_blind: bool = False

    def get(self, picture: bytes) -> None:
        assert not self.is_blind
        self.has.append(read_head(picture))


class Scene:
    """One camera, three who watch it."""

    def __init__(self, codec: Codec, size: int) -> None:
        self.relay = Relay(ALLOWED)
        self.sender, _ = self.relay.begin("camera", "TECHNICIAN")
        self.readers = [Reader(self.relay.watch()) for _ in range(3)]
        self.now_s = 0.0
        self._codec, self._size, self._sent = codec, size, 0

    def sees(self, watcher: Watcher, frame_id: int) -> bool:
        return not next(reader for reader in self.readers if reader.watcher is watcher).is_blind

    def send(self, *, is_key: bool) -> None:
        is_key = is_key or self._codec is Codec.JPEG
        picture = a_picture(self._sent, codec=self._codec, is_key=is_key, size=self._size)
        self._sent += 1
        taken = self.relay.take(self.sender, picture, self.now_s, self.sees)
        for reader in self.readers:
            if reader.watcher in taken.to:
                reader.get(taken.picture)

    def report(self, reader: Reader) -> None:
        if reader.has:
            newest = reader.has[-1].frame_id
            waited = self.relay.got(reader.watcher, self.sender.slot, newest, self.now_s, self.sees)
            if waited is not None:
                reader.get(waited)


@st.composite
def traffic(draw: st.DrawFn) -> list[tuple[str, int, bool, int]]:
    step = st.tuples(
        st.sampled_from(["take", "take", "take", "got", "blind"]),
        st.integers(0, 2),  # whose
        st.booleans(),  # a key picture
        st.integers(0, 400),  # ms since the step before
    )
    return draw(st.lists(step, max_size=120))


@pytest.mark.parametrize("codec", list(Codec))
@given(steps=traffic(), size=st.integers(10, 290_000))
@settings(max_examples=60)
def test_nothing_is_reordered_and_nothing_follows_a_gap_and_memory_is_bounded(
    codec: Codec, steps: list[tuple[str, int, bool, int]], size: int
) -> None:
    scene = Scene(codec, size)
    for kind, whose, is_key, passed_ms in steps:
        scene.now_s += passed_ms / 1000
        reader = scene.readers[whose]
        if kind == "take":
            scene.send(is_key=is_key)
        elif kind == "got":
            scene.report(reader)
        else:
            reader.is_blind = not reader.is_blind
    for reader in scene.readers:
        numbers = [head.frame_id for head in reader.has]
        assert numbers == sorted(set(numbers))
        assert reader.watcher.held_bytes <= FLYING_BYTES + 2 * (size + HEAD_BYTES + 2)
        alone = [k for k, head in enumerate(reader.has) if not head.is_key]
        assert all(k > 0 and numbers[k - 1] == numbers[k] - 1 for k in alone)


def test_a_watcher_who_reports_nothing_gets_a_handful_and_others_all() -> None:
    relay = Relay(ALLOWED)
    sender, _ = relay.begin("camera", "TECHNICIAN")
    slow, quick = Reader(relay.watch()), Reader(relay.watch())
    for number in range(60):
        taken = relay.take(sender, a_picture(number), number / 15, sees_all)
        for reader in (slow, quick):
            if reader.watcher in taken.to:
                reader.get(taken.picture)
        relay.got(quick.watcher, sender.slot, number, number / 15, sees_all)
    assert len(quick.has) == 60
    assert len(slow.has) <= MOST_FLYING
    newest = relay.got(slow.watcher, sender.slot, slow.has[-1].frame_id, 5, sees_all)
    assert newest is not None
    assert read_head(newest).frame_id == 59  # what came between is left out
    assert sender.seen == 59


def test_a_gap_asks_the_sender_for_a_key_picture_once_a_second_at_most() -> None:
    relay = Relay(ALLOWED)
    sender, _ = relay.begin("camera", "TECHNICIAN")
    relay.watch()
    asked = [
        relay.take(sender, a_picture(n, codec=Codec.VP8, is_key=False), n / 20, sees_all).wants_key
        for n in range(41)
    ]
    assert [n for n, wants in enumerate(asked) if wants] == [0, 20, 40]
    taken = relay.take(sender, a_picture(50, codec=Codec.VP8), 2.5, sees_all)
    assert len(taken.to) == 1


def test_a_camera_that_is_too_fast_loses_its_surplus_and_no_delta_bridges_it() -> None:
    relay = Relay(Allowed(300_000, 10, 2, 10**9))
    sender, _ = relay.begin("camera", "TECHNICIAN")
    reader = Reader(relay.watch())
    for number in range(30):
        picture = a_picture(number, codec=Codec.VP8, is_key=number == 0)
        if relay.take(sender, picture, 0.0, sees_all).to:
            reader.get(picture)
        relay.got(reader.watcher, sender.slot, number, 0.0, sees_all)
    assert [head.frame_id for head in reader.has] == list(range(10))
    later = relay.take(sender, a_picture(30, codec=Codec.VP8, is_key=False), 5.0, sees_all)
    assert later.to == ()
    assert later.wants_key


def test_bytes_of_a_session_end_at_its_limit_and_streams_at_theirs() -> None:
    relay = Relay(Allowed(300_000, 30, 1, 5_000))
    sender, _ = relay.begin("camera", "TECHNICIAN")
    with pytest.raises(TooManyStreams):
        relay.begin("other", "TECHNICIAN")
    with pytest.raises(StreamTaken):
        relay.begin("camera", "OTHER")
    relay.take(sender, a_picture(1), 0, sees_all)
    relay.take(sender, a_picture(2), 0, sees_all)
    with pytest.raises(Spent):
        relay.take(sender, a_picture(3), 0, sees_all)


def test_a_line_that_takes_over_a_stream_goes_on_counting_and_the_old_ones_end_changes_nothing() -> None:
    relay = Relay(ALLOWED)
    old, none = relay.begin("camera", "TECHNICIAN")
    relay.take(old, a_picture(7), 0, sees_all)
    new, replaced = relay.begin("camera", "TECHNICIAN")
    assert (none, replaced) == (None, old)
    relay.end(old)
    assert relay.senders["camera"] is new
    with pytest.raises(BadPicture):
        relay.take(new, a_picture(7), 0, sees_all)
    assert isinstance(new, Sender)


@pytest.mark.parametrize(
    "bad",
    [
        b"",
        bytes(HEAD_BYTES),
        bytes(HEAD_BYTES + 10),
        a_picture(1)[:HEAD_BYTES] + b"GIF89a",
        b"\x02" + a_picture(1)[1:],
        Head(Codec.JPEG, False, 1, 0, 10, 10).pack() + b"\xff\xd8\xff",
        Head(Codec.JPEG, True, 1, 0, 0, 10).pack() + b"\xff\xd8\xff",
    ],
)
def test_what_is_no_picture_is_refused(bad: bytes) -> None:
    relay = Relay(ALLOWED)
    sender, _ = relay.begin("camera", "TECHNICIAN")
    with pytest.raises(BadPicture):
        relay.take(sender, bad, 0, sees_all)
    with pytest.raises(TooLarge):
        relay.take(sender, a_picture(1, size=400_000), 0, sees_all)


@given(st.binary(max_size=80))
def test_any_bytes_are_a_picture_or_refused(data: bytes) -> None:
    try:
        head = read_head(data)
    except BadPicture:
        return
    assert data.startswith(head.pack()[:20])

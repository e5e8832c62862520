"""The rules of the room, one by one."""

import json
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.model import Role
from nearhand.client.view import LiveView, reduced
from nearhand.devices.model import FaceSide
from nearhand.kit.errors import Forbidden, NearhandError
from nearhand.sessions import frames as frames_module
from nearhand.sessions import room as room_module
from nearhand.sessions import settled as settled_module
from nearhand.sessions.anchoring import Part
from nearhand.sessions.message import Ask, Event
from nearhand.sessions.messages import (
    AnnotationAdd,
    PointerMoved,
    RungAsked,
    RungTold,
    client_messages,
    server_events,
    server_messages,
)
from nearhand.sessions.model import (
    Annotation,
    Participant,
    SessionStatus,
    ShownDevice,
    Snapshot,
    StillAnchor,
    UnknownPort,
    still_frame,
)
from nearhand.sessions.room import Deliver, Effect, Room, Store
from nearhand.sessions.settled import Acknowledge, Refuse
from tests.support.live import AT, EXPERT, OBSERVER, ON_FACE, TECHNICIAN, a_room, a_session, a_sighting

CLIENT = "experts-desk-0001"
PHONE = "technicians-phone"
ON_FRAME = {
    "kind": "frame",
    "frame": {"stream": "camera-1", "frame_id": 7, "how": "ring"},
    "points": [[0.5, 0.5], [0.55, 0.5]],
}
ON_PORT = {"kind": "port", "device_id": "DEVICE", "face": "front", "port": "37"}
PORT_37 = Part("37", 300.0, 12.0, 11.7, 10.0)


class Table:
    """A room, and how far each client has counted."""

    def __init__(self) -> None:
        self.room = a_room()
        self.now = AT
        self.events: list[Event] = []
        self._n: dict[str, int] = {}

    def send(
        self, message: dict[str, Any], *, who: Participant = EXPERT, client: str = CLIENT, **options: Any
    ) -> list[Effect]:
        effects = self.room.receive(
            who, client, client_messages.validate_python(message), self.now, **options
        )
        self.events += [effect.event for effect in effects if isinstance(effect, Store)]
        return effects

    def ask(
        self, type_: str, *, who: Participant = EXPERT, client: str = CLIENT, found: Any = None, **fields: Any
    ) -> Effect:
        self._n[client] = self._n.get(client, 0) + 1
        message = {"type": type_, "n": self._n[client], **fields}
        (effect,) = self.send(message, who=who, client=client, found=found)
        return effect

    def event(self, type_: str, **options: Any) -> Any:
        effect = self.ask(type_, **options)
        assert isinstance(effect, Store), effect
        return effect.event

    def refusal(self, type_: str, **options: Any) -> str:
        effect = self.ask(type_, **options)
        assert isinstance(effect, Refuse), effect
        assert effect.is_settled
        return effect.error.code

    def sight(self, frame_id: int = 7, *, sighting: Any = "one", client: str = PHONE) -> None:
        self.send(
            {
                "type": "frame.sight",
                "frame": {"stream": "camera-1", "frame_id": frame_id},
                "captured_at": self.now,
                "sighting": a_sighting().model_dump() if sighting == "one" else sighting,
            },
            who=TECHNICIAN,
            client=client,
        )

    def share_still(self, frame_id: int = 7, sha: str = "a", **fields: Any) -> Effect:
        message = {
            "frame": {"stream": "camera-1", "frame_id": frame_id},
            "sha256": sha * 64,
            "width": 1280,
            "height": 720,
            "captured_at": self.now,
            **fields,
        }
        return self.ask("still.share", who=TECHNICIAN, client=PHONE, **message)


@pytest.fixture
def table() -> Table:
    return Table()


# -- numbers ------------------------------------------------------------------------------------------------------


def test_events_are_numbered_without_gaps_and_say_whose_wish_they_were(table: Table) -> None:
    """L3. One total order per session, from 1 and without gaps."""
    table.room.enter(EXPERT, AT)
    said = table.event("chat.say", text="hello")
    assert (said.seq, said.by, said.client, said.n, said.at) == (2, EXPERT.id, CLIENT, 1, AT)


def test_a_message_sent_twice_has_its_effect_once(table: Table) -> None:
    """L4. The same (client, n) is acknowledged again and nothing else happens."""
    table.event("chat.say", text="hello")
    assert table.send({"type": "chat.say", "n": 1, "text": "hello"}) == [Acknowledge(1)]
    assert table.room.seq == 1


def test_a_refused_message_is_refused_again_and_does_not_stop_those_after_it(table: Table) -> None:
    """L6. A refusal settles the number."""
    assert table.refusal("annotation.remove", id="nothing") == "unknown_annotation"
    (again,) = table.send({"type": "annotation.remove", "n": 1, "id": "nothing"})
    assert isinstance(again, Refuse)
    assert (again.error.code, again.is_settled) == ("refused_before", True)
    assert table.event("chat.say", text="hello").n == 2


def test_a_number_that_skips_ahead_is_not_settled(table: Table) -> None:
    """L5. Numbers count without gaps; what comes too early may come again."""
    (early,) = table.send({"type": "chat.say", "n": 2, "text": "hello"})
    assert isinstance(early, Refuse)
    assert (early.error.code, early.is_settled) == ("out_of_order", False)
    table.event("chat.say", text="first")
    assert table.event("chat.say", text="second").n == 2


def test_two_clients_of_one_person_count_for_themselves(table: Table) -> None:
    table.event("chat.say", text="from the desk")
    assert table.event("chat.say", text="from the laptop", client="experts-laptop-01").n == 1


def test_somebody_who_is_refused_without_end_is_stopped(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settled_module, "MAX_REFUSED_PER_CLIENT", 3)
    for _ in range(3):
        table.refusal("annotation.remove", id="nothing")
    effect = table.ask("chat.say", text="hello")
    assert isinstance(effect, Refuse)
    assert (effect.error.code, effect.is_settled) == ("too_many_refused", False)


def test_who_uses_up_their_client_names_is_refused_and_nobody_else(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L13. Each further name is refused, whatever number comes first, and the names that were there go on."""
    monkeypatch.setattr(settled_module, "MAX_CLIENTS_PER_PARTICIPANT", 3)
    for number in range(3):
        table.event("chat.say", text="hello", who=OBSERVER, client=f"observers-page-{number}")
    for n in (1, 2, 1):
        (refused,) = table.send(
            {"type": "chat.say", "n": n, "text": "hello"}, who=OBSERVER, client="observers-page-3"
        )
        assert isinstance(refused, Refuse)
        assert (refused.error.code, refused.is_settled) == ("too_many_clients", True)
    assert "observers-page-3" not in table.room.settled
    table.event("chat.say", text="still here", who=OBSERVER, client="observers-page-0")
    table.event("chat.say", text="and I")


def test_guests_leave_room_for_people_with_accounts(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    """L13. One joining link makes as many guests as one likes."""
    monkeypatch.setattr(room_module, "MAX_GUESTS_FILL", 2)
    monkeypatch.setattr(room_module, "MAX_PARTICIPANTS", 3)
    for number in range(2):
        guest = OBSERVER.model_copy(update={"id": f"GUEST{number}"})
        assert table.room.enter(guest, AT, is_guest=True)
    with pytest.raises(NearhandError, match="participants"):
        table.room.enter(OBSERVER, AT, is_guest=True)
    assert table.room.enter(EXPERT, AT)


# -- marks on a still ------------------------------------------------------------------------------------------------


def test_a_mark_on_a_still_without_a_recognised_device_is_fixed_to_that_still(table: Table) -> None:
    """L8."""
    table.share_still()
    added = table.event("annotation.add", id="m1", shape="ring", place=ON_FRAME, text="this one").annotation
    points = ((0.5, 0.5), (0.55, 0.5))
    assert added.anchor == StillAnchor(sha256="a" * 64, width=1280, height=720, points=points)
    assert added.frame.frame_id == 7
    assert table.room.state().annotations == (added,)
    moved = ON_FRAME | {"points": [[0.25, 0.75], [0.3, 0.75]]}
    edited = table.event("annotation.edit", id="m1", place=moved).annotation
    assert edited.anchor.points == ((0.25, 0.75), (0.3, 0.75))
    table.event("annotation.remove", id="m1")
    assert table.room.points == 0
    assert table.event("annotation.restore", id="m1").annotation == edited
    assert table.room.points == 2


def test_a_pose_that_comes_later_counts_while_its_frame_is_remembered(table: Table) -> None:
    """L8. The device where it is known; then the still again. What was drawn stays where it was fixed."""
    table.share_still()
    early = table.event("annotation.add", id="m1", shape="ring", place=ON_FRAME).annotation
    table.sight()
    late = table.event("annotation.add", id="m2", shape="ring", place=ON_FRAME).annotation
    table.now += timedelta(seconds=10.1)
    last = table.event("annotation.add", id="m3", shape="ring", place=ON_FRAME).annotation
    assert [mark.anchor.kind for mark in (early, late, last)] == ["still", "face", "still"]
    assert table.room.annotations["m1"] == early


@pytest.mark.parametrize(
    ("shape", "points", "code"),
    [
        ("ring", [[1.01, 0.5], [0.9, 0.5]], "misses_picture"),
        ("ring", [[0.9, 0.5], [1.4, 0.5]], None),  # a rim may reach further
        ("text", [[0.5, -0.01]], "misses_picture"),
        ("arrow", [[0.5, 0.5], [0.5, 1.5]], "misses_picture"),
        ("arrow", [[-0.5, 0.5], [0, 1]], None),
        ("label_3d", [[2, 2], [0.5, 0.5]], "misses_picture"),
        ("freehand", [[1.5, 1.5], [2, 1.5]], "misses_picture"),
        ("freehand", [[1.5, 1.5], [0.9, 0.9]], None),
        ("ring", [[0.5, 0.5]], "wrong_points"),
        ("port", [[0.5, 0.5]], "wrong_points"),
    ],
)
def test_what_a_mark_is_fixed_to_lies_on_the_still(
    table: Table, shape: str, points: list[list[float]], code: str | None
) -> None:
    table.share_still()
    ask = {"id": "m1", "shape": shape, "place": ON_FRAME | {"points": points}}
    if code is None:
        assert table.event("annotation.add", **ask).annotation.anchor.kind == "still"
    else:
        assert table.refusal("annotation.add", **ask) == code
        assert table.room.state().annotations == ()


def test_a_mark_on_a_still_is_kept_on_no_device(table: Table) -> None:
    """L14. on_still_only."""
    table.share_still()
    ask = {"shape": "ring", "place": ON_FRAME}
    assert table.refusal("annotation.add", id="m1", is_kept=True, **ask) == "on_still_only"
    table.event("annotation.add", id="m1", **ask)
    assert table.refusal("annotation.edit", id="m1", is_kept=True) == "on_still_only"
    table.event("annotation.add", id="m2", shape="ring", place=ON_FACE, is_kept=True)
    assert table.refusal("annotation.edit", id="m2", place=ON_FRAME) == "on_still_only"
    assert table.room.annotations["m2"].anchor.kind == "face"


def test_a_still_that_nobody_shared_here_cannot_be_drawn_on(table: Table) -> None:
    """L8. frame_expired; never by what a neighbouring frame or another session shows."""
    table.share_still(8)
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FRAME) == "frame_expired"
    other = ON_FRAME | {"frame": {"stream": "another-camera", "frame_id": 8}}
    assert table.refusal("annotation.add", id="m1", shape="ring", place=other) == "frame_expired"


def test_a_pointer_on_a_still_without_a_device_is_passed_on_with_its_place_on_the_still(table: Table) -> None:
    table.share_still()
    point = ON_FRAME | {"points": [[0.5, 0.5]]}
    (effect,) = table.send({"type": "pointer.move", "place": point})
    assert isinstance(effect, Deliver)
    assert isinstance(effect.message, PointerMoved)
    assert (effect.message.points_mm, effect.message.device) == (None, None)
    assert effect.message.place is not None


def test_marks_of_a_log_from_before_stills_held_marks_are_read_as_marks_on_a_face(table: Table) -> None:
    event = table.event("annotation.add", id="m1", shape="ring", place=ON_FACE)
    told = event.model_dump(mode="json")
    del told["annotation"]["anchor"]["kind"], told["annotation"]["anchor"]["held"]
    assert server_events.validate_json(json.dumps(told)) == event
    assert Annotation.model_validate_json(json.dumps(told["annotation"])) == event.annotation


@pytest.mark.parametrize(
    ("seen", "held"),
    [
        ({"label_seen": True}, "symbols"),
        ({"label_seen": False, "tags_seen": (3,)}, "symbols"),
        ({"label_seen": False, "held": "face_picture"}, "face_picture"),
        ({"label_seen": False, "held": "symbols"}, "symbols"),  # carried on by motion
        ({"label_seen": False}, None),
    ],
)
def test_a_mark_says_by_what_its_face_was_found(table: Table, seen: dict[str, Any], held: str | None) -> None:
    table.sight(sighting=a_sighting(**seen).model_dump())
    added = table.event("annotation.add", id="m1", shape="ring", place=ON_FRAME).annotation
    assert added.anchor.held == held
    assert table.event("annotation.add", id="m2", shape="ring", place=ON_FACE).annotation.anchor.held is None


SHARE = st.floats(0, 1, allow_nan=False)
BEYOND = st.floats(-1, 2, allow_nan=False)


@given(
    st.sampled_from(["ring", "arrow", "label_3d", "freehand", "text"]),
    st.tuples(SHARE, SHARE),
    st.lists(st.tuples(BEYOND, BEYOND), max_size=30),
    st.tuples(st.integers(1, 20_000), st.integers(1, 20_000)),
    st.text(max_size=500),
)
def test_what_is_drawn_on_a_still_is_what_every_client_reads_back(
    shape: str, fixed: tuple[float, float], rest: list[Any], size: tuple[int, int], text: str
) -> None:
    """To the last digit: told live, after a restart from log and snapshot, and by the Python client."""
    table = Table()
    table.share_still(width=size[0], height=size[1])
    other = rest[0] if rest else fixed
    points: dict[str, Any] = {"text": [fixed], "arrow": [other, fixed], "freehand": [fixed, *rest]}
    place = ON_FRAME | {"points": points.get(shape, [fixed, other])}
    added = table.event("annotation.add", id="m1", shape=shape, place=place, text=text).annotation
    assert (added.anchor.kind, added.anchor.width, added.anchor.height, added.text) == ("still", *size, text)
    assert added.anchor.points == tuple(place["points"])
    bodies = [event.model_dump_json() for event in table.events]
    again = a_room()
    again.restore(a_session(), None, map(server_events.validate_json, bodies), stills={}, refusals=[])
    assert again.state() == table.room.state()
    folded = a_room()
    snapshot = Snapshot.model_validate_json(table.room.fold().model_dump_json())
    folded.restore(a_session(), snapshot, [], stills=dict(map(still_frame, bodies[:1])), refusals=[])
    assert (folded.state(), folded.points) == (table.room.state(), table.room.points)
    view = LiveView(state=a_room().state(), awaits_state=False)
    for body in bodies:
        view = reduced(view, server_messages.validate_json(body))
    assert view.annotations == (added,)


# -- annotations ----------------------------------------------------------------------------------------------------


def test_a_mark_drawn_on_a_frame_is_fixed_where_its_ray_meets_the_face(table: Table) -> None:
    table.sight()
    added = table.event("annotation.add", id="m1", shape="ring", place=ON_FRAME).annotation
    assert added.anchor.device_id == "DEVICE"
    assert added.anchor.points_mm[0] == (100.0, 20.0, 0.0)
    assert added.anchor.ring_mm > 0
    assert added.created_by == EXPERT.id


def test_a_mark_on_an_unknown_or_expired_frame_is_refused_never_guessed(table: Table) -> None:
    """L8. frame_expired."""
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FRAME) == "frame_expired"
    table.sight(6)
    table.sight(8)
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FRAME) == "frame_expired"
    table.sight(7)
    table.now += timedelta(seconds=10.1)
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FRAME) == "frame_expired"


def test_a_mark_on_a_frame_without_a_recognised_device_is_refused(table: Table) -> None:
    """L8. no_pose."""
    table.sight(sighting=None)
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FRAME) == "no_pose"


def test_the_frame_of_a_shared_still_can_be_drawn_on_for_good(table: Table) -> None:
    """L8. A still shared without sighting takes that of its frame, while it is in the ring."""
    table.sight()
    table.share_still()
    table.now += timedelta(hours=3)
    table.event("annotation.add", id="m1", shape="ring", place=ON_FRAME)


def test_a_still_that_was_shared_before_its_frame_was_sighted_shows_that_frames_face(table: Table) -> None:
    table.share_still(sighting=None)
    table.sight()
    message = {"type": "annotation.add", "n": 1, "id": "m1", "shape": "ring", "place": ON_FRAME}
    ask = client_messages.validate_python(message)
    assert isinstance(ask, AnnotationAdd)
    assert table.room.drawn_on(ask) == ShownDevice(device_id="DEVICE", face=FaceSide.FRONT)


def test_a_frame_of_somebody_elses_stream_name_is_refused(table: Table) -> None:
    """L9. Two phones that call their stream alike would put marks on the wrong device."""
    table.sight()
    with pytest.raises(NearhandError, match="stream"):
        table.sight(8, client="another-phone-001")
    table.share_still()
    effect = table.share_still(sha="b")
    assert isinstance(effect, Refuse)
    assert effect.error.code == "stream_taken"


def test_who_films_tells_the_rung_and_another_may_ask_for_one(table: Table) -> None:
    """V9."""
    (told,) = table.send(
        {"type": "rung.tell", "stream": "cam-1", "rung": 3, "because": "no_way"}, who=TECHNICIAN
    )
    assert isinstance(told, Deliver)
    assert told.message == RungTold(by=TECHNICIAN.id, stream="cam-1", rung=3, because="no_way")
    (asked,) = table.send({"type": "rung.ask", "rung": 4}, who=EXPERT)
    assert isinstance(asked, Deliver)
    assert asked.message == RungAsked(by=EXPERT.id, rung=4)
    with pytest.raises(NearhandError, match="stream"):
        forged = {"type": "rung.tell", "stream": "cam-1", "rung": 1, "because": "best"}
        table.send(forged, who=EXPERT, client="another-phone-001")


def test_minting_stream_names_without_end_takes_nobody_elses(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L9."""
    monkeypatch.setattr(frames_module, "MAX_STREAMS", 3)
    table.sight()
    for number in range(5):
        frame = {"stream": f"another-{number}", "frame_id": 1}
        sight = {"type": "frame.sight", "frame": frame, "captured_at": AT, "sighting": None}
        table.send(sight, who=TECHNICIAN, client="another-phone-001")
    with pytest.raises(NearhandError, match="stream"):
        table.sight(8, client="another-phone-001")
    table.sight(8)


def test_a_mark_can_be_moved_reworded_hidden_kept_removed_and_brought_back(table: Table) -> None:
    table.event("annotation.add", id="m1", shape="ring", place=ON_FACE, text="here")
    moved = ON_FACE | {"points_mm": [[20, 5, 0], [24, 5, 0]]}
    assert table.event("annotation.edit", id="m1", place=moved).annotation.anchor.points_mm[0][0] == 20
    assert table.event("annotation.edit", id="m1", text="there").annotation.text == "there"
    assert table.event("annotation.edit", id="m1", is_hidden=True).annotation.is_hidden
    edited = table.event("annotation.edit", id="m1", is_kept=True).annotation
    assert (edited.is_kept, edited.is_hidden, edited.text) == (True, True, "there")
    table.event("annotation.remove", id="m1")
    assert table.room.state().annotations == ()
    assert table.event("annotation.restore", id="m1").annotation == edited
    assert table.room.state().annotations == (edited,)
    assert table.refusal("annotation.restore", id="m1") == "annotation_exists"
    assert table.refusal("annotation.restore", id="m2") == "unknown_annotation"


def test_an_id_is_used_once(table: Table) -> None:
    table.event("annotation.add", id="m1", shape="ring", place=ON_FACE)
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FACE) == "annotation_exists"
    table.event("annotation.remove", id="m1")
    assert table.refusal("annotation.add", id="m1", shape="ring", place=ON_FACE) == "annotation_exists"


def test_a_named_port_gets_its_place_from_the_device_type(table: Table) -> None:
    added = table.event("annotation.add", id="m1", shape="port", place=ON_PORT, found=PORT_37).annotation
    assert (added.anchor.port, added.anchor.points_mm) == ("37", ((300.0, 12.0, 0.0),))
    ring = table.event("annotation.add", id="m2", shape="ring", place=ON_PORT, found=PORT_37).annotation
    assert len(ring.anchor.points_mm) == 2


def test_a_port_of_a_device_that_is_gone_is_refused_and_marks_stay(table: Table) -> None:
    """L14. What is drawn stays when the device is removed from the registry."""
    table.event("annotation.add", id="m1", shape="port", place=ON_PORT, found=PORT_37)
    gone = UnknownPort("That device is no longer registered.")
    assert table.refusal("annotation.add", id="m2", shape="port", place=ON_PORT, found=gone) == "unknown_port"
    assert [a.id for a in table.room.state().annotations] == ["m1"]


@pytest.mark.parametrize(("shape", "count"), [("ring", 1), ("arrow", 3), ("text", 2), ("label_3d", 1)])
def test_a_shape_has_its_number_of_points(table: Table, shape: str, count: int) -> None:
    place = ON_FACE | {"points_mm": [[i, 5, 0] for i in range(count)]}
    assert table.refusal("annotation.add", id="m1", shape=shape, place=place) == "wrong_points"


def test_a_session_holds_only_so_many_annotations_and_points(
    table: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    """L13. session_full."""
    monkeypatch.setattr(room_module, "MAX_ANNOTATIONS", 2)
    table.event("annotation.add", id="m1", shape="ring", place=ON_FACE)
    table.event("annotation.add", id="m2", shape="ring", place=ON_FACE)
    assert table.refusal("annotation.add", id="m3", shape="ring", place=ON_FACE) == "session_full"
    monkeypatch.setattr(room_module, "MAX_POINTS", 5)
    table.event("annotation.remove", id="m1")
    stroke = ON_FACE | {"points_mm": [[i, 5, 0] for i in range(4)]}
    assert table.refusal("annotation.add", id="m4", shape="freehand", place=stroke) == "session_full"


# -- people ---------------------------------------------------------------------------------------------------------


def test_an_observer_may_speak_and_signal_but_not_draw(table: Table) -> None:
    """L12. Each message states the roles that may send it."""
    options: dict[str, Any] = {"who": OBSERVER, "client": "observers-page-1"}
    table.event("chat.say", text="I see it", **options)
    table.event("signal.give", signal="stop", **options)
    assert table.refusal("annotation.add", id="m", shape="ring", place=ON_FACE, **options) == "forbidden"
    with pytest.raises(Forbidden):
        table.send({"type": "pointer.move", "place": None}, **options)


def test_entering_is_told_once_and_an_expert_opens_a_ringing_session(table: Table) -> None:
    assert len(table.room.enter(TECHNICIAN, AT)) == 1
    assert table.room.enter(TECHNICIAN, AT) == []
    assert table.room.session.status == SessionStatus.RINGING
    table.room.enter(EXPERT, AT)
    assert str(table.room.session.status) == "open"
    assert table.room.session.expert_names == (EXPERT.display_name,)
    promoted = EXPERT.model_copy(update={"role": Role.ADMIN})
    assert len(table.room.enter(promoted, AT)) == 1


def test_an_ended_session_takes_nothing_more(table: Table) -> None:
    """L11. What is stored stays readable."""
    table.event("chat.say", text="done")
    table.event("session.end")
    assert table.refusal("chat.say", text="one more thing") == "session_ended"
    with pytest.raises(NearhandError, match="ended"):
        table.send({"type": "pointer.move", "place": None})
    assert table.room.enter(OBSERVER, AT) == []
    assert table.room.session.status == SessionStatus.ENDED
    assert table.room.state().is_ended


# -- fleeting -------------------------------------------------------------------------------------------------------


def test_a_pointer_carries_its_place_on_the_device_when_there_is_one(table: Table) -> None:
    place = ON_FRAME | {"points": [[0.5, 0.5]]}
    (unplaced,) = table.send({"type": "pointer.move", "place": place})
    assert isinstance(unplaced, Deliver)
    assert unplaced.message.model_dump()["points_mm"] is None
    table.sight()
    (placed,) = table.send({"type": "pointer.move", "place": place})
    assert isinstance(placed, Deliver)
    assert placed.message.model_dump()["points_mm"] == ((100.0, 20.0, 0.0),)
    assert table.room.seq == 0


def test_old_frames_are_forgotten(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(frames_module, "MAX_RING_FRAMES", 5)
    for frame_id in range(20):
        table.sight(frame_id)
    assert len(table.room.frames._seen) == 5
    table.now += timedelta(seconds=60)
    table.sight(99)
    assert len(table.room.frames._seen) == 1


# -- folding --------------------------------------------------------------------------------------------------------


def test_a_room_made_again_from_its_log_is_the_same_room(table: Table) -> None:
    """L2. The live path and the log go through one reducer; a snapshot and the tail give the same as the whole log."""
    table.events += [e.event for e in table.room.enter(EXPERT, AT) if isinstance(e, Store)]
    table.sight()
    table.event("annotation.add", id="m1", shape="ring", place=ON_FRAME)
    table.refusal("annotation.remove", id="nothing")
    table.event("annotation.add", id="m2", shape="ring", place=ON_FACE)
    table.share_still()
    snapshot = table.room.fold()
    middle = table.room.seq
    table.event("annotation.remove", id="m1")
    table.event("device.show", device={"device_id": "DEVICE", "face": "front"})
    table.event("step.show", step={"guide_id": "G", "step": 2, "done": [0, 1]})
    table.event("signal.give", signal="go")
    stored = [server_events.validate_json(event.model_dump_json()) for event in table.events]
    stills = dict(still_frame(event.model_dump_json()) for event in stored if event.type == "still.shared")

    whole, folded = Room(a_session(), ring_s=10), Room(a_session(), ring_s=10)
    whole.restore(table.room.session, None, stored, stills=stills, refusals=[])
    tail = [event for event in stored if event.seq > middle]
    folded.restore(table.room.session, snapshot, tail, stills=stills, refusals=[])
    for again in (whole, folded):
        assert again.state() == table.room.state()
        assert again.fold() == table.room.fold()
        assert again.session == table.room.session
        assert again.points == table.room.points
    (refused,) = folded.receive(EXPERT, CLIENT, _remove_nothing(2), AT)
    assert isinstance(refused, Refuse)


def test_a_refusal_at_the_end_of_a_clients_numbers_is_known_after_a_restart() -> None:
    room = a_room()
    room.restore(a_session(), None, [], stills={}, refusals=[(CLIENT, EXPERT.id, 2)])
    assert room.settled.acked(CLIENT) == 2
    (refused,) = room.receive(EXPERT, CLIENT, _remove_nothing(2), AT)
    assert isinstance(refused, Refuse)


def _remove_nothing(n: int) -> Ask:
    ask: Ask = client_messages.validate_python({"type": "annotation.remove", "n": n, "id": "nothing"})
    return ask


def test_an_event_that_does_not_follow_is_not_applied(table: Table) -> None:
    event = table.event("chat.say", text="hello")
    with pytest.raises(ValueError, match="cannot follow"):
        table.room.apply(event)

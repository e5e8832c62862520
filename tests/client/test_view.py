from typing import Any

import pytest

from nearhand.access.model import Role
from nearhand.client.view import Gap, LiveView, reduced
from nearhand.devices.model import CameraMask, FaceSide
from nearhand.sessions import messages as m
from nearhand.sessions.model import Approval, Decision, SessionState, ShownDevice
from tests.support.live import AT, EXPERT, TECHNICIAN

EMPTY = SessionState(
    session_id="S",
    is_ended=False,
    participants=(),
    device=None,
    annotations=(),
    chat=(),
    stills=(),
    signal=None,
    step=None,
)


def welcome(**changes: Any) -> m.Welcome:
    usual: dict[str, Any] = {
        "epoch": "E",
        "seq": 0,
        "acked": 0,
        "you": EXPERT,
        "present": (),
        "is_resumed": False,
        "camera_mask": CameraMask.OFF,
    }
    return m.Welcome(**usual | changes)


def said(seq: int, text: str = "") -> m.ChatSaid:
    return m.ChatSaid(seq=seq, at=AT, by="X", client="X", n=seq, text=text or f"line {seq}")


def seen(*messages: Any, view: LiveView | None = None) -> LiveView:
    view = view or LiveView()
    for message in messages:
        view = reduced(view, message)
    return view


def lines(view: LiveView) -> list[str]:
    return [line.text for line in view.state.chat] if view.state else []


def test_nothing_counts_before_the_state_has_come() -> None:
    view = seen(welcome(seq=5), said(5))
    assert (view.seq, view.is_current) == (0, False)
    view = seen(m.State(epoch="E", seq=5, state=EMPTY, is_elsewhere=False), said(6), view=view)
    assert (view.seq, view.is_current, lines(view)) == (6, True, ["line 6"])


def test_an_event_that_came_before_changes_nothing() -> None:
    view = seen(
        welcome(), m.State(epoch="E", seq=0, state=EMPTY, is_elsewhere=False), said(1), said(1), said(1)
    )
    assert lines(view) == ["line 1"]


def test_a_missing_event_is_never_skipped() -> None:
    view = seen(welcome(), m.State(epoch="E", seq=0, state=EMPTY, is_elsewhere=False), said(1))
    with pytest.raises(Gap):
        reduced(view, said(3))


def test_after_a_resume_one_is_current_when_the_missed_events_have_come() -> None:
    view = seen(welcome(), m.State(epoch="E", seq=0, state=EMPTY, is_elsewhere=False), said(1))
    view = seen(welcome(seq=3, is_resumed=True), view=view)
    assert not view.is_current
    assert seen(said(2), said(3), view=view).is_current


def test_who_leaves_takes_their_pointer_along() -> None:
    who = m.PresenceChanged(participant=TECHNICIAN, is_present=True)
    pointer = m.PointerMoved(by=TECHNICIAN.id, place=None, points_mm=None, device=None)
    stroke = m.StrokeDrawn(by=TECHNICIAN.id, id="s", shape="ring", frame=None, points=((0.1, 0.1),))
    view = seen(welcome(), m.State(epoch="E", seq=0, state=EMPTY, is_elsewhere=False), who, stroke, pointer)
    assert (view.present, set(view.strokes), set(view.pointers)) == ((TECHNICIAN.id,), {TECHNICIAN.id}, set())
    assert view.state is not None
    assert view.state.participants[0].role is Role.TECHNICIAN
    view = seen(m.PresenceChanged(participant=TECHNICIAN, is_present=False), view=view)
    assert (view.present, set(view.strokes)) == ((), set())


def test_what_is_withheld_counts_and_what_is_elsewhere_has_no_device() -> None:
    """L25."""
    shown = ShownDevice(device_id="D", face=FaceSide.FRONT)
    stamp = {"at": AT, "by": "E", "client": "c" * 16}
    view = seen(welcome(), m.State(epoch="E", seq=0, state=EMPTY, is_elsewhere=False), said(1))
    view = seen(m.DeviceShown(seq=2, n=2, device=shown, **stamp), view=view)
    view = seen(m.Withheld(seq=3, is_elsewhere=False), view=view)
    assert view.state is not None
    assert (view.seq, view.is_elsewhere, view.state.device) == (3, False, shown)
    view = seen(m.Withheld(seq=4, is_elsewhere=True), m.Withheld(seq=4, is_elsewhere=True), view=view)
    assert view.state is not None
    assert (view.seq, view.is_elsewhere, view.state.device, view.is_current) == (4, True, None, True)
    with pytest.raises(Gap):
        reduced(view, m.Withheld(seq=6, is_elsewhere=False))
    view = seen(m.DeviceShown(seq=5, n=3, device=shown, **stamp), view=view)
    assert view.state is not None
    assert (view.is_elsewhere, view.state.device) == (False, shown)


def test_what_was_asked_of_the_customer_is_replaced_by_what_they_said() -> None:
    """L26."""
    asked = Approval(
        id="a1", seq=1, what="Pull it", device_id=None, asked_by="E", asked_at=AT,
        decision=None, reason="", decided_by=None, decided_at=None,
    )  # fmt: skip
    given = asked.model_copy(update={"decision": Decision.REFUSED, "decided_by": "G", "decided_at": AT})
    stamp = {"at": AT, "client": "c" * 16, "n": 1}
    view = seen(welcome(), m.State(epoch="E", seq=0, state=EMPTY, is_elsewhere=False))
    view = seen(m.ApprovalAsked(seq=1, by="E", approval=asked, **stamp), view=view)
    view = seen(m.ApprovalGiven(seq=2, by="G", approval=given, **stamp), view=view)
    assert view.state is not None
    assert view.state.approvals == (given,)

"""What a live session looks like to one participant, and how each message from the server changes it."""

from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, TypeVar

from nearhand.devices.model import CameraMask
from nearhand.sessions import messages as m
from nearhand.sessions.message import Event
from nearhand.sessions.model import (
    Annotation,
    Approval,
    ChatLine,
    GivenDocument,
    GivenSignal,
    Participant,
    RecordingState,
    SessionState,
)

CHAT_KEPT = 1000
STILLS_KEPT = 500
Thing = TypeVar("Thing", bound=Annotation | Approval | Participant)
Newest = MappingProxyType[str, Any]
_NONE: Newest = MappingProxyType({})


@dataclass(frozen=True)
class LiveView:
    """The session as of `seq`, plus what is passing by: the newest pointer, stroke and frame of each participant."""

    epoch: str | None = None
    seq: int = 0
    head_seq: int = 0
    state: SessionState | None = None  # None until the first state has come
    awaits_state: bool = True
    is_elsewhere: bool = False  # the session is about equipment now that this participant may not see
    you: Participant | None = None
    camera_mask: CameraMask | None = None  # what the site asks of pictures; None: not told yet
    present: tuple[str, ...] = ()
    pointers: Newest = field(default_factory=lambda: _NONE)  # participant → PointerMoved
    strokes: Newest = field(default_factory=lambda: _NONE)  # participant → StrokeDrawn
    frames: Newest = field(default_factory=lambda: _NONE)  # participant → FrameSighted

    @property
    def annotations(self) -> tuple[Annotation, ...]:
        return self.state.annotations if self.state else ()

    @property
    def is_current(self) -> bool:
        """Every event that is known to exist has been seen."""
        return not self.awaits_state and self.seq >= self.head_seq


class Gap(Exception):
    """An event was missed: connect anew and resume, rather than skip it."""


def reduced(view: LiveView, message: Any) -> LiveView:
    """The next view. Raises Gap at a missing event; an event already seen changes nothing."""
    match message:
        case m.Welcome():
            return replace(
                view,
                head_seq=message.seq,
                you=message.you,
                present=message.present,
                camera_mask=message.camera_mask,
                awaits_state=view.awaits_state or not message.is_resumed,
                pointers=_NONE,
                strokes=_NONE,
            )
        case m.State():
            return replace(
                view,
                epoch=message.epoch,
                seq=message.seq,
                head_seq=max(message.seq, view.head_seq),
                state=message.state,
                awaits_state=False,
                is_elsewhere=message.is_elsewhere,
            )
        case m.CameraMaskChanged():
            return replace(view, camera_mask=message.camera_mask)
        case m.PresenceChanged():
            return _with_presence(view, message)
        case m.PointerMoved():
            return replace(view, pointers=_newest(view.pointers, message.by, message.place and message))
        case m.StrokeDrawn():
            return replace(
                view, strokes=_newest(view.strokes, message.by, message if message.points else None)
            )
        case m.FrameSighted():
            return replace(view, frames=_newest(view.frames, message.by, message))
        case Event():
            return _with_event(view, message)
        case m.Withheld():
            return _without_event(view, message)
        case _:
            return view


def _is_next(view: LiveView, seq: int) -> bool:
    if view.awaits_state or view.state is None or seq <= view.seq:
        return False
    if seq > view.seq + 1:
        raise Gap(f"expected event {view.seq + 1}, got {seq}")
    return True


def _without_event(view: LiveView, withheld: m.Withheld) -> LiveView:
    if view.state is None or not _is_next(view, withheld.seq):
        return view
    head_seq = max(withheld.seq, view.head_seq)
    if not withheld.is_elsewhere:
        return replace(view, seq=withheld.seq, head_seq=head_seq)
    state = view.state.model_copy(update={"device": None})
    return replace(view, seq=withheld.seq, head_seq=head_seq, state=state, is_elsewhere=True)


def _with_event(view: LiveView, event: Event) -> LiveView:
    if view.state is None or not _is_next(view, event.seq):
        return view
    strokes = _newest(view.strokes, event.by, None) if isinstance(event, m.AnnotationAdded) else view.strokes
    state = view.state.model_copy(update=_changes(view.state, event))
    is_elsewhere = view.is_elsewhere and not isinstance(event, m.DeviceShown)
    head_seq = max(event.seq, view.head_seq)
    return replace(
        view, seq=event.seq, head_seq=head_seq, state=state, strokes=strokes, is_elsewhere=is_elsewhere
    )


def _changes(state: SessionState, event: Event) -> dict[str, Any]:
    told = {"seq": event.seq, "by": event.by, "at": event.at}
    match event:
        case m.ChatSaid():
            line = ChatLine(**told, text=event.text, phrase=event.phrase, voice=event.voice)
            return {"chat": (*state.chat, line)[-CHAT_KEPT:]}
        case m.SignalGiven():
            return {"signal": GivenSignal(**told, signal=event.signal)}
        case m.StillShared():
            return {"stills": (*state.stills, event.still)[-STILLS_KEPT:]}
        case m.DeviceShown():
            return {"device": event.device}
        case m.StepShown():
            return {"step": event.step}
        case m.DocumentShown():
            shown = event.document and GivenDocument(**told, document=event.document)
            return {"document": shown}
        case m.SessionClosed():
            return {"is_ended": True, "recording": None}
        case _:
            return _changed_things(state, event)


def _changed_things(state: SessionState, event: Event) -> dict[str, Any]:
    """What has an id, and takes the place of what had the same."""
    match event:
        case m.ParticipantJoined():
            return {"participants": _replaced(state.participants, event.participant)}
        case m.AnnotationAdded() | m.AnnotationEdited() | m.AnnotationRestored():
            return {"annotations": _replaced(state.annotations, event.annotation)}
        case m.AnnotationRemoved():
            return {"annotations": tuple(a for a in state.annotations if a.id != event.id)}
        case m.RecordingEvent():
            is_over = event.recording.state is RecordingState.ENDED
            return {"recording": None if is_over else event.recording}
        case m.ApprovalAsked() | m.ApprovalGiven():
            return {"approvals": _replaced(state.approvals, event.approval)}
        case _:
            return {}  # of a newer server: counted, and otherwise let pass


def _with_presence(view: LiveView, message: m.PresenceChanged) -> LiveView:
    who = message.participant
    others = tuple(id_ for id_ in view.present if id_ != who.id)
    state = view.state and view.state.model_copy(
        update={"participants": _replaced(view.state.participants, who)}
    )
    if message.is_present:
        return replace(view, state=state, present=(*others, who.id))
    pointers, strokes = _newest(view.pointers, who.id, None), _newest(view.strokes, who.id, None)
    return replace(view, state=state, present=others, pointers=pointers, strokes=strokes)


def _replaced(things: tuple[Thing, ...], thing: Thing) -> tuple[Thing, ...]:
    if any(other.id == thing.id for other in things):
        return tuple(thing if other.id == thing.id else other for other in things)
    return (*things, thing)


def _newest(entries: Newest, key: str, value: Any) -> Newest:
    rest = {k: v for k, v in entries.items() if k != key}
    return MappingProxyType(rest if value is None else {**rest, key: value})

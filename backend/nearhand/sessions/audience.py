"""What one person may see of a session: what each event is about, held against what they were granted."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass

from nearhand.access.model import HOUSE, Actor, Permission, Role, Where
from nearhand.kit.errors import Forbidden, NearhandError
from nearhand.sessions.log import Reach
from nearhand.sessions.message import Event, FromClient, Passing
from nearhand.sessions.messages import (
    AnnotationAdd,
    AnnotationAdded,
    AnnotationEdit,
    AnnotationEdited,
    AnnotationRemove,
    AnnotationRemoved,
    AnnotationRestore,
    AnnotationRestored,
    ApprovalAsk,
    ApprovalAsked,
    ApprovalGive,
    ApprovalGiven,
    DeviceShow,
    DeviceShown,
    DocumentShown,
    FrameSight,
    FrameSighted,
    ParticipantJoined,
    PointerMove,
    PointerMoved,
    RecordingAgree,
    RecordingEnd,
    RecordingEvent,
    SessionClosed,
    StillShare,
    StillShared,
    StrokeDraw,
    Withheld,
    server_events,
)
from nearhand.sessions.model import (
    Annotation,
    Approval,
    Elsewhere,
    FaceAnchor,
    FrameExpired,
    FrameRef,
    OnFace,
    OnPort,
    Participant,
    Session,
    SessionState,
    SharedStill,
    UnknownAnnotation,
    UnknownApproval,
    UnknownDevice,
    UnknownPort,
    UnknownStill,
)
from nearhand.sessions.room import Room
from nearhand.sessions.stage import Stage

JOIN = Permission.SESSIONS_JOIN
# None stands for what was before any device was shown.
About = tuple[str | None, ...]


class Viewer:
    """Somebody who does not see everything, or not everywhere with the same role. `mark`: the same for the same rights."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        link = actor.link
        limits = (
            [[grant.model_dump(mode="json") for grant in actor.grants_with(JOIN)]]
            if link is None
            else [link.model_dump(mode="json"), [grant.model_dump(mode="json") for grant in link.reach]]
        )
        self.mark = hashlib.sha256(json.dumps([actor.participant_id, limits]).encode()).hexdigest()[:8]

    @classmethod
    def of(cls, actor: Actor) -> "Viewer | None":
        """None for whoever sees everything with one role: nothing is ever held back from them."""
        link = actor.link
        if link is not None:
            is_limited = link.session_id is None or link.device_ids is not None
            sees_all = not is_limited and any(grant.is_everywhere for grant in link.reach)
        else:
            sees_all = any(
                grant.is_everywhere and grant.role == actor.role for grant in actor.grants_with(JOIN)
            )
        return None if sees_all else cls(actor)

    def role(self, device_id: str | None, where: Where, session: Session) -> Role | None:
        """What they are where this device is, or in a session that has shown none; None: it is not theirs to see."""
        actor, link = self.actor, self.actor.link
        if device_id is not None:
            return self.role_with_device(device_id, where)
        if link is not None:
            is_theirs = link.device_ids is None and (
                link.session_id is not None or any(grant.is_everywhere for grant in link.reach)
            )
            return actor.role if is_theirs else None
        if session.opened_by == actor.participant_id:
            return actor.role
        return actor.role_at(HOUSE) if actor.may(JOIN, HOUSE) else None

    def role_with_device(self, device_id: str, where: Where) -> Role | None:
        actor, link = self.actor, self.actor.link
        if link is None:
            return actor.role_at(where) if actor.may(JOIN, where) else None
        is_named = link.device_ids is None or device_id in link.device_ids
        return actor.role if is_named and any(grant.covers(where) for grant in link.reach) else None

    def demand_device(self, device_id: str, where: Where, message: FromClient) -> None:
        """A device that they may not see is not there; what may be done with one is for their role where it stands."""
        role = self.role_with_device(device_id, where)
        if role is None:
            place = getattr(message, "place", None)
            raise UnknownPort() if isinstance(place, OnPort) else UnknownDevice(f"No device {device_id}.")
        if role not in message.roles:
            raise Forbidden(f"A participant with the role {role} may not send {message.type} there.")


class Curtain:
    """Between one person and one running session."""

    def __init__(self, viewer: Viewer, room: Room, stage: Stage) -> None:
        self._viewer, self._room, self._stage = viewer, room, stage

    # -- who may be here --

    def role_with(self, device_id: str | None, where: Where | None = None) -> Role | None:
        """`where`: its place, when the session has not come to it yet."""
        if where is None:
            where = HOUSE if device_id is None else self._stage.where(device_id)
        return self._viewer.role(device_id, where, self._room.session)

    def sees(self, about: Iterable[str | None]) -> bool:
        return all(self.role_with(device_id) is not None for device_id in about)

    @property
    def sees_all(self) -> bool:
        """From before any device was shown to the last one."""
        return self.sees((self._stage.at(0), *self._stage.shown))

    @property
    def role(self) -> Role | None:
        """What they are in the session as it is now; None while it is about something that is not theirs to see."""
        return self.role_with(self._stage.now)

    @property
    def is_elsewhere(self) -> bool:
        return self.role is None

    @property
    def may_enter(self) -> bool:
        """Whether the session was ever about something of theirs, or is theirs itself."""
        link, session = self._viewer.actor.link, self._room.session
        if link is not None and link.session_id is not None:
            return link.session_id == session.id
        if link is not None and (not link.work_order or link.work_order != session.work_order):
            return False
        return any(self.role_with(device_id) is not None for device_id in (None, *self._stage.shown))

    # -- what they are told --

    def told(self, event: Event, body: str) -> str:
        """The event as they are told it; `body`: as everybody is."""
        if self.sees(self._about(event)):
            return body
        if isinstance(event, AnnotationEdited):
            # Moved to where they may not look: for them it is gone.
            stamp = event.model_dump(exclude={"type", "annotation"})
            return AnnotationRemoved(**stamp, id=event.annotation.id).model_dump_json()
        if isinstance(event, DocumentShown):
            return self._document(event).model_dump_json()
        is_elsewhere = isinstance(event, DeviceShown)
        return Withheld(seq=event.seq, is_elsewhere=is_elsewhere).model_dump_json()

    def _document(self, event: DocumentShown) -> DocumentShown:
        """What took its place may not be theirs to see; that it is not shown any more names no equipment."""
        last = event.last if event.last is not None and self.sees((self._stage.at(event.last.seq),)) else None
        document = event.document if self.sees((self._stage.at(event.seq),)) else None
        return event.model_copy(update={"document": document, "last": last})

    def told_all(self, bodies: list[str]) -> list[str]:
        return [self.told(server_events.validate_json(body), body) for body in bodies]

    def passes(self, message: Passing) -> bool:
        """Whether something fleeting is told to them."""
        return self.sees((self._stage.now, *_passing_about(message)))

    def shows(self, frame: FrameRef) -> bool:
        """Whether a live picture is for their eyes: it is about what the session is about, and what is seen in it."""
        return not self.is_elsewhere and self.sees(self._of_frame(frame))

    def shows_screen(self, at_seq: int) -> bool:
        """Whether what a shared screen was at this event is for their eyes: as a page, and as of that moment."""
        shown = self._room.document
        return shown is not None and self.sees((self._stage.at(shown.seq), self._stage.at(at_seq)))

    def state(self) -> SessionState:
        """All they may see of it, for one who joins."""
        state, at = self._room.state(), self._stage.at
        signal, document, step_seq = state.signal, state.document, self._room.step_seq
        sees_step = self.sees((at(step_seq),)) if step_seq else self.sees((None, *self._stage.shown))
        return state.model_copy(
            update={
                "device": state.device if state.device and self.sees((state.device.device_id,)) else None,
                "annotations": tuple(a for a in state.annotations if self.sees(self._of_mark(a))),
                "chat": tuple(line for line in state.chat if self.sees((at(line.seq),))),
                "stills": tuple(still for still in state.stills if self.sees(self._of_still(still))),
                "signal": signal if signal is not None and self.sees((at(signal.seq),)) else None,
                "step": state.step if sees_step else None,
                "approvals": tuple(a for a in state.approvals if self.sees(self._of_approval(a))),
                "document": document if document is not None and self.sees((at(document.seq),)) else None,
            }
        )

    def row(self, session: Session) -> Session:
        return veiled(session, self._viewer, self._stage)

    # -- what they may ask --

    def objection(self, message: FromClient) -> NearhandError | None:
        """Why this may not be asked here, beyond what their role says: none is told of what they may not see."""
        room = self._room
        if isinstance(message, RecordingAgree | RecordingEnd):
            return None  # whoever is here is asked, and may say no
        if self.is_elsewhere:
            return Elsewhere()
        match message:
            case AnnotationEdit() | AnnotationRemove() | AnnotationRestore():
                mark = room.annotations.get(message.id) or room.removed.get(message.id)
                if mark is not None and not self.sees(self._of_mark(mark)):
                    return UnknownAnnotation()
            case ApprovalGive():
                asked = room.approvals.get(message.id)
                if asked is not None and not self.sees(self._of_approval(asked)):
                    return UnknownApproval()
            case _:
                pass
        frame = frame_of(message)
        if frame is not None and not self.sees(self._of_frame(frame)):
            return FrameExpired()
        return None

    def acting(self, participant: Participant, message: FromClient) -> Participant:
        """With the role they have where the session is now. Raises what they may not ask."""
        objection = self.objection(message)
        if objection is not None:
            raise objection
        # Who may not see what it is about now is an observer still: they are asked whether they may be recorded.
        return participant.model_copy(update={"role": self.role or Role.OBSERVER})

    # -- what things are about --

    def _about(self, event: Event) -> About:
        match event:
            case ParticipantJoined() | SessionClosed() | AnnotationRemoved() | RecordingEvent():
                return ()  # who is here, that they are recorded, that a mark is gone: none names any equipment
            case DeviceShown():
                return (event.device.device_id,)
            case AnnotationAdded() | AnnotationEdited() | AnnotationRestored():
                return self._of_mark(event.annotation)
            case StillShared():
                return self._of_still(event.still)
            case ApprovalAsked() | ApprovalGiven():
                return self._of_approval(event.approval)
            case DocumentShown(last=last) if last is not None:
                return (self._stage.at(event.seq), self._stage.at(last.seq))
            case _:
                return (self._stage.at(event.seq),)

    def _of_mark(self, mark: Annotation) -> About:
        if isinstance(mark.anchor, FaceAnchor):
            return (mark.anchor.device_id,)
        return (*self._stage.shown, None) if mark.frame is None else self._of_frame(mark.frame)

    def _of_still(self, still: SharedStill) -> About:
        seen = (still.sighting.device_id,) if still.sighting is not None else ()
        return (self._stage.at(still.seq), *seen)

    def _of_frame(self, frame: FrameRef) -> About:
        """Of a still what it is about; a frame that was not shared is of the moment."""
        still, seen = self._room.frames.still(frame), self._room.frames.seen_in(frame)
        device = () if seen is None else (seen.device_id,)
        return (self._stage.at(still.seq()), *device) if still is not None else (self._stage.now, *device)

    def _of_approval(self, approval: Approval) -> About:
        named = () if approval.device_id is None else (approval.device_id,)
        return (self._stage.at(approval.seq), *named)


@dataclass(frozen=True, slots=True)
class Audience:
    """A session as one person sees it. `curtain` None: all of it. `role`: what they are in it now, None: nothing."""

    session: Session
    curtain: Curtain | None
    role: Role | None

    @property
    def row(self) -> Session:
        return self.session if self.curtain is None else self.curtain.row(self.session)

    @property
    def sees_all(self) -> bool:
        """Whether everything that the session ever showed is theirs to see."""
        return self.curtain is None or self.curtain.sees_all

    def told(self, bodies: list[str]) -> list[str]:
        return bodies if self.curtain is None else self.curtain.told_all(bodies)

    def demand_any(self, sharings: list[str]) -> None:
        """Raise UnknownStill unless they are told of one of the times a picture was shared."""
        if not set(sharings) & set(self.told(sharings)):
            raise UnknownStill


def veiled(session: Session, viewer: Viewer, stage: Stage) -> Session:
    """A row of a list, without what it says of equipment that is not theirs to see."""

    def sees(device_id: str | None) -> bool:
        where = HOUSE if device_id is None else stage.where(device_id)
        return viewer.role(device_id, where, session) is not None

    hidden: dict[str, object] = {}
    if not sees(stage.now):
        hidden["device_id"] = None
    if not sees(stage.at(0)):
        hidden["subject"] = ""
    if not all(sees(device_id) for device_id in (*stage.shown, stage.at(0))):
        hidden["last_still_sha256"] = None
    return session.model_copy(update=hidden) if hidden else session


def frame_of(message: FromClient) -> FrameRef | None:
    """The picture that something is drawn on."""
    match message:
        case AnnotationAdd() | AnnotationEdit() | PointerMove():
            return getattr(message.place, "frame", None)
        case StrokeDraw():
            return message.frame
        case _:
            return None


def named_in(message: FromClient) -> tuple[str, ...]:
    """The devices that a message names."""
    match message:
        case AnnotationAdd() | AnnotationEdit() | PointerMove():
            place = message.place
            return (place.device_id,) if isinstance(place, OnFace | OnPort) else ()
        case DeviceShow():
            return (message.device.device_id,)
        case FrameSight() | StillShare():
            return () if message.sighting is None else (message.sighting.device_id,)
        case ApprovalAsk():
            return () if message.device_id is None else (message.device_id,)
        case _:
            return ()


def _passing_about(message: Passing) -> About:
    match message:
        case PointerMoved():
            place = message.place
            on = () if message.device is None else (message.device.device_id,)
            return (*on, place.device_id) if isinstance(place, OnFace | OnPort) else on
        case FrameSighted():
            return () if message.sighting is None else (message.sighting.device_id,)
        case _:
            return ()


def reach_of(viewer: Viewer) -> Reach:
    actor, link = viewer.actor, viewer.actor.link
    if link is None:
        return Reach(actor.grants_with(Permission.SESSIONS_LIST), opened_by=actor.participant_id)
    return Reach(link.reach, work_order=link.work_order or "", device_ids=link.device_ids)


def lists(viewer: Viewer, session: Session, stage: Stage) -> bool:
    """Whether a list of sessions holds this one for them: the same that `Reach` says in SQL."""

    def sees(device_id: str | None, where: Where) -> bool:
        return viewer.role(device_id, where, session) is not None and viewer.actor.may(
            Permission.SESSIONS_LIST, None if device_id is None else where
        )

    return sees(None, HOUSE) or any(sees(device_id, stage.where(device_id)) for device_id in stage.shown)

"""The live room: what a session is as of its last event, and what each message makes of it; no network, no clock."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, assert_never

from nearhand.access.model import Role
from nearhand.devices.model import Face
from nearhand.kit.errors import Forbidden, NearhandError
from nearhand.sessions import consent
from nearhand.sessions.anchoring import (
    Part,
    anchor_on_face,
    anchor_on_frame,
    anchor_on_part,
    demand_on_face,
    demand_on_still,
    demand_points,
)
from nearhand.sessions.frames import Frames
from nearhand.sessions.message import Ask, Event, Fleeting, FromClient, Passing
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
    ChatSaid,
    ChatSay,
    DeviceShow,
    DeviceShown,
    DocumentShow,
    DocumentShown,
    ParticipantJoined,
    RecordingAgree,
    RecordingAgreed,
    RecordingAsk,
    RecordingAsked,
    RecordingBegan,
    RecordingEnd,
    RecordingEnded,
    RecordingEvent,
    RecordingPaused,
    ScreenShare,
    ScreenStop,
    SessionClosed,
    SessionEnd,
    SignalGive,
    SignalGiven,
    StepShow,
    StepShown,
    StillShare,
    StillShared,
)
from nearhand.sessions.model import (
    Anchor,
    Annotation,
    AnnotationExists,
    Approval,
    ApprovalExists,
    ChatLine,
    Decided,
    FrameKey,
    GivenDocument,
    GivenSignal,
    LastOfScreen,
    NoPose,
    NotShared,
    OnFace,
    OnFrame,
    OnPort,
    OnStillOnly,
    Participant,
    PictureMask,
    Place,
    Recording,
    RecordingExists,
    RecordingState,
    SaidBefore,
    Session,
    SessionEnded,
    SessionFull,
    SessionState,
    SessionStatus,
    Shape,
    SharedStill,
    ShownDevice,
    ShownScreen,
    ShownStep,
    Snapshot,
    StillAnchor,
    StillFrame,
    StreamTaken,
    UnknownAnnotation,
    UnknownApproval,
    UnknownRecording,
)
from nearhand.sessions.passing import as_passed_on
from nearhand.sessions.settled import Acknowledge, Refuse, Settled

MAX_ANNOTATIONS = 2000
MAX_POINTS = 100_000  # of all annotations together: what a joining phone must load and draw
MAX_REMOVED = 500  # removed annotations that can still be restored
MAX_STILLS = 10_000
MAX_PARTICIPANTS = 200
MAX_GUESTS_FILL = (
    150  # a joining link makes as many guests as one likes: the other places are for people with accounts
)
MAX_APPROVALS = 500
MAX_VOICE_NOTES = 500
MAX_RECORDINGS = 50
MAX_EVENTS = 500_000
CHAT_SHOWN = 200
STILLS_SHOWN = 50


# -- what the room answers --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Store:
    """Keep this event, and then tell it to everyone."""

    event: Event


@dataclass(frozen=True, slots=True)
class Deliver:
    """Pass this on to everyone but its sender."""

    message: Passing


Effect = Store | Deliver | Acknowledge | Refuse


# -- what the room is -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Context:
    participant: Participant
    client: str
    now: datetime
    found: Part | Face | None


class Room:
    """One running session. The hub asks `receive`; what was stored is `apply`ed, live and from the log alike."""

    def __init__(self, session: Session, *, ring_s: float) -> None:
        self.session = session
        self.frames = Frames(ring_s)
        self.present: Set[str] = frozenset()  # who is connected, as the hub last said
        self._forget()

    def _forget(self) -> None:
        self.seq = 0
        self.is_ended = False
        self.participants: dict[str, Participant] = {}
        self.device: ShownDevice | None = None
        self.annotations: dict[str, Annotation] = {}
        self.removed: dict[str, Annotation] = {}
        self.points = 0
        self.chat: deque[ChatLine] = deque(maxlen=CHAT_SHOWN)
        self.stills: deque[SharedStill] = deque(maxlen=STILLS_SHOWN)
        self.signal: GivenSignal | None = None
        self.step: ShownStep | None = None
        self.step_seq = 0
        self.approvals: dict[str, Approval] = {}
        self.document: GivenDocument | None = None
        self.last_of_screen: LastOfScreen | None = None  # of the one that is shown now; fleeting
        self.voices: set[str] = set()
        self.recording: Recording | None = None
        self.recordings: dict[str, None] = {}  # the ids of all, in order
        self.settled = Settled()

    # -- loading and folding --

    def restore(
        self,
        session: Session,
        snapshot: Snapshot | None,
        tail: Iterable[Event],
        *,
        stills: Mapping[FrameKey, StillFrame],
        refusals: Iterable[tuple[str, str, int]],
    ) -> None:
        """Become what the log says. `refusals`: (client, by, n) of the last number each client had refused."""
        self._forget()
        self.session = session
        if snapshot is not None:
            self._unfold(snapshot)
        self.frames.restore(stills)
        for event in tail:
            self.apply(event)
        for client, by, n in refusals:
            self.settled.settle(client, by, n, is_stored=False)

    def _unfold(self, snapshot: Snapshot) -> None:
        state = snapshot.state
        self.seq = snapshot.seq
        self.is_ended = state.is_ended
        self.participants = {p.id: p for p in state.participants}
        self.device = state.device
        self.annotations = {a.id: a for a in state.annotations}
        self.points = sum(a.anchor.point_count for a in state.annotations)
        self.removed = {a.id: a for a in snapshot.removed}
        self.chat.extend(state.chat)
        self.stills.extend(state.stills)
        self.signal, self.step, self.step_seq = state.signal, state.step, snapshot.step_seq
        self.approvals = {a.id: a for a in state.approvals}
        self.document, self.voices = state.document, set(snapshot.voices)
        self.recording, self.recordings = state.recording, dict.fromkeys(snapshot.recordings)
        self.settled = Settled(snapshot.ledgers)

    def fold(self) -> Snapshot:
        return Snapshot(
            seq=self.seq,
            state=self.state(),
            removed=tuple(self.removed.values()),
            ledgers=self.settled.fold(),
            step_seq=self.step_seq,
            voices=tuple(sorted(self.voices)),
            recordings=tuple(self.recordings),
        )

    def state(self) -> SessionState:
        return SessionState(
            session_id=self.session.id,
            is_ended=self.is_ended,
            participants=tuple(self.participants.values()),
            device=self.device,
            annotations=tuple(self.annotations.values()),
            chat=tuple(self.chat),
            stills=tuple(self.stills),
            signal=self.signal,
            step=self.step,
            approvals=tuple(self.approvals.values()),
            document=self.document,
            recording=self.recording,
        )

    # -- entering --

    def enter(self, participant: Participant, now: datetime, *, is_guest: bool = False) -> list[Effect]:
        """The first entry, and a changed name or role, are events, until the session ends. Raises SessionFull."""
        known = self.participants.get(participant.id)
        if known == participant or self.is_ended:
            return []
        if known is None and len(self.participants) >= (MAX_GUESTS_FILL if is_guest else MAX_PARTICIPANTS):
            raise SessionFull(f"A session has at most {MAX_PARTICIPANTS} participants.")
        event = ParticipantJoined(
            seq=self.seq + 1, at=now, by=participant.id, client="", n=0, participant=participant
        )
        self.apply(event)
        return [Store(event)]

    # -- asking --

    def receive(
        self,
        participant: Participant,
        client: str,
        message: Ask | Fleeting,
        now: datetime,
        *,
        found: Part | Face | NearhandError | None = None,
    ) -> list[Effect]:
        """What this message leads to. `found`: the part or face that the message names, or why it is refused."""
        if isinstance(message, Fleeting):
            return [Deliver(self._pass_on(participant, client, message, now))]
        answer = self.settled.answer(participant.id, client, message.n)
        if answer is not None:
            return [answer]
        before: list[Effect] = []
        try:
            if isinstance(found, NearhandError):
                raise found
            self._check(participant, message)
            if isinstance(message, SessionEnd) and self.document is not None:
                before = self.end_screen(self.document.seq, now)
            event = self._DECIDE[type(message)](self, message, _Context(participant, client, now, found))
        except NearhandError as error:
            self.settled.settle(client, participant.id, message.n, is_stored=False)
            return [Refuse(error, message.n, is_settled=True)]
        self.apply(event)
        return [*before, Store(event)]

    def refuse(self, participant: Participant, client: str, n: int, error: NearhandError) -> list[Effect]:
        """Settle a numbered message that could not be understood: it must not block those after it."""
        answer = self.settled.answer(participant.id, client, n)
        if answer is not None:
            return [answer]
        self.settled.settle(client, participant.id, n, is_stored=False)
        return [Refuse(error, n, is_settled=True)]

    def take_off(self, annotation_id: str, by: str, now: datetime) -> list[Effect]:
        """Somebody took a kept mark off the device: here it stays, as one that is not kept."""
        old = self.annotations.get(annotation_id)
        if self.is_ended or old is None or not old.is_kept:
            return []
        event = AnnotationEdited(
            seq=self.seq + 1,
            at=now,
            by=by,
            client="",
            n=0,
            annotation=old.model_copy(update={"is_kept": False, "updated_at": now}),
        )
        self.apply(event)
        return [Store(event)]

    @property
    def screen(self) -> ShownScreen | None:
        """The one that is shared now."""
        shown = None if self.document is None else self.document.document
        return shown if isinstance(shown, ShownScreen) else None

    def end_screen(self, shown_seq: int, now: datetime) -> list[Effect]:
        """Whoever shared it is not there any more, or the session ends. `shown_seq`: the event that showed it."""
        shown = self.document
        if self.is_ended or shown is None or self.screen is None or shown.seq != shown_seq:
            return []
        event = DocumentShown(
            seq=self.seq + 1,
            at=now,
            by=shown.by,
            client="",
            n=0,
            document=None,
            last=self.last_of_screen,
        )
        self.apply(event)
        return [Store(event)]

    def count_heads(self, now: datetime, *, is_recorder_gone: bool = False) -> list[Effect]:
        """Somebody came or went: whoever is here now must have agreed to what is recorded."""
        before = self.recording
        if before is None or self.is_ended:
            return []
        after = consent.ended(before, "") if is_recorder_gone else consent.counted(before, self.present, now)
        if after == before:
            return []
        stamp = {"seq": self.seq + 1, "at": now, "by": before.by, "client": "", "n": 0}
        event = consent.event_of(before, after).model_validate(stamp | {"recording": after})
        self.apply(event)
        return [Store(event)]

    def _check(self, participant: Participant, message: Ask) -> None:
        demand_role(participant, message)
        if self.is_ended:
            raise SessionEnded
        if self.seq >= MAX_EVENTS and not isinstance(message, SessionEnd):
            raise SessionFull(f"A session has at most {MAX_EVENTS} events.")

    def _decide_chat_say(self, message: ChatSay, context: _Context) -> Event:
        voice = message.voice
        if voice is not None and voice.sha256 in self.voices:
            # Its file was uploaded by a page that was gone before it knew: said again, it would be heard twice.
            raise SaidBefore
        if voice is not None and len(self.voices) >= MAX_VOICE_NOTES:
            raise SessionFull(f"A session has at most {MAX_VOICE_NOTES} voice notes.")
        return ChatSaid(
            **self._stamp(message, context), text=message.text, phrase=message.phrase, voice=voice
        )

    def _decide_signal_give(self, message: SignalGive, context: _Context) -> Event:
        return SignalGiven(**self._stamp(message, context), signal=message.signal)

    def _decide_device_show(self, message: DeviceShow, context: _Context) -> Event:
        return DeviceShown(**self._stamp(message, context), device=message.device)

    def _decide_step_show(self, message: StepShow, context: _Context) -> Event:
        return StepShown(**self._stamp(message, context), step=message.step)

    def _decide_document_show(self, message: DocumentShow, context: _Context) -> Event:
        if message.document is None:
            self._demand_own_screen(context)
        return DocumentShown(
            **self._stamp(message, context), document=message.document, last=self.last_of_screen
        )

    def _decide_screen_share(self, message: ScreenShare, context: _Context) -> Event:
        screen = ShownScreen(id=message.id, client=context.client)
        return DocumentShown(**self._stamp(message, context), document=screen, last=self.last_of_screen)

    def _decide_screen_stop(self, message: ScreenStop, context: _Context) -> Event:
        if self.screen is None or self.screen.id != message.id:
            raise NotShared
        self._demand_own_screen(context)
        return DocumentShown(**self._stamp(message, context), document=None, last=self.last_of_screen)

    def _demand_own_screen(self, context: _Context) -> None:
        """Raises Forbidden where another's screen would only be taken away."""
        if self.screen is not None and self.document and self.document.by != context.participant.id:
            raise Forbidden("Whoever shares a screen stops it; others may show something else instead.")

    def _decide_approval_ask(self, message: ApprovalAsk, context: _Context) -> Event:
        if message.id in self.approvals:
            raise ApprovalExists
        if len(self.approvals) >= MAX_APPROVALS:
            raise SessionFull(f"In a session at most {MAX_APPROVALS} approvals are asked for.")
        approval = Approval(
            id=message.id,
            seq=self.seq + 1,
            what=message.what,
            device_id=message.device_id,
            asked_by=context.participant.id,
            asked_at=context.now,
            decision=None,
            reason="",
            decided_by=None,
            decided_at=None,
        )
        return ApprovalAsked(**self._stamp(message, context), approval=approval)

    def _decide_approval_give(self, message: ApprovalGive, context: _Context) -> Event:
        asked = self.approvals.get(message.id)
        if asked is None:
            raise UnknownApproval
        if asked.decision is not None:
            raise Decided(f"It was {asked.decision}.")
        if asked.asked_by == context.participant.id:
            raise Forbidden("Nobody approves what they asked for themselves.")
        decided = asked.model_copy(
            update={
                "decision": message.decision,
                "reason": message.reason or "",
                "decided_by": context.participant.id,
                "decided_at": context.now,
                "invited_by": context.participant.invited_by,
            }
        )
        return ApprovalGiven(**self._stamp(message, context), approval=decided)

    def _decide_recording_ask(self, message: RecordingAsk, context: _Context) -> Event:
        if self.recording is not None or message.id in self.recordings:
            raise RecordingExists
        if len(self.recordings) >= MAX_RECORDINGS:
            raise SessionFull(f"In a session at most {MAX_RECORDINGS} recordings are made.")
        by = context.participant.id
        recording = consent.asked(message.id, by, context.client, context.now, {*self.present, by})
        return consent.event_of(None, recording)(**self._stamp(message, context), recording=recording)

    def _decide_recording_agree(self, message: RecordingAgree, context: _Context) -> Event:
        before, by = self._recording(message.id), context.participant.id
        after = (
            consent.agreed(before, by, context.now, {*self.present, by})
            if message.yes
            else consent.ended(before, by)
        )
        return consent.event_of(before, after)(**self._stamp(message, context), recording=after)

    def _decide_recording_end(self, message: RecordingEnd, context: _Context) -> Event:
        after = consent.ended(self._recording(message.id), context.participant.id)
        return RecordingEnded(**self._stamp(message, context), recording=after)

    def _recording(self, id_: str) -> Recording:
        if self.recording is None or self.recording.id != id_:
            raise UnknownRecording
        return self.recording

    def _decide_session_end(self, message: SessionEnd, context: _Context) -> Event:
        return SessionClosed(**self._stamp(message, context))

    def _decide_still_share(self, message: StillShare, context: _Context) -> Event:
        if self.frames.still_count >= MAX_STILLS:
            raise SessionFull(f"A session has at most {MAX_STILLS} stills.")
        self.frames.claim(message.frame.stream, context.client)
        known = self.frames.still(message.frame)
        if known is not None and known.sha256 != message.sha256:
            raise StreamTaken("That frame was shared before, with another picture.")
        still = SharedStill(
            seq=self.seq + 1,
            by=context.participant.id,
            at=context.now,
            frame=message.frame,
            sha256=message.sha256,
            width=message.width,
            height=message.height,
            captured_at=message.captured_at,
            sighting=message.sighting or self.frames.recent_sighting(message.frame, context.now),
            mask=message.mask or PictureMask.NONE,
            part=message.part,
        )
        return StillShared(**self._stamp(message, context), still=still)

    def _decide_annotation_add(self, message: AnnotationAdd, context: _Context) -> Event:
        if message.id in self.annotations or message.id in self.removed:
            raise AnnotationExists
        if len(self.annotations) >= MAX_ANNOTATIONS:
            raise SessionFull(f"A session has at most {MAX_ANNOTATIONS} annotations.")
        anchor = self._anchor(message.shape, message.place, context)
        annotation = Annotation(
            id=message.id,
            shape=message.shape,
            anchor=anchor,
            frame=message.place.frame if isinstance(message.place, OnFrame) else None,
            text=message.text or "",
            is_hidden=False,
            is_kept=bool(message.is_kept),
            created_by=context.participant.id,
            created_at=context.now,
            updated_at=context.now,
        )
        _demand_keepable(annotation)
        return AnnotationAdded(**self._stamp(message, context), annotation=annotation)

    def _decide_annotation_edit(self, message: AnnotationEdit, context: _Context) -> Event:
        old = self.annotations.get(message.id)
        if old is None:
            raise UnknownAnnotation
        place = message.place
        annotation = Annotation(
            id=old.id,
            shape=old.shape,
            anchor=old.anchor if place is None else self._anchor(old.shape, place, context, replaced=old),
            frame=old.frame if place is None else place.frame if isinstance(place, OnFrame) else None,
            text=old.text if message.text is None else message.text,
            is_hidden=old.is_hidden if message.is_hidden is None else message.is_hidden,
            is_kept=old.is_kept if message.is_kept is None else message.is_kept,
            created_by=old.created_by,
            created_at=old.created_at,
            updated_at=context.now,
        )
        _demand_keepable(annotation)
        return AnnotationEdited(**self._stamp(message, context), annotation=annotation)

    def _decide_annotation_remove(self, message: AnnotationRemove, context: _Context) -> Event:
        if message.id not in self.annotations:
            raise UnknownAnnotation
        return AnnotationRemoved(**self._stamp(message, context), id=message.id)

    def _decide_annotation_restore(self, message: AnnotationRestore, context: _Context) -> Event:
        if message.id in self.annotations:
            raise AnnotationExists("That annotation was not removed.")
        old = self.removed.get(message.id)
        if old is None:
            raise UnknownAnnotation
        if len(self.annotations) >= MAX_ANNOTATIONS:
            raise SessionFull(f"A session has at most {MAX_ANNOTATIONS} annotations.")
        self._demand_room_for(old.anchor.point_count)
        return AnnotationRestored(**self._stamp(message, context), annotation=old)

    def _stamp(self, message: Ask, context: _Context) -> dict[str, object]:
        return {
            "seq": self.seq + 1,
            "at": context.now,
            "by": context.participant.id,
            "client": context.client,
            "n": message.n,
        }

    def _anchor(
        self, shape: Shape, place: Place, context: _Context, *, replaced: Annotation | None = None
    ) -> Anchor:
        anchor: Anchor
        match place:
            case OnFrame():
                anchor = self._anchor_on_frame(place, context.now)
            case OnFace():
                anchor = anchor_on_face(place)
            case OnPort():
                anchor = anchor_on_part(shape, place, context.found)
            case _:
                assert_never(place)
        demand_points(shape, place, anchor)
        if isinstance(anchor, StillAnchor):
            demand_on_still(shape, anchor)
        elif isinstance(context.found, Face):
            demand_on_face(shape, anchor, context.found)
        self._demand_room_for(anchor.point_count - (replaced.anchor.point_count if replaced else 0))
        return anchor

    def _anchor_on_frame(self, place: OnFrame, now: datetime) -> Anchor:
        """On the device where its pose is known, else on the still. Raises FrameExpired, MissesFace and NoPose."""
        sighting = self.frames.sighting(place.frame, now)
        if sighting is not None:
            return anchor_on_frame(place.points, place.frame, sighting)
        still = self.frames.still(place.frame)
        if still is None:
            raise NoPose
        return still.anchor(place.points)

    def _demand_room_for(self, more: int) -> None:
        if self.points + more > MAX_POINTS:
            raise SessionFull(f"The annotations of a session have at most {MAX_POINTS} points together.")

    def drawn_on(self, ask: Ask) -> ShownDevice | None:
        """Whose face is on the picture that a mark is drawn on, if the picture is known."""
        if not isinstance(ask, AnnotationAdd | AnnotationEdit) or not isinstance(ask.place, OnFrame):
            return None
        seen = self.frames.seen_in(ask.place.frame)
        return ShownDevice(device_id=seen.device_id, face=seen.face) if seen is not None else None

    def _pass_on(self, participant: Participant, client: str, message: Fleeting, now: datetime) -> Passing:
        """Raises what is wrong: a fleeting message is not settled, only answered."""
        demand_role(participant, message)
        if self.is_ended:
            raise SessionEnded
        return as_passed_on(message, participant.id, client, self.frames, now)

    # -- applying --

    def apply(self, event: Event) -> None:
        """Become what this event makes of the room. The only place that changes what is stored."""
        if event.seq != self.seq + 1:
            raise ValueError(f"event {event.seq} cannot follow {self.seq}")
        self.seq = event.seq
        if event.n:
            self.settled.settle(event.client, event.by, event.n, is_stored=True)
        self._REDUCE[type(event)](self, event)

    def _reduce_participant_joined(self, event: ParticipantJoined) -> None:
        self.participants[event.participant.id] = event.participant
        if event.participant.role is Role.EXPERT and not self.is_ended:
            names = {p.id: p.display_name for p in self.participants.values() if p.role is Role.EXPERT}
            self._change_session(status=SessionStatus.OPEN, expert_names=tuple(names.values()))

    def _reduce_annotation_added(self, event: AnnotationAdded) -> None:
        self.annotations[event.annotation.id] = event.annotation
        self.points += event.annotation.anchor.point_count

    def _reduce_annotation_edited(self, event: AnnotationEdited) -> None:
        old = self.annotations[event.annotation.id]
        self.annotations[event.annotation.id] = event.annotation
        self.points += event.annotation.anchor.point_count - old.anchor.point_count

    def _reduce_annotation_removed(self, event: AnnotationRemoved) -> None:
        old = self.annotations.pop(event.id)
        self.points -= old.anchor.point_count
        self.removed[event.id] = old
        if len(self.removed) > MAX_REMOVED:
            self.removed.pop(next(iter(self.removed)))

    def _reduce_annotation_restored(self, event: AnnotationRestored) -> None:
        self.removed.pop(event.annotation.id, None)
        self.annotations[event.annotation.id] = event.annotation
        self.points += event.annotation.anchor.point_count

    def _reduce_chat_said(self, event: ChatSaid) -> None:
        self.chat.append(
            ChatLine.model_construct(
                seq=event.seq,
                by=event.by,
                at=event.at,
                text=event.text,
                phrase=event.phrase,
                voice=event.voice,
            )
        )
        if event.voice is not None:
            self.voices.add(event.voice.sha256)

    def _reduce_signal_given(self, event: SignalGiven) -> None:
        self.signal = GivenSignal(seq=event.seq, by=event.by, at=event.at, signal=event.signal)

    def _reduce_still_shared(self, event: StillShared) -> None:
        self.stills.append(event.still)
        still = StillFrame(event.still.sha256, event.model_dump_json())
        self.frames.share(event.still.frame, event.client, still)
        self._change_session(last_still_sha256=event.still.sha256)

    def _reduce_device_shown(self, event: DeviceShown) -> None:
        self.device = event.device
        self._change_session(device_id=event.device.device_id)

    def _reduce_step_shown(self, event: StepShown) -> None:
        self.step, self.step_seq = event.step, event.seq

    def _reduce_document_shown(self, event: DocumentShown) -> None:
        self.last_of_screen = None
        self.document = (
            None
            if event.document is None
            else GivenDocument(seq=event.seq, by=event.by, at=event.at, document=event.document)
        )

    def _reduce_approval(self, event: ApprovalAsked | ApprovalGiven) -> None:
        self.approvals[event.approval.id] = event.approval

    def _reduce_recording(self, event: RecordingEvent) -> None:
        self.recordings[event.recording.id] = None
        is_over = event.recording.state is RecordingState.ENDED
        self.recording = None if is_over else event.recording

    def _reduce_session_closed(self, event: SessionClosed) -> None:
        self.is_ended, self.recording = True, None
        self._change_session(status=SessionStatus.ENDED, ended_at=event.at)

    def _change_session(self, **changes: object) -> None:
        self.session = self.session.model_copy(update=changes)

    _DECIDE: ClassVar[dict[type[Ask], Callable[..., Event]]] = {
        ChatSay: _decide_chat_say,
        SignalGive: _decide_signal_give,
        DeviceShow: _decide_device_show,
        StepShow: _decide_step_show,
        DocumentShow: _decide_document_show,
        ScreenShare: _decide_screen_share,
        ScreenStop: _decide_screen_stop,
        ApprovalAsk: _decide_approval_ask,
        ApprovalGive: _decide_approval_give,
        RecordingAsk: _decide_recording_ask,
        RecordingAgree: _decide_recording_agree,
        RecordingEnd: _decide_recording_end,
        SessionEnd: _decide_session_end,
        StillShare: _decide_still_share,
        AnnotationAdd: _decide_annotation_add,
        AnnotationEdit: _decide_annotation_edit,
        AnnotationRemove: _decide_annotation_remove,
        AnnotationRestore: _decide_annotation_restore,
    }
    _REDUCE: ClassVar[dict[type[Event], Callable[..., None]]] = {
        ParticipantJoined: _reduce_participant_joined,
        AnnotationAdded: _reduce_annotation_added,
        AnnotationEdited: _reduce_annotation_edited,
        AnnotationRemoved: _reduce_annotation_removed,
        AnnotationRestored: _reduce_annotation_restored,
        ChatSaid: _reduce_chat_said,
        SignalGiven: _reduce_signal_given,
        StillShared: _reduce_still_shared,
        DeviceShown: _reduce_device_shown,
        StepShown: _reduce_step_shown,
        DocumentShown: _reduce_document_shown,
        ApprovalAsked: _reduce_approval,
        ApprovalGiven: _reduce_approval,
        RecordingAsked: _reduce_recording,
        RecordingAgreed: _reduce_recording,
        RecordingBegan: _reduce_recording,
        RecordingPaused: _reduce_recording,
        RecordingEnded: _reduce_recording,
        SessionClosed: _reduce_session_closed,
    }


def demand_pictures(participant: Participant) -> None:
    """Who may share stills may send live pictures. Raises Forbidden."""
    _demand(participant, StillShare, "live pictures")


def demand_role(participant: Participant, message: FromClient) -> None:
    _demand(participant, type(message), message.type)


def _demand(participant: Participant, message: type[FromClient], word: str) -> None:
    if participant.role not in message.roles:
        raise Forbidden(f"A participant with the role {participant.role} may not send {word}.")
    if participant.guest is not None and participant.guest not in message.guests:
        raise Forbidden(f"A link to {participant.guest} does not let anybody send {word}.")


def _demand_keepable(annotation: Annotation) -> None:
    if annotation.is_kept and isinstance(annotation.anchor, StillAnchor):
        raise OnStillOnly

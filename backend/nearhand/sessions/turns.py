"""What waits for a turn of the pipeline, and what a turn gathers between decision and telling."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from nearhand.access.model import Where
from nearhand.kit.errors import Forbidden
from nearhand.sessions.connections import Asked, Connection, Running
from nearhand.sessions.handed import files_in
from nearhand.sessions.joining import Joining
from nearhand.sessions.log import Batch
from nearhand.sessions.message import Event
from nearhand.sessions.messages import (
    AnnotationAdded,
    AnnotationEdited,
    AnnotationRemoved,
    AnnotationRestored,
    DeviceShown,
    RecordingEvent,
    Refused,
)
from nearhand.sessions.model import Session
from nearhand.sessions.settled import Refuse
from nearhand.sessions.stage import Placed, Stage

NOWHERE: Mapping[str, Where] = MappingProxyType({})


@dataclass(slots=True)
class Opening:
    session: Session
    request: str
    came: tuple[Placed, ...]
    done: asyncio.Future[None]


@dataclass(slots=True)
class TakingOff:
    running: Running
    annotation_id: str
    by: str
    done: asyncio.Future[None]


@dataclass(slots=True)
class Due:
    """What waits for the next turn of the pipeline."""

    asked: list[Asked] = field(default_factory=list)
    joining: list[Joining] = field(default_factory=list)
    opening: list[Opening] = field(default_factory=list)
    taking_off: list[TakingOff] = field(default_factory=list)
    recorded: list[Running] = field(default_factory=list)  # rooms to count heads in
    left: list[tuple[Running, int]] = field(default_factory=list)  # screens, by the event that showed them

    def __bool__(self) -> bool:
        return bool(
            self.asked or self.joining or self.opening or self.taking_off or self.recorded or self.left
        )

    def settle(self, error: Exception | None = None) -> None:
        """Tell those who wait at a door of REST; they may have gone."""
        waiting = [one.done for one in self.opening] + [one.done for one in self.taking_off]
        for done in waiting:
            if done.done():
                continue
            if error is None:
                done.set_result(None)
            else:
                done.set_exception(error)

    def connections(self) -> set[Connection]:
        return {a.connection for a in self.asked} | {j.connection for j in self.joining}

    def rooms(self) -> set[Running]:
        asked = (one.connection.running for one in self.asked)
        return {
            *(running for running in asked if running is not None),
            *(join.running for join in self.joining),
            *(taking.running for taking in self.taking_off),
            *self.recorded,
            *(running for running, _ in self.left),
        }


@dataclass(slots=True)
class Turn:
    """What is stored in one commit, and told after it."""

    batch: Batch = field(default_factory=Batch)
    events: dict[Running, list[str]] = field(default_factory=lambda: defaultdict(list))
    touched: set[Running] = field(default_factory=set)
    answers: dict[Connection, list[str]] = field(default_factory=lambda: defaultdict(list))
    acks: dict[Connection, int] = field(default_factory=dict)
    entered: list[Joining] = field(default_factory=list)
    changed: dict[Running, Session] = field(default_factory=dict)
    opened: list[tuple[Session, Stage]] = field(default_factory=list)

    def open(self, new: Opening) -> None:
        self.batch.open(new.session, new.request)
        for came in new.came:
            self.batch.place(new.session.id, came)
        self.opened.append((new.session, Stage(new.came)))

    def store(self, running: Running, event: Event, places: Mapping[str, Where] = NOWHERE) -> None:
        """`places`: where the devices stand that led to it."""
        session_id = running.id
        shown = event.device.device_id if isinstance(event, DeviceShown) else None
        for device_id, where in places.items():
            if device_id == shown or device_id not in running.stage:
                came = Placed(event.seq, device_id, is_shown=device_id == shown, where=where)
                running.stage.take(came)
                self.batch.place(session_id, came)
        body = event.model_dump_json()
        self.batch.add_event(session_id, event, event.type, body)
        self.events[running].append(body)
        self._keep_marks(session_id, event)
        for sha256 in files_in(event):
            self.batch.share(session_id, sha256)
        if isinstance(event, RecordingEvent):
            self.batch.record(session_id, event.recording)

    def _keep_marks(self, session_id: str, event: Event) -> None:
        if isinstance(event, AnnotationAdded | AnnotationEdited | AnnotationRestored):
            if event.annotation.is_kept:
                self.batch.keep(session_id, event.annotation)
            elif isinstance(event, AnnotationEdited):
                self.batch.drop(session_id, event.annotation.id)
        elif isinstance(event, AnnotationRemoved):
            self.batch.drop(session_id, event.id)

    def refuse(self, connection: Connection, refusal: Refuse) -> None:
        assert connection.participant is not None
        error, n = refusal.error, refusal.n
        if not refusal.is_settled:
            # Not `refused`: that would tell the client to forget it.
            connection.complain(error)
            return
        if refusal.is_kept:
            self.batch.refusals.append(
                {
                    "session": connection.session_id,
                    "client": connection.client,
                    "by": connection.participant.id,
                    "n": n,
                }
            )
        if isinstance(error, Forbidden):
            connection.line.refused(error)
        refused = Refused(n=n, code=error.code, title=error.title, detail=error.detail)
        self.answers[connection].append(refused.model_dump_json())

    def finish(self, snapshot_events: int) -> None:
        """Add what follows from the events: rows of sessions that are others now, and a snapshot now and then."""
        for running in self.events:
            room = running.room
            if room.session is not running.shown:
                self.changed[running] = running.shown = room.session
            if room.seq - running.snapshot_seq >= snapshot_events:
                self.batch.snapshots.append((running.id, room.fold()))
                running.snapshot_seq = room.seq
        self.batch.sessions.extend(self.changed.values())

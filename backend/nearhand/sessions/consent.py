"""A recording runs only while everybody who is in the session has agreed to it."""

from collections.abc import Set
from datetime import datetime

from nearhand.sessions.messages import (
    RecordingAgreed,
    RecordingAsked,
    RecordingBegan,
    RecordingEnded,
    RecordingEvent,
    RecordingPaused,
)
from nearhand.sessions.model import Recording, RecordingState

EVENT_OF: dict[RecordingState, type[RecordingEvent]] = {
    RecordingState.RUNNING: RecordingBegan,
    RecordingState.PAUSED: RecordingPaused,
    RecordingState.ENDED: RecordingEnded,
}


def asked(id_: str, by: str, client: str, now: datetime, present: Set[str]) -> Recording:
    """Who asks agrees. Alone, it begins at once."""
    recording = Recording(
        id=id_,
        by=by,
        recorder=client,
        asked_at=now,
        state=RecordingState.ASKED,
        agreed=(by,),
        began_at=None,
        ended_by=None,
    )
    return counted(recording, present, now)


def agreed(recording: Recording, by: str, now: datetime, present: Set[str]) -> Recording:
    if by in recording.agreed:
        return recording
    return counted(recording.model_copy(update={"agreed": (*recording.agreed, by)}), present, now)


def ended(recording: Recording, by: str) -> Recording:
    return recording.model_copy(update={"state": RecordingState.ENDED, "ended_by": by})


def counted(recording: Recording, present: Set[str], now: datetime) -> Recording:
    """As it is with these people in the session: one who has not agreed, and nothing more is recorded."""
    state, has_all = recording.state, present <= set(recording.agreed)
    if has_all and state in (RecordingState.ASKED, RecordingState.PAUSED):
        began_at = recording.began_at or now
        return recording.model_copy(update={"state": RecordingState.RUNNING, "began_at": began_at})
    if not has_all and state is RecordingState.RUNNING:
        return recording.model_copy(update={"state": RecordingState.PAUSED})
    return recording


def event_of(before: Recording | None, after: Recording) -> type[RecordingEvent]:
    """What is told of this change."""
    if before is None and after.state is RecordingState.ASKED:
        return RecordingAsked
    if before is not None and after.state is before.state:
        return RecordingAgreed
    return EVENT_OF[after.state]

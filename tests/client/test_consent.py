"""A program answers for itself when a session is to be recorded."""

from dataclasses import dataclass, field
from typing import Any, cast

import pytest

from nearhand.client.consent import answer_recording
from nearhand.client.live import LiveSession
from nearhand.sessions import consent
from nearhand.sessions import messages as m
from nearhand.sessions.model import Participant, Recording
from tests.support.live import AT, EXPERT, TECHNICIAN


@dataclass
class View:
    you: Participant = TECHNICIAN


@dataclass
class Line:
    view: View = field(default_factory=View)
    said: list[tuple[str, bool]] = field(default_factory=list)

    async def agree_recording(self, id_: str, *, yes: bool) -> int:
        self.said.append((id_, yes))
        return 1


def event(kind: type[m.RecordingEvent], recording: Recording) -> m.RecordingEvent:
    stamp: dict[str, Any] = {"seq": 1, "at": AT, "by": EXPERT.id, "client": "", "n": 0}
    return kind.model_validate(stamp | {"recording": recording})


@pytest.mark.parametrize("kind", [m.RecordingAsked, m.RecordingPaused])
async def test_it_answers_once(kind: type[m.RecordingEvent]) -> None:
    line, asked = Line(), consent.asked("r1", EXPERT.id, "desk", AT, {EXPERT.id, TECHNICIAN.id})
    await answer_recording(cast(LiveSession, line), event(kind, asked), yes=True)
    assert line.said == [("r1", True)]
    agreed = consent.agreed(asked, TECHNICIAN.id, AT, {EXPERT.id, TECHNICIAN.id})
    await answer_recording(cast(LiveSession, line), event(kind, agreed), yes=True)
    assert line.said == [("r1", True)]

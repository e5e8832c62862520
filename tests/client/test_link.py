"""How the Python client writes what it says."""

import json
from datetime import UTC, datetime

import pytest
from pydantic import BaseModel

from nearhand.client.link import text_of
from nearhand.sessions import messages as m
from nearhand.sessions.model import FrameRef

AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("message", "fields"),
    [
        (m.RungAsk(rung=None), {"type": "rung.ask", "rung": None}),
        (m.DocumentShow(n=3, document=None), {"type": "document.show", "n": 3, "document": None}),
        (m.FrameFreeze(frame=None, is_whole=None), {"type": "frame.freeze"}),
    ],
)
def test_nothing_is_said_only_where_something_must_be(message: BaseModel, fields: object) -> None:
    assert json.loads(text_of(message)) == fields


def test_what_is_said_is_read_as_it_was_meant() -> None:
    still = m.StillShare(
        n=1,
        frame=FrameRef(stream="py-1", frame_id=7),
        sha256="a" * 64,
        width=640,
        height=360,
        captured_at=AT,
    )
    assert m.client_messages.validate_json(text_of(still)) == still

"""Nothing that a client can send makes the service stumble."""

import asyncio
import json
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nearhand.sessions.messages import client_messages
from nearhand.sessions.wire import CloseCode, read_frame
from tests.support.live import EXPERT, TECHNICIAN, LiveServer, until

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(max_size=20)
    | st.sampled_from(["frame", "face", "port", "ring", "\ud800", "front", "DEVICE", "m1", "\0"])
)
JSON = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
)
FRAME = {"stream": "camera-1", "frame_id": 7, "how": "ring"}
POSE = [1, 0, 0, -100, 0, 1, 0, -20, 0, 0, 1, 500, 0, 0, 0, 1]
CAMERA = {"width": 1280, "height": 720, "fx": 1000, "fy": 1000, "cx": 640, "cy": 360, "k1": 0}
SIGHTING = {
    "device_id": "DEVICE",
    "face": "front",
    "T_camera_face": POSE,
    "covariance": None,
    "camera": CAMERA,
    "label_seen": True,
    "tags_seen": [1],
}
ON_FACE = {"kind": "face", "device_id": "DEVICE", "face": "front", "points_mm": [[1, 2, 3], [4, 5, 6]]}
ON_FRAME = {"kind": "frame", "frame": FRAME, "points": [[0.4, 0.5], [0.6, 0.5]]}
AT = "2026-01-01T08:00:00Z"
CANDIDATE = {"candidate": "candidate:1 1 udp 1 10.0.0.7 5000 typ host", "sdp_mid": "0", "sdp_m_line_index": 0}
VALID: list[dict[str, Any]] = [
    {"type": "ping"},
    {"type": "hello", "client": "c" * 16, "resume": {"epoch": "e", "seq": 3}},
    {"type": "annotation.add", "id": "m1", "shape": "ring", "place": ON_FACE, "text": "x", "is_kept": True},
    {"type": "annotation.add", "id": "m2", "shape": "arrow", "place": ON_FRAME},
    {"type": "annotation.edit", "id": "m1", "place": ON_FRAME, "is_hidden": True},
    {"type": "annotation.remove", "id": "m1"},
    {"type": "annotation.restore", "id": "m1"},
    {"type": "chat.say", "text": "hello"},
    {
        "type": "chat.say",
        "text": "x",
        "phrase": "on_my_way",
        "voice": {"sha256": "b" * 64, "duration_ms": 900},
    },
    {"type": "signal.give", "signal": "stop"},
    {
        "type": "still.share",
        "frame": FRAME,
        "sha256": "a" * 64,
        "width": 1280,
        "height": 720,
        "captured_at": AT,
        "sighting": SIGHTING,
        "part": {"x": 0, "y": 100, "frame_width": 1280, "frame_height": 1000},
    },
    {"type": "device.show", "device": {"device_id": "D", "face": "rear"}},
    {"type": "step.show", "step": {"guide_id": "G", "step": 1, "done": [0]}},
    {"type": "document.show", "document": {"kind": "page", "document_id": "D", "page": 3}},
    {"type": "screen.share", "id": "s1"},
    {"type": "screen.stop", "id": "s1"},
    {"type": "approval.ask", "id": "a1", "what": "Pull the left supply", "device_id": "DEVICE"},
    {"type": "approval.give", "id": "a1", "decision": "refused", "reason": "not now"},
    {"type": "recording.ask", "id": "r1"},
    {"type": "recording.agree", "id": "r1", "yes": True},
    {"type": "recording.end", "id": "r1"},
    {"type": "pointer.move", "place": ON_FRAME},
    {"type": "stroke.draw", "id": "s", "shape": "freehand", "frame": FRAME, "points": [[0, 0]]},
    {"type": "frame.sight", "frame": FRAME, "captured_at": AT, "sighting": SIGHTING},
    {"type": "frame.freeze", "frame": None, "is_whole": True},
    {
        "type": "rung.tell",
        "stream": "cam-1",
        "rung": 3,
        "because": "narrow",
        "used_bytes": 41_000_000,
        "budget_bytes": None,
    },
    {"type": "rung.ask", "rung": None},
    {"type": "caption.say", "text": "the left one", "language": "en-GB", "is_final": False},
    {"type": "camera.ask", "to": "d" * 16, "act": "zoom", "zoom": 2.5},
    {
        "type": "camera.state",
        "stream": "camera-1",
        "is_steered": True,
        "torch": False,
        "zoom": {"now": 1, "min": 1, "max": 8},
        "can_focus": True,
        "cameras": 2,
        "asked": None,
        "declined": "torch",
    },
    {"type": "rtc.hail", "to": "d" * 16, "run": "r1"},
    {"type": "rtc.describe", "to": "d" * 16, "run": "r1", "to_run": "r2", "kind": "offer", "sdp": "v=0"},
    {"type": "rtc.candidate", "to": "d" * 16, "run": "r1", "to_run": "r2", "candidate": CANDIDATE},
    {"type": "rtc.hush", "to": "d" * 16},
    {"type": "rtc.part", "to": "d" * 16},
    {"type": "rtc.talk", "is_talking": True},
    {"type": "rtc.sfu_enter", "room": "r1", "takes_pictures": True},
    {"type": "rtc.sfu_describe", "leg": "l1", "kind": "offer", "sdp": "v=0"},
    {"type": "rtc.sfu_candidate", "leg": "l1", "candidate": CANDIDATE},
    {"type": "rtc.sfu_again", "leg": "l1"},
    {"type": "rtc.sfu_layer", "leg": "l1", "layer": "half"},
    {"type": "rtc.sfu_look", "looks": False},
]
DURABLE = {m["type"] for m in VALID} - {
    "ping",
    "hello",
    "pointer.move",
    "stroke.draw",
    "frame.sight",
    "frame.freeze",
    "rung.tell",
    "rung.ask",
    "caption.say",
    "camera.ask",
    "camera.state",
    "rtc.hail",
    "rtc.describe",
    "rtc.candidate",
    "rtc.hush",
    "rtc.part",
    "rtc.talk",
    "rtc.sfu_enter",
    "rtc.sfu_describe",
    "rtc.sfu_candidate",
    "rtc.sfu_again",
    "rtc.sfu_layer",
    "rtc.sfu_look",
}

FORGED: list[dict[str, Any]] = [{}, {}, {"seq": 1}, {"by": EXPERT.id}, {"client": "x" * 16}, {"at": AT}]


@st.composite
def mutated(draw: st.DrawFn) -> dict[str, Any]:
    """A valid message with a value anywhere in it replaced, removed or added; often with forged stamps."""
    message: dict[str, Any] = json.loads(json.dumps(draw(st.sampled_from(VALID))))
    if message["type"] in DURABLE:
        message["n"] = draw(st.integers(1, 12) | SCALARS)
    for _ in range(draw(st.integers(0, 2))):
        node: Any = message
        while True:
            keys = list(node) if isinstance(node, dict) else list(range(len(node)))
            if not keys:
                break
            key = draw(st.sampled_from(keys))
            if isinstance(node[key], dict | list) and draw(st.booleans()):
                node = node[key]
                continue
            node[key] = draw(JSON)
            break
    message |= draw(st.sampled_from(FORGED))
    return message


@given(st.text(max_size=200) | JSON.map(lambda value: json.dumps(value)))
def test_any_text_is_read_as_messages_or_as_what_is_wrong_with_it(text: str) -> None:
    for found in read_frame(text):
        assert hasattr(found, "type") or found.error.code == "not_a_message"


def test_deep_nesting_is_no_message() -> None:
    (found,) = read_frame("[" * 20_000)
    assert found.error.code == "not_a_message"
    (found,) = read_frame('[{"type":"ping","x":' + "[" * 3000 + "]" * 3000 + "}]")
    assert found.error.code == "not_a_message"


@settings(max_examples=40)
@given(st.lists(st.one_of(mutated(), JSON), max_size=25))
def test_no_message_makes_the_hub_stumble(messages: list[Any]) -> None:
    """L22. Forged stamps, numbers out of order, wrong types: refused or told, and the next good message works."""
    asyncio.run(_send_all(messages))


async def _send_all(messages: list[Any]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        server = await LiveServer(Path(folder)).start()
        await server.open()
        technician = await server.join(TECHNICIAN, "phone")
        expert = await server.join(EXPERT, "desk")
        for message in messages:
            await server.hub.hear(expert.connection, read_frame(json.dumps([message])))
        settled = await technician.ask("chat.say", text="still there?")
        assert settled["type"] in ("ack", "refused")  # refused when the fuzz ended the session
        await until(lambda: expert.connection.pending == 0)
        assert expert.line.closed in (None, CloseCode.TOO_MANY_ERRORS)  # and not because a turn failed
        stored = await server.stored()
        assert [event["seq"] for event in stored] == list(range(1, len(stored) + 1))
        for event in stored:
            assert event["by"] in (EXPERT.id, TECHNICIAN.id)
            assert event["at"] == AT
        again = await technician.again((technician.welcome["epoch"], 0))
        assert again.line.events() == stored
        await server.stop()


def test_the_valid_messages_of_the_fuzz_are_valid() -> None:
    for number, message in enumerate(VALID, 1):
        client_messages.validate_python(message | ({"n": number} if message["type"] in DURABLE else {}))

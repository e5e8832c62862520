"""Carry out `nearhand field`: from options to a running field client, and to an exit code."""

import asyncio
import getpass
import json
import sys
from collections.abc import Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from nearhand.client import (
    Client,
    LinkStopped,
    LiveSession,
    OutboxUnusable,
    Refusal,
    SqliteOutbox,
    Unreachable,
)
from nearhand.field.client import FieldClient
from nearhand.field.eye import Eye
from nearhand.field.frames import FALLBACK_FPS, Frame, NoPictures, from_camera, from_images, from_video
from nearhand.field.screen import NoScreen, Nowhere, Screen, Several, VideoFile, Window
from nearhand.vision.camera import Intrinsics

DONE, REFUSED, UNREACHABLE, WRONG = 0, 1, 3, 2
CAMERA_FPS = 10.0  # about what looking and drawing leave of a camera's rate


class WrongOptions(Exception):
    """What was asked for does not go together; the message says what would."""


@dataclass(frozen=True)
class Options:
    """The command's options, as typed."""

    server: str | None
    token: str | None
    name: str | None
    password: str | None
    ca: Path | None
    camera: int | None
    video: Path | None
    images: Path | None
    intrinsics: Path | None
    session: str | None
    ask_for_help: str | None
    is_window: bool
    out: Path | None
    outbox: Path | None
    may_be_recorded: bool
    is_json: bool


def run(options: Options) -> int:
    """Run until the pictures end; returns the exit code, with a sentence on the terminal when it is not 0."""
    try:
        asyncio.run(_run(options))
    except KeyboardInterrupt:
        return DONE
    except (WrongOptions, NoPictures, NoScreen, OutboxUnusable, OSError, ValidationError) as error:
        return _failed(error, WRONG)
    except (Refusal, LinkStopped) as error:
        return _failed(error, REFUSED)
    except Unreachable as error:
        return _failed(error, UNREACHABLE)
    return DONE


def _failed(error: Exception, code: int) -> int:
    sys.stderr.write(f"nearhand field: {error}\n")
    return code


async def _run(options: Options) -> None:
    frames = _frames(options)
    camera = Intrinsics.model_validate_json(options.intrinsics.read_text()) if options.intrinsics else None
    is_patient = options.images is not None
    async with AsyncExitStack() as stack:
        client = await _client(options)
        if client is not None:
            await stack.enter_async_context(client)
        live = await _live(options, client, stack)
        await FieldClient(
            frames=frames,
            client=client,
            live=live,
            eye=Eye(camera, is_patient=is_patient),
            screen=_screen(options),
            tell=_tell_json if options.is_json else _tell_people,
            is_patient=is_patient,
            may_be_recorded=options.may_be_recorded,
        ).run()


def _frames(options: Options) -> Iterator[Frame]:
    chosen = [options.camera is not None, options.video is not None, options.images is not None]
    if sum(chosen) != 1:
        raise WrongOptions("Give one of --camera N, --video FILE and --images DIR.")
    if options.video is not None:
        return from_video(options.video)
    if options.images is not None:
        return from_images(options.images)
    return from_camera(options.camera or 0)


async def _client(options: Options) -> Client | None:
    if options.server is None:
        if options.session or options.ask_for_help:
            raise WrongOptions("A session needs --server.")
        return None
    verify = options.ca or True
    if options.token:
        return Client(options.server, options.token, verify=verify)
    if options.name is None:
        raise WrongOptions("Give a token (NEARHAND_TOKEN or --token), or --name to sign in with.")
    password = options.password
    if password is None:
        password = await asyncio.to_thread(getpass.getpass, f"Password of {options.name}: ")
    return await Client.sign_in(options.server, options.name, password, verify=verify)


async def _live(options: Options, client: Client | None, stack: AsyncExitStack) -> LiveSession | None:
    if client is None or (options.session is None and options.ask_for_help is None):
        return None
    session_id = options.session
    if session_id is None:
        session = await client.open_session(subject=options.ask_for_help or "")
        session_id = session.id
        (_tell_json if options.is_json else _tell_people)("session", id=session.id, subject=session.subject)
    outbox = None
    if options.outbox is not None:
        outbox = SqliteOutbox(options.outbox)
        stack.callback(outbox.close)
    return client.live(session_id, outbox)


def _screen(options: Options) -> Screen:
    screens: list[Screen] = []
    if options.is_window:
        screens.append(Window())
    if options.out is not None:
        screens.append(VideoFile(options.out, _fps(options)))
    return Several(screens) if screens else Nowhere()


def _fps(options: Options) -> float:
    if options.video is None:
        return CAMERA_FPS if options.images is None else 1.0
    import cv2

    video = cv2.VideoCapture(str(options.video))
    fps = video.get(cv2.CAP_PROP_FPS)
    video.release()
    return float(fps) or FALLBACK_FPS


def _tell_json(kind: str, **facts: Any) -> None:
    at = datetime.now(UTC).isoformat(timespec="milliseconds")
    sys.stdout.write(json.dumps({"type": kind, "at": at, **facts}, ensure_ascii=False) + "\n")
    sys.stdout.flush()


SENTENCES = {
    "session": "Session {id} is open; experts see it ringing.",
    "device": "{asset_tag} · {name} · {device_type} · {place} · {status}",
    "foreign_label": "Not one of our labels: {text}",
    "unknown_label": "Label {code} is not registered at this server.",
    "label_refused": "Label {code} was not printed by this service. {why}",
    "doubtful_label": "Label {code} may not have been printed by this service: {doubt}.",
    "unresolved_label": "No connection: {text} cannot be looked up yet.",
    "mark": "Mark: {shape} {text}",
    "mark_on_still": "Mark on a still only, for no device was recognised in it: {shape} {text}",
    "rung": "Pictures go by rung {rung} of the ladder now ({because}).",
    "said": "Said: {text}",
    "signal": "Signal: {signal}",
    "problem": "Problem ({code}): {detail}",
    "unsaved": "{count} things are not saved yet.",
    "ended": "The session has ended.",
}


def _tell_people(kind: str, **facts: Any) -> None:
    if kind in SENTENCES:
        sys.stdout.write(SENTENCES[kind].format(**facts) + "\n")
        sys.stdout.flush()

"""What the others are told of something fleeting, which is told once and not kept."""

from datetime import datetime

from nearhand.kit.errors import NearhandError
from nearhand.sessions.anchoring import meet
from nearhand.sessions.frames import Frames
from nearhand.sessions.message import Fleeting, Passing
from nearhand.sessions.messages import (
    CaptionSaid,
    CaptionSay,
    FrameFreeze,
    FrameSight,
    FrameSighted,
    FreezeAsked,
    PointerMove,
    PointerMoved,
    RungAsk,
    RungAsked,
    RungTell,
    RungTold,
    StrokeDraw,
    StrokeDrawn,
)
from nearhand.sessions.model import FacePoint, OnFace, OnFrame, Place, ShownDevice


def as_passed_on(message: Fleeting, by: str, client: str, frames: Frames, now: datetime) -> Passing:
    """A frame that was sighted can be drawn on from now. Raises StreamTaken."""
    match message:
        case PointerMove(place=place):
            points, device = _on_device(place, frames, now)
            return PointerMoved(by=by, place=place, points_mm=points, device=device)
        case StrokeDraw():
            return StrokeDrawn(
                by=by, id=message.id, shape=message.shape, frame=message.frame, points=message.points
            )
        case FrameSight(frame=frame, sighting=sighting):
            frames.claim(frame.stream, client)
            frames.see(frame, sighting, now)
            return FrameSighted(by=by, frame=frame, captured_at=message.captured_at, sighting=sighting)
        case FrameFreeze(frame=frame):
            return FreezeAsked(by=by, frame=frame)
        case RungTell(stream=stream, rung=rung, because=because):
            frames.claim(stream, client)
            return RungTold(by=by, stream=stream, rung=rung, because=because)
        case RungAsk(rung=rung):
            return RungAsked(by=by, rung=rung)
        case CaptionSay(text=text, language=language, is_final=is_final):
            return CaptionSaid(by=by, text=text, language=language, is_final=is_final)
        case _:
            raise TypeError(f"no rule for {type(message).__name__}")


def _on_device(
    place: Place | None, frames: Frames, now: datetime
) -> tuple[tuple[FacePoint, ...] | None, ShownDevice | None]:
    """Where a pointer is on a device, and on which."""
    if isinstance(place, OnFace):
        return place.points_mm, ShownDevice(device_id=place.device_id, face=place.face)
    if not isinstance(place, OnFrame):
        return None, None
    try:
        sighting = frames.sighting(place.frame, now)
        if sighting is None:
            return None, None
        points = meet(place.points, sighting)
    except NearhandError:
        # A pointer is still worth showing on the picture when it cannot be placed on the device.
        return None, None
    return points, ShownDevice(device_id=sighting.device_id, face=sighting.face)

"""Send sharp stills at the rate the link allows, and first of all those that somebody asked for."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from nearhand.client import Client, LiveSession, Refusal, Unreachable
from nearhand.devices.model import CameraMask
from nearhand.field.frames import SHARP_QUALITY, Kept, Picture, encoded, sharpness
from nearhand.sessions.anchoring import BESIDE_FACE_MM
from nearhand.sessions.model import FramePart, FrameRef, PictureMask
from nearhand.vision.camera import Intrinsics
from nearhand.vision.crop import PicturePart, crop_to

WIDTHS_PX = (1920, 1280, 960, 640)  # of all of the frame, whatever of it is sent
SLOW_S, FAST_S = 2.0, 0.5  # a still that takes longer is made smaller; one that takes less may be larger
QUALITY = 80
SHORTEST_INTERVAL_S = 1.0
LONGEST_INTERVAL_S = 30.0
ALONE_INTERVAL_S = 10.0  # nobody watches: the wall still shows what we look at
SHARE_OF_LINK = 0.4  # of the time; the rest is for marks, words and frames' poses
ASKED_LIMIT = 20
TRY_AGAIN_S = 1.0
SAME_BELOW = 2.0  # mean difference, of 255, under which two pictures show the same


@dataclass(frozen=True)
class Developed:
    """A still as it leaves. `part`: it shows no more of the frame; None: all."""

    jpeg: bytes
    width: int
    height: int
    part: FramePart | None


class StillSender:
    """Give it each frame (`offer`) and those that were asked for (`ask`); `run` sends."""

    def __init__(
        self, client: Client, live: LiveSession, stream: str, tell: Callable[..., None] = lambda *a, **k: None
    ) -> None:
        self._client, self._live, self._stream, self._tell = client, live, stream, tell
        self.is_on_request = False  # only what is asked for goes out
        self._best: tuple[float, Kept] | None = None
        self._asked: deque[tuple[Kept, bool]] = deque(
            maxlen=ASKED_LIMIT
        )  # and whether all of it was asked for
        self._next_whole: bool | None = None  # the next frame is asked for, and whether all of it
        self._shared: dict[int, bool] = {}  # and whether all of it was
        self._thumbnail: Any = None
        self._size = 0
        self._took_s = 0.0
        self._sent_at = -LONGEST_INTERVAL_S
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._idle.set()

    @property
    def interval_s(self) -> float:
        if len(self._live.view.present) < 2:
            return ALONE_INTERVAL_S
        return float(np.clip(self._took_s / SHARE_OF_LINK, SHORTEST_INTERVAL_S, LONGEST_INTERVAL_S))

    def offer(self, kept: Kept, picture: Picture) -> None:
        """This frame may be sent; of those offered since the last still the sharpest is."""
        if self._next_whole is not None:
            is_whole, self._next_whole = self._next_whole, None
            self.ask(kept, is_whole=is_whole)
        if self.is_on_request:
            self._best = None
            return
        score = sharpness(picture)
        if self._best is None or score >= self._best[0]:
            self._best = score, kept
        if time.monotonic() - self._sent_at >= self.interval_s and self._idle.is_set():
            self._wake.set()

    def ask(self, kept: Kept, *, is_whole: bool = False) -> None:
        """Somebody wants exactly this frame; `is_whole`: not of its device alone.

        Of a frame whose part was shared no other picture may follow: then it is the next, under its own number.
        """
        is_shared_whole = self._shared.get(kept.frame_id)
        if is_shared_whole is None:
            self._asked.append((kept, is_whole))
            self._idle.clear()
            self._wake.set()
        elif is_whole and not is_shared_whole:
            self.ask_next(is_whole=True)

    def ask_next(self, *, is_whole: bool = False) -> None:
        """Somebody wants the frame that is offered next."""
        self._next_whole = is_whole or bool(self._next_whole)

    async def finished(self) -> None:
        """Wait until nothing that was asked for waits."""
        await self._idle.wait()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._asked:
                kept, is_whole = self._asked.popleft()
                if kept.frame_id in self._shared:  # since it was asked for
                    self.ask(kept, is_whole=is_whole)
                elif not await self._send(kept, await asyncio.to_thread(_sharp, kept, is_whole=is_whole)):
                    self._asked.appendleft((kept, is_whole))
                    await asyncio.sleep(TRY_AGAIN_S)
            self._idle.set()
            await self._send_best()

    async def _send_best(self) -> None:
        is_due = time.monotonic() - self._sent_at >= self.interval_s
        if self._best is None or self.is_on_request or not is_due:
            return
        (_, kept), self._best = self._best, None
        self._sent_at = time.monotonic()
        if kept.frame_id in self._shared:
            return
        still, thumbnail = await asyncio.to_thread(_smaller, kept, WIDTHS_PX[self._size])
        if self._thumbnail is not None and float(np.abs(thumbnail - self._thumbnail).mean()) < SAME_BELOW:
            return
        if await self._send(kept, still):
            self._thumbnail = thumbnail

    async def _send(self, kept: Kept, still: Developed) -> bool:
        """False: there is no network, and another try may do."""
        if kept.mask is PictureMask.NONE and self._live.view.camera_mask is CameraMask.ENFORCE:
            return True  # taken before that was asked for: it does not leave any more
        started = time.monotonic()
        try:
            uploaded = await self._client.upload_still(self._live.session_id, still.jpeg, mask=kept.mask)
        except Unreachable:
            return False
        except Refusal as refusal:
            self._tell("problem", code=refusal.code, detail=refusal.detail or refusal.title)
            return True
        self._adapt(time.monotonic() - started)
        self._shared[kept.frame_id] = still.part is None
        frame = FrameRef(stream=self._stream, frame_id=kept.frame_id)
        await self._live.share_still(
            uploaded, frame, kept.captured_at, kept.sighting, kept.mask, part=still.part
        )
        self._tell(
            "still", frame_id=kept.frame_id, sha256=uploaded.sha256, width=still.width, height=still.height
        )
        return True

    def _adapt(self, took_s: float) -> None:
        self._took_s = took_s if not self._took_s else 0.5 * (self._took_s + took_s)
        if self._took_s > SLOW_S and self._size < len(WIDTHS_PX) - 1:
            self._size += 1
        elif self._took_s < FAST_S and self._size > 0:
            self._size -= 1


def _sharp(kept: Kept, *, is_whole: bool) -> Developed:
    part = None if is_whole else _part_of(kept, kept.width, kept.height)
    if part is None:
        return Developed(kept.jpeg, kept.width, kept.height, None)
    return _cut(_picture_of(kept), part, SHARP_QUALITY)


def _smaller(kept: Kept, width_px: int) -> tuple[Developed, Any]:
    """And what it shows, so small that two can be compared."""
    picture = _picture_of(kept)
    thumbnail = cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
    scale = min(1.0, width_px / kept.width)
    size = (round(kept.width * scale), round(kept.height * scale))
    if scale < 1:
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    part = _part_of(kept, *size)
    if part is None:
        return Developed(encoded(picture, QUALITY), *size, None), thumbnail
    return _cut(picture, part, QUALITY), thumbnail


def _part_of(kept: Kept, width: int, height: int) -> PicturePart | None:
    """What is to leave of the frame in this size, where its device is known as it was in exactly this frame."""
    sighting, face = kept.sighting, kept.face
    if sighting is None or face is None or sighting.covariance is None:
        return None
    camera = Intrinsics(**sighting.camera.model_dump())
    if (camera.width, camera.height) != (kept.width, kept.height):
        return None
    return crop_to(
        camera.scaled_to(width, height), sighting.T_camera_face, sighting.covariance, face, BESIDE_FACE_MM
    )


def _cut(picture: Picture, part: PicturePart, quality: int) -> Developed:
    x, y, width, height = part
    frame_height, frame_width = picture.shape[:2]
    cut = encoded(np.ascontiguousarray(picture[y : y + height, x : x + width]), quality)
    where = FramePart(x=x, y=y, frame_width=frame_width, frame_height=frame_height)
    return Developed(cut, width, height, where)


def _picture_of(kept: Kept) -> Picture:
    return np.asarray(cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)

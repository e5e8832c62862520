"""Send sharp stills at the rate the link allows, and first of all those that somebody asked for."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

from nearhand.client import Client, LiveSession, Refusal, Unreachable
from nearhand.devices.model import CameraMask
from nearhand.field.frames import Kept, encoded, sharpness
from nearhand.sessions.model import FrameRef, PictureMask

WIDTHS_PX = (1920, 1280, 960, 640)
SLOW_S, FAST_S = 2.0, 0.5  # a still that takes longer is made smaller; one that takes less may be larger
QUALITY = 80
SHORTEST_INTERVAL_S = 1.0
LONGEST_INTERVAL_S = 30.0
ALONE_INTERVAL_S = 10.0  # nobody watches: the wall still shows what we look at
SHARE_OF_LINK = 0.4  # of the time; the rest is for marks, words and frames' poses
ASKED_LIMIT = 20
TRY_AGAIN_S = 1.0
SAME_BELOW = 2.0  # mean difference, of 255, under which two pictures show the same


class StillSender:
    """Give it each frame (`offer`) and those that were asked for (`ask`); `run` sends."""

    def __init__(
        self, client: Client, live: LiveSession, stream: str, tell: Callable[..., None] = lambda *a, **k: None
    ) -> None:
        self._client, self._live, self._stream, self._tell = client, live, stream, tell
        self._best: tuple[float, Kept] | None = None
        self._asked: deque[Kept] = deque(maxlen=ASKED_LIMIT)
        self._shared: set[int] = set()
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

    def offer(self, kept: Kept, picture: Any) -> None:
        """This frame may be sent; of those offered since the last still the sharpest is."""
        score = sharpness(picture)
        if self._best is None or score >= self._best[0]:
            self._best = score, kept
        if time.monotonic() - self._sent_at >= self.interval_s and self._idle.is_set():
            self._wake.set()

    def ask(self, kept: Kept) -> None:
        """Somebody wants exactly this frame."""
        if kept.frame_id not in self._shared:
            self._asked.append(kept)
            self._idle.clear()
            self._wake.set()

    async def finished(self) -> None:
        """Wait until nothing that was asked for waits."""
        await self._idle.wait()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            while self._asked:
                kept = self._asked[0]
                if await self._send(kept, kept.jpeg, (kept.width, kept.height)):
                    self._asked.popleft()
                else:
                    await asyncio.sleep(TRY_AGAIN_S)
            self._idle.set()
            await self._send_best()

    async def _send_best(self) -> None:
        if self._best is None or time.monotonic() - self._sent_at < self.interval_s:
            return
        (_, kept), self._best = self._best, None
        self._sent_at = time.monotonic()
        if kept.frame_id in self._shared:
            return
        jpeg, size, thumbnail = await asyncio.to_thread(_smaller, kept, WIDTHS_PX[self._size])
        if self._thumbnail is not None and float(np.abs(thumbnail - self._thumbnail).mean()) < SAME_BELOW:
            return
        if await self._send(kept, jpeg, size):
            self._thumbnail = thumbnail

    async def _send(self, kept: Kept, jpeg: bytes, size: tuple[int, int]) -> bool:
        """False: there is no network, and another try may do."""
        if kept.mask is PictureMask.NONE and self._live.view.camera_mask is CameraMask.ENFORCE:
            return True  # taken before that was asked for: it does not leave any more
        started = time.monotonic()
        try:
            still = await self._client.upload_still(self._live.session_id, jpeg, mask=kept.mask)
        except Unreachable:
            return False
        except Refusal as refusal:
            self._tell("problem", code=refusal.code, detail=refusal.detail or refusal.title)
            return True
        self._adapt(time.monotonic() - started)
        self._shared.add(kept.frame_id)
        frame = FrameRef(stream=self._stream, frame_id=kept.frame_id)
        await self._live.share_still(still, frame, kept.captured_at, kept.sighting, kept.mask)
        self._tell("still", frame_id=kept.frame_id, sha256=still.sha256, width=size[0], height=size[1])
        return True

    def _adapt(self, took_s: float) -> None:
        self._took_s = took_s if not self._took_s else 0.5 * (self._took_s + took_s)
        if self._took_s > SLOW_S and self._size < len(WIDTHS_PX) - 1:
            self._size += 1
        elif self._took_s < FAST_S and self._size > 0:
            self._size -= 1


def _smaller(kept: Kept, width_px: int) -> tuple[bytes, tuple[int, int], Any]:
    picture = np.asarray(cv2.imdecode(np.frombuffer(kept.jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)
    thumbnail = cv2.resize(picture, (32, 18), interpolation=cv2.INTER_AREA).astype(np.float32)
    scale = min(1.0, width_px / kept.width)
    size = (round(kept.width * scale), round(kept.height * scale))
    if scale < 1:
        picture = np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)
    return encoded(picture, QUALITY), size, thumbnail

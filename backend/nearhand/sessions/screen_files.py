"""Pictures of shared screens as files: looked into when they come, and kept when they are the last."""

import io
from collections.abc import AsyncIterator

from nearhand.access.model import Actor
from nearhand.kit.blobs import Blobs, digest
from nearhand.kit.clock import Clock
from nearhand.kit.errors import Invalid, TooLarge
from nearhand.kit.metadata import Unparsable, bared
from nearhand.kit.uploads import NotAPicture
from nearhand.media.model import Still
from nearhand.media.pictures import opened
from nearhand.media.service import Eyes
from nearhand.sessions.log import Log
from nearhand.vision.image import Picture

MAX_BYTES = 1024 * 1024  # sharp text of 1920 pixels has a fifth of it


class ScreenFiles:
    def __init__(self, live_log: Log, blobs: Blobs, eyes: Eyes, *, clock: Clock) -> None:
        self._log, self._blobs, self._eyes, self._clock = live_log, blobs, eyes, clock

    async def look(self, session_id: str, pieces: AsyncIterator[bytes], actor: Actor) -> tuple[Still, bytes]:
        """A picture without anything but itself, and the still that it would be; nothing is kept.

        Raises TooLarge, Invalid, NotAPicture, TooManyPixels, TooBusy and ReadingTooSlow.
        """
        content = bytearray()
        async for piece in pieces:
            content += piece
            if len(content) > MAX_BYTES:
                raise TooLarge(f"A picture of a screen may have {MAX_BYTES} bytes.")
        if not content:
            raise Invalid("The file is empty.")
        picture, bare = await self._eyes.run(lambda: _bared(bytes(content), self._eyes.limit_pixels))
        height, width = picture.gray.shape
        still = Still(
            session_id=session_id,
            sha256=digest(bare),
            media_type=picture.media_type,
            width=width,
            height=height,
            size_bytes=len(bare),
            created_at=self._clock.now(),
            created_by=actor.participant_id,
        )
        return still, bare

    async def keep(self, still: Still, account: str, content: bytes) -> None:
        """Make it a still of its session. Raises StorageFull and NotSaved."""
        await self._blobs.put(content)
        await self._log.add_still(still, account)


def _bared(content: bytes, limit_pixels: int) -> tuple[Picture, bytes]:
    picture = opened(io.BytesIO(content), limit_pixels=limit_pixels)
    try:
        return picture, bared(content)
    except Unparsable:
        raise NotAPicture from None

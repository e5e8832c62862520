"""Take in a file piece by piece: counted and hashed on its way to the disk, never whole in memory."""

import asyncio
import codecs
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import BinaryIO

from nearhand.kit.blobs import Blobs, Lent, Passing, digest, refusing_full_disk
from nearhand.kit.errors import Invalid, TooLarge, Unsupported
from nearhand.kit.metadata import Unparsable, bared

PIECE_BYTES = 256 * 1024

PDF, JPEG, PNG, WEBP = "application/pdf", "image/jpeg", "image/png", "image/webp"
TEXT = "text/plain; charset=utf-8"
_PICTURES = (b"\xff\xd8\xff", b"\x89PNG", b"RIFF")
_NOT_TEXT = bytes(set(range(32)) - set(b"\t\n\f\r")) + b"\x7f"


class NotAPicture(Unsupported):
    code, title = "not_a_picture", "This is not a JPEG, PNG or WebP picture"


class TooManyPixels(Invalid):
    code, title = "too_many_pixels", "The picture has more pixels than the limit"


@dataclass(frozen=True)
class Incoming:
    """A file on the disk that is not kept yet: refuse it or `keep` it before the block ends."""

    passing: Passing
    sha256: str
    size_bytes: int
    blobs: Blobs

    def lend(self) -> Lent:
        return self.passing.lend()

    def open(self) -> BinaryIO:
        """To be read at any place, whether it is sealed already or not."""
        return self.lend().reader()

    async def keep(self) -> None:
        await asyncio.to_thread(self.blobs.adopt, self.passing, self.sha256)

    async def bared(self) -> "Incoming":
        """A picture without place, time and device; any other file as it is. Raises NotAPicture."""
        return await asyncio.to_thread(self._bared)

    def _bared(self) -> "Incoming":
        with self.open() as file:
            if not file.read(4).startswith(_PICTURES):
                return self
            file.seek(0)
            content = file.read()
        try:
            bare = bared(content)
        except Unparsable:
            raise NotAPicture from None
        if bare == content:
            return self
        with refusing_full_disk():
            self.passing.rewrite(bare)
        return Incoming(self.passing, digest(bare), len(bare), self.blobs)

    async def media_type(self) -> str | None:
        """What the content is, whatever its name says: PDF, JPEG, PNG, WebP or text in UTF-8; else None."""
        return await asyncio.to_thread(self._sniffed)

    def _sniffed(self) -> str | None:
        with self.open() as file:
            return sniffed(file)


@asynccontextmanager
async def incoming(
    pieces: AsyncIterator[bytes], blobs: Blobs, *, limit_bytes: int
) -> AsyncIterator[Incoming]:
    """Write the pieces to a passing file; raise TooLarge as soon as they exceed the limit, Invalid for nothing."""
    with refusing_full_disk():
        file = await asyncio.to_thread(blobs.open_passing)
    hashed, size = hashlib.sha256(), 0
    try:
        with refusing_full_disk():
            try:
                async for piece in pieces:
                    size += len(piece)
                    if size > limit_bytes:
                        raise TooLarge(f"A file may have {limit_bytes} bytes.")
                    hashed.update(piece)
                    await asyncio.to_thread(file.write, piece)
            finally:
                await asyncio.to_thread(file.close)
        if size == 0:
            raise Invalid("The file is empty.")
        yield Incoming(file, hashed.hexdigest(), size, blobs)
    finally:
        await asyncio.to_thread(file.drop)


def sniffed(file: BinaryIO) -> str | None:
    head = file.read(PIECE_BYTES)
    if head.startswith(b"%PDF-"):
        return PDF
    if head.startswith(b"\xff\xd8\xff"):
        return JPEG
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return PNG
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return WEBP
    decoder = codecs.getincrementaldecoder("utf-8")()
    piece = head
    try:
        while piece:
            if len(piece.translate(None, _NOT_TEXT)) < len(piece):
                return None
            decoder.decode(piece)
            piece = file.read(PIECE_BYTES)
        decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        return None
    return TEXT

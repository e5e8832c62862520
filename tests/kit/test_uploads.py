import errno
import io
import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.kit.blobs import Blobs, StorageFull, digest
from nearhand.kit.errors import Invalid, TooLarge
from nearhand.kit.uploads import PDF, PNG, TEXT, incoming, sniffed


async def pieces(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def test_a_file_that_is_kept_is_found_by_its_content(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    for _ in range(2):
        async with incoming(pieces(b"ab", b"c"), blobs, limit_bytes=3) as file:
            await file.keep()
    assert (file.sha256, file.size_bytes) == (digest(b"abc"), 3)
    assert await blobs.get(file.sha256) == b"abc"
    assert files(tmp_path) == [blobs.path(file.sha256)]


async def test_a_file_that_is_not_kept_leaves_nothing(tmp_path: Path) -> None:
    async with incoming(pieces(b"abc"), Blobs(tmp_path), limit_bytes=3):
        pass
    assert files(tmp_path) == []


@pytest.mark.parametrize(("parts", "refusal"), [((b"ab", b"cd"), TooLarge), ((), Invalid)])
async def test_too_much_and_nothing_at_all_are_refused(
    tmp_path: Path, parts: tuple[bytes, ...], refusal: type[Exception]
) -> None:
    with pytest.raises(refusal):
        async with incoming(pieces(*parts), Blobs(tmp_path), limit_bytes=3):
            pytest.fail("it was let in")
    assert files(tmp_path) == []


async def test_a_full_disk_is_said_plainly_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageFull):
        await Blobs(tmp_path).put(b"abc")
    with pytest.raises(StorageFull):
        async with incoming(pieces(b"abc"), Blobs(tmp_path), limit_bytes=3) as file:
            await file.keep()
    assert files(tmp_path) == []


@given(st.text(st.characters(exclude_categories=("Cc", "Cs")), min_size=1))
def test_any_words_are_text(words: str) -> None:
    assert sniffed(io.BytesIO(words.encode())) == (PDF if words.startswith("%PDF-") else TEXT)


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.4\n\xe2\xe3", PDF),
        (b"\x89PNG\r\n\x1a\n\0", PNG),
        (b"GIF89a\0", None),
        ("字".encode() * 100_000, TEXT),
        ("字".encode() * 100_000 + b"\xe5", None),
        (b"x" * 300_000 + b"\0", None),
    ],
    ids=["pdf", "png", "gif", "long text", "cut text", "late nul"],
)
def test_what_it_is_the_content_says(content: bytes, media_type: str | None) -> None:
    assert sniffed(io.BytesIO(content)) == media_type

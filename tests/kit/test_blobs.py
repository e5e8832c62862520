import hashlib
import io
import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.kit.blobs import Blobs, FileDamaged, FileKeyMissing, digest
from nearhand.kit.sealing import KEPT, KeyFile, Keyring, NoKeys
from nearhand.kit.uploads import TEXT, incoming, sniffed
from tests.kit.test_uploads import files, pieces

PIECE = KEPT.piece_bytes
SIZES = [0, 1, PIECE - 1, PIECE, PIECE + 1, 3 * PIECE, 3 * PIECE + 7]


def keys_in(folder: Path) -> KeyFile:
    Keyring.rotate(folder / "blob.keys")
    return KeyFile(folder / "blob.keys")


@pytest.fixture
def sealing(tmp_path: Path) -> Blobs:
    return Blobs(tmp_path / "blobs", keys_in(tmp_path))


def content_of(size: int) -> bytes:
    return random.Random(size).randbytes(size)


@pytest.mark.parametrize("size", SIZES)
async def test_a_sealed_file_comes_back_and_is_found_by_its_plain_content(sealing: Blobs, size: int) -> None:
    content = content_of(size)
    sha256 = await sealing.put(content)
    assert sha256 == hashlib.sha256(content).hexdigest()
    assert await sealing.get(sha256) == content
    sealing.blob(sha256).check(0, size)
    on_disk = sealing.path(sha256).read_bytes()
    assert content[:16] not in on_disk if size > 16 else True


@given(size=st.sampled_from(SIZES), data=st.data())
def test_any_part_of_it_is_read_as_from_a_plain_one(size: int, data: st.DataObject) -> None:
    content = content_of(size)
    with tempfile.TemporaryDirectory() as name:
        blobs = Blobs(Path(name), keys_in(Path(name)))
        sha256 = blobs._put(content)
        plain = io.BytesIO(content)
        with blobs.blob(sha256).open() as sealed:
            for _ in range(5):
                at, count = data.draw(st.integers(0, size + 5)), data.draw(st.integers(-1, 2 * PIECE))
                assert sealed.seek(at) == plain.seek(at)
                assert sealed.read(count) == plain.read(count)
            assert sealed.seek(0, os.SEEK_END) == size


@pytest.mark.parametrize("size", [0, 5, PIECE, 2 * PIECE + 5])
async def test_one_flipped_byte_anywhere_is_a_refusal(sealing: Blobs, size: int) -> None:
    sha256 = await sealing.put(content_of(size))
    path = sealing.path(sha256)
    whole = path.read_bytes()
    for at in {*range(0, len(whole), max(1, len(whole) // 40)), len(whole) - 1}:
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        if at < len(KEPT.magic):
            continue  # taken for a plain file that is not what its name says: `seal` and `restore` tell
        with pytest.raises((FileDamaged, FileKeyMissing)):
            await sealing.get(sha256)
    for cut in (1, 16, 17, PIECE, PIECE + 16):
        path.write_bytes(whole[: max(len(KEPT.magic), len(whole) - cut)])
        with pytest.raises(FileDamaged):
            await sealing.get(sha256)


async def test_a_sealed_file_in_the_place_of_another_is_noticed(sealing: Blobs) -> None:
    one, other = await sealing.put(b"the left cable"), await sealing.put(b"the right cable")
    sealing.path(one).write_bytes(sealing.path(other).read_bytes())
    with pytest.raises(FileDamaged):
        await sealing.get(one)


async def test_what_comes_in_is_sealed_from_its_first_byte(sealing: Blobs, tmp_path: Path) -> None:
    secret = b"what was said in the hall " * 20_000
    async with incoming(pieces(secret[:100], secret[100:]), sealing, limit_bytes=10**6) as file:
        assert [b"in the hall" in each.read_bytes() for each in files(tmp_path / "blobs")] == [False]
        assert await file.media_type() == TEXT
        with file.open() as opened:
            assert opened.read() == secret
        await file.keep()
    assert await sealing.get(digest(secret)) == secret
    assert files(tmp_path / "blobs") == [sealing.path(file.sha256)]


async def test_without_its_key_a_file_is_refused_and_plain_ones_are_read_on(
    sealing: Blobs, tmp_path: Path
) -> None:
    plain = Blobs(tmp_path / "blobs")
    before = await plain.put(b"from before")
    after = await sealing.put(b"from after")
    assert await sealing.get(before) == b"from before"
    with pytest.raises(FileKeyMissing):
        await plain.get(after)
    assert list(sealing.plain()) == [before]


async def test_a_new_key_is_used_at_once_and_the_old_one_goes_on_opening(tmp_path: Path) -> None:
    keys = keys_in(tmp_path)
    blobs = Blobs(tmp_path / "blobs", keys)
    first = await blobs.put(b"first")
    assert list(blobs.unsealed()) == []
    Keyring.rotate(tmp_path / "blob.keys")
    second = await blobs.put(b"second")
    assert list(blobs.unsealed()) == [first]
    blobs.seal(first)
    assert list(blobs.unsealed()) == []
    assert (await blobs.get(first), await blobs.get(second)) == (b"first", b"second")
    (tmp_path / "blob.keys").unlink()
    assert await blobs.get(second) == b"second"


async def test_a_file_that_is_not_what_its_name_says_is_not_sealed(sealing: Blobs, tmp_path: Path) -> None:
    sha256 = await Blobs(tmp_path / "blobs").put(b"from before")
    sealing.path(sha256).write_bytes(b"bent before")
    with pytest.raises(FileDamaged):
        sealing.seal(sha256)
    assert files(tmp_path / "blobs") == [sealing.path(sha256)]
    assert sealing.path(sha256).read_bytes() == b"bent before"


def test_nothing_that_is_taken_in_looks_like_a_sealed_file() -> None:
    assert sniffed(io.BytesIO(KEPT.magic + bytes(100))) is None


@pytest.mark.parametrize("content", [None, "", "abc"])
def test_a_file_without_keys_is_no_key_file(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "keys").write_text(content)
    with pytest.raises(NoKeys):
        KeyFile(tmp_path / "keys")

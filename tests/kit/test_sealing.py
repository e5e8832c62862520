import io
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.kit.sealing import PIECE_BYTES, TAG_BYTES, Keyring, Opener, Sealer, Unsealable

RING = Keyring((bytes(range(32)),))


def sealed(*parts: bytes, ring: Keyring = RING) -> bytes:
    out = io.BytesIO()
    sealer = Sealer(out, ring)
    for part in parts:
        sealer.write(part)
    sealer.close()
    return out.getvalue()


def opened(content: bytes, ring: Keyring = RING) -> bytes:
    return Opener(io.BytesIO(content), ring).read()


@pytest.mark.parametrize("size", [0, 1, PIECE_BYTES - 1, PIECE_BYTES, PIECE_BYTES + 1, 3 * PIECE_BYTES])
def test_what_is_sealed_opens_again(size: int) -> None:
    content = bytes(size)
    assert opened(sealed(content[: size // 3], content[size // 3 :])) == content


@given(st.lists(st.binary(max_size=50)), st.integers(1, 60))
def test_it_is_read_in_any_pieces(parts: list[bytes], step: int) -> None:
    opener, read = Opener(io.BytesIO(sealed(*parts)), RING), b""
    while piece := opener.read(step):
        read += piece
    assert read == b"".join(parts)


@given(st.data())
def test_one_changed_byte_anywhere_is_noticed(data: st.DataObject) -> None:
    content = bytearray(sealed(b"what was said in the hall"))
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    with pytest.raises(Unsealable):
        opened(bytes(content))


@pytest.mark.parametrize("cut", [1, TAG_BYTES, PIECE_BYTES + TAG_BYTES, PIECE_BYTES + 2 * TAG_BYTES + 1])
def test_a_file_that_was_cut_short_is_noticed(cut: int) -> None:
    with pytest.raises(Unsealable):
        opened(sealed(bytes(2 * PIECE_BYTES + 1))[:-cut])


def test_pieces_in_another_order_or_twice_are_noticed() -> None:
    content, step = sealed(bytes(3 * PIECE_BYTES)), PIECE_BYTES + TAG_BYTES
    head, first, second, third = (
        content[:32],
        *(content[32 + n * step : 32 + (n + 1) * step] for n in range(3)),
    )
    for changed in (second + first + third, first + first + second + third, first + third):
        with pytest.raises(Unsealable):
            opened(head + changed)


def test_the_same_content_is_never_sealed_to_the_same_bytes() -> None:
    assert sealed(b"x")[32:] != sealed(b"x")[32:]


def test_a_new_key_seals_and_the_old_one_still_opens(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "backup.keys"
    first = Keyring.rotate(path)
    old = sealed(b"old", ring=first)
    second = Keyring.rotate(path)
    assert Keyring.load(path) == second
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert opened(old, second) == b"old"
    with pytest.raises(Unsealable, match="key that is not in this file"):
        opened(sealed(b"new", ring=second), first)


@pytest.mark.parametrize("text", ["", "abc", "00" * 31, "zz" * 32])
def test_a_file_that_is_no_keyring_is_refused_and_kept(tmp_path: Path, text: str) -> None:
    path = tmp_path / "keys"
    path.write_text(text)
    for use in (Keyring.load, Keyring.rotate):
        with pytest.raises(ValueError):  # noqa: PT011
            use(path)
    assert path.read_text() == text

"""What a recording is told by its bytes, and only sound is taken for sound."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.kit.sounds import MP4, OGG, WEBM, NotASound, Sound, read_sound
from tests.support.sounds import a_voice_note, an_mp4, an_ogg, track


@pytest.mark.parametrize(
    ("data", "media_type"),
    [(a_voice_note(), WEBM), (an_ogg(), OGG), (an_mp4(), MP4)],
    ids=["webm", "ogg", "mp4"],
)
def test_what_recorders_write_is_told_with_its_length(data: bytes, media_type: str) -> None:
    assert read_sound(data) == Sound(media_type, 900)


def test_a_long_recording_is_as_long_as_its_last_block_says() -> None:
    assert read_sound(a_voice_note(59_940)).duration_ms == 59_940
    assert read_sound(a_voice_note(120_000)).duration_ms == 120_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"OggS",
        b"<html><script>",
        b"\x1a\x45\xdf\xa3",
        a_voice_note(tracks=track(1, b"V_VP8")),
        a_voice_note(tracks=track(2, b"A_OPUS") + track(1, b"V_VP8")),
        a_voice_note(tracks=track(2, b"A_VORBIS")),
        an_ogg(head=b"\x80theora."),
        an_ogg() + b"<html>",
        an_mp4(handler=b"vide"),
        an_mp4()[:-9],
        b"\0\0\0\x02ftyp",
    ],
)
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(NotASound):
        read_sound(data)


@given(st.binary(max_size=400), st.sampled_from([b"", a_voice_note()[:60], an_ogg()[:40], an_mp4()[:40]]))
def test_no_bytes_make_it_stumble(data: bytes, before: bytes) -> None:
    with contextlib.suppress(NotASound):
        read_sound(before + data)

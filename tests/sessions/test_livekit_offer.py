"""What LiveKit is told of a browser's offer, which names its sizes the other way round."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from livekit.protocol.models import TrackSource, TrackType, VideoQuality

from nearhand.sessions.livekit_legs import announced
from nearhand.sessions.livekit_offer import OfferedLine, lines_of, small_first
from nearhand.sessions.sfu import SfuRefused

# As Chromium 150 offers them (codecs and extensions shortened).
CHROMIUM = """v=0
o=- 4611731400430051336 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
m=audio 9 UDP/TLS/RTP/SAVPF 111 63
c=IN IP4 0.0.0.0
a=mid:0
a=sendonly
a=msid:- 5c4d2d3e-0a3b-4f0e-9c9e-0d2f7a5e8b11
a=rtpmap:111 opus/48000/2
a=rtpmap:63 red/48000/2
m=video 9 UDP/TLS/RTP/SAVPF 96 97 102
c=IN IP4 0.0.0.0
a=mid:1
a=sendonly
a=msid:a-stream 0a5f1c1e-7b1f-4b1e-8a57-cb1df3d2aa01
a=rtpmap:96 VP8/90000
a=rtpmap:97 rtx/90000
a=rtpmap:102 H264/90000
a=rid:whole send
a=rid:half send
a=simulcast:send whole;half
m=video 9 UDP/TLS/RTP/SAVPF 96
c=IN IP4 0.0.0.0
a=mid:2
a=recvonly
a=rtpmap:96 VP8/90000
""".replace("\n", "\r\n")


def test_what_is_sent_is_known_by_its_track_and_what_is_not_is_left_out() -> None:
    sound, pictures = lines_of(CHROMIUM)
    assert sound == OfferedLine("0", "audio", "5c4d2d3e-0a3b-4f0e-9c9e-0d2f7a5e8b11", "opus", 0)
    assert pictures == OfferedLine("1", "video", "0a5f1c1e-7b1f-4b1e-8a57-cb1df3d2aa01", "vp8", 2)


def test_the_smaller_size_goes_first_and_nothing_else_changes() -> None:
    changed = small_first(CHROMIUM)
    assert "\r\na=simulcast:send half;whole\r\n" in changed
    assert small_first(changed) == CHROMIUM


def test_tracks_are_announced_with_their_sizes_from_the_smallest_on() -> None:
    sound, pictures = map(announced, lines_of(CHROMIUM))
    assert (sound.type, sound.source, sound.disable_red) == (
        TrackType.AUDIO,
        TrackSource.MICROPHONE,
        True,
    )
    assert not sound.layers
    assert (pictures.type, pictures.source) == (TrackType.VIDEO, TrackSource.CAMERA)
    assert [one.quality for one in pictures.layers] == [VideoQuality.LOW, VideoQuality.MEDIUM]
    (codec,) = pictures.simulcast_codecs
    assert (codec.codec, codec.cid) == ("vp8", pictures.cid)
    assert list(codec.layers) == list(pictures.layers)


def test_where_nothing_is_sent_there_is_nothing_to_ask_for() -> None:
    with pytest.raises(SfuRefused):
        lines_of("")
    with pytest.raises(SfuRefused):
        lines_of(CHROMIUM.replace("sendonly", "inactive"))


@given(st.text(alphabet="m=audiovdeo 9\r\na=mid:0sendonlymsid-;", max_size=200))
def test_whatever_is_offered_is_read_or_refused(text: str) -> None:
    small_first(text)
    with suppress(SfuRefused):
        assert lines_of(text)

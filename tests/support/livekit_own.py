"""LiveKit's own client (`livekit` from PyPI) in a room: takes what is there, sends a grey picture, and ends when it has seen enough.

    python -m tests.support.livekit_own URL TOKEN

It is the one part of the real LiveKit in these tests: what it agrees to, the stand-in does as LiveKit does.
"""

import asyncio
import sys

from livekit import rtc

ENOUGH = 10
SIZE = (160, 90)


async def count(stream: rtc.VideoStream | rtc.AudioStream, enough: asyncio.Event) -> None:
    seen = 0
    async for _ in stream:
        seen += 1
        if seen >= ENOUGH:
            enough.set()


async def meet(url: str, token: str) -> None:
    room, tasks = rtc.Room(), []
    sound, pictures = asyncio.Event(), asyncio.Event()

    @room.on("track_subscribed")
    def _(track: rtc.Track, *_: object) -> None:
        is_sound = track.kind == rtc.TrackKind.KIND_AUDIO
        stream = rtc.AudioStream(track) if is_sound else rtc.VideoStream(track)
        tasks.append(asyncio.create_task(count(stream, sound if is_sound else pictures)))

    await room.connect(url, token, rtc.RoomOptions(auto_subscribe=False))
    source = rtc.VideoSource(*SIZE)
    options = rtc.TrackPublishOptions(source=rtc.TrackSource.SOURCE_CAMERA, simulcast=False)
    await room.local_participant.publish_track(
        rtc.LocalVideoTrack.create_video_track("camera", source), options
    )
    for other in room.remote_participants.values():
        for publication in other.track_publications.values():
            publication.set_subscribed(True)
    picture = rtc.VideoFrame(*SIZE, rtc.VideoBufferType.RGBA, bytes([200]) * (SIZE[0] * SIZE[1] * 4))
    while not (sound.is_set() and pictures.is_set()):
        source.capture_frame(picture)
        await asyncio.sleep(1 / 15)
    print("seen and heard", flush=True)  # noqa: T201
    await asyncio.get_running_loop().run_in_executor(None, sys.stdin.readline)
    for task in tasks:
        task.cancel()
    await room.disconnect()


if __name__ == "__main__":
    asyncio.run(meet(*sys.argv[1:]))

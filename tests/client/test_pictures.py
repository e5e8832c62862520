"""The Python client's live pictures: sent while somebody watches, and again after the line was lost."""

import asyncio
import json

from nearhand.access.model import Role
from nearhand.client.link import open_socket
from nearhand.sessions.pictures import VIDEO_PROTOCOL, Codec, Head, read_head
from tests.client.conftest import SignIn

PATIENCE_S = 10
JPEG = b"\xff\xd8" + bytes(400)


async def test_pictures_leave_only_while_somebody_watches(sign_in: SignIn) -> None:
    technician, expert = await sign_in(Role.TECHNICIAN), await sign_in(Role.EXPERT)
    session = await technician.open_session()
    async with (
        asyncio.timeout(PATIENCE_S),
        technician.live(session.id),
        technician.pictures(session.id, "py-camera") as pictures,
    ):
        assert not pictures.has_room
        watching = expert.pictures(session.id, "unused")
        async with open_socket(watching.address, VIDEO_PROTOCOL) as desk:
            await desk.send(json.dumps({"type": "media.watch"}))
            while not pictures.has_room:  # noqa: ASYNC110  it is told over another line
                await asyncio.sleep(0.01)
            for frame_id in (1, 2):
                await pictures.send(Head(Codec.JPEG, True, frame_id, 1_700_000_000_000, 64, 36), JPEG)
            seen = []
            while len(seen) < 2:
                told = await desk.recv()
                if isinstance(told, bytes):
                    seen.append(read_head(told).frame_id)
            assert seen == [1, 2]
        while pictures.watchers:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
        assert not pictures.has_room

"""Which stills leave the Python field client, and what of the frame they show."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, cast

import cv2
import numpy as np
import pytest

from nearhand.client import Client, LiveSession, LiveView, Unreachable
from nearhand.devices.model import CameraMask
from nearhand.field import stills as stills_module
from nearhand.field.frames import Frame, Kept, Ring
from nearhand.field.stills import StillSender
from nearhand.media.model import Still
from nearhand.sessions.model import FramePart, FrameRef, PictureMask, Sighting
from tests.field.scene import AT, Stage, still_stage

PATIENCE_S = 10
SURE = tuple(np.diag([1e-8] * 3 + [1e-4] * 3).ravel().tolist())
HERE = LiveView(present=("me", "expert"), camera_mask=CameraMask.OFF)


@dataclass
class Service:
    """Takes stills in, or cannot be reached, and remembers what of which frame was shared."""

    is_in_reach: bool = True
    view: LiveView = HERE
    session_id: str = "SESSION"
    shared: list[tuple[int, FramePart | None]] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)
    masks: list[PictureMask] = field(default_factory=list)
    tries: int = 0

    async def upload_still(self, session_id: str, jpeg: bytes, *, mask: PictureMask) -> Still:
        self.tries += 1
        if not self.is_in_reach:
            raise Unreachable("no network")
        picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR)
        assert picture is not None
        self.pictures.append(picture)
        height, width = picture.shape[:2]
        return Still(
            session_id=session_id,
            sha256="a" * 64,
            media_type="image/jpeg",
            width=width,
            height=height,
            size_bytes=len(jpeg),
            created_at=AT,
            created_by="me",
        )

    async def share_still(
        self,
        still: Still,
        frame: FrameRef,
        captured_at: datetime,
        sighting: Sighting | None,
        mask: PictureMask,
        part: FramePart | None,
    ) -> None:
        if part is not None:
            part.demand(still.width, still.height, sighting)
        self.masks.append(mask)
        self.shared.append((frame.frame_id, part))


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
async def sender(service: Service, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[StillSender]:
    monkeypatch.setattr(stills_module, "SHORTEST_INTERVAL_S", 0.0)
    monkeypatch.setattr(stills_module, "SHARE_OF_LINK", float("inf"))
    monkeypatch.setattr(stills_module, "TRY_AGAIN_S", 0.0)
    monkeypatch.setattr(stills_module, "SAME_BELOW", -1.0)
    sender = StillSender(cast(Client, service), cast(LiveSession, service), "py-camera")
    running = asyncio.create_task(sender.run())
    async with asyncio.timeout(PATIENCE_S):
        yield sender
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


@pytest.fixture(scope="module")
def stage() -> Stage:
    return still_stage()


def kept(
    stage: Stage,
    number: int,
    covariance: tuple[float, ...] | None = SURE,
    mask: PictureMask = PictureMask.NONE,
) -> Kept:
    frame = Frame(number, stage.picture(1), datetime.now(UTC))
    sighting = stage.true_sighting(1).model_copy(update={"covariance": covariance})
    return Ring().add(frame, sighting, mask, stage.shown.layout.face)


async def until_shared(service: Service, count: int) -> None:
    while len(service.shared) < count:  # noqa: ASYNC110  a fake that tells nobody
        await asyncio.sleep(0)


async def test_on_request_only_what_was_asked_for_leaves(
    sender: StillSender, service: Service, stage: Stage
) -> None:
    sender.is_on_request = True
    for number in range(1, 4):
        sender.offer(kept(stage, number), stage.picture(1))
    sender.ask(kept(stage, 2))
    sender.ask_next()
    await sender.finished()
    sender.offer(kept(stage, 4), stage.picture(1))
    sender.offer(kept(stage, 5), stage.picture(1))
    await sender.finished()
    assert [frame_id for frame_id, _ in service.shared] == [2, 4]
    sender.is_on_request = False
    sender.offer(kept(stage, 6), stage.picture(1))
    await until_shared(service, 3)
    assert service.shared[-1][0] == 6


async def test_a_still_shows_the_device_alone_unless_all_is_asked_for(
    sender: StillSender, service: Service, stage: Stage
) -> None:
    sender.is_on_request = True
    sender.ask(kept(stage, 1))
    sender.ask(kept(stage, 2), is_whole=True)
    await sender.finished()
    (_, part), (_, none) = service.shared
    assert part is not None
    assert none is None
    assert (part.frame_width, part.frame_height) == (1920, 1080)
    cut, whole = service.pictures
    x, y = part.x, part.y
    height, width = cut.shape[:2]
    assert width * height < 0.5 * 1920 * 1080
    # The very same pixels, as far as JPEG lets them be.
    assert np.abs(cut.astype(int) - whole[y : y + height, x : x + width]).mean() < 2
    # All of the face, and 30 mm around it where the picture has that.
    corners = np.array([stage.pixel((x_mm, y_mm), 1) for x_mm in (-30, 512.6) for y_mm in (-30, 73.66)])
    edges = np.clip([corners.min(axis=0), corners.max(axis=0)], -0.5, [1919.5, 1079.5])
    assert edges[0] == pytest.approx([x, y], abs=4)
    assert edges[1] == pytest.approx([x + width, y + height], abs=4)


@pytest.mark.parametrize("unknown", ["how sure", "the size of its face", "it at all"])
async def test_where_the_device_is_not_known_a_still_shows_all(
    sender: StillSender, service: Service, stage: Stage, unknown: str
) -> None:
    one = kept(stage, 1, None if unknown == "how sure" else SURE)
    if unknown == "the size of its face":
        one = replace(one, face=None)
    if unknown == "it at all":
        one = replace(one, face=None, sighting=None)
    sender.ask(one)
    await sender.finished()
    assert service.shared == [(1, None)]


async def test_when_all_is_asked_for_of_a_frame_whose_part_was_shared_it_is_the_next(
    sender: StillSender, service: Service, stage: Stage
) -> None:
    """Under its own number: of one frame there is one picture."""
    sender.is_on_request = True
    sender.ask(kept(stage, 1))
    sender.ask(kept(stage, 1), is_whole=True)  # before that one has left
    await sender.finished()
    sender.ask(kept(stage, 1))
    sender.offer(kept(stage, 2), stage.picture(1))
    await sender.finished()
    sender.ask(kept(stage, 2), is_whole=True)  # is there for all
    await sender.finished()
    assert [(frame_id, part is None) for frame_id, part in service.shared] == [(1, False), (2, True)]


async def test_over_a_slow_line_a_part_is_one_of_a_smaller_frame(
    sender: StillSender, service: Service, stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stills_module, "SLOW_S", -1.0)
    for number in (1, 2, 3):
        sender.offer(kept(stage, number, mask=PictureMask.RANGE), stage.picture(1))
        await until_shared(service, number)
    parts = [part for _, part in service.shared]
    assert [part and part.frame_width for part in parts] == [1920, 1280, 960]
    assert [part and part.frame_height for part in parts] == [1080, 720, 540]
    assert service.masks == [PictureMask.RANGE] * 3
    large, small = parts[0], parts[2]
    assert large is not None
    assert small is not None
    assert [small.x, small.y] == pytest.approx([large.x / 2, large.y / 2], abs=2)


async def test_what_was_asked_for_waits_for_the_network(
    sender: StillSender, service: Service, stage: Stage
) -> None:
    service.is_in_reach = False
    sender.ask(kept(stage, 1))
    sender.ask(kept(stage, 2))
    while service.tries < 3:  # noqa: ASYNC110
        await asyncio.sleep(0)
    service.is_in_reach = True
    await sender.finished()
    assert [frame_id for frame_id, _ in service.shared] == [1, 2]

"""Read uploaded pictures: which device they show, and where it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.kit.blobs import Blobs
from nearhand.kit.database import Database
from nearhand.kit.uploads import incoming
from nearhand.labels.model import Resolved
from nearhand.labels.service import LabelService
from nearhand.media.model import (
    Corners,
    FoundFace,
    Lens,
    Reading,
    ReadingTooSlow,
    ReadLabel,
    ReadTag,
    TooBusy,
)
from nearhand.media.pictures import opened
from nearhand.vision.image import Picture
from nearhand.vision.labels import read_labels
from nearhand.vision.locate import locate_seen, look
from nearhand.vision.symbols import LabelSeen, TagSeen
from nearhand.vision.tags import find_tags

T = TypeVar("T")

WAITING_PER_WORKER = 8
GRACE = 3.0  # decoding and the last way of looking may run beyond the time limit, by no more than this factor
MAX_LABELS = 50  # of one picture; more are told of by none of the screens


class Eyes:
    """A few threads for pictures: those who come when the queue is full are told so, instead of waiting for ever."""

    def __init__(self, *, workers: int, timeout_s: float, limit_pixels: int) -> None:
        self.timeout_s, self.limit_pixels = timeout_s, limit_pixels
        self._pool = ThreadPoolExecutor(max_workers=workers, thread_name_prefix="eyes")
        self._waiting, self._limit = 0, workers * WAITING_PER_WORKER

    async def run(self, work: Callable[[], T]) -> T:
        """Raise TooBusy or ReadingTooSlow. A thread cannot be stopped: it keeps its place until it is done."""
        if self._waiting >= self._limit:
            raise TooBusy
        self._waiting += 1
        job = asyncio.get_running_loop().run_in_executor(self._pool, work)
        job.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(job), self.timeout_s * GRACE * WAITING_PER_WORKER)
        except TimeoutError:
            raise ReadingTooSlow from None

    def close(self) -> None:
        self._pool.shutdown(wait=False, cancel_futures=True)

    def _done(self, job: "asyncio.Future[T]") -> None:
        self._waiting -= 1
        if not job.cancelled():
            job.exception()  # whoever waited has seen it, or has left


class Reader:
    """`POST /images/read`: bytes to the disk, pixels in a worker, one short look into the registry between."""

    def __init__(
        self,
        eyes: Eyes,
        database: Database,
        blobs: Blobs,
        *,
        labels_on: Callable[[AsyncConnection], LabelService],
    ) -> None:
        self._eyes, self._database, self._blobs, self._labels_on = eyes, database, blobs, labels_on

    async def read(
        self, pieces: AsyncIterator[bytes], *, lens: Lens, code: str | None, limit_bytes: int
    ) -> Reading:
        """Raise TooLarge, NotAPicture, TooManyPixels, TooBusy; ForeignLabel or UnknownLabel for a given code."""
        async with incoming(pieces, self._blobs, limit_bytes=limit_bytes) as file:
            picture, labels, tags = await self._eyes.run(lambda: self._seen(file.path))
        device, problems = await self._resolved(labels, code)
        found = None
        if device is not None:
            found = await self._eyes.run(lambda: _found(picture, labels, device, lens))
        height, width = picture.gray.shape
        return Reading(
            width=width,
            height=height,
            labels=tuple(
                ReadLabel(text=one.text, corners_px=_corners(one), problem=problems.get(one.text))
                for one in labels
            ),
            tags=tuple(
                ReadTag(dictionary=one.dictionary, id=one.id, corners_px=_corners(one)) for one in tags
            ),
            device=device,
            found=found,
        )

    def _seen(self, path: Path) -> tuple[Picture, list[LabelSeen], list[TagSeen]]:
        picture = opened(path, limit_pixels=self._eyes.limit_pixels)
        labels = read_labels(picture.gray, timeout_s=self._eyes.timeout_s)
        middle = (picture.gray.shape[1] / 2, picture.gray.shape[0] / 2)
        labels.sort(key=lambda one: float(((one.corners_px.mean(axis=0) - middle) ** 2).sum()))
        return picture, labels[:MAX_LABELS], find_tags(picture.gray)

    async def _resolved(
        self, labels: list[LabelSeen], code: str | None
    ) -> tuple[Resolved | None, dict[str, str]]:
        """The device asked for, else that of the label nearest to the picture's middle; and the labels not ours."""
        async with self._database.reading() as connection:
            service = self._labels_on(connection)
            known, problems = await service.sort_out([one.text for one in labels])
            if code is not None:
                return await service.resolve(code), problems
            return (await service.resolve(known[0]) if known else None), problems


def _found(picture: Picture, labels: list[LabelSeen], device: Resolved, lens: Lens) -> FoundFace | None:
    height, width = picture.gray.shape
    camera = lens.intrinsics(width, height)
    seen = look(picture.gray, device.layout, camera, labels=labels)
    located = locate_seen([seen], device.layout, camera, focal_35mm=picture.focal_35mm)[0]
    if located is None or located.is_contradicted:
        return None
    return FoundFace(
        device_id=device.label.device_id,
        face=device.label.face,
        T_camera_face=tuple(located.pose.ravel().tolist()),
        covariance=tuple(located.covariance.ravel().tolist()),
        camera=located.camera,
        label_seen=located.label_seen,
        tags_seen=located.tags_seen,
    )


def _corners(seen: LabelSeen | TagSeen) -> Corners:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in seen.corners_px)

"""Read uploaded pictures: which device they show, and where it is."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, TypeVar

from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.access.model import Actor
from nearhand.devices.model import FaceSide
from nearhand.devices.service import DeviceService
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.database import Database
from nearhand.kit.uploads import Incoming, incoming
from nearhand.labels.model import Layout, LayoutFace, Resolved, SortedOut, layout_of
from nearhand.labels.service import LabelService
from nearhand.media.model import (
    Corners,
    FoundFace,
    Lens,
    Reading,
    ReadingTooSlow,
    ReadLabel,
    ReadTag,
    ReferencePicture,
    TooBusy,
)
from nearhand.media.pictures import opened
from nearhand.media.store import MediaStore
from nearhand.vision.camera import Intrinsics
from nearhand.vision.image import Picture
from nearhand.vision.labels import read_labels
from nearhand.vision.locate import locate_seen, look
from nearhand.vision.natural import Reference, recognise, reference_of
from nearhand.vision.rectify import from_webp
from nearhand.vision.symbols import LabelSeen, TagSeen
from nearhand.vision.tags import find_tags

T = TypeVar("T")

WAITING_PER_WORKER = 8
GRACE = 3.0  # decoding and the last way of looking may run beyond the time limit, by no more than this factor
REFERENCES_READY = 8  # faces of which the features are kept in memory
MAX_LABELS = 50  # of one picture; more are told of by none of the screens


Finding = Literal["label_and_tags_disagree", "two_alike"] | None


@dataclass(frozen=True)
class Registry:
    """The lower slices' services within one transaction, as far as the actor may see."""

    actor: Actor
    labels_on: Callable[[AsyncConnection], LabelService]
    devices_on: Callable[[AsyncConnection], DeviceService]


@dataclass(frozen=True)
class Hint:
    """What is known of a picture beforehand."""

    lens: Lens
    code: str | None = None
    device_id: str | None = None
    face: FaceSide = FaceSide.FRONT
    camera_key: str | None = None


@dataclass(frozen=True)
class _Known:
    device_id: str
    side: FaceSide
    layout: Layout
    picture: ReferencePicture | None
    blob: Blob | None


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
        registry: Registry,
    ) -> None:
        self._eyes, self._database, self._blobs, self._registry = eyes, database, blobs, registry

    async def read(self, pieces: AsyncIterator[bytes], hint: Hint, *, limit_bytes: int) -> Reading:
        """Raise TooLarge, NotAPicture, TooManyPixels, TooBusy; for a wrong hint what `resolve` and `view` raise."""
        async with incoming(pieces, self._blobs, limit_bytes=limit_bytes) as file:
            picture, labels, tags = await self._eyes.run(lambda: self._seen(file))
        device, sorted_out = await self._resolved(labels, hint.code)
        known = await self._known(device, hint)
        found, finding = None, None
        if known is not None:
            lens = await self._lens(picture, hint)
            found, finding = await self._eyes.run(lambda: _found(picture, labels, known, lens))
        height, width = picture.gray.shape
        return Reading(
            width=width,
            height=height,
            labels=tuple(
                ReadLabel(
                    text=one.text,
                    corners_px=_corners(one),
                    problem=sorted_out.problems.get(one.text),
                    doubt=sorted_out.doubts.get(one.text),
                )
                for one in labels
            ),
            tags=tuple(
                ReadTag(dictionary=one.dictionary, id=one.id, corners_px=_corners(one)) for one in tags
            ),
            device=device,
            found=found,
            finding=finding,
        )

    async def _known(self, device: Resolved | None, hint: Hint) -> "_Known | None":
        """All that is known of the face to look for: what is printed on it, and what it looks like."""
        if device is None and hint.device_id is None:
            return None
        async with self._database.reading() as connection:
            if device is not None:
                view, side, layout = device.view, device.label.face, device.layout
            else:
                assert hint.device_id is not None
                view, side = await self._registry.devices_on(connection).view(hint.device_id), hint.face
                face = view.device_type.face(side)
                if face is None:
                    return None
                labels = await self._registry.labels_on(connection).of_device(hint.device_id)
                newest = next((label for label in labels if label.face is side), None)
                size = LayoutFace(width_mm=face.width_mm, height_mm=face.height_mm)
                layout = Layout(face=size) if newest is None else layout_of(newest, face)
            store, type_id = MediaStore(connection), view.device_type.id
            picture = await store.picture(type_id, side, view.device.id) or await store.picture(type_id, side)
        face_mm = layout.face.width_mm, layout.face.height_mm
        if picture is not None and (picture.width_mm, picture.height_mm) != face_mm:
            picture = None  # of what the type was said to be before
        blob = None if picture is None else self._blobs.blob(picture.sha256)
        if blob is not None and not blob.path.is_file():
            picture, blob = None, None  # missing from the data folder, as after half a restore
        return _Known(view.device.id, side, layout, picture, blob)

    async def _lens(self, picture: Picture, hint: Hint) -> Intrinsics | None:
        """What is known of the camera: as told, else as its owner once calibrated it."""
        height, width = picture.gray.shape
        told = hint.lens.intrinsics(width, height)
        if told is not None or hint.camera_key is None:
            return told
        async with self._database.reading() as connection:
            calibration = await MediaStore(connection).calibration(
                self._registry.actor.participant_id, hint.camera_key
            )
        try:
            return None if calibration is None else calibration.camera.scaled_to(width, height)
        except ValueError:  # turned since, or cropped: it is not that camera's picture any more
            return None

    def _seen(self, incoming: Incoming) -> tuple[Picture, list[LabelSeen], list[TagSeen]]:
        with incoming.open() as file:
            picture = opened(file, limit_pixels=self._eyes.limit_pixels)
        labels = read_labels(picture.gray, timeout_s=self._eyes.timeout_s)
        middle = (picture.gray.shape[1] / 2, picture.gray.shape[0] / 2)
        labels.sort(key=lambda one: float(((one.corners_px.mean(axis=0) - middle) ** 2).sum()))
        return picture, labels[:MAX_LABELS], find_tags(picture.gray)

    async def _resolved(self, labels: list[LabelSeen], code: str | None) -> tuple[Resolved | None, SortedOut]:
        """The device asked for, else that of the label nearest to the picture's middle; and the labels not ours."""
        async with self._database.reading() as connection:
            service = self._registry.labels_on(connection)
            found = await service.sort_out([one.text for one in labels])
            if code is not None:
                return await service.resolve(code), found
            return (await service.resolve(found.known[0]) if found.known else None), found


def _found(
    picture: Picture, labels: list[LabelSeen], known: _Known, lens: Intrinsics | None
) -> tuple[FoundFace | None, Finding]:
    """By its symbols where one is seen, else by its picture."""
    seen = look(picture.gray, known.layout, lens, labels=labels)
    located = locate_seen([seen], known.layout, lens, focal_35mm=picture.focal_35mm)[0]
    if located is not None and located.is_contradicted:
        return None, "label_and_tags_disagree"
    if located is None and known.picture is not None and known.blob is not None:
        reference = _reference(known.blob, known.picture.px_per_mm, known.picture.ring_mm)
        recognised = recognise(picture.gray, reference, known.layout, lens, focal_35mm=picture.focal_35mm)
        if recognised.alike > 1:
            return None, "two_alike"
        located = recognised.located
    if located is None:
        return None, None
    found = FoundFace(
        device_id=known.device_id,
        face=known.side,
        held=located.held,
        T_camera_face=tuple(located.pose.ravel().tolist()),
        covariance=tuple(located.covariance.ravel().tolist()),
        camera=located.camera,
        label_seen=located.label_seen,
        tags_seen=located.tags_seen,
    )
    return found, None


@lru_cache(maxsize=REFERENCES_READY)
def _reference(blob: Blob, px_per_mm: float, ring_mm: float) -> Reference:
    """Ready to be looked for: the same few types are asked about again and again."""
    return reference_of(from_webp(blob.read(), px_per_mm=px_per_mm, ring_mm=ring_mm))


def _corners(seen: LabelSeen | TagSeen) -> Corners:
    return tuple((round(float(x), 3), round(float(y), 3)) for x, y in seen.corners_px)

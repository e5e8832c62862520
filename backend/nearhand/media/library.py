"""Keep what faces look like: photographs of labelled devices, laid flat."""

import base64
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.access.model import Permission
from nearhand.audit import recording
from nearhand.devices.model import Face, FaceSide
from nearhand.kit.blobs import Blob, Blobs, digest
from nearhand.kit.clock import Clock
from nearhand.kit.database import Database
from nearhand.kit.errors import NotFound, PreconditionRequired, Stale
from nearhand.kit.uploads import Incoming, incoming
from nearhand.labels.model import Label, Layout, NoSuchFace, layout_of
from nearhand.media.model import (
    NothingToGoBy,
    Rectified,
    ReferencePicture,
    ShowsAnotherFace,
    SymbolsDisagree,
    TooLittleKnown,
)
from nearhand.media.pictures import coloured, opened
from nearhand.media.service import Eyes, Registry
from nearhand.media.store import MediaStore
from nearhand.vision.image import Picture
from nearhand.vision.labels import read_labels
from nearhand.vision.locate import Located, locate_seen, look
from nearhand.vision.rectify import FacePicture, as_webp, filled_up, from_webp, rectify
from nearhand.vision.symbols import LabelSeen

LEAST_KNOWN = 0.1  # of a face; less helps nobody to find it


@dataclass(frozen=True)
class Subject:
    """Whose face: a device type's, or that of one device that looks otherwise."""

    device_type_id: str
    side: FaceSide
    device_id: str | None = None


@dataclass(frozen=True)
class Wish:
    """What is to become of a photograph."""

    is_fill: bool
    is_dry_run: bool
    version: int | None  # of the picture it was based on
    shown_id: str | None = None  # the device in the photograph, if known


@dataclass(frozen=True, eq=False)
class _Seen:
    picture: Picture
    colours: NDArray[np.uint8]
    labels: list[LabelSeen]


class Album:
    """Opens its own short transactions: none waits for bytes or for pixels."""

    def __init__(
        self,
        eyes: Eyes,
        database: Database,
        blobs: Blobs,
        *,
        clock: Clock,
        registry: Registry,
    ) -> None:
        self._eyes, self._database, self._blobs = eyes, database, blobs
        self._clock, self._registry = clock, registry

    async def keep(
        self, pieces: AsyncIterator[bytes], subject: Subject, wish: Wish, *, limit_bytes: int
    ) -> Rectified:
        """Lay a photograph flat and keep it.

        Raises NotFound, NotPermitted, NoSuchFace, Stale, PreconditionRequired; a refusal for a file that is no picture; NothingToGoBy,
        ShowsAnotherFace, SymbolsDisagree or TooLittleKnown for one that does not show the face as it must.
        """
        await self._demand(subject, Permission.LABELS_MAKE)
        face, before = await self._known(subject)
        if not wish.is_dry_run:
            _demand_version(before, wish.version)
        async with incoming(pieces, self._blobs, limit_bytes=limit_bytes) as file:
            seen = await self._eyes.run(lambda: self._seen(file))
        layout = await self._layout(subject, wish.shown_id, face, seen.labels)
        same_size = before is not None and (before.width_mm, before.height_mm) == (
            face.width_mm,
            face.height_mm,
        )
        earlier = before if wish.is_fill and same_size else None
        content = None if earlier is None else await self._blobs.get(earlier.sha256)
        located, flat, written = await self._eyes.run(lambda: _laid_flat(seen, layout, earlier, content))
        if flat.known_share < LEAST_KNOWN:
            raise TooLittleKnown(f"{flat.known_share:.0%} of the face; at least {LEAST_KNOWN:.0%} must be.")
        picture = ReferencePicture(
            device_type_id=subject.device_type_id,
            device_id=subject.device_id,
            face=subject.side,
            width_mm=face.width_mm,
            height_mm=face.height_mm,
            px_per_mm=flat.px_per_mm,
            width=flat.pixels.shape[1],
            height=flat.pixels.shape[0],
            known_share=round(flat.known_share, 4),
            ring_mm=round(flat.ring_mm, 4),
            photographs=1 + (0 if earlier is None else earlier.photographs),
            sha256=digest(written),
            version=1 if before is None else before.version + 1,
            updated_at=self._clock.now(),
            updated_by=self._registry.actor.participant_id,
        )
        if not wish.is_dry_run:
            await self._blobs.put(written)
            async with self._database.transaction() as connection:
                await MediaStore(connection).keep_picture(picture)
                await recording.added(connection, "face_picture", picture)
        return Rectified(
            label_seen=located.label_seen,
            tags_seen=located.tags_seen,
            picture=picture,
            is_kept=not wish.is_dry_run,
            preview=base64.b64encode(written).decode(),
        )

    async def file(self, subject: Subject) -> tuple[ReferencePicture, Blob]:
        """The picture and its file. Raises NotFound."""
        await self._demand(subject, Permission.DEVICES_READ)
        picture = await self._picture(subject)
        return picture, self._blobs.blob(picture.sha256)

    async def of_type(self, device_type_id: str) -> list[ReferencePicture]:
        """Raise NotFound."""
        async with self._database.reading() as connection:
            devices = self._registry.devices_on(connection)
            await devices.device_type(device_type_id)
            pictures = await MediaStore(connection).pictures(device_type_id)
            seen = await devices.asset_tags({one.device_id for one in pictures if one.device_id is not None})
            return [one for one in pictures if one.device_id is None or one.device_id in seen]

    async def remove(self, subject: Subject, *, version: int) -> None:
        """Raise NotFound, NotPermitted or Stale."""
        await self._demand(subject, Permission.LABELS_MAKE)
        picture = await self._picture(subject)
        async with self._database.transaction() as connection:
            await MediaStore(connection).remove_picture(picture, version=version)
            await recording.removed(connection, "face_picture", picture)

    async def _demand(self, subject: Subject, permission: Permission) -> None:
        """Raise NotFound and NotPermitted. What a type looks like is for all to see, and to change by few."""
        async with self._database.reading() as connection:
            devices = self._registry.devices_on(connection)
            if subject.device_id is not None:
                await devices.permitted(subject.device_id, permission)
            elif permission is not Permission.DEVICES_READ:
                devices.demand_house(permission)

    async def _picture(self, subject: Subject) -> ReferencePicture:
        async with self._database.reading() as connection:
            picture = await MediaStore(connection).picture(
                subject.device_type_id, subject.side, subject.device_id
            )
        if picture is None:
            raise NotFound("There is no reference picture of this face.")
        return picture

    async def _known(self, subject: Subject) -> tuple[Face, ReferencePicture | None]:
        async with self._database.reading() as connection:
            devices = self._registry.devices_on(connection)
            device_type = await devices.device_type(subject.device_type_id)
            if subject.device_id is not None:
                device = await devices.device(subject.device_id)
                if device.device_type_id != subject.device_type_id:
                    raise NotFound(f"No device {subject.device_id} of this type.")
            face = device_type.face(subject.side)
            if face is None:
                raise NoSuchFace(f"The type {device_type.model} has no {subject.side} face.")
            return face, await MediaStore(connection).picture(
                subject.device_type_id, subject.side, subject.device_id
            )

    def _seen(self, incoming: Incoming) -> _Seen:
        limit_pixels = self._eyes.limit_pixels
        with incoming.open() as file:
            picture, colours = (
                opened(file, limit_pixels=limit_pixels),
                coloured(file, limit_pixels=limit_pixels),
            )
        return _Seen(picture, colours, read_labels(picture.gray, timeout_s=self._eyes.timeout_s))

    async def _layout(
        self, subject: Subject, shown_id: str | None, face: Face, seen: list[LabelSeen]
    ) -> Layout:
        """What is printed on the device in the photograph: by the label that was read, else by the device named."""
        async with self._database.reading() as connection:
            labels = self._registry.labels_on(connection)
            found = await labels.sort_out([one.text for one in seen])
            read = [await labels.resolve(text) for text in found.known[:1]]
            if read and (read[0].view.device_type.id, read[0].label.face) != (
                subject.device_type_id,
                subject.side,
            ):
                raise ShowsAnotherFace(
                    f"It shows the {read[0].label.face} of {read[0].view.device.asset_tag}, "
                    f"a {read[0].view.device_type.model}."
                )
            if subject.device_id is not None and read and read[0].view.device.id != subject.device_id:
                raise ShowsAnotherFace(f"It shows {read[0].view.device.asset_tag}.")
            if read:
                return read[0].layout
            known: list[Label] = []
            shown_id = subject.device_id or shown_id
            if shown_id is not None:
                device = await self._registry.devices_on(connection).device(shown_id)
                if device.device_type_id != subject.device_type_id:
                    raise ShowsAnotherFace(f"{device.asset_tag} is of another type.")
                known = await labels.of_device(shown_id)
        newest = next((label for label in known if label.face is subject.side), None)
        if newest is None:
            raise NothingToGoBy("No label of a device of this type can be read in it.")
        return layout_of(newest, face)


def _demand_version(before: ReferencePicture | None, version: int | None) -> None:
    """A picture that is there is replaced by those who have seen it."""
    if before is None and version is None:
        return
    if version is None:
        raise PreconditionRequired
    if before is None or before.version != version:
        raise Stale


def _laid_flat(
    seen: _Seen, layout: Layout, earlier: ReferencePicture | None, content: bytes | None
) -> tuple[Located, FacePicture, bytes]:
    gray: Any = seen.picture.gray
    looked = look(gray, layout, labels=seen.labels)
    located = locate_seen([looked], layout, focal_35mm=seen.picture.focal_35mm)[0]
    if located is None:
        raise NothingToGoBy("Neither its label nor its tags are seen well enough.")
    if located.is_contradicted:
        raise SymbolsDisagree
    flat = rectify(seen.colours, located, layout)
    if earlier is not None and content is not None:
        known = from_webp(content, px_per_mm=earlier.px_per_mm, ring_mm=earlier.ring_mm)
        if known.pixels.shape == flat.pixels.shape:
            flat = filled_up(known, flat)
    return located, flat, as_webp(flat)

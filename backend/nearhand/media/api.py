"""REST doors of media."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response, status
from fastapi.responses import FileResponse

from nearhand.access.actor import may
from nearhand.access.model import Actor, Permission
from nearhand.audit import recording
from nearhand.audit.doors import acted, untold, viewed
from nearhand.devices.model import FaceSide
from nearhand.devices.service import devices_on
from nearhand.kit.asking import asking
from nearhand.kit.errors import NotFound
from nearhand.kit.files import picture, raw_body
from nearhand.kit.http import (
    Connection,
    ExpectedVersion,
    GuardedRoute,
    TransactionRoute,
    etag,
    expected_version,
    stamped,
)
from nearhand.kit.patterns import Id
from nearhand.kit.uploads import WEBP
from nearhand.labels.model import LabelRefused, code_of
from nearhand.labels.service import labels_on, refused
from nearhand.media.library import Album, Subject, Wish
from nearhand.media.model import (
    Calibration,
    CameraKey,
    Lens,
    NewCalibration,
    Reading,
    Rectified,
    ReferencePicture,
)
from nearhand.media.service import Hint, Reader, Registry
from nearhand.media.store import MediaStore

router = APIRouter(tags=["media"])
files = APIRouter(route_class=GuardedRoute)
nouns = APIRouter(route_class=TransactionRoute)

Pixels = Annotated[float | None, Query(ge=-1e6, le=1e6, allow_inf_nan=False)]
Focal = Annotated[float | None, Query(gt=0, le=1e6, allow_inf_nan=False)]


def _registry(resources: Any, actor: Actor) -> Registry:
    made_with = {"ids": resources.ids, "clock": resources.clock}
    return Registry(
        actor=actor,
        labels_on=partial(
            labels_on,
            actor=actor,
            stamp=resources.label_stamp,
            **made_with,
        ),
        devices_on=partial(devices_on, actor=actor, **made_with),
    )


def _reader(request: Request) -> Reader:
    resources = request.app.state.resources
    registry = _registry(resources, request.state.actor)
    return Reader(resources.eyes, resources.database, resources.blobs, registry=registry)


def _album(request: Request) -> Album:
    resources = request.app.state.resources
    registry = _registry(resources, request.state.actor)
    return Album(
        resources.eyes, resources.database, resources.blobs, clock=resources.clock, registry=registry
    )


def _lens(
    fx: Focal = None,
    fy: Focal = None,
    cx: Pixels = None,
    cy: Pixels = None,
    k1: Annotated[float, Query(ge=-5, le=5, allow_inf_nan=False)] = 0.0,
) -> Lens:
    return Lens(fx=fx, fy=fy, cx=cx, cy=cy, k1=k1)


def _subject(
    device_type_id: Annotated[Id, Path()],
    side: FaceSide,
    device_id: Annotated[
        Id | None, Query(description="For a picture of this one device, which looks otherwise than its type.")
    ] = None,
) -> Subject:
    return Subject(device_type_id, side, device_id)


Pictures = Annotated[Album, Depends(_album)]
OfFace = Annotated[Subject, Depends(_subject)]


@files.post("/images/read", openapi_extra=raw_body("A JPEG, PNG or WebP."))
@acted("image.read")
async def read(
    request: Request,
    reader: Annotated[Reader, Depends(_reader)],
    lens: Annotated[Lens, Depends(_lens)],
    code: Annotated[
        str | None, Query(max_length=300, description="The label of the device to look for, if known.")
    ] = None,
    device_id: Annotated[
        Id | None,
        Query(
            description="The device to look for where no label is read, by its tags or its face's picture."
        ),
    ] = None,
    face: Annotated[FaceSide, Query(description="Which side of that device.")] = FaceSide.FRONT,
    camera_key: Annotated[
        CameraKey | None, Query(description="A camera that you calibrated; used when `fx` is not given.")
    ] = None,
    actor: Actor = may(Permission.IMAGES_READ),
) -> Reading:
    """Read the labels and tags in a picture; say which device it shows, and where that device's face is.

    The picture is not kept. Without `fx` and `camera_key` the camera is taken for a usual phone's, or for what the
    picture states. A device that shows no symbol is looked for by the reference picture of its face, if there is one.
    """
    hint = Hint(lens, code, device_id, face, camera_key)
    limit_bytes = request.app.state.resources.settings.upload_limit_bytes
    reading = await reader.read(request.stream(), hint, limit_bytes=limit_bytes)
    if reading.device is not None:
        asking().said["device_id"] = reading.device.view.device.id
    ledger = request.app.state.resources.ledger
    for label in reading.labels:
        if label.problem == LabelRefused.code and label.doubt is not None:
            found = code_of(label.text)
            await ledger.refusal(
                "label.refused",
                found,
                refused(found, label.doubt),
                door="POST /images/read",
                more={"doubt": label.doubt},
            )
    return reading


# -- reference pictures of faces --------------------------------------------------------------------------------

PICTURE = "/device-types/{device_type_id}/faces/{side}/picture"


def _version_if_any(
    if_match: Annotated[
        str | None, Header(description="The ETag of the picture that is replaced, if there is one.")
    ] = None,
) -> int | None:
    return None if if_match is None else expected_version(if_match)


@files.put(PICTURE, openapi_extra=raw_body("A photograph of a labelled device: JPEG, PNG or WebP."))
@acted("face_picture.drawn", "device_type_id")
async def keep_picture(
    request: Request,
    response: Response,
    album: Pictures,
    subject: OfFace,
    version: Annotated[int | None, Depends(_version_if_any)],
    fill: Annotated[
        bool, Query(description="Keep what is known, and add what only this photograph shows.")
    ] = False,
    dry_run: Annotated[bool, Query(description="Only show what would be kept.")] = False,
    shown_id: Annotated[
        Id | None,
        Query(
            description="The device in the photograph, if known: where its label is not read, its tags do."
        ),
    ] = None,
    actor: Actor = may(Permission.LABELS_MAKE),
) -> Rectified:
    """Say what a face looks like, so that its devices are found where no label and no tag is seen.

    The photograph shows a device of the type with its label and tags, by which it is laid flat; the closer to straight
    ahead and the sharper, the better. Label and tags themselves are left out. To replace a picture, give its ETag.
    """
    wish = Wish(fill, dry_run, version, shown_id)
    limit_bytes = request.app.state.resources.settings.upload_limit_bytes
    kept = await album.keep(request.stream(), subject, wish, limit_bytes=limit_bytes)
    if kept.is_kept:
        stamped(response, kept.picture)
    return kept


@files.get(PICTURE, response_class=FileResponse)
@acted("face_picture.read", "device_type_id")
async def get_picture(
    album: Pictures, subject: OfFace, actor: Actor = may(Permission.DEVICES_READ)
) -> FileResponse:
    """The face from straight ahead, WebP; what was never seen is transparent."""
    kept, blob = await album.file(subject)
    answer = await picture(blob, media_type=WEBP)
    # Unlike other files it changes under its address: whoever has it asks whether it is still the one.
    answer.headers["ETag"], answer.headers["Cache-Control"] = etag(kept.version), "private, no-cache"
    return answer


@files.delete(PICTURE, status_code=status.HTTP_204_NO_CONTENT)
async def remove_picture(
    album: Pictures, subject: OfFace, version: ExpectedVersion, actor: Actor = may(Permission.LABELS_MAKE)
) -> None:
    await album.remove(subject, version=version)


@files.get("/device-types/{device_type_id}/face-pictures")
@viewed("device_type")
async def get_pictures(
    device_type_id: Id, album: Pictures, actor: Actor = may(Permission.DEVICES_READ)
) -> list[ReferencePicture]:
    """All reference pictures of a type: of itself, and of those of its devices that look otherwise."""
    return await album.of_type(device_type_id)


# -- calibrations of cameras ------------------------------------------------------------------------------------

KeyPath = Annotated[CameraKey, Path(examples=["back 1280x720 zoom 1"])]


@nouns.put("/cameras/{key:path}")
async def keep_calibration(
    key: KeyPath,
    body: NewCalibration,
    request: Request,
    connection: Connection,
    actor: Actor = may(Permission.IMAGES_READ),
) -> Calibration:
    """Say what was found out about one of your cameras. Of each participant the latest fifty are kept."""
    now = request.app.state.resources.clock.now()
    calibration = Calibration(**dict(body), key=key, updated_at=now)
    await MediaStore(connection).keep_calibration(actor.participant_id, calibration)
    await recording.added(connection, "calibration", calibration)
    return calibration


@nouns.get("/cameras/{key:path}")
@untold("one's own camera, told to nobody else")
async def get_calibration(
    key: KeyPath, connection: Connection, actor: Actor = may(Permission.IMAGES_READ)
) -> Calibration:
    """What you found out about one of your own cameras; nobody else's is ever told."""
    found = await MediaStore(connection).calibration(actor.participant_id, key)
    if found is None:
        raise NotFound("You have not calibrated such a camera.")
    return found


router.include_router(files)
router.include_router(nouns)

"""A labelled 1U face before a moving camera, drawn here with nothing but a homography; every pose is known."""

from collections.abc import Iterator
from datetime import UTC, datetime

import cv2
import numpy as np
import qrcode
from numpy.typing import NDArray

from nearhand.devices.model import Device, DeviceType, DeviceView, FaceSide, Rack, Site
from nearhand.field.frames import Frame, Picture
from nearhand.labels.model import Label, LabelPlace, Layout, LayoutFace, LayoutLabel, Resolved, Tag
from nearhand.vision.camera import Intrinsics
from nearhand.vision.pose import pose
from nearhand.vision.project import project, unproject
from tests.support.factories import new_device, new_device_type, new_face

CODE = "7K2M9QXA"
TEXT = f"HTTPS://NEARHAND.EXAMPLE/D/{CODE}"
CAMERA = Intrinsics(width=1920, height=1080, fx=1536, fy=1536, cx=959.5, cy=539.5)
PX_PER_MM = 8
AT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
PLACE = LabelPlace(x_mm=36, y_mm=21.83, size_mm=24)
TAGS = (Tag(id=11, x_mm=10, y_mm=21.83, size_mm=15), Tag(id=42, x_mm=472.6, y_mm=21.83, size_mm=15))
STAMP = {"version": 1, "created_at": AT, "updated_at": AT}


def resolved(device_id: str = "DEVICE") -> Resolved:
    """What the server says of the label on this face."""
    device_type = DeviceType(id="TYPE", **STAMP, **new_device_type().model_dump())
    device = Device(id=device_id, **STAMP, **new_device("TYPE", "SITE").model_dump())
    site = Site(id="SITE", name="Zürich West", address="", timezone="UTC", **STAMP)
    rack = Rack(id="RACK", name="R07", site_id="SITE", **STAMP)
    face = LayoutFace(width_mm=482.6, height_mm=43.66)
    label = LayoutLabel(text=TEXT, x_mm=PLACE.x_mm, y_mm=PLACE.y_mm, size_mm=PLACE.size_mm)
    return Resolved(
        label=Label(
            code=CODE,
            text=TEXT,
            device_id=device_id,
            face=FaceSide.FRONT,
            place=PLACE,
            tags=TAGS,
            created_at=AT,
        ),
        view=DeviceView(device=device, device_type=device_type, site=site, rack=rack, location=None),
        layout=Layout(face=face, label=label, tags=TAGS),
    )


def port_mm(name: str) -> tuple[float, float]:
    port = new_face().port(name)
    assert port is not None
    return port.x_mm, port.y_mm


def true_pose(number: int) -> NDArray[np.float64]:
    """The camera's pose in frame `number`: half a metre away, swaying."""
    sway = number / 9
    turn = (0.08 * np.sin(sway), 0.1 * np.cos(sway / 2), 0.03 * np.sin(sway / 3))
    middle = pose(turn, (6 * np.sin(sway), 4 * np.cos(sway), 520 + 15 * np.sin(sway / 2)))
    return middle @ pose((0, 0, 0), (-241.3, -21.83, 0))


def picture(number: int) -> Picture:
    """What the camera sees in frame `number`."""
    to_mm = np.diag([1 / PX_PER_MM, 1 / PX_PER_MM, 1.0])
    to_mm[:2, 2] = 0.5 / PX_PER_MM
    matrix = CAMERA.matrix() @ true_pose(number)[:3, [0, 1, 3]] @ to_mm
    size = (CAMERA.width, CAMERA.height)
    seen = cv2.warpPerspective(_texture(), matrix, size, flags=cv2.INTER_LINEAR, borderValue=(58, 54, 50))
    noise = np.random.default_rng(number).normal(0, 2, seen.shape)
    return np.asarray(np.clip(seen + noise, 0, 255), np.uint8)


def frames(count: int) -> Iterator[Frame]:
    for number in range(1, count + 1):
        yield Frame(number, picture(number), AT)


def pixel_of(point_mm: tuple[float, float], number: int) -> tuple[float, float]:
    x, y = project([point_mm], true_pose(number), CAMERA)[0]
    return float(x), float(y)


def face_point(pixel: tuple[float, float], number: int) -> NDArray[np.float64]:
    return np.asarray(unproject([pixel], true_pose(number), CAMERA)[0])


def _texture() -> Picture:
    if not _drawn:
        face = np.full((round(43.66 * PX_PER_MM), round(482.6 * PX_PER_MM), 3), 96, np.uint8)
        for port in new_face().ports:
            _fill(face, (port.x_mm, port.y_mm, port.width_mm, port.height_mm), 30)
        qr = qrcode.QRCode(border=0, error_correction=qrcode.constants.ERROR_CORRECT_M)
        qr.add_data(TEXT)
        modules = np.array(qr.get_matrix())
        quiet = PLACE.size_mm * (1 + 8 / len(modules))
        _fill(face, (PLACE.x_mm, PLACE.y_mm, quiet, quiet), 255)
        _paste(face, np.where(modules, 0, 255).astype(np.uint8), PLACE.x_mm, PLACE.y_mm, PLACE.size_mm)
        dictionary = cv2.aruco.getPredefinedDictionary(cv2.aruco.DICT_4X4_250)
        for tag in TAGS:
            _fill(face, (tag.x_mm, tag.y_mm, tag.size_mm * 1.25, tag.size_mm * 1.25), 255)
            symbol = np.asarray(cv2.aruco.generateImageMarker(dictionary, tag.id, 6), np.uint8)
            _paste(face, symbol, tag.x_mm, tag.y_mm, tag.size_mm)
        _drawn.append(np.asarray(cv2.GaussianBlur(face, (0, 0), 1.1), np.uint8))
    return _drawn[0]


_drawn: list[Picture] = []


def _fill(face: Picture, box: tuple[float, float, float, float], gray: int) -> None:
    x, y, width, height = box
    left, top = round((x - width / 2) * PX_PER_MM), round((y - height / 2) * PX_PER_MM)
    right, bottom = round((x + width / 2) * PX_PER_MM), round((y + height / 2) * PX_PER_MM)
    face[max(0, top) : bottom, max(0, left) : right] = gray


def _paste(face: Picture, symbol: Picture, x: float, y: float, size: float) -> None:
    side = round(size * PX_PER_MM)
    left, top = round(x * PX_PER_MM - side / 2), round(y * PX_PER_MM - side / 2)
    large = cv2.resize(symbol, (side, side), interpolation=cv2.INTER_NEAREST)
    face[top : top + side, left : left + side] = large[:, :, None]

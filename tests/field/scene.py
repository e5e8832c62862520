"""A labelled device in a rendered rack before a moving camera; every pose is known."""

from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
from numpy.typing import NDArray

from nearhand.devices.model import Device, DeviceType, DeviceView, FaceSide, Rack, Site
from nearhand.field.eye import Eye
from nearhand.field.frames import Frame, Picture
from nearhand.labels.model import Label, LabelPlace, Layout, LayoutFace, LayoutLabel, Resolved, Tag
from nearhand.sessions.model import Camera, Sighting
from nearhand.simulation.render import Front, build_scene, phone_camera
from nearhand.simulation.walk import Walk, survey, tripod
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import project, unproject
from tests.support.factories import new_device, new_device_type

AT = datetime(2026, 1, 1, 8, 0, tzinfo=UTC)
STAMP = {"version": 1, "created_at": AT, "updated_at": AT}
PERIOD_S = 8.0
TEXT = "HTTPS://NEARHAND.EXAMPLE/D/7K2M9QXA"
PLACE = LabelPlace(x_mm=36, y_mm=21.83, size_mm=24)
TAGS = (Tag(id=11, x_mm=10, y_mm=21.83, size_mm=12), Tag(id=42, x_mm=472.6, y_mm=21.83, size_mm=12))


def resolved() -> Resolved:
    """What a server would say of a label, for tests that need none."""
    device_type = DeviceType(id="TYPE", **STAMP, **new_device_type().model_dump())
    device = Device(id="DEVICE", **STAMP, **new_device("TYPE", "SITE").model_dump())
    site = Site(id="SITE", name="Zürich West", address="", timezone="UTC", **STAMP)
    rack = Rack(id="RACK", name="R07", site_id="SITE", **STAMP)
    return Resolved(
        label=Label(
            code="7K2M9QXA",
            text=TEXT,
            device_id="DEVICE",
            face=FaceSide.FRONT,
            place=PLACE,
            tags=TAGS,
            readable_to_mm=300,
            created_at=AT,
        ),
        view=DeviceView(
            device=device, device_type=device_type, site=site, rack=rack, location=None, tenant=None
        ),
        layout=Layout(
            face=LayoutFace(width_mm=482.6, height_mm=43.66),
            label=LayoutLabel(text=TEXT, **PLACE.model_dump()),
            tags=TAGS,
        ),
    )


class Stage:
    """Frames numbered from 1 of a walk before a device's front."""

    def __init__(self, shown: Resolved, walk: Walk | None = None, *, fps: float = 10) -> None:
        front = Front(shown.view.device_type.front, shown.layout, title="ToR-48", cabled=0.3)
        self.shown = shown
        self.camera: Camera = phone_camera(1920, 1080)
        self.intrinsics = Intrinsics(**self.camera.model_dump())
        self.eye = Eye(self.intrinsics)
        self._scene = build_scene(front)
        self._walk = walk or survey(shown.layout, period_s=PERIOD_S)
        self._fps = fps

    def pose(self, number: int) -> NDArray[np.float64]:
        return self._walk.pose(number / self._fps)

    def picture(self, number: int) -> Picture:
        return self._scene.take(self.pose(number), self.camera, seed=number)

    def frames(self, count: int) -> Iterator[Frame]:
        for number in range(1, count + 1):
            yield Frame(number, self.picture(number), AT)

    def port_mm(self, name: str) -> tuple[float, float]:
        port = self.shown.view.device_type.front.port(name)
        assert port is not None
        return port.x_mm, port.y_mm

    def pixel(self, point_mm: tuple[float, float], number: int) -> tuple[float, float]:
        x, y = project([point_mm], self.pose(number), self.intrinsics)[0]
        return float(x), float(y)

    def face_point(self, pixel: tuple[float, float], number: int) -> NDArray[np.float64]:
        return np.asarray(unproject([pixel], self.pose(number), self.intrinsics)[0])

    def shows(self, point_mm: tuple[float, float], number: int, margin: float = 80) -> bool:
        x, y = self.pixel(point_mm, number)
        return margin < x < self.camera.width - margin and margin < y < self.camera.height - margin

    def true_sighting(self, number: int) -> Sighting:
        return Sighting(
            device_id=self.shown.label.device_id,
            face=FaceSide.FRONT,
            T_camera_face=tuple(self.pose(number).ravel().tolist()),
            covariance=None,
            camera=self.camera,
            label_seen=True,
            tags_seen=(),
        )


def still_stage() -> Stage:
    """A camera on a tripod before the whole face of the made-up device."""
    return Stage(resolved(), tripod(resolved().layout, distance_mm=480))

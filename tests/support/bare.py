"""Photograph devices in a rack as they are: with their label and tags, or bare."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from nearhand.devices.model import RACK_WIDTH_MM, Face, Port
from nearhand.labels.model import Layout
from nearhand.simulation.render import Front, build_scene, look_at, phone_camera
from nearhand.vision.camera import Intrinsics
from nearhand.vision.locate import locate
from nearhand.vision.rectify import FacePicture, rectify
from tests.support.hall import switch_face

TYPE_SEED = 1  # a type's paint; every fourth seed has the same


def other_face() -> Face:
    """A switch of another maker: as many ports, as large, elsewhere."""
    ports = [
        Port(
            name=str(n + 1),
            kind="rj45",
            x_mm=60 + n // 2 * 13.9 + n // 24 * 8,
            y_mm=14.2 + n % 2 * 15.5,
            width_mm=11.9,
            height_mm=11.5,
        )
        for n in range(48)
    ]
    return Face(width_mm=RACK_WIDTH_MM, height_mm=43.7, ports=tuple(ports))


def device(
    number: int, layout: Layout | None = None, *, cabled: float = 0.0, face: Face | None = None
) -> Front:
    """One of several of a type: the same paint, its own scratches, lights and cables."""
    return Front(face or switch_face(), layout, "SW", TYPE_SEED + 4 * number, cabled)


def stranger(*, cabled: float = 0.3) -> Front:
    return Front(other_face(), None, "X", 2, cabled)


def photograph(
    front: Front,
    where: Any,
    size: tuple[int, int] = (1280, 720),
    beside: Mapping[int, Front] = MappingProxyType({}),
    seed: int = 0,
) -> Any:
    """In colour, blue first."""
    return build_scene(front, beside).take(where, phone_camera(*size), seed=seed)


def camera_of(size: tuple[int, int] = (1280, 720), *, off: float = 1.0) -> Intrinsics:
    """What is believed of the camera, its focal length off by a factor."""
    true = phone_camera(*size)
    return Intrinsics(
        width=size[0], height=size[1], fx=true.fx * off, fy=true.fy * off, cx=true.cx, cy=true.cy, k1=0
    )


def from_before(
    distance_mm: float, yaw: float = 0, pitch: float = 0, roll: float = 0, x_mm: float = 241
) -> Any:
    return np.asarray(look_at((x_mm, 22), distance_mm, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll))


def reference_picture(layout: Layout, size: tuple[int, int] = (3000, 2250)) -> FacePicture:
    """Of one labelled device, photographed from half a metre."""
    picture = photograph(device(0, layout), from_before(480, 6, -5), size, seed=3)
    located = locate(picture, layout, camera_of(size, off=1.04))
    assert located is not None
    return rectify(picture, located, layout)

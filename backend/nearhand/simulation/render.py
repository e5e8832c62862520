"""Take pictures of a rack front with a pinhole camera whose place is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import cv2
import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.devices.model import RACK_WIDTH_MM, U_MM, Face
from nearhand.labels.model import Layout
from nearhand.sessions.model import Camera
from nearhand.simulation.canvas import Canvas, Picture
from nearhand.simulation.faces import PX_PER_MM, draw_face

Matrix = NDArray[np.float64]

RACK_MARGIN_MM = 80.0
RAIL_MM = 16.0
UNITS_AROUND = 5


@dataclass(frozen=True)
class Front:
    """One device to be seen in the rack."""

    face: Face
    layout: Layout | None = None
    title: str = ""
    seed: int = 0
    cabled: float = 0.0


@dataclass(frozen=True)
class Look:
    """What a cheap camera does to a picture."""

    blur_px: float = 0.7
    noise: float = 3.0  # standard deviation, grey levels
    vignette: float = 0.35  # share of light lost in the corners
    exposure: float = 1.0


CLEAN = Look(blur_px=0, noise=0, vignette=0)


def phone_camera(width: int, height: int, *, field_of_view_deg: float = 65, k1: float = 0.0) -> Camera:
    """The pinhole of a usual phone: square pixels, the axis through the middle."""
    focal = width / 2 / np.tan(np.radians(field_of_view_deg) / 2)
    return Camera(
        width=width, height=height, fx=focal, fy=focal, cx=(width - 1) / 2, cy=(height - 1) / 2, k1=k1
    )


def look_at(
    target_mm: tuple[float, float],
    distance_mm: float,
    *,
    yaw_deg: float = 0,
    pitch_deg: float = 0,
    roll_deg: float = 0,
) -> Matrix:
    """T_camera_face of a camera that looks at a point of the face from a distance, turned around that point."""
    yaw, pitch, roll = np.radians([yaw_deg, pitch_deg, roll_deg])
    about_y = np.array([[np.cos(yaw), 0, np.sin(yaw)], [0, 1, 0], [-np.sin(yaw), 0, np.cos(yaw)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(pitch), -np.sin(pitch)], [0, np.sin(pitch), np.cos(pitch)]])
    about_z = np.array([[np.cos(roll), -np.sin(roll), 0], [np.sin(roll), np.cos(roll), 0], [0, 0, 1]])
    pose = np.eye(4)
    pose[:3, :3] = about_z @ about_x @ about_y
    pose[:3, 3] = [0, 0, distance_mm] - pose[:3, :3] @ [*target_mm, 0]
    return pose


def project(T_camera_face: Matrix, camera: Camera, points_mm: ArrayLike) -> Matrix:
    """Pixels of face points (x_mm, y_mm[, z_mm towards the viewer]); NaN for points behind the camera."""
    points = np.atleast_2d(np.asarray(points_mm, np.float64))
    if points.shape[1] == 2:
        points = np.column_stack([points, np.zeros(len(points))])
    inside = (points * [1, 1, -1]) @ T_camera_face[:3, :3].T + T_camera_face[:3, 3]
    depth = np.where(inside[:, 2] > 0, inside[:, 2], np.nan)
    x, y = inside[:, 0] / depth, inside[:, 1] / depth
    bend = 1 + camera.k1 * (x * x + y * y)
    return np.column_stack([camera.fx * x * bend + camera.cx, camera.fy * y * bend + camera.cy])


@dataclass(frozen=True)
class Scene:
    """A rack front around one device's face; millimetres are that face's."""

    levels: tuple[Picture, ...]  # each half as fine as the one before
    px_per_mm: float
    origin_mm: tuple[float, float]

    def take(
        self,
        T_camera_face: Matrix,
        camera: Camera,
        look: Look | None = None,
        *,
        seed: int = 0,
    ) -> Picture:
        """The picture such a camera takes from there; the same seed gives the same picture."""
        look = look or Look()
        centre = T_camera_face[:3, :3].T @ -T_camera_face[:3, 3]
        texture, px_per_mm = self._level(camera.fx / max(1.0, -float(centre[2])))
        x0, y0 = self.origin_mm
        to_mm = np.array(
            [[1 / px_per_mm, 0, x0 + 0.5 / px_per_mm], [0, 1 / px_per_mm, y0 + 0.5 / px_per_mm], [0, 0, 1]]
        )
        to_ray = T_camera_face[:3, [0, 1, 3]] @ to_mm
        size = (camera.width, camera.height)
        if camera.k1:
            picture = self._bent(texture, to_ray, camera)
        else:
            lens = np.array([[camera.fx, 0, camera.cx], [0, camera.fy, camera.cy], [0, 0, 1]])
            picture = _picture(cv2.warpPerspective(texture, lens @ to_ray, size, flags=cv2.INTER_LINEAR))
        return _develop(picture, look, seed)

    def _level(self, wanted_px_per_mm: float) -> tuple[Picture, float]:
        """The coarsest texture that is still finer than the picture, so that nothing flickers or aliases."""
        halvings = int(
            np.clip(np.floor(np.log2(self.px_per_mm / wanted_px_per_mm) + 0.25), 0, len(self.levels) - 1)
        )
        return self.levels[halvings], self.px_per_mm / 2**halvings

    @staticmethod
    def _bent(texture: Picture, to_ray: Matrix, camera: Camera) -> Picture:
        rays = _rays(camera) @ np.linalg.inv(to_ray).T
        places = (rays[:, :2] / rays[:, 2:]).astype(np.float32).reshape(camera.height, camera.width, 2)
        return _picture(cv2.remap(texture, places[..., 0], places[..., 1], cv2.INTER_LINEAR))


def build_scene(
    front: Front,
    neighbours: Mapping[int, Front] = MappingProxyType({}),
    *,
    position_u: int = 20,
    px_per_mm: float = PX_PER_MM,
) -> Scene:
    """Mount a device in a rack. Neighbours by their lowest unit, counted upwards from the device's own lowest."""
    height = front.face.height_mm
    around = UNITS_AROUND * U_MM
    origin = (-RACK_MARGIN_MM, -around)
    canvas = Canvas(RACK_WIDTH_MM + 2 * RACK_MARGIN_MM, height + 2 * around, px_per_mm, origin)
    canvas.pixels[:] = (14, 13, 12)
    _draw_rails(canvas, front.face, position_u)
    blanks = {unit: BLANK for unit in range(-UNITS_AROUND, UNITS_AROUND + _units(front))}
    for unit, mounted in {**blanks, **neighbours, 0: front}.items():
        top = height - unit * U_MM - mounted.face.height_mm
        if mounted is front:
            top = 0.0
        if -around <= top and top + mounted.face.height_mm <= height + around:
            canvas.paste(_drawn(mounted, px_per_mm), 0, top)
    _light(canvas)
    return Scene(tuple(_halved(canvas.picture(), 4)), px_per_mm, origin)


def _units(front: Front) -> int:
    return max(1, round(front.face.height_mm / U_MM))


def _drawn(front: Front, px_per_mm: float) -> Picture:
    return draw_face(
        front.face, front.layout, title=front.title, seed=front.seed, px_per_mm=px_per_mm, cabled=front.cabled
    )


BLANK = Front(Face(width_mm=RACK_WIDTH_MM, height_mm=43.7), seed=1)


def _draw_rails(canvas: Canvas, face: Face, position_u: int) -> None:
    top, bottom = canvas.origin_mm[1], -canvas.origin_mm[1] + face.height_mm
    lowest_y = face.height_mm  # bottom edge of the device's lowest unit
    for x in (-1.0, RACK_WIDTH_MM - RAIL_MM + 1.0):
        canvas.rect(x - 14 if x < 0 else x, top, RAIL_MM + 14, bottom - top, (96, 98, 98))
    for x in (-RACK_MARGIN_MM, RACK_WIDTH_MM + 14):
        canvas.rect(x, top, RACK_MARGIN_MM - 14, bottom - top, (30, 30, 32))
    for unit in range(-UNITS_AROUND, UNITS_AROUND + 2):
        y = lowest_y - (unit + 0.5) * U_MM
        for x in (-8.0, RACK_WIDTH_MM + 8.0):
            canvas.text(x, y, str(position_u + unit), 4.0, (225, 225, 225))


def _light(canvas: Canvas) -> None:
    """A lamp above, a little to the left: bright there, fading downwards and to the sides."""
    height, width = canvas.pixels.shape[:2]
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    away = ((x / width - 0.42) / 0.9) ** 2 + ((y / height - 0.3) / 1.1) ** 2
    canvas.pixels *= (1.08 - 0.7 * away)[..., None]


def _halved(picture: Picture, times: int) -> list[Picture]:
    """The picture and its halvings; cut to a multiple of the coarsest pixel, so that every level fits exactly."""
    step = 2 ** (times - 1)
    picture = picture[: picture.shape[0] // step * step, : picture.shape[1] // step * step]
    levels = [picture]
    for _ in range(times - 1):
        last = levels[-1]
        size = (last.shape[1] // 2, last.shape[0] // 2)
        levels.append(np.asarray(cv2.resize(last, size, interpolation=cv2.INTER_AREA), np.uint8))
    return levels


@dataclass
class _Memory:
    """Things that depend on the picture's size alone, made once."""

    vignettes: dict[tuple[int, int, float], Picture] = field(default_factory=dict)
    noises: dict[tuple[int, int, float], NDArray[np.int8]] = field(default_factory=dict)
    rays: dict[Camera, Matrix] = field(default_factory=dict)


_memory = _Memory()
NOISE_SHIFT = 64


def _rays(camera: Camera) -> Matrix:
    """The viewing ray of every pixel, the lens's bend undone."""
    if camera not in _memory.rays:
        y, x = np.mgrid[0 : camera.height, 0 : camera.width].astype(np.float64)
        x, y = (x - camera.cx) / camera.fx, (y - camera.cy) / camera.fy
        bent = np.hypot(x, y)
        straight = bent.copy()
        for _ in range(12):  # Newton on r (1 + k1 r²) = bent
            slope = 1 + 3 * camera.k1 * straight**2
            straight -= (straight * (1 + camera.k1 * straight**2) - bent) / slope
        scale = np.divide(straight, bent, out=np.ones_like(bent), where=bent > 0)
        rays = np.stack([x * scale, y * scale, np.ones_like(x)], axis=-1)
        _memory.rays[camera] = rays.reshape(-1, 3)
    return _memory.rays[camera]


def _develop(picture: Picture, look: Look, seed: int) -> Picture:
    height, width = picture.shape[:2]
    if look.blur_px:
        picture = _picture(cv2.GaussianBlur(picture, (0, 0), look.blur_px))
    if look.vignette or look.exposure != 1:
        picture = _picture(
            cv2.multiply(picture, _vignette(width, height, look.vignette), scale=look.exposure / 255)
        )
    if look.noise:
        rng = np.random.default_rng(seed)
        tile = _noise(width, height, look.noise)
        x, y = rng.integers(0, NOISE_SHIFT, 2)
        picture = _picture(cv2.add(picture, tile[y : y + height, x : x + width], dtype=cv2.CV_8U))
    return picture


def _picture(array: Any) -> Picture:
    return np.asarray(array, np.uint8)


def _vignette(width: int, height: int, loss: float) -> Picture:
    key = (width, height, loss)
    if key not in _memory.vignettes:
        y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
        light = 255 * (1 - loss * (x * x + y * y) / 2)
        _memory.vignettes[key] = np.repeat(light[..., None], 3, axis=2).astype(np.uint8)
    return _memory.vignettes[key]


def _noise(width: int, height: int, deviation: float) -> NDArray[np.int8]:
    key = (width, height, deviation)
    if key not in _memory.noises:
        size = (height + NOISE_SHIFT, width + NOISE_SHIFT, 3)
        tile = np.random.default_rng(width * height).normal(0, deviation, size)
        _memory.noises[key] = np.clip(np.round(tile), -127, 127).astype(np.int8)
    return _memory.noises[key]

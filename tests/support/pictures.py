"""Draw a labelled face as a camera would see it, with the true pose known."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nearhand.vision.camera import Intrinsics
from nearhand.vision.layout import Layout, LayoutFace, LayoutLabel, Tag
from nearhand.vision.modules import qr_modules, tag_modules
from nearhand.vision.pose import Pose, pose, rotation
from nearhand.vision.project import unproject

Pixels = NDArray[np.uint8]
TEXTURE_PX_PER_MM = 10
SUPERSAMPLING = 3
COARSE = 8  # pixels
CABLE_PX, GLARE_PX = 12, 110


def switch_layout(
    text: str = "HTTPS://HELP.EXAMPLE/D/7K3M9QXA", *, units: int = 1, dictionary: str = "DICT_4X4_250"
) -> Layout:
    """A face with a 25 mm label near its left ear and 15 mm tags on both, the right one at the bottom."""
    height_mm = 44.45 * units - 0.79
    left = Tag(dictionary=dictionary, id=17, x_mm=11, y_mm=22, size_mm=15)
    right = Tag(dictionary=dictionary, id=18, x_mm=471.6, y_mm=height_mm - 21.66, size_mm=15)
    return Layout(
        face=LayoutFace(width_mm=482.6, height_mm=height_mm),
        label=LayoutLabel(text=text, x_mm=41.5, y_mm=19.7, size_mm=25),
        tags=(left, right),
    )


@dataclass(frozen=True)
class Light:
    """What stands between a face and its picture: blur and motion in pixels, noise and gradient in gray."""

    blur_px: float = 0.7
    motion_px: float = 0.0
    motion_angle: float = 0.0
    noise: float = 3.0
    gradient: float = 0.2
    gamma: float = 1.0
    glare: float = 0.0  # gray added in the middle of a reflection on the face
    cables: int = 0  # dark strips across the picture
    seed: int = 0


@lru_cache(maxsize=16)
def texture(layout: Layout) -> Pixels:
    s = TEXTURE_PX_PER_MM
    size = round(layout.face.height_mm * s), round(layout.face.width_mm * s)
    picture = np.full(size, 70, np.uint8)
    for x in np.arange(70, layout.face.width_mm - 40, 14.25):  # ports in two rows
        for y in np.arange(14.5, layout.face.height_mm - 8, 14.5):
            cv2.rectangle(
                picture, (int((x - 6) * s), int((y - 4) * s)), (int((x + 6) * s), int((y + 4) * s)), 25, -1
            )
    if layout.label is not None:
        at = layout.label
        _paste(picture, qr_modules(at.text), at.x_mm, at.y_mm, at.size_mm, quiet=4)
    for tag in layout.tags:
        _paste(picture, tag_modules(tag.dictionary, tag.id), tag.x_mm, tag.y_mm, tag.size_mm, quiet=1)
    return picture


def render(
    layout: Layout, where: Pose, camera: Intrinsics, light: Light | None = None, *, rolled_px: float = 0.0
) -> Pixels:
    """A gray picture; its edges lie where `project` says, to a few hundredths of a pixel.

    `rolled_px`: how far to the right the hand has moved the picture between its first row and its last.
    """
    light = light or Light()
    k, s = SUPERSAMPLING, TEXTURE_PX_PER_MM
    source = texture(layout)
    big = camera.scaled_to(camera.width * k, camera.height * k)
    if camera.k1 == 0 and rolled_px == 0:
        to_face = np.linalg.inv(big.matrix() @ where[:3, [0, 1, 3]])
        to_texture = np.array([[s, 0, -0.5], [0, s, -0.5], [0, 0, 1]]) @ to_face
        flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
        seen = cv2.warpPerspective(source, to_texture, (big.width, big.height), flags=flags, borderValue=110)
    else:
        # The map is smooth: known at every eighth pixel, it is known between them to a thousandth of one.
        across, down = (np.arange(-1, size // COARSE + 3) * COARSE for size in (big.width, big.height))
        u, v = np.meshgrid(across, down)
        still = u - rolled_px * k * rolled_share(v, big.height)
        mm = unproject(np.stack([still.ravel(), v.ravel()], 1), where, big).reshape(*u.shape, 2)
        coarse = (mm * s - 0.5).astype(np.float32)
        steps = [
            np.float32(1) + np.arange(size, dtype=np.float32) / COARSE for size in (big.width, big.height)
        ]
        x, y = np.meshgrid(*steps)
        maps = np.asarray(cv2.remap(coarse, x, y, cv2.INTER_LINEAR))
        x, y = np.ascontiguousarray(maps[..., 0]), np.ascontiguousarray(maps[..., 1])
        seen = cv2.remap(source, x, y, cv2.INTER_LINEAR, borderValue=110)
    seen = cv2.resize(seen, (camera.width, camera.height), interpolation=cv2.INTER_AREA)
    return lit(np.asarray(seen, dtype=np.uint8), light)


def rolled_share(v: NDArray[Any], height: int) -> NDArray[Any]:
    """How much of a rolling shutter's shift a row has; none in the middle."""
    return np.asarray((v + 0.5) / height - 0.5)


def lit(picture: Pixels, light: Light) -> Pixels:
    rng = np.random.default_rng(light.seed)
    out: Any = picture.astype(np.float32)
    for _ in range(light.cables):
        (a, b), (c, d) = rng.uniform(0, 1, 2), rng.uniform(0, 1, 2)
        ends = [(round(a * picture.shape[1]), 0), (round(c * picture.shape[1]), picture.shape[0])]
        if b < d:
            ends = [(0, round(a * picture.shape[0])), (picture.shape[1], round(c * picture.shape[0]))]
        cv2.line(out, ends[0], ends[1], 40.0, CABLE_PX)
    if light.glare > 0:
        spot = rng.uniform(0.1, 0.9, 2) * picture.shape[::-1]
        yy, xx = np.mgrid[0 : picture.shape[0], 0 : picture.shape[1]].astype(np.float32)
        away = (xx - spot[0]) ** 2 + (yy - spot[1]) ** 2
        out = out + light.glare * np.exp(-away / (2 * GLARE_PX**2))
    if light.blur_px > 0:
        out = cv2.GaussianBlur(out, (0, 0), light.blur_px)
    if light.motion_px > 0.5:
        out = cv2.filter2D(
            out, -1, _smear(light.motion_px, light.motion_angle), borderType=cv2.BORDER_REPLICATE
        )
    height, width = picture.shape
    gx, gy = rng.uniform(-light.gradient, light.gradient, 2)
    yy, xx = np.mgrid[0:height, 0:width].astype(np.float32)
    out = out * (1 + gx * (xx / width - 0.5) + gy * (yy / height - 0.5))
    out = 255 * np.power(np.clip(out / 255, 0, 1), light.gamma)
    out = out + rng.normal(0, light.noise, out.shape)
    return np.asarray(np.clip(np.round(out), 0, 255), dtype=np.uint8)


def looking_at(
    layout: Layout, distance_mm: float, tilt: Sequence[float] = (0, 0, 0), at: Sequence[float] | None = None
) -> Pose:
    """The pose of a face whose point `at` (its middle) is straight ahead, turned by a rotation vector."""
    x, y = at if at is not None else (layout.face.width_mm / 2, layout.face.height_mm / 2)
    r = rotation(tilt)
    return pose(tilt, np.array([0, 0, distance_mm]) - r @ np.array([x, y, 0]))


def _paste(picture: Pixels, modules: Any, x_mm: float, y_mm: float, size_mm: float, quiet: int) -> None:
    s = TEXTURE_PX_PER_MM
    padded = np.pad(~modules, quiet, constant_values=True)
    module = size_mm / len(modules)
    half = size_mm / 2 + quiet * module
    rows = (np.arange(round(2 * half * s)) + 0.5) / s / module
    index = np.clip(rows.astype(int), 0, len(padded) - 1)
    patch = np.where(padded[np.ix_(index, index)], 215, 35).astype(np.uint8)
    top, left = round((y_mm - half) * s), round((x_mm - half) * s)
    bottom, right = min(top + len(patch), picture.shape[0]), min(left + len(patch), picture.shape[1])
    skip_y, skip_x = max(0, -top), max(0, -left)
    picture[top + skip_y : bottom, left + skip_x : right] = patch[
        skip_y : bottom - top, skip_x : right - left
    ]


def _smear(length: float, angle: float) -> NDArray[np.float32]:
    side = int(2 * np.ceil(length / 2) + 3)
    kernel = np.zeros((side, side), np.float32)
    for step in np.linspace(-length / 2, length / 2, 101):
        x, y = side // 2 + step * np.cos(angle), side // 2 + step * np.sin(angle)
        i, j = int(x), int(y)
        fx, fy = x - i, y - j
        for dj, di, weight in (
            (0, 0, (1 - fx) * (1 - fy)),
            (0, 1, fx * (1 - fy)),
            (1, 0, (1 - fx) * fy),
            (1, 1, fx * fy),
        ):
            kernel[j + dj, i + di] += weight
    return np.asarray(kernel / kernel.sum(), dtype=np.float32)

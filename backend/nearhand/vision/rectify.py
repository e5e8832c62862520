"""Lay a photograph of a device flat: the picture of its face in millimetres, as far as it is truly known."""

import io
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.image import opened_image
from nearhand.vision.layout import Layout, LayoutLabel, Tag
from nearhand.vision.locate import Located
from nearhand.vision.project import face_jacobian, project

Array = NDArray[np.float64]
Pixels = NDArray[np.uint8]

PX_PER_MM = 2.0
LIMIT_PX = 4_000_000  # large faces are kept coarser
WEBP_QUALITY = 90
GRID = (25, 9)  # points across and down at which a photograph is asked how good it is
LEAST_PX_PER_MM = 0.6  # a photograph that is coarser there shows nothing that could be found again
WORST_RING_MM = 2.0  # where a photograph says less surely what is where, it says nothing
# Label and tags are every device's own: they, with their quiet zones and paper, are no part of the type's face.
STICKER = 1.36
STICKER_EDGE_MM = 2.5


@dataclass(frozen=True, eq=False)
class FacePicture:
    """A face as if seen straight from far away.

    `pixels`: height x width x 3, blue first; the middle of pixel (row, column) is the face's point
    ((column + 0.5) / px_per_mm, (row + 0.5) / px_per_mm). `known`: what was seen in a photograph. `ring_mm`: how far off
    (95 of 100 cases) a point of it may be.
    """

    pixels: Pixels
    known: NDArray[np.bool_]
    px_per_mm: float
    ring_mm: float

    @property
    def known_share(self) -> float:
        return float(self.known.mean())


def as_webp(picture: FacePicture) -> bytes:
    """The picture as a file; what is unknown is transparent."""
    from PIL import Image

    shown = np.dstack([picture.pixels[..., ::-1], picture.known.astype(np.uint8) * 255])
    file = io.BytesIO()
    Image.fromarray(shown).save(file, "WEBP", quality=WEBP_QUALITY)
    return file.getvalue()


def from_webp(content: bytes, *, px_per_mm: float, ring_mm: float) -> FacePicture:
    """A picture that `as_webp` made. Raises UnreadablePicture."""
    with opened_image(content, limit_pixels=2 * LIMIT_PX) as image:
        shown = np.asarray(image.convert("RGBA"), dtype=np.uint8)
    known = shown[..., 3] > 127
    pixels = np.ascontiguousarray(shown[..., 2::-1])
    pixels[~known] = 0
    return FacePicture(pixels, known, px_per_mm, ring_mm)


def picture_scale(layout: Layout) -> float:
    """Pixels per millimetre of a face's picture."""
    area_mm2 = layout.face.width_mm * layout.face.height_mm
    return float(min(PX_PER_MM, np.sqrt(LIMIT_PX / area_mm2)))


def rectify(photograph: Pixels, located: Located, layout: Layout) -> FacePicture:
    """The face in a colour photograph (blue first) in which it was located. What it does not show stays unknown."""
    import cv2

    px_per_mm = picture_scale(layout)
    width, height = (max(1, round(s * px_per_mm)) for s in (layout.face.width_mm, layout.face.height_mm))
    grid = _grid_mm(layout)
    finest, coarsest = _scales(grid, located)
    halvings = _halvings(finest, px_per_mm)
    small = _shrunk(photograph, halvings)
    column, row = np.meshgrid(np.arange(width), np.arange(height))
    face_mm = (np.stack([column.ravel(), row.ravel()], axis=1) + 0.5) / px_per_mm
    px = project(face_mm, located.pose, located.camera)
    size = np.array([photograph.shape[1], photograph.shape[0]])
    with np.errstate(invalid="ignore"):
        is_seen = np.all((px >= 0) & (px <= size - 1), axis=1).reshape(height, width)
    maps = (
        (np.nan_to_num((px + 0.5) / 2**halvings - 0.5, nan=-1)).astype(np.float32).reshape(height, width, 2)
    )
    pixels = np.asarray(
        cv2.remap(small, maps[..., 0].copy(), maps[..., 1].copy(), cv2.INTER_LINEAR), dtype=np.uint8
    )
    rings = np.array([point.ring_mm for point in located.points(grid)])
    is_sure = np.isfinite(rings) & (rings <= WORST_RING_MM) & (coarsest >= LEAST_PX_PER_MM)
    known = is_seen & _spread(is_sure, width, height) & ~_stickers(layout, px_per_mm, width, height)
    sure = rings[is_sure]
    ring_mm = float(np.sqrt((sure**2).mean())) if len(sure) else float("inf")
    pixels[~known] = 0
    return FacePicture(pixels, known, px_per_mm, ring_mm)


def filled_up(earlier: FacePicture, later: FacePicture) -> FacePicture:
    """What was known stays; what only the later photograph shows is added, made as bright as the other.

    Raises ValueError for pictures of faces of different sizes.
    """
    if earlier.pixels.shape != later.pixels.shape:
        raise ValueError("the pictures are of faces of different sizes")
    both, added = earlier.known & later.known, later.known & ~earlier.known
    gain = 1.0
    if both.any():
        gain = float(earlier.pixels[both].mean() / max(1.0, float(later.pixels[both].mean())))
    pixels = earlier.pixels.copy()
    pixels[added] = np.clip(later.pixels[added] * gain, 0, 255).astype(np.uint8)
    known = earlier.known | added
    before, new = int(earlier.known.sum()), int(added.sum())
    ring_mm = earlier.ring_mm
    if new:
        ring_mm = float(np.sqrt((_weighed(earlier, before) + _weighed(later, new)) / (before + new)))
    return replace(earlier, pixels=pixels, known=known, ring_mm=ring_mm)


def _weighed(picture: FacePicture, count: int) -> float:
    return picture.ring_mm**2 * count if count else 0.0


def _grid_mm(layout: Layout) -> Array:
    x, y = (
        np.linspace(0, size, n)
        for size, n in zip((layout.face.width_mm, layout.face.height_mm), GRID, strict=True)
    )
    return np.stack(np.meshgrid(x, y), axis=-1).reshape(-1, 2)


def _scales(grid: Array, located: Located) -> tuple[float, Array]:
    """Pixels per millimetre of the photograph: the finest anywhere, and at each point in its worst direction."""
    turns = face_jacobian(grid, located.pose, located.camera)
    is_there = np.all(np.isfinite(turns), axis=(1, 2))
    sizes = np.zeros((len(grid), 2))
    sizes[is_there] = np.linalg.svd(turns[is_there], compute_uv=False)
    return float(sizes[:, 1].max()), sizes[:, 1]


def _halvings(px_per_mm: float, wanted: float) -> int:
    """How often a photograph is halved so that it is not much finer than what is made of it: else it would flicker."""
    return int(np.clip(np.floor(np.log2(max(px_per_mm, 1e-6) / wanted) + 0.25), 0, 4))


def _shrunk(photograph: Pixels, halvings: int) -> Pixels:
    import cv2

    if halvings == 0:
        return photograph
    step = 2**halvings
    height, width = (size // step * step for size in photograph.shape[:2])
    size = (width // step, height // step)
    return np.asarray(
        cv2.resize(photograph[:height, :width], size, interpolation=cv2.INTER_AREA), dtype=np.uint8
    )


def _spread(is_sure: NDArray[np.bool_], width: int, height: int) -> NDArray[np.bool_]:
    """The grid's yes and no at every pixel; between a yes and a no it is no."""
    import cv2

    grid = is_sure.reshape(GRID[1], GRID[0]).astype(np.float32)
    x = ((np.arange(width) + 0.5) / width * (GRID[0] - 1)).astype(np.float32)
    y = ((np.arange(height) + 0.5) / height * (GRID[1] - 1)).astype(np.float32)
    maps: Any = np.meshgrid(x, y)
    return np.asarray(cv2.remap(grid, maps[0], maps[1], cv2.INTER_LINEAR) > 0.999)


def _stickers(layout: Layout, px_per_mm: float, width: int, height: int) -> NDArray[np.bool_]:
    is_sticker = np.zeros((height, width), dtype=bool)
    symbols: list[Tag | LayoutLabel] = [*layout.tags]
    if layout.label is not None:
        symbols.append(layout.label)
    for symbol in symbols:
        half = symbol.size_mm * STICKER / 2 + STICKER_EDGE_MM
        left, right = (round(np.clip(symbol.x_mm + d, 0, 4000) * px_per_mm) for d in (-half, half))
        top, bottom = (round(np.clip(symbol.y_mm + d, 0, 4000) * px_per_mm) for d in (-half, half))
        is_sticker[top:bottom, left:right] = True
    return is_sticker

"""Paint shapes given in millimetres into a picture, with exact coverage of every pixel they touch."""

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Picture = NDArray[np.uint8]
Colour = tuple[float, float, float]  # blue, green, red, 0..255
FINE_BITS = 4  # OpenCV draws at sixteenths of a pixel


class Canvas:
    """A picture of a plane: `origin_mm` is the plane's point at the picture's top left corner."""

    def __init__(
        self, width_mm: float, height_mm: float, px_per_mm: float, origin_mm: tuple[float, float] = (0, 0)
    ) -> None:
        self.px_per_mm = px_per_mm
        self.origin_mm = origin_mm
        size = (round(height_mm * px_per_mm), round(width_mm * px_per_mm), 3)
        self.pixels: NDArray[np.float32] = np.zeros(size, np.float32)

    def picture(self) -> Picture:
        return np.asarray(np.clip(self.pixels + 0.5, 0, 255), np.uint8)

    def at(self, x_mm: float, y_mm: float) -> tuple[float, float]:
        """Pixel corner coordinates (0, 0 is the very corner of the picture) of a point."""
        x0, y0 = self.origin_mm
        return (x_mm - x0) * self.px_per_mm, (y_mm - y0) * self.px_per_mm

    def rect(  # noqa: PLR0913 - a rectangle has four sides, a colour and a strength
        self,
        x_mm: float,
        y_mm: float,
        width_mm: float,
        height_mm: float,
        colour: Colour,
        *,
        alpha: float = 1.0,
    ) -> None:
        """Fill a rectangle given by its top left corner."""
        self.cells(np.ones((1, 1), np.float32), (x_mm, y_mm, width_mm, height_mm), colour, alpha=alpha)

    def box(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float, colour: Colour) -> None:
        """Fill a rectangle given by its centre."""
        self.rect(x_mm - width_mm / 2, y_mm - height_mm / 2, width_mm, height_mm, colour)

    def cells(
        self,
        cells: NDArray[np.float32],
        area_mm: tuple[float, float, float, float],
        colour: Colour,
        *,
        alpha: float = 1.0,
    ) -> None:
        """Spread a matrix of strengths over a rectangle; each pixel takes the exact share of each cell."""
        x_mm, y_mm, width_mm, height_mm = area_mm
        rows, columns = cells.shape
        x, y = self.at(x_mm, y_mm)
        top, across = _coverage(rows, y, height_mm * self.px_per_mm, self.pixels.shape[0])
        left, along = _coverage(columns, x, width_mm * self.px_per_mm, self.pixels.shape[1])
        strength = (across @ cells @ along.T)[..., None] * alpha
        part = self.pixels[top : top + strength.shape[0], left : left + strength.shape[1]]
        part += strength * (np.array(colour, np.float32) - part)

    def shade(self, area_mm: tuple[float, float, float, float], top: float, bottom: float) -> None:
        """Multiply a rectangle with a brightness that runs from its top to its bottom."""
        x_mm, y_mm, width_mm, height_mm = area_mm
        (left, up), (right, down) = self.at(x_mm, y_mm), self.at(x_mm + width_mm, y_mm + height_mm)
        part = self.pixels[max(0, round(up)) : round(down), max(0, round(left)) : round(right)]
        part *= np.linspace(top, bottom, part.shape[0], dtype=np.float32)[:, None, None]

    def disc(self, x_mm: float, y_mm: float, radius_mm: float, colour: Colour) -> None:
        x, y = self.at(x_mm, y_mm)
        centre = (round((x - 0.5) * 2**FINE_BITS), round((y - 0.5) * 2**FINE_BITS))
        radius = round(radius_mm * self.px_per_mm * 2**FINE_BITS)
        cv2.circle(self.pixels, centre, radius, colour, cv2.FILLED, cv2.LINE_AA, FINE_BITS)

    def line(self, points_mm: list[tuple[float, float]], width_mm: float, colour: Colour) -> None:
        pixels = np.array([self.at(x, y) for x, y in points_mm]) - 0.5
        fine = np.round(pixels * 2**FINE_BITS).astype(np.int32)
        thickness = max(1, round(width_mm * self.px_per_mm))
        cv2.polylines(self.pixels, [fine], False, colour, thickness, cv2.LINE_AA, FINE_BITS)

    def text(self, x_mm: float, y_mm: float, text: str, height_mm: float, colour: Colour) -> None:
        """Print one line centred on a point; `height_mm` is the size of its capital letters."""
        mask = _printed(text, max(5, round(height_mm * self.px_per_mm / 0.7)))
        height, width = mask.shape
        x, y = self.at(x_mm, y_mm)
        left, top = round(x - width / 2), round(y - height / 2)
        if left < 0 or top < 0:
            return
        part = self.pixels[top : top + height, left : left + width]
        part += mask[: part.shape[0], : part.shape[1], None] * (np.array(colour, np.float32) - part)

    def paste(self, picture: Picture, x_mm: float, y_mm: float) -> None:
        """Lay a picture of the same scale on a point (its top left corner), to the nearest pixel."""
        left, top = (round(value) for value in self.at(x_mm, y_mm))
        height, width = picture.shape[:2]
        self.pixels[top : top + height, left : left + width] = picture


def _coverage(cells: int, start: float, length: float, limit: int) -> tuple[int, NDArray[np.float32]]:
    """First pixel touched, and for each pixel from there the share of it that each cell covers."""
    first, last = max(0, int(np.floor(start))), min(limit, int(np.ceil(start + length)))
    pixels = np.arange(first, max(first, last), dtype=np.float64)[:, None]
    edges = start + np.arange(cells + 1) * (length / cells)
    shares = np.minimum(pixels + 1, edges[None, 1:]) - np.maximum(pixels, edges[None, :-1])
    return first, np.clip(shares, 0, 1).astype(np.float32)


@cache
def _printed(text: str, size_px: int) -> NDArray[np.float32]:
    font = ImageFont.load_default(size_px)
    left, top, right, bottom = (round(edge) for edge in font.getbbox(text))
    image = Image.new("L", (right - left + 2, bottom - top + 2))
    ImageDraw.Draw(image).text((1 - left, 1 - top), text, fill=255, font=font)
    return np.asarray(image, np.float32) / np.float32(255)

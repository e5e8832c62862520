"""Write words of any language on a picture."""

from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

Pixels = NDArray[np.uint8]

PADDING_PX = 4
# Where systems keep a font that knows Chinese; without one, what it cannot write shows as boxes.
FONTS = (
    "/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
    "/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
    "/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
    "/System/Library/Fonts/PingFang.ttc",
    "/System/Library/Fonts/STHeiti Medium.ttc",
    "C:/Windows/Fonts/msjh.ttc",
    "C:/Windows/Fonts/msyh.ttc",
)


def write(picture: Pixels, text: str, at: tuple[int, int], colour: tuple[int, int, int]) -> None:
    """Write, in place, a line that begins at a point and is centred on its height; cut at the picture's edge."""
    mask = _mask(text[:200], max(14, picture.shape[1] // 64))
    height, width = mask.shape
    x, y = at[0], at[1] - height // 2
    left, top = max(x, 0), max(y, 0)
    right, bottom = min(x + width, picture.shape[1]), min(y + height, picture.shape[0])
    if left >= right or top >= bottom:
        return
    ink = mask[top - y : bottom - y, left - x : right - x, None] / 255.0
    place = picture[top:bottom, left:right]
    dimmed = place * 0.35  # a dark plate: readable on any device
    place[:] = (dimmed * (1 - ink) + np.array(colour) * ink).astype(np.uint8)


@lru_cache(maxsize=256)
def _mask(text: str, size_px: int) -> Pixels:
    font = _font(size_px)
    left, top, right, bottom = font.getbbox(text)
    image = Image.new("L", (int(right - left) + 2 * PADDING_PX, int(bottom - top) + 2 * PADDING_PX))
    ImageDraw.Draw(image).text((PADDING_PX - left, PADDING_PX - top), text, fill=255, font=font)
    return np.asarray(image)


@lru_cache(maxsize=8)
def _font(size_px: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    for path in FONTS:
        if Path(path).exists():
            return ImageFont.truetype(path, size_px)
    return ImageFont.load_default(size_px)

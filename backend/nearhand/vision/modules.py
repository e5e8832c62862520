"""Know the modules of a symbol, the black and white squares it consists of, from what it says."""

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Modules = NDArray[np.bool_]  # True is black


@lru_cache(maxsize=512)
def qr_modules(text: str) -> Modules:
    """The QR symbol of the lowest version that holds the text, with the best correction that version allows.

    Raises ValueError for a text that no version holds.
    """
    import qrcode

    levels = (qrcode.ERROR_CORRECT_H, qrcode.ERROR_CORRECT_Q, qrcode.ERROR_CORRECT_M, qrcode.ERROR_CORRECT_L)

    def symbol(level: int) -> Any:
        code = qrcode.QRCode(error_correction=level, border=0)
        code.add_data(text, optimize=0)
        return code

    versions: dict[int, int] = {}
    for level in levels:
        try:
            versions[level] = symbol(level).best_fit()
        except (ValueError, qrcode.exceptions.DataOverflowError):
            continue  # only a weaker correction leaves room for so much
    if not versions:
        raise ValueError(f"no QR symbol holds {len(text)} characters")
    lowest = min(versions.values())
    code = symbol(next(level for level, version in versions.items() if version == lowest))
    code.make()
    return _frozen(np.array(code.modules, dtype=np.bool_))


@lru_cache(maxsize=1024)
def tag_modules(dictionary: str, tag_id: int) -> Modules:
    """A tag with its black border, one element per module. Raises ValueError for an id the dictionary lacks."""
    import cv2

    tags = tag_dictionary(dictionary)
    if tag_id >= len(tags.bytesList):
        raise ValueError(f"{dictionary} has {len(tags.bytesList)} tags")
    side = tags.markerSize + 2
    return _frozen(np.asarray(cv2.aruco.generateImageMarker(tags, tag_id, side)) == 0)


@lru_cache(maxsize=32)
def tag_dictionary(name: str) -> Any:
    """OpenCV's dictionary of that name. Raises ValueError when it has none."""
    import cv2

    number = getattr(cv2.aruco, name, None) if name.startswith("DICT_") else None
    if not isinstance(number, int):
        raise ValueError(f"there is no tag dictionary {name}")
    return cv2.aruco.getPredefinedDictionary(number)


def _frozen(modules: Modules) -> Modules:
    modules.setflags(write=False)  # shared by all who ask again
    return modules

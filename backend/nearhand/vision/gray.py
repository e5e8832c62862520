"""Hold a picture as brightness alone."""

import numpy as np
from numpy.typing import NDArray

Gray = NDArray[np.uint8]


def gray_of(image: NDArray[np.uint8]) -> Gray:
    """One brightness per pixel; colour pictures come as OpenCV gives them, blue first."""
    if image.dtype != np.uint8 or image.ndim not in (2, 3):
        raise ValueError("a picture is an array of bytes, height x width or height x width x 3")
    if image.ndim == 3:
        import cv2

        code = cv2.COLOR_BGR2GRAY if image.shape[2] == 3 else cv2.COLOR_BGRA2GRAY
        return np.asarray(cv2.cvtColor(image, code), dtype=np.uint8)
    return np.ascontiguousarray(image)

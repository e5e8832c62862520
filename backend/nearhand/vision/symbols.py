"""Name what is seen in a picture: a label or a tag with its four corners."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.edges import Edges
from nearhand.vision.modules import Modules


@dataclass(frozen=True, eq=False)
class LabelSeen:
    """A QR symbol that was read. Corners: top-left, top-right, bottom-right, bottom-left as printed, in pixels."""

    text: str
    corners_px: NDArray[np.float64]
    modules: Modules | None = None  # as the decoder saw them
    edges: Edges | None = None  # once it is registered
    is_read: bool = True  # not, when its text is known from before and it was found where it had to be
    is_mirrored: bool = (
        False  # seen in a mirror, or by a camera that shows its picture like one: good for no pose
    )


@dataclass(frozen=True, eq=False)
class TagSeen:
    """A tag that was found; corners as for labels."""

    dictionary: str
    id: int
    corners_px: NDArray[np.float64]
    edges: Edges | None = None

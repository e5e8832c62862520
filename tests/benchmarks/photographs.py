"""How well a symbol in a real photograph tells where things are that it was not measured by.

No true pose is known of these photographs, and none of them shows several symbols that are read. So each symbol is held
against itself: a homography from the edges of its left three fifths has to say where the edges of its right quarter are;
the same is asked of the decoder's four corners, which were free to see all of it.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from nearhand.vision.edges import Edges, carried, homography, register
from nearhand.vision.image import open_picture
from nearhand.vision.labels import read_labels
from tests.support.shared import photographs

Array = NDArray[np.float64]

KNOWN_UP_TO, ASKED_FROM = 0.1, 0.25  # parts of the side, right of the middle
LEAST_ASKED = 12


def figures() -> dict[str, Any]:
    """Medians over the photographs, of the root mean square over the edges asked for, in modules."""
    plain: list[float] = []
    registered: list[float] = []
    read = 0
    for path, _ in photographs():
        gray = open_picture(path, limit_pixels=60_000_000).gray
        for label in read_labels(gray, timeout_s=0.5)[:1]:
            read += 1
            edges = None if label.modules is None else register(gray, label.modules, label.corners_px)
            if edges is None or label.modules is None:
                continue
            is_asked = edges.at[:, 0] > ASKED_FROM
            partial = _from_part(edges, homography(label.corners_px))
            if is_asked.sum() < LEAST_ASKED or partial is None:
                continue
            module_px = np.linalg.norm(edges.corners_px[1] - edges.corners_px[0]) / len(label.modules)
            for h, into in ((homography(label.corners_px), plain), (partial, registered)):
                into.append(_gap(edges, h, is_asked) / float(module_px))
    return {
        "photographs_read": read,
        "registered": len(registered),
        "corners_median_modules": round(float(np.median(plain)), 3),
        "corners_p95_modules": round(float(np.percentile(plain, 95)), 3),
        "extrapolated_median_modules": round(float(np.median(registered)), 3),
        "extrapolated_p95_modules": round(float(np.percentile(registered, 95)), 3),
    }


def _gap(edges: Edges, h: Array, chosen: NDArray[np.bool_]) -> float:
    away = ((edges.px - carried(h, edges.at)) * edges.normal).sum(axis=1)[chosen]
    return float(np.sqrt(np.mean(away**2)))


def _from_part(edges: Edges, start: Array) -> Array | None:
    """The homography of the edges on the left, by Gauss-Newton from the decoder's."""
    known = edges.at[:, 0] < KNOWN_UP_TO
    at, px, normal = edges.at[known], edges.px[known], edges.normal[known]
    if len(at) < 4 * LEAST_ASKED:
        return None
    h = start.copy()
    for _ in range(5):
        one = np.column_stack([at, np.ones(len(at))])
        depth = one @ h[2]
        now = carried(h, at)
        along = normal / depth[:, None]
        toward = -(along * now).sum(axis=1)
        j = np.column_stack([along[:, :1] * one, along[:, 1:] * one, toward[:, None] * at])
        size = np.linalg.norm(j, axis=0)
        step = np.linalg.lstsq(j / size, ((px - now) * normal).sum(axis=1), rcond=1e-9)[0] / size
        h.ravel()[:8] += step
    return h if np.all(np.isfinite(h)) else None

"""Every mark that a log tells of: where it is on the device, and where on each still while it was there."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from nearhand.sessions.model import Sighting
from nearhand.vision.camera import Intrinsics
from nearhand.vision.project import project

# A mark that was there through a whole day is not told of on each of its stills.
STILLS_PER_MARK = 50
_LINES = {"freehand", "arrow"}


@dataclass
class Marked:
    """One mark: as it was last, and on which stills it was seen."""

    mark: dict[str, Any]
    removed_at: str | None = None
    is_there: bool = True
    stills: dict[str, list[list[float]]] = field(default_factory=dict)


class MarkBook:
    """Fed with a log in order."""

    def __init__(self) -> None:
        self._marks: dict[str, Marked] = {}
        self._seen: dict[tuple[str, int], dict[str, Any]] = {}
        self._still: dict[str, Any] | None = None

    def take(self, event: dict[str, Any]) -> None:
        match event["type"]:
            case "still.shared":
                still = self._still = event["still"]
                self._seen[still["frame"]["stream"], still["frame"]["frame_id"]] = still
                for marked in self._marks.values():
                    if marked.is_there:
                        _put(marked, still)
            case "annotation.added" | "annotation.edited" | "annotation.restored":
                self._drawn(event["annotation"])
            case "annotation.removed":
                gone = self._marks.get(event["id"])
                if gone is not None:
                    gone.is_there, gone.removed_at = False, event["at"]

    def _drawn(self, mark: dict[str, Any]) -> None:
        marked = self._marks.setdefault(mark["id"], Marked(mark))
        marked.mark, marked.is_there, marked.removed_at = mark, True, None
        frame = mark.get("frame")
        on = self._seen.get((frame["stream"], frame["frame_id"])) if frame else None
        for still in (on, self._still):
            if still is not None:
                _put(marked, still)

    def features(self) -> Iterator[dict[str, Any]]:
        """As GeoJSON, in millimetres of a face (x right, y down from its top left, z towards the viewer)."""
        for marked in self._marks.values():
            mark, anchor = marked.mark, marked.mark["anchor"]
            is_on_face = anchor.get("kind", "face") == "face"
            points = anchor["points_mm"] if is_on_face else anchor["points"]
            geometry = (
                {"type": "LineString", "coordinates": points}
                if mark["shape"] in _LINES and len(points) > 1
                else {"type": "MultiPoint", "coordinates": points}
            )
            yield {
                "type": "Feature",
                "id": mark["id"],
                "geometry": geometry,
                "properties": {
                    "unit": "mm of the face" if is_on_face else "0..1 of the still",
                    **{key: value for key, value in mark.items() if key not in {"id", "anchor"}},
                    **{key: value for key, value in anchor.items() if key not in {"points_mm", "points"}},
                    "removed_at": marked.removed_at,
                    "on_stills_px": marked.stills,
                },
            }


def _put(marked: Marked, still: dict[str, Any]) -> None:
    if len(marked.stills) >= STILLS_PER_MARK and still["sha256"] not in marked.stills:
        return
    points = points_px(marked.mark["anchor"], still)
    if points is not None:
        marked.stills[still["sha256"]] = points


def points_px(anchor: dict[str, Any], still: dict[str, Any]) -> list[list[float]] | None:
    """Pixels of the still, pixel centres at whole numbers; None where the mark is not to be seen on it."""
    if anchor.get("kind", "face") == "still":
        if anchor["sha256"] != still["sha256"]:
            return None
        return [[u * still["width"] - 0.5, v * still["height"] - 0.5] for u, v in anchor["points"]]
    if still["sighting"] is None:
        return None
    sighting = Sighting.model_validate(still["sighting"])
    if (sighting.device_id, sighting.face) != (anchor["device_id"], anchor["face"]):
        return None
    camera = Intrinsics(**sighting.camera.model_dump())
    found = project(anchor["points_mm"], sighting.T_camera_face, camera)
    # The sighting may be of another size of the same picture, and the still show a part of it.
    part = still.get("part") or {"frame_width": still["width"], "frame_height": still["height"]}
    scale = np.array([part["frame_width"] / camera.width, part["frame_height"] / camera.height])
    pixels = (found + 0.5) * scale - 0.5 - (part.get("x", 0), part.get("y", 0))
    return (
        [[round(float(x), 2), round(float(y), 2)] for x, y in pixels] if np.isfinite(pixels).all() else None
    )

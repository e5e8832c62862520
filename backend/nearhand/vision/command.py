"""Read and locate in picture files: one JSON object, or one readable line, per picture."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ValidationError

from nearhand.vision.camera import Intrinsics
from nearhand.vision.image import OversizedPicture, Picture, UnreadablePicture, open_picture
from nearhand.vision.labels import read_labels
from nearhand.vision.layout import Layout
from nearhand.vision.locate import Located, Look, locate_seen, look
from nearhand.vision.tags import find_tags, tag_side

LIMIT_BYTES = 100 * 1024 * 1024
LIMIT_PIXELS = 60_000_000
FINDINGS = {
    "label_and_tags_disagree": "the label and the tags do not belong together",
    "mirrored": "the picture is mirrored",
}


class BadInput(ValueError):
    """An argument or a document that is not what it should be, in words for the person who gave it."""


def read_files(images: Sequence[Path], *, dictionary: str, timeout_s: float) -> Iterator[dict[str, Any]]:
    """Labels and tags of each picture; `error` where one cannot be read."""
    for path in images:
        answer: dict[str, Any] = {"image": str(path), "labels": [], "tags": []}
        try:
            gray = _open(path).gray
        except BadInput as error:
            yield answer | {"error": str(error)}
            continue
        labels = read_labels(gray, timeout_s=timeout_s)
        tags = find_tags(gray, dictionary)
        answer["labels"] = [{"text": one.text, "corners_px": _rounded(one.corners_px)} for one in labels]
        answer["tags"] = [{"id": one.id, "corners_px": _rounded(one.corners_px)} for one in tags]
        yield answer


def locate_files(
    images: Sequence[Path],
    layout: Layout,
    camera: Intrinsics | None,
    points: Sequence[tuple[float, float]],
    *,
    timeout_s: float,
) -> Iterator[dict[str, Any]]:
    """The face's pose in each picture. All are looked at before any is answered: they share one camera."""
    seen: list[Look | str] = []
    focals: set[float | None] = set()
    for path in images:
        try:
            picture = _open(path)
            if camera is not None:
                camera.scaled_to(picture.gray.shape[1], picture.gray.shape[0])
            seen.append(look(picture.gray, layout, camera, timeout_s=timeout_s))
            focals.add(picture.focal_35mm)
        except ValueError as error:
            seen.append(str(error))
    focal = focals.pop() if len(focals) == 1 else None
    looks = [one for one in seen if not isinstance(one, str)]
    found = iter(locate_seen(looks, layout, camera, focal_35mm=focal))
    for path, result in zip(images, seen, strict=True):
        if isinstance(result, str):
            yield _answer(path, None, points) | {"error": result}
        else:
            answer = _answer(path, next(found), points)
            is_lost = result.is_mirrored and not answer["found"]
            yield answer | ({"finding": "mirrored"} if is_lost else {})


def document(model: type[BaseModel], path: Path) -> Any:
    """A JSON document of the given kind. Raises BadInput saying what is wrong with it."""
    try:
        if path.stat().st_size > 1024 * 1024:
            raise BadInput(f"{path}: larger than a megabyte")
        return model.model_validate_json(path.read_bytes())
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from None
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise BadInput(f"{path}: {where}: {first['msg']}") from None


def known_dictionary(name: str) -> None:
    """Raise BadInput for a dictionary of tags that OpenCV lacks."""
    try:
        tag_side(name)
    except ValueError as error:
        raise BadInput(str(error)) from None


def point(text: str) -> tuple[float, float]:
    """`X,Y` in face millimetres. Raises BadInput."""
    try:
        x, y = (float(part) for part in text.split(","))
    except ValueError:
        x = y = float("nan")
    if not np.isfinite([x, y]).all():
        raise BadInput(f"--point {text}: give X,Y in millimetres, e.g. 241.3,22")
    return x, y


def as_line(answer: dict[str, Any]) -> str:
    """For people: what was found, in one line."""
    if "error" in answer:
        return f"{answer['image']}: {answer['error']}"
    if "found" in answer:
        if not answer["found"]:
            return f"{answer['image']}: {FINDINGS.get(answer.get('finding', ''), 'not found')}"
        z_mm = answer["T_camera_face"][2][3]
        points = " ".join(
            f"({p['x_mm']:g}, {p['y_mm']:g}) at ({p['u_px']}, {p['v_px']}) ± {p['ring_mm']} mm"
            for p in answer["points"]
        )
        return f"{answer['image']}: found, {z_mm:.0f} mm away {points}".rstrip()
    seen = [repr(label["text"]) for label in answer["labels"]] + [
        f"tag {tag['id']}" for tag in answer["tags"]
    ]
    return f"{answer['image']}: {', '.join(seen) or 'nothing'}"


def as_json(answer: dict[str, Any]) -> str:
    return json.dumps(answer, ensure_ascii=False, allow_nan=False)


def _open(path: Path) -> Picture:
    try:
        return open_picture(path, limit_pixels=LIMIT_PIXELS, limit_bytes=LIMIT_BYTES)
    except (UnreadablePicture, OversizedPicture) as error:
        raise BadInput(str(error)) from None
    except OSError as error:
        raise BadInput(error.strerror or "cannot be opened") from None


def _answer(path: Path, located: Located | None, points: Sequence[tuple[float, float]]) -> dict[str, Any]:
    if located is None or located.is_contradicted:
        nothing = {
            "image": str(path),
            "found": False,
            "T_camera_face": None,
            "covariance": None,
            "points": [],
        }
        return nothing if located is None else nothing | {"finding": "label_and_tags_disagree"}
    return {
        "image": str(path),
        "found": True,
        "T_camera_face": located.pose.tolist(),
        "covariance": located.covariance.tolist(),
        "points": [
            {
                "x_mm": p.x_mm,
                "y_mm": p.y_mm,
                "u_px": _number(p.u_px),
                "v_px": _number(p.v_px),
                "ring_px": _number(p.ring_px),
                "ring_mm": _number(p.ring_mm),
            }
            for p in (located.points(points) if points else [])
        ],
        "label_seen": located.label_seen,
        "label_held": located.is_label_held,
        "tags_seen": list(located.tags_seen),
        "camera": located.camera.model_dump(),
    }


def _number(value: float) -> float | None:
    """JSON has no word for a point behind the camera."""
    return round(value, 4) if np.isfinite(value) else None


def _rounded(corners: Any) -> list[list[float]]:
    return [[round(float(value), 3) for value in corner] for corner in corners]

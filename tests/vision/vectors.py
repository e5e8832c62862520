"""Write the numbers on which Python and TypeScript must agree: `python -m tests.vision.vectors`."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.sessions.anchoring import BESIDE_FACE_MM
from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.crop import crop_to
from nearhand.vision.edges import outline
from nearhand.vision.fit import Fit, Seen, fit_camera, fit_pose
from nearhand.vision.layout import LayoutFace
from nearhand.vision.mask import Extent, kept_outline
from nearhand.vision.modules import tag_modules
from nearhand.vision.on_face import on_face
from nearhand.vision.pose import Pose, compose, inverse, perturb, pose, rotation_vector
from nearhand.vision.project import (
    face_jacobian,
    focal_jacobian,
    k1_jacobian,
    pose_jacobian,
    project,
    rays,
    unproject,
)
from nearhand.vision.rings import ring_radius
from nearhand.vision.tags import DICTIONARY

FOLDER = Path(__file__).parents[2] / "console/packages/spatial/vectors"
SEED = 20261122
DIGITS = 10  # significant: what processors differ in lies beyond

Array = NDArray[np.float64]


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    for name, text in vectors().items():
        (FOLDER / name).write_text(text, encoding="utf-8")


def vectors() -> dict[str, str]:
    """The files by name, as they should be."""
    return {
        "poses.json": _text(_poses(np.random.default_rng(SEED))),
        "projection.json": _text(_projection(np.random.default_rng(SEED + 1))),
        "rings.json": _text(_rings(np.random.default_rng(SEED + 2))),
        "fits.json": _text(_fits(np.random.default_rng(SEED + 3))),
        "calibrations.json": _text(_calibrations(np.random.default_rng(SEED + 4))),
        "masks.json": _text(_masks(np.random.default_rng(SEED + 5))),
        "crops.json": _text(_crops(np.random.default_rng(SEED + 6))),
    }


def _poses(rng: np.random.Generator) -> list[dict[str, Any]]:
    cases = []
    for turn in (0.0, 1e-9, 1e-3, 0.4, 1.5, 3.0, np.pi - 1e-4):
        axis = rng.normal(size=3)
        vector = axis / np.linalg.norm(axis) * turn
        a, b = pose(vector, rng.normal(0, 300, 3)), _pose(rng)
        step = np.append(rng.normal(0, 0.1, 3), rng.normal(0, 20, 3))
        cases.append(
            {
                "vector": vector,
                "translation": a[:3, 3],
                "pose": a,
                "back": rotation_vector(a[:3, :3]),
                "other": b,
                "composed": compose(a, b),
                "inverse": inverse(a),
                "step": step,
                "perturbed": perturb(a, step),
            }
        )
    return cases


def _projection(rng: np.random.Generator) -> list[dict[str, Any]]:
    cases = []
    for k1 in (0.0, -0.12, 0.03, 0.15):
        for width, height in ((1280, 720), (720, 1280), (640, 360)):
            camera = _camera(rng, width, height, k1)
            where = _pose(rng)
            points = np.column_stack([rng.uniform(0, 480, 6), rng.uniform(0, 44, 6), rng.uniform(-20, 40, 6)])
            flat = points * [1, 1, 0]
            px = project(points, where, camera)
            pixels = rng.uniform([0, 0], [width, height], (6, 2))
            steps = rng.normal(size=(6, 6)) * [0.003, 0.003, 0.003, 0.4, 0.4, 1.5]
            covariance = steps.T @ steps
            cases.append(
                {
                    "camera": _plain(camera),
                    "pose": where,
                    "points_mm": points,
                    "px": px,
                    "d_step": pose_jacobian(points, where, camera),
                    "d_log_focal": focal_jacobian(points, where, camera),
                    "d_k1": k1_jacobian(points, where, camera),
                    "pixels": pixels,
                    "rays": rays(pixels, camera)[:, :2],
                    "face_mm": unproject(pixels, where, camera),
                    "covariance": covariance,
                    "flat_mm": flat,
                    "rings": [_ring(point, where, camera, covariance) for point in flat],
                }
            )
    return cases


def _ring(point: Array, where: Pose, camera: Intrinsics, covariance: Array) -> dict[str, float]:
    j = pose_jacobian([point], where, camera)[0]
    spread = j @ covariance @ j.T
    back = np.linalg.inv(face_jacobian([point], where, camera)[0])
    return {"px": ring_radius(spread), "mm": ring_radius(back @ spread @ back.T)}


def _rings(rng: np.random.Generator) -> list[dict[str, Any]]:
    cases = []
    for share in np.linspace(0, 1, 14):
        angle, size = rng.uniform(0, np.pi), rng.uniform(0.1, 8)
        turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
        covariance = turn @ np.diag([size**2, (size * share) ** 2]) @ turn.T
        cases.append({"covariance": covariance, "radius": ring_radius(covariance)})
    return cases


# A label beside a tag, and a tag at the other ear: where and how large (mm).
SYMBOLS = ((7, 12.0, 22.0, 15.0), (40, 60.0, 22.0, 25.0), (133, 470.6, 22.0, 15.0))
TAGS = SYMBOLS[::2]
PORTS = [(100.0, 10.0), (241.0, 22.0), (440.0, 34.0)]
NOISE_PX = 0.08


def _fits(rng: np.random.Generator) -> list[dict[str, Any]]:
    """One picture: the symbols' edges as measured, and what follows from them."""
    cases = []
    views = [
        (symbols, _near(rng, distance))
        for symbols, distance in ((SYMBOLS, 560), (SYMBOLS, 700), (TAGS, 620), (SYMBOLS[:2], 300))
    ] + [(TAGS, _aside(rng, side * tilt)) for tilt in (45, 52, 60) for side in (-1, 1)]
    for symbols, where in views:
        camera = nominal(1280, 720)
        seen = _seen(rng, symbols, where, _phone(rng, 0.02))
        fit = _fitted([seen], camera)[0]
        j = np.concatenate(
            [
                pose_jacobian(PORTS, fit.pose, fit.camera),
                focal_jacobian(PORTS, fit.pose, fit.camera)[:, :, None],
                k1_jacobian(PORTS, fit.pose, fit.camera)[:, :, None],
            ],
            axis=2,
        )
        cases.append(
            {
                "camera": _plain(camera) | {"focal_sd": camera.focal_sd, "k1_sd": camera.k1_sd},
                "symbols": [_measured(one) for one in seen],
                "ports_mm": np.array(PORTS),
                "ports_px": project(PORTS, fit.pose, fit.camera),
                "rings_px": np.array([ring_radius(one @ fit.joint @ one.T) for one in j]),
                "on_face": _on_face(fit),
            }
        )
    return cases


def _on_face(fit: Fit) -> dict[str, Any]:
    """The same for those who draw by the pose alone."""
    told = on_face(fit, LayoutFace(width_mm=482.6, height_mm=44.45))
    j = pose_jacobian(PORTS, told.pose, fit.camera)
    return {
        "ports_px": project(PORTS, told.pose, fit.camera),
        "rings_px": np.array([ring_radius(one @ told.covariance @ one.T) for one in j]),
    }


def _calibrations(rng: np.random.Generator) -> list[dict[str, Any]]:
    """Several pictures of one unknown camera."""
    cases = []
    for k1 in (-0.03, 0.02):
        true, camera = _phone(rng, k1), nominal(1280, 720)
        views = [_seen(rng, SYMBOLS[:2], _near(rng, rng.uniform(140, 260)), true) for _ in range(5)]
        fits = _fitted(views, camera)
        found = fits[0].camera
        cases.append(
            {
                "camera": _plain(camera) | {"focal_sd": camera.focal_sd, "k1_sd": camera.k1_sd},
                "views": [
                    {"pose": fit.pose, "symbols": [_measured(one) for one in seen]}
                    for fit, seen in zip(fits, views, strict=True)
                ],
                "fx": found.fx,
                "k1": found.k1,
                "focal_sd": found.focal_sd,
                "k1_sd": found.k1_sd,
            }
        )
    return cases


def _fitted(views: list[list[Seen]], camera: Intrinsics) -> list[Fit]:
    single = [fit_pose([(str(i), [one]) for i, one in enumerate(seen)], camera) for seen in views]
    return [fit for fit in fit_camera(single) if fit is not None]


def _seen(
    rng: np.random.Generator, symbols: Sequence[tuple[float, ...]], where: Pose, camera: Intrinsics
) -> list[Seen]:
    seen = []
    for number, x_mm, y_mm, size_mm in symbols:
        edges = outline(tag_modules(DICTIONARY, int(number)))
        middle = np.array([x_mm, y_mm])
        mm = middle + edges.at * size_mm
        px = project(mm, where, camera)
        along = project(mm + edges.white[:, ::-1] * [-1e-3, 1e-3], where, camera) - px
        normal = np.column_stack([along[:, 1], -along[:, 0]])
        normal /= np.linalg.norm(normal, axis=1, keepdims=True)
        corners = middle + np.array([[-0.5, -0.5], [0.5, -0.5], [0.5, 0.5], [-0.5, 0.5]]) * size_mm
        seen.append(
            Seen(
                corners_mm=corners,
                corners_px=_short(project(corners, where, camera)),
                corner_sd_px=0.12,
                points_mm=_short(mm),
                points_px=_short(px + normal * rng.normal(0, NOISE_PX, (len(mm), 1))),
                normal=_short(normal, 6),
                outward=np.ones(len(mm)),
                sd_px=np.full(len(mm), NOISE_PX),
            )
        )
    return seen


def _measured(seen: Seen) -> dict[str, Any]:
    return {
        "corners_mm": seen.corners_mm,
        "corners_px": seen.corners_px,
        "points_mm": seen.points_mm,
        "points_px": seen.points_px,
        "normal": seen.normal,
        "sd_px": seen.sd_px,
    }


def _short(values: Array, digits: int = 4) -> Array:
    return np.round(values, digits)


def _near(rng: np.random.Generator, distance_mm: float) -> Pose:
    turn = rng.uniform(-0.45, 0.45, 3)
    at = np.array([240 if distance_mm > 400 else 40, 22, 0])
    return pose(turn, np.array([0, 0, distance_mm]) - pose(turn, (0, 0, 0))[:3, :3] @ at)


def _aside(rng: np.random.Generator, tilt_deg: float) -> Pose:
    """A face seen from the side of its rack."""
    turn = np.append(rng.uniform(-0.1, 0.1), [np.radians(tilt_deg), rng.uniform(-0.1, 0.1)])
    return pose(turn, np.array([0, 0, 540]) - pose(turn, (0, 0, 0))[:3, :3] @ np.array([240, 22, 0]))


def _phone(rng: np.random.Generator, k1: float) -> Intrinsics:
    first = nominal(1280, 720)
    return first.with_focal(first.fx * rng.uniform(0.92, 1.08)).model_copy(update={"k1": k1})


def _camera(rng: np.random.Generator, width: int, height: int, k1: float) -> Intrinsics:
    first = nominal(width, height)
    changed = {
        "fx": first.fx * rng.uniform(0.9, 1.1),
        "fy": first.fy * rng.uniform(0.9, 1.1),
        "cx": first.cx + rng.uniform(-9, 9),
        "cy": first.cy + rng.uniform(-9, 9),
        "k1": k1,
    }
    return first.model_copy(update=changed)


def _plain(camera: Intrinsics) -> dict[str, float]:
    names = ("width", "height", "fx", "fy", "cx", "cy", "k1")
    return {name: getattr(camera, name) for name in names}


def _masks(rng: np.random.Generator) -> list[dict[str, Any]]:
    cases = []
    for k1 in (-0.12, 0.0, 0.08):
        for distance_mm, sd_mm in ((900, 0.2), (450, 0.1), (160, 0.05), (160, 0.8), (1500, 15.0)):
            camera = _camera(rng, 1280, 720, k1)
            turn = rng.uniform(-0.6, 0.6, 3)
            at = np.array([rng.uniform(0, 480), rng.uniform(0, 130), 0])
            where = pose(turn, np.array([0, 0, distance_mm]) - pose(turn, (0, 0, 0))[:3, :3] @ at)
            spread = np.append(rng.uniform(0.5, 1.5, 3) * sd_mm / 300, rng.uniform(0.5, 1.5, 3) * sd_mm)
            extent = {"left": 0.0, "top": 0.0, "right": 482.6, "bottom": 44.45 * int(rng.integers(1, 4))}
            covariance, margin_px = np.diag(spread**2), float(rng.uniform(0, 3))
            outline_px = kept_outline(camera, where, covariance, Extent(**extent), margin_px)
            case = {"camera": _plain(camera), "pose": where, "covariance": covariance, "extent": extent}
            cases.append(case | {"margin_px": margin_px, "outline_px": outline_px})
    return cases


def _crops(rng: np.random.Generator) -> list[dict[str, Any]]:
    cases = []
    for k1 in (-0.12, 0.0, 0.08):
        for distance_mm, sd_mm in ((1400, 2.0), (900, 0.2), (450, 0.1), (160, 0.05), (700, 0.0), (900, 40.0)):
            camera = _camera(rng, 1280, 720, k1)
            face = LayoutFace(width_mm=482.6, height_mm=44.45 * int(rng.integers(1, 4)))
            at = np.array([rng.uniform(100, 380), rng.uniform(0, face.height_mm), 0])
            turn = rng.uniform(-0.5, 0.5, 3)
            where = pose(turn, np.array([0, 0, distance_mm]) - pose(turn, (0, 0, 0))[:3, :3] @ at)
            spread = np.append(rng.uniform(0.5, 1.5, 3) * sd_mm / 300, rng.uniform(0.5, 1.5, 3) * sd_mm)
            covariance = np.diag(spread**2)
            part = crop_to(camera, where, covariance, face, BESIDE_FACE_MM)
            case = {"camera": _plain(camera), "pose": where, "covariance": covariance}
            cases.append(case | {"face": face.model_dump(), "part": part and part._asdict()})
    return cases


def _pose(rng: np.random.Generator) -> Pose:
    turn = rng.uniform(-0.5, 0.5, 3)
    bare = pose(turn, (0, 0, 0))[:3, :3]
    return pose(turn, np.array([0, 0, rng.uniform(350, 1200)]) - bare @ np.array([240, 22, 0]))


def _text(cases: list[dict[str, Any]]) -> str:
    return json.dumps([_rounded(case) for case in cases], indent=1) + "\n"


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    if isinstance(value, np.ndarray):
        return [_number(one) for one in value.ravel().tolist()]
    return _number(value)


def _number(value: ArrayLike | None) -> float | None:
    if value is None:
        return None
    number = float(np.asarray(value))
    return float(f"{number:.{DIGITS}g}") + 0.0 if np.isfinite(number) else None


if __name__ == "__main__":
    main()

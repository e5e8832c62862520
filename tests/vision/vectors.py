"""Write the numbers on which Python and TypeScript must agree: `python -m tests.vision.vectors`."""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.pose import Pose, compose, inverse, perturb, pose, rotation_vector
from nearhand.vision.project import (
    face_jacobian,
    focal_jacobian,
    pose_jacobian,
    project,
    rays,
    unproject,
)
from nearhand.vision.rings import ring_radius

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


def _number(value: ArrayLike) -> float | None:
    number = float(np.asarray(value))
    return float(f"{number:.{DIGITS}g}") + 0.0 if np.isfinite(number) else None


if __name__ == "__main__":
    main()

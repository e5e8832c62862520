"""How far carried marks stray between sightings, beside the usual ways.

`python -m tests.benchmarks.track [--json] [--seeds 1,2,3] [--seconds 10]`: rendered films of a moving hand before a 48
port switch, 1280 x 720 at 30 frames a second, with the true pose of each frame. Five ports are carried; the error is on
the face, in millimetres. "without": sighted once, at the start. "with": sighted by its tags every third frame.

WebXR is not measured here: it needs a phone. What its documents and evaluations say is quoted in the table.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nearhand.simulation.film import Film
from nearhand.simulation.render import Front, Look, build_scene, phone_camera
from nearhand.simulation.walk import Stand, Walk
from nearhand.vision.belief import Belief
from nearhand.vision.camera import Intrinsics
from nearhand.vision.flow import reduced
from nearhand.vision.gray import Gray, gray_of
from nearhand.vision.locate import Located, locate_seen
from nearhand.vision.locate import Look as Sight
from nearhand.vision.project import face_jacobian, pose_jacobian, project, unproject
from nearhand.vision.rings import ring_radius
from nearhand.vision.symbols import TagSeen
from nearhand.vision.tags import find_tags
from nearhand.vision.tracker import FaceTracker
from tests.support.hall import switch_face, switch_layout

Array = NDArray[np.float64]

LAYOUT = switch_layout()
FACE = switch_face()
PORTS = np.array(
    [(port.x_mm, port.y_mm) for port in FACE.ports if port.name in {"1", "13", "24", "37", "48"}]
)
CAMERA = phone_camera(1280, 720, field_of_view_deg=66)
LENS = Intrinsics(**CAMERA.model_dump(), focal_sd=0, k1_sd=0)  # calibrated: what drifts here is the motion
RATE = 30
SIGHT_EVERY = 3
ORB_EVERY = 15
WEBXR = "a few cm, drifting with the way walked (ARCore and ARKit evaluations); no Safari, iOS or Firefox"


@dataclass
class Seen:
    """One frame: the picture, its reduced copy, and what is true."""

    number: int
    gray: Gray
    small: Gray
    truth: Array
    tags: list[TagSeen]
    located: Located | None


@dataclass
class Told:
    """What a method says of the films."""

    errors_mm: list[float] = field(default_factory=list)
    within: list[bool] = field(default_factory=list)
    spent_ms: list[float] = field(default_factory=list)
    lost: int = 0
    frames: int = 0

    def summary(self) -> dict[str, Any]:
        errors = self.errors_mm or [float("nan")]
        told = {
            "median_mm": round(float(np.median(errors)), 3),
            "p95_mm": round(float(np.percentile(errors, 95)), 3),
            "same_port": round(float(np.mean(np.array(errors) < 6.8)), 4),
            "lost": round(self.lost / max(1, self.frames), 4),
            "cpu_ms": round(float(np.median(self.spent_ms)), 2),
        }
        if self.within:
            told["ring_coverage"] = round(float(np.mean(self.within)), 4)
        return told


# A method takes each frame, and says with which homography (face millimetres to small pixels) or pose it sees the face.
Method = Callable[[Seen], Any]


def walk(seed: int, seconds: float) -> Walk:
    """A hand that looks around the middle of the face, from 0.4 to 0.8 m."""
    rng = np.random.default_rng(seed)
    stands = [
        Stand(
            share,
            float(rng.uniform(150, 330)),
            float(rng.uniform(10, 34)),
            float(rng.uniform(400, 800)),
            *(float(rng.uniform(-limit, limit)) for limit in (16, 12, 6)),
        )
        for share in np.arange(0, 1, 0.14)
    ]
    return Walk(tuple(stands), seconds, sway=2.0)


def frames_of(seed: int, seconds: float) -> list[Seen]:
    scene = build_scene(Front(FACE, LAYOUT, title="SW", seed=seed, cabled=0.3))
    film = Film(scene, walk(seed, seconds), CAMERA, Look(blur_px=0.7, noise=3.0), RATE)
    found = []
    for number in range(film.frames):
        gray = gray_of(film.picture(number))
        tags = find_tags(gray) if number % SIGHT_EVERY == 0 else []
        located = locate_seen([Sight((1280, 720), (), tuple(tags))], LAYOUT, LENS)[0] if tags else None
        found.append(Seen(number, gray, reduced(gray), film.pose(number), tags, located))
    return found


def _given(seen: Seen, is_with: bool, has_begun: bool) -> Located | None:
    """The sighting of this frame that a method is given: each, or the first by both tags alone."""
    if seen.located is None or is_with:
        return seen.located
    return None if has_begun or len(seen.located.tags_seen) < 2 else seen.located


# -- methods ----------------------------------------------------------------------------------------------------


class Ours:
    def __init__(self, *, with_sightings: bool) -> None:
        self._tracker = FaceTracker()
        self._with = with_sightings
        self._has_begun = False

    def __call__(self, seen: Seen) -> Any:
        tracked = self._tracker.follow(seen.gray, LENS)
        located = _given(seen, self._with, self._has_begun)
        if located is not None:
            self._has_begun = True
            places = [
                ((place.x_mm, place.y_mm), tag.corners_px.mean(axis=0))
                for place in LAYOUT.tags
                for tag in seen.tags
                if tag.id == place.id and tag.id in located.tags_seen
            ]
            belief = Belief(located.pose, located.covariance)
            tracked = self._tracker.sight(
                belief, LENS, LAYOUT.face, places, is_ambiguous=located.is_ambiguous
            )
        return tracked


class HoldLast:
    """The pose of the newest sighting, until there is another."""

    def __init__(self, *, with_sightings: bool) -> None:
        self._with = with_sightings
        self._pose: Any = None

    def __call__(self, seen: Seen) -> Any:
        located = _given(seen, self._with, self._pose is not None)
        if located is not None:
            self._pose = located.pose
        return self._pose


class Chained:
    """The textbook: corners, Lucas-Kanade, RANSAC, and each frame's homography times the one before."""

    def __init__(self, *, with_sightings: bool, orb: bool = False) -> None:
        self._with, self._orb = with_sightings, orb
        self._has_begun = False
        self._before: Gray | None = None
        self._points = np.empty((0, 1, 2), np.float32)
        self._h: Any = None
        self._keys: list[tuple[Any, Any, Any]] = []
        self._detector = cv2.ORB.create(500)
        self._matcher = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True)

    def __call__(self, seen: Seen) -> Any:
        before, self._before = self._before, seen.small
        if self._h is not None and before is not None:
            self._chain(before, seen.small)
        if self._orb and self._h is not None and seen.number % ORB_EVERY == 0:
            self._anchor_again(seen.small)
        located = _given(seen, self._with, self._has_begun)
        if located is not None:
            self._has_begun = True
            self._h = _homography(located.pose)
        if self._h is not None and len(self._points) < 90:
            found = cv2.goodFeaturesToTrack(seen.small, 120, 0.01, 8)
            self._points = np.empty((0, 1, 2), np.float32) if found is None else np.asarray(found, np.float32)
        return self._h

    def _chain(self, before: Gray, now: Gray) -> None:
        if len(self._points) < 4:
            self._h = None
            return
        guess = self._points.copy()
        there, is_there, _ = cv2.calcOpticalFlowPyrLK(before, now, self._points, guess, winSize=(21, 21))
        ok = is_there.ravel() > 0
        step = cv2.findHomography(self._points[ok], there[ok], cv2.RANSAC, 2.0)[0] if ok.sum() >= 4 else None
        self._h = None if step is None else step @ self._h
        self._points = np.asarray(there[ok], np.float32)

    def _anchor_again(self, small: Gray) -> None:
        points, words = self._detector.detectAndCompute(small, None)
        if words is None:
            return
        pixels = np.array([point.pt for point in points])
        for h, old, old_words in self._keys[:3]:
            matches = self._matcher.match(old_words, words)
            if len(matches) < 25:
                continue
            a = np.array([old[m.queryIdx] for m in matches])
            b = np.array([pixels[m.trainIdx] for m in matches])
            step, inliers = cv2.findHomography(a, b, cv2.RANSAC, 2.0)
            if step is not None and inliers.sum() > 30:
                self._h = step @ h
                return
        self._keys.append((self._h, pixels, words))


def _homography(pose: Array) -> Array:
    small = LENS.scaled_to(640, 360)
    h = small.matrix() @ pose[:3, [0, 1, 3]]
    return np.asarray(h / h[2, 2])


METHODS: dict[str, Callable[[], Method]] = {
    "nearhand, with": lambda: Ours(with_sightings=True),
    "nearhand, without": lambda: Ours(with_sightings=False),
    "hold last pose, with": lambda: HoldLast(with_sightings=True),
    "hold last pose, without": lambda: HoldLast(with_sightings=False),
    "chained homographies, with": lambda: Chained(with_sightings=True),
    "chained homographies, without": lambda: Chained(with_sightings=False),
    "ORB re-anchoring, without": lambda: Chained(with_sightings=False, orb=True),
}


# -- measuring --------------------------------------------------------------------------------------------------


def measure(told: Told, method: Method, frames: list[Seen]) -> None:
    for seen in frames:
        started = time.process_time()
        where = method(seen)
        told.spent_ms.append((time.process_time() - started) * 1e3)
        told.frames += 1
        if where is None:
            told.lost += 1
            continue
        pose: Array = np.asarray(getattr(where, "pose", where))
        drawn = project(PORTS, pose, LENS) if pose.shape == (4, 4) else _through(pose)
        true = project(PORTS, seen.truth, LENS)
        in_view = np.all((true > 0) & (true < [1280, 720]), axis=1)
        on_face = unproject(drawn[in_view], seen.truth, LENS)
        errors = np.linalg.norm(on_face - PORTS[in_view], axis=1)
        told.errors_mm += [float(error) if np.isfinite(error) else 1e3 for error in errors]
        if hasattr(where, "covariance"):
            told.within += [
                error <= _ring_mm(port, where) for port, error in zip(PORTS[in_view], errors, strict=True)
            ]


def _through(h: Array) -> Array:
    small = cv2.perspectiveTransform(PORTS[None], h)[0]
    return np.asarray((small + 0.5) * 2 - 0.5)


def _ring_mm(port: Array, tracked: Any) -> float:
    step = pose_jacobian([port], tracked.pose, LENS)[0]
    back = np.linalg.inv(face_jacobian([port], tracked.pose, LENS)[0])
    return ring_radius(back @ step @ tracked.covariance @ step.T @ back.T)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--seeds", default="1,2,3")
    parser.add_argument("--seconds", type=float, default=10.0)
    options = parser.parse_args()
    cv2.setNumThreads(1)
    told = {name: Told() for name in METHODS}
    for seed in map(int, options.seeds.split(",")):
        frames = frames_of(seed, options.seconds)
        for name, make in METHODS.items():
            measure(told[name], make(), frames)
    figures: dict[str, Any] = {name: one.summary() for name, one in told.items()}
    figures["webxr (documents)"] = WEBXR
    if options.json:
        sys.stdout.write(json.dumps(figures) + "\n")
        return 0
    heads = ("median_mm", "p95_mm", "same_port", "lost", "ring_coverage", "cpu_ms")
    sys.stdout.write(f"{'method':<32}" + "".join(f"{head:>14}" for head in heads) + "\n")
    for name in METHODS:
        row = figures[name]
        sys.stdout.write(f"{name:<32}" + "".join(f"{row.get(head, '-'):>14}" for head in heads) + "\n")
    sys.stdout.write(f"WebXR, from documents: {WEBXR}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

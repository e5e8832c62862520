"""How far beside its place a mark lands, on rendered faces whose true pose is known, beside other ways to a pose.

Every method gets the same pictures and the same nominal camera, whose focal length is up to 8 % and whose k1 up to 0.03
off. The pictures of a setting come in calls of eight from one camera; `nearhand` sees a call at once, `nearhand_single`
each picture alone. Of the others, each joins the corners it finds by IPPE. The AprilTags are as large as the tags.
WebXR is not run here: no phone's depth and motion sensors can be rendered. Google's documents state no figure for how far an
anchor may drift.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from nearhand.vision.camera import Intrinsics, nominal
from nearhand.vision.edges import CORNERS
from nearhand.vision.layout import Layout, LayoutLabel, Tag
from nearhand.vision.locate import Located, locate_seen, look
from nearhand.vision.pose import Pose
from nearhand.vision.project import project, rays, unproject
from tests.benchmarks import photographs
from tests.benchmarks.reliability import SHARES, covered, plot
from tests.support.pictures import Light, looking_at, render, rolled_share, switch_layout
from tests.support.shared import PHOTOGRAPHS

Array = NDArray[np.float64]

SEED = 20261122
CALL = 8
FOCAL_OFF, K1_OFF = 0.08, 0.03
APRILTAG = "DICT_APRILTAG_36H11"


@dataclass(frozen=True)
class Setting:
    """What is in front of the camera, and from where and how it is seen; angles in degrees, (low, high) each."""

    name: str
    units: int = 1
    distance_mm: tuple[float, float] = (450, 750)
    tilt_deg: tuple[float, float] = (0, 30)
    size: tuple[int, int] = (1280, 720)
    blur_px: tuple[float, float] = (0.5, 1.2)
    motion_px: float = 2.0
    noise: tuple[float, float] = (1, 5)
    glare: float = 0
    cables: int = 0
    rolled_px: float = 0
    at: tuple[float, float] | None = None  # what the camera looks at, else the middle
    ports: tuple[float, float] = (76, 444)
    parts: str = "label and tags"


SETTINGS = (
    Setting("1U whole"),
    Setting("2U whole", units=2),
    Setting("4U whole", units=4, distance_mm=(500, 800)),
    Setting("10U whole", units=10, distance_mm=(800, 1100)),
    Setting("1U near the label", distance_mm=(300, 420), at=(130, 22), ports=(76, 190)),
    Setting("1U tilted 45-60", distance_mm=(450, 650), tilt_deg=(45, 60)),
    Setting("1U far, 1080p", distance_mm=(1000, 2000), size=(1920, 1080)),
    Setting("1U noisy", noise=(8, 14)),
    Setting("1U glare", glare=150),
    Setting("1U behind cables", cables=4),
    Setting("1U rolling shutter", rolled_px=6),
    Setting("1U label alone", parts="label", distance_mm=(200, 330), at=(90, 22), ports=(76, 160)),
    Setting("1U one tag", parts="tag", distance_mm=(300, 450), at=(120, 22), ports=(76, 200)),
)


@dataclass
class Shots:
    """The pictures of one call, and where the ports truly are in them."""

    camera: Intrinsics
    poses: list[Pose] = field(default_factory=list)
    pictures: list[Any] = field(default_factory=list)
    april: list[Any] = field(default_factory=list)
    rolled_px: float = 0

    def truth(self, number: int, ports: Array) -> Array:
        px = project(ports, self.poses[number], self.camera)
        px[:, 0] += self.rolled_px * rolled_share(px[:, 1], self.camera.height)
        return px

    def on_face(self, number: int, px: Array) -> Array:
        still = px.copy()
        still[:, 0] -= self.rolled_px * rolled_share(px[:, 1], self.camera.height)
        return unproject(still, self.poses[number], self.camera)


def layout_of(setting: Setting, dictionary: str = "DICT_4X4_250") -> Layout:
    whole = switch_layout(units=setting.units, dictionary=dictionary)
    if setting.parts == "label":
        return whole.model_copy(update={"tags": ()})
    if setting.parts == "tag":
        return whole.model_copy(update={"label": None, "tags": whole.tags[:1]})
    return whole


def base_camera(setting: Setting) -> Intrinsics:
    return nominal(*setting.size)


def taken(setting: Setting, rng: np.random.Generator) -> Shots:
    base, layout = base_camera(setting), layout_of(setting)
    scale = float(np.exp(rng.uniform(-FOCAL_OFF, FOCAL_OFF)))
    true = base.with_focal(base.fx * scale).model_copy(update={"k1": float(rng.uniform(-K1_OFF, K1_OFF))})
    shots = Shots(true, rolled_px=float(rng.uniform(-setting.rolled_px, setting.rolled_px)))
    low, high = np.radians(setting.tilt_deg)
    for _ in range(CALL):
        tilt, toward = rng.uniform(low, high), rng.uniform(0, 2 * np.pi)
        if setting.tilt_deg[0] > 30:
            toward = np.pi / 2 + rng.choice([0, np.pi]) + rng.uniform(-0.3, 0.3)  # from the side of the rack
        turn = (tilt * np.cos(toward), tilt * np.sin(toward), rng.uniform(-0.2, 0.2))
        where = looking_at(layout, rng.uniform(*setting.distance_mm), turn, setting.at)
        light = Light(
            blur_px=rng.uniform(*setting.blur_px),
            motion_px=rng.uniform(0, setting.motion_px),
            motion_angle=rng.uniform(0, np.pi),
            noise=rng.uniform(*setting.noise),
            gamma=rng.uniform(0.8, 1.3),
            glare=setting.glare,
            cables=setting.cables,
            seed=int(rng.integers(2**31)),
        )
        shots.poses.append(where)
        shots.pictures.append(render(layout, where, true, light, rolled_px=shots.rolled_px))
        if layout.tags:
            april = layout_of(setting, APRILTAG)
            shots.april.append(render(april, where, true, light, rolled_px=shots.rolled_px))
    return shots


# -- the others -------------------------------------------------------------------------------------------------


def corners_mm(symbol: LayoutLabel | Tag) -> Array:
    return np.array([symbol.x_mm, symbol.y_mm]) + symbol.size_mm * CORNERS


def ippe(mm: Sequence[Array], px: Sequence[Array], camera: Intrinsics) -> Pose | None:
    if not mm:
        return None
    points = np.concatenate(mm)
    middle = points.mean(axis=0)
    flat = np.column_stack([points - middle, np.zeros(len(points))])
    directions = np.ascontiguousarray(rays(np.concatenate(px), camera)[:, :2])
    try:
        _, turns, moves, _ = cv2.solvePnPGeneric(flat, directions, np.eye(3), None, flags=cv2.SOLVEPNP_IPPE)
    except cv2.error:
        return None
    if not turns:
        return None
    pose = np.eye(4)
    pose[:3, :3] = cv2.Rodrigues(np.asarray(turns[0]))[0]
    pose[:3, 3] = np.asarray(moves[0]).ravel() - pose[:3, :3] @ np.array([*middle, 0])
    return pose


def by_zxing(picture: Any, layout: Layout, camera: Intrinsics) -> Pose | None:
    import zxingcpp

    if layout.label is None:
        return None
    formats = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    for one in zxingcpp.read_barcodes(picture, formats=formats):
        p = one.position
        px = [(c.x - 0.5, c.y - 0.5) for c in (p.top_left, p.top_right, p.bottom_right, p.bottom_left)]
        return ippe([corners_mm(layout.label)], [np.array(px)], camera)
    return None


def by_opencv_qr(picture: Any, layout: Layout, camera: Intrinsics) -> Pose | None:
    if layout.label is None:
        return None
    try:
        is_found, px = cv2.QRCodeDetector().detect(picture)
    except cv2.error:  # it has asserted of itself on noisy pictures
        return None
    if not is_found:
        return None
    return ippe([corners_mm(layout.label)], [np.asarray(px, dtype=np.float64).reshape(4, 2)], camera)


def by_tags(dictionary: str) -> Callable[[Any, Layout, Intrinsics], Pose | None]:
    parameters = cv2.aruco.DetectorParameters()
    refine = "CORNER_REFINE_APRILTAG" if "APRILTAG" in dictionary else "CORNER_REFINE_SUBPIX"
    parameters.cornerRefinementMethod = getattr(cv2.aruco, refine)
    number = next(getattr(cv2.aruco, n) for n in dir(cv2.aruco) if n.upper() == dictionary)
    detector = cv2.aruco.ArucoDetector(cv2.aruco.getPredefinedDictionary(number), parameters)

    def find(picture: Any, layout: Layout, camera: Intrinsics) -> Pose | None:
        places = {tag.id: corners_mm(tag) for tag in layout.tags}
        found, ids, _ = detector.detectMarkers(picture)
        pairs = zip(ids.ravel() if ids is not None else (), found, strict=True)
        seen = [
            (places[int(i)], np.asarray(px, dtype=np.float64).reshape(4, 2))
            for i, px in pairs
            if int(i) in places
        ]
        return ippe([mm for mm, _ in seen], [px for _, px in seen], camera)

    return find


# -- measuring --------------------------------------------------------------------------------------------------


@dataclass
class Tally:
    """What one method did in one setting."""

    pictures: int = 0
    found: int = 0
    mm: list[float] = field(default_factory=list)
    px: list[float] = field(default_factory=list)
    ring_mm: list[float] = field(default_factory=list)
    ratios: list[float] = field(default_factory=list)  # error over ring, in the picture

    def add(self, gap_px: Array, gap_mm: Array, rings: tuple[Array, Array] | None = None) -> None:
        self.found += 1
        self.px += gap_px.tolist()
        self.mm += gap_mm.tolist()
        if rings is not None:
            self.ring_mm += rings[1].tolist()
            self.ratios += (gap_px / np.maximum(rings[0], 1e-9)).tolist()

    def summary(self) -> dict[str, float | None]:
        def of(values: list[float], how: Callable[[list[float]], Any]) -> float | None:
            return round(float(how(values)), 3) if values else None

        return {
            "found": round(self.found / self.pictures, 3),
            "median_mm": of(self.mm, np.median),
            "p95_mm": of(self.mm, lambda v: np.percentile(v, 95)),
            "median_px": of(self.px, np.median),
            "ring_coverage": of(self.ratios, lambda v: np.mean(np.array(v) <= 1)),
            "median_ring_mm": of(self.ring_mm, np.median),
        }


def ports_of(setting: Setting, layout: Layout) -> Array:
    down = np.linspace(14.5, layout.face.height_mm - 14.66, 2 if setting.units == 1 else 3)
    return np.array([(x, y) for x in np.linspace(*setting.ports, 8) for y in down])


def add_pose(
    tally: Tally, shots: Shots, number: int, ports: Array, pose: Pose | None, camera: Intrinsics
) -> None:
    tally.pictures += 1
    px = None if pose is None else project(ports, pose, camera)
    if px is None or not np.all(np.isfinite(px)):
        return
    mm = shots.on_face(number, px)
    if np.all(np.isfinite(mm)):
        gap = np.linalg.norm(px - shots.truth(number, ports), axis=1)
        tally.add(gap, np.linalg.norm(mm - ports, axis=1))


def add_located(tally: Tally, shots: Shots, number: int, ports: Array, located: Located | None) -> None:
    tally.pictures += 1
    if located is None:
        return
    points = located.points(ports)
    px = np.array([(p.u_px, p.v_px) for p in points])
    gap = np.linalg.norm(px - shots.truth(number, ports), axis=1)
    mm = np.linalg.norm(shots.on_face(number, px) - ports, axis=1)
    tally.add(gap, mm, (np.array([p.ring_px for p in points]), np.array([p.ring_mm for p in points])))


def measure(setting: Setting, pictures: int, seed: int) -> dict[str, Tally]:
    rng = np.random.default_rng([seed, *setting.name.encode()])
    camera, layout = base_camera(setting), layout_of(setting)
    camera = camera.model_copy(update={"focal_sd": 0.05})
    ports = ports_of(setting, layout)
    others = {
        "zxing_ippe": by_zxing,
        "opencv_qr_ippe": by_opencv_qr,
        "aruco_ippe": by_tags("DICT_4X4_250"),
        "apriltag_ippe": by_tags(APRILTAG),
    }
    tallies = {name: Tally() for name in ("nearhand", "nearhand_single", *others)}
    for _ in range(-(-pictures // CALL)):
        shots = taken(setting, rng)
        looks = [look(picture, layout, camera) for picture in shots.pictures]
        for number, located in enumerate(locate_seen(looks, layout, camera)):
            add_located(tallies["nearhand"], shots, number, ports, located)
        for number, one in enumerate(looks):
            add_located(
                tallies["nearhand_single"], shots, number, ports, locate_seen([one], layout, camera)[0]
            )
        for name, find in others.items():
            for number in range(CALL):
                seen = (
                    (shots.april or shots.pictures)[number]
                    if name == "apriltag_ippe"
                    else shots.pictures[number]
                )
                add_pose(tallies[name], shots, number, ports, find(seen, layout, camera), camera)
    return tallies


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--pictures", type=int, default=48, help="of each setting")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--only", help="settings whose name contains this")
    parser.add_argument("--plot", type=Path, help="write the reliability plot to this SVG file")
    arguments = parser.parse_args()
    cv2.setNumThreads(1)
    answer: dict[str, dict[str, Any]] = {}
    reliability: dict[str, list[float]] = {}
    for setting in SETTINGS:
        if arguments.only and arguments.only not in setting.name:
            continue
        tallies = measure(setting, arguments.pictures, arguments.seed)
        answer[setting.name] = {name: tally.summary() for name, tally in tallies.items()}
        reliability[setting.name] = covered(tallies["nearhand_single"].ratios)
        if not arguments.json:
            _print(setting.name, answer[setting.name])
    if not arguments.only and (PHOTOGRAPHS / "manifest.csv").exists():
        answer["real photographs"] = photographs.figures()
        if not arguments.json:
            print(f"\nreal photographs: {answer['real photographs']}")
    if arguments.plot:
        arguments.plot.write_text(plot(reliability), encoding="utf-8")
    if arguments.json:
        print(json.dumps({"seed": arguments.seed, "shares": SHARES, "reliability": reliability, **answer}))
    return 0


def _print(setting: str, methods: dict[str, dict[str, Any]]) -> None:
    columns = ("found", "median_mm", "p95_mm", "median_px", "ring_coverage", "median_ring_mm")
    print(f"\n{setting:<22}" + "".join(f"{name:>16}" for name in columns))
    for name, row in methods.items():
        print(
            f"  {name:<20}" + "".join(f"{'-' if row[c] is None else row[c]:>16}" for c in columns), flush=True
        )


if __name__ == "__main__":
    sys.exit(main())

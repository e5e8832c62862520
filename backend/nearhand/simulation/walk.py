"""Move a hand-held camera before a face: close to the label, out to the whole face, along it, and back."""

from dataclasses import dataclass

import numpy as np

from nearhand.labels.model import Layout
from nearhand.simulation.render import Matrix, look_at

PERIOD_S = 20.0


@dataclass(frozen=True)
class Stand:
    """Where the camera is at one moment: what it looks at, from how far, and how it is turned."""

    at: float  # share of the period
    x_mm: float
    y_mm: float
    distance_mm: float
    yaw_deg: float = 0.0
    pitch_deg: float = 0.0
    roll_deg: float = 0.0


@dataclass(frozen=True)
class Walk:
    """A loop through a few stands, with the small sway of a hand; after `period_s` it begins again."""

    stands: tuple[Stand, ...]
    period_s: float = PERIOD_S
    sway: float = 1.0

    def pose(self, t_s: float) -> Matrix:
        """T_camera_face at a moment."""
        phase = (t_s / self.period_s) % 1.0
        stands = [*self.stands, *(self.stands[:1])]
        ends = [stand.at for stand in self.stands[1:]] + [1.0]
        index = next(number for number, end in enumerate(ends) if phase < end)
        start, end = stands[index], stands[index + 1]
        share = (phase - start.at) / (ends[index] - start.at)
        eased = share * share * (3 - 2 * share)
        a, b = (
            np.array([s.x_mm, s.y_mm, s.distance_mm, s.yaw_deg, s.pitch_deg, s.roll_deg])
            for s in (start, end)
        )
        x, y, distance, yaw, pitch, roll = (
            a
            + (b - a) * eased
            + self._sway(phase) * [start.distance_mm / 500, start.distance_mm / 500, 1, 1, 1, 1]
        )
        return look_at((x, y), distance, yaw_deg=yaw, pitch_deg=pitch, roll_deg=roll)

    def _sway(self, phase: float) -> Matrix:
        """Slow sines that close with the period, so that the loop has no jump."""
        turns = 2 * np.pi * phase * np.array([5, 7, 3, 4, 6, 5]) + np.array([0, 1, 2, 3, 4, 5])
        return np.asarray(self.sway * np.sin(turns) * np.array([2.5, 2.0, 6.0, 0.8, 0.8, 0.6]))


def survey(layout: Layout, *, whole_face_mm: float = 550, period_s: float = PERIOD_S) -> Walk:
    """The usual walk: read the label, step back until the whole face is seen, look along it, come back."""
    width, height = layout.face.width_mm, layout.face.height_mm
    near = (layout.label.x_mm, layout.label.y_mm) if layout.label else (width / 2, height / 2)
    size = layout.label.size_mm if layout.label else 25
    close, middle = size * 7, (width / 2, height / 2)
    return Walk(
        (
            Stand(0.0, *near, close),
            Stand(0.12, *near, close * 1.05, yaw_deg=6),
            Stand(0.28, *middle, whole_face_mm, pitch_deg=-5),
            Stand(0.45, middle[0] - 25, middle[1], whole_face_mm * 1.02, yaw_deg=-14, pitch_deg=6),
            Stand(
                0.62, middle[0] + 25, middle[1] + 8, whole_face_mm * 1.05, yaw_deg=13, pitch_deg=8, roll_deg=3
            ),
            Stand(0.8, *middle, whole_face_mm * 0.98, roll_deg=-2),
            Stand(0.95, *near, close * 1.05, yaw_deg=-4),
        ),
        period_s,
    )


def along(layout: Layout, *, period_s: float = PERIOD_S) -> Walk:
    """For a narrow camera: read the label, look along the far half with its tag for long, and come back."""
    width, height = layout.face.width_mm, layout.face.height_mm
    near = (layout.label.x_mm, layout.label.y_mm) if layout.label else (width / 2, height / 2)
    close = (layout.label.size_mm if layout.label else 25) * 8
    far = (width * 0.82, height / 2)
    return Walk(
        (
            Stand(0.0, near[0] + 14, near[1], close),
            Stand(0.16, near[0] + 18, near[1], close * 1.1, yaw_deg=5),
            Stand(0.3, *far, width * 0.66, pitch_deg=-5),
            Stand(0.5, far[0], far[1] + 6, width * 0.7, yaw_deg=-10, pitch_deg=6),
            Stand(0.7, far[0], far[1], width * 0.68, yaw_deg=7, pitch_deg=7, roll_deg=2),
            Stand(0.84, *far, width * 0.66, roll_deg=-2),
            Stand(0.96, near[0] + 14, near[1], close, yaw_deg=-4),
        ),
        period_s,
    )


def tripod(layout: Layout, *, distance_mm: float = 560, yaw_deg: float = 8, pitch_deg: float = -6) -> Walk:
    """A camera that stands still before the whole face."""
    stand = Stand(0.0, layout.face.width_mm / 2, layout.face.height_mm / 2, distance_mm, yaw_deg, pitch_deg)
    return Walk((stand,), sway=0.0)

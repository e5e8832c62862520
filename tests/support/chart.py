"""Draw a small chart of something over time, for the docs."""

import itertools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

WIDTH_PX, HEIGHT_PX = 1200, 480
LEFT, RIGHT, TOP, BOTTOM = 70, 20, 50, 50
INK, GRID = (40, 40, 40), (225, 225, 225)
FONT = cv2.FONT_HERSHEY_SIMPLEX


class Chart:
    """Time in seconds to the right, a value upwards from 0; what is higher than `top` is drawn at the upper edge."""

    def __init__(self, title: str, seconds: float, top: float, unit: str) -> None:
        self._seconds, self._top = seconds, top
        self._picture = np.full((HEIGHT_PX, WIDTH_PX, 3), 255, np.uint8)
        for value in np.linspace(0, top, 6):
            y = self._at(0, value)[1]
            cv2.line(self._picture, (LEFT, y), (WIDTH_PX - RIGHT, y), GRID)
            self._write(f"{value:.0f} {unit}", 8, y + 5)
        for second in range(0, int(seconds) + 1, 2):
            self._write(f"{second} s", self._at(second, 0)[0] - 10, HEIGHT_PX - BOTTOM + 24)
        self._write(title, LEFT, 28, 0.62)
        self._legend = LEFT

    def shade(self, name: str, colour: tuple[int, int, int], times: Sequence[float]) -> None:
        """Where something held."""
        for time in times:
            x = self._at(time, 0)[0]
            cv2.rectangle(self._picture, (x, TOP), (x + 3, HEIGHT_PX - BOTTOM), colour, cv2.FILLED)
        self._name(name, colour)

    def line(self, name: str, colour: tuple[int, int, int], points: Sequence[tuple[float, float]]) -> None:
        for (t0, a), (t1, b) in itertools.pairwise(points):
            if t1 - t0 < 0.3:
                cv2.line(self._picture, self._at(t0, a), self._at(t1, b), colour, 2, cv2.LINE_AA)
        self._name(name, colour)

    def write(self, path: Path) -> None:
        cv2.imwrite(str(path), self._picture)

    def _at(self, time: float, value: float) -> tuple[int, int]:
        x = LEFT + time / self._seconds * (WIDTH_PX - LEFT - RIGHT)
        y = HEIGHT_PX - BOTTOM - min(1.0, value / self._top) * (HEIGHT_PX - TOP - BOTTOM)
        return round(x), round(y)

    def _name(self, name: str, colour: tuple[int, int, int]) -> None:
        cv2.rectangle(
            self._picture, (self._legend, HEIGHT_PX - 16), (self._legend + 14, HEIGHT_PX - 4), colour, -1
        )
        self._write(name, self._legend + 20, HEIGHT_PX - 5)
        self._legend += 40 + 9 * len(name)

    def _write(self, text: str, x: int, y: int, scale: float = 0.46) -> None:
        cv2.putText(self._picture, text, (x, y), FONT, scale, INK, 1, cv2.LINE_AA)

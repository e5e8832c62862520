"""Draw how often a ring held what it claimed to hold."""

from collections.abc import Mapping, Sequence

import numpy as np

SHARES = [0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99]
WIDTH, HEIGHT, LEFT, TOP, SIDE = 760, 520, 70, 30, 430
HUES = ["#1b6ca8", "#c2571a", "#2e7d32", "#8e24aa", "#b71c1c", "#00838f", "#6d4c41", "#5d6d00", "#37474f"]


def covered(ratios: Sequence[float]) -> list[float]:
    """For each share, how many of the errors lay within the ring for it; `ratios` are errors over 95 % rings.

    Rings for another share are taken to be a round normal distribution's.
    """
    scale = np.sqrt(np.log(1 - np.array(SHARES)) / np.log(0.05))
    return [round(float(np.mean(np.array(ratios) <= s)), 3) if len(ratios) else float("nan") for s in scale]


def plot(lines: Mapping[str, Sequence[float]]) -> str:
    """An SVG: claimed share across, found share up, one line for each setting; on the diagonal, rings are honest."""

    def x(share: float) -> float:
        return LEFT + (share - 0.4) / 0.6 * SIDE

    def y(share: float) -> float:
        return TOP + SIDE - (share - 0.4) / 0.6 * SIDE

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="sans-serif" font-size="13">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        f'<path d="M{x(0.4)},{y(0.4)}L{x(1)},{y(1)}" stroke="#999" stroke-dasharray="5 4"/>',
    ]
    for share in (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0):
        parts.append(f'<path d="M{x(share)},{y(0.4)}V{y(1)}M{x(0.4)},{y(share)}H{x(1)}" stroke="#e4e4e4"/>')
        parts.append(f'<text x="{x(share)}" y="{y(0.4) + 18}" text-anchor="middle">{share:.0%}</text>')
        parts.append(f'<text x="{LEFT - 8}" y="{y(share) + 4}" text-anchor="end">{share:.0%}</text>')
    band = f"M{x(0.95)},{y(0.92)}V{y(0.98)}"
    parts.append(f'<path d="{band}" stroke="#222" stroke-width="6" opacity="0.35"/>')
    for number, (name, shares) in enumerate(lines.items()):
        hue, dash = HUES[number % len(HUES)], "" if number < len(HUES) else ' stroke-dasharray="3 2"'
        points = " ".join(
            f"{x(a):.1f},{y(b):.1f}" for a, b in zip(SHARES, shares, strict=True) if np.isfinite(b)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{hue}" stroke-width="2"{dash}/>')
        row = TOP + 14 + 22 * number
        parts.append(f'<path d="M{LEFT + SIDE + 24},{row - 4}h26" stroke="{hue}" stroke-width="2"{dash}/>')
        parts.append(f'<text x="{LEFT + SIDE + 58}" y="{row}">{name}</text>')
    parts.append(
        f'<text x="{LEFT + SIDE / 2}" y="{HEIGHT - 14}" text-anchor="middle">share the ring claims to hold</text>'
    )
    middle = TOP + SIDE / 2
    parts.append(
        f'<text x="18" y="{middle}" text-anchor="middle" transform="rotate(-90 18 {middle})">share it held</text>'
    )
    return "\n".join([*parts, "</svg>\n"])

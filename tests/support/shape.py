"""How a way is just now; a test turns it while it is used."""

from dataclasses import dataclass


@dataclass
class Shape:
    """Both directions alike."""

    is_cut: bool = False
    bit_per_s: float | None = None
    delay_s: float = 0.0
    loss: float = 0.0

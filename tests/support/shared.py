"""Find the sample data that lies beside the repository and is never part of it."""

import csv
import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("NEARHAND_SHARED", Path(__file__).parents[2].parent / "shared"))
PHOTOGRAPHS = SHARED / "data" / "qr"

needs_photographs = pytest.mark.skipif(
    not (PHOTOGRAPHS / "manifest.csv").exists(), reason=f"no sample photographs in {PHOTOGRAPHS}"
)


def photographs() -> list[tuple[Path, str]]:
    """Real photographs of QR codes, each with the text it is known to hold ("" where that is not known)."""
    with (PHOTOGRAPHS / "manifest.csv").open(encoding="utf-8", newline="") as file:
        return [(PHOTOGRAPHS / row["path"], row["expected_text"]) for row in csv.DictReader(file)]

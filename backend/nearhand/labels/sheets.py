"""Lay out many labels on sheets of paper."""

from collections.abc import Sequence

from nearhand.labels.model import NoRoom, Paper
from nearhand.labels.symbol import Drawing, Words

PAPER_MM = {Paper.A4: (210.0, 297.0), Paper.LETTER: (215.9, 279.4)}
MARGIN_MM = 10.0
FOOT_MM = 12.0
RULE_MM = 100.0


def sheets(sets: Sequence[Drawing], paper: Paper) -> list[Drawing]:
    """Rows of label sets, as many to a row and to a page as fit. Raises NoRoom for a set larger than a page."""
    width, height = PAPER_MM[paper]
    inner_width, inner_height = width - 2 * MARGIN_MM, height - 2 * MARGIN_MM - FOOT_MM
    pages: list[Drawing] = []
    x = y = row_height = 0.0
    for one in sets:
        if one.width_mm > inner_width or one.height_mm > inner_height:
            raise NoRoom(f"A label with its tags takes {one.width_mm:.0f} x {one.height_mm:.0f} mm.")
        if x + one.width_mm > inner_width:
            x, y, row_height = 0.0, y + row_height, 0.0
        if not pages or y + one.height_mm > inner_height:
            pages.append(Drawing(width, height))
            x = y = row_height = 0.0
        pages[-1].add(one, MARGIN_MM + x, MARGIN_MM + y)
        x += one.width_mm
        row_height = max(row_height, one.height_mm)
    for number, page in enumerate(pages, start=1):
        _add_foot(page, f"{number} / {len(pages)}")
    return pages


def _add_foot(page: Drawing, number: str) -> None:
    """A line of exactly 100 mm, because printers scale unasked and vision trusts the millimetres."""
    y = page.height_mm - MARGIN_MM
    page.lines.append((MARGIN_MM, y, MARGIN_MM + RULE_MM, y))
    for x in (MARGIN_MM, MARGIN_MM + RULE_MM):
        page.lines.append((x, y - 2, x, y + 2))
    page.words.append(Words(MARGIN_MM + RULE_MM / 2, y - 1.5, "100 mm", 3))
    page.words.append(Words(page.width_mm - MARGIN_MM - 10, y, number, 3))

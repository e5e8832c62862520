"""Draw the label and its tags, exact to the millimetre."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from nearhand.labels.model import Label, LabelUnreadable, Tag
from nearhand.labels.placing import Piece
from nearhand.vision.camera import nominal
from nearhand.vision.labels import read_labels
from nearhand.vision.modules import Modules, qr_modules, tag_modules
from nearhand.vision.tags import find_tags

QR_QUIET = 4  # modules, as the standard asks
TAG_QUIET = 1  # modules of a tag are large; one of white is what finding its border takes
TAG_MODULES = 6
WORDS_MM = 6.5  # two lines under the code
TAG_WORDS_MM = 2.5
GAP_MM = 6.0
CROP_MM = 3.0
TEXT_MM = 2.6
POINTS_PER_MM = 72 / 25.4
READ_PX_PER_MODULE = 3.0  # half of all codes are read at 2.5 to 3 pixels a module, sharp and still


def label_piece(size_mm: float, modules: int) -> Piece:
    half = size_mm / 2 + QR_QUIET * size_mm / modules
    return Piece(half, half + WORDS_MM)


def tag_piece(size_mm: float) -> Piece:
    half = size_mm / 2 + TAG_QUIET * size_mm / TAG_MODULES
    return Piece(half, half + TAG_WORDS_MM)


def readable_to_mm(size_mm: float, modules: int) -> int:
    """How far a phone's 1080p video, sharp and still, can be from the label and read it."""
    return int(nominal(1920, 1080).fx * size_mm / modules / READ_PX_PER_MODULE)


# -- drawings ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Words:
    """A line of text, centred on x, standing on the baseline y."""

    x_mm: float
    y_mm: float
    text: str
    size_mm: float


@dataclass
class Drawing:
    """Black boxes (x, y, width, height), hair lines (x1, y1, x2, y2) and words, in mm from the top left, y down."""

    width_mm: float
    height_mm: float
    boxes: list[tuple[float, float, float, float]] = field(default_factory=list)
    lines: list[tuple[float, float, float, float]] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)

    def add(self, other: "Drawing", x_mm: float, y_mm: float) -> None:
        self.boxes += [(x + x_mm, y + y_mm, w, h) for x, y, w, h in other.boxes]
        self.lines += [(a + x_mm, b + y_mm, c + x_mm, d + y_mm) for a, b, c, d in other.lines]
        self.words += [Words(t.x_mm + x_mm, t.y_mm + y_mm, t.text, t.size_mm) for t in other.words]

    def add_modules(self, modules: Modules, x_mm: float, y_mm: float, size_mm: float) -> None:
        """A symbol whose top left corner is at (x, y). Runs of black are one box each, so no seams show."""
        module = size_mm / len(modules)
        for row, line in enumerate(modules):
            edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(np.int8), [0]])))
            for start, stop in edges.reshape(-1, 2):
                self.boxes.append(
                    (x_mm + start * module, y_mm + row * module, (stop - start) * module, module)
                )

    def add_crop_marks(self, x_mm: float, y_mm: float, width_mm: float, height_mm: float) -> None:
        """Marks outside the four corners of a piece: cut from mark to mark."""
        for x, dx in ((x_mm, -1), (x_mm + width_mm, 1)):
            for y, dy in ((y_mm, -1), (y_mm + height_mm, 1)):
                self.lines.append((x + dx, y, x + dx * CROP_MM, y))
                self.lines.append((x, y + dy, x, y + dy * CROP_MM))


def label_set(label: Label, asset_tag: str) -> Drawing:
    """A label and its tags as pieces to cut out, each with its quiet zone, crop marks and words."""
    modules = qr_modules(label.text)
    pieces = [_label_drawing(label, asset_tag, modules)]
    pieces += [_tag_drawing(tag, side) for tag, side in zip(label.tags, _sides(label.tags), strict=True)]
    first, *tags = pieces
    left = CROP_MM + first.width_mm + GAP_MM
    stack = sum(tag.height_mm for tag in tags) + GAP_MM * max(0, len(tags) - 1)
    drawing = Drawing(
        width_mm=left + max((tag.width_mm for tag in tags), default=-GAP_MM) + CROP_MM,
        height_mm=max(first.height_mm, stack) + 2 * CROP_MM,
    )
    drawing.add(first, CROP_MM, CROP_MM)
    top = CROP_MM
    for tag in tags:
        drawing.add(tag, left, top)
        top += tag.height_mm + GAP_MM
    return drawing


def _label_drawing(label: Label, asset_tag: str, modules: Modules) -> Drawing:
    piece = label_piece(label.place.size_mm, len(modules))
    width, height = 2 * piece.half_mm, piece.half_mm + piece.below_mm
    drawing = Drawing(width, height)
    corner = piece.half_mm - label.place.size_mm / 2
    drawing.add_modules(modules, corner, corner, label.place.size_mm)
    base = 2 * piece.half_mm
    # As the address ends: whoever types it where the code cannot be read types the signature, too.
    for text, y_mm in ((asset_tag, base + 1.2), (label.text.rpartition("/")[2], base + 4.6)):
        drawing.words.append(Words(width / 2, y_mm, text, _fitting(text, width)))
    drawing.add_crop_marks(0, 0, width, height)
    return drawing


def _tag_drawing(tag: Tag, side: str) -> Drawing:
    piece = tag_piece(tag.size_mm)
    width, height = 2 * piece.half_mm, piece.half_mm + piece.below_mm
    drawing = Drawing(width, height)
    corner = piece.half_mm - tag.size_mm / 2
    modules = tag_modules(tag.dictionary, tag.id)
    drawing.add_modules(modules, corner, corner, tag.size_mm)
    text = f"{side} {tag.id}".strip()
    drawing.words.append(Words(width / 2, 2 * piece.half_mm + 1.2, text, min(2.0, _fitting(text, width))))
    drawing.add_crop_marks(0, 0, width, height)
    return drawing


def _sides(tags: Sequence[Tag]) -> list[str]:
    """Where each of two tags goes, in a mark that needs no language."""
    if len(tags) != 2:
        return [""] * len(tags)
    a, b = tags
    if abs(a.x_mm - b.x_mm) >= abs(a.y_mm - b.y_mm):
        return ["<", ">"] if a.x_mm < b.x_mm else [">", "<"]
    return ["^", "v"] if a.y_mm < b.y_mm else ["v", "^"]


def _fitting(text: str, width_mm: float) -> float:
    """The size of letters at which a line fits; Helvetica's capitals are 0.7 of their size wide."""
    return min(TEXT_MM, (width_mm - 1) / max(1, len(text)) / 0.7)


# -- formats ----------------------------------------------------------------------------------------------------


def as_svg(drawing: Drawing) -> str:
    """Real size: one user unit is one millimetre."""
    w, h = _short(drawing.width_mm), _short(drawing.height_mm)
    boxes = "".join(
        f"M{_short(x)} {_short(y)}h{_short(bw)}v{_short(bh)}h-{_short(bw)}z" for x, y, bw, bh in drawing.boxes
    )
    lines = "".join(f"M{_short(a)} {_short(b)}L{_short(c)} {_short(d)}" for a, b, c, d in drawing.lines)
    words = "".join(
        f'<text x="{_short(t.x_mm)}" y="{_short(t.y_mm)}" font-size="{_short(t.size_mm)}">{_escaped(t.text)}</text>'
        for t in drawing.words
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{w}mm" height="{h}mm" viewBox="0 0 {w} {h}">'
        f'<rect width="{w}" height="{h}" fill="#fff"/><path d="{boxes}" fill="#000" shape-rendering="crispEdges"/>'
        f'<path d="{lines}" stroke="#000" stroke-width="0.1" fill="none"/>'
        f'<g font-family="Helvetica, Arial, sans-serif" text-anchor="middle">{words}</g></svg>'
    )


def as_pixels(drawing: Drawing, px_per_mm: float) -> NDArray[np.uint8]:
    """The drawing in gray; every edge lies on the pixel edge nearest to it."""
    from PIL import Image, ImageDraw, ImageFont

    size = round(drawing.width_mm * px_per_mm), round(drawing.height_mm * px_per_mm)
    picture = Image.new("L", size, 255)
    pen = ImageDraw.Draw(picture)
    for line in drawing.lines:
        pen.line([value * px_per_mm for value in line], fill=0)
    for words in drawing.words:
        font = ImageFont.load_default(max(4.0, words.size_mm * px_per_mm))
        where = (words.x_mm * px_per_mm, words.y_mm * px_per_mm)
        pen.text(where, words.text, fill=0, font=font, anchor="ms")
    pixels = np.array(picture)
    for x, y, w, h in drawing.boxes:
        left, right = round(x * px_per_mm), round((x + w) * px_per_mm)
        pixels[round(y * px_per_mm) : round((y + h) * px_per_mm), left:right] = 0
    return pixels


def as_png(drawing: Drawing, module_mm: float, dpi: int) -> bytes:
    """A PNG of about `dpi`: of the resolutions near it, one at which a module is a whole number of pixels."""
    from PIL import Image

    px_per_mm = max(1, round(module_mm * dpi / 25.4)) / module_mm
    file = io.BytesIO()
    exact_dpi = px_per_mm * 25.4
    Image.fromarray(as_pixels(drawing, px_per_mm)).save(file, "PNG", dpi=(exact_dpi, exact_dpi))
    return file.getvalue()


def as_pdf(pages: Sequence[Drawing], title: str) -> bytes:
    """One page per drawing, all vectors."""
    from reportlab.pdfgen.canvas import Canvas

    file = io.BytesIO()
    canvas = Canvas(file, pageCompression=1, invariant=1)
    canvas.setTitle(title)
    for page in pages:
        canvas.setPageSize((page.width_mm * POINTS_PER_MM, page.height_mm * POINTS_PER_MM))
        canvas.scale(POINTS_PER_MM, POINTS_PER_MM)
        path = canvas.beginPath()
        for x, y, w, h in page.boxes:
            path.rect(x, page.height_mm - y - h, w, h)
        canvas.drawPath(path, stroke=0, fill=1)
        canvas.setLineWidth(0.1)
        canvas.lines([(a, page.height_mm - b, c, page.height_mm - d) for a, b, c, d in page.lines])
        for words in page.words:
            canvas.setFont("Helvetica", words.size_mm)
            canvas.drawCentredString(words.x_mm, page.height_mm - words.y_mm, words.text)
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def read_back(drawing: Drawing, label: Label) -> None:
    """Look at the drawing as a camera would. Raises LabelUnreadable unless label and tags are all found."""
    module_mm = label.place.size_mm / len(qr_modules(label.text))
    pixels = as_pixels(drawing, 4 / module_mm)
    if label.text not in [seen.text for seen in read_labels(pixels)]:
        raise LabelUnreadable(f"The code {label.code} was drawn and could not be read.")
    for dictionary in {tag.dictionary for tag in label.tags}:
        found = {seen.id for seen in find_tags(pixels, dictionary)}
        missing = {tag.id for tag in label.tags if tag.dictionary == dictionary} - found
        if missing:
            raise LabelUnreadable(f"Tag {min(missing)} was drawn and could not be found.")


def _short(value: float) -> str:
    return f"{value:.4f}".rstrip("0").rstrip(".")


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

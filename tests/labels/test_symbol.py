import io
import re
from datetime import UTC, datetime

import cv2
import numpy as np
import pypdfium2
import pytest
from PIL import Image

from nearhand.devices.catalogue import catalogue
from nearhand.devices.model import Component, Face, FaceSide, Port
from nearhand.labels.model import Label, LabelPlace, LabelUnreadable, NewLabel, NoRoom, Paper, Tag
from nearhand.labels.service import _arrange
from nearhand.labels.sheets import sheets
from nearhand.labels.symbol import (
    Drawing,
    as_pdf,
    as_pixels,
    as_png,
    as_svg,
    label_set,
    read_back,
    readable_to_mm,
)
from nearhand.vision.labels import read_labels
from nearhand.vision.modules import qr_modules
from nearhand.vision.tags import find_tags

TEXT = "HTTPS://HELP.EXAMPLE/D/7K3M9QXA"


def a_label(tag_id: int = 7, text: str = TEXT) -> Label:
    return Label(
        code="7K3M9QXA",
        text=text,
        device_id="D1",
        face=FaceSide.FRONT,
        place=LabelPlace(x_mm=40, y_mm=20, size_mm=25),
        tags=(
            Tag(id=tag_id, x_mm=11, y_mm=22, size_mm=15),
            Tag(id=tag_id + 1, x_mm=471.6, y_mm=22, size_mm=15),
        ),
        readable_to_mm=500,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def test_capitals_make_a_smaller_symbol_with_the_best_correction_it_can_hold() -> None:
    assert len(qr_modules(TEXT)) == 25  # version 2
    assert len(qr_modules(TEXT.lower())) == 25 or len(qr_modules(TEXT.lower())) == 29
    assert len(qr_modules("HTTP://A.B/D/12345678")) == 21  # version 1


def test_the_svg_is_exact_to_the_millimetre() -> None:
    drawing = label_set(a_label(), "TOR-R07-U23")
    svg = as_svg(drawing)
    assert f'width="{drawing.width_mm:g}mm"' in svg
    assert f'viewBox="0 0 {drawing.width_mm:g} {drawing.height_mm:g}"' in svg
    boxes = [
        (float(x), float(y), float(w))
        for x, y, w in re.findall(r"M([\d.]+) ([\d.]+)h([\d.]+)v[\d.]+h-[\d.]+z", svg)
    ]
    finder = min(boxes)  # the top left of the symbol: a run of 7 modules
    assert finder[2] == 7
    label = [box for box in boxes if box[0] < 40]
    assert max(x + w for x, _, w in label) - min(x for x, _, _ in label) == pytest.approx(25)
    tags = [box for box in boxes if box[0] > 40]
    assert max(x + w for x, _, w in tags) - min(x for x, _, _ in tags) == pytest.approx(15, abs=1e-3)
    assert "TOR-R07-U23" in svg
    assert "7K3M9QXA" in svg


@pytest.mark.parametrize("dpi", [150, 203, 300, 600])
def test_a_png_has_whole_pixels_per_module_and_says_its_true_resolution(dpi: int) -> None:
    drawing = label_set(a_label(), "TOR-R07-U23")
    picture = Image.open(io.BytesIO(as_png(drawing, 1.0, dpi)))
    px_per_mm = picture.width / drawing.width_mm
    assert px_per_mm == pytest.approx(round(dpi / 25.4), rel=0.01)
    assert picture.info["dpi"][0] == pytest.approx(round(dpi / 25.4) * 25.4, rel=0.001)
    pixels = np.array(picture)
    assert [seen.text for seen in read_labels(pixels)] == [TEXT]
    assert {seen.id for seen in find_tags(pixels)} == {7, 8}


def test_every_code_of_a_printed_page_can_be_read_and_its_millimetres_are_true() -> None:
    sets = [label_set(a_label(2 * i, f"HTTPS://HELP.EXAMPLE/D/0000000{i}"), f"DEV-{i}") for i in range(9)]
    for paper in Paper:
        document = pypdfium2.PdfDocument(as_pdf(sheets(sets, paper), "Labels"))
        read: set[str] = set()
        tags: set[int] = set()
        px_per_mm = 200 / 25.4
        for page in document:
            pixels = (
                page.render(scale=200 / 72, grayscale=True)
                .to_numpy()
                .reshape(-1, round(page.get_width() * 200 / 72 + 0.499))
            )
            pixels = np.ascontiguousarray(pixels)
            for label in read_labels(pixels):
                read.add(label.text)
                side = np.linalg.norm(label.corners_px[1] - label.corners_px[0])
                assert side / px_per_mm == pytest.approx(25, abs=0.3)
            tags |= {seen.id for seen in find_tags(pixels)}
        document.close()
        assert read == {f"HTTPS://HELP.EXAMPLE/D/0000000{i}" for i in range(9)}
        assert tags == set(range(0, 18, 2)) | set(range(1, 19, 2))


def test_sheets_take_as_many_pages_as_they_need_and_refuse_what_no_page_holds() -> None:
    one = label_set(a_label(), "DEV-1")
    assert len(sheets([one] * 40, Paper.A4)) > 1
    with pytest.raises(NoRoom):
        sheets([Drawing(300, 20)], Paper.A4)


def test_a_drawing_that_cannot_be_read_is_not_handed_out() -> None:
    drawing = label_set(a_label(), "DEV-1")
    with pytest.raises(LabelUnreadable):
        read_back(drawing, a_label(tag_id=9))
    with pytest.raises(LabelUnreadable):
        read_back(drawing, a_label(text=TEXT + "9"))


def test_every_face_of_the_catalogue_has_room_for_a_label_and_two_tags() -> None:
    for kind in catalogue():
        for face in filter(None, (kind.front, kind.rear)):
            place, tags, _ = _arrange(face, NewLabel(), TEXT, (1, 2))
            ends = np.array([(tag.x_mm, tag.y_mm) for tag in tags])
            assert np.linalg.norm(ends[1] - ends[0]) > 0.85 * max(face.width_mm, face.height_mm)
            parts: list[Port | Component] = [*face.ports, *face.components]
            for part in parts:
                for x, y, size in (
                    (place.x_mm, place.y_mm, place.size_mm),
                    *((t.x_mm, t.y_mm, t.size_mm) for t in tags),
                ):
                    apart = (
                        abs(x - part.x_mm) >= (size + part.width_mm) / 2
                        or abs(y - part.y_mm) >= (size + part.height_mm) / 2
                    )
                    assert apart, f"{kind.model}: {part.name} would be covered"


def test_a_face_without_room_says_so() -> None:
    with pytest.raises(NoRoom):
        _arrange(Face(width_mm=20, height_mm=10), NewLabel(), TEXT, (1, 2))
    wish = NewLabel(place=LabelPlace(x_mm=5, y_mm=20, size_mm=25))
    with pytest.raises(NoRoom):
        _arrange(Face(width_mm=482.6, height_mm=43.66), wish, TEXT, (1, 2))


def test_the_predicted_reading_distance_is_one_at_which_it_is_read() -> None:
    label = a_label()
    modules = len(qr_modules(TEXT))
    distance_mm = readable_to_mm(25, modules)
    assert 300 < distance_mm < 700
    px_per_mm = 0.8 * 1920 / distance_mm
    sharp = as_pixels(label_set(label, "DEV-1"), 12)
    seen = cv2.resize(sharp, None, fx=px_per_mm / 12, fy=px_per_mm / 12, interpolation=cv2.INTER_AREA)
    assert [found.text for found in read_labels(np.asarray(seen, dtype=np.uint8))] == [TEXT]

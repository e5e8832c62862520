import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.devices.model import UnreadableImport
from nearhand.devices.tabular import (
    COLUMNS,
    TableFormat,
    csv_header,
    csv_lines,
    harmless,
    read_rows,
    restored,
)

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)


@given(TEXT)
def test_text_survives_being_made_harmless(text: str) -> None:
    assert restored(harmless(text)) == text


@given(st.sampled_from("=+-@\t\r\n＝＋－＠"), TEXT)
def test_no_cell_begins_like_a_formula(sign: str, rest: str) -> None:
    assert harmless(sign + rest).startswith("'")


@given(st.lists(st.fixed_dictionaries({name: TEXT.filter(str.strip) for name in COLUMNS}), max_size=5))
def test_rows_survive_being_written_as_csv(rows: list[dict[str, str]]) -> None:
    content = (csv_header() + csv_lines(rows)).encode()
    assert [cells for _, cells in read_rows(content, TableFormat.CSV)] == rows


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv_is_read_as_the_spreadsheets_of_all_countries_write_it(
    newline: str, delimiter: str, mark: str
) -> None:
    lines = (delimiter.join(cells) for cells in (("Asset_Tag ", "notes"), ("A1", '"two\nlines"'), ("", "")))
    content = (mark + newline.join(lines) + newline).encode()
    assert read_rows(content, TableFormat.CSV) == [(2, {"asset_tag": "A1", "notes": "two\nlines"})]


def test_rows_are_numbered_as_people_see_them() -> None:
    assert [number for number, _ in read_rows(b"asset_tag\nA\n\nB\n", TableFormat.CSV)] == [2, 4]
    assert [n for n, _ in read_rows(b'[{"asset_tag": "A"}, {"asset_tag": "B"}]', TableFormat.JSON)] == [1, 2]


def test_json_numbers_are_read_as_text() -> None:
    content = json.dumps([{"asset_tag": "A", "position_u": 7, "rack": None, "serial": 12.5}]).encode()
    expected = {"asset_tag": "A", "position_u": "7", "rack": None, "serial": "12.5"}
    assert read_rows(content, TableFormat.JSON) == [(1, expected)]


@pytest.mark.parametrize(
    ("content", "kind", "reason"),
    [
        (b"", TableFormat.CSV, "Unknown column|Missing column"),
        (b"\xff\xfea\x00", TableFormat.CSV, "not UTF-8"),
        (b"asset_tag,colour\nA,red\n", TableFormat.CSV, "Unknown column: colour"),
        (b"name\nA\n", TableFormat.CSV, "Missing column: asset_tag"),
        (b"asset_tag,asset_tag\nA,B\n", TableFormat.CSV, "occurs twice"),
        (b"asset_tag,name\nA,B,C\n", TableFormat.CSV, "Row 2 has 3 cells"),
        (b'asset_tag\n"open\n', TableFormat.CSV, "not CSV"),
        (b'asset_tag\n"a"b\n', TableFormat.CSV, "not CSV"),
        (b"asset_tag\n" + b"x" * 200_000, TableFormat.CSV, "not CSV"),
        (b"{", TableFormat.JSON, "not JSON"),
        (b"{}", TableFormat.JSON, "array"),
        (b"[1]", TableFormat.JSON, "Item 1"),
        (b'[{"asset_tag": {}}]', TableFormat.JSON, "Item 1: asset_tag"),
        (b'[{"asset_tag": true}]', TableFormat.JSON, "Item 1: asset_tag"),
        (b'[{"asset_tag": "A", "name": "\\ud800"}]', TableFormat.JSON, "half a character"),
        (b'[{"asset_tag": 1' + b"0" * 5000 + b"}]", TableFormat.JSON, "not JSON"),
        (b"[" * 100_000, TableFormat.JSON, "not JSON"),
    ],
)
def test_what_is_no_table_is_refused_with_the_reason(content: bytes, kind: TableFormat, reason: str) -> None:
    with pytest.raises(UnreadableImport, match=reason):
        read_rows(content, kind)


def test_more_rows_than_the_limit_are_refused() -> None:
    content = b"asset_tag\n" + b"A\n" * 100_001
    with pytest.raises(UnreadableImport, match="More than 100000 rows"):
        read_rows(content, TableFormat.CSV)


def test_a_spreadsheet_reads_what_we_write() -> None:
    row = dict.fromkeys(COLUMNS, "") | {"asset_tag": "A1", "notes": '=HYPERLINK("x")'}
    text = csv_header() + csv_lines([row])
    (read,) = csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline=""))
    assert read["notes"] == '\'=HYPERLINK("x")'

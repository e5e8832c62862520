"""Read and write devices as rows of text: CSV as spreadsheets speak it, and JSON."""

import csv
import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from enum import StrEnum
from typing import Any

from nearhand.devices.model import DeviceView, UnreadableImport

COLUMNS = (
    "asset_tag",
    "name",
    "serial",
    "manufacturer",
    "model",
    "site",
    "location",
    "rack",
    "position_u",
    "face",
    "status",
    "tenant",
    "notes",
)
NEEDED = ("asset_tag",)
MAX_ROWS = 100_000

# A spreadsheet runs a cell that begins with one of these. A quote before it says "text"; so that reading
# gives back what was written, text that already looks quoted gets one quote more.
_FORMULA = re.compile(r"'*[=+\-@\t\r\n＝＋－＠]")
# JSON can spell a surrogate alone, which no database keeps.
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
BOM = "\ufeff"

Cells = dict[str, str | None]


class TableFormat(StrEnum):
    CSV = "csv"
    JSON = "json"


def harmless(text: str) -> str:
    """The text as a cell that no spreadsheet runs."""
    return f"'{text}" if _FORMULA.match(text) else text


def restored(cell: str) -> str:
    """The text that `harmless` was given."""
    return cell[1:] if cell.startswith("'") and _FORMULA.match(cell) else cell


def read_rows(content: bytes, kind: TableFormat) -> list[tuple[int, Cells]]:
    """Rows with the number a person would give them: spreadsheets begin with the header as row 1, JSON with 1."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnreadableImport(f"The file is not UTF-8 text (byte {error.start}).") from None
    return _read_csv(text) if kind is TableFormat.CSV else _read_json(text)


def _read_csv(text: str) -> list[tuple[int, Cells]]:
    header_line = text.split("\n", 1)[0]
    # Spreadsheets write the separator of their country.
    delimiter = max(",;\t", key=header_line.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[tuple[int, Cells]] = []
    try:
        header = [cell.strip().lower() for cell in next(reader, [])]
        _check_columns(header)
        for number, cells in enumerate(reader, 2):
            if not any(cells):
                continue
            if len(cells) > len(header):
                raise UnreadableImport(f"Row {number} has {len(cells)} cells, the header {len(header)}.")
            rows.append((number, {name: restored(c) for name, c in zip(header, cells, strict=False)}))
            _check_length(rows)
    except csv.Error as error:
        raise UnreadableImport(f"Line {reader.line_num} is not CSV: {error}.") from None
    return rows


def _read_json(text: str) -> list[tuple[int, Cells]]:
    try:
        items = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise UnreadableImport(f"The file is not JSON: {error}.") from None
    if not isinstance(items, list):
        raise UnreadableImport("The file must be a JSON array of objects.")
    rows: list[tuple[int, Cells]] = []
    names: set[str] = set()
    for number, item in enumerate(items, 1):
        if not isinstance(item, dict):
            raise UnreadableImport(f"Item {number} is not an object.")
        names |= item.keys()
        rows.append((number, {name: _as_text(value, number, name) for name, value in item.items()}))
        _check_length(rows)
    if rows:
        _check_columns(sorted(names))
    return rows


def _as_text(value: Any, number: int, name: str) -> str | None:
    if isinstance(value, str) and _HALF_CHARACTER.search(value):
        raise UnreadableImport(f"Item {number}: {name} holds half a character.")
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, int | float) and not isinstance(value, bool):
        return f"{value:g}" if isinstance(value, float) else str(value)
    raise UnreadableImport(f"Item {number}: {name} must be text, a number or null.")


def _check_columns(names: list[str]) -> None:
    unknown = [name for name in names if name not in COLUMNS]
    if unknown:
        raise UnreadableImport(f"Unknown column: {', '.join(unknown)[:200]}. Known: {', '.join(COLUMNS)}.")
    missing = [name for name in NEEDED if name not in names]
    if missing:
        raise UnreadableImport(f"Missing column: {', '.join(missing)}.")
    if len(set(names)) < len(names):
        raise UnreadableImport("A column occurs twice.")


def _check_length(rows: list[tuple[int, Cells]]) -> None:
    if len(rows) > MAX_ROWS:
        raise UnreadableImport(f"More than {MAX_ROWS} rows. Import in parts.")


def row_of(view: DeviceView, location_path: str) -> dict[str, Any]:
    """A device as a row; everything it refers to by name, so that it can be imported elsewhere."""
    device = view.device
    return {
        "asset_tag": device.asset_tag,
        "name": device.name,
        "serial": device.serial,
        "manufacturer": view.device_type.manufacturer,
        "model": view.device_type.model,
        "site": view.site.name,
        "location": location_path,
        "rack": view.rack.name if view.rack is not None else "",
        "position_u": device.position_u,
        "face": device.face,
        "status": device.status,
        "tenant": view.tenant.name if view.tenant is not None else "",
        "notes": device.notes,
    }


def csv_header() -> str:
    """With a byte order mark: without it a spreadsheet takes UTF-8 for the code page of its country."""
    return BOM + ",".join(COLUMNS) + "\r\n"


def csv_lines(rows: Iterable[Mapping[str, Any]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    for row in rows:
        cells = ("" if row[name] is None else str(row[name]) for name in COLUMNS)
        writer.writerow([harmless(cell) for cell in cells])
    return out.getvalue()


def json_lines(rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """Each row as the text of one JSON object; the caller sets commas and brackets."""
    return (json.dumps(dict(row), ensure_ascii=False) for row in rows)

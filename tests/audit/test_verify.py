"""An export is verified; a flipped byte anywhere is named."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from nearhand.audit.canonical import canonical, sha256
from nearhand.audit.command import verify_file
from nearhand.audit.service import Ledger
from nearhand.audit.verify import Broken, verify_export
from nearhand.kit.clock import FixedClock
from tests.support.ledger import exported, seen

Lines = list[bytes]


@pytest.fixture
async def export(small: Ledger, clock: FixedClock) -> Lines:
    """Eight lines or so: entries, one of them redacted, and a root after midnight."""
    for number in range(3):
        await small.record(seen(number, note=f"café {number}", x_mm=14.25))
    await small.seal()
    clock.advance(timedelta(days=1).total_seconds())
    await small.record(seen(7))
    await small.redact(3, "a name that had to go")
    return (await exported(small)).splitlines(keepends=True)


def test_what_was_exported_is_unbroken(export: Lines) -> None:
    found = verify_export(export)
    assert (found.first_seq, found.redacted, found.roots) == (1, 1, 1)
    assert found.entries == found.last_seq == sum(b'"entry"' in line for line in export)
    assert verify_export(export, pinned=found.key_ids[0]) == found


def test_every_flipped_bit_is_named_with_its_line(export: Lines) -> None:
    content = b"".join(export)
    ends = [sum(map(len, export[: i + 1])) for i in range(len(export))]
    for position in range(len(content)):
        for bit in (1, 2, 32, 128):
            flipped = bytearray(content)
            flipped[position] ^= bit
            line = next(i for i, end in enumerate(ends, 1) if position < end)
            with pytest.raises(Broken) as broken:
                verify_export(_lines(bytes(flipped)))
            # Of the header, nothing but the digest at the end may know.
            assert broken.value.line in ({line, len(export)} if line == 1 else {line}), (position, bit)


def _lines(content: bytes) -> Lines:
    """As a file is read: by line feeds alone."""
    parts = content.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def test_every_cut_is_named(export: Lines) -> None:
    for kept in range(len(export)):
        with pytest.raises(Broken, match=r"the end is missing|cut off"):
            verify_export(export[:kept])
    with pytest.raises(Broken, match="cut off"):
        verify_export([*export[:-1], export[-1][:-1]])
    with pytest.raises(Broken, match="follows the end"):
        verify_export([*export, export[-1]])


@pytest.mark.parametrize("gone", [1, 2, 3])
def test_an_entry_taken_out_is_named(export: Lines, gone: int) -> None:
    with pytest.raises(Broken, match=f"entry {gone} should be here"):
        verify_export(export[:gone] + export[gone + 1 :])


def test_two_entries_changed_about_are_named(export: Lines) -> None:
    export[1], export[2] = export[2], export[1]
    with pytest.raises(Broken, match="line 2, entry 1"):
        verify_export(export)


def forged(line: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """With a hash that fits again: what somebody does who knows the ledger."""
    said = json.loads(line)
    change(said["entry"])
    return canonical(said | {"hash": sha256(canonical(said["entry"]))}) + b"\n"


def test_a_forged_entry_whose_hash_was_made_anew_no_longer_leads_to_the_next(export: Lines) -> None:
    export[2] = forged(export[2], lambda entry: entry.update(outcome="refused"))
    with pytest.raises(Broken, match="line 4, entry 3: it does not follow the entry before it"):
        verify_export(export)


def test_details_that_are_gone_without_a_word_are_named(export: Lines) -> None:
    said = json.loads(export[2])
    export[2] = canonical(said | {"details": None, "salt": None}) + b"\n"
    with pytest.raises(Broken):
        verify_export(export)


def test_a_key_one_does_not_know_is_named(export: Lines) -> None:
    with pytest.raises(Broken, match="the key you know is not among its keys"):
        verify_export(export, pinned="0" * 64)


@pytest.mark.parametrize(
    "content",
    [b"", b"\n", b"{}\n", b"[1]\n", b"null\n", b"\xff\xfe\n", b'{"header":1}\n', b"[" * 9000 + b"\n"],
)
def test_what_is_no_ledger_is_called_so(content: bytes) -> None:
    with pytest.raises(Broken):
        verify_export(_lines(content))


async def test_a_part_is_verified_too(small: Ledger) -> None:
    await small.record(*(seen(number) for number in range(10)))
    part = (await exported(small, 4, 8)).splitlines(keepends=True)
    found = verify_export(part)
    assert (found.first_seq, found.last_seq, found.entries) == (4, 8, 5)


async def test_the_command_says_it_in_words(
    export: Lines, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "ledger.jsonl"
    file.write_bytes(b"".join(export))
    assert verify_file(file, None) == 0
    assert "Unbroken: entries 1 to" in capsys.readouterr().out
    file.write_bytes(b"".join(export).replace(b"D1", b"D2", 1))
    assert verify_file(file, None) == 1
    assert "line 4, entry 3: it was changed" in capsys.readouterr().err
    assert verify_file(tmp_path / "absent", None) == 2

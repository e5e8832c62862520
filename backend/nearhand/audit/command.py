"""Verify an export at a terminal, and say in words what was found."""

import sys
from pathlib import Path

from nearhand.audit.verify import Broken, Verified, verify_export

PAGE = Path(__file__).parent / "verifier.html"


def page_path(export: Path) -> Path:
    return export.with_name("verify-ledger.html")


def verify_file(path: Path, key: str | None) -> int:
    """The exit code: 0 for an unbroken ledger, 1 for a broken one, 2 where there is none."""
    try:
        with path.open("rb") as lines:
            found = verify_export(lines, key)
    except OSError as error:
        sys.stderr.write(f"{path}: {error.strerror}.\n")
        return 2
    except Broken as broken:
        sys.stderr.write(f"Broken. {path}, {broken}\n")
        return 1
    return report(found, key)


def report(found: Verified, key: str | None, more: str = "") -> int:
    if key is not None and key not in found.key_ids:
        sys.stderr.write("Broken. The key you know is not among its keys.\n")
        return 1
    unsigned = found.last_seq - found.signed_seq
    lines = [
        f"Unbroken: entries {found.first_seq} to {found.last_seq}, {found.redacted} of them redacted.",
        f"The last has the hash {found.last_hash}.",
        f"{found.roots} signed roots, the newest up to entry {found.signed_seq}, {unsigned} entries ago."
        if found.roots
        else "No signed root yet: the first comes at midnight UTC, or by `nearhand ledger sign`.",
        *([more] if more else []),
        *(f"Key: {one}" for one in found.key_ids),
        *(["Hold the key against the one you wrote down (--key)."] if key is None else []),
    ]
    sys.stdout.write("\n".join(lines) + "\n")
    return 0

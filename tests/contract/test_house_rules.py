"""What the linters cannot say of this house is said here."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from nearhand.kit.settings import Settings

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "backend" / "nearhand"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "_web" not in p.parts and "versions" not in p.parts)
PRIVATE = {"store", "api", "socket"}


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        elif isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_a_slices_store_and_doors_are_private_to_it(path: Path) -> None:
    if named(path) in {"app.py", "migrations/env.py"}:
        return  # the composition root knows the doors, migrations know the tables
    own = named(path).split("/")[0]
    for module in imports(path):
        parts = module.split(".")
        if parts[0] == "nearhand" and len(parts) == 3 and parts[2] in PRIVATE:
            assert parts[1] == own, f"{named(path)} reaches into {module}"


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_only_the_database_commits_and_only_settings_read_the_environment(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    if named(path) not in {"kit/database.py", "sessions/log.py"}:
        assert not re.search(r"\.commit\(|\"COMMIT\"", text)
    # launch.py hands the environment on to the server it starts.
    if named(path) not in {"kit/settings.py", "cli.py", "simulation/launch.py"}:
        assert "os.environ" not in text
        assert "getenv" not in text


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_each_file_opens_with_its_one_sentence(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text(encoding="utf-8")))


@pytest.mark.parametrize("path", MODULES, ids=named)
def test_no_clock_is_read_but_through_the_kit(path: Path) -> None:
    if named(path).startswith(("kit/", "simulation/", "field/", "client/")):
        return
    assert "datetime.now(" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", sorted(Settings.model_fields))
def test_every_setting_has_a_description_and_its_line_in_the_reference(name: str) -> None:
    assert Settings.model_fields[name].description
    reference = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    assert f"`NEARHAND_{name.upper()}`" in reference

from pathlib import Path

import pytest

from nearhand.kit.settings import Settings

SECRET = "postgresql+asyncpg://nearhand:s3cret@db/nearhand"


def test_a_secret_may_stand_in_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "url").write_text(f"{SECRET}\n")
    monkeypatch.setenv("NEARHAND_DATABASE_URL_FILE", str(tmp_path / "url"))
    assert Settings().database_url == SECRET
    monkeypatch.setenv("NEARHAND_DATABASE_URL", "sqlite+aiosqlite:///x")
    assert Settings().database_url == "sqlite+aiosqlite:///x"


def test_a_number_in_a_file_is_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hours").write_text("7\n")
    monkeypatch.setenv("NEARHAND_SESSION_HOURS_FILE", str(tmp_path / "hours"))
    assert Settings().session_hours == 7


def test_a_file_that_is_not_there_is_no_silent_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEARHAND_DATABASE_URL_FILE", "/nowhere/at/all")
    with pytest.raises(FileNotFoundError):
        Settings()

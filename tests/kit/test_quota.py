"""How many bytes one account, one customer link and one session may take, at a real server's doors."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from nearhand.access.model import Role
from nearhand.kit.clock import FixedClock
from tests.kit.test_metadata import saved
from tests.support.attacked import Attacked, attacked, pour

PICTURE = saved("JPEG")
ROOM = 3 * len(PICTURE) + 10


@pytest.fixture
def service(tmp_path: Path) -> Iterator[Attacked]:
    with attacked(tmp_path, upload_bytes_per_day_and_account=ROOM) as service:
        yield service


def attach(service: Attacked, who: Any = Role.EXPERT, content: Any = PICTURE) -> Any:
    return service.ask("POST", "attachments?name=a.jpg", who=who, content=content)


def test_one_account_sends_so_much_a_day_and_nobody_elses_is_used_up(service: Attacked) -> None:
    assert [attach(service).status_code for _ in range(4)] == [201, 201, 201, 429]
    refused = attach(service)
    assert (refused.json()["code"], refused.headers["retry-after"]) == ("quota_exceeded", "3600")
    assert attach(service, Role.TECHNICIAN).status_code == 201
    assert service.ask("POST", "images/read", who=Role.EXPERT, content=PICTURE).status_code == 200


def test_what_was_counted_is_kept_beside_the_files_and_the_next_day_begins_anew(tmp_path: Path) -> None:
    clock = FixedClock()
    with attacked(tmp_path, clock=clock, upload_bytes_per_day_and_account=len(PICTURE)) as service:
        assert attach(service).status_code == 201
        with closing(sqlite3.connect(tmp_path / "live.db")) as kept:
            assert kept.execute("SELECT day, bytes FROM live_upload").fetchall() == [
                ("2026-01-01", len(PICTURE))
            ]
        # As after a restart: nothing is remembered but what was put down.
        service.resources.quota._reserved.clear()
        assert attach(service).json()["code"] == "quota_exceeded"
        clock.advance(24 * 3600)
        service.forget_sign_ins()
        assert attach(service).status_code == 201


def test_what_is_too_long_is_told_before_its_bytes_are_read_where_they_are_claimed(service: Attacked) -> None:
    status, code, sent = pour(
        service.url,
        "attachments?name=a",
        service.headers(Role.EXPERT),
        claim=ROOM + 1,
        limit_bytes=ROOM + 1,
    )
    assert (status, code, sent <= 16384) == (429, "quota_exceeded", True)


def test_what_claims_no_length_is_cut_off_and_leaves_nothing(service: Attacked) -> None:
    endless = (b"x" * 1000 for _ in range(ROOM // 1000 + 2))
    assert attach(service, content=endless).json()["code"] == "quota_exceeded"
    assert service.kept_files() == []
    assert attach(service).status_code == 201  # what was refused is not counted


def test_what_was_refused_for_another_reason_is_not_counted(service: Attacked) -> None:
    for _ in range(4):
        assert attach(service, content=b"\x7fELF" + bytes(len(PICTURE) - 4)).status_code == 415
    assert attach(service).status_code == 201


def test_a_session_and_a_customer_link_have_their_own(tmp_path: Path) -> None:
    room: dict[str, Any] = {
        "upload_bytes_per_session": 2 * len(PICTURE),
        "upload_bytes_per_day_and_link": len(PICTURE),
    }
    with attacked(tmp_path, **room) as service:
        session = service.session()
        path = f"sessions/{session}/stills"
        link = service.ask("POST", f"sessions/{session}/invitations", json={"role": "technician"}).json()
        guests = [service.guest_of(link["url"], name) for name in ("A", "B")]
        answers = [service.ask("POST", path, who=guest, content=PICTURE) for guest in guests]
        assert [answer.status_code for answer in answers] == [201, 429]
        assert service.ask("POST", path, who=Role.EXPERT, content=PICTURE).status_code == 201
        full = service.ask("POST", path, who=Role.TECHNICIAN, content=PICTURE)
        assert (full.status_code, full.json()["code"]) == (413, "total_quota_exceeded")
        assert attach(service).status_code == 201

"""Where nothing but a relay is allowed, voice and pictures go through a real coturn, by passwords of the service."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.test_three_parties import sees
from tests.support.chromium import chromium
from tests.support.demo import DemoProcess
from tests.support.identity import RELAY_ONLY
from tests.support.trays import Bare, desk, open_way, phone, trays_film
from tests.support.turn import TurnProcess

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def relayed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Bare, TurnProcess]]:
    with TurnProcess(tmp_path / "turn") as turn:
        for name, value in turn.environment.items():
            monkeypatch.setenv(name, value)
        with DemoProcess(tmp_path / "demo") as demo, chromium(trays_film(tmp_path)) as browser:
            yield Bare(demo.url, browser), turn


def test_with_relays_alone_the_camera_is_seen(relayed: tuple[Bare, TurnProcess]) -> None:
    bare, turn = relayed
    field, session = phone(bare, script=RELAY_ONLY)
    expert = desk(bare, session, script=RELAY_ONLY)
    open_way(field)
    open_way(expert)
    sees(expert)
    assert "ALLOCATE processed, success" in turn.log

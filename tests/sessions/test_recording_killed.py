"""SIGKILL in the middle of a recording: what was acknowledged is there, the recorder goes on, nothing is there twice."""

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import httpx2
import pytest

from nearhand.access.model import Role
from nearhand.app import API
from tests.support.attacked import Asked
from tests.support.film import a_webm, as_pieces, taken_apart
from tests.support.process import ServerProcess

pytestmark = pytest.mark.slow

FPS, LENGTH_S = 10, 4


@contextmanager
def asking(server: ServerProcess) -> Iterator[Asked]:
    service = Asked(server.url)
    with closing(service.http):
        yield service


def test_a_killed_service_has_what_it_acknowledged_and_the_recorder_goes_on(tmp_path: Path) -> None:
    pieces = as_pieces(a_webm(LENGTH_S, fps=FPS), [], LENGTH_S)
    with ServerProcess(tmp_path) as server, asking(server) as service:
        session = service.session()
        path = f"sessions/{session}/recordings/r1"

        def keep(k: int) -> int:
            answer = service.ask("PUT", f"{path}/chunks/{k}", who=Role.EXPERT, content=pieces[k])
            return int(answer.status_code)

        def dies_half_way() -> Iterator[bytes]:
            yield pieces[2][: len(pieces[2]) // 2]
            server.kill()
            yield pieces[2][len(pieces[2]) // 2 :]

        with service.live(session, Role.EXPERT, "desk") as desk:
            desk.enter()
            desk.say({"type": "recording.ask", "n": 1, "id": "r1"})
            desk.told("recording.began")
            assert [keep(0), keep(1)] == [200, 200]
            with suppress(httpx2.TransportError):
                address = f"{server.url}{API}/{path}/chunks/2"
                httpx2.put(address, headers=service.headers(Role.EXPERT), content=dies_half_way())
        server.start()

        (file,) = service.ask("GET", f"sessions/{session}/recordings", who=Role.EXPERT).json()
        assert (file["chunks"], file["missing"]) == (2, [])
        with service.live(session, Role.EXPERT, "desk") as desk:
            desk.say({"type": "hello", "client": desk.client, "resume": None})
            state = desk.told("session.state")["state"]
            assert state["recording"]["state"] == "running"
            # The one it had no answer for, one whose answer might have been lost, and the rest.
            assert [keep(k) for k in (2, 1, 3)] == [200, 200, 200]
        (file,) = service.ask("GET", f"sessions/{session}/recordings", who=Role.EXPERT).json()
        assert (file["chunks"], file["missing"]) == (4, [])
        film = taken_apart(service.ask("GET", f"{path}/media", who=Role.EXPERT).content)
        assert len(film.pictures) == FPS * LENGTH_S
        assert film.sound_ms == pytest.approx(LENGTH_S * 1000, abs=100)
        made = service.ask("GET", f"{path}/video", who=Role.EXPERT)
        assert list(taken_apart(made.content).pictures) == list(film.pictures)

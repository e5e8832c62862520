"""The robots, at work in a real demo."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx2
import pytest

from nearhand.client import Client, LiveSession
from nearhand.devices.model import FaceSide
from nearhand.sessions.model import Annotation, FaceAnchor, OnPort, Session, Shape
from nearhand.simulation import expert as expert_module
from nearhand.simulation import technician as technician_module
from nearhand.simulation.demo import create_demo_app
from nearhand.simulation.expert import RobotExpert
from nearhand.simulation.film import UPRIGHT, Film, make
from nearhand.simulation.people import PASSWORD, ROBOT_EXPERT, ROBOT_TECHNICIAN
from nearhand.simulation.render import phone_camera
from nearhand.simulation.robots import hall_of
from nearhand.simulation.technician import RobotTechnician, nearest_port
from nearhand.simulation.walk import survey, tripod
from tests.support.server import served

pytestmark = pytest.mark.slow
WITHIN_S = 60


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("demo")


@pytest.fixture(scope="module")
def demo(data_dir: Path) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NEARHAND_DATA_DIR", str(data_dir))
        patch.setenv("NEARHAND_IS_DEMO", "true")
        patch.setattr(expert_module, "RINGS_FOR_S", 0.0)
        patch.setattr(expert_module, "THINK_S", 0.05)
        patch.setattr(technician_module, "THINK_S", 0.05)
        with served(create_demo_app()) as url:
            yield url


@pytest.fixture
async def expert(demo: str) -> AsyncIterator[Client]:
    async with await Client.sign_in(demo, "expert", PASSWORD) as client:
        yield client


@pytest.fixture
async def technician(demo: str) -> AsyncIterator[Client]:
    async with await Client.sign_in(demo, "technician", PASSWORD) as client:
        yield client


async def test_the_robot_technician_shows_what_it_sees_and_answers_to_marks(
    demo: str, expert: Client
) -> None:
    async with await Client.sign_in(demo, ROBOT_TECHNICIAN, PASSWORD) as client:
        view, layout, scene = await hall_of(client)
        film = Film(scene, survey(layout, period_s=8), phone_camera(960, 540))
        asked: asyncio.Queue[Session] = asyncio.Queue()
        robot = asyncio.create_task(RobotTechnician(client, view, film, asked.put_nowait).run())
        try:
            session = await asked.get()
            assert session.device_id == view.device.id
            async with asyncio.timeout(WITHIN_S), expert.live(session.id) as live:
                await live.until(_has_still_with_sighting)
                place = OnPort(device_id=view.device.id, face=FaceSide.FRONT, port="37")
                await live.add_annotation(Shape.PORT, place)
                await live.until(lambda v: any("mark on port 37" in text for text in _said(live)))
        finally:
            robot.cancel()
            await asyncio.gather(robot, return_exceptions=True)


async def test_the_robot_expert_marks_the_ports_that_the_guide_names(demo: str, technician: Client) -> None:
    view = await technician.device_by_tag("TOR-R07-U23")
    async with await Client.sign_in(demo, ROBOT_EXPERT, PASSWORD) as client:
        robot = asyncio.create_task(RobotExpert(client, frozenset()).run())
        try:
            session = await technician.open_session(view.device.id, "Help")
            async with asyncio.timeout(WITHIN_S), technician.live(session.id) as live:
                shown = await live.until(lambda v: v.state is not None and v.state.step is not None)
                assert shown.state is not None
                assert shown.state.step is not None
                await live.show_step(shown.state.step.guide_id, 1, (0,))
                marked = await live.until(lambda v: bool(v.annotations))
                assert [port_of(mark) for mark in marked.annotations] == ["37"]
                await live.end()
        finally:
            robot.cancel()
            await asyncio.gather(robot, return_exceptions=True)


async def test_the_hall_is_served_to_those_who_are_signed_in(
    demo: str, data_dir: Path, technician: Client
) -> None:
    _, layout, scene = await hall_of(technician)
    film = Film(scene, tripod(layout), phone_camera(320, 180), frames_per_s=0.2)
    await asyncio.to_thread(make, data_dir / "hall", film, layout)
    short = Film(scene, tripod(layout), phone_camera(180, 320), frames_per_s=0.05)
    await asyncio.to_thread(make, data_dir / "hall" / UPRIGHT, short, layout)
    body = {"name": "technician", "password": PASSWORD}
    async with httpx2.AsyncClient(base_url=demo) as browser:
        assert (await browser.get("/api/v1/demo/hall/hall.webm")).status_code == 401
        assert (await browser.post("/api/v1/sign-in", json=body)).status_code == 200
        video = await browser.get("/api/v1/demo/hall/hall.webm", headers={"Range": "bytes=0-99"})
        assert (video.status_code, video.headers["content-type"]) == (206, "video/webm")
        truth = (await browser.get("/api/v1/demo/hall/hall.json")).json()
        assert len(truth["frames"]) == film.frames
        upright = await browser.get("/api/v1/demo/hall/hall.json?upright=true")
        assert upright.json()["frames"] == truth["frames"][:1]
        accounts = (await browser.get("/api/v1/demo")).json()["accounts"]
        assert [account["name"] for account in accounts] == ["admin", "expert", "technician", "observer"]
        assert (await browser.get("/demo/ca.crt")).status_code == 404


async def test_a_mark_means_the_port_it_lies_on(technician: Client) -> None:
    view = await technician.device_by_tag("TOR-R07-U23")
    face = view.device_type.front
    port = face.port("37")
    assert port is not None
    for shape, points in {
        "ring": [[port.x_mm + 1, port.y_mm, 0], [port.x_mm + 9, port.y_mm, 0]],
        "arrow": [[10, 10, 0], [port.x_mm, port.y_mm - 1, 0]],
        "freehand": [[port.x_mm - 4, port.y_mm, 0], [port.x_mm + 4, port.y_mm, 0]],
    }.items():
        anchor = {
            "device_id": view.device.id, "face": "front", "points_mm": points,
            "ring_mm": None, "is_approximate": False, "port": None,
        }  # fmt: skip
        assert nearest_port(face, Shape(shape), FaceAnchor.model_validate(anchor)) == "37"


def port_of(mark: Annotation) -> str | None:
    return mark.anchor.port if isinstance(mark.anchor, FaceAnchor) else None


def _has_still_with_sighting(view: object) -> bool:
    state = getattr(view, "state", None)
    return state is not None and any(still.sighting for still in state.stills)


def _said(live: LiveSession) -> list[str]:
    state = live.view.state
    return [line.text for line in state.chat] if state else []

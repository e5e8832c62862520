"""Where nothing but a relay is allowed, voice and pictures go through a real coturn, by passwords of the service."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.browser.test_three_parties import PATIENT_MS, sees
from tests.support.chromium import chromium
from tests.support.demo import DemoProcess
from tests.support.identity import RELAY_ONLY
from tests.support.trays import Bare, desk, open_way, phone, trays_film
from tests.support.turn import SECRET, TurnProcess

SHORT_S = 20
# The first passwords that a page gets run out soon; the service makes them of the same secret.
SHORT_LIVED = """
const ask = window.fetch;
let asked = 0;
window.fetch = async (...how) => {
    const answer = await ask(...how);
    if (!String(how[0].url ?? how[0]).endsWith("/ice") || asked++) return answer;
    const ice = await answer.json();
    for (const server of ice.servers.filter(({ username }) => username)) {
        server.username = String(Math.floor(Date.now() / 1000) + SHORT_S) + server.username.replace(/^[0-9]+/, "");
        const key = await crypto.subtle.importKey(
            "raw", new TextEncoder().encode("SECRET"), { name: "HMAC", hash: "SHA-1" }, false, ["sign"]);
        const signed = await crypto.subtle.sign("HMAC", key, new TextEncoder().encode(server.username));
        server.credential = btoa(String.fromCharCode(...new Uint8Array(signed)));
    }
    return new Response(JSON.stringify(ice), { headers: answer.headers });
};
""".replace("SHORT_S", str(SHORT_S)).replace("SECRET", SECRET)

pytestmark = [pytest.mark.browser, pytest.mark.filming, pytest.mark.slow, pytest.mark.timeout(600)]


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


def test_passwords_that_ran_out_in_mid_call_are_replaced_when_the_way_is_lost(
    relayed: tuple[Bare, TurnProcess],
) -> None:
    bare, turn = relayed
    field, session = phone(bare, script=RELAY_ONLY + SHORT_LIVED)
    expert = desk(bare, session, script=RELAY_ONLY + SHORT_LIVED)
    open_way(expert)
    sees(expert)
    expert.wait_for_timeout(SHORT_S * 1000)

    # The relays are gone, and what made them is no longer good for new ones: pictures go on over the line.
    turn.restart()
    picture = expert.get_by_test_id("desk-picture")
    expect(picture).to_have_attribute("data-way", "line", timeout=PATIENT_MS)

    # With passwords of now there are others.
    open_way(expert)
    open_way(field)
    sees(expert)

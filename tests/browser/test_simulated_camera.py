"""With no camera at all: the simulated hall plays in the field app."""

import pytest
from playwright.sync_api import expect

from nearhand.simulation.film import HEIGHT_PX, WIDTH_PX, Film, make
from nearhand.simulation.people import PASSWORD
from nearhand.simulation.render import phone_camera
from nearhand.simulation.walk import Stand, Walk
from tests.browser.conftest import Stage
from tests.support.chromium import sign_in_page

pytestmark = [pytest.mark.browser, pytest.mark.slow]

SLOW_MS = 45_000


def test_the_field_app_recognises_the_device_in_the_simulated_hall(stage: Stage) -> None:
    label = stage.truth.layout.label
    assert label is not None
    near = Walk((Stand(0.0, label.x_mm, label.y_mm, 160),), period_s=1.0)
    film = Film(stage.scene, near, phone_camera(WIDTH_PX, HEIGHT_PX))
    make(stage.demo.folder / "hall", film, stage.truth.layout)
    page = stage.browser.new_context(locale="en").new_page()
    sign_in_page(page, f"{stage.demo.url}/field/?camera=demo", "technician", PASSWORD)
    expect(page.get_by_test_id("device")).to_contain_text("R07", timeout=SLOW_MS)
    expect(page.locator("video.camera")).to_have_js_property("videoWidth", WIDTH_PX)

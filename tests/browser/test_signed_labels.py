"""A forged sticker before the field app's camera, and in a phone's own; and the console that asks for signatures."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
import qrcode
from playwright.sync_api import Page, expect

from nearhand.access.model import SYSTEM, NewUser, Role, everywhere
from nearhand.access.passwords import Passwords
from nearhand.app import Resources, build_resources, create_app
from nearhand.devices.model import LabelSigning
from nearhand.kit.settings import Settings
from nearhand.labels.model import Label, NewLabel
from nearhand.labels.service import RegisteredLabels
from nearhand.migrations.upgrade import upgrade
from tests.support.chromium import chromium, sign_in_page, write_camera
from tests.support.factories import Registry, new_site
from tests.support.people import PASSWORD, QUICK
from tests.support.server import served

pytestmark = [pytest.mark.browser, pytest.mark.timeout(120)]

SLOW_MS = 20_000
TAG = "TOR-R07-U23"


def resources_in(folder: Path) -> Resources:
    return build_resources(Settings(data_dir=folder), passwords=Passwords(QUICK))


def labelled(folder: Path, signing: LabelSigning) -> Label:
    """A device with a signed label, at a site that asks for this."""

    async def furnish() -> Label:
        resources = resources_in(folder)
        await upgrade(resources.database)
        await resources.access.register(
            NewUser(name="admin", display_name="A", grants=everywhere(Role.ADMIN), password=PASSWORD)
        )
        async with resources.database.transaction() as connection:
            registry = Registry(connection)
            site = await registry.site(label_signing=LabelSigning.WARN)
            device = await registry.device(rack=await registry.rack(site), asset_tag=TAG)
        labels = RegisteredLabels(
            resources.database, SYSTEM, ids=resources.ids, clock=resources.clock, stamp=resources.label_stamp
        )
        label = await labels.make(device.id, NewLabel())
        async with resources.database.transaction() as connection:
            asked = new_site(label_signing=signing)
            await Registry(connection).places.change_site(site.id, asked, version=1)
        await resources.database.close()
        return label

    return asyncio.run(furnish())


def forged(text: str) -> str:
    return text[:-1] + ("0" if text[-1] != "0" else "1")


@contextmanager
def phone(folder: Path, path: str, *, sees: str | None = None) -> Iterator[Page]:
    """The field app, signed in, before a sticker that says this."""
    camera = None
    if sees is not None:
        picture = np.full((720, 1280, 3), 255, np.uint8)
        picture[100:600, 400:900] = np.asarray(qrcode.make(sees).convert("L").resize((500, 500)))[..., None]
        camera = write_camera(folder / "camera.mjpeg", [picture] * 30)
    resources = resources_in(folder)
    with served(create_app(resources.settings, resources)) as url, chromium(camera) as browser:
        page = browser.new_context(locale="en", base_url=url, permissions=["camera"]).new_page()
        page.set_default_timeout(SLOW_MS)
        sign_in_page(page, path, "admin", PASSWORD)
        yield page


def test_a_forged_sticker_opens_nothing_and_the_asset_tag_leads_on(tmp_path: Path) -> None:
    label = labelled(tmp_path, LabelSigning.ENFORCE)
    with phone(tmp_path, "/field/", sees=forged(label.text)) as page:
        alarm = page.get_by_test_id("doubted-label")
        expect(alarm.get_by_role("heading", name="Do not go by this label")).to_be_visible(timeout=SLOW_MS)
        expect(alarm.get_by_role("button", name="all the same")).to_have_count(0)
        assert all(
            box["height"] >= 56 for one in alarm.get_by_role("button").all() if (box := one.bounding_box())
        )
        assert TAG not in page.content()
        alarm.get_by_role("button", name="Find it by its asset tag").click()
        page.get_by_label("asset tag").fill(TAG)
        page.get_by_role("button", name="Open", exact=True).click()
        expect(page.get_by_text("Top of rack 7").first).to_be_visible()
        expect(alarm).to_have_count(0)


def test_a_doubtful_sticker_opens_at_a_second_tap_where_a_site_only_warns(tmp_path: Path) -> None:
    label = labelled(tmp_path, LabelSigning.WARN)
    with phone(tmp_path, f"/d/{forged(label.text).rpartition('/')[2]}") as page:
        alarm = page.get_by_test_id("doubted-label")
        alarm.get_by_role("button", name="Open Top of rack 7 all the same").click()
        expect(alarm).to_have_count(0)
        expect(page.get_by_text("Top of rack 7").first).to_be_visible()


def test_a_genuine_label_opens_its_device_at_once(tmp_path: Path) -> None:
    label = labelled(tmp_path, LabelSigning.ENFORCE)
    with phone(tmp_path, "/field/", sees=label.text) as page:
        expect(page.get_by_text("Top of rack 7").first).to_be_visible(timeout=SLOW_MS)
        expect(page.get_by_test_id("doubted-label")).to_have_count(0)


def test_the_console_asks_for_signatures_and_offers_what_is_to_be_printed_anew(tmp_path: Path) -> None:
    labelled(tmp_path, LabelSigning.OFF)
    with phone(tmp_path, "/console/places") as page:
        page.get_by_role("button", name="Edit the site").first.click()
        page.get_by_label("Signed labels").select_option("enforce")
        page.get_by_test_id("save-place").click()
        expect(page.get_by_test_id("save-place")).to_have_count(0)
        page.goto("/console/labels")
        choice = page.get_by_label("Signature")
        choice.select_option(label="To print anew at Zürich West")
        expect(page.get_by_test_id("pick-device")).to_have_count(0)

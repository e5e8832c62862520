"""The page that verifies an export, opened from a folder in a real browser, says what `nearhand verify` says."""

import asyncio
import base64
import random
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from nearhand.audit.command import PAGE
from nearhand.audit.verify import Broken, verify_export
from nearhand.kit.clock import FixedClock
from tests.support.factories import empty_registry
from tests.support.ledger import a_ledger, exported, seen, somebody

FLIPS = 400


async def an_export(folder: Path) -> bytes:
    clock = FixedClock()
    async with (
        empty_registry(f"sqlite+aiosqlite:///{folder / 'registry.db'}") as database,
        a_ledger(database, folder, clock) as ledger,
    ):
        somebody(clock, "Ada")
        for number in range(70):
            await ledger.record(seen(number, note=f"café 端口 {number} \u2028 \x7f \x01", x_mm=14.25))
        await ledger.seal()
        clock.advance(86_400)
        await ledger.record(seen(7, text="<b>&amp;</b>"))
        await ledger.redact(3, "a name that had to go")
        await ledger.rotate_key()
        return await exported(ledger)


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("ledger")
    with ThreadPoolExecutor(1) as thread:  # the browser's driver may hold this thread's loop
        return thread.submit(lambda: asyncio.run(an_export(folder))).result()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Opened from its folder, without a network; it must ask for nothing and stumble over nothing."""
    page = browser.new_context(locale="en-GB", offline=True).new_page()
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    said: list[str] = []
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(PAGE.as_uri())
    yield page
    page.close()
    assert [url for url in asked if not url.startswith("file:")] == []
    assert said == []


def give(page: Page, content: bytes) -> None:
    page.set_input_files("#file", {"name": "ledger.jsonl", "mimeType": "", "buffer": content})


def test_an_unbroken_ledger_is_called_so_and_shown(page: Page, export: bytes) -> None:
    give(page, export)
    expect(page.locator("#headline")).to_have_text("Unbroken")
    found = verify_export(export.splitlines(keepends=True))
    expect(page.locator("#sentence")).to_contain_text(f"1 to {found.last_seq}")
    expect(page.locator("#facts")).to_contain_text(found.last_hash)
    expect(page.locator("#rows tr")).to_have_count(50)
    page.locator("#find").fill("端口 33")
    expect(page.locator("#rows tr")).to_have_count(1)
    expect(page.locator("#rows")).to_contain_text("Ada")
    page.locator("#known").fill(found.key_ids[0])
    expect(page.locator("#match")).to_have_text("It is this key")
    page.locator("#known").fill("0" * 64)
    expect(page.locator("#match")).to_have_text("Not the key of this file")


def test_a_changed_entry_is_named_and_marked(page: Page, export: bytes) -> None:
    give(page, export.replace(b'"id":"D5"', b'"id":"D6"', 1))
    expect(page.locator("#headline")).to_have_text("Broken")
    expect(page.locator("#sentence")).to_contain_text("entry 7: it was changed")
    expect(page.locator("tr.bad")).to_have_count(1)
    expect(page.locator("tr.bad td").first).to_have_text("7")


@pytest.mark.parametrize(
    ("button", "word"), [("繁體中文", "完整無損"), ("简体中文", "完整无损"), ("English", "Unbroken")]
)
def test_it_speaks_three_languages(page: Page, export: bytes, button: str, word: str) -> None:
    give(page, export)
    page.get_by_role("button", name=button).click()
    expect(page.locator("#headline")).to_have_text(word)
    assert "undefined" not in page.inner_text("body")
    assert page.evaluate("document.documentElement.lang")[:2] in ("en", "zh")


def test_a_language_has_a_word_for_everything(page: Page) -> None:
    words: dict[str, list[str]] = page.evaluate(
        "Object.fromEntries(Object.entries(WORDS).map(([name, words]) => [name, Object.keys(words).sort()]))"
    )
    assert words["en"] == words["zh-Hant"] == words["zh-Hans"]


IN_PAGE = """async ([text, flips]) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0)), said = [];
  for (const [at, bit] of flips) {
    const flipped = bytes.slice();
    flipped[at] ^= bit;
    const { broken } = await check(new Blob([flipped]), () => {});
    said.push(broken ? [broken.code, broken.facts.line] : null);
  }
  return said;
}"""


def test_page_and_command_name_the_same_line_for_every_flip(page: Page, export: bytes) -> None:
    chance = random.Random(4)
    flips = [(chance.randrange(len(export)), 1 << chance.randrange(8)) for _ in range(FLIPS)]
    said: list[Any] = page.evaluate(IN_PAGE, [base64.b64encode(export).decode(), flips])
    for (at, bit), answer in zip(flips, said, strict=True):
        flipped = bytearray(export)
        flipped[at] ^= bit
        parts = bytes(flipped).split(b"\n")
        with pytest.raises(Broken) as broken:
            verify_export([part + b"\n" for part in parts[:-1]] + [part for part in parts[-1:] if part])
        assert answer is not None, (at, bit)
        assert answer[1] == broken.value.line, (at, bit, answer, str(broken.value))


def test_its_own_hash_is_sha_256(page: Page) -> None:
    assert (
        page.evaluate("""async () => {
      for (const size of [0, 1, 55, 56, 63, 64, 65, 119, 120, 1000, 100001]) {
        const bytes = crypto.getRandomValues(new Uint8Array(Math.min(size, 60000)));
        const known = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
        const hex = Array.from(known, (one) => one.toString(16).padStart(2, "0")).join("");
        const pieces = new Sha256();
        for (let at = 0; at < bytes.length; at += 37) pieces.update(bytes.subarray(at, at + 37));
        if (sha256(bytes) !== hex || pieces.hex() !== hex) return size;
      }
      return -1;
    }""")
        == -1
    )


@pytest.mark.parametrize("width", [360, 1280])
def test_nothing_sticks_out(page: Page, export: bytes, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    give(page, export)
    expect(page.locator("#verdict")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= width

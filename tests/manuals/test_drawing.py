"""PDFs made to harm harm only the process that reads them, and the next document has a process of its own."""

import asyncio
import hashlib
import io
import sys
import time
import zlib
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import Any

import pytest

from nearhand.kit.blobs import Blob, FileDamaged, Lent
from nearhand.kit.errors import NearhandError
from nearhand.kit.sealing import KEPT, Keyring, Sealer
from nearhand.manuals.drawing import MAX_PAGES, Drawing, DrawingLimits
from nearhand.manuals.model import DocumentBroken, DocumentTooLong, PageMissing, RenderTimeout
from tests.manuals.samples import a_pdf

ADA, LIN = "ada", "lin"


@pytest.fixture
def drawing() -> Iterator[Drawing]:
    drawing = Drawing(DrawingLimits(cpu_s=3, wall_s=6))
    yield drawing
    drawing.close()


def kept(folder: Path, content: bytes) -> Blob:
    sha256 = hashlib.sha256(content).hexdigest()
    path = folder / sha256
    path.write_bytes(content)
    return Blob(path, sha256)


def pdf(*objects: str | bytes, root: int = 1) -> bytes:
    """Of these objects, numbered from 1, with a table of where they are."""
    out, at = io.BytesIO(), []
    out.write(b"%PDF-1.7\n")
    for number, body in enumerate(objects, 1):
        at.append(out.tell())
        out.write(b"%d 0 obj\n" % number + (body.encode() if isinstance(body, str) else body) + b"\nendobj\n")
    start = out.tell()
    out.write(b"xref\n0 %d\n0000000000 65535 f \n" % (len(at) + 1))
    out.write(b"".join(b"%010d 00000 n \n" % each for each in at))
    out.write(b"trailer\n<</Size %d/Root %d 0 R>>\nstartxref\n%d\n%%%%EOF" % (len(at) + 1, root, start))
    return out.getvalue()


def stream(content: bytes, more: str = "") -> bytes:
    return b"<<%s/Length %d>>stream\n" % (more.encode(), len(content)) + content + b"\nendstream"


def one_page(contents: bytes, *others: str | bytes, box: str = "0 0 595 842", resources: str = "") -> bytes:
    """A page whose contents are object 4; the others follow."""
    page = f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]/Contents 4 0 R/Resources<<{resources}>>>>"
    return pdf(
        "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>", page, contents, *others
    )


MANY_PAGES = pdf(
    "<</Type/Catalog/Pages 2 0 R>>",
    "<</Type/Pages/Kids[3 0 R]/Count 1000000>>",
    "<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>",
)
PAGES_IN_A_CIRCLE = pdf("<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[2 0 R 2 0 R]/Count 400>>")
A_GIANT_BOX = one_page(stream(b""), box="0 0 1e9 1e9")
A_THIN_BOX = one_page(stream(b""), box="0 0 1e9 1")
DEEPLY_NESTED = one_page(stream(b""), "[" * 200_000 + "]" * 200_000)
A_FORM_IN_ITSELF = one_page(
    stream(b"/X Do " * 100),
    stream(b"/X Do " * 100, "/Type/XObject/Subtype/Form/BBox[0 0 9 9]/Resources<</XObject<</X 5 0 R>>>>"),
    resources="/XObject<</X 5 0 R>>",
)
ENDLESS_CONTENT = one_page(
    stream(
        zlib.compress(b"0 0 m 595 842 l 300 0 l b* q 1 0 0 1 0 0 cm Q\n" * 4_000_000, 9),
        "/Filter/FlateDecode",
    )
)
A_GREAT_PICTURE = one_page(
    stream(b"595 0 0 842 0 0 cm /I Do"),
    stream(
        zlib.compress(zlib.compress(bytes(120_000_000), 9), 9),
        "/Type/XObject/Subtype/Image/Width 60000/Height 60000/BitsPerComponent 8/ColorSpace/DeviceRGB"
        "/Filter[/FlateDecode/FlateDecode]",
    ),
    resources="/XObject<</I 5 0 R>>",
)
ALSO_HTML = a_pdf() + b"<html><script>alert(1)</script>"

BOMBS = {
    "many pages": MANY_PAGES,
    "pages in a circle": PAGES_IN_A_CIRCLE,
    "giant box": A_GIANT_BOX,
    "thin box": A_THIN_BOX,
    "deeply nested": DEEPLY_NESTED,
    "form in itself": A_FORM_IN_ITSELF,
    "endless content": ENDLESS_CONTENT,
    "great picture": A_GREAT_PICTURE,
    "also HTML": ALSO_HTML,
    "nothing": b"%PDF-1.7",
}


REFUSALS = (DocumentBroken, DocumentTooLong, RenderTimeout, PageMissing)


async def answer_of(asked: Awaitable[Any]) -> Any:
    try:
        return await asked
    except NearhandError as refusal:
        return refusal


@pytest.mark.parametrize("name", BOMBS)
async def test_a_bomb_is_refused_or_drawn_within_its_limits_and_the_next_is_drawn(
    drawing: Drawing, tmp_path: Path, name: str
) -> None:
    began_s = time.monotonic()
    pages = await answer_of(drawing.pages(kept(tmp_path, BOMBS[name]).lend, ADA))
    assert isinstance(pages, REFUSALS) or 1 <= int(pages) <= MAX_PAGES
    drawn = await answer_of(drawing.png(kept(tmp_path, BOMBS[name]), 1, ADA))
    assert isinstance(drawn, REFUSALS) or len(drawn) < 100_000
    assert time.monotonic() - began_s < 16
    assert (await drawing.png(kept(tmp_path, a_pdf()), 1, ADA)).startswith(b"\x89PNG")


async def test_what_takes_too_long_is_ended_and_told(tmp_path: Path) -> None:
    drawing = Drawing(DrawingLimits(cpu_s=1))
    with pytest.raises(RenderTimeout):
        await drawing.png(kept(tmp_path, ENDLESS_CONTENT), 1, ADA)
    assert await drawing.pages(kept(tmp_path, a_pdf(3)).lend, ADA) == 3


async def test_more_pages_than_allowed_are_told_as_such(drawing: Drawing, tmp_path: Path) -> None:
    with pytest.raises(DocumentTooLong, match="1000000 pages"):
        await drawing.pages(kept(tmp_path, MANY_PAGES).lend, ADA)


@pytest.mark.parametrize(
    ("does", "refusal"),
    [
        ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", DocumentBroken),
        ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", RenderTimeout),
        ("import time; time.sleep(60)", RenderTimeout),
        ("pass", DocumentBroken),
        ("print('{}'); print('<html>')", DocumentBroken),
        ("import sys; [sys.stdout.write('x' * 1000) for _ in range(10**9)]", DocumentBroken),
    ],
    ids=["crashes", "is killed", "sleeps", "says nothing", "draws a page of HTML", "never ends speaking"],
)
async def test_a_process_that_fails_is_a_refusal(tmp_path: Path, does: str, refusal: type[Exception]) -> None:
    limits = DrawingLimits(wall_s=1.5, answer_bytes=100_000)
    with pytest.raises(refusal):
        await Drawing(limits, command=[sys.executable, "-I", "-c", does]).png(kept(tmp_path, a_pdf()), 1, ADA)


async def test_it_has_none_of_the_services_secrets_and_may_write_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NEARHAND_SMTP_PASSWORD", "secret")
    told = tmp_path / "told"
    does = f"import os; open({str(told)!r}, 'w').write(repr(dict(os.environ)))"
    with pytest.raises(DocumentBroken):
        await Drawing(command=[sys.executable, "-I", "-c", does]).pages(kept(tmp_path, a_pdf()).lend, ADA)
    assert "secret" not in told.read_text()


async def test_a_sealed_document_is_opened_by_the_key_of_this_one_alone(
    drawing: Drawing, tmp_path: Path
) -> None:
    path = tmp_path / "sealed"
    with path.open("wb") as file:
        sealer = Sealer(file, Keyring((bytes(32),)), KEPT)
        sealer.write(a_pdf(4))
        sealer.close()
    assert await drawing.pages(lambda: Lent(path.open("rb"), sealer.own_key), ADA) == 4
    path.write_bytes(path.read_bytes()[:-1] + b"\0")
    with pytest.raises(FileDamaged):
        await drawing.pages(lambda: Lent(path.open("rb"), sealer.own_key), ADA)


WHATEVER_IT_IS = """
import sys, time
open(sys.argv[1], "a").write(".")
if sys.stdin.buffer.read() == b"endless":
    time.sleep(60)
sys.stdout.buffer.write(b"{}\\n\\x89PNG\\r\\n\\x1a\\n")
"""


class Counted:
    """A drawing whose processes are counted; what is `endless` is ended after a second."""

    def __init__(self, folder: Path) -> None:
        self.now_s, self._begun = 0.0, folder / "begun"
        command = [sys.executable, "-I", "-c", WHATEVER_IT_IS, str(self._begun)]
        self.drawing = Drawing(DrawingLimits(wall_s=1), command=command, now_s=lambda: self.now_s)

    def begun(self) -> int:
        return len(self._begun.read_text())


async def test_a_page_that_took_too_long_is_refused_at_once_for_ten_minutes(tmp_path: Path) -> None:
    counted, endless = Counted(tmp_path), kept(tmp_path, b"endless")
    for now_s, begun in ((0, 1), (599, 1), (601, 2)):
        counted.now_s = now_s
        with pytest.raises(RenderTimeout):
            await counted.drawing.png(endless, 1, ADA)
        assert counted.begun() == begun
    assert await counted.drawing.png(kept(tmp_path, b"short"), 1, ADA)


async def test_those_who_ask_for_the_same_page_share_one_drawing(tmp_path: Path) -> None:
    counted, page = Counted(tmp_path), kept(tmp_path, b"short")
    drawn = await asyncio.gather(*(counted.drawing.png(page, 1, who) for who in (ADA, ADA, LIN)))
    assert (len(set(drawn)), counted.begun()) == (1, 1)


async def test_an_account_with_many_endless_pages_keeps_nobody_else_waiting(tmp_path: Path) -> None:
    counted, endless = Counted(tmp_path), kept(tmp_path, b"endless")
    many = [asyncio.create_task(counted.drawing.png(endless, number, ADA)) for number in (1, 2, 3)]
    await asyncio.sleep(0)  # they are all there before
    assert await counted.drawing.png(kept(tmp_path, b"short"), 1, LIN)
    assert not many[-1].done()
    assert {type(one) for one in await asyncio.gather(*many, return_exceptions=True)} == {RenderTimeout}


async def test_memory_is_limited_for_each_process(tmp_path: Path) -> None:
    drawing = Drawing(DrawingLimits(memory_bytes=32 << 20))  # not even enough to begin
    refused = await answer_of(drawing.png(kept(tmp_path, a_pdf()), 1, ADA))
    assert isinstance(refused, REFUSALS)
    drawing.close()

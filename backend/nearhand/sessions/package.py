"""A session to take along: stills, marks and the log in one ZIP, with a page that tells it again without any network."""

import asyncio
import base64
import hashlib
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from nearhand.kit.blobs import Blob
from nearhand.kit.errors import NearhandError, Unavailable
from nearhand.sessions.archive import PIECE_BYTES, Archive, Entry
from nearhand.sessions.log import first_hash, next_hash
from nearhand.sessions.marked import MarkBook
from nearhand.sessions.model import Session

PAGE = Path(__file__).with_name("package.html")
EVENTS_AT_ONCE = 1000
PACKED_AT_ONCE = 3  # packages under way in the whole service
_ENDINGS = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp"}
_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)

# The events after a number, as this person is told of them.
Pages = Callable[[int], Awaitable[list[str]]]
Stills = Callable[[str], Awaitable[tuple[Blob, str]]]


class TooManyPackages(Unavailable):
    code, title = "too_many_packages", "Others are being packed just now; try again in a moment"
    retry_after_s = 10


@dataclass(frozen=True)
class Told:
    """A session as one person sees it."""

    session: Session
    pages: Pages
    stills: Stills
    is_whole: bool = True  # nothing of it is held back, or told otherwise than it was


class Packer:
    """Packs for whoever asks, a few at once."""

    def __init__(self) -> None:
        self._under_way = 0

    def pack(self, told: Told, *, packed_at: str) -> AsyncIterator[bytes]:
        """The ZIP in pieces. Raises TooManyPackages before the first."""
        if self._under_way >= PACKED_AT_ONCE:
            raise TooManyPackages
        return self._counted(told, packed_at)

    async def _counted(self, told: Told, packed_at: str) -> AsyncIterator[bytes]:
        self._under_way += 1
        try:
            async for piece in _packed(told, packed_at):
                yield piece
        finally:
            self._under_way -= 1


async def _packed(told: Told, packed_at: str) -> AsyncIterator[bytes]:
    archive, session = Archive(), told.session
    marks, stills = MarkBook(), dict[str, None]()
    head, last, withheld = first_hash(session.id), 0, 0
    with archive.file("log.jsonl") as log:
        async for bodies in _pages(told.pages, None):
            head = await asyncio.to_thread(_logged, log, bodies, head)
            shared, hidden = await asyncio.to_thread(_marked, marks, bodies)
            stills.update(dict.fromkeys(shared))
            last, withheld = last + len(bodies), withheld + hidden
            yield archive.take()
    features = [json.dumps(feature, ensure_ascii=False) for feature in marks.features()]
    with archive.file("marks.json") as entry:
        await asyncio.to_thread(entry.write, _collection(features).encode())
    yield archive.take()
    names: dict[str, str] = {}
    missing: dict[str, str] = {}
    for sha256 in stills:
        try:
            blob, media_type = await told.stills(sha256)
            # Opened before its name stands in the archive: what does not open is told of, and nothing of it is in it.
            content = await asyncio.to_thread(blob.read)
        except NearhandError as error:
            missing[sha256] = error.code
            continue
        names[sha256] = f"stills/{len(names) + 1:05}-{sha256[:12]}.{_ENDINGS.get(media_type, 'bin')}"
        with archive.file(names[sha256], is_packed=False) as entry:
            for start in range(0, len(content), PIECE_BYTES):
                entry.write(content[start : start + PIECE_BYTES])
                yield archive.take()
    before, after = _page(session, names, missing)
    with archive.file("index.html") as entry:
        entry.write(before.encode())
        separator = ""
        async for bodies in _pages(told.pages, last):
            entry.write((separator + ",\n".join(harmless(body) for body in bodies)).encode())
            separator = ",\n"
            yield archive.take()
        entry.write(after.encode())
    about: dict[str, object] = {
        "session": session.model_dump(mode="json"),
        "packed_at": packed_at,
        "events": last,
        "withheld": withheld,
        # Each event's text holds the one before it fast; the ledger has the seal of the same head.
        "log_head": None if withheld or not told.is_whole else head.hex(),
        "log_head_is": "h = SHA-256(h + text of the event), beginning with SHA-256('nearhand-session\\n' + id)",
        "missing_stills": missing,
    }
    archive.close(about)
    yield archive.take()


def _logged(log: Entry, bodies: list[str], head: bytes) -> bytes:
    log.write("".join(f"{body}\n" for body in bodies).encode())
    for body in bodies:
        head = next_hash(head, body)
    return head


def _marked(marks: MarkBook, bodies: list[str]) -> tuple[list[str], int]:
    """The pictures that were shared or shown, and how many events are not told."""
    shared, withheld = [], 0
    for event in map(json.loads, bodies):
        marks.take(event)
        withheld += event["type"] == "withheld"
        for named in (event.get("still"), event.get("document"), event.get("last")):
            if named and "sha256" in named:
                shared.append(named["sha256"])
    return shared, withheld


async def _pages(pages: Pages, until: int | None) -> AsyncIterator[list[str]]:
    """Up to this event; None: to the end of the log as it is when it is reached."""
    after = 0
    while until is None or after < until:
        bodies = await pages(after)
        if until is not None:
            bodies = bodies[: until - after]
        if bodies:
            yield bodies
        after += len(bodies)
        if len(bodies) < EVENTS_AT_ONCE:
            return


def _collection(features: list[str]) -> str:
    return '{"type": "FeatureCollection", "features": [\n' + ",\n".join(features) + "\n]}\n"


def harmless(text: str) -> str:
    """JSON that means the same, and in which no page sees the end of its script."""
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def _page(session: Session, names: dict[str, str], missing: dict[str, str]) -> tuple[str, str]:
    """The page up to where the events go, and after them. Its one script is named by its hash; nothing else runs."""
    page = PAGE.read_text("utf-8")
    script = _SCRIPT.search(page)
    assert script is not None
    named = base64.b64encode(hashlib.sha256(script[1].encode()).digest()).decode()
    about = json.dumps(
        {"session": session.model_dump(mode="json"), "stills": names, "missing": missing}, ensure_ascii=False
    )
    # Parted first: what people wrote may hold the same words.
    before, _, after = page.partition("EVENTS_JSON")
    return before.replace("SCRIPT_HASH", named).replace("ABOUT_JSON", harmless(about)), after

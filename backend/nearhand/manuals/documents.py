"""Read PDF and Markdown documents: count pages, draw one, make safe HTML."""

import base64
import hashlib
import html
import io
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nh3
import pypdfium2
import pypdfium2.raw as pdfium
from markdown_it import MarkdownIt

from nearhand.manuals.model import (
    DocumentBroken,
    DocumentEncrypted,
    DocumentTooLong,
    PageMissing,
    RenderTimeout,
)

MAX_PAGES = 500
PAGE_LONG_SIDE_PX = 1800  # sharp on a tablet; an A4 page takes 2.3 million pixels
PAGE_TIMEOUT_S = 10.0
MARKDOWN_LIMIT_BYTES = 256 * 1024  # a book of 40,000 words, made into HTML within a second or so

PICTURE_ADDRESS = (
    "/api/v1/pictures/"  # the only pictures a Markdown document may show are those uploaded here
)

_TAGS = {
    *("h1", "h2", "h3", "h4", "h5", "h6", "p", "br", "hr", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "img"),
}
# No colours: the reader's own, light or dark.
_STYLE = (
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:70ch;margin:0 auto;padding:1rem}"
    "table{border-collapse:collapse}td,th{border:1px solid;padding:.25em .5em}img{max-width:100%}pre{overflow-x:auto}"
)
PAGE_POLICY = (
    "default-src 'none'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'"
)
_ATTRIBUTES = {"a": {"href", "title"}, "img": {"src", "alt", "title"}, "ol": {"start"}}


# -- PDF: pdfium is not thread safe, so whoever calls these holds a lock ------------------------------------------


def count_pages(path: Path) -> int:
    """Raise DocumentBroken, DocumentEncrypted or DocumentTooLong."""
    with _opened(path) as document:
        pages = len(document)
    if pages == 0:
        raise DocumentBroken("It has no pages.")
    if pages > MAX_PAGES:
        raise DocumentTooLong(f"It has {pages} pages; {MAX_PAGES} are allowed.")
    return pages


def page_png(path: Path, number: int, *, timeout_s: float = PAGE_TIMEOUT_S) -> bytes:
    """Draw a page, counted from 1. Raises PageMissing, RenderTimeout, DocumentBroken or DocumentEncrypted."""
    with _opened(path) as document:
        if not 1 <= number <= len(document):
            raise PageMissing(f"There is no page {number}; the last is {len(document)}.")
        page = document[number - 1]
        width, height = page.get_size()
        if not (width > 0 and height > 0):
            raise DocumentBroken(f"Page {number} has no size.")
        scale = PAGE_LONG_SIDE_PX / max(width, height)
        bitmap = pypdfium2.PdfBitmap.new_native(
            max(1, round(width * scale)), max(1, round(height * scale)), pdfium.FPDFBitmap_BGR
        )
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, bitmap.width, bitmap.height)
        _draw(page, bitmap, timeout_s)
        picture = io.BytesIO()
        bitmap.to_pil().save(picture, "PNG")
    return picture.getvalue()


def _draw(page: pypdfium2.PdfPage, bitmap: pypdfium2.PdfBitmap, timeout_s: float) -> None:
    """Draw piece by piece, so that a page made to take forever can be given up."""
    ends = time.monotonic() + timeout_s
    pause = pdfium.IFSDK_PAUSE(version=1)
    pypdfium2.internal.set_callback(pause, "NeedToPauseNow", lambda _pause: time.monotonic() > ends)
    size = (0, 0, bitmap.width, bitmap.height)
    status = pdfium.FPDF_RenderPageBitmap_Start(bitmap, page, *size, 0, pdfium.FPDF_ANNOT, pause)
    pdfium.FPDF_RenderPage_Close(page)
    if status == pdfium.FPDF_RENDER_TOBECONTINUED:
        raise RenderTimeout(f"Drawing the page takes longer than {timeout_s:g} s.")
    if status != pdfium.FPDF_RENDER_DONE:
        raise DocumentBroken("The page cannot be drawn.")


@contextmanager
def _opened(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if error.err_code in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
            raise DocumentEncrypted from None
        raise DocumentBroken from None
    try:
        yield document
    except pypdfium2.PdfiumError:
        raise DocumentBroken from None
    finally:
        document.close()


# -- Markdown -----------------------------------------------------------------------------------------------------


def safe_page(markdown: str, *, title: str, language: str) -> str:
    """A whole page in its language, to be served with `PAGE_POLICY`."""
    head = (
        f'<!doctype html>\n<html lang="{html.escape(language)}">\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{html.escape(title)}</title>\n<style>{_STYLE}</style>\n"
    )
    return f"{head}<article>\n{safe_html(markdown)}</article>\n"


def safe_html(markdown: str) -> str:
    """Raw HTML is shown as text; scripts and foreign pictures have no way in."""
    parser = MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])
    return nh3.clean(
        parser.render(markdown),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        attribute_filter=_own_pictures_only,
        url_schemes={"http", "https", "mailto"},
        link_rel="noopener noreferrer",
    )


def _own_pictures_only(tag: str, attribute: str, value: str) -> str | None:
    is_foreign = (tag, attribute) == ("img", "src") and not value.startswith(PICTURE_ADDRESS)
    return None if is_foreign else value

"""Make safe HTML of Markdown documents."""

import base64
import hashlib
import html

import nh3
from markdown_it import MarkdownIt

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

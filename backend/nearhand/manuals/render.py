"""Read one PDF, as a process of its own: whatever is in it meets the limits here, and can end nothing but this."""

import io
import json
import os
import sys
from typing import IO, Any, NoReturn

# Nothing of the service is imported that this does not need: it starts for each page anew.
import pypdfium2
import pypdfium2.raw as pdfium

from nearhand.kit.sealing import SealedFile, Unsealable

BROKEN, ENCRYPTED, TOO_LONG, PAGE_MISSING, DAMAGED = (
    "broken",
    "encrypted",
    "too_long",
    "page_missing",
    "damaged",
)


def main() -> None:
    """The PDF comes as standard input, not through a pipe; what is asked as the one argument.

    The answer is a line of JSON, and after it the picture, if one was asked for.
    """
    asked = json.loads(sys.argv[1])
    _limit(asked["cpu_s"], asked["memory_bytes"])
    os.lseek(0, 0, os.SEEK_SET)
    file: IO[bytes] = os.fdopen(0, "rb")
    try:
        if asked["key_fd"] is not None:
            with os.fdopen(asked["key_fd"], "rb") as pipe:
                sealed = SealedFile(file, pipe.read(), asked["name"])
            sealed.check(0, sealed.size)  # pdfium would go on without what does not open
            file = io.BufferedReader(sealed)
        document = pypdfium2.PdfDocument(file)
        if asked["page"] is None:
            _answer(_pages(document, asked["max_pages"]))
        else:
            _answer({}, _png(document, asked["page"], asked["long_side_px"]))
    except Unsealable:
        _refuse(DAMAGED, "It was changed on the disk since it was kept.")
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) in {pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY}:
            _refuse(ENCRYPTED, "")
        _refuse(BROKEN, "")
    except MemoryError:
        _refuse(BROKEN, "It takes more memory than a document may.")


def _limit(cpu_s: int, memory_bytes: int) -> None:
    try:
        import resource
    except ImportError:  # on Windows the time limit of whoever started this must do
        return
    resource.setrlimit(resource.RLIMIT_CPU, (cpu_s, cpu_s))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    for none in (resource.RLIMIT_FSIZE, resource.RLIMIT_CORE, resource.RLIMIT_NPROC):
        resource.setrlimit(none, (0, 0))


def _pages(document: pypdfium2.PdfDocument, most: int) -> dict[str, Any]:
    pages = len(document)
    if pages == 0:
        _refuse(BROKEN, "It has no pages.")
    if pages > most:
        _refuse(TOO_LONG, f"It has {pages} pages; {most} are allowed.")
    return {"pages": pages}


def _png(document: pypdfium2.PdfDocument, number: int, long_side_px: int) -> bytes:
    """A page, counted from 1."""
    if not 1 <= number <= len(document):
        _refuse(PAGE_MISSING, f"There is no page {number}; the last is {len(document)}.")
    page = document[number - 1]
    width, height = page.get_size()
    if not (width > 0 and height > 0):
        _refuse(BROKEN, f"Page {number} has no size.")
    scale = long_side_px / max(width, height)
    bitmap = pypdfium2.PdfBitmap.new_native(
        max(1, round(width * scale)), max(1, round(height * scale)), pdfium.FPDFBitmap_BGR
    )
    bitmap.fill_rect((255, 255, 255, 255), 0, 0, bitmap.width, bitmap.height)
    size = (0, 0, bitmap.width, bitmap.height)
    pdfium.FPDF_RenderPageBitmap(bitmap, page, *size, 0, pdfium.FPDF_ANNOT)
    picture = io.BytesIO()
    bitmap.to_pil().save(picture, "PNG")
    return picture.getvalue()


def _refuse(code: str, detail: str) -> NoReturn:
    _answer({"refused": code, "detail": detail})


def _answer(said: dict[str, Any], content: bytes = b"") -> NoReturn:
    with os.fdopen(1, "wb") as out:
        out.write(json.dumps(said).encode() + b"\n" + content)
    os._exit(0)  # the answer is out: nothing of the document is worth being put away in order


if __name__ == "__main__":
    main()

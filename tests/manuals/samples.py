"""Small documents and pictures, made as they are needed."""

import io
from typing import Any

from PIL import Image
from reportlab.lib import pdfencrypt
from reportlab.pdfgen.canvas import Canvas


def a_pdf(pages: int = 1, **more: Any) -> bytes:
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=(595, 842), invariant=1, **more)
    for number in range(1, pages + 1):
        canvas.drawString(72, 700, f"Page {number}")
        canvas.showPage()
    canvas.save()
    return file.getvalue()


def an_encrypted_pdf() -> bytes:
    return a_pdf(encrypt=pdfencrypt.StandardEncryption("a password nobody gives", canPrint=0))


def a_picture(size: tuple[int, int] = (64, 48), *, kind: str = "JPEG", turned: bool = False) -> bytes:
    image = Image.new("RGB", size, (40, 90, 160))
    exif = Image.Exif()
    exif[0x010F] = "Maker of cameras"
    if turned:
        exif[0x0112] = 6  # the camera was held on its side
    file = io.BytesIO()
    image.save(file, kind, **({"exif": exif} if kind == "JPEG" else {}))
    return file.getvalue()

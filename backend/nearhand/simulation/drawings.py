"""Draw a device type's faces: as a picture for a guide's step, and on a printed service sheet."""

import io

from PIL import Image, ImageDraw
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from nearhand.devices.model import Component, DeviceType, Face, FaceSide, Port

_PX_PER_MM = 3.0


def face_picture(face: Face, marked: set[str]) -> bytes:
    """A face to scale as a PNG, with some ports or components marked."""
    size = round(face.width_mm * _PX_PER_MM), round(face.height_mm * _PX_PER_MM)
    image = Image.new("RGB", size, (38, 42, 48))
    draw = ImageDraw.Draw(image)
    for part in _parts(face):
        half_width, half_height = part.width_mm / 2, part.height_mm / 2
        corners = (
            part.x_mm - half_width,
            part.y_mm - half_height,
            part.x_mm + half_width,
            part.y_mm + half_height,
        )
        box = tuple(_PX_PER_MM * at for at in corners)
        is_marked = part.name in marked
        draw.rectangle(
            box,
            fill=(12, 13, 15),
            outline=(255, 176, 32) if is_marked else (120, 128, 138),
            width=5 if is_marked else 1,
        )
        draw.text((box[0] + 4, box[1] + 2), part.name, fill=(235, 238, 242))
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()


def service_sheet(device_type: DeviceType) -> bytes:
    """Three pages: what it is, its faces to scale, and how to judge its optics."""
    file = io.BytesIO()
    canvas = Canvas(file, pagesize=A4, invariant=1)
    name = f"{device_type.manufacturer} {device_type.model}"
    canvas.setTitle(f"Service sheet: {name}")
    _page(
        canvas,
        f"Service sheet: {name}",
        (
            "Written for the demo hall; not a document of the manufacturer.",
            "",
            f"Height: {device_type.height_u:g} U",
            f"Front face: {device_type.front.width_mm:g} x {device_type.front.height_mm:g} mm",
            f"Ports on the front: {len(device_type.front.ports)}",
            "",
            "Two power supplies, each able to carry the whole load. Replace one at a time.",
            "Air flows from the ports to the rear; every replacement must match.",
            "Call the operations console before any fibre is unplugged.",
        ),
    )
    _page(canvas, "Faces, to scale", (), finish=False)
    top_mm = 240.0
    for side in FaceSide:
        face = device_type.face(side)
        if face is not None:
            scale = 170 / face.width_mm
            canvas.setFont("Helvetica", 10)
            canvas.drawString(20 * mm, (top_mm + 3) * mm, f"{side.capitalize()} (1:{1 / scale:.1f})")
            _draw_face(canvas, face, scale, top_mm)
            top_mm -= face.height_mm * scale + 15
    canvas.showPage()
    _page(
        canvas,
        "Judging an SR optic by its received light",
        (
            "above -5 dBm          healthy",
            "-5 to -9.5 dBm        clean both connectors, then look again",
            "below -9.5 dBm        replace the optic",
            "still low afterwards  the far end, or the fibre",
            "",
            "Errors that grow while the light falls point to the optic or the fibre.",
            "Errors with steady light point to the cable's other end or to the port.",
        ),
        font="Courier",
    )
    canvas.save()
    return file.getvalue()


def _page(
    canvas: Canvas, title: str, lines: tuple[str, ...], *, font: str = "Helvetica", finish: bool = True
) -> None:
    canvas.setFont("Helvetica-Bold", 16)
    canvas.drawString(20 * mm, 265 * mm, title)
    canvas.setFont(font, 11)
    for number, line in enumerate(lines):
        canvas.drawString(20 * mm, (250 - 7 * number) * mm, line)
    if finish:
        canvas.showPage()


def _draw_face(canvas: Canvas, face: Face, scale: float, top_mm: float) -> None:
    canvas.setLineWidth(0.5)
    canvas.rect(
        20 * mm,
        (top_mm - face.height_mm * scale) * mm,
        face.width_mm * scale * mm,
        face.height_mm * scale * mm,
    )
    canvas.setLineWidth(0.3)
    canvas.setFont("Helvetica", 3.5)
    for part in _parts(face):
        left = 20 + (part.x_mm - part.width_mm / 2) * scale
        low = top_mm - (part.y_mm + part.height_mm / 2) * scale
        canvas.rect(left * mm, low * mm, part.width_mm * scale * mm, part.height_mm * scale * mm)
        canvas.drawString((left + 0.4) * mm, (low + 0.6) * mm, part.name)


def _parts(face: Face) -> list[Component | Port]:
    return [*face.components, *face.ports]

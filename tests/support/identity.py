"""Which frame is on the expert's screen, against a number that is filmed into each: two browsers, and hooks in both."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from playwright.sync_api import Page

from nearhand.simulation.canvas import Picture
from tests.support.chromium import filmed_once

BITS, BLOCK_PX, FILM_FRAMES = 12, 64, 400
_READ = """
const burnt = new OffscreenCanvas(BITS, 1).getContext("2d", { willReadFrequently: true });
function filmed(picture, width) {
    const scale = width / 1280;
    burnt.imageSmoothingEnabled = false;
    burnt.drawImage(picture, 0, 16 * scale, BITS * BLOCK * scale, 32 * scale, 0, 0, BITS, 1);
    const pixels = burnt.getImageData(0, 0, BITS, 1).data;
    let number = 0;
    for (let bit = 0; bit < BITS; bit++) if (pixels[bit * 4 + 1] > 128) number |= 1 << bit;
    return number;
}
""".replace("BITS", str(BITS)).replace("BLOCK", str(BLOCK_PX))
# What the phone calls each frame, and what is filmed into it.
AT_THE_PHONE = (
    _READ
    + """
window.truth = {};
const post = Worker.prototype.postMessage;
Worker.prototype.postMessage = function (message, ...rest) {
    if (message?.type === "frame")
        window.truth[message.frame_id] = [filmed(message.bitmap, message.bitmap.width), message.captured_at];
    return post.call(this, message, ...rest);
};
"""
)
# What the desk calls the picture that it shows, and what is filmed into that.
AT_THE_DESK = (
    _READ
    + """
window.seen = [];
window.decoded = 0;
if (window.VideoDecoder) {
    const decode = VideoDecoder.prototype.decode;
    VideoDecoder.prototype.decode = function (chunk) { window.decoded++; return decode.call(this, chunk); };
}
const draw = CanvasRenderingContext2D.prototype.drawImage;
CanvasRenderingContext2D.prototype.drawImage = function (picture, ...rest) {
    const drawn = draw.call(this, picture, ...rest);
    const canvas = this.canvas;
    if (canvas.parentElement?.className === "picture") {
        const { frameId, way, how } = document.querySelector("[data-testid=desk-picture]").dataset;
        window.seen.push([Number(frameId), filmed(canvas, canvas.width), way, how, Date.now(), canvas.height]);
    }
    return drawn;
};
"""
)
# Nothing but relays, of which there are none: as behind a firewall that lets no UDP out.
RELAY_ONLY = """
const Direct = RTCPeerConnection;
window.RTCPeerConnection = class extends Direct {
    constructor(configuration) { super({ ...configuration, iceTransportPolicy: "relay" }); }
};
"""
NO_CODECS = "delete window.VideoEncoder; delete window.VideoDecoder;"


def numbered_film(path: Path) -> Path:
    """A camera whose every frame bears its number."""
    return filmed_once(path, "numbered", _numbered)


def _numbered() -> Iterator[Picture]:
    draw = np.random.default_rng(7)
    rack = np.full((720, 1280, 3), 46, np.uint8)
    for y in (180, 430):
        for _ in range(28):
            (a, b), colour = draw.integers(y + 10, y + 110, 2).tolist(), draw.integers(40, 230, 3).tolist()
            cv2.line(rack, (60, a), (1220, b), colour, 7, cv2.LINE_AA)
    for index in range(FILM_FRAMES):
        picture = np.roll(rack, index * 3 % 200, axis=1)
        for bit in range(BITS):
            light = 255 if index >> bit & 1 else 0
            picture[:BLOCK_PX, bit * BLOCK_PX : (bit + 1) * BLOCK_PX] = light
        yield picture


@dataclass(frozen=True)
class Counted:
    """What one way showed. Each picture is right, flagged, or wrong."""

    right: int
    flagged: int
    wrong: int
    unknown: int  # of a frame that the phone never called so
    delays_ms: tuple[float, ...]
    ways: Counter[str]
    hows: Counter[str]
    heights: Counter[int]


def counted(phone: Page, desk: Page, way: str | None = None) -> Counted:
    seen: list[list[Any]] = desk.evaluate("window.seen")
    truth: dict[str, list[float]] = phone.evaluate("window.truth")  # of all that was seen until then
    right = flagged = wrong = unknown = 0
    delays: list[float] = []
    shown = [one for one in seen if way is None or one[2] == way]
    for frame_id, number, _, how, at, _ in shown:
        true = truth.get(str(frame_id))
        if how == "approximate":
            flagged += 1
        elif true is None:
            unknown += 1
        elif true[0] == number:
            right += 1
            delays.append(at - true[1])
        else:
            wrong += 1
    return Counted(
        right,
        flagged,
        wrong,
        unknown,
        tuple(sorted(delays)),
        Counter(one[2] for one in shown),
        Counter(one[3] for one in shown),
        Counter(one[5] for one in shown),
    )

"""How many real photographs of QR codes are read, and how fast, beside other decoders.

Every decoder gets the same gray pixels. OpenCV's detector took 86 s on one picture of 12 Mpx, so it runs in a process
of its own under a time limit, and sees pictures over 1.5 Mpx at reduced scale.
"""

import argparse
import json
import multiprocessing
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from nearhand.vision.image import open_picture
from nearhand.vision.labels import read_labels
from tests.support.shared import PHOTOGRAPHS, photographs

OPENCV_LIMIT_S = 300
OPENCV_LIMIT_PX = 1_500_000

Decoder = Callable[[Any], list[str]]


def nearhand(gray: Any) -> list[str]:
    return [label.text for label in read_labels(gray)]


def plain_zxing(gray: Any) -> list[str]:
    import zxingcpp

    found = zxingcpp.read_barcodes(
        gray,
        formats=zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode),
        text_mode=zxingcpp.TextMode.Plain,
    )
    return [barcode.text for barcode in found]


def opencv(gray: Any) -> list[str]:
    import cv2

    if gray.size > OPENCV_LIMIT_PX:
        factor = (OPENCV_LIMIT_PX / gray.size) ** 0.5
        gray = cv2.resize(gray, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
    try:
        is_found, texts, _, _ = cv2.QRCodeDetector().detectAndDecodeMulti(gray)
    except cv2.error:
        return []
    return [text for text in texts if text] if is_found else []


def pyzbar() -> Decoder | None:
    """zbar needs its shared library on the machine."""
    try:
        from pyzbar.pyzbar import ZBarSymbol, decode
    except (ImportError, OSError):
        return None
    return lambda gray: [
        symbol.data.decode("utf-8", "replace") for symbol in decode(gray, symbols=[ZBarSymbol.QRCODE])
    ]


def measured(decoder: Decoder, pictures: list[Any]) -> tuple[list[bool], list[float]]:
    decoder(pictures[0])  # imports and tables are not what is measured
    read, spent_ms = [], []
    for gray in pictures:
        start = time.perf_counter()
        texts = decoder(gray)
        spent_ms.append((time.perf_counter() - start) * 1e3)
        read.append(bool(texts))
    return read, spent_ms


def summary(read: list[bool], spent_ms: list[float]) -> dict[str, Any]:
    return {
        "images": len(read),
        "read": sum(read),
        "median_ms": round(float(np.median(spent_ms)), 3),
        "p95_ms": round(float(np.percentile(spent_ms, 95)), 3),
    }


def _opencv_apart(queue: Any, pictures: list[Any]) -> None:
    queue.put(measured(opencv, pictures))


def opencv_apart(pictures: list[Any]) -> tuple[list[bool], list[float]] | None:
    context = multiprocessing.get_context("spawn")
    queue = context.Queue()
    process = context.Process(target=_opencv_apart, args=(queue, pictures))
    process.start()
    try:
        return queue.get(timeout=OPENCV_LIMIT_S)  # type: ignore[no-any-return]
    except Exception:  # the queue's Empty: it took too long
        return None
    finally:
        process.kill()
        process.join()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    arguments = parser.parse_args()
    if not (PHOTOGRAPHS / "manifest.csv").exists():
        print(f"no sample photographs in {PHOTOGRAPHS}", file=sys.stderr)
        return 1
    pictures = [open_picture(path, limit_pixels=60_000_000).gray for path, _ in photographs()]
    results = {"nearhand": measured(nearhand, pictures), "zxing_cpp": measured(plain_zxing, pictures)}
    apart = opencv_apart(pictures)
    if apart is not None:
        results["opencv"] = apart
    zbar = pyzbar()
    if zbar is not None:
        results["pyzbar"] = measured(zbar, pictures)
    ours = results["nearhand"][0]
    others = [
        any(read[i] for name, (read, _) in results.items() if name != "nearhand") for i in range(len(ours))
    ]
    answer: dict[str, Any] = {name: summary(*result) for name, result in results.items()}
    answer["read_by_others_only"] = sum(other and not mine for other, mine in zip(others, ours, strict=True))
    if arguments.json:
        print(json.dumps(answer))
        return 0
    print(f"{'decoder':<12}{'images':>8}{'read':>8}{'median ms':>12}{'p95 ms':>10}")
    for name in results:
        row = answer[name]
        print(f"{name:<12}{row['images']:>8}{row['read']:>8}{row['median_ms']:>12}{row['p95_ms']:>10}")
    print(f"read by another decoder and not by nearhand: {answer['read_by_others_only']}")
    if apart is None:
        print(f"opencv was stopped after {OPENCV_LIMIT_S} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

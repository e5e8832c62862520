"""Find a Chromium, or bring one; and give it a rendered camera."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
from playwright.sync_api import Browser, BrowserType, Page, sync_playwright

from nearhand.simulation.canvas import Picture
from tests.support.once import made_once
from tools.npm import npm_command

ROOT = Path(__file__).parents[2]
CACHE = ROOT / "build" / "chromium"
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
UNPACK = "import('@sparticuz/chromium').then(async ({default: c}) => console.log('path:' + await c.executablePath()))"
HOW = (
    "No Chromium for the browser tests. Install one (Debian: apt install chromium), or name it in NEARHAND_CHROMIUM, "
    "or let npm reach its registry for @sparticuz/chromium."
)
NOBODY_ASKED = "--use-fake-ui-for-media-stream"
CHOOSES_TAB = "--auto-select-tab-capture-source-by-title="
CAMERA_FRAMES_PER_S = 30  # at which Chromium plays JPEGs
CALM_FRAMES_PER_S = (
    15  # enough for whoever does not measure, and half the work for coders, screens and readers
)
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--enable-unsafe-swiftshader",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--use-fake-device-for-media-stream",
    NOBODY_ASKED,
    "--disable-features=WebRtcHideLocalIpsWithMdns",  # no multicast on a test machine
)


class NoChromium(Exception):
    """None is there and none can be had; the message says how to get one."""


def find_chromium() -> str:
    """The path of a Chromium. Raises NoChromium."""
    named = os.environ.get("NEARHAND_CHROMIUM")
    if named:
        return named
    installed = next((path for name in NAMES if (path := shutil.which(name))), None)
    return installed or _from_npm()


def _from_npm() -> str:
    """The binary inside an npm package, unpacked once into a folder that git ignores."""
    command, environment = npm_command()
    environment = {**environment, "TMPDIR": str(CACHE)}
    CACHE.mkdir(parents=True, exist_ok=True)
    try:
        if not (CACHE / "node_modules" / "@sparticuz").is_dir():
            install = [
                *command,
                "install",
                "--no-audit",
                "--no-fund",
                "--prefix",
                str(CACHE),
                "@sparticuz/chromium",
            ]
            subprocess.run(install, env=environment, cwd=CACHE, check=True, capture_output=True, timeout=300)
        found = subprocess.run(
            [command[0], "-e", UNPACK],
            env=environment,
            cwd=CACHE,
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise NoChromium(f"{HOW} ({error})") from None
    path = next((line[5:] for line in found.stdout.splitlines() if line.startswith("path:")), "")
    if not Path(path).is_file():
        raise NoChromium(HOW)
    return path


@contextmanager
def chromium(camera: Path | None = None, *more: str) -> Iterator[Browser]:
    """A running browser; what its camera shows is the file `camera`, over and over. `more`: flags."""
    with sync_playwright() as playwright:
        browser = launched(playwright.chromium, camera, *more)
        try:
            yield browser
        finally:
            browser.close()


def launched(kind: BrowserType, camera: Path | None, *more: str, program: str | None = None) -> Browser:
    """One more of them, for whom `chromium` is not enough."""
    # Whoever is to choose a tab of their own would be given a made-up screen.
    chooses = any(flag.startswith(CHOOSES_TAB) for flag in more)
    kept = [flag for flag in FLAGS if not (chooses and flag == NOBODY_ASKED)]
    flags = [*kept, *more, *([f"--use-file-for-fake-video-capture={camera}"] if camera else [])]
    return kind.launch(executable_path=program or find_chromium(), headless=True, args=flags)


def write_camera(path: Path, pictures: Iterable[Picture]) -> Path:
    """A file that Chromium plays as its camera, over and over: one JPEG after the other, thirty in a second."""
    with path.open("wb") as file:
        for picture in pictures:
            is_done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, 92])
            assert is_done
            file.write(data.tobytes())
    return path


def write_film(path: Path, pictures: Iterable[Picture], frames_per_s: int) -> Path:
    """A file that Chromium plays at this rate, and need not decode: that leaves the cores to who looks at it."""
    with path.open("wb") as file:
        for number, picture in enumerate(pictures):
            height, width = picture.shape[:2]
            if number == 0:
                file.write(f"YUV4MPEG2 W{width} H{height} F{frames_per_s}:1 Ip A1:1 C420\n".encode())
            file.write(b"FRAME\n" + cv2.cvtColor(picture, cv2.COLOR_BGR2YUV_I420).tobytes())
    return path


def filmed_once(
    path: Path, name: str, pictures: Callable[[], Iterable[Picture]], frames_per_s: int = CAMERA_FRAMES_PER_S
) -> Path:
    """Of pictures that are drawn and written once in a run; `name` says which they are, and at which rate.

    The file returned is the caller's own, since a browser calls a camera by it.
    """
    suffix = ".mjpeg" if frames_per_s == CAMERA_FRAMES_PER_S else ".y4m"

    def write(new: Path) -> None:
        if suffix == ".y4m":
            write_film(new, pictures(), frames_per_s)
        else:
            write_camera(new, pictures())

    own = path.with_suffix(suffix)
    own.symlink_to(made_once(f"{name}{suffix}", write))
    return own


def sign_in_page(page: Page, url: str, name: str, password: str) -> None:
    """Sign in by the form of either app."""
    page.goto(url)
    page.locator("input[name=name]").fill(name)
    page.locator("input[name=password]").fill(password)
    page.locator("input[name=password]").press("Enter")


if __name__ == "__main__":
    sys.stdout.write(find_chromium() + "\n")

"""Where the picture with its marks goes: a window, a video file, or nowhere."""

import subprocess
import sys
from pathlib import Path
from typing import Protocol

import cv2

from nearhand.field.frames import Picture

TITLE = "Nearhand"
ESCAPE = 27
TRIAL_S = 30
WINDOW_WIDTH_PX = 1280


class NoScreen(Exception):
    """Nothing can be shown or written there; the message says why and what to do."""


class Screen(Protocol):
    def show(self, picture: Picture) -> str:
        """Show one picture; returns the key that was pressed, or ""."""
        ...

    def close(self) -> None: ...


class Nowhere:
    """No window and no file: for machines without a screen."""

    def show(self, picture: Picture) -> str:
        return ""

    def close(self) -> None:
        pass


class Window:
    """A window on this machine's screen. Raises NoScreen where OpenCV cannot open one."""

    def __init__(self) -> None:
        # Tried in another process first: without a screen OpenCV's window library ends the whole process.
        trial = [sys.executable, "-c", "import cv2; cv2.namedWindow('trial'); cv2.destroyAllWindows()"]
        if subprocess.run(trial, capture_output=True, timeout=TRIAL_S, check=False).returncode != 0:  # nosec B603
            raise NoScreen("No window can be opened here; leave out --window, or write to --out FILE.mp4.")
        cv2.namedWindow(TITLE, cv2.WINDOW_NORMAL)
        self._is_sized = False

    def show(self, picture: Picture) -> str:
        if not self._is_sized:
            cv2.resizeWindow(TITLE, WINDOW_WIDTH_PX, WINDOW_WIDTH_PX * picture.shape[0] // picture.shape[1])
            self._is_sized = True
        cv2.imshow(TITLE, picture)
        code = cv2.waitKey(1) & 0xFF
        is_closed = cv2.getWindowProperty(TITLE, cv2.WND_PROP_VISIBLE) < 1
        return "q" if code == ESCAPE or is_closed else (chr(code) if 32 <= code < 127 else "")

    def close(self) -> None:
        cv2.destroyAllWindows()


class VideoFile:
    """An MP4 file, of the first picture's size."""

    def __init__(self, path: Path, fps: float) -> None:
        self._path, self._fps = path, fps
        self._writer: cv2.VideoWriter | None = None
        self._size = (0, 0)

    def show(self, picture: Picture) -> str:
        if self._writer is None:
            self._size = (picture.shape[1], picture.shape[0])
            self._writer = cv2.VideoWriter(
                str(self._path), cv2.VideoWriter.fourcc(*"mp4v"), self._fps, self._size
            )
            if not self._writer.isOpened():
                raise NoScreen(f"{self._path} cannot be written.")
        same = (
            picture if (picture.shape[1], picture.shape[0]) == self._size else cv2.resize(picture, self._size)
        )
        self._writer.write(same)
        return ""

    def close(self) -> None:
        if self._writer is not None:
            self._writer.release()


class Several:
    """A window and a file at once."""

    def __init__(self, screens: list[Screen]) -> None:
        self._screens = screens

    def show(self, picture: Picture) -> str:
        return "".join([screen.show(picture) for screen in self._screens])

    def close(self) -> None:
        for screen in self._screens:
            screen.close()

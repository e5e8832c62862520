"""Where tests keep their files: in memory where there is room, and once in a run what is dear to make."""

import atexit
import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

KEPT_IN = "NEARHAND_TESTS_KEPT_IN"  # workers inherit it, and share what lies there
MEMORY = Path("/dev/shm")
ROOM_BYTES = 4 * 1024**3


def work_in_memory() -> None:
    """Temporary files of tests, browsers and services go where nobody waits for a disk: no power failure is tested.

    Whoever has said by TMPDIR where they shall be has it so.
    """
    if "TMPDIR" in os.environ or not MEMORY.is_dir() or shutil.disk_usage(MEMORY).free < ROOM_BYTES:
        return
    folder = MEMORY / f"nearhand-tests-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)


def run_folder() -> Path:
    if KEPT_IN not in os.environ:
        folder = tempfile.mkdtemp(prefix="nearhand-tests-")
        os.environ[KEPT_IN] = folder
        atexit.register(_forget, folder, os.getpid())
    return Path(os.environ[KEPT_IN])


def _forget(folder: str, maker: int) -> None:
    if os.getpid() == maker:  # not one that was forked from it
        shutil.rmtree(folder, ignore_errors=True)


def made_once(name: str, make: Callable[[Path], object]) -> Path:
    """The file or folder of this name, which `make` writes if nobody did before; whoever comes meanwhile waits."""
    path = run_folder() / name
    with path.with_name(f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            unfinished = path.with_name(f"new-{name}")
            make(unfinished)
            unfinished.rename(path)
    return path

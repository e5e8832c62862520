"""Build both web apps into the package: as hatchling's hook, and by itself (`python hatch_build.py`)."""

import gzip
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent
CONSOLE = ROOT / "console"
PACKED = {".js", ".css", ".wasm", ".svg", ".json", ".html"}
WEB = ROOT / "backend" / "nearhand" / "_web"


def build_console(*, install: bool) -> None:
    sys.path.insert(0, str(ROOT))
    from tools.npm import npm_command

    command, environment = npm_command()
    steps = [["ci", "--no-audit", "--no-fund"]] if install else []
    for step in [*steps, ["run", "build"]]:
        subprocess.run([*command, *step], cwd=CONSOLE, env=environment, check=True)
    (CONSOLE / "node_modules" / ".stamp").touch()  # `npm ci` wiped make's stamp with the folder
    shutil.rmtree(WEB, ignore_errors=True)
    shutil.copytree(CONSOLE / "dist", WEB)
    for file in [f for f in WEB.rglob("*") if f.suffix in PACKED and f.stat().st_size > 1024]:
        # Packed once here, not at each request. mtime=0 keeps builds reproducible.
        file.with_name(file.name + ".gz").write_bytes(gzip.compress(file.read_bytes(), 9, mtime=0))
    (WEB / ".stamp").touch()


try:
    from hatchling.builders.hooks.plugin.interface import BuildHookInterface
except ImportError:  # run by make, where hatchling is not installed
    pass
else:

    class ConsoleHook(BuildHookInterface[Any]):
        """`NEARHAND_SKIP_CONSOLE=1` leaves the apps out; only for development installs, where make builds them."""

        def initialize(self, version: str, build_data: dict[str, Any]) -> None:
            if os.environ.get("NEARHAND_SKIP_CONSOLE") != "1":
                build_console(install=True)
            build_data["artifacts"].append("backend/nearhand/_web")  # git ignores it, the wheel must not


if __name__ == "__main__":
    build_console(install=False)

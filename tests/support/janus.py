"""A real Janus in a folder, killed at the end; tests that need one skip where it is not installed."""

import shutil
import subprocess
import time
from pathlib import Path

import pytest

from tests.support.child import Child, is_free

PLUGINS = Path("/usr/lib/x86_64-linux-gnu/janus")
PORTS = range(8550, 8556)
MEDIA_PORTS = "20600-20799"
API_SECRET, ADMIN_KEY = "secret-of-a-test", "key-of-a-test"

CORE = """general: {{ configs_folder="{folder}"; plugins_folder="{plugins}/plugins"; transports_folder="{plugins}/transports";
  events_folder="{plugins}/events"; loggers_folder="{plugins}/loggers"; debug_level=4; api_secret="{secret}" }}
media: {{ rtp_port_range="{media}" }}
nat: {{ nice_debug=false; full_trickle=true; ice_lite=false; ice_tcp=false }}
plugins: {{ disable="{unused_plugins}" }}
transports: {{ disable="{unused_transports}" }}
events: {{ broadcast=false }}
"""
WEBSOCKETS = """general: {{ json="compact"; ws=true; ws_port={port}; ws_ip="127.0.0.1"; wss=false }}
admin: {{ admin_ws=false; admin_wss=false }}
"""


class JanusProcess(Child):
    def __init__(self, folder: Path) -> None:
        if shutil.which("janus") is None or not PLUGINS.is_dir():
            pytest.skip("Janus is not installed (Debian: apt install janus)")
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.port = next(port for port in PORTS if is_free(port))
        self.url = f"ws://127.0.0.1:{self.port}"
        unused = [one.name for one in (PLUGINS / "plugins").glob("*.so") if "videoroom" not in one.name]
        carriers = [one.name for one in (PLUGINS / "transports").glob("*.so") if "websockets" not in one.name]
        core = CORE.format(
            folder=folder,
            plugins=PLUGINS,
            secret=API_SECRET,
            media=MEDIA_PORTS,
            unused_plugins=",".join(unused),
            unused_transports=",".join(carriers),
        )
        (folder / "janus.jcfg").write_text(core, encoding="utf-8")
        (folder / "janus.transport.websockets.jcfg").write_text(WEBSOCKETS.format(port=self.port))
        (folder / "janus.plugin.videoroom.jcfg").write_text(f'general: {{ admin_key="{ADMIN_KEY}" }}\n')
        self.start()

    def start(self) -> None:
        with (self._folder / "janus.log").open("ab") as log:
            self.process = subprocess.Popen(
                ["janus", "-F", str(self._folder)], stdout=log, stderr=log, cwd=self._folder
            )
        until_s = time.monotonic() + 20
        while is_free(self.port):
            if self.process.poll() is not None or time.monotonic() > until_s:
                pytest.fail(
                    (self._folder / "janus.log").read_text(encoding="utf-8", errors="replace")[-3000:]
                )
            time.sleep(0.05)

    @property
    def environment(self) -> dict[str, str]:
        return {
            "NEARHAND_JANUS_URL": self.url,
            "NEARHAND_JANUS_API_SECRET": API_SECRET,
            "NEARHAND_JANUS_ADMIN_KEY": ADMIN_KEY,
        }

"""Start the demo from a terminal: service, robots, and the words a newcomer needs."""

import io
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import qrcode
import uvicorn

from nearhand.kit.address import LOOPBACK, Listening, UnknownHost, numeric
from nearhand.kit.serving import TlsFiles, options, tls_options
from nearhand.kit.settings import MIB, Settings
from nearhand.kit.tls import Certificates, certificates, own_names
from nearhand.sessions.log import FolderTaken
from nearhand.simulation.people import PASSWORD, PEOPLE

EVERYWHERE = "0.0.0.0"  # nosec B104
FACTORY = "nearhand.simulation.demo:create_demo_app"


class CannotStart(Exception):
    """Why the demo does not start, as a sentence for the terminal."""


@dataclass(frozen=True)
class Demo:
    """`host` None: this machine only, or with TLS the whole network, since that is what TLS is for."""

    port: int
    host: str | None
    data_dir: Path
    has_tls: bool
    reloads: bool
    has_robots: bool

    @property
    def listens_on(self) -> str:
        return self.host or (EVERYWHERE if self.has_tls else LOOPBACK)

    @property
    def listening(self) -> Listening:
        return Listening(self.listens_on, self.port, self.has_tls)

    @property
    def local_url(self) -> str:
        return self.listening.local_url

    @property
    def phone_url(self) -> str | None:
        return self.listening.network_url


def run(demo: Demo) -> None:
    """Until Ctrl-C. Raises CannotStart."""
    _refuse_taken_port(demo)
    tls = certificates(demo.data_dir / "tls", own_names()) if demo.has_tls else None
    given = Settings()
    # Read by Settings in this process, and with --reload in the next ones too.
    os.environ |= {
        "NEARHAND_DATA_DIR": str(demo.data_dir),
        "NEARHAND_IS_DEMO": "true",
        "NEARHAND_BASE_URL": given.printed_url(demo.listening),
        "NEARHAND_COOKIE_SECURE": str(demo.has_tls).lower(),
        # Its certificate is of an authority nobody knows: a browser told to insist on it could not go around.
        "NEARHAND_HSTS_DAYS": "0",
        "NEARHAND_PASSWORD_TRIES_PER_MINUTE": "120",
    }
    sys.stdout.write(welcome(demo, tls))
    sys.stdout.flush()
    try:
        with _robots(demo, tls):
            uvicorn.run(
                FACTORY,
                factory=True,
                host=demo.listens_on,
                port=demo.port,
                **_reloading(tls) if demo.reloads else options(Settings()) | _tls(tls),
            )
    except FolderTaken as error:
        raise CannotStart(str(error)) from None


def _tls(files: Certificates | None) -> dict[str, Any]:
    return tls_options(TlsFiles(files.certificate, files.key)) if files else {}


def _reloading(files: Certificates | None) -> dict[str, Any]:
    """Each start is a process of its own, to which only plain values are handed."""
    return {
        "ws": "websockets-sansio",
        "ws_max_size": MIB,
        "proxy_headers": False,
        "log_level": "warning",
        "access_log": False,
        "reload": True,
        "reload_dirs": [str(Path(__file__).parents[1])],
        "ssl_certfile": files.certificate if files else None,
        "ssl_keyfile": files.key if files else None,
    }


def _refuse_taken_port(demo: Demo) -> None:
    try:
        address = numeric(demo.listens_on)
    except UnknownHost as error:
        raise CannotStart(str(error)) from None
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((address, demo.port))
        except OSError as error:
            raise CannotStart(
                f"Port {demo.port} of {demo.listens_on} is not free ({error.strerror}). "
                f"Choose another: --port {demo.port + 1}, or make demo DEMO_ARGS='--port {demo.port + 1}'."
            ) from None


@contextmanager
def _robots(demo: Demo, tls: Certificates | None) -> Iterator[None]:
    """A process of their own, so that rendering and reading pictures never holds up the service."""
    if not demo.has_robots:
        yield
        return
    command = [sys.executable, "-m", "nearhand.simulation.robots", demo.local_url, str(demo.data_dir)]
    if tls is not None:
        command += ["--ca", str(tls.authority)]
    # A session of its own: Ctrl-C ends the service, and that ends the robots; they would die of it less quietly.
    process = subprocess.Popen(command, stdin=subprocess.PIPE, start_new_session=True)  # nosec B603
    try:
        yield
    finally:
        process.terminate()
        process.wait()


def welcome(demo: Demo, tls: Certificates | None) -> str:
    """What stands in the terminal."""
    url = demo.local_url
    lines = [
        "",
        "  Nearhand, a hall in a box. Ctrl-C ends it; what you did stays in " + str(demo.data_dir),
        "",
        f"  Operations console   {url}/console/",
        f"  Field app            {url}/field/",
        f"  … without a camera   {url}/field/?camera=demo",
        "",
        f"  Accounts             {', '.join(PEOPLE)}   (password of each: {PASSWORD})",
    ]
    if demo.has_robots:
        lines += [
            "",
            "  A robot technician is asking for help: sign in to the console as expert and take its session.",
            "  Or sign in to the field app as technician and ask for help: a robot expert answers.",
        ]
    if demo.phone_url is None and tls is None:
        lines += ["", "  For a phone, start with TLS: make demo DEMO_ARGS=--tls   (or: nearhand demo --tls)"]
    elif demo.phone_url is None:
        lines += [
            "",
            "  No phone reaches this demo: it serves this machine only. Leave out --host, or join a network.",
        ]
    else:
        lines += [
            "",
            f"  On a phone           {demo.phone_url}/field/",
            "",
            _as_blocks(f"{demo.phone_url}/field/"),
        ]
        if tls is None:
            lines += ["  Without TLS a phone's browser gives no camera: start with --tls."]
    if tls is not None:
        who = "The phone" if demo.phone_url else "A browser"
        lines += [
            f"  {who} must trust this demo once: {demo.phone_url or url}/demo/ca.crt",
            "  How: docs/how-to/trust-the-demo-on-a-phone.md. Its SHA-256 fingerprint:",
            f"  {tls.fingerprint}",
        ]
    return "\n".join([*lines, "", ""])


def _as_blocks(text: str) -> str:
    code = qrcode.QRCode(border=2)
    code.add_data(text)
    out = io.StringIO()
    code.print_ascii(out, invert=True)
    return "\n".join(f"  {line}" for line in out.getvalue().splitlines())

"""A real server on a free loopback port, in a thread."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import uvicorn
from fastapi import FastAPI

from nearhand.kit.gate import Gate
from nearhand.kit.serving import TlsFiles, options, tls_options
from nearhand.kit.settings import Settings


@contextmanager
def served(
    app: FastAPI,
    *,
    certificate: Path | None = None,
    settings: Settings | None = None,
    gate: Gate | None = None,
    port: int = 0,
) -> Iterator[str]:
    """Run the app until the block ends; yields its base URL. Raises RuntimeError when it does not start.

    On a free port, unless its address had to be known before.

    With a `certificate` (key and chain in one PEM file) it speaks TLS.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", port))
        port = free.getsockname()[1]
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=port,
        **options(settings or Settings(), gate) | {"log_level": "error"},
        **tls_options(TlsFiles(certificate, certificate)) if certificate else {},
    )
    server = uvicorn.Server(config)
    started = threading.Event()
    startup = server.startup

    async def start_and_tell(sockets: list[socket.socket] | None = None) -> None:
        await startup(sockets)
        started.set()

    server.startup = start_and_tell  # type: ignore[method-assign]
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        if not started.wait(30):
            raise RuntimeError("the server did not start")
        yield f"{'https' if certificate else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()

"""Connections that keep quiet, drip, flood or do not read lose themselves and nobody else. On real sockets."""

import socket
import ssl
import statistics
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI, WebSocket
from starlette.responses import Response

from nearhand.kit.gate import Gate
from nearhand.kit.serving import Renewal, TlsFiles, gate_of, raise_file_limit
from nearhand.kit.settings import Settings
from nearhand.kit.tls import certificates
from tests.support.server import served

QUICK = Settings(head_timeout_s=0.4, answer_stall_s=0.4)


def app() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    async def small() -> str:
        return "here"

    @app.get("/large")
    async def large() -> Response:
        return Response(bytes(30_000_000))

    @app.websocket("/line")
    async def line(websocket: WebSocket) -> None:
        await websocket.accept()
        await websocket.receive()

    return app


@contextmanager
def connected(url: str) -> Iterator[socket.socket]:
    parts = urlsplit(url)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as line:
        yield line


def rest(line: socket.socket) -> bytes:
    """All that still comes, until the other side ends it."""
    said = b""
    try:
        while piece := line.recv(65536):
            said += piece
    except ConnectionResetError:
        pass
    return said


def test_a_connection_that_says_nothing_is_ended_in_time() -> None:
    with served(app(), settings=QUICK) as url, connected(url) as line:
        began = time.monotonic()
        assert b" 408 " in rest(line)
        assert 0.2 < time.monotonic() - began < 5


def test_a_head_that_drips_in_is_ended_in_time_at_the_first_request_and_at_the_second() -> None:
    with served(app(), settings=QUICK) as url:
        for is_second in (False, True):
            with connected(url) as line:
                if is_second:
                    line.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n")
                    assert b"200 OK" in line.recv(4096)
                stop, began = threading.Event(), time.monotonic()

                def drip(line: socket.socket = line, stop: threading.Event = stop) -> None:
                    try:
                        line.sendall(b"GET / HTTP/1.1\r\n")
                        while not stop.wait(0.05):
                            line.sendall(b"x-a: b\r\n")
                    except OSError:
                        pass

                thread = threading.Thread(target=drip)
                thread.start()
                said = rest(line)
                stop.set()
                thread.join()
                assert b" 408 " in said or not said
                assert time.monotonic() - began < 5


def test_a_head_without_an_end_is_refused_before_it_fills_memory() -> None:
    with served(app()) as url, connected(url) as line:
        line.sendall(b"GET / HTTP/1.1\r\n")
        said = b""
        try:
            for number in range(200):
                line.sendall(b"x-%d: %s\r\n" % (number, b"y" * 8000))
        except OSError:
            pass  # it is not even read to its end
        else:
            said = rest(line)
        assert not said or b" 431 " in said


@pytest.mark.parametrize(
    "head",
    [
        b"content-length: 4\r\ntransfer-encoding: chunked\r\n",
        b"content-length: 4\r\ncontent-length: 5\r\n",
        b"transfer-encoding: chunked, identity\r\n",
        b"transfer-encoding : chunked\r\n",
        b"x: a\nhost: b\r\n",
        b"content-length: +4\r\n",
    ],
)
def test_a_head_that_two_readers_could_read_differently_is_refused(head: bytes) -> None:
    with served(app()) as url, connected(url) as line:
        line.sendall(b"POST / HTTP/1.1\r\nhost: a\r\n" + head + b"\r\n0\r\n\r\n")
        said = rest(line)
        assert b" 400 " in said.splitlines()[0]
        assert said.count(b"HTTP/1.1 ") == 1


def test_requests_sent_at_once_are_answered_one_after_the_other() -> None:
    with served(app(), settings=QUICK) as url, connected(url) as line:
        line.sendall(b"GET / HTTP/1.1\r\nhost: a\r\n\r\n" * 5)
        said = rest(line)  # until it is ended for saying no more
        assert said.count(b"200 OK") == 5


def test_whoever_does_not_read_the_answer_is_ended() -> None:
    gate = gated(9, 9)
    with served(app(), settings=QUICK, gate=gate) as url, connected(url) as line:
        line.sendall(b"GET /large HTTP/1.1\r\nhost: a\r\n\r\n")
        assert line.recv(100)
        assert gate.open == 1
        assert is_emptied(gate)


def is_emptied(gate: Gate) -> bool:
    deadline = time.monotonic() + 5
    while gate.open and time.monotonic() < deadline:
        time.sleep(0.01)
    return gate.open == 0


def test_one_who_asks_again_and_again_is_kept() -> None:
    with served(app(), settings=QUICK) as url, httpx2.Client(base_url=url) as client:
        for _ in range(4):
            assert client.get("/").status_code == 200
            time.sleep(0.2)  # in all longer than a head may take


def gated(most: int, per_address: int) -> Gate:
    return Gate(most, per_address, lambda _: True)


def test_places_of_requests_and_lines_are_given_back() -> None:
    gate = gated(50, 50)
    with served(app(), gate=gate) as url:
        for _ in range(20):
            httpx2.get(url).raise_for_status()
        with connected(url) as line:
            key = b"sec-websocket-version: 13\r\nsec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            line.sendall(
                b"GET /line HTTP/1.1\r\nhost: a\r\nupgrade: websocket\r\nconnection: upgrade\r\n"
                + key
                + b"\r\n"
            )
            assert b" 101 " in line.recv(4096)
            assert gate.open == 1
        assert is_emptied(gate)


def latency_ms(url: str, requests: int = 40) -> float:
    took = []
    with httpx2.Client(base_url=url, timeout=20) as client:
        for _ in range(requests):
            began = time.perf_counter()
            client.get("/").raise_for_status()
            took.append((time.perf_counter() - began) * 1000)
    return statistics.median(took)


@pytest.mark.slow
def test_ten_thousand_connections_that_never_speak_lose_their_own_alone() -> None:
    """As many of them as this machine lets the test open; both ends of each are in this process."""
    flood = min(10_000, (raise_file_limit() - 500) // 2)
    gate = gated(most=flood + 100, per_address=500)
    with served(app(), settings=Settings(head_timeout_s=30), gate=gate) as url, ExitStack() as opened:
        before_ms = latency_ms(url)
        parts = urlsplit(url)
        for number in range(flood):
            line = opened.enter_context(socket.socket())
            line.settimeout(5)
            line.connect((parts.hostname, parts.port))
            if number % 2000 == 0:
                assert latency_ms(url, 5) < before_ms * 20 + 50
        assert latency_ms(url) < before_ms * 5 + 20
        assert gate.open <= 500
        assert gate.dropped >= flood - 600


def test_a_certificate_that_was_renewed_is_used_without_a_restart(tmp_path: Path) -> None:
    kept = certificates(tmp_path, ["localhost"])
    files = TlsFiles(kept.certificate, kept.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(files.certificate, files.key)
    renewal = Renewal(context, files)
    assert renewal.check() is False
    first = kept.certificate.read_bytes()
    certificates(tmp_path, ["localhost", "hall.local"])
    assert kept.certificate.read_bytes() != first
    assert renewal.check() is True
    kept.certificate.write_text("no certificate")
    assert renewal.check() is False


def test_no_tls_older_than_1_2_and_no_weak_cipher_is_spoken(tmp_path: Path) -> None:
    kept = certificates(tmp_path, ["127.0.0.1"])
    both = tmp_path / "both.pem"
    both.write_bytes(kept.key.read_bytes() + kept.certificate.read_bytes())
    with served(app(), certificate=both) as url:
        old = ssl.create_default_context(cafile=str(kept.authority))
        with pytest.warns(DeprecationWarning, match="TLSv1_1"):
            old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with connected(url) as line, pytest.raises((ssl.SSLError, OSError)):
            old.wrap_socket(line, server_hostname="127.0.0.1")
        weak = ssl.create_default_context(cafile=str(kept.authority))
        weak.maximum_version = ssl.TLSVersion.TLSv1_2
        weak.set_ciphers("ECDHE-ECDSA-AES256-SHA384")  # CBC
        with connected(url) as line, pytest.raises((ssl.SSLError, OSError)):
            weak.wrap_socket(line, server_hostname="127.0.0.1")
        new = ssl.create_default_context(cafile=str(kept.authority))
        with connected(url) as line, new.wrap_socket(line, server_hostname="127.0.0.1") as spoken:
            assert spoken.version() in {"TLSv1.2", "TLSv1.3"}


def test_no_more_connections_are_kept_than_files_may_be_open() -> None:
    assert gate_of(Settings(connections=10_000_000)).most < raise_file_limit()

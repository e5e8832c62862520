"""Ask a TURN server for a relay, as a browser does, to know whether it would give one (RFC 8656)."""

import asyncio
import hashlib
import hmac
import secrets
import socket
import ssl
import struct
from dataclasses import dataclass
from urllib.parse import parse_qs

COOKIE = 0x2112A442
ALLOCATE, ALLOCATED, NOT_ALLOCATED = 0x0003, 0x0103, 0x0113
USERNAME, INTEGRITY, ERROR, LIFETIME, REALM, NONCE, TRANSPORT = 0x6, 0x8, 0x9, 0xD, 0x14, 0x15, 0x19
UDP = 17
ANSWER_WITHIN_S = 3.0
MOST_BYTES = 2048


class TurnTrouble(Exception):
    """In words, why it gives no relay."""


class TurnRefused(TurnTrouble):
    """It is there, and does not take this name and password."""


@dataclass(frozen=True, slots=True)
class TurnAddress:
    host: str
    port: int
    is_tcp: bool
    is_tls: bool


def turn_address(url: str) -> TurnAddress:
    """Raises ValueError for what is no turn: or turns: address."""
    scheme, _, rest = url.partition(":")
    if scheme not in {"turn", "turns"} or rest.startswith("//"):
        raise ValueError(
            f"{url} is no address of a TURN server: turn:host:3478 or turns:host:443?transport=tcp."
        )
    place, _, query = rest.partition("?")
    host, colon, port = place.rpartition(":")
    if not colon or port.endswith("]"):
        host, port = place, "5349" if scheme == "turns" else "3478"
    transport = parse_qs(query).get("transport", ["tcp" if scheme == "turns" else "udp"])[0]
    if not host or not port.isdecimal() or transport not in {"udp", "tcp"}:
        raise ValueError(f"{url} is no address of a TURN server.")
    return TurnAddress(host.strip("[]"), int(port), transport == "tcp", scheme == "turns")


async def ask_for_relay(address: TurnAddress, name: str, password: str) -> None:
    """Raises TurnTrouble. Over UDP it is asked once more, as packets get lost."""
    try:
        async with asyncio.timeout(3 * ANSWER_WITHIN_S):
            if address.is_tcp:
                await _over_tcp(address, name, password)
            elif address.is_tls:
                raise TurnTrouble("TURN over DTLS is not tried here.")
            else:
                await asyncio.to_thread(_over_udp, address, name, password)
    except TimeoutError:
        raise TurnTrouble("It did not answer.") from None
    except ssl.SSLError as error:
        raise TurnTrouble(f"Its certificate is not good: {error.reason}.") from error
    except OSError as error:
        raise TurnTrouble(f"It is out of reach: {error.strerror or error}.") from error


def _over_udp(address: TurnAddress, name: str, password: str) -> None:
    family, kind, proto, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_DGRAM)[0]
    with socket.socket(family, kind, proto) as line:
        line.settimeout(ANSWER_WITHIN_S / 2)
        line.connect(place)

        def ask(message: bytes) -> bytes:
            for is_last in (False, True):
                line.send(message)
                try:
                    return line.recv(MOST_BYTES)
                except TimeoutError:
                    if is_last:
                        raise
            raise AssertionError

        challenge = _attributes(ask(_message({TRANSPORT: _protocol()})))
        _judge(ask(_signed(challenge, name, password)))


async def _over_tcp(address: TurnAddress, name: str, password: str) -> None:
    trust = ssl.create_default_context() if address.is_tls else None
    reader, writer = await asyncio.open_connection(address.host, address.port, ssl=trust)
    try:

        async def ask(message: bytes) -> bytes:
            writer.write(message)
            await writer.drain()
            head = await reader.readexactly(20)
            return head + await reader.readexactly(struct.unpack(">H", head[2:4])[0])

        challenge = _attributes(await ask(_message({TRANSPORT: _protocol()})))
        _judge(await ask(_signed(challenge, name, password)))
    except asyncio.IncompleteReadError:
        raise TurnTrouble("It closed the connection.") from None
    finally:
        writer.close()


def _protocol() -> bytes:
    return struct.pack(">B3x", UDP)


def _signed(challenge: dict[int, bytes], name: str, password: str) -> bytes:
    realm, nonce = challenge.get(REALM), challenge.get(NONCE)
    if realm is None or nonce is None:
        raise TurnTrouble("It asks for no name and password: it is no TURN server, or one open to everybody.")
    key = hashlib.md5(  # the protocol's own; the password is one that runs out
        b":".join((name.encode(), realm, password.encode())), usedforsecurity=False
    ).digest()
    wish = {TRANSPORT: _protocol(), USERNAME: name.encode(), REALM: realm, NONCE: nonce, LIFETIME: bytes(4)}
    return _message(wish, key)


def _judge(answer: bytes) -> None:
    (kind,) = struct.unpack(">H", answer[:2])
    if kind == ALLOCATED:
        return
    error = _attributes(answer).get(ERROR, bytes(4))
    code, reason = 100 * (error[2] & 7) + error[3], error[4:].decode(errors="replace")
    if code == 401:
        raise TurnRefused(
            "It does not take the name and password (401): another secret, or they have run out."
        )
    raise TurnTrouble(f"It refused ({code} {reason}).")


def _message(attributes: dict[int, bytes], key: bytes | None = None) -> bytes:
    body = b"".join(
        struct.pack(">HH", name, len(value)) + value + bytes(-len(value) % 4)
        for name, value in attributes.items()
    )
    transaction = secrets.token_bytes(12)

    def head(length: int) -> bytes:
        return struct.pack(">HHI", ALLOCATE, length, COOKIE) + transaction

    if key is None:
        return head(len(body)) + body
    length = len(body) + 24
    proof = hmac.digest(key, head(length) + body, "sha1")
    return head(length) + body + struct.pack(">HH", INTEGRITY, len(proof)) + proof


def _attributes(message: bytes) -> dict[int, bytes]:
    if len(message) < 20 or struct.unpack(">I", message[4:8])[0] != COOKIE:
        raise TurnTrouble("What answers there is no TURN server.")
    found: dict[int, bytes] = {}
    at = 20
    while at + 4 <= len(message):
        name, length = struct.unpack(">HH", message[at : at + 4])
        found.setdefault(name, message[at + 4 : at + 4 + length])
        at += 4 + length + -length % 4
    return found

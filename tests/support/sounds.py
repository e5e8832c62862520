"""Voice notes as recorders write them, without a recorder."""

BLOCK_MS = 60


def element(name: int, content: bytes) -> bytes:
    return _bytes(name) + (1 << 28 | len(content)).to_bytes(4) + content


def left_open(name: int, content: bytes) -> bytes:
    """Of a length that is not known yet, as a recorder begins it."""
    return _bytes(name) + b"\x01" + b"\xff" * 7 + content


def _bytes(name: int) -> bytes:
    return name.to_bytes((name.bit_length() + 7) // 8)


def track(kind: int, codec: bytes) -> bytes:
    return element(0xAE, element(0xD7, b"\x01") + element(0x83, bytes([kind])) + element(0x86, codec))


def a_voice_note(duration_ms: int = 900, *, tracks: bytes = track(2, b"A_OPUS"), word: bytes = b"") -> bytes:
    """WebM as Chromium's recorder writes it: clusters of unknown length, and no word of how long it lasts."""
    blocks = b""
    for at_ms in range(0, duration_ms, BLOCK_MS):
        if at_ms % 30_000 == 0:
            blocks += left_open(0x1F43B675, element(0xE7, at_ms.to_bytes(4)))
        blocks += element(0xA3, b"\x81" + (at_ms % 30_000).to_bytes(2) + b"\x80" + b"\xfc\xff\xfe" + word)
    head = element(0x1A45DFA3, element(0x4282, b"webm"))
    return head + left_open(0x18538067, element(0x1654AE6B, tracks) + blocks)


def an_ogg(duration_ms: int = 900, *, head: bytes = b"OpusHead") -> bytes:
    return _page(2, 0, head + bytes(11)) + _page(4, duration_ms * 48, b"\xfc\xff\xfe")


def _page(flags: int, granule: int, body: bytes) -> bytes:
    return (
        b"OggS\0"
        + bytes([flags])
        + granule.to_bytes(8, "little")
        + bytes(12)
        + b"\x01"
        + bytes([len(body)])
        + body
    )


def box(kind: bytes, content: bytes) -> bytes:
    return (8 + len(content)).to_bytes(4) + kind + content


def an_mp4(duration_ms: int = 900, *, handler: bytes = b"soun") -> bytes:
    length = bytes(12) + (1000).to_bytes(4) + duration_ms.to_bytes(4)
    media = box(b"mdia", box(b"hdlr", bytes(8) + handler + bytes(12)))
    return box(b"ftyp", b"M4A \0\0\0\0") + box(b"moov", box(b"mvhd", length) + box(b"trak", media))

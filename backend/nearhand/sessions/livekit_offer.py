"""What of a browser's offer LiveKit has to be told before it gets the offer itself."""

import re
from dataclasses import dataclass

from nearhand.sessions.sfu import Kind, SfuRefused

KINDS: dict[str, Kind] = {"audio": "audio", "video": "video"}
SIMULCAST = re.compile(r"(?m)^(a=simulcast:send )([^\s]+)([ \t]*\r?)$")


@dataclass(frozen=True, slots=True)
class OfferedLine:
    mid: str
    kind: Kind
    track: str  # what LiveKit knows it by when it comes: the track in `msid`
    codec: str  # the one that is preferred
    sizes: int  # in which it is sent at once; 0: it does not say


def lines_of(offer: str) -> tuple[OfferedLine, ...]:
    """What is sent in it. Raises SfuRefused where that is nothing."""
    sections = re.split(r"(?m)^m=", offer)[1:]
    lines = tuple(line for line in map(_line, sections) if line is not None)
    if not lines:
        raise SfuRefused("Nothing is sent in this offer.")
    return lines


def small_first(offer: str) -> str:
    """Ours names its sizes as RFC 8853 has it, the one that is liked best first; LiveKit takes the first for the smallest."""
    return SIMULCAST.sub(
        lambda found: found[1] + ";".join(reversed(found[2].split(";"))) + found[3],
        offer,
    )


def _line(section: str) -> OfferedLine | None:
    head, *rest = section.splitlines() or [""]
    kind, port, _, *formats = (*head.split(), "", "", "")
    found: dict[str, str] = {}
    for attribute in rest:
        name, _, value = attribute.removeprefix("a=").partition(":")
        found.setdefault(name, value)
    if kind not in KINDS or port == "0" or "mid" not in found or not {"sendonly", "sendrecv"} & found.keys():
        return None
    named = re.search(rf"(?m)^a=rtpmap:{re.escape(formats[0])} ([^/\s]+)/", section)
    _, _, sizes = found.get("simulcast", "").partition("send ")
    return OfferedLine(
        mid=found["mid"],
        kind=KINDS[kind],
        track=(found.get("msid", "").split() or [f"line-{found['mid']}"])[-1],
        codec=named[1].lower() if named else "",
        sizes=len(sizes.split(" ")[0].split(";")) if sizes else 0,
    )

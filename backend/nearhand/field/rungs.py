"""By which rung of the ladder a camera's pictures go now, and why by no better one."""

from typing import NamedTuple

from nearhand.client.pictures import PictureSender
from nearhand.sessions.messages import Rung, RungReason

LIVE: Rung = 3  # pictures over the line; there is no direct way for better ones
STILLS: Rung = 4
ON_REQUEST: Rung = 5


class Now(NamedTuple):
    rung: Rung
    because: RungReason


def rung_now(asked: Rung | None, line: PictureSender) -> Now:
    """`asked`: for which rung somebody asks; one that cannot be had is the next worse one that can."""
    is_live = line.is_open and not line.is_spent and line.watchers > 0 and (asked or LIVE) <= LIVE
    rung = LIVE if is_live else ON_REQUEST if asked == ON_REQUEST else STILLS
    return Now(rung, "asked" if asked == rung else _because(line, is_live=is_live))


def _because(line: PictureSender, *, is_live: bool) -> RungReason:
    if is_live:
        return "no_way"
    if line.is_spent:
        return "spent"
    return "unwatched" if line.is_open else "cut"

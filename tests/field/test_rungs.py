"""Which rung the Python field client is on, and why on no better one."""

import pytest

from nearhand.client.link import Address
from nearhand.client.pictures import PictureSender
from nearhand.field.rungs import rung_now
from nearhand.sessions.messages import Rung, RungReason


class Line(PictureSender):
    """One that is as it is said to be."""

    def __init__(self, *, watchers: int = 1, is_open: bool = True) -> None:
        super().__init__(Address("ws://nowhere.example", {}), "py-camera")
        self.watchers, self._is_open = watchers, is_open

    @property
    def is_open(self) -> bool:
        return self._is_open


@pytest.mark.parametrize(
    ("asked", "line", "rung", "because"),
    [
        (None, Line(), 3, "no_way"),
        (1, Line(), 3, "no_way"),
        (2, Line(), 3, "no_way"),
        (3, Line(), 3, "asked"),
        (4, Line(), 4, "asked"),
        (5, Line(), 5, "asked"),
        (None, Line(watchers=0), 4, "unwatched"),
        (3, Line(watchers=0), 4, "unwatched"),
        (None, Line(watchers=0, is_open=False), 4, "cut"),
        (5, Line(watchers=0, is_open=False), 5, "asked"),
    ],
)
def test_it_is_what_was_asked_for_or_the_next_worse_that_can_be_had(
    asked: Rung | None, line: PictureSender, rung: Rung, because: RungReason
) -> None:
    assert rung_now(asked, line) == (rung, because)


def test_when_all_bytes_of_live_pictures_are_used_up_there_are_stills() -> None:
    line = Line()
    line._hear({"type": "media.spent", "bytes": 4_294_967_296})
    assert rung_now(3, line) == (4, "spent")
    assert not line.has_room

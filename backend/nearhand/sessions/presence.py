"""Whether the media server is in reach, and who is told when that changes."""

from collections.abc import Callable

import structlog

log = structlog.get_logger()


class Presence:
    def __init__(self) -> None:
        self._watchers: list[Callable[[], None]] = []
        self.is_up = False
        self.trouble = ""  # why it is not, in words

    def watch(self, on_change: Callable[[], None]) -> None:
        self._watchers.append(on_change)

    def become(self, *, is_up: bool) -> None:
        if is_up == self.is_up:
            return
        self.is_up = is_up
        if is_up:
            self.trouble = ""
            log.info("media_server_is_there")
        for on_change in self._watchers:
            on_change()

    def missed(self, error: Exception) -> None:
        """In the log once, however often it is tried."""
        if str(error) != self.trouble:
            self.trouble = str(error)
            log.warning("media_server_out_of_reach", error=self.trouble)

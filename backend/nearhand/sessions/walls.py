"""The walls: screens that show every session that is not over, and each change."""

from collections.abc import Iterable

from nearhand.sessions.audience import lists, reach_of, veiled
from nearhand.sessions.connections import Connection
from nearhand.sessions.log import Log
from nearhand.sessions.model import Session, SessionStatus
from nearhand.sessions.rooms import Rooms
from nearhand.sessions.stage import Stage

WALL_ROWS = 500


class Walls:
    """All walls that are looked at now."""

    def __init__(self, live_log: Log, rooms: Rooms) -> None:
        self._log, self._rooms = live_log, rooms
        self.connections: set[Connection] = set()

    async def watch(self, connection: Connection) -> None:
        """Show all sessions that are not over, and from now on each change."""
        self.connections.add(connection)
        viewer = connection.viewer
        rows, _ = await self._log.sessions(
            [SessionStatus.RINGING, SessionStatus.OPEN],
            limit=WALL_ROWS,
            offset=0,
            reach=None if viewer is None else reach_of(viewer),
        )
        told = rows
        if viewer is not None:
            came = await self._log.came([row.id for row in rows])
            told = [veiled(row, viewer, Stage(came[row.id])) for row in rows]
        # A change that came while reading is in line already and is newer than what was read.
        connection.outbox.put(",".join(row.model_dump_json() for row in reversed(told)), is_counted=False)
        for row in rows:
            running = self._rooms.get(row.id)
            if running is not None and running.room.session != row:
                _show(running.room.session, running.stage, [connection])

    def show(self, session: Session, stage: Stage) -> None:
        """A session is new, or another than it was."""
        _show(session, stage, list(self.connections))


def _show(session: Session, stage: Stage, walls: Iterable[Connection]) -> None:
    text = session.model_dump_json()
    for wall in walls:
        if wall.viewer is None:
            wall.outbox.put(text, replaces=session.id)
        elif lists(wall.viewer, session, stage):
            theirs = veiled(session, wall.viewer, stage).model_dump_json()
            wall.outbox.put(theirs, replaces=session.id)

"""Look up in the registry what a message names, before anything is decided about it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

import structlog

from nearhand.access.model import Where
from nearhand.devices.model import Face
from nearhand.kit.errors import NearhandError
from nearhand.media.model import Still
from nearhand.sessions.anchoring import Part
from nearhand.sessions.audience import named_in
from nearhand.sessions.connections import Asked, Connection
from nearhand.sessions.log import is_storage_failure
from nearhand.sessions.masks import RuleOf
from nearhand.sessions.message import Ask, Fleeting
from nearhand.sessions.messages import DeviceShow, FrameSight
from nearhand.sessions.model import NotSaved, ShownDevice
from nearhand.sessions.wire import CloseCode, Malformed

log = structlog.get_logger()

LookUp = Callable[[str, Ask | FrameSight, ShownDevice | None], Awaitable[Part | Face | None]]


# Make it a still of its session, on the disk: what it is, on whose account, and its bytes.
Keep = Callable[[Still, str, bytes], Awaitable[None]]


class PlaceOf(Protocol):
    def __call__(self, device_id: str, *, is_fresh: bool = False) -> Awaitable[Where]:
        """Where a device stands; `is_fresh`: as of now, not of a few seconds ago."""


@dataclass(frozen=True, slots=True)
class Registered:
    """What rooms ask of the registry."""

    look_up: LookUp
    place_of: PlaceOf
    mask_of: RuleOf
    keep: Keep


class Finder:
    """Finds what a message names, or why it is refused."""

    def __init__(self, registered: Registered) -> None:
        self._look_up = registered.look_up
        self._place_of = registered.place_of

    async def find(self, asked: Asked, ask: Ask) -> None:
        """As far as it is known when it is heard."""
        running = asked.connection.running
        await self._find(asked, ask, running.room.drawn_on(ask) if running is not None else None)

    async def find_late(self, asked: Asked) -> None:
        """A picture may have become known only after the mark on it was heard: before the welcome, or in one frame."""
        connection, ask = asked.connection, asked.ask
        while connection.running is not None and not connection.is_closing and not isinstance(ask, Malformed):
            on = connection.running.room.drawn_on(ask)
            if on is None or on == asked.on:
                return
            await self._find(asked, ask, on)

    async def may_pass(self, connection: Connection, message: Fleeting) -> bool:
        """Whether all that something fleeting names is there, and theirs to see; complains when not."""
        try:
            await self._demand_named(connection, message)
            if isinstance(message, FrameSight):
                # Marks will be anchored on the device of this sighting, so it must be one.
                await self._look_up(connection.session_id, message, None)
        except NearhandError as error:
            connection.complain(error)
            return False
        except Exception as error:
            log.error("look_up_failed", error=repr(error))  # the next one comes soon
            return False
        return True

    async def _demand_named(self, connection: Connection, message: Fleeting) -> None:
        if connection.viewer is not None:
            for device_id in named_in(message):
                where = await self._place_of(device_id)
                connection.viewer.demand_device(device_id, where, message)

    async def _find(self, asked: Asked, ask: Ask, on: ShownDevice | None) -> None:
        """Hang up on the asker when it cannot be looked up."""
        connection = asked.connection
        asked.on = on
        try:
            await self._place(asked, ask, on)
            asked.found = await self._look_up(connection.session_id, ask, on)
        except Exception as error:
            if not is_storage_failure(error):
                if isinstance(error, NearhandError):
                    asked.found = error
                else:
                    asked.stumble(error)
                return
            # Not the asker's fault, so the number is not used up: they come back and ask again.
            log.error("look_up_failed", error=repr(error))
            connection.complain(NotSaved("What that message names could not be looked up just now."))
            connection.close(CloseCode.NOT_SAVED)

    async def _place(self, asked: Asked, ask: Ask, on: ShownDevice | None) -> None:
        """Find where the devices stand that an ask names. Raises what it is refused with by whoever may not see one."""
        connection = asked.connection
        stage = connection.running.stage if connection.running is not None else None
        named = named_in(ask) if on is None else (*named_in(ask), on.device_id)
        for device_id in named:
            is_shown = isinstance(ask, DeviceShow)
            if connection.viewer is None and not is_shown and stage is not None and device_id in stage:
                continue
            where = asked.places[device_id] = await self._place_of(device_id, is_fresh=is_shown)
            if connection.viewer is not None:
                connection.viewer.demand_device(device_id, where, ask)

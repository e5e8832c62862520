"""Put clients of one room through to each other, or to the media server, for voice and pictures; and part them."""

from nearhand.sessions.calls import as_heard, is_of_a_way
from nearhand.sessions.connections import Connection, Running
from nearhand.sessions.message import Directed
from nearhand.sessions.model import Participant, TooManySignals
from nearhand.sessions.room import demand_role
from nearhand.sessions.signalling import (
    Calling,
    Conferring,
    RtcHail,
    RtcPart,
    RtcParted,
    RtcTalk,
    RtcTalks,
)


def put_through(connection: Connection, message: Directed | Conferring) -> None:
    """Pass on what one client says of its voice and pictures. Raises what forbids it."""
    running, participant = connection.running, connection.participant
    if running is None or participant is None:
        return  # before the welcome nobody is there
    _demand_to_say(connection, participant, message)
    if isinstance(message, Conferring):
        _confer(running, connection, participant, message)
        return
    if message.to is not None:
        _put_to(running, connection, participant, message, message.to)
        return
    if isinstance(message, RtcHail):
        running.party.hailed(connection)
        arrange(running)
    for other in running.others(connection):
        if _may_reach(message, running, connection, other):
            other.tell(as_heard(message, participant.id, connection.client))


def arrange(running: Running) -> None:
    """Who is here, or what they may see, is another thing now: so may be the way of voice and pictures."""
    for client in running.party.arrange():
        _part(running, client)


def gone(running: Running, client: str) -> None:
    """This client is not coming back, or may not."""
    _part(running, client)
    running.party.gone(client)
    arrange(running)


def part_strangers(running: Running) -> None:
    """The session has come to something else: who may not see that is parted from all."""
    for client in running.calls.clients():
        connection = running.connections.get(client)
        if connection is not None and not _may_meet(running, connection):
            _part(running, client)
    arrange(running)


def _demand_to_say(connection: Connection, participant: Participant, message: Directed | Conferring) -> None:
    # Of each kind apart: a finger on the zoom must not cost a call its way.
    if not connection.may_signal(message.type.partition(".")[0]):
        raise TooManySignals
    if not isinstance(message, Calling | Conferring):
        participant = connection.acting(participant, message)
    demand_role(participant, message)


def _put_to(
    running: Running, connection: Connection, participant: Participant, message: Directed, to: str
) -> None:
    other = running.connections.get(to)
    if isinstance(message, RtcPart):
        _part(running, connection.client, to)
    elif running.calls.awaits(connection.client, to):
        return  # their own connection may still stand, and is looked for anew if not
    elif other is None or other is connection or not _may_reach(message, running, connection, other):
        # No error: whoever has just gone, or may not see any more, is still spoken to for a moment.
        if not _part(running, connection.client, to):
            connection.tell(RtcParted(client=to))
    else:
        if is_of_a_way(message):
            running.calls.join(connection.client, other.client)
        other.tell(as_heard(message, participant.id, connection.client))


def _confer(running: Running, connection: Connection, participant: Participant, message: Conferring) -> None:
    if not isinstance(message, RtcTalk):
        running.party.hear(connection, message)
        return
    running.party.talks(connection.client, is_talking=message.is_talking)
    told = RtcTalks(by=participant.id, client=connection.client, is_talking=message.is_talking)
    for other in running.others(connection):
        if _may_meet(running, connection, other):
            other.tell(told)


def _may_reach(message: Directed, running: Running, *ends: Connection) -> bool:
    return _may_meet(running, *ends) and (
        not is_of_a_way(message) or all(running.party.is_direct(one.client) for one in ends)
    )


def _may_meet(running: Running, *ends: Connection) -> bool:
    """Whether both may see what the session is about now: pictures and voices are."""
    is_open = not running.room.is_ended
    return is_open and not any(one.curtain is not None and one.curtain.is_elsewhere for one in ends)


def tell_untold(connection: Connection, running: Running) -> None:
    """A connection of which only one end is left would never carry anything again."""
    for parted in running.calls.untold(connection.client):
        connection.tell(RtcParted(client=parted))


def _part(running: Running, client: str, other: str | None = None) -> bool:
    """Tell this client and those it was put through to that they are to close. Returns whether there were any."""
    names = running.calls.part(client, other)
    for name in names:
        for one, parted in ((name, client), (client, name)):
            connection = running.connections.get(one)
            if connection is None:
                running.calls.tell_later(one, parted)
            else:
                connection.tell(RtcParted(client=parted))
    return bool(names)

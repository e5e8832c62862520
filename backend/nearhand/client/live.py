"""One participant's end of a live session: say, draw and hear, across lost lines and restarts."""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from types import TracebackType
from typing import Any, Literal, Self
from weakref import WeakSet

from nearhand.access.model import Actor
from nearhand.client.errors import LinkStopped, WishForgotten, WishRefused
from nearhand.client.link import Address, Closed, Link, open_link, text_of
from nearhand.client.outbox import MemoryOutbox, Outbox
from nearhand.client.verbs import Verbs
from nearhand.client.view import Gap, LiveView, reduced
from nearhand.client.wishes import Wishes
from nearhand.sessions import messages as m
from nearhand.sessions import signalling
from nearhand.sessions.message import Ask, Directed, Event, Fleeting, FromServer, Traffic

log = logging.getLogger(__name__)

WINDOW = 32  # numbered wishes on the way at one time; the rest wait in the outbox
FIRST_RETRY_S, LONGEST_RETRY_S, SOON_S = 0.5, 15.0, 0.25
INBOX_LIMIT = 1000  # fleeting messages are skipped in an inbox that is further behind than this

PING_EVERY_S = 15.0
# Errors after which no further number of an outbox would be taken: the rest must go out under a new name.
SPOILT = {"out_of_order", "too_many_refused"}

LinkState = Literal["connecting", "open", "waiting", "stopped"]


class LiveSession(Verbs):
    """Made by `Client.live`. `async with` enters and waits for the state; `start` enters without waiting.

        async with client.live(session.id, SqliteOutbox("expert.db")) as live:
            n = await live.say("Look at port 37")
            await live.saved(n)               # stored by the server
            async for message in live:        # every message, as it comes
                ...

    A wish (any verb that returns a number) is kept in the outbox, then sent; it leaves the outbox when the server has
    stored or refused it. After a lost line the session resumes where it was. `live.view` is always the newest state.
    """

    def __init__(
        self,
        session_id: str,
        address: Address,
        who: Callable[[], Awaitable[Actor]],
        outbox: Outbox | None = None,
    ) -> None:
        super().__init__()
        self.session_id = session_id
        self.view = LiveView()
        self.link: LinkState = "stopped"
        self._address, self._who = address, who
        self._wishes = Wishes(outbox or MemoryOutbox())
        self._sent_up_to = 0
        self._sendable: int | None = None  # under this name, no wish after this number is sent any more
        self._is_welcome = False
        self._directed: list[str] = []  # to one other client, or the media server: each, in order
        self._is_spoilt = False
        self._wake = asyncio.Event()
        self._watchers: list[tuple[Callable[[LiveView], bool], asyncio.Future[None]]] = []
        self._inboxes: WeakSet[Inbox] = WeakSet()
        self._running: asyncio.Task[None] | None = None
        self._stopped_by: LinkStopped | None = None

    # -- entering and leaving -----------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        await self.start()
        try:
            await self.until(lambda view: view.is_current)
        except BaseException:
            await self.stop()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def start(self) -> None:
        """Find the outbox and connect, now or as soon as there is a line."""
        actor = await self._who()
        await self._wishes.open(self.session_id, actor.participant_id)
        self._stopped_by = None
        self._is_spoilt = False
        self._running = asyncio.create_task(self._run(), name=f"live session {self.session_id}")

    async def stop(self) -> None:
        """Leave. What is not sent yet stays in the outbox, and is sent on entering again with the same one."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        await self._wishes.keep()
        self._end(LinkStopped("left"))

    # -- following ----------------------------------------------------------------------------------------------

    @property
    def client(self) -> str:
        """The name of this outbox: how others address this end."""
        return self._wishes.name

    @property
    def unsaved(self) -> int:
        """How many wishes the server has not stored yet."""
        return len(self._wishes)

    @property
    def is_kept(self) -> bool:
        """False: some unsent wishes live as long as the process, for the disk is full. They are sent all the same."""
        return self._wishes.is_kept

    async def saved(self, n: int) -> None:
        """Wait until wish `n` is stored. Raises WishRefused when it had no effect, LinkStopped when nobody will know,
        and WishForgotten when it was refused or stored too long ago."""
        if self._stopped_by is not None and n in self._wishes.tickets:
            raise self._stopped_by
        await self._wishes.saved(n)

    async def settled(self) -> None:
        """Wait until every wish so far is stored or refused."""
        for n in self._wishes.tickets:
            with suppress(WishRefused, WishForgotten):
                await self.saved(n)

    async def until(self, holds: Callable[[LiveView], bool]) -> LiveView:
        """Wait until something holds of the view. Raises LinkStopped when the link has ended for good."""
        if self._stopped_by is not None:
            raise self._stopped_by
        if not holds(self.view):
            came: asyncio.Future[None] = asyncio.get_running_loop().create_future()
            self._watchers.append((holds, came))
            await came
        return self.view

    def __aiter__(self) -> "Inbox":
        return self.messages()

    def messages(self) -> "Inbox":
        """Every message from this call on, once each, in order; ends when the link has ended for good."""
        inbox = Inbox()
        self._inboxes.add(inbox)
        if self._stopped_by is not None:
            inbox.put(None)
        return inbox

    # -- asking -------------------------------------------------------------------------------------------------

    async def ask(self, kind: type[Ask], **fields: Any) -> int:
        """Ask for something durable; the verbs are made of this. Returns once the wish is kept."""
        n = await self._wishes.ask(kind, fields)
        self._wake.set()
        return n

    def pass_on(self, message: Fleeting) -> None:
        """Pass on something fleeting; dropped when there is no line. The verbs are made of this."""
        if self._is_welcome:
            super().pass_on(message)
            self._wake.set()

    def put(self, message: Directed | signalling.Conferring) -> None:
        """About voice and pictures, to one other client or to the service; dropped when there is no line."""
        if self._is_welcome:
            self._directed.append(message.model_dump_json())
            self._wake.set()

    # -- the line -----------------------------------------------------------------------------------------------

    async def _run(self) -> None:
        try:
            await self._keep_connected()
        except Exception:
            log.exception("the live session has failed")
            self._end(LinkStopped("failed"))

    async def _keep_connected(self) -> None:
        tries = 0
        while True:
            self.link = "connecting"
            closed = await self._once()
            tries = 0 if self._is_welcome else tries
            self._is_welcome = False
            self._directed.clear()
            self.clear()
            if closed.is_final:
                self._end(LinkStopped(closed.reason))
                return
            self.link = "waiting"
            await self._wishes.keep()
            longest = SOON_S if closed.is_soon and tries == 0 else FIRST_RETRY_S * 2**tries
            tries = min(tries + 1, 6)
            # Half of it is chance, so that a whole site does not come back in one instant.
            wait_s = min(longest, LONGEST_RETRY_S) * (0.5 + random.random() / 2)  # nosec B311
            log.info("link lost (%s); trying again in %.1f s", closed.reason, wait_s)
            await asyncio.sleep(wait_s)

    async def _once(self) -> Closed:
        """One connection, from its opening to its end."""
        try:
            async with open_link(self._address) as link:
                resume = m.ResumeFrom(epoch=self.view.epoch, seq=self.view.seq) if self.view.epoch else None
                await link.send([m.Hello(client=self._wishes.name, resume=resume).model_dump_json()])
                async with asyncio.TaskGroup() as both:
                    both.create_task(self._send(link))
                    both.create_task(self._receive(link))
            return Closed("closed")
        except Closed.CAUSES as error:
            return Closed.by(error)
        except ExceptionGroup as errors:
            known, unknown = errors.split((Gap, *Closed.CAUSES))
            if known is None or unknown is not None:
                raise
            first = known.exceptions[0]
            return Closed(str(first), is_soon=True) if isinstance(first, Gap) else Closed.by(first)

    async def _receive(self, link: Link) -> None:
        async for messages in link:
            await self._take_all(messages)

    async def _send(self, link: Link) -> None:
        while True:
            try:
                async with asyncio.timeout(PING_EVERY_S):
                    await self._wake.wait()
            except TimeoutError:
                await link.send([m.Ping().model_dump_json()])
                await self._wishes.keep()
            self._wake.clear()
            if self._is_welcome:
                await link.send(self._due_wishes())
                directed, self._directed = self._directed, []
                await link.send(directed)
                await link.send([text_of(message) for message in self.due()])
                self._wake_later()

    def _due_wishes(self) -> list[str]:
        on_the_way = len(self._wishes.waiting(up_to=self._sent_up_to))
        due = self._wishes.waiting(after=self._sent_up_to, up_to=self._sendable)
        numbers = due[: max(0, WINDOW - on_the_way)]
        if numbers:
            self._sent_up_to = numbers[-1]
        return [self._wishes.text(n) for n in numbers]

    def _wake_later(self) -> None:
        if (wait_s := self.due_in_s()) is not None:
            asyncio.get_running_loop().call_later(wait_s, self._wake.set)

    async def _take_all(self, messages: list[Any]) -> None:
        for message in messages:
            is_news = not isinstance(message, Event | m.Withheld) or message.seq > self.view.seq
            self.view = reduced(self.view, message)
            await self._answer(message)
            if is_news and not isinstance(message, m.Pong):  # only says that the line is alive
                self._tell(message)
        self._wake.set()
        for watcher in [w for w in self._watchers if w[1].done() or w[0](self.view)]:
            self._watchers.remove(watcher)
            if not watcher[1].done():
                watcher[1].set_result(None)

    async def _answer(self, message: Any) -> None:
        match message:
            case m.Welcome():
                await self._welcomed(message)
            case m.Ack(n=n):
                await self._settle(self._wishes.waiting(up_to=n))
            case m.Refused(n=n):
                await self._settle([n], (message.code, message.title, message.detail))
            case m.Problem(code=code) if code in SPOILT:
                self._is_spoilt = True
                raise Gap(code)
            case m.Problem():
                log.warning("the server did not understand a message: %s %s", message.code, message.detail)

    async def _welcomed(self, welcome: m.Welcome) -> None:
        self._sendable = self._last_to_send(welcome.acked)
        await self._leave_name()
        self.link = "open"
        self._is_welcome = True
        # Everything that waits is sent again, also what `acked` covers: only the answers say which of it was
        # stored and which refused.
        self._sent_up_to = 0

    def _last_to_send(self, acked: int) -> int | None:
        """None: all. Else one side lost its memory: later numbers would not be taken, or be taken for repeats."""
        if self._is_spoilt:
            return acked
        if acked > self._wishes.last:
            # An old copy. What it held when it was opened is known to the server; what was asked since is not.
            return self._wishes.found_last
        return 0 if self._wishes.oldest > acked + 1 else None

    async def _leave_name(self) -> None:
        """When the last that could be sent under this name is settled, the rest goes out under a new one."""
        if self._sendable is None or self._wishes.waiting(up_to=self._sendable):
            return
        if not await self._wishes.rename():
            raise Gap("the outbox must go on under a new name, and cannot be written")
        self._is_spoilt = False
        raise Gap("the outbox goes on under a new name")

    async def _settle(self, numbers: list[int], refused: tuple[str, str, str] | None = None) -> None:
        await self._wishes.settle(numbers, refused)
        await self._leave_name()

    def _tell(self, message: Any) -> None:
        for inbox in list(self._inboxes):
            inbox.put(message)

    def _end(self, why: LinkStopped) -> None:
        self.link = "stopped"
        self._stopped_by = self._stopped_by or why
        self._tell(None)
        for _, came in self._watchers:
            if not came.done():
                came.set_exception(why)
        self._watchers.clear()
        self._wishes.end(why)


class Inbox:
    """Messages that wait to be looked at: `async for message in inbox`."""

    def __init__(self) -> None:
        self._queue: asyncio.Queue[Any] = asyncio.Queue()

    def put(self, message: Any) -> None:
        is_fleeting = isinstance(message, FromServer) and message.traffic is Traffic.EPHEMERAL
        if not is_fleeting or self._queue.qsize() < INBOX_LIMIT:
            self._queue.put_nowait(message)

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Any:
        message = await self._queue.get()
        if message is None:
            raise StopAsyncIteration
        return message

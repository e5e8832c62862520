"""The Python SDK: REST and the live session, for programs. Start with `Client`."""

from nearhand.client.errors import (
    LinkStopped,
    OutboxUnusable,
    Refusal,
    Unreachable,
    WishForgotten,
    WishRefused,
)
from nearhand.client.live import LiveSession
from nearhand.client.outbox import MemoryOutbox, Outbox, SqliteOutbox
from nearhand.client.rest import Client, code_in
from nearhand.client.view import LiveView

__all__ = [
    "Client",
    "LinkStopped",
    "LiveSession",
    "LiveView",
    "MemoryOutbox",
    "Outbox",
    "OutboxUnusable",
    "Refusal",
    "SqliteOutbox",
    "Unreachable",
    "WishForgotten",
    "WishRefused",
    "code_in",
]

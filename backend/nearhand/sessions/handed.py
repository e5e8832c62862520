"""Which uploaded file an event makes part of its session."""

from nearhand.sessions.message import Event
from nearhand.sessions.messages import ChatSaid, DocumentShown, StillShared
from nearhand.sessions.model import ShownPicture


def file_in(event: Event) -> str | None:
    """Its SHA-256."""
    match event:
        case StillShared(still=still):
            return still.sha256
        case ChatSaid(voice=voice) if voice is not None:
            return voice.sha256
        case DocumentShown(document=ShownPicture(sha256=sha256)):
            return sha256
        case _:
            return None

"""Which uploaded files an event makes part of its session."""

from nearhand.sessions.message import Event
from nearhand.sessions.messages import ChatSaid, DocumentShown, StillShared
from nearhand.sessions.model import ShownPicture


def files_in(event: Event) -> tuple[str, ...]:
    """Their SHA-256."""
    match event:
        case StillShared(still=still):
            return (still.sha256,)
        case ChatSaid(voice=voice) if voice is not None:
            return (voice.sha256,)
        case DocumentShown(document=document, last=last):
            shown = (document.sha256,) if isinstance(document, ShownPicture) else ()
            return shown if last is None else (*shown, last.sha256)
        case _:
            return ()

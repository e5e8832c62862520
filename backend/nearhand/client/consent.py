"""Answer at once, without asking anybody, when a session is to be recorded."""

from nearhand.client.live import LiveSession
from nearhand.sessions import messages as m


async def answer_recording(live: LiveSession, message: object, *, yes: bool) -> None:
    """To what is asked of all, and on coming in while something is recorded. A no ends it for everybody."""
    match message:
        case m.RecordingAsked(recording=recording) | m.RecordingPaused(recording=recording):
            pass
        case m.State(state=state) if state.recording is not None:
            recording = state.recording
        case _:
            return
    you = live.view.you
    if you is not None and you.id not in recording.agreed:
        await live.agree_recording(recording.id, yes=yes)

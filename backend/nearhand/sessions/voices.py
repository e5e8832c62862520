"""Use cases of voice notes: take one in, find it again."""

import asyncio
from collections.abc import AsyncIterator

from nearhand.access.model import Actor, Role
from nearhand.kit.blobs import Blob, Blobs
from nearhand.kit.clock import Clock
from nearhand.kit.errors import Invalid
from nearhand.kit.sounds import Sound, read_sound
from nearhand.kit.uploads import Incoming, incoming
from nearhand.sessions.log import Log
from nearhand.sessions.messages import ChatSay
from nearhand.sessions.model import MAX_VOICE_NOTE_MS, UnknownVoiceNote, VoiceFile
from nearhand.sessions.service import SessionService

MAX_BYTES = 1024 * 1024  # a minute of Opus has a quarter of it, one of AAC a half


class VoiceTooLong(Invalid):
    code, title = "voice_too_long", "A voice note has a minute at most"


class VoiceNotes:
    def __init__(self, live_log: Log, sessions: SessionService, blobs: Blobs, *, clock: Clock) -> None:
        self._log = live_log
        self._sessions = sessions
        self._blobs = blobs
        self._clock = clock

    async def add(
        self,
        session_id: str,
        pieces: AsyncIterator[bytes],
        actor: Actor,
        role: Role | None,
        *,
        duration_ms: int,
    ) -> VoiceFile:
        """Keep it, by somebody who has this role in the session now. `chat.say` makes it part of it.

        `duration_ms`: as its recorder says, for files that do not say it. The same file again is the same voice note.
        Raises UnknownSession, SessionEnded, Forbidden, TooManyUnshared, TooLarge, NotASound, VoiceTooLong, NotSaved.
        """
        async with (
            self._sessions.letting_in(ChatSay, session_id, actor, role) as account,
            incoming(pieces, self._blobs, limit_bytes=MAX_BYTES) as file,
        ):
            sound = await asyncio.to_thread(_heard, file)
            lasts_ms = min(sound.duration_ms or duration_ms, duration_ms + 1000)
            if (sound.duration_ms or 0) > MAX_VOICE_NOTE_MS:
                raise VoiceTooLong
            await file.keep()
            voice = VoiceFile(
                session_id=session_id,
                sha256=file.sha256,
                media_type=sound.media_type,
                duration_ms=lasts_ms,
                size_bytes=file.size_bytes,
                created_at=self._clock.now(),
                created_by=actor.participant_id,
            )
            await self._log.add_voice(voice, account)
        return voice

    async def find(self, session_id: str, sha256: str) -> VoiceFile:
        """Raises UnknownVoiceNote."""
        voice = await self._log.voice(session_id, sha256)
        if voice is None:
            raise UnknownVoiceNote
        return voice

    def blob(self, voice: VoiceFile) -> Blob:
        return self._blobs.blob(voice.sha256)

    async def sayings(self, voice: VoiceFile) -> list[str]:
        """Every time it was said: once, or not yet."""
        return await self._log.naming(voice.session_id, voice.sha256, "chat.said")


def _heard(file: Incoming) -> Sound:
    with file.open() as content:
        return read_sound(content.read())

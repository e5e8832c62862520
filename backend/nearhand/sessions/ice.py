"""The servers that help two browsers find a way to each other, with passwords that run out."""

import base64
import hmac
from dataclasses import dataclass
from datetime import datetime, timedelta

from nearhand.sessions.model import IceServer, IceServers


@dataclass(frozen=True, slots=True)
class Ice:
    """From the settings. Without any, browsers connect only where they reach each other directly."""

    stun: tuple[str, ...]
    turn: tuple[str, ...]
    secret: str
    minutes: int

    def servers(self, participant_id: str, now: datetime) -> IceServers:
        until = now + timedelta(minutes=self.minutes)
        found = [IceServer(urls=self.stun)] if self.stun else []
        if self.turn and self.secret:
            # coturn's use-auth-secret: the name says until when, and the password proves that we said so.
            name = f"{int(until.timestamp())}:{participant_id}"
            proof = hmac.digest(self.secret.encode(), name.encode(), "sha1")
            password = base64.b64encode(proof).decode()
            found.append(IceServer(urls=self.turn, username=name, credential=password))
        return IceServers(servers=tuple(found), until=until)

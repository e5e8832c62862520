"""Send one plain letter by the house's own mail server, off the event loop."""

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

TIMEOUT_S = 20


class CannotSend(Exception):
    """The mail server did not take it."""


@dataclass(frozen=True)
class Mail:
    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    security: str = "starttls"  # or "tls" from the start, or "none"

    async def send(self, to: str, subject: str, text: str) -> None:
        """Raise CannotSend."""
        letter = EmailMessage()
        letter["From"], letter["To"], letter["Subject"] = self.sender, to, subject
        letter["Date"], letter["Message-ID"] = formatdate(), make_msgid(domain=self.sender.partition("@")[2])
        letter["Auto-Submitted"] = "auto-generated"
        letter.set_content(text)
        try:
            await asyncio.to_thread(self._send, letter)
        except (OSError, smtplib.SMTPException) as error:
            raise CannotSend(
                f"{self.host}:{self.port} did not take the mail: {type(error).__name__}"
            ) from error

    def _send(self, letter: EmailMessage) -> None:
        with self._connected() as server:
            if self.user:
                server.login(self.user, self.password)
            server.send_message(letter)

    def _connected(self) -> smtplib.SMTP:
        trusted = ssl.create_default_context()
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=TIMEOUT_S, context=trusted)
        server = smtplib.SMTP(self.host, self.port, timeout=TIMEOUT_S)
        if self.security == "starttls":
            server.starttls(context=trusted)
        return server

"""What this client knows of labels and devices, and how it finds out without keeping the camera waiting."""

import time
from dataclasses import dataclass, field

from nearhand.client import Client, Refusal, Unreachable, code_in
from nearhand.labels.model import LabelRefused, Resolved

TRY_AGAIN_S = 3.0


@dataclass(frozen=True)
class Foreign:
    """A label that is none of ours; its text is shown, never followed."""

    text: str


@dataclass(frozen=True)
class Unknown:
    """A label of ours that this server does not know."""

    text: str
    code: str


@dataclass(frozen=True)
class Refused:
    """A label with a code of ours that this server did not print: it is called out, and leads nowhere."""

    text: str
    code: str
    why: str


@dataclass(frozen=True)
class Unresolved:
    """A label that could not be looked up yet: there is no network."""

    text: str


Finding = Resolved | Foreign | Unknown | Refused | Unresolved


@dataclass
class Known:
    """Labels by text and devices by id; without a client only foreign and unresolved ones."""

    client: Client | None
    _labels: dict[str, Finding] = field(default_factory=dict)
    _retry_at: dict[str, float] = field(default_factory=dict)

    @property
    def resolved(self) -> list[Resolved]:
        """Newest first."""
        found = [f for f in self._labels.values() if isinstance(f, Resolved)]
        return list(reversed(found))

    def label(self, text: str) -> Resolved | None:
        found = self._labels.get(text)
        return found if isinstance(found, Resolved) else None

    async def look_up(self, text: str) -> Finding | None:
        """What a label leads to; None when it leads where it did before. Never raises for want of network."""
        before = self._labels.pop(text, None)
        finding = self._labels[text] = await self._find(text)
        return finding if finding != before else None

    async def learn_device(self, device_id: str) -> None:
        """Know a device's labels before one is read: its tags alone then say where it is."""
        if self.client is None:
            return
        try:
            for label in await self.client.labels(device_id):
                self._labels[label.text] = await self.client.label(label.text)
        except (Refusal, Unreachable):
            return  # then a label has to be read

    def is_due(self, text: str) -> bool:
        """Whether to look it up (again): a label may be registered, and the network come back, while we look."""
        is_settled = isinstance(self._labels.get(text), Resolved | Foreign | Refused)
        return not is_settled and time.monotonic() >= self._retry_at.get(text, 0.0)

    async def _find(self, text: str) -> Finding:
        code = code_in(text)
        if code is None:
            return Foreign(text)
        self._retry_at[text] = time.monotonic() + TRY_AGAIN_S
        if self.client is None:
            return Unresolved(text)
        try:
            return await self.client.label(text)
        except Unreachable:
            return Unresolved(text)
        except Refusal as refusal:
            if refusal.status == 404:
                return Unknown(text, code)
            if refusal.code == LabelRefused.code:
                return Refused(text, code, refusal.detail)
            raise

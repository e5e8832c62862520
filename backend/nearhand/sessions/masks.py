"""What is asked of the pictures of each running session, and whether one of them obeys."""

from collections.abc import Awaitable, Callable

import structlog

from nearhand.devices.model import CameraMask
from nearhand.sessions.message import Ask
from nearhand.sessions.messages import StillShare
from nearhand.sessions.model import MaskMissing, PictureMask

log = structlog.get_logger()
KEPT_S = 5.0  # a rule that was changed is asked for anew after that long
RuleOf = Callable[[str | None], Awaitable[CameraMask]]


class MaskRules:
    """By session. While nothing is known of one, masks are demanded."""

    def __init__(self, rule_of: RuleOf, monotonic: Callable[[], float]) -> None:
        self._rule_of, self._monotonic = rule_of, monotonic
        self._known: dict[str, tuple[float, str | None, CameraMask]] = {}

    def of(self, session_id: str) -> CameraMask:
        known = self._known.get(session_id)
        return CameraMask.ENFORCE if known is None else known[2]

    def is_about(self, session_id: str, device_id: str | None) -> bool:
        """Whether what is known of this session is the rule of this device's site."""
        known = self._known.get(session_id)
        return known is not None and known[1] == device_id

    async def refresh(self, session_id: str, device_id: str | None) -> bool:
        """Ask for the rule where the session is now; says whether it is another than before."""
        before = self._known.get(session_id)
        if before is not None and before[1] == device_id and self._monotonic() - before[0] < KEPT_S:
            return False
        try:
            rule = await self._rule_of(device_id)
        except Exception as error:
            log.error(
                "look_up_failed", error=repr(error)
            )  # asked again soon; until then what was known holds
            return False
        self._known[session_id] = self._monotonic(), device_id, rule
        return before is None or before[2] is not rule

    def forget(self, session_id: str) -> None:
        self._known.pop(session_id, None)

    def objection(self, session_id: str, ask: Ask) -> MaskMissing | None:
        """Why a still is not made part of the session."""
        if not isinstance(ask, StillShare) or self.obeys(session_id, ask.mask):
            return None
        return MaskMissing()

    def obeys(self, session_id: str, mask: PictureMask | None) -> bool:
        """Whether a picture with this mask may be shown; nobody can tell here whether it bears the one it states."""
        is_masked = mask is not None and mask is not PictureMask.NONE
        return is_masked or self.of(session_id) is not CameraMask.ENFORCE

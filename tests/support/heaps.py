"""How much a page and its workers hold, once what nobody needs any more was thrown away."""

import json
from itertools import count
from typing import Any

from playwright.sync_api import CDPSession, Page

PARTS = ("usedSize", "embedderHeapUsedSize", "backingStorageSize")
TRIES, WAIT_MS = 50, 100


class Heaps:
    """Of the pages and workers that run in the page's browser when this is made."""

    def __init__(self, page: Page) -> None:
        browser = page.context.browser
        assert browser is not None
        self._page = page
        self._cdp: CDPSession = browser.new_browser_cdp_session()
        self._answers: dict[int, Any] = {}
        self._ids = count(1)
        self._cdp.on("Target.receivedMessageFromTarget", self._hear)
        targets = self._cdp.send("Target.getTargets")["targetInfos"]
        self._sessions = [
            self._cdp.send("Target.attachToTarget", {"targetId": one["targetId"], "flatten": False})[
                "sessionId"
            ]
            for one in targets
            if one["type"] in {"page", "worker"}
        ]

    def held_mb(self) -> float:
        """Objects, and the pixels behind them."""
        held = 0.0
        for session in self._sessions:
            self._ask(session, "HeapProfiler.collectGarbage")
            usage = self._ask(session, "Runtime.getHeapUsage")
            held += sum(usage.get(part, 0.0) for part in PARTS)
        return held / 1024**2

    def _ask(self, session: str, method: str) -> Any:
        number = next(self._ids)
        message = json.dumps({"id": number, "method": method})
        self._cdp.send("Target.sendMessageToTarget", {"sessionId": session, "message": message})
        for _ in range(TRIES):
            if number in self._answers:
                return self._answers.pop(number)
            self._page.wait_for_timeout(WAIT_MS)
        raise TimeoutError(f"No answer to {method}.")

    def _hear(self, event: Any) -> None:
        answer = json.loads(event["message"])
        if "id" in answer:
            self._answers[answer["id"]] = answer["result"]

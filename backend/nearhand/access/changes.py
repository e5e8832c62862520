"""Tell those who hold connections open that somebody's rights have changed, so that nobody keeps what was taken away."""

from collections.abc import Callable

Listener = Callable[[str], None]


class Changes:
    """`holder`: the id of the account, or of the customer link, whose sign-ins or grants are others now."""

    def __init__(self) -> None:
        self._listeners: list[Listener] = []
        self.count = 0  # who read rights, and finds it grown, reads them again

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def tell(self, holder: str) -> None:
        """After the commit that changed them."""
        self.count += 1
        for listener in self._listeners:
            listener(holder)

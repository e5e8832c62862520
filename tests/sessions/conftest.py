from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.live import LiveServer


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[LiveServer]:
    """A hub over a real log, with one session opened."""
    server = await LiveServer(tmp_path).start()
    await server.open()
    yield server
    await server.stop()

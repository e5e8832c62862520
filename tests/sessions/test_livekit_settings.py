"""Which media server the settings mean, and what is said where that is not clear."""

import builtins
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from nearhand.app import media_server_of
from nearhand.kit.settings import Settings
from nearhand.sessions.janus import Janus
from nearhand.sessions.sfu import SfuUnclear

HERE = {
    "livekit_url": "ws://127.0.0.1:9",
    "livekit_key": "a-key",
    "livekit_secret": SecretStr("a-secret-that-is-long-enough-for-it"),
}


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path)


async def test_it_is_the_one_whose_address_is_set(settings: Settings) -> None:
    assert media_server_of(settings) is None
    assert isinstance(media_server_of(settings.model_copy(update={"janus_url": "ws://127.0.0.1:9"})), Janus)
    livekit = media_server_of(settings.model_copy(update=HERE))
    assert type(livekit).__name__ == "LiveKit"
    assert livekit is not None
    await livekit.stop()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"janus_url": "ws://127.0.0.1:8188"}, "not both"),
        ({"livekit_key": ""}, "NEARHAND_LIVEKIT_KEY"),
        ({"livekit_secret": SecretStr("")}, "NEARHAND_LIVEKIT_SECRET_FILE"),
    ],
)
def test_what_cannot_be_meant_is_said(settings: Settings, changes: dict[str, Any], said: str) -> None:
    with pytest.raises(SfuUnclear, match=said):
        media_server_of(settings.model_copy(update=HERE | changes))


def test_without_its_extra_it_is_said_how_to_get_it(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *rest: Any) -> Any:
        if name == "nearhand.sessions.livekit":
            raise ImportError("No module named 'livekit'")
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(SfuUnclear, match=r"nearhand\[livekit\]"):
        media_server_of(settings.model_copy(update=HERE))

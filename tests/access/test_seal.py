from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.access.seal import KEY_BYTES, Seal

SEAL = Seal(bytes(range(KEY_BYTES)))


@given(st.dictionaries(st.text(), st.text() | st.integers() | st.none()))
def test_what_was_signed_comes_back_for_its_purpose_only(content: dict[str, object]) -> None:
    text = SEAL.signed("one", content)
    assert SEAL.content("one", text) == content
    assert SEAL.content("other", text) is None


@given(st.data())
def test_one_changed_character_makes_it_nobodys(data: st.DataObject) -> None:
    text = SEAL.signed("one", {"user_id": "A"})
    place = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.characters().filter(lambda character: character != text[place]))
    changed = SEAL.content("one", text[:place] + other + text[place + 1 :])
    # The last bits of base64 are padding, and say nothing.
    assert changed is None or changed == {"user_id": "A"}


@given(st.text())
def test_any_other_text_is_nobodys(text: str) -> None:
    assert SEAL.content("one", text) is None


def test_a_sealed_secret_opens_with_its_key_and_for_its_purpose_only() -> None:
    sealed = SEAL.sealed("totp", b"secret")
    assert b"secret" not in sealed
    assert SEAL.opened("totp", sealed) == b"secret"
    for seal, purpose in ((SEAL, "other"), (Seal(bytes(KEY_BYTES)), "totp")):
        with pytest.raises(ValueError, match="another key"):
            seal.opened(purpose, sealed)


def test_a_key_is_made_once_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "keys" / "access.key"
    sealed = Seal.from_file(path).sealed("x", b"y")
    assert path.stat().st_mode & 0o777 == 0o600
    assert Seal.from_file(path).opened("x", sealed) == b"y"
    assert [file.name for file in path.parent.iterdir()] == ["access.key"]


def test_a_file_that_is_no_key_is_refused(tmp_path: Path) -> None:
    (tmp_path / "short").write_bytes(b"x")
    with pytest.raises(ValueError, match="32 random bytes"):
        Seal.from_file(tmp_path / "short")

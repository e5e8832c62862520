import hmac
import stat
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nearhand.devices.model import FaceSide
from nearhand.kit.ids import ALPHABET
from nearhand.labels import keys as keys_module
from nearhand.labels.keys import LabelKey, LabelKeyFile, LabelKeys
from nearhand.labels.model import (
    CannotSign,
    ForeignLabel,
    Label,
    LabelDoubt,
    LabelPlace,
    Tag,
    label_address,
    scanned,
)
from nearhand.vision.modules import qr_modules

KEYS = LabelKeys((LabelKey("0", b"a" * 32), LabelKey("1", b"b" * 32)))
CODE = "7K3M9QXA"


def label(key: LabelKey | None = KEYS.newest, **changes: Any) -> Label:
    """Printed under this key; `changes` are what somebody made of its row since."""
    text = label_address("https://help.example", CODE)
    if key is not None:
        text = f"{text}-{key.signature(text, 'D1', FaceSide.FRONT, (7, 8))}"
    tags = [Tag(dictionary="DICT_4X4_250", id=tag_id, x_mm=9, y_mm=9, size_mm=8) for tag_id in (7, 8)]
    usual = {
        "code": CODE,
        "text": text,
        "device_id": "D1",
        "face": "front",
        "place": LabelPlace(x_mm=40, y_mm=20, size_mm=20),
        "tags": tuple(tags),
        "readable_to_mm": 400,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
        "key_id": None if key is None else key.id,
    }
    return Label(**(usual | changes))


def doubt(text: str, of: Label | None = None, keys: LabelKeys = KEYS) -> LabelDoubt | None:
    return keys.doubt(of or label(), scanned(text))


def test_what_was_printed_is_believed_in_small_letters_and_typed_as_well() -> None:
    text = label().text
    for same in (text, text.lower(), f" {text}/ ", text.rpartition("/")[2].lower()):
        assert doubt(same) is None


def test_an_older_key_goes_on_verifying_until_it_is_withdrawn() -> None:
    old = label(KEYS.keys[0])
    assert doubt(old.text, old) is None
    assert doubt(old.text, old, KEYS.rotated()) is None
    assert doubt(old.text, old, KEYS.without("0")) is LabelDoubt.KEY_WITHDRAWN
    assert doubt(label().text, keys=KEYS.without("0")) is None


@given(st.integers(min_value=0), st.sampled_from(ALPHABET + "-/X!u ."))
def test_no_single_changed_character_is_ever_accepted(where: int, letter: str) -> None:
    text = label().text
    where %= len(text)
    forged = text[:where] + letter + text[where + 1 :]
    if forged == text:
        return
    try:
        read = scanned(forged)
    except ForeignLabel:
        return
    # Under another code there is another label; that one was signed with its own code.
    assert KEYS.doubt(label(code=read.code), read) is LabelDoubt.SIGNATURE_WRONG


@given(st.text(ALPHABET, max_size=14))
def test_no_other_signature_is_accepted(signature: str) -> None:
    own = label().text.rpartition("-")[2]
    assert (doubt(f"{CODE}-{signature}") is None) == (signature == own)


def test_what_is_cut_off_or_added_is_wrong_and_what_is_left_out_is_missing() -> None:
    text = label().text
    for cut in range(1, 11):
        assert doubt(text[:-cut]) is LabelDoubt.SIGNATURE_WRONG
    assert doubt(text.rpartition("-")[0] + "-") is LabelDoubt.SIGNATURE_WRONG
    assert doubt(text + "0") is LabelDoubt.SIGNATURE_WRONG
    assert doubt(text.rpartition("-")[0]) is LabelDoubt.SIGNATURE_MISSING
    assert doubt(CODE) is LabelDoubt.SIGNATURE_MISSING


def test_a_valid_signature_under_another_address_was_printed_by_others() -> None:
    assert doubt(label().text.replace("HELP", "EVIL")) is LabelDoubt.SIGNATURE_WRONG


def test_a_key_id_that_is_unknown_or_another_ones_is_wrong() -> None:
    own = label().text.rpartition("-")[2]
    for key_id in "0Z":
        assert doubt(f"{CODE}-{key_id}{own[1:]}") is LabelDoubt.SIGNATURE_WRONG
    lost = LabelKeys((LabelKey("0", b"c" * 32),))
    assert doubt(label().text, keys=lost) is LabelDoubt.SIGNATURE_WRONG


def test_a_label_from_before_is_unsigned_and_no_signature_makes_it_signed() -> None:
    old = label(None)
    assert doubt(old.text, old) is LabelDoubt.UNSIGNED
    assert doubt(f"{old.text}-0ABCDEFGHJK", old) is LabelDoubt.SIGNATURE_WRONG


@pytest.mark.parametrize(
    "changes",
    [
        {"device_id": "D2"},
        {"face": "rear"},
        {"tags": (Tag(dictionary="DICT_4X4_250", id=9, x_mm=9, y_mm=9, size_mm=8),)},
        {"key_id": "0"},
    ],
)
def test_a_row_given_to_another_device_face_or_pair_of_tags_is_no_longer_what_was_signed(
    changes: dict[str, Any],
) -> None:
    assert doubt(label().text, label(**changes)) is LabelDoubt.SIGNATURE_WRONG


def test_signatures_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[tuple[bytes, bytes]] = []

    def watched(a: bytes, b: bytes) -> bool:
        compared.append((a, b))
        return hmac.compare_digest(a, b)

    class Watched:
        digest = staticmethod(hmac.digest)
        compare_digest = staticmethod(watched)

    monkeypatch.setattr(keys_module, "hmac", Watched)
    assert doubt(f"{CODE}-0ABCDEFGHJK") is LabelDoubt.SIGNATURE_WRONG
    assert [a for a, _ in compared] == [b"0ABCDEFGHJK"]


@pytest.mark.parametrize(
    ("base_url", "plain", "signed"),
    [
        ("https://help.example", 25, 25),
        ("http://10.0.0.5:8000", 25, 25),
        ("https://nearhand.example", 25, 25),
        ("https://nearhand.intern.example", 25, 29),
        ("https://nearhand.operations.site.example:8443", 29, 29),
        ("https://ops.example/nearhand", 29, 29),
    ],
)
def test_a_signature_makes_the_symbol_larger_by_one_version_at_most(
    base_url: str, plain: int, signed: int
) -> None:
    address = label_address(base_url, CODE)
    assert len(qr_modules(address)) == plain
    signature = KEYS.newest.signature(address, "D1", FaceSide.FRONT, (7, 8))
    assert len(qr_modules(f"{address}-{signature}")) == signed


def test_the_first_key_is_made_once_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = LabelKeyFile(tmp_path / "keys" / "labels.keys")
    first = file.read()
    assert [key.id for key in first.keys] == ["0"]
    assert file.read() == first
    assert stat.S_IMODE(file.path.stat().st_mode) == 0o600
    assert [path.name for path in file.path.parent.iterdir()] == ["labels.keys"]


def test_what_was_written_is_read_and_a_withdrawn_key_is_gone_from_the_file(tmp_path: Path) -> None:
    file = LabelKeyFile(tmp_path / "labels.keys")
    first = file.read()
    file.write(first.rotated().without("0"))
    kept = file.read()
    assert [(key.id, key.secret is None) for key in kept.keys] == [("0", True), ("1", False)]
    assert first.newest.secret is not None
    assert first.newest.secret.hex() not in file.path.read_text()


def test_withdrawing_the_key_in_use_puts_a_new_one_in_its_place() -> None:
    after = KEYS.without("1")
    assert (after.newest.id, sorted(after.good_ids)) == ("2", ["0", "2"])


def test_a_key_is_not_withdrawn_twice_and_no_id_is_given_twice() -> None:
    with pytest.raises(CannotSign):
        KEYS.without("0").without("0")
    with pytest.raises(CannotSign):
        KEYS.without("Z")
    keys = LabelKeys(())
    for _ in ALPHABET:
        keys = keys.rotated()
    assert len({key.id for key in keys.keys}) == 32
    with pytest.raises(CannotSign):
        keys.rotated()


@pytest.mark.parametrize(
    "content", ["", "0\n", "0 zz\n", "0 aa\n", "1 " + "ab" * 32, "0 withdrawn\n", "\u20ac 00", "0 1 2\n"]
)
def test_a_file_that_is_none_of_label_keys_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "labels.keys"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(CannotSign):
        LabelKeyFile(path).read()

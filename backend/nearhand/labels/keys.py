"""Keep the keys that sign labels, sign with them, and say what is wrong with a signature."""

import hmac
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from nearhand.devices.model import FaceSide
from nearhand.kit.ids import ALPHABET
from nearhand.labels.model import CannotSign, Label, LabelDoubt, Scanned

KEY_BYTES = 32
# 50 bits. Only the service can say whether a guess is right, and every wrong one is put on record; each further letter
# makes the symbol larger.
SIGNATURE_LENGTH = 10
PURPOSE = "nearhand label"
WITHDRAWN = "withdrawn"


@dataclass(frozen=True)
class LabelKey:
    """`secret` is None once the key was withdrawn: what it signed is good no more, and never will be."""

    id: str
    secret: bytes | None

    def signature(self, address: str, device_id: str, face: FaceSide, tag_ids: tuple[int, ...]) -> str:
        """Of a label's address without its signature, for this face and these tags: the key's id, then the code."""
        if self.secret is None:
            raise CannotSign(f"The key {self.id} was withdrawn.")
        said = "\n".join((PURPOSE, address, device_id, face, *map(str, tag_ids)))
        number = int.from_bytes(hmac.digest(self.secret, said.encode(), "sha256"))
        letters = (ALPHABET[number >> 5 * place & 31] for place in range(SIGNATURE_LENGTH))
        return self.id + "".join(letters)


@dataclass(frozen=True)
class LabelKeys:
    """In the order in which they were made: the last one signs, all that were not withdrawn verify."""

    keys: tuple[LabelKey, ...]

    @property
    def newest(self) -> LabelKey:
        return self.keys[-1]

    @property
    def good_ids(self) -> frozenset[str]:
        return frozenset(key.id for key in self.keys if key.secret is not None)

    def rotated(self) -> "LabelKeys":
        """With a new key that signs from now on. Raises CannotSign when every id has been used."""
        if len(self.keys) == len(ALPHABET):
            raise CannotSign(f"All {len(ALPHABET)} ids of keys have been used.")
        return LabelKeys((*self.keys, LabelKey(ALPHABET[len(self.keys)], secrets.token_bytes(KEY_BYTES))))

    def without(self, key_id: str) -> "LabelKeys":
        """With this key withdrawn, and a new one in its place when it was the one that signs. Raises CannotSign."""
        if key_id not in self.good_ids:
            raise CannotSign(f"No key {key_id} is in use; there are {', '.join(sorted(self.good_ids))}.")
        kept = LabelKeys(tuple(replace(key, secret=None) if key.id == key_id else key for key in self.keys))
        return kept.rotated() if kept.newest.secret is None else kept

    def doubt(self, label: Label, scanned: Scanned) -> LabelDoubt | None:
        """What is wrong with what was scanned, if it is held to have been printed here for this label."""
        if label.key_id is None:
            return LabelDoubt.UNSIGNED if scanned.signature is None else LabelDoubt.SIGNATURE_WRONG
        if scanned.signature is None:
            return LabelDoubt.SIGNATURE_MISSING
        key = next((key for key in self.keys if key.id == label.key_id), None)
        if key is None:
            return LabelDoubt.SIGNATURE_WRONG
        if key.secret is None:
            is_its_own = scanned.signature[:1] == key.id
            return LabelDoubt.KEY_WITHDRAWN if is_its_own else LabelDoubt.SIGNATURE_WRONG
        address = label.text.rpartition("-")[0]
        tag_ids = tuple(tag.id for tag in label.tags)
        expected = key.signature(address, label.device_id, label.face, tag_ids)
        is_same = hmac.compare_digest(scanned.signature.encode(), expected.encode())
        if scanned.address is not None:
            # What we signed was this address: a code under another one was printed by others.
            is_same &= scanned.address.upper() == address.upper()
        return None if is_same else LabelDoubt.SIGNATURE_WRONG


class LabelKeyFile:
    """A file that only its owner reads, a key on each line. Read each time: another process may have rotated it."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self) -> LabelKeys:
        """The keys, the first made if there is none. Raises CannotSign for another kind of file."""
        if not self.path.exists():
            with suppress(FileExistsError):  # another process was faster: its key is the key
                self._write(LabelKeys(()).rotated(), is_new=True)
        return _parsed(self.path)

    def write(self, keys: LabelKeys) -> None:
        self._write(keys, is_new=False)

    def _write(self, keys: LabelKeys, *, is_new: bool) -> None:
        """Whole or not at all."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        passing = self.path.with_name(f".{self.path.name}.{secrets.token_hex(4)}")
        file = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            lines = (f"{key.id} {key.secret.hex() if key.secret else WITHDRAWN}\n" for key in keys.keys)
            os.write(file, "".join(lines).encode())
            os.fsync(file)
        finally:
            os.close(file)
        try:
            if is_new:
                os.link(passing, self.path)
            else:
                os.replace(passing, self.path)
        finally:
            passing.unlink(missing_ok=True)


@dataclass(frozen=True)
class Stamp:
    """What makes a label this installation's: the address it leads to, and the keys that sign it where a site asks."""

    base_url: str
    keys: LabelKeyFile


def _parsed(path: Path) -> LabelKeys:
    try:
        pairs = [line.split() for line in path.read_text(encoding="ascii").splitlines()]
        keys = [LabelKey(key_id, None if key == WITHDRAWN else bytes.fromhex(key)) for key_id, key in pairs]
    except ValueError:
        raise CannotSign(f"{path} is no file of label keys.") from None
    is_whole = keys and keys[-1].secret and [key.id for key in keys] == list(ALPHABET[: len(keys)])
    if not is_whole or any(key.secret is not None and len(key.secret) != KEY_BYTES for key in keys):
        raise CannotSign(f"{path} is no file of label keys.")
    return LabelKeys(tuple(keys))

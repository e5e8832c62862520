"""Check an export, or a whole ledger, link by link, and name the first thing that is not as it was written."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from nearhand.audit.canonical import (
    EXPORT_PURPOSE,
    HEADER_PURPOSE,
    ROOT_PURPOSE,
    canonical,
    details_hash,
    sha256,
    unhex,
)
from nearhand.audit.keys import is_signed
from nearhand.audit.model import NO_HASH

FORMAT = "nearhand-ledger/1"
META = {
    "about",
    "action",
    "actor",
    "at",
    "details_hash",
    "outcome",
    "previous_hash",
    "seq",
    "tenant",
}


class Broken(Exception):
    """What is wrong, in words; and where, for `line` of a file and `seq` of an entry where they are known."""

    def __init__(self, what: str, *, line: int | None = None, seq: int | None = None) -> None:
        super().__init__(what)
        self.what, self.line, self.seq = what, line, seq

    def __str__(self) -> str:
        where = [f"line {self.line}"] if self.line is not None else []
        where += [f"entry {self.seq}"] if self.seq is not None else []
        return f"{', '.join(where)}: {self.what}" if where else self.what


@dataclass
class Verified:
    """What an unbroken ledger holds."""

    entries: int = 0
    first_seq: int = 1
    last_seq: int = 0
    last_hash: str = NO_HASH
    redacted: int = 0
    roots: int = 0
    signed_seq: int = 0
    key_ids: list[str] = field(default_factory=list)


class Link(NamedTuple):
    """An entry with the texts that are hashed; whoever made it is sure that they are canonical."""

    meta: dict[str, Any]
    meta_text: bytes
    details_text: bytes | None
    salt: str | None
    hash: str


class Chain:
    """Follow the chain entry by entry. Every method raises Broken."""

    def __init__(
        self, keys: list[dict[str, str]], *, first_seq: int = 1, previous_hash: str = NO_HASH
    ) -> None:
        self._keys = {_key_id(key): key["public_key"] for key in keys}
        self._seq, self._hash = first_seq - 1, previous_hash
        self._is_whole = first_seq == 1
        self._introduced: set[str] = set()
        self._without_details: dict[int, int | None] = {}
        self._redactions: set[int] = set()
        self._told_roots: dict[int, int | None] = {}
        self._first_root_told = False
        self.found = Verified(first_seq=first_seq, key_ids=list(self._keys))

    def entry(self, link: Link, line: int | None = None) -> None:
        meta = link.meta
        seq = self._seq + 1
        if meta.keys() != META:
            raise Broken("it does not have the fields of an entry", line=line, seq=seq)
        if meta["seq"] != seq:
            raise Broken(f"entry {seq} should be here, not {meta['seq']}", line=line, seq=seq)
        if sha256(link.meta_text) != link.hash:
            raise Broken("it was changed: its hash is not the one of what it says", line=line, seq=seq)
        if meta["previous_hash"] != self._hash:
            raise Broken("it does not follow the entry before it", line=line, seq=seq)
        if link.details_text is None and link.salt is None:
            self._without_details[seq] = line
            self.found.redacted += 1
        elif not _is_hash_of(meta["details_hash"], link.details_text, link.salt):
            raise Broken("its details, or their salt, were changed", line=line, seq=seq)
        self._note(meta, line)
        self._seq, self._hash = seq, link.hash
        self.found.entries += 1

    def redacted_later(self, seqs: list[int]) -> None:
        """By entries beyond the end of this part."""
        self._redactions |= set(seqs)

    def _note(self, meta: dict[str, Any], line: int | None) -> None:
        action, about = meta["action"], meta["about"]
        if action == "entry.redacted":
            self._redactions.add(int(about["id"]))
        elif action == "key.introduced":
            self._introduced.add(about["id"])
        elif action == "root.signed":
            self._told_roots[int(about["id"])] = line

    def root(self, root: dict[str, Any], line: int | None = None) -> None:
        signature, key_id = root.get("signature", ""), root.get("key_id", "")
        unsigned = {name: value for name, value in root.items() if name != "signature"}
        if key_id not in self._keys:
            raise Broken("the root is signed by a key that is not among the keys", line=line)
        if not is_signed(self._keys[key_id], signature, ROOT_PURPOSE + canonical(unsigned)):
            raise Broken("the root's signature does not fit: it, or what is signed, was changed", line=line)
        if (root["last_seq"], root["last_hash"]) != (self._seq, self._hash):
            raise Broken(f"the root signs another chain than the one up to entry {self._seq}", line=line)
        if self._is_whole and key_id not in self._introduced:
            raise Broken("the root is signed by a key that no entry introduced", line=line)
        self.found.roots += 1
        self.found.signed_seq = self._seq
        self._told_roots.setdefault(self._seq, None)
        self._first_root_told = True

    def end(self, roots: set[int]) -> Verified:
        """After the last entry. `roots`: the entries up to which roots were given."""
        for seq, line in self._without_details.items():
            if seq not in self._redactions:
                raise Broken(
                    "its details are missing, and no entry says who redacted them", line=line, seq=seq
                )
        for seq, line in self._told_roots.items():
            if seq >= self.found.first_seq and seq not in roots:
                raise Broken(f"the signed root up to entry {seq} is missing", line=line)
        self.found.last_seq, self.found.last_hash = self._seq, self._hash
        return self.found


def verify_export(lines: Iterable[bytes], pinned: str | None = None) -> Verified:
    """Check the lines of an export, each with its line end. `pinned`: the key that must have signed it.

    Raises Broken.
    """
    return _Export(pinned).read(lines)


class _Export:
    def __init__(self, pinned: str | None) -> None:
        self._pinned = pinned
        self._digest = hashlib.sha256()
        self._chain: Chain | None = None
        self._header: dict[str, Any] = {}
        self._roots: set[int] = set()
        self._is_ended = False

    def read(self, lines: Iterable[bytes]) -> Verified:
        number = 0
        for number, content in enumerate(lines, 1):
            if self._is_ended:
                raise Broken("something follows the end", line=number)
            try:
                self._line(content, number)
            except Broken:
                raise
            except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
                raise Broken("it is not a line of a ledger", line=number) from error
        if not self._is_ended or self._chain is None:
            raise Broken("the end is missing: the file was cut off", line=number + 1)
        return self._chain.end(self._roots)

    def _line(self, content: bytes, number: int) -> None:
        if not content.endswith(b"\n"):
            raise Broken("it is cut off: there is no line end", line=number)
        said = json.loads(content)
        if "entry" in said:
            self._entry(said, content, number)
        else:
            if canonical(said) + b"\n" != content:
                raise Broken("it is not written as the ledger writes it", line=number)
            if self._chain is None:
                self._begin(said, number)
            elif said.keys() == {"root"}:
                self._chain.root(said["root"], number)
                self._roots.add(said["root"]["last_seq"])
            else:
                self._end(said, number)
        self._digest.update(content)

    def _begin(self, said: dict[str, Any], number: int) -> None:
        header = said.get("header") or {}
        if said.keys() != {"header"} or header.get("format") != FORMAT:
            raise Broken(f"it is not the header of a {FORMAT} export", line=number)
        self._header = header
        for key in header["keys"]:
            if key.keys() != {"key_id", "public_key"} or _key_id(key) != key["key_id"]:
                raise Broken("a key is not the one its id names", line=number)
        self._check_signature(header, HEADER_PURPOSE, "header", number)
        if self._pinned is not None and self._pinned not in {key["key_id"] for key in header["keys"]}:
            raise Broken("the key you know is not among its keys", line=number)
        if header["first_seq"] == 1 and header["previous_hash"] != NO_HASH:
            raise Broken("the first entry follows nothing, and it says otherwise", line=number)
        self._chain = Chain(
            header["keys"], first_seq=header["first_seq"], previous_hash=header["previous_hash"]
        )
        self._chain.redacted_later(header["redacted"])

    def _entry(self, said: dict[str, Any], content: bytes, number: int) -> None:
        if self._chain is None:
            raise Broken("the header is missing", line=number)
        if said.keys() != {"details", "entry", "hash", "salt"}:
            raise Broken("it does not have the parts of an entry", line=number)
        meta, hash, salt = said["entry"], said["hash"], said["salt"]
        meta_text = canonical(meta)
        details = None if said["details"] is None else canonical(said["details"])
        written = b'{"details":%b,"entry":%b,"hash":%b,"salt":%b}\n' % (
            b"null" if details is None else details,
            meta_text,
            canonical(hash),
            canonical(salt),
        )
        if written != content:
            raise Broken("it is not written as the ledger writes it", line=number)
        self._chain.entry(Link(meta, meta_text, details, salt, hash), number)

    def _end(self, said: dict[str, Any], number: int) -> None:
        assert self._chain is not None
        end = said.get("end") or {}
        if said.keys() != {"end"}:
            raise Broken("it is none of the lines of a ledger", line=number)
        self._check_signature(end, EXPORT_PURPOSE, "end", number)
        found = self._chain.found
        if (end["entries"], end["roots"]) != (found.entries, found.roots):
            raise Broken(
                f"{end['entries']} entries and {end['roots']} roots were exported, "
                f"{found.entries} and {found.roots} are here",
                line=number,
            )
        if end["digest"] != self._digest.hexdigest():
            raise Broken("something before it was changed: the whole has another digest", line=number)
        self._is_ended = True

    def _check_signature(self, signed: dict[str, Any], purpose: bytes, name: str, number: int) -> None:
        unsigned = {field: value for field, value in signed.items() if field != "signature"}
        public = {key["key_id"]: key["public_key"] for key in self._header["keys"]}.get(signed["key_id"])
        if public is None:
            raise Broken(f"the {name} is signed by a key that is not among the keys", line=number)
        if not is_signed(public, signed["signature"], purpose + canonical(unsigned)):
            raise Broken(
                f"the {name}'s signature does not fit: it, or what is signed, was changed", line=number
            )


def _is_hash_of(expected: str, details: bytes | None, salt: str | None) -> bool:
    try:
        return details is not None and details_hash(salt or "", details) == expected
    except ValueError:
        return False


def _key_id(key: dict[str, str]) -> str:
    return sha256(unhex(key["public_key"]))

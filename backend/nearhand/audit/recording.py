"""Put down what a use case changes, in its own transaction: one line where it happens."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from nearhand.audit.canonical import canonical, difference, plain, sha256
from nearhand.audit.model import About, ActorKind, Doer, Draft, Outcome
from nearhand.audit.store import AuditStore
from nearhand.kit.asking import asking

NAMES = ("id", "code", "sha256", "key")  # by which a noun is known
BESIDE = 20
DETAILS_BYTES = 32 * 1024  # of one entry; of what is larger, its size and its hash are kept


async def added(connection: AsyncConnection, kind: str, *nouns: BaseModel) -> None:
    """`kind`: the noun's word, as in `device`. Of many at once, an entry each."""
    await _put_down_all(
        connection,
        lambda: [of_noun(kind, "added", one, {"after": _content(one)}) for one in nouns],
        len(nouns),
    )


async def changed(connection: AsyncConnection, kind: str, *pairs: tuple[BaseModel, BaseModel]) -> None:
    """Each before and after; the entry says only what differs."""

    def drafts() -> list[Draft]:
        return [_change(kind, before, after) for before, after in pairs]

    await _put_down_all(connection, drafts, len(pairs))


def _change(kind: str, before: BaseModel, after: BaseModel) -> Draft:
    entry = of_noun(kind, "changed", after, difference(_content(before), _content(after)))
    if getattr(before, "tenant_id", None) == getattr(after, "tenant_id", None):
        return entry
    # What went from one tenant to another says something of both, so it is the house's to read.
    return entry.model_copy(update={"tenant": None})


async def removed(connection: AsyncConnection, kind: str, noun: BaseModel) -> None:
    await put_down(connection, [of_noun(kind, "removed", noun, {"before": _content(noun)})])


async def did(
    connection: AsyncConnection, action: str, about_id: str, details: Mapping[str, Any] | None = None
) -> None:
    """What else was done, in the transaction that does it. What it is about is the action's noun."""
    await put_down(connection, [draft(action, about_id, details)])


async def reached(connection: AsyncConnection, of: str) -> dict[str, int]:
    """How far other logs have been put down, by their names, which begin so."""
    return await AuditStore(connection).all_moved(of)


async def reach(connection: AsyncConnection, positions: Mapping[str, int]) -> None:
    """In the transaction that puts it down, so that nothing is put down twice."""
    await AuditStore(connection).set_all_moved(positions)


async def put_down(connection: AsyncConnection, drafts: Sequence[Draft]) -> None:
    await _put_down_all(connection, lambda: drafts, len(drafts))


async def _put_down_all(connection: AsyncConnection, made: Callable[[], Sequence[Draft]], count: int) -> None:
    def lines() -> list[str]:
        return [line(one).decode() for one in made()]

    if count:
        # Of an import's hundreds the work is done beside the loop, on which live sessions go on.
        written = lines() if count < BESIDE else await asyncio.to_thread(lines)
        await AuditStore(connection).add_pending(written)
        asking().entries += count


def draft(
    action: str,
    about_id: str | None,
    details: Mapping[str, Any] | None = None,
    *,
    tenant: str | None = None,
    outcome: Outcome = Outcome.DONE,
) -> Draft:
    """By whoever is asking, now."""
    who = asking()
    person = {name: value for name, value in (("name", who.name), ("address", who.address)) if value}
    about = None if about_id is None else About(kind=action.partition(".")[0], id=about_id[:200])
    return Draft(
        at=who.clock.now(),
        actor=Doer(kind=ActorKind(who.kind), id=who.id),
        action=action,
        about=about,
        tenant=tenant or who.tenant,
        outcome=outcome,
        details=_of_size(plain({**(details or {}), **person})),
    )


def of_noun(kind: str, verb: str, noun: BaseModel, details: Mapping[str, Any]) -> Draft:
    tenant = getattr(noun, "tenant_id", None)
    about_id = next(str(getattr(noun, name)) for name in NAMES if hasattr(noun, name))
    return draft(f"{kind}.{verb}", about_id, details, tenant=tenant or None)


def line(one: Draft) -> bytes:
    """As it is kept until it has its place in the chain."""
    return canonical(plain(one.model_dump()))


def _content(noun: BaseModel) -> dict[str, Any]:
    """Without what each change changes anyway."""
    return noun.model_dump(exclude={"updated_at"})


def _of_size(details: dict[str, Any]) -> dict[str, Any]:
    if len(canonical(details)) <= DETAILS_BYTES:
        return details
    kept: dict[str, Any] = {}
    for name, value in details.items():
        written = canonical(value)
        is_large = len(written) > DETAILS_BYTES // 8
        kept[name] = {"bytes": len(written), "sha256": sha256(written)} if is_large else value
    return kept

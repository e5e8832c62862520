"""REST doors of the ledger."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, status
from fastapi.responses import FileResponse, StreamingResponse
from pydantic import AwareDatetime

from nearhand.access.actor import may
from nearhand.access.model import HOUSE, Actor, Permission
from nearhand.audit.command import PAGE
from nearhand.audit.doors import acted, listed
from nearhand.audit.model import Entry, Head, Outcome, Redaction, Wanted
from nearhand.audit.service import Ledger
from nearhand.kit.blobs import Blob, digest
from nearhand.kit.errors import Invalid
from nearhand.kit.files import download
from nearhand.kit.http import GuardedRoute, Page, Paging
from nearhand.kit.patterns import ONE_LINE

# The ledger opens its own transactions: reading it waits for nobody who writes.
VERIFIER = Blob(PAGE, digest(PAGE.read_bytes()))

router = APIRouter(tags=["audit"], route_class=GuardedRoute)

READ = Permission.AUDIT_READ
NDJSON = "application/x-ndjson"
LAST = 2**53
EARLIEST_AT, LATEST_AT = datetime(2000, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


def _ledger(request: Request) -> Ledger:
    ledger: Ledger = request.app.state.resources.ledger
    return ledger


Book = Annotated[Ledger, Depends(_ledger)]
Word = Annotated[str | None, Query(max_length=200, pattern=ONE_LINE)]


def _wanted(
    actor_id: Word = None,
    about_kind: Word = None,
    about_id: Word = None,
    action: Annotated[
        str | None,
        Query(
            max_length=81,
            pattern=r"^[a-z_]+(\.[a-z_]+)?$",
            description="`device.viewed`; or `device` for all that is done to devices.",
        ),
    ] = None,
    outcome: Outcome | None = None,
    tenant: Word = None,
    since: Annotated[AwareDatetime | None, Query(description="Not before this.")] = None,
    until: Annotated[AwareDatetime | None, Query(description="Before this.")] = None,
) -> Wanted:
    for at in (since, until):
        if at is not None and not EARLIEST_AT <= at <= LATEST_AT:
            raise Invalid(f"since and until lie between {EARLIEST_AT:%Y} and {LATEST_AT:%Y}.")
    return Wanted(
        actor_id=actor_id,
        about_kind=about_kind,
        about_id=about_id,
        action=action,
        outcome=outcome,
        tenant=tenant,
        since=since,
        until=until,
    )


def _tenants(actor: Actor) -> frozenset[str] | None:
    """Of which tenants the actor may read; None: of all. A site's or a rack's admin reads none: entries name neither."""
    if actor.may(READ, HOUSE):
        return None
    grants = [grant for grant in actor.grants_with(READ) if grant.site_id is None and grant.rack_id is None]
    return frozenset(grant.tenant_id for grant in grants if grant.tenant_id is not None)


@router.get("/audit/entries")
@listed("entry")
async def entries(
    book: Book, page: Paging, wanted: Annotated[Wanted, Depends(_wanted)], actor: Actor = may(READ)
) -> Page[Entry]:
    """Who did, saw and was refused what, newest first. An entry is here a second after it happened.

    Whoever administers a tenant sees the entries about its things.
    """
    return await book.entries(wanted.model_copy(update={"tenants": _tenants(actor)}), page)


@router.get("/audit/head")
@acted("ledger.viewed")
async def head(book: Book, actor: Actor = may(READ)) -> Head:
    """How far the chain reaches, and the key that signs it. Write both down elsewhere now and then."""
    actor.demand(READ, HOUSE)
    return await book.head()


@router.get(
    "/audit/export",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "Lines of JSON that `nearhand verify` and the offline page take.",
            "content": {NDJSON: {"schema": {"type": "string"}}},
        }
    },
)
@acted("ledger.exported")
async def export(
    book: Book,
    first: Annotated[int, Query(ge=1, lt=LAST, description="The first entry.")] = 1,
    last: Annotated[
        int | None, Query(ge=1, lt=LAST, description="The last entry; left out: the newest.")
    ] = None,
    actor: Actor = may(READ),
) -> StreamingResponse:
    """The whole ledger or a part of it, with its signatures: to be verified by anybody, anywhere."""
    actor.demand(READ, HOUSE)
    name = f"ledger-{first}-{last or 'now'}.jsonl"
    return StreamingResponse(
        await book.export(first, last),
        media_type=NDJSON,
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


@router.get("/audit/verifier", response_class=FileResponse)
@acted("verifier.read")
async def verifier(actor: Actor = may(READ)) -> FileResponse:
    """A page that verifies an export without any network: keep it beside the export."""
    return await download(VERIFIER, media_type="text/html", name="verify-ledger.html")


@router.post("/audit/entries/{seq}/redaction", status_code=status.HTTP_204_NO_CONTENT)
async def redact(
    seq: Annotated[int, Path(ge=1, lt=LAST)],
    body: Redaction,
    book: Book,
    actor: Actor = may(Permission.AUDIT_REDACT),
) -> None:
    """Take away the details of an entry, its doer's name and address among them. The chain holds; who, when and why
    is an entry of its own."""
    actor.demand(Permission.AUDIT_REDACT, HOUSE)
    await book.redact(seq, body.why)

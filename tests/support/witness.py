"""A witness of the doors that remembers, for apps that have no ledger."""

from fastapi import Request
from fastapi.routing import APIRoute

from nearhand.kit.errors import NearhandError


class Remembering:
    """See `kit.http.Witness`."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str]] = []

    async def answered(self, request: Request, door: APIRoute) -> None:
        self.seen.append((request.method, "answered"))

    async def refused(self, request: Request, door: APIRoute, error: NearhandError) -> None:
        self.seen.append((request.method, error.code))

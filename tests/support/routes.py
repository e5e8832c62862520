"""List the REST routes of the service."""

from collections.abc import Iterator

from fastapi.routing import APIRoute

from nearhand.app import API, ROUTERS


def api_routes() -> Iterator[tuple[str, str, APIRoute]]:
    """(method, path, route) of every REST route, in order."""
    for router in ROUTERS:
        for route in router.routes:
            if isinstance(route, APIRoute):
                for method in sorted(route.methods or ()):
                    yield method, API + route.path, route

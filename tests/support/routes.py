"""List the REST routes of the service, and what each demands."""

from collections.abc import Iterator

from fastapi.routing import APIRoute, APIRouter

from nearhand.app import API, ROUTERS

UNSTATED = object()


def api_routes() -> Iterator[tuple[str, str, APIRoute]]:
    """(method, path, route) of every REST route, in order."""
    for router in ROUTERS:
        for route in _routes_in(router):
            for method in sorted(route.methods or ()):
                yield method, API + route.path_format, route


def _routes_in(router: APIRouter) -> Iterator[APIRoute]:
    """Those of routers included in it too, which newer versions of FastAPI keep whole."""
    for route in router.routes:
        if isinstance(route, APIRoute):
            yield route
        elif hasattr(route, "original_router"):
            yield from _routes_in(route.original_router)


def stated_permission(route: APIRoute) -> object:
    """The permission of the route's `demand` dependency, None for "whoever is signed in", or UNSTATED."""
    for dependency in route.dependant.dependencies:
        if hasattr(dependency.call, "permission"):
            return dependency.call.permission  # type: ignore[union-attr]
    return UNSTATED

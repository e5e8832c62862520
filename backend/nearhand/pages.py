"""Serve the two web apps and the short addresses that labels and links carry."""

import mimetypes
import os
from pathlib import Path

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.responses import FileResponse
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

WEB = Path(__file__).parent / "_web"
UNBUILT = (
    "<!doctype html><title>Nearhand</title><p>The web apps are not built. "
    "Run <code>make demo</code>, or <code>make build</code> for a package that has them."
)

router = APIRouter(include_in_schema=False)

for extension, media_type in (
    (".wasm", "application/wasm"),
    (".js", "text/javascript"),
    (".webmanifest", "application/manifest+json"),
):
    mimetypes.add_type(media_type, extension)


class SinglePageApp(StaticFiles):
    """Files as built; any other path gets the app's own page, since the app routes by itself.

    Serves the `.gz` made at build time to whoever accepts it. Hashed assets may be kept for ever, the page never.
    """

    async def get_response(self, path: str, scope: Scope) -> Response:
        try:
            response = await self._packed(path, scope) or await super().get_response(path, scope)
        except HTTPException as error:
            if error.status_code != 404 or path.startswith("assets"):
                raise
            path = "index.html"
            response = await super().get_response(path, scope)
        is_hashed = path.startswith("assets")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if is_hashed else "no-cache"
        return response

    def lookup_path(self, path: str) -> tuple[str, os.stat_result | None]:
        try:
            return super().lookup_path(path)
        except (ValueError, OSError):  # no file can have such a name: a NUL in it, or too long
            return "", None

    async def _packed(self, path: str, scope: Scope) -> Response | None:
        accepted = dict(scope["headers"]).get(b"accept-encoding", b"")
        if b"gzip" not in accepted or path.endswith(".gz"):
            return None
        full_path, found = self.lookup_path(f"{path}.gz")
        if found is None:
            return None
        media_type = mimetypes.guess_type(path)[0] or "application/octet-stream"
        response = FileResponse(full_path, stat_result=found, media_type=media_type)
        response.headers["content-encoding"] = "gzip"
        response.headers["vary"] = "accept-encoding"
        return response


@router.get("/")
async def home() -> RedirectResponse:
    return RedirectResponse("/console/")


@router.get("/console")
async def console() -> RedirectResponse:
    return RedirectResponse("/console/")


@router.get("/field")
async def field() -> RedirectResponse:
    return RedirectResponse("/field/")


@router.get("/d/{code}")
@router.get("/D/{code}")
async def label(code: str) -> RedirectResponse:
    """Where a phone's own camera app arrives. The code is not looked up here: the field app does, signed in."""
    return RedirectResponse(f"/field/d/{code[:40]}")


@router.get("/join/{session_id}")
async def join(session_id: str) -> RedirectResponse:
    """The browser carries the link's secret along in the fragment, unseen by any server."""
    return RedirectResponse(f"/console/join/{session_id[:40]}")


@router.get("/welcome")
async def welcome() -> RedirectResponse:
    """An invitation; as with `join`, its secret stays in the fragment."""
    return RedirectResponse("/console/welcome")


@router.get("/reset")
async def reset() -> RedirectResponse:
    return RedirectResponse("/console/reset")


@router.get("/signed-in")
async def signed_in(request: Request) -> RedirectResponse:
    """The way back from the single sign-on: its answer goes on in the fragment, to the app that set out."""
    app = "field" if request.query_params.get("state", "").startswith("field.") else "console"
    return RedirectResponse(f"/{app}/signed-in#{request.url.query[:8000]}")


@router.get("/enrol")
async def enrol() -> RedirectResponse:
    return RedirectResponse("/field/enrol")


@router.get("/healthz")
async def healthz(request: Request) -> dict[str, str]:
    """Whether the service runs, and nothing more."""
    return {"status": "ok"}


def mount_pages(app: FastAPI, web: Path = WEB) -> None:
    app.include_router(router)
    for name in ("console", "field"):
        if (web / name / "index.html").is_file():
            app.mount(f"/{name}", SinglePageApp(directory=web / name, html=True), name=name)
        else:
            app.add_api_route(f"/{name}/{{path:path}}", _unbuilt, include_in_schema=False)


async def _unbuilt(path: str) -> HTMLResponse:
    return HTMLResponse(UNBUILT, status_code=503)

"""Write docs/reference/rest.md from the routes: `python -m tools.rest_reference`."""

from pathlib import Path

from nearhand.access.model import ROLE_PERMISSIONS, Permission, Role
from tests.support.routes import UNSTATED, api_routes, stated_permission

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "rest.md"
HEAD = """# REST

Every route, in the order of the slices, with the permission it demands. Made by `python -m tools.rest_reference`.
Parameters and bodies are in the contract: `GET /api/v1/openapi.json` of a running service, or `nearhand contract`.
Refusals are problem details (RFC 9457); [errors.md](errors.md) lists their codes.

Sign in with `POST /api/v1/sign-in`: a browser gets a cookie, a program asks for `?want_token=true` and sends
`Authorization: Bearer`. *Nobody in particular*: without signing in. *Signed in*: any role, guests too.
Guests of a joining link have `sessions.join`, for their one session.

Three doors are WebSockets: `/api/v1/sessions/{session_id}/live` (`sessions.join`, [live-session.md](live-session.md)),
`/api/v1/sessions/{session_id}/video` (`sessions.join`, [live-pictures.md](live-pictures.md))
and `/api/v1/wall` (`sessions.list`). In the demo, `/api/v1/demo/hall/` serves the simulated camera (`devices.read`).

| route | permission |
|---|---|
"""


def reference() -> str:
    rows = [
        f"| `{method} {path}` | {_words(stated_permission(route))} |" for method, path, route in api_routes()
    ]
    roles = "\n\n# Permissions\n\n| permission | roles |\n|---|---|\n"
    return HEAD + "\n".join(rows) + roles + "\n".join(_holders(one) for one in Permission) + "\n"


def _words(permission: object) -> str:
    if permission is UNSTATED:
        return "*nobody in particular*"
    return f"`{permission}`" if permission is not None else "*signed in*"


def _holders(permission: Permission) -> str:
    holders = [role.value for role in Role if permission in ROLE_PERMISSIONS[role]]
    return f"| `{permission}` | {', '.join(holders)} |"


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")

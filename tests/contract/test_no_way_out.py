"""The service asks its sign-in provider and its media server, and nobody else: nothing that people write into it can make it open an address."""

import ast
import json
import re
from pathlib import Path

import nearhand
from nearhand.access import credentials
from nearhand.contract import contract

PACKAGE = Path(nearhand.__file__).parent
CALLERS = {
    "httpx", "httpx2", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "telnetlib",
    "websockets", "websockets.asyncio.client", "websockets.sync.client", "socketio",
    *(f"authlib.integrations.{kind}_client" for kind in ("httpx", "requests", "starlette")),
}  # fmt: skip
# The SDK asks the service, from other machines; the doctor, at a terminal, the address in its own settings.
MAY = ("client/", "doctor.py")
# A setting names the one address it begins at; tests/access/test_provider.py sees that it is led to no other.
PROVIDER = "access/provider.py"
# At the address in the settings, which no message can name or change.
JANUS = "sessions/janus.py"
LIVEKIT = ("sessions/livekit_api.py", "sessions/livekit_line.py")


def called(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found & CALLERS


def test_nothing_of_the_service_can_open_an_address() -> None:
    callers = {
        path.relative_to(PACKAGE).as_posix(): sorted(called(path))
        for path in PACKAGE.rglob("*.py")
        if called(path)
    }
    assert callers  # the list above still knows how the SDK asks
    others = {name: modules for name, modules in callers.items() if not name.startswith(MAY)}
    assert others == {
        PROVIDER: ["authlib.integrations.httpx_client", "httpx2"],
        JANUS: ["websockets.asyncio.client"],
        LIVEKIT[0]: ["httpx2"],
        LIVEKIT[1]: ["websockets.asyncio.client"],
    }


def test_where_the_provider_is_comes_from_the_settings_alone() -> None:
    """It is made in `app.py`, of them; no door hands it an address, and no row keeps one."""
    making = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if makes_provider(path)}
    assert making == {"app.py"}
    for name in ("ProviderAsk", "ProviderAnswer"):
        fields = getattr(credentials, name).model_fields
        assert not {field for field in fields if "url" in field or "uri" in field}


def test_where_the_media_server_is_comes_from_the_settings_alone() -> None:
    for name in ("Janus", "LiveKit"):
        making = {path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py") if makes(path, name)}
        assert making == {"app.py"}


def makes_provider(path: Path) -> bool:
    return makes(path, "Provider")


def makes(path: Path, name: str) -> bool:
    return any(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
    )


def test_the_service_does_not_load_them_through_another() -> None:
    """What the application is made of imports neither."""
    app = ast.parse((PACKAGE / "app.py").read_text(encoding="utf-8"))
    modules = {node.module for node in ast.walk(app) if isinstance(node, ast.ImportFrom)}
    assert not {
        module for module in modules if module and module.startswith(("nearhand.client", "nearhand.doctor"))
    }


def test_no_door_takes_an_address_that_the_service_could_be_made_to_open() -> None:
    """No webhook, no import from elsewhere: a door that took one would have to be thought about here."""
    document = contract()
    asked = [
        (one["name"], one["schema"])
        for methods in document["paths"].values()
        for operation in methods.values()
        for one in operation.get("parameters", ())
    ]
    bodies = json.dumps(
        [
            operation.get("requestBody", {})
            for methods in document["paths"].values()
            for operation in methods.values()
        ]
    )
    schemas, waiting = document["components"]["schemas"], [bodies]
    seen: set[str] = set()
    while waiting:
        for name in set(re.findall(r'"#/components/schemas/(\w+)"', waiting.pop())) - seen:
            seen.add(name)
            waiting.append(json.dumps(schemas[name]))
            asked += list(schemas[name].get("properties", {}).items())
    assert len(asked) > 150
    addresses = [
        name
        for name, schema in asked
        if re.search(r"(^|_)(url|uri|href|webhook|callback|endpoint|host)s?$", name)
        or '"uri' in json.dumps(schema)
    ]
    assert addresses == []

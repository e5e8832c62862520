"""The service asks nobody: nothing that people write into it can make it open an address of theirs."""

import ast
import json
import re
from pathlib import Path

import nearhand
from nearhand.contract import contract

PACKAGE = Path(nearhand.__file__).parent
CALLERS = {
    "httpx", "httpx2", "requests", "aiohttp", "urllib3", "urllib.request", "http.client", "ftplib", "telnetlib",
    "websockets", "websockets.asyncio.client", "websockets.sync.client", "socketio",
}  # fmt: skip
# The SDK asks the service, from other machines; the doctor, at a terminal, the address in its own settings.
MAY = ("client/", "doctor.py")


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
    assert {name: modules for name, modules in callers.items() if not name.startswith(MAY)} == {}


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

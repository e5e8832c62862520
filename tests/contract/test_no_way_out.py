"""The service asks nobody: nothing that people write into it can make it open an address of theirs."""

import ast
from pathlib import Path

import nearhand

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

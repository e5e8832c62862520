"""Write docs/reference/errors.md from the error classes: `python -m tools.errors_reference`."""

from collections.abc import Iterator
from pathlib import Path

import nearhand.app
import nearhand.simulation.api  # noqa: F401
from nearhand.kit.errors import NearhandError

TARGET = Path(__file__).parent.parent / "docs" / "reference" / "errors.md"
HEAD = """# Errors

What a refusal may carry as `code`. Made by `python -m tools.errors_reference` from the error classes.

By REST a refusal is `application/problem+json` (RFC 9457): `type`, `title`, `status`, `code`, `detail` and `errors`
(a list of `{where, message}` when single fields are wrong). In a live session `refused` and `error` carry `code`,
`title` and `detail`; [messages.md](messages.md) lists the codes that occur there. Programs decide by `code`; `detail` is for people
and may change. Beside these: `method_not_allowed` (405) and `http_error`, for what the web framework refuses by itself.

| code | status | where | meaning |
|---|--:|---|---|
"""


def errors() -> Iterator[type[NearhandError]]:
    waiting = [NearhandError]
    while waiting:
        error = waiting.pop()
        waiting += error.__subclasses__()
        if error.__module__.startswith("nearhand."):  # tests have errors of their own
            yield error


def reference() -> str:
    rows = {f"| `{e.code}` | {e.status} | {_where(e)} | {e.title} |" for e in errors()}
    return HEAD + "\n".join(sorted(rows)) + "\n"


def _where(error: type[NearhandError]) -> str:
    slice_ = error.__module__.split(".")[1]
    return "everywhere" if slice_ == "kit" else slice_


if __name__ == "__main__":
    TARGET.write_text(reference(), encoding="utf-8")

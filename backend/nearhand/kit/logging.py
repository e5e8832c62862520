"""Log one JSON object per line, or readable lines at a terminal; secrets never reach it."""

import logging
import sys
from typing import Any

import structlog


def configure_logging() -> None:
    """Tracebacks carry no local variables: they would hold passwords, and take seconds to print.

    Where somebody has configured structlog before, it stays as they wanted it.
    """
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _renderer(is_terminal=sys.stderr.isatty()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Asked anew for each line: whoever redirects stderr means the log too.
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )


def _renderer(*, is_terminal: bool) -> Any:
    if not is_terminal:
        return structlog.processors.JSONRenderer()
    # Its own way of showing exceptions prints every local variable.
    return structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)

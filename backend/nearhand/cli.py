"""The `nearhand` command."""

import sys
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, pretty_exceptions_enable=False, add_completion=False, help=__doc__)


@app.command()
def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Run the service with the settings of the environment (NEARHAND_…)."""
    import uvicorn

    from nearhand.app import create_app
    from nearhand.kit.logging import configure_logging

    configure_logging()
    uvicorn.run(
        create_app(), host=host, port=port, ws="websockets-sansio", log_level="warning", access_log=False
    )


@app.command()
def contract(
    out: Annotated[Path | None, typer.Option(help="Write to this file instead of the terminal.")] = None,
) -> None:
    """Print the wire contract: REST and live messages as one OpenAPI document."""
    from nearhand.contract import as_text

    if out is None:
        sys.stdout.write(as_text())
    else:
        out.write_text(as_text(), encoding="utf-8")


def main() -> None:
    app()


if __name__ == "__main__":
    main()

"""Gather the whole wire in one OpenAPI document: REST from FastAPI, live messages from their unions."""

import json
import tempfile
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from nearhand.app import create_app
from nearhand.kit.settings import Settings
from nearhand.sessions.messages import client_messages, server_events, server_messages, stored_events
from nearhand.sessions.pictures import media_asks, media_told

REF = "#/components/schemas/{model}"


def contract() -> dict[str, Any]:
    """The OpenAPI document with the unions of live messages among its schemas."""
    with tempfile.TemporaryDirectory() as folder:
        document = create_app(Settings(data_dir=Path(folder))).openapi()
    schemas = document.setdefault("components", {}).setdefault("schemas", {})
    unions: dict[str, TypeAdapter[Any]] = {
        "ClientMessage": client_messages,
        "MediaAsk": media_asks,
        "MediaTold": media_told,
        "ServerEvent": server_events,
        "ServerMessage": server_messages,
        "StoredEvent": stored_events,
    }
    for name, union in unions.items():
        schema = union.json_schema(ref_template=REF, mode="validation")
        for noun, definition in [*schema.pop("$defs").items(), (name, schema)]:
            known = schemas.get(noun, definition)
            if known.get("properties", {}).keys() != definition.get("properties", {}).keys():
                raise ValueError(f"two different nouns are named {noun}; one name is one TypeScript type")
            schemas[noun] = definition
    cleaned: dict[str, Any] = _without_null_defaults(document)
    return cleaned


def _without_null_defaults(node: Any) -> Any:
    # "default: null" says only that a field may be left out; generators read it as "always there".
    if isinstance(node, dict):
        return {k: _without_null_defaults(v) for k, v in node.items() if not (k == "default" and v is None)}
    return [_without_null_defaults(item) for item in node] if isinstance(node, list) else node


def as_text() -> str:
    """Sorted and indented, so that a change of the contract reads well in a diff."""
    return json.dumps(contract(), indent=2, sort_keys=True, ensure_ascii=False) + "\n"

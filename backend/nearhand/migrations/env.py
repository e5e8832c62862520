"""What Alembic needs to know: the connection it is given, and every table of the house."""

from alembic import context

import nearhand.access.links
import nearhand.access.tables
import nearhand.audit.store
import nearhand.devices.tables
import nearhand.kit.http
import nearhand.labels.store
import nearhand.maintenance.store
import nearhand.manuals.store
import nearhand.media.store
import nearhand.telemetry.store  # noqa: F401  imported so that their tables are known
from nearhand.kit.database import UtcDateTime, metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    render_item=lambda kind, item, _context: (
        "UtcDateTime()" if kind == "type" and isinstance(item, UtcDateTime) else False
    ),
    include_object=lambda _object, name, kind, _reflected, _compared: (
        not (kind == "table" and str(name).startswith(("test_", "search_")))
    ),
)
with context.begin_transaction():
    context.run_migrations()

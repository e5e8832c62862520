"""What Alembic needs to know: the connection it is given, and every table of the house."""

import nearhand.access.store
import nearhand.devices.store
import nearhand.labels.store
import nearhand.maintenance.store
import nearhand.manuals.store
import nearhand.media.store
import nearhand.sessions.log
import nearhand.telemetry.store  # noqa: F401  imported so that their tables are known
from alembic import context

from nearhand.kit.database import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
    compare_type=True,
    include_object=lambda _object, name, kind, _reflected, _compared: not (
        kind == "table" and str(name).startswith(("test_", "search_"))
    ),
)
with context.begin_transaction():
    context.run_migrations()

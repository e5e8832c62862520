"""Put the catalogue's device types into a registry that has none; what is removed later stays removed."""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

from nearhand.devices.catalogue import catalogue
from nearhand.kit.database import UtcDateTime
from nearhand.kit.ids import RandomIds
from nearhand.kit.text import index_terms

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

# As of this revision: later ones may add columns.
DEVICE_TYPE = sa.table(
    "device_type",
    sa.column("id", sa.String),
    sa.column("version", sa.Integer),
    sa.column("created_at", UtcDateTime()),
    sa.column("updated_at", UtcDateTime()),
    sa.column("search_text", sa.Text),
    sa.column("manufacturer", sa.String),
    sa.column("model", sa.String),
    sa.column("kind", sa.String),
    sa.column("height_u", sa.Float),
    sa.column("is_full_depth", sa.Boolean),
    sa.column("front", sa.JSON),
    sa.column("rear", sa.JSON(none_as_null=True)),
    sa.column("source", sa.Text),
)


def upgrade() -> None:
    if op.get_bind().execute(sa.select(DEVICE_TYPE.c.id).limit(1)).first() is not None:
        return
    ids, now = RandomIds(), datetime.now(UTC)
    op.bulk_insert(
        DEVICE_TYPE,
        [
            {
                "id": ids.new(),
                "version": 1,
                "created_at": now,
                "updated_at": now,
                "search_text": f" {' '.join(index_terms(f'{new.manufacturer} {new.model}'))} ",
                "manufacturer": new.manufacturer,
                "model": new.model,
                "kind": new.kind.value,
                "height_u": new.height_u,
                "is_full_depth": new.is_full_depth,
                "front": new.front.model_dump(mode="json"),
                "rear": new.rear.model_dump(mode="json") if new.rear else None,
                "source": new.source,
            }
            for new in catalogue()
        ],
    )

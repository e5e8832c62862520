"""What a site asks of labels, and which key signed a label."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "site", sa.Column("label_signing", sa.String(length=10), nullable=False, server_default="off")
    )
    op.add_column("label", sa.Column("key_id", sa.String(length=1), nullable=True))

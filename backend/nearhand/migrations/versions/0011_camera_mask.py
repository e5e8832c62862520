"""What a site asks of pictures that leave a camera there."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "site", sa.Column("camera_mask", sa.String(length=10), nullable=False, server_default="off")
    )

"""Where peers that speak MM7 are called."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    with op.batch_alter_table("peers", schema=None) as batch_op:
        batch_op.add_column(sa.Column("callback", sa.String(length=300), server_default="", nullable=False))

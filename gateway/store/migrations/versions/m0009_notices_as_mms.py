"""The SMS for a phone that does not take an MMS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    with op.batch_alter_table("mms", schema=None) as batch_op:
        batch_op.add_column(sa.Column("instead", sa.Text(), server_default="", nullable=False))

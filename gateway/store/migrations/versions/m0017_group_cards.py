"""Cards of groups are found without looking through their book."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contacts_groups",
            ["book_id", "name"],
            unique=False,
            sqlite_where=sa.text("kind = 'group' AND deleted = 0"),
            postgresql_where=sa.text("kind = 'group' AND NOT deleted"),
        )

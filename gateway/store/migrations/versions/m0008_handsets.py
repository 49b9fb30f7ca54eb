"""What phones can show."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table(
        "handset_memories",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("memory", sa.Text(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_handset_memories")),
    )
    op.create_table(
        "handset_profiles",
        sa.Column("url", sa.String(length=512), nullable=False),
        sa.Column("profile", sa.Text(), server_default="", nullable=False),
        sa.Column("reason", sa.String(length=255), server_default="", nullable=False),
        sa.Column("fresh_until_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("url", name=op.f("pk_handset_profiles")),
    )
    with op.batch_alter_table("handset_profiles", schema=None) as batch_op:
        batch_op.create_index(
            "ix_handset_profiles_due",
            ["due_ms"],
            unique=False,
            sqlite_where=sa.text("due_ms IS NOT NULL"),
            postgresql_where=sa.text("due_ms IS NOT NULL"),
        )

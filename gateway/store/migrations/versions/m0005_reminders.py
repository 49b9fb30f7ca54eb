"""Reminders."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_ACTIVE = sa.text("state = 'active'")


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table(
        "reminders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("start", sa.String(length=32), nullable=False),
        sa.Column("rule", sa.String(length=200), server_default="", nullable=False),
        sa.Column("zone", sa.String(length=64), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("handled_ms", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("reason", sa.String(length=64), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_reminders_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reminders")),
    )
    with op.batch_alter_table("reminders", schema=None) as batch_op:
        batch_op.create_index("ix_reminders_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            "ix_reminders_due", ["next_ms"], unique=False, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
        )
        batch_op.create_index(
            "ix_reminders_handled", ["handled_ms"], unique=False, sqlite_where=_ACTIVE, postgresql_where=_ACTIVE
        )

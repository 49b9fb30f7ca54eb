"""Operating links: orders of operators, figures of links, alarms."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.add_column(sa.Column("figures", sa.Text(), server_default="{}", nullable=False))
    op.create_table(
        "link_orders",
        sa.Column("name", sa.String(length=32), nullable=False),
        sa.Column("options", sa.Text(), server_default="", nullable=False),
        sa.Column("wish", sa.String(length=16), server_default="run", nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
        sa.Column("move_to", sa.Integer(), nullable=True),
        sa.Column("moved_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trace_file", sa.String(length=1024), server_default="", nullable=False),
        sa.Column("trace_until_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trace_octets", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("trace_mask", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_link_orders")),
    )
    op.create_table(
        "alarms",
        sa.Column("key", sa.String(length=128), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=64), nullable=False),
        sa.Column("detail", sa.String(length=255), server_default="", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("by_name", sa.Boolean(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("well_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("told_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("tellings", sa.Integer(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("key", name=op.f("pk_alarms")),
    )
    op.create_table(
        "alarm_calls",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("due_ms", sa.BigInteger(), nullable=False),
        sa.Column("attempt", sa.Integer(), server_default="0", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_alarm_calls")),
    )

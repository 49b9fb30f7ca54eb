"""Mailboxes of members elsewhere."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None


def _id() -> sa.Column[int]:
    return sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False)


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table(
        "fetch_sources",
        _id(),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("protocol", sa.String(length=4), nullable=False),
        sa.Column("host", sa.String(length=253), nullable=False),
        sa.Column("port", sa.Integer(), nullable=False),
        sa.Column("security", sa.String(length=8), nullable=False),
        sa.Column("user", sa.String(length=255), nullable=False),
        sa.Column("secret", sa.Text(), nullable=False),
        sa.Column("is_deleted_there", sa.Boolean(), nullable=False),
        sa.Column("only_new", sa.Boolean(), nullable=False),
        sa.Column("is_on", sa.Boolean(), nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.Column("trouble", sa.String(length=16), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_fetch_sources_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetch_sources")),
    )
    with op.batch_alter_table("fetch_sources", schema=None) as batch_op:
        batch_op.create_index("ix_fetch_sources_account_id", ["account_id"], unique=False)
        batch_op.create_index("ix_fetch_sources_next_ms", ["next_ms"], unique=False)
    op.create_table(
        "fetched_mails",
        _id(),
        sa.Column("source_id", sa.BigInteger(), nullable=False),
        sa.Column("uid", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["fetch_sources.id"], name=op.f("fk_fetched_mails_source_id_fetch_sources")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_fetched_mails")),
        sa.UniqueConstraint("source_id", "uid", name=op.f("uq_fetched_mails_source_id_uid")),
    )

"""Programs that come for address books over CardDAV."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table(
        "dav_clients",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("password_id", sa.BigInteger(), nullable=False),
        sa.Column("agent", sa.String(length=64), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("synced_ms", sa.BigInteger(), nullable=False),
        sa.Column("trouble", sa.String(length=16), nullable=False),
        sa.Column("trouble_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_dav_clients_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dav_clients")),
        sa.UniqueConstraint(
            "account_id", "password_id", "agent", name=op.f("uq_dav_clients_account_id_password_id_agent")
        ),
    )

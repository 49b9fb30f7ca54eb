"""What administrators need: acts, links that let in once, times of grace."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    with op.batch_alter_table("domains", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delete_ms", sa.BigInteger(), nullable=True))
    with op.batch_alter_table("accounts", schema=None) as batch_op:
        batch_op.add_column(sa.Column("delete_ms", sa.BigInteger(), nullable=True))
        batch_op.create_index(
            "ix_accounts_delete_ms",
            ["delete_ms"],
            unique=False,
            sqlite_where=sa.text("delete_ms IS NOT NULL"),
            postgresql_where=sa.text("delete_ms IS NOT NULL"),
        )
    op.create_table(
        "entry_links",
        sa.Column("digest", sa.String(length=64), nullable=False),
        sa.Column("purpose", sa.String(length=16), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_entry_links_account_id_accounts")),
        sa.PrimaryKeyConstraint("digest", name=op.f("pk_entry_links")),
    )
    with op.batch_alter_table("entry_links", schema=None) as batch_op:
        batch_op.create_index("ix_entry_links_account_id", ["account_id"], unique=False)
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("actor_id", sa.BigInteger(), nullable=False),
        sa.Column("actor", sa.String(length=320), nullable=False),
        sa.Column("address", sa.String(length=64), server_default="", nullable=False),
        sa.Column("act", sa.String(length=32), nullable=False),
        sa.Column("domain_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("subject", sa.String(length=320), nullable=False),
        sa.Column("changes", sa.Text(), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    with op.batch_alter_table("audit", schema=None) as batch_op:
        batch_op.create_index("ix_audit_domain_id_id", ["domain_id", "id"], unique=False)
        batch_op.create_index("ix_audit_subject_id", ["subject", "id"], unique=False)
        batch_op.create_index("ix_audit_actor_id", ["actor", "id"], unique=False)
        batch_op.create_index("ix_audit_act_id", ["act", "id"], unique=False)

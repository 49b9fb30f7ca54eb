"""Routes with conditions, numbers, lists, rules of links, rates and health."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_CONDITIONS = ("operator", "country", "sender", "account_id", "purpose", "tag", "hours")


def upgrade() -> None:
    """Go forward; there is no way back but a backup. Routes made before keep their meaning: they ask nothing more."""
    with op.batch_alter_table("routes", schema=None) as batch_op:
        batch_op.add_column(sa.Column("operator", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("country", sa.String(length=8), server_default="", nullable=False))
        batch_op.add_column(sa.Column("sender", sa.String(length=32), server_default="", nullable=False))
        batch_op.add_column(sa.Column("account_id", sa.BigInteger(), server_default="0", nullable=False))
        batch_op.add_column(sa.Column("purpose", sa.String(length=16), server_default="", nullable=False))
        batch_op.add_column(sa.Column("tag", sa.String(length=128), server_default="", nullable=False))
        batch_op.add_column(sa.Column("hours", sa.String(length=96), server_default="", nullable=False))
        batch_op.drop_constraint(op.f("uq_routes_prefix_link"), type_="unique")
        batch_op.create_unique_constraint(op.f("uq_routes"), ["prefix", "link", *_CONDITIONS])

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("asked_text", sa.Text(), nullable=True))
        batch_op.add_column(sa.Column("asked_sender", sa.String(length=32), nullable=True))

    op.create_table(
        "number_ranges",
        sa.Column("prefix", sa.String(length=32), nullable=False),
        sa.Column("country", sa.String(length=8), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("dated", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name=op.f("pk_number_ranges")),
    )
    op.create_table(
        "ported_numbers",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("id", sa.BigInteger(), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("source", sa.String(length=128), nullable=False),
        sa.Column("dated", sa.String(length=10), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_ported_numbers")),
    )
    with op.batch_alter_table("ported_numbers", schema=None) as batch_op:
        batch_op.create_index("ix_ported_numbers_id", ["id"], unique=False)

    op.create_table(
        "number_lists",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("scope_id", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("pattern", sa.String(length=32), nullable=False),
        sa.Column("reason", sa.String(length=255), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_number_lists")),
        sa.UniqueConstraint(
            "kind", "scope", "scope_id", "pattern", name=op.f("uq_number_lists_kind_scope_scope_id_pattern")
        ),
    )
    op.create_table(
        "link_profiles",
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("link", name=op.f("pk_link_profiles")),
    )
    op.create_table(
        "link_templates",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_link_templates")),
    )
    with op.batch_alter_table("link_templates", schema=None) as batch_op:
        batch_op.create_index("ix_link_templates_link", ["link"], unique=False)

    op.create_table(
        "forbidden_words",
        sa.Column("word", sa.String(length=64), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("word", name=op.f("pk_forbidden_words")),
    )
    op.create_table(
        "rate_limits",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("value", sa.String(length=32), nullable=False),
        sa.Column("per_s", sa.Float(), nullable=False),
        sa.Column("burst", sa.Integer(), server_default="1", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rate_limits")),
        sa.UniqueConstraint("kind", "value", name=op.f("uq_rate_limits_kind_value")),
    )
    op.create_table(
        "link_health",
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("operator", sa.String(length=16), nullable=False),
        sa.Column("breaker", sa.String(length=16), nullable=False),
        sa.Column("score", sa.Integer(), nullable=False),
        sa.Column("figures", sa.Text(), nullable=False),
        sa.Column("noted_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("link", "operator", name=op.f("pk_link_health")),
    )
    op.create_table(
        "routing_version",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("version", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_version")),
    )

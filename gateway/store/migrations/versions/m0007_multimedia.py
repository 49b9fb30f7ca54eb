"""Data SMS and MMS in the outbox; MMS that wait in mailboxes or are fetched here; dialogues by SMS."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    op.create_table(
        "automatic_mailboxes",
        sa.Column(
            "account_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("pin_hash", sa.String(length=255), nullable=False),
        sa.Column("pin_tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("locked_until_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("opened_ms", sa.BigInteger(), nullable=False),
        sa.Column("look_by_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("purge_ms", sa.BigInteger(), nullable=False),
        sa.Column("activated_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("account_id", name=op.f("pk_automatic_mailboxes")),
        sa.UniqueConstraint("number", name=op.f("uq_automatic_mailboxes_number")),
    )
    with op.batch_alter_table("automatic_mailboxes", schema=None) as batch_op:
        batch_op.create_index(
            "ix_automatic_mailboxes_look_by_ms",
            ["look_by_ms"],
            unique=False,
            sqlite_where=sa.text("state = 'open' AND look_by_ms > 0"),
            postgresql_where=sa.text("state = 'open' AND look_by_ms > 0"),
        )
        batch_op.create_index(
            "ix_automatic_mailboxes_unclaimed",
            ["purge_ms"],
            unique=False,
            sqlite_where=sa.text("state IN ('open', 'suspended')"),
            postgresql_where=sa.text("state IN ('open', 'suspended')"),
        )

    op.create_table(
        "dialogues",
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("step", sa.String(length=32), nullable=False),
        sa.Column("answers", sa.Text(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=False),
        sa.Column("access_number", sa.String(length=32), nullable=False),
        sa.Column("began_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_dialogues")),
    )
    with op.batch_alter_table("dialogues", schema=None) as batch_op:
        batch_op.create_index("ix_dialogues_expires_ms", ["expires_ms"], unique=False)

    op.create_table(
        "mm1_notifications",
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("link", sa.String(length=32), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("tries", sa.Integer(), server_default="0", nullable=False),
        sa.Column("next_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("fetched_ms", sa.BigInteger(), nullable=True),
        sa.Column("user_agent", sa.String(length=255), server_default="", nullable=False),
        sa.Column("push_id", sa.BigInteger(), nullable=True),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("token", name=op.f("pk_mm1_notifications")),
    )
    with op.batch_alter_table("mm1_notifications", schema=None) as batch_op:
        batch_op.create_index("ix_mm1_notifications_message_id", ["message_id"], unique=False)
        batch_op.create_index("ix_mm1_notifications_number_made_ms", ["number", "made_ms"], unique=False)
        batch_op.create_index(
            "ix_mm1_notifications_open",
            ["next_ms"],
            unique=False,
            sqlite_where=sa.text("state IN ('told', 'fetched', 'deferred')"),
            postgresql_where=sa.text("state IN ('told', 'fetched', 'deferred')"),
        )

    op.create_table(
        "mms",
        sa.Column(
            "message_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False
        ),
        sa.Column("letter", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), server_default="", nullable=False),
        sa.Column("from_name", sa.String(length=255), server_default="", nullable=False),
        sa.Column("way", sa.String(length=8), server_default="", nullable=False),
        sa.Column("link", sa.String(length=32), server_default="", nullable=False),
        sa.Column("handset", sa.String(length=64), server_default="", nullable=False),
        sa.Column("receipt", sa.Text(), server_default="", nullable=False),
        sa.Column("want_read", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", name=op.f("pk_mms")),
    )
    with op.batch_alter_table("mms", schema=None) as batch_op:
        batch_op.create_index("ix_mms_letter", ["letter"], unique=False)

    op.create_table(
        "pickups",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("token", sa.String(length=32), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("mail_id", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("look_by_ms", sa.BigInteger(), nullable=False),
        sa.Column("notice_id", sa.BigInteger(), nullable=True),
        sa.Column("told_ms", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("read_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pickups")),
        sa.UniqueConstraint("token", name=op.f("uq_pickups_token")),
    )
    with op.batch_alter_table("pickups", schema=None) as batch_op:
        batch_op.create_index("ix_pickups_account_id_id", ["account_id", "id"], unique=False)
        batch_op.create_index("ix_pickups_number_told_ms", ["number", "told_ms"], unique=False)
        batch_op.create_index(
            "ix_pickups_waiting",
            ["look_by_ms"],
            unique=False,
            sqlite_where=sa.text("state = 'waiting'"),
            postgresql_where=sa.text("state = 'waiting'"),
        )

    with op.batch_alter_table("inbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), server_default="sms", nullable=False))
        batch_op.add_column(sa.Column("blob", sa.String(length=64), server_default="", nullable=False))

    with op.batch_alter_table("outbox", schema=None) as batch_op:
        batch_op.add_column(sa.Column("kind", sa.String(length=8), server_default="sms", nullable=False))
        batch_op.add_column(sa.Column("data", sa.LargeBinary(), nullable=True))
        batch_op.add_column(sa.Column("port", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("source_port", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("blob", sa.String(length=64), server_default="", nullable=False))

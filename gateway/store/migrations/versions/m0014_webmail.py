"""What lists of mails show and filter by, conversations, and the words mails are found by."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    find = "instr" if op.get_bind().dialect.name == "sqlite" else "strpos"
    with op.batch_alter_table("mails", schema=None) as batch_op:
        batch_op.add_column(sa.Column("snippet", sa.String(length=160), server_default="", nullable=False))
        batch_op.add_column(sa.Column("recipients", sa.String(length=255), server_default="", nullable=False))
        batch_op.add_column(sa.Column("attachment_count", sa.Integer(), server_default="-1", nullable=False))
    for name, columns, where in (
        ("ix_mails_mailbox_id_thread_id", ["mailbox_id", "thread_id"], ""),
        ("ix_mails_unread", ["folder_id", "date_ms"], f"{find}(flags, 'S') = 0"),
        ("ix_mails_starred", ["folder_id", "date_ms"], f"{find}(flags, 'F') > 0"),
        ("ix_mails_with_attachments", ["folder_id", "date_ms"], "attachment_count > 0"),
        ("ix_mails_of_phones", ["folder_id", "date_ms"], "kind != 'mail'"),
        ("ix_mails_without_gist", ["mailbox_id", "id"], "attachment_count = -1"),
    ):
        only = sa.text(where) if where else None
        op.create_index(name, "mails", columns, unique=False, sqlite_where=only, postgresql_where=only)
    op.create_table(
        "mail_words",
        sa.Column("mail_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("words", sa.Text().with_variant(postgresql.TSVECTOR(), "postgresql"), nullable=False),
        sa.PrimaryKeyConstraint("mail_id", name=op.f("pk_mail_words")),
    )
    op.create_index("ix_mail_words_words", "mail_words", ["words"], unique=False, postgresql_using="gin")

"""Contacts that were deleted are found by when, to be forgotten after a year; pairs that are two people."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contacts_gone",
            ["changed_ms"],
            unique=False,
            sqlite_where=sa.text("deleted = 1"),
            postgresql_where=sa.text("deleted"),
        )
    op.create_table(
        "contacts_apart",
        sa.Column("first_id", sa.BigInteger(), nullable=False),
        sa.Column("second_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id"], ["address_books.id"], name=op.f("fk_contacts_apart_book_id_address_books")
        ),
        sa.ForeignKeyConstraint(["first_id"], ["contacts.id"], name=op.f("fk_contacts_apart_first_id_contacts")),
        sa.ForeignKeyConstraint(["second_id"], ["contacts.id"], name=op.f("fk_contacts_apart_second_id_contacts")),
        sa.PrimaryKeyConstraint("first_id", "second_id", name=op.f("pk_contacts_apart")),
    )
    with op.batch_alter_table("contacts_apart", schema=None) as batch_op:
        batch_op.create_index("ix_contacts_apart_book_id", ["book_id"], unique=False)
        batch_op.create_index("ix_contacts_apart_second_id", ["second_id"], unique=False)

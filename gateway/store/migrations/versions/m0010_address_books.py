"""Address books with their cards; what was known of people goes into each member's first book."""

from __future__ import annotations

import hashlib
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Go forward; there is no way back but a backup."""
    people = _read_people()
    for table in ("contact_mails", "contact_numbers", "contacts"):
        op.drop_table(table)
    op.create_table(
        "address_books",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("scope", sa.String(length=8), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("domain_id", sa.BigInteger(), nullable=True),
        sa.Column("slug", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.Column("description", sa.Text(), server_default="", nullable=False),
        sa.Column("colour", sa.String(length=16), server_default="", nullable=False),
        sa.Column("properties", sa.Text(), server_default="{}", nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("floor_revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("quota_cards", sa.Integer(), server_default="200000", nullable=False),
        sa.Column("quota_octets", sa.BigInteger(), server_default="1073741824", nullable=False),
        sa.Column("used_cards", sa.Integer(), server_default="0", nullable=False),
        sa.Column("used_octets", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_address_books_account_id_accounts")),
        sa.ForeignKeyConstraint(["domain_id"], ["domains.id"], name=op.f("fk_address_books_domain_id_domains")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_address_books")),
        sa.UniqueConstraint("account_id", "slug", name=op.f("uq_address_books_account_id_slug")),
        sa.UniqueConstraint("domain_id", "slug", name=op.f("uq_address_books_domain_id_slug")),
    )
    with op.batch_alter_table("address_books", schema=None) as batch_op:
        batch_op.create_index(
            "ix_address_books_system",
            ["slug"],
            unique=True,
            sqlite_where=sa.text("scope = 'system'"),
            postgresql_where=sa.text("scope = 'system'"),
        )

    op.create_table(
        "import_mappings",
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("header_digest", sa.String(length=64), nullable=False),
        sa.Column("mapping", sa.Text(), nullable=False),
        sa.Column("used_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_import_mappings_account_id_accounts")),
        sa.PrimaryKeyConstraint("account_id", "header_digest", name=op.f("pk_import_mappings")),
    )
    op.create_table(
        "sync_devices",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("device_id", sa.String(length=255), nullable=False),
        sa.Column("name", sa.String(length=128), server_default="", nullable=False),
        sa.Column("number", sa.String(length=32), nullable=True),
        sa.Column("man", sa.String(length=128), server_default="", nullable=False),
        sa.Column("mod", sa.String(length=128), server_default="", nullable=False),
        sa.Column("sw", sa.String(length=128), server_default="", nullable=False),
        sa.Column("devinf", sa.Text(), server_default="{}", nullable=False),
        sa.Column("secret", sa.String(length=255), server_default="", nullable=False),
        sa.Column("nonce", sa.String(length=64), server_default="", nullable=False),
        sa.Column("session", sa.Text(), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_seen_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_sync_devices_account_id_accounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sync_devices")),
        sa.UniqueConstraint("account_id", "device_id", name=op.f("uq_sync_devices_account_id_device_id")),
    )
    op.create_table(
        "book_shares",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("writable", sa.Boolean(), nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_book_shares_account_id_accounts")),
        sa.ForeignKeyConstraint(["book_id"], ["address_books.id"], name=op.f("fk_book_shares_book_id_address_books")),
        sa.PrimaryKeyConstraint("book_id", "account_id", name=op.f("pk_book_shares")),
    )
    with op.batch_alter_table("book_shares", schema=None) as batch_op:
        batch_op.create_index("ix_book_shares_account_id", ["account_id"], unique=False)

    op.create_table(
        "import_batches",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("file_name", sa.String(length=255), nullable=False),
        sa.Column("format", sa.String(length=32), server_default="", nullable=False),
        sa.Column("blob", sa.String(length=128), server_default="", nullable=False),
        sa.Column("mapping", sa.Text(), server_default="{}", nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("counts", sa.Text(), server_default="{}", nullable=False),
        sa.Column("done_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("all_rows", sa.Integer(), server_default="0", nullable=False),
        sa.Column("reason", sa.Text(), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("finished_ms", sa.BigInteger(), nullable=True),
        sa.Column("undone_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_import_batches_account_id_accounts")),
        sa.ForeignKeyConstraint(
            ["book_id"], ["address_books.id"], name=op.f("fk_import_batches_book_id_address_books")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_import_batches")),
    )
    with op.batch_alter_table("import_batches", schema=None) as batch_op:
        batch_op.create_index("ix_import_batches_account_id", ["account_id"], unique=False)
        batch_op.create_index(
            "ix_import_batches_open",
            ["id"],
            unique=False,
            sqlite_where=sa.text("state IN ('waiting', 'running')"),
            postgresql_where=sa.text("state IN ('waiting', 'running')"),
        )

    op.create_table(
        "sync_anchors",
        sa.Column("sync_device_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("client_last", sa.String(length=255), server_default="", nullable=False),
        sa.Column("client_next", sa.String(length=255), server_default="", nullable=False),
        sa.Column("server_last", sa.String(length=64), server_default="", nullable=False),
        sa.Column("server_next", sa.String(length=64), server_default="", nullable=False),
        sa.Column("server_revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.Column("synced_ms", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["book_id"], ["address_books.id"], name=op.f("fk_sync_anchors_book_id_address_books")),
        sa.ForeignKeyConstraint(
            ["sync_device_id"], ["sync_devices.id"], name=op.f("fk_sync_anchors_sync_device_id_sync_devices")
        ),
        sa.PrimaryKeyConstraint("sync_device_id", "book_id", name=op.f("pk_sync_anchors")),
    )
    op.create_table(
        "contacts",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("account_id", sa.BigInteger(), nullable=True),
        sa.Column("uid", sa.String(length=255), nullable=False),
        sa.Column("href", sa.String(length=255), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("version", sa.String(length=4), nullable=False),
        sa.Column("etag", sa.String(length=64), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("size_octets", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), server_default="individual", nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("sort_key", sa.String(length=255), server_default="", nullable=False),
        sa.Column("organisation", sa.String(length=255), server_default="", nullable=False),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=128), server_default="", nullable=False),
        sa.Column("action", sa.String(length=16), server_default="created", nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.Boolean(), server_default=sa.text("(false)"), nullable=False),
        sa.ForeignKeyConstraint(["account_id"], ["accounts.id"], name=op.f("fk_contacts_account_id_accounts")),
        sa.ForeignKeyConstraint(["book_id"], ["address_books.id"], name=op.f("fk_contacts_book_id_address_books")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contacts")),
        sa.UniqueConstraint("book_id", "href", name=op.f("uq_contacts_book_id_href")),
    )
    with op.batch_alter_table("contacts", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contacts_batch_id",
            ["batch_id"],
            unique=False,
            sqlite_where=sa.text("batch_id IS NOT NULL"),
            postgresql_where=sa.text("batch_id IS NOT NULL"),
        )
        batch_op.create_index("ix_contacts_book_id_revision", ["book_id", "revision"], unique=False)
        batch_op.create_index("ix_contacts_book_id_sort_key", ["book_id", "sort_key"], unique=False)
        batch_op.create_index(
            "ix_contacts_uid",
            ["book_id", "uid"],
            unique=True,
            sqlite_where=sa.text("deleted = 0"),
            postgresql_where=sa.text("NOT deleted"),
        )

    op.create_table(
        "contact_mails",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("address", sa.String(length=320), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["address_books.id"], name=op.f("fk_contact_mails_book_id_address_books")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_mails_contact_id_contacts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_mails")),
    )
    with op.batch_alter_table("contact_mails", schema=None) as batch_op:
        batch_op.create_index("ix_contact_mails_book_id_address", ["book_id", "address"], unique=False)
        batch_op.create_index("ix_contact_mails_contact_id", ["contact_id"], unique=False)

    op.create_table(
        "contact_numbers",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("number", sa.String(length=32), nullable=False),
        sa.Column("match_key", sa.String(length=16), nullable=False),
        sa.Column("mobile", sa.Boolean(), server_default=sa.text("(true)"), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id"], ["address_books.id"], name=op.f("fk_contact_numbers_book_id_address_books")
        ),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_numbers_contact_id_contacts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_numbers")),
    )
    with op.batch_alter_table("contact_numbers", schema=None) as batch_op:
        batch_op.create_index("ix_contact_numbers_book_id_match_key", ["book_id", "match_key"], unique=False)
        batch_op.create_index("ix_contact_numbers_contact_id", ["contact_id"], unique=False)

    op.create_table(
        "contact_categories",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=False, nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.String(length=128), nullable=False),
        sa.ForeignKeyConstraint(
            ["book_id"], ["address_books.id"], name=op.f("fk_contact_categories_book_id_address_books")
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contacts.id"], name=op.f("fk_contact_categories_contact_id_contacts")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_categories")),
    )
    with op.batch_alter_table("contact_categories", schema=None) as batch_op:
        batch_op.create_index("ix_contact_categories_book_id_name", ["book_id", "name"], unique=False)
        batch_op.create_index("ix_contact_categories_contact_id", ["contact_id"], unique=False)

    op.create_table(
        "contact_versions",
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), nullable=False),
        sa.Column("card", sa.LargeBinary(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
        sa.Column("changed_by", sa.String(length=128), nullable=False),
        sa.Column("action", sa.String(length=16), nullable=False),
        sa.Column("batch_id", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_versions_contact_id_contacts")),
        sa.PrimaryKeyConstraint("contact_id", "revision", name=op.f("pk_contact_versions")),
    )
    with op.batch_alter_table("contact_versions", schema=None) as batch_op:
        batch_op.create_index(
            "ix_contact_versions_batch_id",
            ["batch_id"],
            unique=False,
            sqlite_where=sa.text("batch_id IS NOT NULL"),
            postgresql_where=sa.text("batch_id IS NOT NULL"),
        )

    op.create_table(
        "contact_words",
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "word", sa.String(length=64).with_variant(sa.String(length=64, collation="C"), "postgresql"), nullable=False
        ),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["address_books.id"], name=op.f("fk_contact_words_book_id_address_books")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_contact_words_contact_id_contacts")),
        sa.PrimaryKeyConstraint("book_id", "word", "contact_id", name=op.f("pk_contact_words")),
        sqlite_with_rowid=False,
    )
    with op.batch_alter_table("contact_words", schema=None) as batch_op:
        batch_op.create_index("ix_contact_words_contact_id", ["contact_id"], unique=False)

    op.create_table(
        "sync_maps",
        sa.Column("sync_device_id", sa.BigInteger(), nullable=False),
        sa.Column("book_id", sa.BigInteger(), nullable=False),
        sa.Column("luid", sa.String(length=255), nullable=False),
        sa.Column("contact_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.BigInteger(), server_default="0", nullable=False),
        sa.ForeignKeyConstraint(["book_id"], ["address_books.id"], name=op.f("fk_sync_maps_book_id_address_books")),
        sa.ForeignKeyConstraint(["contact_id"], ["contacts.id"], name=op.f("fk_sync_maps_contact_id_contacts")),
        sa.ForeignKeyConstraint(
            ["sync_device_id"], ["sync_devices.id"], name=op.f("fk_sync_maps_sync_device_id_sync_devices")
        ),
        sa.PrimaryKeyConstraint("sync_device_id", "book_id", "luid", name=op.f("pk_sync_maps")),
        sa.UniqueConstraint(
            "sync_device_id", "book_id", "contact_id", name=op.f("uq_sync_maps_sync_device_id_book_id_contact_id")
        ),
    )
    with op.batch_alter_table("sync_maps", schema=None) as batch_op:
        batch_op.create_index("ix_sync_maps_contact_id", ["contact_id"], unique=False)

    _write_people(people)


def _read_people() -> list[tuple[sa.Row[Any], list[str], list[str]]]:
    read = op.get_bind().execute
    mails: dict[int, list[str]] = {}
    for row in read(sa.text("SELECT contact_id, address FROM contact_mails ORDER BY id")):
        mails.setdefault(row.contact_id, []).append(row.address)
    numbers: dict[int, list[str]] = {}
    for row in read(sa.text("SELECT contact_id, number FROM contact_numbers ORDER BY id")):
        numbers.setdefault(row.contact_id, []).append(row.number)
    return [
        (row, mails.get(row.id, []), numbers.get(row.id, []))
        for row in read(sa.text("SELECT id, account_id, name, created_ms FROM contacts ORDER BY account_id, id"))
    ]


def _write_people(people: list[tuple[sa.Row[Any], list[str], list[str]]]) -> None:
    """A book for each member, under the id of its first contact; its words come with `caiyou book index`."""
    run = op.get_bind().execute
    books: dict[int, dict[str, Any]] = {}
    rows, mail_rows, number_rows = [], [], []
    for person, mails, numbers in people:
        book = books.setdefault(
            person.account_id,
            {"id": person.id, "account_id": person.account_id, "revision": 0, "octets": 0, "now": person.created_ms},
        )
        book["revision"] += 1
        card = _card(person, mails, numbers)
        book["octets"] += len(card)
        rows.append(
            {
                "id": person.id,
                "book_id": book["id"],
                "account_id": person.account_id,
                "uid": str(person.id),
                "href": f"{person.id}.vcf",
                "card": card,
                "etag": hashlib.sha256(card).hexdigest()[:32],
                "revision": book["revision"],
                "size": len(card),
                "name": person.name,
                "sort_key": person.name.lower(),
                "now": person.created_ms,
            }
        )
        first = {"book_id": book["id"], "contact_id": person.id}
        mail_rows += [first | {"address": address} for address in mails]
        number_rows += [first | {"number": number, "key": _key(number)} for number in numbers]
    if not rows:
        return
    run(
        sa.text(
            "INSERT INTO address_books (id, scope, account_id, slug, name, revision, used_cards, used_octets,"
            " created_ms) VALUES (:id, 'personal', :account_id, 'contacts', 'Contacts', :revision, :revision, :octets,"
            " :now)"
        ),
        list(books.values()),
    )
    run(
        sa.text(
            "INSERT INTO contacts (id, book_id, account_id, uid, href, card, version, etag, revision, size_octets,"
            " name, sort_key, created_ms, changed_ms) VALUES (:id, :book_id, :account_id, :uid, :href, :card, '3.0',"
            " :etag, :revision, :size, :name, :sort_key, :now, :now)"
        ),
        rows,
    )
    for place, row in enumerate(mail_rows):
        run(
            sa.text(
                "INSERT INTO contact_mails (id, book_id, contact_id, address)"
                " VALUES (:id, :book_id, :contact_id, :address)"
            ),
            row | {"id": place + 1},
        )
    for place, row in enumerate(number_rows):
        run(
            sa.text(
                "INSERT INTO contact_numbers (id, book_id, contact_id, number, match_key)"
                " VALUES (:id, :book_id, :contact_id, :number, :key)"
            ),
            row | {"id": place + 1},
        )


def _key(number: str) -> str:
    return number[-7:] if number[:1] == "+" else f"*{number}"[:16]


def _card(person: sa.Row[Any], mails: list[str], numbers: list[str]) -> bytes:
    name = person.name.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")
    lines = ["BEGIN:VCARD", "VERSION:3.0", f"UID:{person.id}", f"FN:{name}", f"N:{name};;;;"]
    lines += [f"TEL;TYPE=CELL:{number}" for number in numbers]
    lines += [f"EMAIL;TYPE=INTERNET:{address}" for address in mails]
    return "".join(line + "\r\n" for line in [*lines, "END:VCARD"]).encode("utf-8", "replace")

"""Every table, for SQLite and PostgreSQL alike.

Times are Unix milliseconds in UTC (`…_ms`), ids come from `gateway.core.ids` and sort by time, states are the
words of `gateway.core.outbox.State`. A column that only a program reads holds JSON as text.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import TSVECTOR

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _id() -> Column[int]:
    return Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False)


def _ref(name: str, target: str, *, nullable: bool = False) -> Column[int]:
    return Column(name, BigInteger, ForeignKey(target), nullable=nullable)


# --- who ---------------------------------------------------------------------------------------------------

domains = Table(
    "domains",
    metadata,
    _id(),
    Column("name", String(255), nullable=False, unique=True),  # lower case, IDN as xn--
    Column("state", String(16), nullable=False, server_default="active"),  # active | suspended
    Column("language", String(8), nullable=False, server_default="zh"),
    Column("zone", String(64), nullable=False, server_default="Asia/Shanghai"),
    Column("phone_mail", Boolean, nullable=False, server_default=text("true")),  # number@domain becomes an SMS
    Column("created_ms", BigInteger, nullable=False),
    Column("delete_ms", BigInteger),  # when it is deleted for good with all its accounts; NULL = it stays
)

accounts = Table(
    "accounts",
    metadata,
    _id(),
    _ref("domain_id", "domains.id"),
    Column("name", String(64), nullable=False),  # local part, lower case
    Column("password_hash", String(255), nullable=False, server_default=""),  # argon2id; "" = no login
    Column("display_name", String(128), nullable=False, server_default=""),
    Column("state", String(16), nullable=False, server_default="active"),
    Column("language", String(8), nullable=False, server_default="zh"),
    Column("zone", String(64), nullable=False, server_default="Asia/Shanghai"),
    Column("sms_daily_cap", Integer, nullable=False, server_default="200"),  # SMS a day caused by this account
    Column("role", String(8), nullable=False, server_default="member"),  # member | domain | system
    Column("second_factor", String(8), nullable=False, server_default=""),  # "" | sms | totp
    Column("totp_secret", String(64), nullable=False, server_default=""),  # Base32
    Column("totp_step", BigInteger, nullable=False, server_default="0"),  # the newest whose code was used
    Column("created_ms", BigInteger, nullable=False),
    Column("delete_ms", BigInteger),  # when it is deleted for good; NULL = it stays
    UniqueConstraint("domain_id", "name"),
    Index(
        "ix_accounts_delete_ms",
        "delete_ms",
        sqlite_where=text("delete_ms IS NOT NULL"),
        postgresql_where=text("delete_ms IS NOT NULL"),
    ),
)

aliases = Table(
    "aliases",
    metadata,
    _id(),
    _ref("domain_id", "domains.id"),
    Column("name", String(64), nullable=False),  # local part; "*" catches all
    Column("target", String(320), nullable=False),  # an address, ours or elsewhere
    UniqueConstraint("domain_id", "name", "target"),
)

tokens = Table(
    "tokens",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of the secret, hex
    Column("name", String(64), nullable=False),
    Column("scopes", String(255), nullable=False),  # words divided by blanks
    Column("rate_per_s", Integer, nullable=False, server_default="0"),  # 0 = no limit
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger),
)

phones = Table(
    "phones",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("number", String(32), nullable=False),  # E.164
    Column("proved_ms", BigInteger),  # NULL until the code was given
    Column("code_digest", String(64)),
    Column("code_expires_ms", BigInteger),
    Column("code_tries", Integer, nullable=False, server_default="0"),
    Column("codes_sent", Integer, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "number"),
    Index("ix_phones_number", "number"),
)

stops = Table(  # who wants nothing from us any more; honoured until taken back by the phone itself
    "stops",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("stopped_ms", BigInteger, nullable=False),
    Column("word", String(32), nullable=False),  # what the phone wrote
    Column("inbox_id", BigInteger),
)

# --- address books -----------------------------------------------------------------------------------------

address_books = Table(
    "address_books",
    metadata,
    _id(),
    Column("scope", String(8), nullable=False),  # personal | domain | system
    _ref("account_id", "accounts.id", nullable=True),  # of a personal book
    _ref("domain_id", "domains.id", nullable=True),  # of a domain's book
    Column("slug", String(64), nullable=False),  # its name in addresses
    Column("name", String(128), nullable=False),
    Column("description", Text, nullable=False, server_default=""),
    Column("colour", String(16), nullable=False, server_default=""),
    Column("properties", Text, nullable=False, server_default="{}"),  # what clients keep with it, JSON
    Column("revision", BigInteger, nullable=False, server_default="0"),  # counts up with every change
    Column("floor_revision", BigInteger, nullable=False, server_default="0"),  # deletions up to here are forgotten
    Column("quota_cards", Integer, nullable=False, server_default="200000"),
    Column("quota_octets", BigInteger, nullable=False, server_default="1073741824"),
    Column("used_cards", Integer, nullable=False, server_default="0"),
    Column("used_octets", BigInteger, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "slug"),
    UniqueConstraint("domain_id", "slug"),
    Index(
        "ix_address_books_system",
        "slug",
        unique=True,
        sqlite_where=text("scope = 'system'"),
        postgresql_where=text("scope = 'system'"),
    ),
)

book_shares = Table(  # who else may read or write a book; of a domain's or the system's book: who may write
    "book_shares",
    metadata,
    Column("book_id", BigInteger, ForeignKey("address_books.id"), primary_key=True),
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True),
    Column("writable", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_book_shares_account_id", "account_id"),
)

contacts = Table(  # a deleted one stays a year as a row without a card, so that every device hears of it
    "contacts",
    metadata,
    _id(),
    _ref("book_id", "address_books.id"),
    _ref("account_id", "accounts.id", nullable=True),  # whose book it is
    Column("uid", String(255), nullable=False),
    Column("href", String(255), nullable=False),  # its name in the book's address
    Column("card", LargeBinary, nullable=False),  # as it was given, octet for octet
    Column("version", String(4), nullable=False),  # of vCard: 2.1 | 3.0 | 4.0
    Column("etag", String(64), nullable=False),  # digest of the card
    Column("revision", BigInteger, nullable=False),  # that of the book at its last change
    Column("size_octets", Integer, nullable=False),
    Column("kind", String(16), nullable=False, server_default="individual"),  # individual | group
    Column("name", String(255), nullable=False),
    Column("sort_key", String(255), nullable=False, server_default=""),  # pinyin of Chinese names, lower case
    Column("organisation", String(255), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("changed_by", String(128), nullable=False, server_default=""),  # the device or door
    Column("action", String(16), nullable=False, server_default="created"),  # what the last change was
    Column("batch_id", BigInteger),  # the import that made the last change
    Column("deleted", Boolean, nullable=False, server_default=text("false")),
    UniqueConstraint("book_id", "href"),
    Index("ix_contacts_gone", "changed_ms", sqlite_where=text("deleted = 1"), postgresql_where=text("deleted")),
    Index(
        "ix_contacts_groups",
        "book_id",
        "name",
        sqlite_where=text("kind = 'group' AND deleted = 0"),
        postgresql_where=text("kind = 'group' AND NOT deleted"),
    ),
    Index("ix_contacts_book_id_revision", "book_id", "revision"),
    Index("ix_contacts_book_id_sort_key", "book_id", "sort_key"),
    Index(
        "ix_contacts_uid",
        "book_id",
        "uid",
        unique=True,
        sqlite_where=text("deleted = 0"),
        postgresql_where=text("NOT deleted"),
    ),
    Index(
        "ix_contacts_batch_id",
        "batch_id",
        sqlite_where=text("batch_id IS NOT NULL"),
        postgresql_where=text("batch_id IS NOT NULL"),
    ),
)

contact_versions = Table(  # what a contact was before its last change
    "contact_versions",
    metadata,
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), primary_key=True),
    Column("revision", BigInteger, primary_key=True),
    Column("card", LargeBinary, nullable=False),  # empty where it was deleted
    Column("changed_ms", BigInteger, nullable=False),
    Column("changed_by", String(128), nullable=False),
    Column("action", String(16), nullable=False),
    Column("batch_id", BigInteger),
    Index(
        "ix_contact_versions_batch_id",
        "batch_id",
        sqlite_where=text("batch_id IS NOT NULL"),
        postgresql_where=text("batch_id IS NOT NULL"),
    ),
)

contact_mails = Table(
    "contact_mails",
    metadata,
    _id(),
    _ref("book_id", "address_books.id"),
    _ref("contact_id", "contacts.id"),
    Column("address", String(320), nullable=False),  # lower case
    Index("ix_contact_mails_book_id_address", "book_id", "address"),
    Index("ix_contact_mails_contact_id", "contact_id"),
)

contact_numbers = Table(
    "contact_numbers",
    metadata,
    _id(),
    _ref("book_id", "address_books.id"),
    _ref("contact_id", "contacts.id"),
    Column("number", String(32), nullable=False),  # E.164, or a service number as it is dialled
    Column("match_key", String(16), nullable=False),  # its last digits: how it is found however it was written
    Column("mobile", Boolean, nullable=False, server_default=text("true")),
    Index("ix_contact_numbers_book_id_match_key", "book_id", "match_key"),
    Index("ix_contact_numbers_contact_id", "contact_id"),
)

contact_categories = Table(
    "contact_categories",
    metadata,
    _id(),
    _ref("book_id", "address_books.id"),
    _ref("contact_id", "contacts.id"),
    Column("name", String(128), nullable=False),
    Index("ix_contact_categories_book_id_name", "book_id", "name"),
    Index("ix_contact_categories_contact_id", "contact_id"),
)

contacts_apart = Table(  # pairs that look like one person, of which somebody said that they are two
    "contacts_apart",
    metadata,
    Column("first_id", BigInteger, ForeignKey("contacts.id"), primary_key=True),  # the smaller id
    Column("second_id", BigInteger, ForeignKey("contacts.id"), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("address_books.id"), nullable=False),
    Index("ix_contacts_apart_book_id", "book_id"),
    Index("ix_contacts_apart_second_id", "second_id"),
)

contact_words = Table(  # beginnings by which a contact is completed: names, pinyin, initials, numbers, mails
    "contact_words",
    metadata,
    Column("book_id", BigInteger, ForeignKey("address_books.id"), primary_key=True),
    Column("word", String(64).with_variant(String(64, collation="C"), "postgresql"), primary_key=True),
    Column("contact_id", BigInteger, ForeignKey("contacts.id"), primary_key=True),
    Index("ix_contact_words_contact_id", "contact_id"),
    sqlite_with_rowid=False,
)

sync_devices = Table(
    "sync_devices",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("device_id", String(255), nullable=False),  # what it calls itself: IMEI:… or of its own making
    Column("name", String(128), nullable=False, server_default=""),  # what the member calls it
    Column("number", String(32)),  # where it takes SMS
    Column("man", String(128), nullable=False, server_default=""),
    Column("mod", String(128), nullable=False, server_default=""),
    Column("sw", String(128), nullable=False, server_default=""),
    Column("devinf", Text, nullable=False, server_default="{}"),  # what it can hold, JSON
    Column("secret", String(255), nullable=False, server_default=""),
    Column("nonce", String(64), nullable=False, server_default=""),
    Column("session", Text, nullable=False, server_default=""),  # a session that was broken off, JSON
    Column("created_ms", BigInteger, nullable=False),
    Column("last_seen_ms", BigInteger),
    UniqueConstraint("account_id", "device_id"),
)

sync_anchors = Table(
    "sync_anchors",
    metadata,
    Column("sync_device_id", BigInteger, ForeignKey("sync_devices.id"), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("address_books.id"), primary_key=True),
    Column("client_last", String(255), nullable=False, server_default=""),
    Column("client_next", String(255), nullable=False, server_default=""),
    Column("server_last", String(64), nullable=False, server_default=""),
    Column("server_next", String(64), nullable=False, server_default=""),
    Column("server_revision", BigInteger, nullable=False, server_default="0"),
    Column("synced_ms", BigInteger),
)

sync_maps = Table(
    "sync_maps",
    metadata,
    Column("sync_device_id", BigInteger, ForeignKey("sync_devices.id"), primary_key=True),
    Column("book_id", BigInteger, ForeignKey("address_books.id"), primary_key=True),
    Column("luid", String(255), primary_key=True),
    _ref("contact_id", "contacts.id"),
    Column("revision", BigInteger, nullable=False, server_default="0"),  # the contact's, as the device has it
    UniqueConstraint("sync_device_id", "book_id", "contact_id"),
    Index("ix_sync_maps_contact_id", "contact_id"),
)

import_batches = Table(
    "import_batches",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    _ref("book_id", "address_books.id"),
    Column("file_name", String(255), nullable=False),
    Column("format", String(32), nullable=False, server_default=""),
    Column("blob", String(128), nullable=False, server_default=""),  # the file, until it is imported
    Column("mapping", Text, nullable=False, server_default="{}"),  # JSON
    Column("state", String(16), nullable=False),  # waiting | running | done | failed | undone
    Column("counts", Text, nullable=False, server_default="{}"),  # JSON
    Column("done_rows", Integer, nullable=False, server_default="0"),
    Column("all_rows", Integer, nullable=False, server_default="0"),
    Column("reason", Text, nullable=False, server_default=""),  # why it failed
    Column("created_ms", BigInteger, nullable=False),
    Column("finished_ms", BigInteger),
    Column("undone_ms", BigInteger),
    Index("ix_import_batches_account_id", "account_id"),
    Index(
        "ix_import_batches_open",
        "id",
        sqlite_where=text("state IN ('waiting', 'running')"),
        postgresql_where=text("state IN ('waiting', 'running')"),
    ),
)

import_mappings = Table(  # which column is which field, by the header of the file
    "import_mappings",
    metadata,
    Column("account_id", BigInteger, ForeignKey("accounts.id"), primary_key=True),
    Column("header_digest", String(64), primary_key=True),
    Column("mapping", Text, nullable=False),  # JSON
    Column("used_ms", BigInteger, nullable=False),
)

dav_clients = Table(  # programs that came over CardDAV; the fields of gateway.core.dav_clients.DavClient
    "dav_clients",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("password_id", BigInteger, nullable=False),  # a token; 0 for the member's own password
    Column("agent", String(64), nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Column("synced_ms", BigInteger, nullable=False),
    Column("trouble", String(16), nullable=False),  # "" for none
    Column("trouble_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "password_id", "agent"),
)

# --- mail --------------------------------------------------------------------------------------------------

mailboxes = Table(
    "mailboxes",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("quota_octets", BigInteger, nullable=False, server_default="1073741824"),
    Column("used_octets", BigInteger, nullable=False, server_default="0"),
    Column("used_count", BigInteger, nullable=False, server_default="0"),
    UniqueConstraint("account_id"),
)

folders = Table(
    "folders",
    metadata,
    _id(),
    _ref("mailbox_id", "mailboxes.id"),
    Column("name", String(255), nullable=False),  # "INBOX", "Sent", "SMS" …
    UniqueConstraint("mailbox_id", "name"),
)

mails = Table(
    "mails",
    metadata,
    _id(),
    _ref("mailbox_id", "mailboxes.id"),
    _ref("folder_id", "folders.id"),
    Column("kind", String(8), nullable=False, server_default="mail"),  # mail | sms | mms | card
    Column("flags", String(16), nullable=False, server_default=""),  # Maildir letters: D F P R S T
    Column("sender", String(320), nullable=False),  # address of From
    Column("sender_name", String(255), nullable=False, server_default=""),
    Column("subject", String(1000), nullable=False),
    Column("date_ms", BigInteger, nullable=False),  # of the Date header, else of arrival
    Column("received_ms", BigInteger, nullable=False),
    Column("size_octets", BigInteger, nullable=False),
    Column("message_id", String(998), nullable=False, server_default=""),  # the header, with < >
    Column("thread_id", BigInteger, nullable=False),  # id of the first mail of the conversation in this mailbox
    Column("envelope_sender", String(320), nullable=False, server_default=""),
    Column("envelope_recipient", String(320), nullable=False, server_default=""),
    Column("blob", String(64), nullable=False),  # where the bytes are, below the blob directory
    Column("file_name", String(128), nullable=False),  # base name in the Maildir
    Column("placed", Boolean, nullable=False, server_default=text("false")),  # the Maildir link exists
    # The gist, which is read from the body some time after it was filed.
    Column("snippet", String(160), nullable=False, server_default=""),  # how the text begins
    Column("recipients", String(255), nullable=False, server_default=""),  # shown names of To and Cc
    Column("attachment_count", Integer, nullable=False, server_default="-1"),  # -1 = nobody has looked yet
    Index("ix_mails_folder_id_date_ms", "folder_id", "date_ms"),
    Index("ix_mails_mailbox_id_message_id", "mailbox_id", "message_id"),
    Index("ix_mails_mailbox_id_thread_id", "mailbox_id", "thread_id"),
    Index(
        "ix_mails_unread",
        "folder_id",
        "date_ms",
        sqlite_where=text("instr(flags, 'S') = 0"),
        postgresql_where=text("strpos(flags, 'S') = 0"),
    ),
    Index(
        "ix_mails_starred",
        "folder_id",
        "date_ms",
        sqlite_where=text("instr(flags, 'F') > 0"),
        postgresql_where=text("strpos(flags, 'F') > 0"),
    ),
    Index(
        "ix_mails_with_attachments",
        "folder_id",
        "date_ms",
        sqlite_where=text("attachment_count > 0"),
        postgresql_where=text("attachment_count > 0"),
    ),
    Index(
        "ix_mails_of_phones",
        "folder_id",
        "date_ms",
        sqlite_where=text("kind != 'mail'"),
        postgresql_where=text("kind != 'mail'"),
    ),
    Index(
        "ix_mails_without_gist",
        "mailbox_id",
        "id",
        sqlite_where=text("attachment_count = -1"),
        postgresql_where=text("attachment_count = -1"),
    ),
    Index("ix_mails_unplaced", "id", sqlite_where=text("placed = 0"), postgresql_where=text("NOT placed")),
)

mail_words = Table(  # what mails are found by, on PostgreSQL; with SQLite it has a file of its own
    "mail_words",
    metadata,
    Column("mail_id", BigInteger, primary_key=True, autoincrement=False),
    Column("words", Text().with_variant(TSVECTOR(), "postgresql"), nullable=False),  # of gateway.core.search_words
    Index("ix_mail_words_words", "words", postgresql_using="gin"),
)

rules = Table(
    "rules",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column(
        "kind", String(16), nullable=False
    ),  # arrival (notice on arrival) | send (notice on send) | filter | away | forward
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("position", Integer, nullable=False, server_default="0"),
    Column(
        "settings", Text, nullable=False
    ),  # JSON of mail2sms.rules.Rule, gateway.core.filters.Filter, gateway.core.away
    Index("ix_rules_account_id", "account_id"),
)

notices = Table(  # what was told to which phone about which mail: for caps, threads and replies
    "notices",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("number", String(32), nullable=False),  # the phone that was told, E.164
    Column("mail_id", BigInteger, nullable=False),
    Column("thread_id", BigInteger, nullable=False),
    Column("message_id", BigInteger),  # the SMS in the outbox; NULL while held for a digest
    Column("reply_to", String(320), nullable=False),  # where a reply by SMS goes
    Column("extension", String(16), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),  # sent | held | digested | dropped
    Column("due_ms", BigInteger, nullable=False, server_default="0"),  # when a held one is to go out
    Column("reason", String(32), nullable=False, server_default=""),  # why it is held or was dropped
    Column("made_ms", BigInteger, nullable=False),
    Index("ix_notices_number_made_ms", "number", "made_ms"),
    Index("ix_notices_account_id_made_ms", "account_id", "made_ms"),
    Index("ix_notices_message_id", "message_id"),
    Index(
        "ix_notices_held",
        "due_ms",
        sqlite_where=text("state = 'held'"),
        postgresql_where=text("state = 'held'"),
    ),
)

relay = Table(  # the part of the outbox that holds mail: one row per envelope recipient
    "relay",
    metadata,
    _id(),
    Column("account_id", BigInteger, nullable=False, server_default="0"),
    Column("mail_id", BigInteger),
    Column("state", String(16), nullable=False),
    Column("sender", String(320), nullable=False),  # envelope sender; "" = a bounce, never bounced itself
    Column("recipient", String(320), nullable=False),
    Column("domain", String(255), nullable=False),
    Column("blob", String(64), nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("lease_by", String(64), nullable=False, server_default=""),
    Column("lease_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("answer", String(512), nullable=False, server_default=""),  # the last words of the other server
    Column("created_ms", BigInteger, nullable=False),
    Index(
        "ix_relay_due",
        "due_ms",
        sqlite_where=text("state IN ('queued', 'sending')"),
        postgresql_where=text("state IN ('queued', 'sending')"),
    ),
)

# --- messages to and from phones -----------------------------------------------------------------------------

outbox = Table(
    "outbox",
    metadata,
    _id(),
    Column("account_id", BigInteger, nullable=False),  # 0 = the hub itself
    Column("key", String(128)),  # idempotency key of the one who asked
    Column("purpose", String(16), nullable=False),
    Column("state", String(16), nullable=False),
    Column("link", String(32), nullable=False, server_default=""),  # "" = no route yet
    Column("priority", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Column("sender", String(32), nullable=False, server_default=""),
    Column("recipient", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("alphabet", String(8), nullable=False),
    Column("segments", Integer, nullable=False),
    Column("want_report", Boolean, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("maybe_twice", Boolean, nullable=False, server_default=text("false")),
    Column("lease_by", String(64), nullable=False, server_default=""),
    Column("tried", String(255), nullable=False, server_default=""),  # links that refused it, divided by blanks
    Column("code", String(64), nullable=False, server_default=""),  # the last word of a carrier
    Column("mail_id", BigInteger),
    Column("tag", String(128), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Column("settled_ms", BigInteger),
    # What was asked for, where the rules of the link made something else of it: rules of another link start from it.
    Column("asked_text", Text),
    Column("asked_sender", String(32)),
    Column("kind", String(8), nullable=False, server_default="sms"),  # sms | data | mms
    Column("data", LargeBinary),  # of a data SMS: its octets without header
    Column("port", Integer),  # of a data SMS: where it goes to on the phone, and where it says that it comes from
    Column("source_port", Integer),
    Column("blob", String(64), nullable=False, server_default=""),  # of an MMS: what is sent, a body of ours
    Index(
        "ix_outbox_ready",
        "link",
        "priority",
        "due_ms",
        "id",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
    Index(
        "ix_outbox_open",
        "state",
        "due_ms",
        sqlite_where=text("state IN ('sending', 'uncertain')"),
        postgresql_where=text("state IN ('sending', 'uncertain')"),
    ),
    Index(
        "uq_outbox_account_id_key",
        "account_id",
        "key",
        unique=True,
        sqlite_where=text("key IS NOT NULL"),
        postgresql_where=text("key IS NOT NULL"),
    ),
    Index("ix_outbox_recipient_id", "recipient", "id"),
    Index(
        "ix_outbox_mail_id",
        "mail_id",
        sqlite_where=text("mail_id IS NOT NULL"),
        postgresql_where=text("mail_id IS NOT NULL"),
    ),
)

segments = Table(
    "segments",
    metadata,
    Column("message_id", BigInteger, primary_key=True),
    Column("number", Integer, primary_key=True),  # from 1
    Column("state", String(16), nullable=False),
    Column("link_group", String(32), nullable=False),
    Column("carrier_id", String(65)),  # NULL until accepted
    Column("code", String(64), nullable=False, server_default=""),
    Column("answered_ms", BigInteger),
    Column("settled_ms", BigInteger),
    Index(
        "ix_segments_carrier_id",
        "carrier_id",
        "link_group",
        sqlite_where=text("carrier_id IS NOT NULL"),
        postgresql_where=text("carrier_id IS NOT NULL"),
    ),
    sqlite_with_rowid=False,
)

segment_aliases = Table(  # other forms under which a carrier may report a segment (hexadecimal, decimal …)
    "segment_aliases",
    metadata,
    Column("link_group", String(32), primary_key=True),
    Column("carrier_id", String(65), primary_key=True),
    Column("message_id", BigInteger, primary_key=True),
    Column("number", Integer, nullable=False),
    sqlite_with_rowid=False,
)

reports = Table(
    "reports",
    metadata,
    _id(),
    Column("link_group", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("carrier_id", String(65), nullable=False),
    Column("recipient", String(32), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),  # ReportState
    Column("code", String(64), nullable=False),
    Column("text", Text, nullable=False, server_default=""),
    Column("message_id", BigInteger),  # NULL = parked: it came before the answer, or is unknown
    Column("number", Integer),
    Column("received_ms", BigInteger, nullable=False),
    Index(
        "ix_reports_parked",
        "carrier_id",
        "link_group",
        sqlite_where=text("message_id IS NULL"),
        postgresql_where=text("message_id IS NULL"),
    ),
    Index(
        "ix_reports_message_id",
        "message_id",
        sqlite_where=text("message_id IS NOT NULL"),
        postgresql_where=text("message_id IS NOT NULL"),
    ),
)

inbox = Table(
    "inbox",
    metadata,
    _id(),
    Column("link_group", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("carrier_id", String(65)),  # NULL where the protocol has none
    Column("fingerprint", String(64), nullable=False),  # what a resend would repeat
    Column("sender", String(32), nullable=False),  # E.164 where known
    Column("recipient", String(32), nullable=False),
    Column("text", Text, nullable=False),
    Column("reference", Integer),  # of a long SMS; NULL when whole
    Column("number", Integer),
    Column("total", Integer),
    Column("state", String(16), nullable=False),  # part | whole | joined | failed
    Column("kind", String(8), nullable=False, server_default="sms"),  # sms | mms
    Column("blob", String(64), nullable=False, server_default=""),  # of an MMS: the letter it was filed as
    Column("joined_id", BigInteger),  # for a part: the whole it went into
    Column("received_ms", BigInteger, nullable=False),
    Index("ix_inbox_fingerprint", "fingerprint", "link_group"),
    Index(
        "ix_inbox_parts",
        "link_group",
        "sender",
        "reference",
        sqlite_where=text("state = 'part'"),
        postgresql_where=text("state = 'part'"),
    ),
    Index("ix_inbox_sender_id", "sender", "id"),
)

failed_reactions = Table(  # a reaction that failed is undone, kept here and tried again
    "failed_reactions",
    metadata,
    _id(),
    Column("reaction", String(64), nullable=False),
    Column("event", Text, nullable=False),  # JSON
    Column("error", String(512), nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("due_ms", BigInteger, nullable=False),  # 0 = given up
    Column("made_ms", BigInteger, nullable=False),
    Index("ix_failed_reactions_due_ms", "due_ms"),
)

links = Table(  # what is known of each carrier link; the lease says which process owns it
    "links",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("link_group", String(32), nullable=False),
    Column("protocol", String(16), nullable=False),
    Column("state", String(16), nullable=False),  # down | connecting | up | paused
    Column("lease_by", String(64), nullable=False, server_default=""),
    Column("lease_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("since_ms", BigInteger, nullable=False, server_default="0"),
    Column("last_error", String(255), nullable=False, server_default=""),
    Column("figures", Text, nullable=False, server_default="{}"),  # JSON, written by the owner of the lease
)

link_orders = Table(  # what operators want of a link while the hub runs
    "link_orders",
    metadata,
    Column("name", String(32), primary_key=True),
    Column("options", Text, nullable=False, server_default=""),  # JSON of its [[link]] table; "" = it is in the file
    Column("wish", String(16), nullable=False, server_default="run"),  # gateway.core.link_orders.Wish
    Column("revision", BigInteger, nullable=False),  # another one when the options have changed
    Column("added_ms", BigInteger, nullable=False),
    Column("move_to", Integer),  # number of the process that shall serve it
    Column("moved_ms", BigInteger, nullable=False, server_default="0"),
    Column("trace_file", String(1024), nullable=False, server_default=""),  # "" = its octets are not written down
    Column("trace_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("trace_octets", BigInteger, nullable=False, server_default="0"),  # most the file may hold
    Column("trace_mask", Boolean, nullable=False, server_default=text("false")),  # texts and numbers too
)

alarms = Table(  # what is or was wrong, one row for each thing that can be
    "alarms",
    metadata,
    Column("key", String(128), primary_key=True),  # kind and subject
    Column("kind", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("detail", String(255), nullable=False, server_default=""),
    Column("state", String(16), nullable=False),  # gateway.core.alarms.AlarmState
    Column("by_name", Boolean, nullable=False),  # raised and cleared by a part of the hub, not seen by the watch
    Column("since_ms", BigInteger, nullable=False),  # when it began
    Column("well_ms", BigInteger, nullable=False, server_default="0"),  # since when it is well again
    Column("told_ms", BigInteger, nullable=False, server_default="0"),
    Column("tellings", Integer, nullable=False, server_default="0"),
)

alarm_calls = Table(  # what is still to be told to the operators' own program
    "alarm_calls",
    metadata,
    _id(),
    Column("body", Text, nullable=False),  # JSON, sent as it is
    Column("due_ms", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
)

routes = Table(
    "routes",
    metadata,
    _id(),
    Column("prefix", String(32), nullable=False),
    Column("link", String(32), nullable=False),
    Column("cost", BigInteger, nullable=False, server_default="0"),
    Column("preference", Integer, nullable=False, server_default="0"),
    Column("weight", Integer, nullable=False, server_default="1"),
    # Conditions beside the prefix; "" and 0 ask for nothing.
    Column("operator", String(16), nullable=False, server_default=""),
    Column("country", String(8), nullable=False, server_default=""),
    Column("sender", String(32), nullable=False, server_default=""),
    Column("account_id", BigInteger, nullable=False, server_default="0"),
    Column("purpose", String(16), nullable=False, server_default=""),
    Column("tag", String(128), nullable=False, server_default=""),
    Column("hours", String(96), nullable=False, server_default=""),  # as gateway.core.hours reads it
    UniqueConstraint(
        "prefix", "link", "operator", "country", "sender", "account_id", "purpose", "tag", "hours", name="uq_routes"
    ),
)

ledger = Table(  # one line per billable fact; never changed, only added to
    "ledger",
    metadata,
    _id(),
    Column("at_ms", BigInteger, nullable=False),
    Column("account_id", BigInteger, nullable=False),
    Column("fact", String(16), nullable=False),  # sms-sent | sms-received | mail-stored | refund
    Column("message_id", BigInteger, nullable=False),
    Column("segment", Integer, nullable=False, server_default="0"),
    Column("link", String(32), nullable=False, server_default=""),
    Column("party", String(320), nullable=False, server_default=""),  # the other side: number or address
    Column("units", BigInteger, nullable=False),  # segments, or octets for mail
    Column("price", BigInteger, nullable=False, server_default="0"),  # millionths of the currency unit
    Index("ix_ledger_account_id_at_ms", "account_id", "at_ms"),
)

timeline = Table(  # the story of a message or mail, one row a step
    "timeline",
    metadata,
    Column("subject_id", BigInteger, primary_key=True),  # message, mail, inbox or relay id
    Column("id", BigInteger, primary_key=True),
    Column("at_ms", BigInteger, nullable=False),
    Column("step", String(24), nullable=False),
    Column("detail", Text, nullable=False, server_default=""),  # words for people, no texts of messages
    sqlite_with_rowid=False,
)

webhooks = Table(
    "webhooks",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("url", String(1024), nullable=False),
    Column("secret", String(128), nullable=False),
    Column("events", String(255), nullable=False),  # words divided by blanks: state mo
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_webhooks_account_id", "account_id"),
)

webhook_calls = Table(  # what is still to be told to a webhook
    "webhook_calls",
    metadata,
    _id(),
    _ref("webhook_id", "webhooks.id"),
    Column("body", Text, nullable=False),  # JSON, sent as it is
    Column("state", String(16), nullable=False),  # queued | delivered | failed
    Column("due_ms", BigInteger, nullable=False),
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("answer", String(255), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Index(
        "ix_webhook_calls_due",
        "due_ms",
        sqlite_where=text("state = 'queued'"),
        postgresql_where=text("state = 'queued'"),
    ),
)

# --- routing: whose a number is, who may be written to, and what a link asks for ------------------------------------

number_ranges = Table(  # what `caiyou number import` read; it goes before the table that comes with the hub
    "number_ranges",
    metadata,
    Column("prefix", String(32), primary_key=True),
    Column("country", String(8), nullable=False),
    Column("operator", String(16), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("source", String(128), nullable=False),
    Column("dated", String(10), nullable=False),  # YYYY-MM-DD
)

ported_numbers = Table(  # numbers that took another operator with them (携号转网)
    "ported_numbers",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("id", BigInteger, nullable=False),  # new with every change: who has read up to it reads on from there
    Column("operator", String(16), nullable=False),  # "" = back at the operator of its range
    Column("source", String(128), nullable=False),
    Column("dated", String(10), nullable=False),
    Index("ix_ported_numbers_id", "id"),
)

number_lists = Table(  # who must not be written to (black), or alone may be (white)
    "number_lists",
    metadata,
    _id(),
    Column("kind", String(8), nullable=False),  # black | white
    Column("scope", String(8), nullable=False),  # hub | domain | account
    Column("scope_id", BigInteger, nullable=False, server_default="0"),
    Column("pattern", String(32), nullable=False),  # a number, or its beginning with * behind
    Column("reason", String(255), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    UniqueConstraint("kind", "scope", "scope_id", "pattern"),
)

link_profiles = Table(  # what a link can carry and asks of senders and texts
    "link_profiles",
    metadata,
    Column("link", String(32), primary_key=True),
    Column("settings", Text, nullable=False),  # JSON of gateway.core.profiles.Profile
)

link_templates = Table(  # texts a carrier has approved, with places to fill
    "link_templates",
    metadata,
    _id(),
    Column("link", String(32), nullable=False),
    Column("pattern", Text, nullable=False),
    Index("ix_link_templates_link", "link"),
)

forbidden_words = Table(
    "forbidden_words",
    metadata,
    Column("word", String(64), primary_key=True),
    Column("created_ms", BigInteger, nullable=False),
)

rate_limits = Table(  # how fast messages may go to a destination, or out for an account
    "rate_limits",
    metadata,
    _id(),
    Column("kind", String(16), nullable=False),  # account | operator | prefix
    Column("value", String(32), nullable=False),  # account id, operator, prefix
    Column("per_s", Float, nullable=False),  # segments a second
    Column("burst", Integer, nullable=False, server_default="1"),
    UniqueConstraint("kind", "value"),
)

link_health = Table(  # as the process that serves the link sees it, for other processes to show
    "link_health",
    metadata,
    Column("link", String(32), primary_key=True),
    Column("operator", String(16), primary_key=True),  # "" = the link as a whole
    Column("breaker", String(16), nullable=False),  # closed | open | half-open
    Column("score", Integer, nullable=False),  # 0-100
    Column("figures", Text, nullable=False),  # JSON, for people
    Column("noted_ms", BigInteger, nullable=False),
)

routing_version = Table(  # one row; counts up with every change of what the router has to know
    "routing_version",
    metadata,
    _id(),
    Column("version", BigInteger, nullable=False),
)

# --- who sends through us over SMPP and CMPP ----------------------------------------------------------------

peers = Table(
    "peers",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("name", String(16), nullable=False, unique=True),  # system_id, SP_Id
    Column("secret", String(64), nullable=False),  # in clear: CMPP proves it by a digest of it
    Column("protocols", String(32), nullable=False),  # words divided by blanks, as in all lists here
    Column("networks", Text, nullable=False, server_default=""),
    Column("binds", Integer, nullable=False),
    Column("window_size", Integer, nullable=False),
    Column("rate_per_s", Integer, nullable=False),  # 0 = no limit
    Column("balance", BigInteger),  # segments still paid for; NULL = not counted
    Column("refund", Boolean, nullable=False, server_default=text("false")),
    Column("senders", Text, nullable=False, server_default=""),
    Column("forced_sender", String(21), nullable=False, server_default=""),
    Column("prefixes", Text, nullable=False, server_default=""),
    Column("numbers", Text, nullable=False, server_default=""),  # what phones write to these goes to the peer
    Column("alphabet", String(8), nullable=False),
    Column("callback", String(300), nullable=False, server_default=""),  # MM7: where it is called
    Column("enabled", Boolean, nullable=False, server_default=text("true")),
    Column("lease_by", String(128), nullable=False, server_default=""),  # the process that delivers to it
    Column("lease_ms", BigInteger, nullable=False, server_default="0"),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_peers_account_id", "account_id"),
)

peer_submits = Table(  # ids handed out whose end is still to be told or counted, and parts that wait for the others
    "peer_submits",
    metadata,
    _id(),
    Column("peer_id", BigInteger, nullable=False),
    Column("handed", String(20), nullable=False),  # the id the peer was answered with, in decimal
    Column("message_id", BigInteger),  # NULL while it is a part that waits
    Column("recipient", String(32), nullable=False),
    Column("sender", String(32), nullable=False),
    Column("reference", Integer),
    Column("total", Integer),
    Column("number", Integer),
    Column("text", Text, nullable=False),  # of a part that waits; else the beginning, for the receipt
    Column("report", Integer, nullable=False),  # 0 none, 1 every end, 2 failures, 3 success
    Column("units", Integer, nullable=False),  # taken from the balance
    Column("terms", Text, nullable=False),  # JSON: addresses as they came, times
    Column("submitted_ms", BigInteger, nullable=False),
    Index("ix_peer_submits_message_id", "message_id"),
    Index(
        "ix_peer_submits_part",
        "peer_id",
        "recipient",
        "reference",
        sqlite_where=text("message_id IS NULL"),
        postgresql_where=text("message_id IS NULL"),
    ),
)

peer_deliveries = Table(  # reports and SMS from phones on their way to a peer
    "peer_deliveries",
    metadata,
    _id(),
    Column("peer_id", BigInteger, nullable=False),
    Column("body", Text, nullable=False),  # JSON
    Column("attempt", Integer, nullable=False, server_default="0"),
    Column("due_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_peer_deliveries_peer_id_id", "peer_id", "id"),
)

# --- what comes at its time ----------------------------------------------------------------------------------

reminders = Table(  # the fields of gateway.core.reminders.Reminder
    "reminders",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("number", String(32), nullable=False),  # E.164
    Column("text", Text, nullable=False),
    Column("start", String(32), nullable=False),  # ISO 8601, local
    Column("rule", String(200), nullable=False, server_default=""),
    Column("zone", String(64), nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("handled_ms", BigInteger, nullable=False),
    Column("state", String(16), nullable=False),  # active | ended | stopped
    Column("reason", String(64), nullable=False, server_default=""),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_reminders_account_id", "account_id"),
    Index(
        "ix_reminders_due",
        "next_ms",
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    ),
    Index(
        "ix_reminders_handled",
        "handled_ms",
        sqlite_where=text("state = 'active'"),
        postgresql_where=text("state = 'active'"),
    ),
)

# --- mails being written ---------------------------------------------------------------------------------

drafts = Table(  # the fields of gateway.core.drafts.Draft and DraftText
    "drafts",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("state", String(8), nullable=False),  # writing | leaving | left
    Column("due_ms", BigInteger, nullable=False),
    Column("to", Text, nullable=False),
    Column("cc", Text, nullable=False),
    Column("bcc", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("priority", String(4), nullable=False),
    Column("notify", String(3), nullable=False),
    Column("answers", BigInteger, nullable=False),  # a mail, which may be gone since
    Column("is_forward", Boolean, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("trouble", String(500), nullable=False),
    Index("ix_drafts_account_id_state_changed_ms", "account_id", "state", "changed_ms"),
    Index("ix_drafts_left", "changed_ms", sqlite_where=text("state = 'left'"), postgresql_where=text("state = 'left'")),
    Index(
        "ix_drafts_due",
        "due_ms",
        sqlite_where=text("state = 'leaving'"),
        postgresql_where=text("state = 'leaving'"),
    ),
)

draft_files = Table(
    "draft_files",
    metadata,
    _id(),
    _ref("draft_id", "drafts.id"),
    Column("name", String(255), nullable=False),
    Column("media_type", String(128), nullable=False),
    Column("size_octets", BigInteger, nullable=False),
    Column("blob", String(64), nullable=False),
    Index("ix_draft_files_draft_id", "draft_id"),
)

signatures = Table(
    "signatures",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("place", Integer, nullable=False),  # 1 to 3
    Column("name", String(64), nullable=False),
    Column("text", Text, nullable=False),
    Column("is_default", Boolean, nullable=False),
    UniqueConstraint("account_id", "place"),
)

away_answers = Table(  # whom a member's automatic answer went to
    "away_answers",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("address", String(320), nullable=False),  # in lower case
    Column("answered_ms", BigInteger, nullable=False),
    UniqueConstraint("account_id", "address"),
)

fetch_sources = Table(  # the fields of gateway.core.fetching.Source
    "fetch_sources",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("protocol", String(4), nullable=False),  # pop3 | imap
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False),
    Column("security", String(8), nullable=False),  # tls | starttls
    Column("user", String(255), nullable=False),
    Column("secret", Text, nullable=False),  # its password, sealed
    Column("is_deleted_there", Boolean, nullable=False),
    Column("only_new", Boolean, nullable=False),
    Column("is_on", Boolean, nullable=False),
    Column("next_ms", BigInteger, nullable=False),
    Column("fetched_ms", BigInteger, nullable=False),
    Column("count", Integer, nullable=False),
    Column("failures", Integer, nullable=False),
    Column("trouble", String(16), nullable=False),
    Index("ix_fetch_sources_account_id", "account_id"),
    Index("ix_fetch_sources_next_ms", "next_ms"),
)

fetched_mails = Table(  # what came from them and is still there
    "fetched_mails",
    metadata,
    _id(),
    _ref("source_id", "fetch_sources.id"),
    Column("uid", String(128), nullable=False),
    UniqueConstraint("source_id", "uid"),
)

# --- what links remember -----------------------------------------------------------------------------------

link_memory = Table(  # of a link alone: what a SIM has sent, what was learnt of a carrier
    "link_memory",
    metadata,
    Column("link", String(64), primary_key=True),
    Column("key", String(64), primary_key=True),
    Column("value", Text, nullable=False),  # JSON
    Column("changed_ms", BigInteger, nullable=False),
)

# --- MMS -------------------------------------------------------------------------------------------------------

mms = Table(  # what the outbox does not say of a message of kind mms
    "mms",
    metadata,
    Column("message_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("letter", String(64), nullable=False),  # as it was handed in: a body below the blob directory
    Column("subject", String(255), nullable=False, server_default=""),
    Column("from_name", String(255), nullable=False, server_default=""),  # what people are told of the sender
    Column("way", String(8), nullable=False, server_default=""),  # asked for, later taken: mms | mailbox; "" = open
    Column("link", String(32), nullable=False, server_default=""),  # asked for; "" = the router chooses
    Column("handset", String(64), nullable=False, server_default=""),  # key of what it was fitted to
    Column("receipt", Text, nullable=False, server_default=""),  # JSON: what was made of its media
    Column("want_read", Boolean, nullable=False, server_default=text("false")),
    Column("read_ms", BigInteger),  # when its owner read it, as far as the phone or the page tells
    Column("instead", Text, nullable=False, server_default=""),  # SMS for a phone that takes no MMS; "" = the mailbox
    Index("ix_mms_letter", "letter"),
)

automatic_mailboxes = Table(  # mailboxes opened for numbers unasked
    "automatic_mailboxes",
    metadata,
    Column("account_id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("number", String(32), nullable=False, unique=True),
    Column("state", String(16), nullable=False),  # gateway.core.mms.AutomaticState
    Column("pin_hash", String(255), nullable=False),
    Column("pin_tries", Integer, nullable=False, server_default="0"),  # wrong ones in a row
    Column("locked_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("opened_ms", BigInteger, nullable=False),
    Column("look_by_ms", BigInteger, nullable=False, server_default="0"),  # 0 = nothing waits
    Column("purge_ms", BigInteger, nullable=False),
    Column("activated_ms", BigInteger),
    Index(
        "ix_automatic_mailboxes_unclaimed",
        "purge_ms",
        sqlite_where=text("state IN ('open', 'suspended')"),
        postgresql_where=text("state IN ('open', 'suspended')"),
    ),
    Index(
        "ix_automatic_mailboxes_look_by_ms",
        "look_by_ms",
        sqlite_where=text("state = 'open' AND look_by_ms > 0"),
        postgresql_where=text("state = 'open' AND look_by_ms > 0"),
    ),
)

pickups = Table(  # MMS that wait in a mailbox for their owner to look
    "pickups",
    metadata,
    _id(),
    Column("token", String(32), nullable=False, unique=True),  # of the link in the SMS
    Column("account_id", BigInteger, nullable=False),
    Column("mail_id", BigInteger, nullable=False),
    Column("message_id", BigInteger, nullable=False),  # in the outbox
    Column("number", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # gateway.core.mms.PickupState
    Column("look_by_ms", BigInteger, nullable=False),
    Column("notice_id", BigInteger),  # the SMS that tells of it
    Column("told_ms", BigInteger, nullable=False, server_default="0"),
    Column("made_ms", BigInteger, nullable=False),
    Column("read_ms", BigInteger),
    Index("ix_pickups_account_id_id", "account_id", "id"),
    Index("ix_pickups_number_told_ms", "number", "told_ms"),
    Index(
        "ix_pickups_waiting",
        "look_by_ms",
        sqlite_where=text("state = 'waiting'"),
        postgresql_where=text("state = 'waiting'"),
    ),
)

mm1_notifications = Table(  # MMS that phones are told of, to fetch them here
    "mm1_notifications",
    metadata,
    Column("token", String(32), primary_key=True),  # of the address the phone fetches from; the transaction id as well
    Column("message_id", BigInteger, nullable=False),
    Column("link", String(32), nullable=False),
    Column("number", String(32), nullable=False),
    Column("state", String(16), nullable=False),  # told | fetched | deferred | done | rejected | expired
    Column("tries", Integer, nullable=False, server_default="0"),  # notifications sent
    Column("next_ms", BigInteger, nullable=False),  # when to tell the phone again; 0 = never
    Column("expires_ms", BigInteger, nullable=False),
    Column("fetched_ms", BigInteger),
    Column("user_agent", String(255), nullable=False, server_default=""),
    Column("push_id", BigInteger),  # the newest notification in the outbox
    Column("made_ms", BigInteger, nullable=False),
    Index("ix_mm1_notifications_message_id", "message_id"),
    Index("ix_mm1_notifications_number_made_ms", "number", "made_ms"),
    Index(
        "ix_mm1_notifications_open",
        "next_ms",
        sqlite_where=text("state IN ('told', 'fetched', 'deferred')"),
        postgresql_where=text("state IN ('told', 'fetched', 'deferred')"),
    ),
)

dialogues = Table(  # what phones are being asked step by step, one at a time for each
    "dialogues",
    metadata,
    Column("number", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),  # card
    Column("step", String(32), nullable=False),
    Column("answers", Text, nullable=False),  # JSON
    Column("language", String(8), nullable=False),
    Column("access_number", String(32), nullable=False),  # what the phone wrote to
    Column("began_ms", BigInteger, nullable=False),
    Column("changed_ms", BigInteger, nullable=False),
    Column("expires_ms", BigInteger, nullable=False),
    Index("ix_dialogues_expires_ms", "expires_ms"),
)

# --- what phones can show ------------------------------------------------------------------------------------

handset_memories = Table(  # what was stated and learnt of the phone of a number
    "handset_memories",
    metadata,
    Column("number", String(32), primary_key=True),  # E.164
    Column("memory", Text, nullable=False),  # JSON of mms.handsets.evidence.Memory
    Column("changed_ms", BigInteger, nullable=False),
)

handset_profiles = Table(  # UAProf documents by the address phones give for them
    "handset_profiles",
    metadata,
    Column("url", String(512), primary_key=True),
    Column("profile", Text, nullable=False, server_default=""),  # JSON of mms.handsets.uaprof.Profile; "" = none
    Column("reason", String(255), nullable=False, server_default=""),  # why there is none
    Column("fresh_until_ms", BigInteger, nullable=False, server_default="0"),
    Column("due_ms", BigInteger),  # NULL = nothing to be fetched
    Index(
        "ix_handset_profiles_due",
        "due_ms",
        sqlite_where=text("due_ms IS NOT NULL"),
        postgresql_where=text("due_ms IS NOT NULL"),
    ),
)

# --- signed in to the pages ---------------------------------------------------------------------------------------

web_sessions = Table(
    "web_sessions",
    metadata,
    _id(),
    _ref("account_id", "accounts.id"),
    Column("digest", String(64), nullable=False, unique=True),  # SHA-256 of what the browser carries, hex
    Column("csrf", String(64), nullable=False),
    Column("is_kept", Boolean, nullable=False),  # stay signed in
    Column("is_whole", Boolean, nullable=False),  # the second factor was shown, or none is asked for
    Column("address", String(64), nullable=False),
    Column("agent", String(255), nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),
    Index("ix_web_sessions_account_id", "account_id"),
    Index("ix_web_sessions_seen_ms", "seen_ms"),
)

sign_in_codes = Table(
    "sign_in_codes",
    metadata,
    _id(),
    Column("purpose", String(16), nullable=False),  # register | reset | second | claim
    Column("number", String(32), nullable=False),
    Column("account_id", BigInteger, ForeignKey("accounts.id")),
    Column("digest", String(64), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("is_open", Boolean, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_sign_in_codes_number_created_ms", "number", "created_ms"),
)

entry_links = Table(  # links that let somebody in once: to choose a password, to sign in
    "entry_links",
    metadata,
    Column("digest", String(64), primary_key=True),  # SHA-256 of the secret in the link, hex
    Column("purpose", String(16), nullable=False),  # password | sign-in
    _ref("account_id", "accounts.id"),
    Column("expires_ms", BigInteger, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Index("ix_entry_links_account_id", "account_id"),
)

# --- administration -----------------------------------------------------------------------------------------------

audit = Table(  # every administrative act; only added to
    "audit",
    metadata,
    _id(),
    Column("at_ms", BigInteger, nullable=False),
    Column("actor_id", BigInteger, nullable=False),  # account; 0 = the command line
    Column("actor", String(320), nullable=False),  # its address then, or who gave the command
    Column("address", String(64), nullable=False, server_default=""),  # network address it came from
    Column("act", String(32), nullable=False),  # account-suspended, link-paused …
    Column("domain_id", BigInteger, nullable=False, server_default="0"),  # whose administrators may read it; 0 = none
    Column("subject", String(320), nullable=False),  # what was changed, as people know it
    Column("changes", Text, nullable=False, server_default="{}"),  # JSON: what -> [before, after]
    Index("ix_audit_domain_id_id", "domain_id", "id"),
    Index("ix_audit_subject_id", "subject", "id"),
    Index("ix_audit_actor_id", "actor", "id"),
    Index("ix_audit_act_id", "act", "id"),
)

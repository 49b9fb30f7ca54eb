"""What the row of a mail needs to know, read from its header."""

from __future__ import annotations

from gateway.core.mails import MailFacts
from gateway.mail.mime.headers import headers_of, read_fields
from mms.mail_mapping.from_phones import is_from_phone

#: A date further ahead than this is a wrong clock or a trick to stay on top of the list.
MAX_AHEAD_MS = 86_400_000

# What no database column for text holds: NUL (PostgreSQL) and lone surrogates (every driver).
_UNSTORABLE = {0: None} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def read_facts(data: bytes, now_ms: int) -> MailFacts:
    """The facts of a mail as it came, `now_ms` standing in for a date that is missing or absurd. Never raises."""
    fields = read_fields(data)
    headers = headers_of(fields)
    date_ms = int(headers.date.timestamp() * 1000) if headers.date else now_ms
    if not 0 <= date_ms <= now_ms + MAX_AHEAD_MS:
        date_ms = now_ms
    references = tuple(map(_storable, headers.references))
    in_reply_to = _storable(headers.in_reply_to)
    if in_reply_to and in_reply_to not in references:
        references += (in_reply_to,)
    return MailFacts(
        sender=_storable(headers.from_.address),
        sender_name=_storable(headers.from_.name),
        subject=_storable(headers.subject),
        date_ms=date_ms,
        message_id=_storable(headers.message_id),
        references=references,
        kind="mms" if is_from_phone(fields, headers) else "mail",
        wire_octets=len(data) + data.count(b"\n") - data.count(b"\r\n"),
    )


def _storable(text: str) -> str:
    return text if text.isascii() and "\0" not in text else text.translate(_UNSTORABLE)

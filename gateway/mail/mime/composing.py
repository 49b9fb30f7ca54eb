"""Mails that people write: what they typed as recipients, what answers begin with, and the mail made of it. Pure."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from email.utils import getaddresses
from typing import Final

from gateway.core.accounts import Account
from gateway.core.addresses import Address
from gateway.core.drafts import DraftText, Priority
from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Mailbox, MailHeaders
from gateway.mail.mime.writer import MailFile, build_mail

#: Recipients of one mail.
MAX_PEOPLE: Final = 500
MAX_SUBJECT: Final = 500  # characters
MAX_REFERENCES: Final = 19
_PRIORITIES: Final = {Priority.HIGH: "1 (Highest)", Priority.LOW: "5 (Lowest)"}
_SEPARATORS: Final = re.compile(r"[;；，、\r\n]+")
_CONTROLS: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_NUMBER: Final = re.compile(r"\+?\d[\d\- ()]{4,19}")
_FORWARDED: Final = re.compile(r"^(?:\s*(?:fwd?|转发|轉寄)(?:\[\d+\])?\s*[:：])+\s*", re.IGNORECASE)


def read_people(typed: str, domain: str = "") -> tuple[tuple[Mailbox, ...], tuple[str, ...]]:
    """Recipients as they were typed, each address once, and the pieces that are none.

    Divided by commas, semicolons or lines, Chinese ones too. A phone number stands for its address in `domain`.
    """
    people: dict[str, Mailbox] = {}
    wrong: list[str] = []
    for name, address in getaddresses([_SEPARATORS.sub(",", typed[:65_536])]):
        given = address.strip() or name.strip()
        if not given:
            continue
        if domain and _NUMBER.fullmatch(given):
            given = f"{re.sub(r'[^0-9+]', '', given)}@{domain}"
        try:
            parsed = Address.parse(given)
        except BadRequest:
            wrong.append(given[:100])
            continue
        shown = plain(name)[:128] if name.strip() != given else ""
        people.setdefault(parsed.key, Mailbox(shown, str(parsed)))
    return tuple(people.values())[:MAX_PEOPLE], tuple(wrong)


def show_people(people: Sequence[Mailbox]) -> str:
    """Recipients as they would be typed; `read_people` reads them again."""
    return ", ".join(_shown(one) for one in people)


def written(
    content: DraftText,
    writer: Account,
    mail_id: int,
    now_ms: int,
    *,
    answered: MailHeaders | None = None,
    files: Sequence[MailFile] = (),
) -> bytes:
    """The mail that was written; blind copies stand nowhere in it. `answered` is the mail it answers.

    Raises BadRequest for what cannot stand in a mail.
    """
    to, _ = read_people(content.to, writer.domain)
    cc, _ = read_people(content.cc, writer.domain)
    references: list[str] = []
    if answered is not None and not content.is_forward and answered.message_id:
        references = [*answered.references[-MAX_REFERENCES:], answered.message_id]
    headers = []
    if content.priority:
        headers.append(("X-Priority", _PRIORITIES[Priority(content.priority)]))
    if content.notify:
        headers.append(("X-Caiyou-Notify", content.notify))
    return build_mail(
        from_=Mailbox(writer.display_name, writer.address),
        to=to,
        cc=cc,
        subject=plain(content.subject)[:MAX_SUBJECT],
        text=content.text,
        date=datetime.datetime.fromtimestamp(now_ms // 1000, datetime.UTC),
        message_id=f"<{mail_id}@{writer.domain}>",
        in_reply_to=references[-1] if references else "",
        references=list(dict.fromkeys(references)),
        files=files,
        headers=headers,
    )


def envelope_of(content: DraftText, domain: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Addresses a mail goes to, each once, and the pieces of what was typed that are none."""
    found: dict[str, str] = {}
    wrong: list[str] = []
    for typed in (content.to, content.cc, content.bcc):
        people, bad = read_people(typed, domain)
        wrong += bad
        for one in people:
            found.setdefault(one.address.lower(), one.address)
    return tuple(found.values()), tuple(wrong)


def quoted(text: str, heading: str, limit: int = 100_000) -> str:
    """A text as the mail it was, under a heading, for an answer."""
    lines = text[:limit].rstrip().split("\n")
    return f"\n\n{heading}\n" + "\n".join(f"> {line}" if line else ">" for line in lines) + "\n"


def handed_on(subject: str) -> str:
    """The subject of a mail that is handed on: one Fwd: before it, however many there were."""
    return f"Fwd: {' '.join(_FORWARDED.sub('', subject).split())}"[:MAX_SUBJECT].strip()


def plain(text: str) -> str:
    """A text for a header: one line, nothing in it that ends or bends one."""
    return _CONTROLS.sub(" ", text).strip()


def _shown(one: Mailbox) -> str:
    if not one.name:
        return one.address
    quoted_name = one.name.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{quoted_name}" <{one.address}>'

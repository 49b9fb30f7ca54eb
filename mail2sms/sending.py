"""What every notice has in common: its options, the number it comes from, the extension its answer comes back on."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.accounts import Account
from gateway.core.addresses import MAX_ADDRESS
from gateway.core.errors import ConfigError
from gateway.core.ports import Books
from gateway.mail.mime.headers import Fields, MailHeaders, Priority, headers_of, read_fields
from gateway.mail.mime.reader import MailContent, read_mail
from mail2sms.limits import DAY_MS
from mail2sms.quiet import zone_of
from mail2sms.rules import Facts
from mail2sms.summary import Notice, NoticeFacts, NoticeOptions, compose_notice
from templates.engine import LANGUAGES, sms_texts

#: Marks mails of the hub's own making, of which no SMS is ever made.
HOP_MARK: Final = "X-Caiyou-Loop"
MAX_RECEIVED: Final = 30


@dataclass(frozen=True, slots=True)
class NoticeConfig:
    """How notices leave and answers come back."""

    #: The number notices come from and answers go to, as the carrier writes it; empty = each link's own number.
    access_number: str = ""
    #: Digits put behind the access number, so that a plain reply finds its conversation (0 = none).
    extension_digits: int = 2
    #: Signature before every text; empty = that of the member's language.
    signature: str = ""
    #: The carriers put the signature before the text themselves.
    route_signs: bool = False
    #: Days in which a reply by SMS still finds the mail it answers.
    reply_days: int = 14
    #: Segments that a mail to a phone's address may take.
    phone_mail_segments: int = 3
    #: SMS a day that people who are no members may cause on one phone by mail to its address.
    phone_mail_per_day: int = 20

    def __post_init__(self) -> None:
        if not 0 <= self.extension_digits <= 4:
            raise ConfigError("extension_digits must be from 0 to 4")
        if not 1 <= self.phone_mail_segments <= 10:
            raise ConfigError("phone_mail_segments must be from 1 to 10")

    @property
    def signatures(self) -> tuple[str, ...]:
        """Every signature that our own texts may begin with."""
        own = (self.signature,) if self.signature else ()
        return own + tuple(sms_texts(language).render("signature") for language in LANGUAGES)

    def options(self, account: Account | None, now_ms: int, **more: Any) -> NoticeOptions:
        """How a notice of this member is composed."""
        return NoticeOptions(
            now=datetime.datetime.fromtimestamp(now_ms / 1000, datetime.UTC),
            zone=zone_of(account.zone if account else "Asia/Shanghai"),
            language=account.language if account else "zh",
            **{"signature": self.signature or None, "route_signs": self.route_signs} | more,
        )

    @property
    def fixed_signature(self) -> str | None:
        """What our texts begin with in every language: nothing where the route signs; None for each language's own."""
        return "" if self.route_signs else self.signature or None

    def own_signature(self, language: str) -> str:
        """What our answers begin with: nothing where the route signs."""
        fixed = self.fixed_signature
        return sms_texts(language).render("signature") if fixed is None else fixed


class MailView:
    """A mail as the features look at it: the header at once, the body when it is asked for."""

    __slots__ = ("_content", "_data", "fields", "headers")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._content: MailContent | None = None
        self.fields: Fields = read_fields(data)
        self.headers: MailHeaders = headers_of(self.fields)

    @property
    def data(self) -> bytes:
        """The mail as it came."""
        return self._data

    @property
    def content(self) -> MailContent:
        """The whole mail read."""
        if self._content is None:
            self._content = read_mail(self._data)
        return self._content

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.text

    @property
    def answer_address(self) -> str:
        """Where an answer goes: Reply-To, else From; "" for what can be no address."""
        address = self.headers.reply_to or self.headers.from_.address
        return address if len(address) <= MAX_ADDRESS and address.isprintable() else ""

    def facts(self, books: Books, account_id: int, folder: str) -> Facts:
        """What rules may ask."""
        address = self.headers.from_.address.lower()
        known: list[str | None] = []

        def contact() -> str | None:
            if not known:
                known.append(books.contacts.name_of_mail(account_id, address))
            return known[0]

        return Facts(
            address=address,
            name=self.headers.from_.name,
            subject=self.headers.subject,
            folder=folder,
            is_high=self.headers.priority is Priority.HIGH,
            is_list=self.headers.is_list or self.headers.precedence in ("list", "bulk"),
            contact=contact,
            text=lambda: self.text,
        )


def loop_reason(view: MailView, envelope_sender: str) -> str:
    """Why no SMS is ever made of this mail: a bounce, our own notice, or a mail that runs in circles; "" if one may."""
    if not envelope_sender or view.headers.return_path == "":
        return "a bounce"
    if HOP_MARK.lower().encode() in view.fields.values:
        return "a notice of our own"
    if view.headers.received_count > MAX_RECEIVED:
        return "it runs in circles"
    return ""


def is_spam(view: MailView) -> bool:
    """Did a filter before us mark this mail as spam?"""
    flags = (view.fields.first(b"x-spam-flag"), view.fields.first(b"x-spam"), view.fields.first(b"x-spam-status"))
    return any(flag[:3].lower() == b"yes" for flag in flags)


def compose(view: MailView, received_ms: int, options: NoticeOptions, name: str = "", contact: str = "") -> Notice:
    """The notice of a mail; `name` in place of the one in From, `contact` before both."""
    return compose_notice(facts_of_notice(view, received_ms, name, contact), options)


def facts_of_notice(view: MailView, received_ms: int, name: str = "", contact: str = "") -> NoticeFacts:
    """What a notice can say of a mail; names as for `compose`."""
    headers = view.headers
    return NoticeFacts(
        received=datetime.datetime.fromtimestamp(received_ms / 1000, datetime.UTC),
        address=_printable(headers.from_.address),
        name=_printable(name or headers.from_.name),
        contact_name=contact,
        subject=_printable(headers.subject),
        body=view.text,
        attachments=view.content.attachment_count,
    )


def _printable(text: str) -> str:
    """The text without what no phone shows and no database keeps: NUL, controls, lone surrogates."""
    return text if text.isprintable() else "".join(char if char.isprintable() else " " for char in text)


def thread_of(mail_id: int, row: Mapping[str, Any] | None) -> int:
    """The conversation of a mail; itself where it is in no mailbox."""
    return int(row["thread_id"]) if row is not None else mail_id


def take_extension(books: Books, config: NoticeConfig, number: str, thread_id: int) -> str:
    """The extension on which answers of this phone to this conversation come back; "" where none are used.

    A conversation keeps its extension as long as answers are expected; when all are in use, the one that was used
    longest ago goes to the new conversation.
    """
    if not config.access_number or not config.extension_digits:
        return ""
    digits = config.extension_digits
    since_ms = books.now_ms - config.reply_days * DAY_MS
    used = books.notices.extensions_in_use(number, since_ms)
    for extension, thread in used.items():
        if thread == thread_id and len(extension) == digits and extension.isdigit():
            return extension
    all_there_are = (f"{n:0{digits}d}" for n in range(10**digits))
    free = next((extension for extension in all_there_are if extension not in used), None)
    return free or next(extension for extension in used if len(extension) == digits and extension.isdigit())

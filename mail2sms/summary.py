"""A mail told in one short message: signature, sender, time, subject, body, exactly as long as the segments allow.

Also the digest of several mails, the list of them, and the notice that the day's cap is reached. Pure: `now` is an
argument.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core import phone, text
from gateway.core.text import Alphabet
from mail2sms import secrets
from mail2sms.cleaning import LINK, CleanBody, LeftOut, clean_body, clean_subject, one_line
from templates.engine import Texts, sms_texts

MAX_SENDER: Final = 10  # units
MIN_SUBJECT: Final = 20  # units a subject may always take
_DIGEST_SUBJECT: Final = 6  # units
_LIST_SUBJECT: Final = 40  # units at most; where lines are many, at least as many as in a digest
_JOINTS: Final = " ：:，,。.、-—–!！|~…\n"


@dataclass(frozen=True, slots=True)
class NoticeFacts:
    """What is known about the mail."""

    received: datetime.datetime  # with a zone
    address: str = ""  # of the sender
    name: str = ""  # the sender's display name
    contact_name: str = ""  # the sender's name in the member's address book, which goes first
    subject: str = ""
    body: str = ""  # plain text, HTML already turned into text
    attachments: int = 0


@dataclass(frozen=True, slots=True)
class NoticeOptions:
    """How the member and the route want it."""

    now: datetime.datetime  # with a zone
    zone: datetime.tzinfo
    language: str = "zh"
    segments: int = 1
    signature: str | None = None  # None: that of the language
    route_signs: bool = False  # the route puts the signature before the text; it counts all the same
    show_codes: bool = False  # the member allowed one-time codes and passwords to be sent


@dataclass(frozen=True, slots=True)
class Notice:
    """A text ready for the outbox."""

    text: str  # without the signature if the route adds it
    alphabet: Alphabet
    segments: int
    left_out: frozenset[LeftOut]


@dataclass(frozen=True, slots=True)
class DigestEntry:
    """A sender in a digest, with the number of mails and, for a single one, its subject."""

    name: str
    count: int = 1
    subject: str = ""


def compose_notice(facts: NoticeFacts, options: NoticeOptions) -> Notice:
    """The notice of one mail, cut to exactly the number of segments where it is longer.

    GSM7 if all that would be shown fits that alphabet, else UCS2. `left_out` says what a reader of the notice does
    not see.
    """
    texts = sms_texts(options.language)
    subject = clean_subject(facts.subject)
    body = clean_body(facts.body, _enough(subject, options))
    left_out = set(body.left_out)
    subject, shown = _without_secrets(subject, body, texts, options, left_out)
    shown = _without_repetition(shown, subject)
    if facts.attachments:
        left_out.add(LeftOut.ATTACHMENTS)
    draft = _Draft(
        texts=texts,
        signature=texts.render("signature") if options.signature is None else options.signature,
        opening=f"{_sender(facts)} {_time(facts.received, options, texts)} ",
        subject=subject,
        body=shown,
        attachments=facts.attachments,
        has_body=bool(body.text),
    )
    found = draft.fit(Alphabet.GSM7, options.segments) or draft.fit(Alphabet.UCS2, options.segments)
    assert found is not None, "UCS2 always fits"
    message, alphabet, was_cut = found
    if was_cut:
        left_out.add(LeftOut.REST)
    segments = len(text.split(message, alphabet))
    if options.route_signs:
        message = message[len(draft.signature) :]
    return Notice(message, alphabet, segments, frozenset(left_out))


def compose_digest(entries: Sequence[DigestEntry], options: NoticeOptions) -> Notice:
    """One message for several mails: `【彩邮】08:00前7封：张三2、王五(合同)、支付宝… 回1看列表`."""
    texts = sms_texts(options.language)
    signature = texts.render("signature") if options.signature is None else options.signature
    head = texts.render(
        "digest_head",
        signature=signature,
        time=f"{options.now.astimezone(options.zone):%H:%M}",
        count=sum(entry.count for entry in entries),
    )
    tail = texts.render("digest_tail", digit=1)
    separator = texts.render("digest_separator")
    items = [_digest_item(entry) for entry in entries]
    message = head + separator.join(items) + tail
    kept = len(items)
    while not text.fits(_settled(message), options.segments) and kept > 0:
        kept -= 1
        message = head + separator.join(items[:kept]) + text.ELLIPSIS + tail
    message = _settled(message)
    alphabet = text.choose(message)
    left_out = frozenset({LeftOut.REST}) if kept < len(items) else frozenset()
    segments = len(text.split(message, alphabet))
    return Notice(message[len(signature) :] if options.route_signs else message, alphabet, segments, left_out)


def compose_list(mails: Sequence[NoticeFacts], days: int, options: NoticeOptions) -> Notice:
    """Mails of the last days, numbered, one a line: `1 09:05 张三 合同评审`; a text that says so where there are none.

    Subjects are cut alike until all lines go out in the segments; where even short ones do not, the last lines are
    left out. A mail without a subject shows how its text begins.
    """
    texts = sms_texts(options.language)
    signature = texts.render("signature") if options.signature is None else options.signature
    left_out: set[LeftOut] = set()
    heads = [f"{n} {_time(mail.received, options, texts)} {_sender(mail)} " for n, mail in enumerate(mails, 1)]
    subjects = [_listed_subject(mail, texts, options, left_out) for mail in mails]
    opening = texts.render("list_head" if mails else "list_empty", signature=signature, days=days)
    room = _LIST_SUBJECT
    while True:
        cut = [text.cut(subject, Alphabet.UCS2, room) for subject in subjects]
        lines = [head + subject for head, subject in zip(heads, cut, strict=False)]
        message = _settled("\n".join([opening, *lines]))
        if cut != subjects:
            left_out.add(LeftOut.REST)
        if not heads or text.fits(message, options.segments):
            break
        if room > _DIGEST_SUBJECT:
            room -= 1
        else:
            heads.pop()
            left_out.add(LeftOut.REST)
    alphabet = text.choose(message)
    segments = len(text.split(message, alphabet))
    shown = message[len(signature) :] if options.route_signs else message
    return Notice(shown, alphabet, segments, frozenset(left_out))


def compose_over_cap(count: int, options: NoticeOptions) -> Notice:
    """The one message that says the day's cap is reached; silence follows."""
    texts = sms_texts(options.language)
    signature = texts.render("signature") if options.signature is None else options.signature
    message = texts.render("over_cap", signature=signature, count=count)
    alphabet = text.choose(message)
    segments = len(text.split(message, alphabet))
    shown = message[len(signature) :] if options.route_signs else message
    return Notice(shown, alphabet, segments, frozenset())


@dataclass(frozen=True, slots=True)
class _Draft:
    """The pieces of a notice before they are cut to an alphabet."""

    texts: Texts
    signature: str
    opening: str
    subject: str
    body: str
    attachments: int
    has_body: bool

    def fit(self, alphabet: Alphabet, segments: int) -> tuple[str, Alphabet, bool] | None:
        """The whole text in that alphabet and whether it was cut; None if the alphabet does not hold it.

        Where characters that must not be torn leave gaps at segment ends, the room shrinks until the parts fit.
        """
        room = text.capacity(alphabet, segments)
        while True:
            message, was_cut = self._fill(alphabet, room)
            message = text.cut(message, alphabet, room)  # a signature may be longer than a segment
            if alphabet is Alphabet.GSM7 and text.choose(message) is not Alphabet.GSM7:
                return None
            if segments == 1 or len(text.split(message, alphabet)) <= segments:
                return message, alphabet, was_cut
            room -= 1

    def _fill(self, alphabet: Alphabet, room: int) -> tuple[str, bool]:
        link = "[link]" if alphabet is Alphabet.GSM7 else self.texts.render("notice_link")
        body = self.body[: room + 1].replace(LINK, link)
        subject, opening = self.subject, self.opening
        if alphabet is Alphabet.GSM7:
            body, subject, opening = text.simplify(body), text.simplify(subject), text.simplify(opening)
        head = self.signature + opening
        tail = ""
        if self.attachments and (body or self.has_body):
            tail = self.texts.render("notice_attachments", count=self.attachments)
        elif self.attachments:
            body = self.texts.render("notice_no_body_attachments", count=self.attachments)
        elif not body and not self.has_body:
            body = self.texts.render("notice_no_body")
        if not subject and not self.has_body:
            subject = self.texts.render("notice_no_subject")
        rest = room - text.units(head, alphabet) - text.units(tail, alphabet)
        separator = self.texts.render("notice_separator") if self.has_body else " "
        if not subject or not body:
            only = subject or body
            cut = text.cut(only, alphabet, max(0, rest))
            return head + cut + tail, cut != only
        if subject[-1] in "?!:;":
            separator = " "
        elif subject[-1] in "？！。：；…":
            separator = ""
        needed = text.units(separator, alphabet) + text.units(body, alphabet)
        heading = text.cut(subject, alphabet, max(0, min(rest, max(MIN_SUBJECT, rest // 2, rest - needed))))
        rest -= text.units(heading, alphabet) + text.units(separator, alphabet)
        if rest <= 0:
            return head + heading + tail, True
        shown = text.cut(body, alphabet, rest)
        return head + heading + separator + shown + tail, shown != body or heading != subject


def _settled(message: str) -> str:
    return text.simplify(message)


def _digest_item(entry: DigestEntry) -> str:
    name = text.cut(one_line(entry.name), Alphabet.UCS2, MAX_SENDER, "")
    if entry.count > 1:
        return f"{name}{entry.count}"
    subject = text.cut(secrets.hide_codes(clean_subject(entry.subject)), Alphabet.UCS2, _DIGEST_SUBJECT, "")
    return f"{name}({subject})" if subject else name


def _listed_subject(facts: NoticeFacts, texts: Texts, options: NoticeOptions, left_out: set[LeftOut]) -> str:
    subject = clean_subject(facts.subject)
    body = clean_body(facts.body, _enough(subject, options))
    subject, shown = _without_secrets(subject, body, texts, options, left_out)
    return subject or shown.replace(LINK, texts.render("notice_link")) or texts.render("notice_no_subject")


def _enough(subject: str, options: NoticeOptions) -> int:
    """Octets of a body that are worth gathering."""
    return 2 * text.capacity(Alphabet.GSM7, options.segments) + 80 + 3 * len(subject)


def _sender(facts: NoticeFacts) -> str:
    """The address-book name, else the display name, else the local part; at most MAX_SENDER units."""
    name = facts.contact_name or facts.name
    if not name or "@" in name:
        name = (name or facts.address).partition("@")[0]
    name = one_line(name[:200])
    if name.lstrip("+").isdigit() and len(name) <= phone.MAX_DIGITS + 1:
        return name.removeprefix("+86")  # half a number names nobody
    return text.cut(name, Alphabet.UCS2, MAX_SENDER, "").strip() or "?"


def _time(received: datetime.datetime, options: NoticeOptions, texts: Texts) -> str:
    local = received.astimezone(options.zone)
    today = options.now.astimezone(options.zone).date()
    days = (today - local.date()).days
    clock = f"{local:%H:%M}"
    if days == 0:
        return clock
    if days == 1:
        return texts.render("notice_yesterday", time=clock)
    day = f"{local.month}/{local.day}"
    return day if local.year == today.year else f"{local.year}/{day}"


def _without_secrets(
    subject: str, body: CleanBody, texts: Texts, options: NoticeOptions, left_out: set[LeftOut]
) -> tuple[str, str]:
    both = f"{subject}\n{body.text}"
    if not options.show_codes:
        if secrets.has_code(both):
            left_out.add(LeftOut.CODE)
            return secrets.hide_codes(subject), texts.render("notice_code_withheld")
        if secrets.has_password(both):
            left_out.add(LeftOut.PASSWORD)
            if secrets.has_password(subject):
                subject = ""
            return subject, texts.render("notice_password_withheld")
    safe_subject, safe_body = secrets.hide_cards(subject), secrets.hide_cards(body.text)
    if (safe_subject, safe_body) != (subject, body.text):
        left_out.add(LeftOut.CARD)
    return safe_subject, safe_body


def _without_repetition(body: str, subject: str) -> str:
    """The body without the subject at its beginning, as newsletters and alerts have it."""
    if len(subject) >= 2 and body.startswith(subject):
        rest = body[len(subject) :]
        if not rest or rest[0] in _JOINTS or subject[-1] in _JOINTS or ord(subject[-1]) >= 0x2E80:
            return rest.lstrip(_JOINTS)
    return body

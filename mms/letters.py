"""An MMS as it lies in a mailbox: a mail that any client shows as pictures and text, and that is still the whole MMS.

The layout, and why. A multipart/related with a SMIL for its root is what MMS centres send on, and what mail programs
show as an empty page with "smil.xml" and "text_0.txt" behind it. So the slides are written as HTML over the pictures,
beside plain text (multipart/alternative), and what a mail program cannot show in a page (sound, video, vCards) is
attached. Any further part would be shown by some program, referred to or not; therefore what makes it an MMS again -
the SMIL, texts in their own character sets, names, the order - stands in a comment of the HTML (`mms.letter_manifest`).
Pictures and attachments are there once: the manifest names them by the digest of their octets, so that programs which
rename or reorder parts on the way do no harm. Pure.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Mailbox, Priority, read_fields
from gateway.mail.mime.reader import read_mail
from gateway.mail.mime.words import file_name
from gateway.mail.mime.writer import MailFile, build_mail
from mms import letter_manifest, letter_view
from mms.content import Body, Part
from mms.letter_manifest import Manifest
from mms.terms import MessageClass, MmsHeaders

#: The field that says that a mail is an MMS; its value is the version of the layout.
MARK: Final = "X-Caiyou-Mms"

_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f\u2028\u2029\ud800-\udfff]+")
_MEDIA_TYPE: Final = re.compile(r"(?:text|image|audio|video|application)/[a-z0-9][a-z0-9.+-]{0,80}")


@dataclass(frozen=True, slots=True)
class Letter:
    """An MMS and who wrote it to whom. Addresses are numbers (+8613800138000, 10086) or mail addresses."""

    subject: str
    sender: str
    recipients: tuple[str, ...]
    body: Body
    date_ms: int
    #: With angle brackets.
    message_id: str
    mms: MmsHeaders = field(default_factory=MmsHeaders)
    #: What a card is made from, so that it can be edited.
    source: bytes | None = None
    cc: tuple[str, ...] = ()
    in_reply_to: str = ""
    references: tuple[str, ...] = ()


def write_letter(letter: Letter, *, domain: str = "mms.invalid", sender_name: str = "") -> bytes:
    """The mail of an MMS: CRLF, ASCII only; the same letter gives the same octets.

    Numbers are shown as number@`domain`, which should be where answers to phones are taken in; the sender's as
    `sender_name` where that is given. Raises BadRequest for
    what is no message id, and for a body larger than the manifest's bounds.
    """
    manifest, carried = letter_manifest.of(letter.body, letter.source, _facts(letter))
    files: list[MailFile] = []
    shown: dict[str, str] = {}  # digest -> content id of a picture
    for number, (digest, part) in enumerate(carried.items(), 1):
        name = letter_view.name_of(part, number)
        kind = part.media_type if _MEDIA_TYPE.fullmatch(part.media_type) else "application/octet-stream"
        content_id = f"{number}.{digest[:16]}@mms" if letter_view.is_picture(part) else ""
        if content_id:
            shown[digest] = content_id
        files.append(MailFile(file_name(name) or f"part-{number}", kind, part.data, content_id))
    from_ = _mailbox(letter.sender, domain)
    return build_mail(
        from_=replace(from_, name=_line(sender_name)) if sender_name else from_,
        to=[_mailbox(one, domain) for one in letter.recipients],
        cc=[_mailbox(one, domain) for one in letter.cc],
        subject=_line(letter.subject),
        text=letter_view.text_of(letter.body),
        html=letter_view.page_of(letter.body, shown, manifest.encode()),
        date=datetime.datetime.fromtimestamp(letter.date_ms / 1000, datetime.UTC),
        message_id=letter.message_id,
        in_reply_to=letter.in_reply_to,
        references=letter.references,
        files=files,
        headers=_fields(letter),
    )


def is_letter(data: bytes) -> bool:
    """Whether a mail is an MMS in this layout; looks at its header alone."""
    return read_fields(data).first(MARK.lower().encode()) == letter_manifest.VERSION.encode()


def read_letter(data: bytes) -> Letter:
    """The MMS of a mail that `write_letter` wrote. Raises BadRequest when it is none, or parts of it are gone."""
    if not is_letter(data):
        raise BadRequest("letter: this mail is no MMS")
    mail = read_mail(data)
    manifest = Manifest.decode(mail.html)
    body, source = manifest.restored([attachment.content() for attachment in mail.attachments])
    facts = manifest.facts
    return Letter(
        subject=facts.text("subject"),
        sender=facts.text("from"),
        recipients=facts.texts("to"),
        body=body,
        date_ms=facts.number("date_ms"),
        message_id=mail.headers.message_id,
        mms=MmsHeaders(
            message_class=facts.choice("class", MessageClass),
            priority=facts.choice("priority", Priority),
            delivery_report=facts.truth("delivery_report"),
            read_report=facts.truth("read_report"),
            sender_visible=facts.truth("sender_visible"),
            expires_ms=facts.number("expires_ms"),
            deliver_at_ms=facts.number("deliver_at_ms"),
            mms_id=facts.text("mms_id"),
        ),
        source=source,
        cc=facts.texts("cc"),
        in_reply_to=mail.headers.in_reply_to,
        references=mail.headers.references,
    )


def media_of(body: Body) -> tuple[Part, ...]:
    """The parts people see, in the order of the slides: all but the SMIL."""
    return letter_view.seen(body)


def _facts(letter: Letter) -> dict[str, Any]:
    asked = letter.mms
    return {
        "subject": letter.subject,
        "from": letter.sender,
        "to": letter.recipients,
        "cc": letter.cc,
        "date_ms": letter.date_ms,
        "class": asked.message_class.value,
        "priority": asked.priority.value,
        "delivery_report": asked.delivery_report,
        "read_report": asked.read_report,
        "sender_visible": asked.sender_visible,
        "expires_ms": asked.expires_ms,
        "deliver_at_ms": asked.deliver_at_ms,
        "mms_id": asked.mms_id,
    }


def _fields(letter: Letter) -> list[tuple[str, str]]:
    """What mail programs and rules may want to know; what is read back stands in the manifest."""
    asked = letter.mms
    fields = [(MARK, letter_manifest.VERSION), ("X-Mms-Message-Class", asked.message_class.value)]
    if asked.mms_id:
        fields.append(("X-Mms-Message-ID", _line(asked.mms_id)))
    if asked.priority is not Priority.NORMAL:
        fields.append(("Importance", asked.priority.value))
    if asked.message_class is MessageClass.AUTO:
        fields.append(("Auto-Submitted", "auto-generated"))
    if asked.message_class in (MessageClass.AUTO, MessageClass.ADVERTISEMENT):
        fields.append(("Precedence", "bulk"))
    return fields


def _mailbox(address: str, domain: str) -> Mailbox:
    """How a mail program shows an address; what can be answered is an address that leads back to the phone."""
    number = address.partition("/TYPE=")[0]
    if _NUMBER.fullmatch(number):
        return Mailbox(number, f"{number}@{domain}")
    try:
        parsed = Address.parse(address)
        if not parsed.needs_smtputf8:
            return Mailbox("", str(parsed))
    except BadRequest:
        pass
    return Mailbox(_line(address), f"unknown@{domain}")  # an alphanumeric sender, or a name in a script of its own


def _line(text: str) -> str:
    return _FORBIDDEN.sub(" ", text).strip()

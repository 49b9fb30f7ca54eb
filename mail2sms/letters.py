"""Mails of the hub's own making, as bytes: answers that came by SMS, and reports to members. Pure.

Written out by hand because the standard library encodes long In-Reply-To and References fields as words, which no
other program reads.
"""

from __future__ import annotations

import base64
import datetime
import email.utils
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from email.header import Header
from typing import Final

_MAX_REFERENCES: Final = 20
_MAX_SUBJECT: Final = 200  # characters
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]+")
_MESSAGE_ID: Final = re.compile(r"<[!-;=?-~]{1,400}>")


@dataclass(frozen=True, slots=True)
class Letter:
    """A plain text mail to one person. Addresses are valid ones; names, subject and text may hold anything."""

    from_address: str
    to_address: str
    subject: str
    text: str
    message_id: str  # with its angle brackets
    date: datetime.datetime  # with a zone
    from_name: str = ""
    to_name: str = ""
    in_reply_to: str = ""
    references: Sequence[str] = ()
    marks: dict[str, str] = field(default_factory=dict)  # further fields: ASCII names and values of ours

    def encode(self) -> bytes:
        """The mail with CRLF line ends; the text as UTF-8 in base64."""
        ids = [an_id for an_id in self.references if _MESSAGE_ID.fullmatch(an_id)]
        if len(ids) > _MAX_REFERENCES:
            ids = [ids[0], *ids[-_MAX_REFERENCES + 1 :]]  # RFC 5537 3.4.4: the first one is kept
        lines = [
            f"From: {_mailbox(self.from_name, self.from_address)}",
            f"To: {_mailbox(self.to_name, self.to_address)}",
            f"Subject: {_words(self.subject[:_MAX_SUBJECT], len('Subject: '))}",
            f"Date: {email.utils.format_datetime(self.date)}",
            f"Message-ID: {self.message_id}",
        ]
        if _MESSAGE_ID.fullmatch(self.in_reply_to):
            lines.append(f"In-Reply-To: {self.in_reply_to}")
        if ids:
            lines.append("References: " + "\r\n ".join(ids))
        lines += [f"{name}: {value}" for name, value in self.marks.items()]
        lines += [
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            "",
        ]
        text = "\r\n".join(self.text.strip("\r\n").splitlines()) + "\r\n"
        body = base64.encodebytes(text.encode("utf-8", "replace")).replace(b"\n", b"\r\n")
        return "\r\n".join(lines).encode() + b"\r\n" + body


def in_answer(subject: str) -> str:
    """The subject of an answer: one Re: before it, however many there were."""
    bare = re.sub(r"^(?:\s*(?:re|回复|答复|回覆)\s*[:：])+\s*", "", subject, flags=re.IGNORECASE)
    return f"Re: {' '.join(bare.split())}".strip()


def _mailbox(name: str, address: str) -> str:
    name = " ".join(_UNSAFE.sub(" ", name).split())[:100]
    if not name or name == address:
        return f"<{address}>"
    if name.isascii():
        quoted = name.replace("\\", "\\\\").replace('"', '\\"')
        return f'"{quoted}" <{address}>'
    return f"{_words(name, 6)} <{address}>"


def _words(text: str, taken: int) -> str:
    text = " ".join(_UNSAFE.sub(" ", text).split())
    if text.isascii() and "=?" not in text:
        return text
    return Header(text, "utf-8", maxlinelen=75, header_name="x" * (taken - 2)).encode(linesep="\r\n")

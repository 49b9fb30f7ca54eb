"""A mail as filters look at it: what its row says at once, its text and files when they are asked for."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Final

from gateway.core.filters import Incoming
from gateway.core.mails import MailFacts
from gateway.mail.mime.headers import headers_of, read_fields
from gateway.mail.mime.reader import MailContent, read_mail

#: Names every member who had a mail sent on, so that it goes in no circle.
FORWARDED: Final = "X-Caiyou-Forwarded"
MAX_FORWARDED: Final = 5


def incoming_of(data: bytes, facts: MailFacts, recipient: str) -> Incoming:
    """What filters may ask of a mail; `recipient` is the one it was delivered for."""
    late = _Late(data, recipient)
    return Incoming(
        sender=f"{facts.sender_name} <{facts.sender}>",
        recipients=lambda: late.recipients,
        subject=facts.subject,
        size_octets=len(data),
        text=lambda: late.content.text,
        files=lambda: late.files,
    )


def may_go_on(data: bytes, address: str) -> bool:
    """Whether a mail may be sent on by the member of this address: it has not been, and not by too many others."""
    passed = read_fields(data).values.get(FORWARDED.lower().encode(), [])
    own = address.lower().encode()
    return len(passed) < MAX_FORWARDED and all(one.strip().lower() != own for one in passed)


def sent_on(data: bytes, address: str) -> bytes:
    """The mail, marked with who had it sent on."""
    return f"{FORWARDED}: {address}\r\n".encode() + data


class _Late:
    """Reads a mail once, if anybody asks."""

    def __init__(self, data: bytes, recipient: str) -> None:
        self._data = data
        self._recipient = recipient

    @cached_property
    def content(self) -> MailContent:
        return read_mail(self._data)

    @cached_property
    def recipients(self) -> str:
        headers = headers_of(read_fields(self._data))
        named = [f"{one.name} <{one.address}>" for one in (*headers.to, *headers.cc)]
        return ", ".join([*named, f"<{self._recipient}>"])

    @cached_property
    def files(self) -> Sequence[str]:
        return [file.name or file.type for file in self.content.attachments if not file.is_inline]

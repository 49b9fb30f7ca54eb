"""Whether a mail was an MMS on a phone before a carrier's gateway made a mail of it, by its header alone. Pure."""

from __future__ import annotations

import re
from typing import Final

from gateway.mail.mime.headers import Fields, MailHeaders
from mms.carrier_decorations import rules
from mms.content import SMIL

#: What gateways write before "@" for a phone: its number, some with the type of address behind it.
_PHONE: Final = re.compile(r"\+?[0-9]{8,15}(?:/type=plmn)?", re.IGNORECASE)
#: What an MMS with more to it than words becomes.
_HOLDERS: Final = ("multipart/related", "multipart/mixed")


def is_from_phone(fields: Fields, headers: MailHeaders) -> bool:
    """Whether a phone sent it as an MMS: fields of MMS, slides for its root, or the address of a phone at a gateway.

    Mails that people write in a carrier's mail service have a number for their address as well, but a mail program says
    who wrote them (User-Agent, X-Mailer).
    """
    if any(name.startswith(b"x-mms-") for name in fields.values):
        return True
    if headers.content_type not in _HOLDERS:
        return False
    if SMIL.encode() in fields.first(b"content-type").lower():
        return True
    local, _, domain = headers.from_.address.rpartition("@")
    if not _PHONE.fullmatch(local) or fields.first(b"user-agent") or fields.first(b"x-mailer"):
        return False
    return rules.load().carrier_of(domain.lower().rstrip(".")) is not None

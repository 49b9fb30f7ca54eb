"""A mail address as SMTP means it (RFC 5321 4.1.2, RFC 6531): read strictly, kept in one spelling."""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

from gateway.core import phone
from gateway.core.errors import BadRequest

MAX_LOCAL: Final = 64  # octets, RFC 5321 4.5.3.1.1
MAX_DOMAIN: Final = 255  # octets, RFC 5321 4.5.3.1.2
MAX_ADDRESS: Final = 254  # octets: a path is 256 with its angle brackets, RFC 5321 4.5.3.1.3

_ATEXT: Final = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~\-\u0080-\U0010ffff]"
_DOT_ATOM: Final = re.compile(rf"{_ATEXT}+(?:\.{_ATEXT}+)*")
_QUOTED: Final = re.compile(r'"((?:[ !#-\[\]-~\u00a0-\U0010ffff]|\\[ -~])*)"')
_QUOTED_PAIR: Final = re.compile(r"\\(.)")
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?")
# Controls, surrogates and the separators that terminals and header parsers take for line ends.
_FORBIDDEN: Final = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: the local part without its quotes, the domain in lower-case ASCII (IDNA) or as [literal]."""

    local: str
    domain: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """The address written in `text`, without angle brackets; raises BadRequest."""
        if len(text) > MAX_LOCAL + MAX_DOMAIN + 3 or _FORBIDDEN.search(text):
            raise BadRequest("This is no mail address: it is too long or has control characters.")
        if text.startswith('"'):
            match = _QUOTED.match(text)
            if match is None or text[match.end() : match.end() + 1] != "@":
                raise BadRequest("This is no mail address: the quoted part does not end before an @.")
            local, domain = _QUOTED_PAIR.sub(r"\1", match[1]), text[match.end() + 1 :]
        else:
            local, _, domain = text.rpartition("@")
            if not _DOT_ATOM.fullmatch(local):
                raise BadRequest("This is no mail address: the part before the @ is missing or needs quotes.")
        address = cls(local, _domain(domain))
        if len(local.encode()) > MAX_LOCAL or len(str(address).encode()) > MAX_ADDRESS:
            raise BadRequest(f"This mail address is longer than {MAX_LOCAL} or {MAX_ADDRESS} octets.")
        return address

    def __str__(self) -> str:
        """The address as it stands in an SMTP path or a header; quoted only where it must be."""
        local = self.local
        if not _DOT_ATOM.fullmatch(local):
            local = '"' + local.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return f"{local}@{self.domain}"

    @property
    def key(self) -> str:
        """What two spellings of our own mailboxes have in common: everything in lower case."""
        return f"{self.local.lower()}@{self.domain}"

    @property
    def domain_for_people(self) -> str:
        """The domain in its own script."""
        try:
            return self.domain.encode("ascii").decode("idna")
        except UnicodeError:
            return self.domain

    @property
    def needs_smtputf8(self) -> bool:
        """Must the next server offer SMTPUTF8 for this address?"""
        return not self.local.isascii()

    @property
    def phone_number(self) -> str | None:
        """The mobile number this address stands for (13800138000@domain), or None."""
        if not self.local[:1].isdigit() and not self.local.startswith("+"):
            return None
        number = phone.normalise(self.local)
        return number if number is not None and phone.is_mobile(number) else None


def is_phone_address(address: Address) -> bool:
    """Does the address stand for a mobile phone?"""
    return address.phone_number is not None


def _domain(text: str) -> str:
    if text.startswith("["):
        return _literal(text)
    name = text.removesuffix(".").lower()
    if not name.isascii():
        name = name.replace("。", ".").replace("．", ".")
        try:
            name = name.encode("idna").decode("ascii").lower()
        except UnicodeError as error:
            raise BadRequest("This is no mail address: the domain is no internationalised name.") from error
    if not name or len(name) > MAX_DOMAIN or not all(map(_LABEL.fullmatch, name.split("."))):
        raise BadRequest("This is no mail address: the domain is missing or malformed.")
    return name


def _literal(text: str) -> str:
    inner = text[1:-1].lower()
    try:
        if not text.endswith("]") or "%" in text:
            raise ValueError  # a scope (fe80::1%x) is of this machine alone, and Python lets anything stand in it
        if inner.startswith("ipv6:"):
            return f"[IPv6:{ipaddress.IPv6Address(inner[5:])}]"
        return f"[{ipaddress.IPv4Address(inner)}]"
    except ValueError as error:
        raise BadRequest("This is no mail address: what stands in brackets is no IP address.") from error

"""The grammar of MAIL and RCPT (RFC 5321 4.1.2), as strict as smugglers and relays make necessary."""

from __future__ import annotations

import re

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest

_PATH = re.compile(r"\s*<([^<>]*)>(?:\s+(.*))?", re.DOTALL)
_SOURCE_ROUTE = re.compile(r"@[^:]*:")


def read_path(keyword: str, arg: str | None) -> tuple[str, list[str]] | None:
    """The address and the parameters of MAIL or RCPT; None when it is neither."""
    if arg is None or arg[: len(keyword)].upper() != keyword:
        return None
    match = _PATH.fullmatch(arg, len(keyword))
    if match is None:
        return None
    # A source route is to be ignored (RFC 5321 4.1.1.3).
    return _SOURCE_ROUTE.sub("", match[1].strip(), count=1) if match[1].startswith("@") else match[1].strip(), (
        match[2] or ""
    ).split()


def read_address(text: str) -> Address | None:
    """The address in these words; None when it is none."""
    try:
        return Address.parse(text)
    except BadRequest:
        return None


def printable(text: str) -> str:
    """What a client said, fit for our reply."""
    return "".join(letter if "!" <= letter <= "~" else "?" for letter in text)


def text_of(octets: bytes) -> str:
    """Octets as text, whatever they are."""
    return octets.decode("utf-8", "replace")

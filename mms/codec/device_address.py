"""Addresses of phones where mail addresses stand: +8613800138000/TYPE=PLMN@mms.example (3GPP TS 23.140 6.9). Pure."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from gateway.core.addresses import Address
from gateway.core.errors import BadRequest

#: Addresses of one field that are read.
MAX_ADDRESSES: Final = 1000

_NUMBER: Final = re.compile(r"\+?[0-9*#]{2,32}")
_SEPARATORS: Final = re.compile(r"[\s().-]+")
_TYPED: Final = re.compile(r"([^/\s,;<>\"]{1,256})/TYPE=([A-Za-z0-9]{2,12})", re.IGNORECASE)
_LAST_NUMBER: Final = re.compile(r"\+?[0-9*#]{2,32}$")
#: Number@host, as gateways that know no types write it; the host says whether a phone is meant.
_BARE: Final = re.compile(r"(\+?[0-9]{3,20})@([A-Za-z0-9.-]{1,255})")
_PIECE: Final = re.compile(r'(?:"(?:[^"\\]|\\.)*"|<[^<>]*>|[^",;<>])+')
_ANGLE: Final = re.compile(r"<([^<>]*)>\s*$")


def read_address(text: str, hosts: Collection[str] = ()) -> str:
    """The number or mail address meant by one address, in any of its spellings; "" for what is none.

    With a type it is what stands before it, whatever host follows; quotes, angle brackets and a name before them do
    not matter. A number at one of `hosts` (lower case) is a number; at any other host it is somebody's mail address.
    """
    found = read_addresses(text, hosts)
    return found[0] if found else ""


def read_addresses(text: str, hosts: Collection[str] = ()) -> tuple[str, ...]:
    """Every number or mail address in a field, in order and once, at most MAX_ADDRESSES.

    Typed addresses are found whatever joins them: some senders use a full stop.
    """
    found: dict[str, None] = {}
    for match in _PIECE.finditer(text):
        for address in _addresses_in(match[0].strip(), hosts):
            if address and len(found) < MAX_ADDRESSES:
                found[address] = None
    return tuple(found)


def device_address(address: str, host: str = "") -> str:
    """A number as +8613800138000/TYPE=PLMN, or …@host; a mail address as it is."""
    if "@" in address or not _NUMBER.fullmatch(address):
        return address
    return f"{address}/TYPE=PLMN" + (f"@{host}" if host else "")


def is_number(address: str) -> bool:
    """Whether it is a phone's, not a mail address or a name."""
    return _NUMBER.fullmatch(address) is not None


def _addresses_in(piece: str, hosts: Collection[str]) -> list[str]:
    angle = _ANGLE.search(piece)
    written = (angle[1] if angle else piece).strip()
    plain = written.replace("\\", "").replace('"', "").strip()
    typed = _TYPED.findall(plain)
    if typed:
        return [_typed(value, kind.upper()) for value, kind in typed]
    bare = _BARE.fullmatch(plain)
    if bare is not None and bare[2].lower().rstrip(".") in hosts:
        return [bare[1]]
    if "@" in written:
        try:
            return [str(Address.parse(written))]
        except BadRequest:
            return []
    return [_number(plain)]


def _typed(value: str, kind: str) -> str:
    if kind != "PLMN":
        return value.strip(".:")
    # In "+1/TYPE=PLMN@a.example.+2/TYPE=PLMN" the host of the first runs into the second.
    last = _LAST_NUMBER.search(_SEPARATORS.sub("", value) if "@" not in value else value)
    return last[0] if last else value


def _number(text: str) -> str:
    number = _SEPARATORS.sub("", text)
    return number if _NUMBER.fullmatch(number) else ""

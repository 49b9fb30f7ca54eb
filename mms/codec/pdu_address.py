"""Addresses in MMS PDUs: +8613800138000/TYPE=PLMN, mail addresses, IP addresses (OMA-TS-MMS_ENC-V1_3, section 8).

Numbers come out as digits with their plus sign, short codes as digits, mail addresses bare. A number without a plus
sign stays so: which country is meant depends on who says it.
"""

from __future__ import annotations

import ipaddress
import re
from typing import Final

from mms.codec.content_types import plain

#: Characters of an address that are read or written (RFC 5321 allows a mail address 254).
MAX_ADDRESS: Final = 320

_TYPED: Final = re.compile(r"(.*)/TYPE=([A-Za-z0-9]{1,12})", re.IGNORECASE | re.DOTALL)
_NUMBER: Final = re.compile(r"\+?[0-9*#]{1,32}")
_SEPARATORS: Final = re.compile(r"[\s().-]+")
_ANGLE: Final = re.compile(r"<([^<>]+)>$")
#: Types that say what shows anyway; any other stays with its address.
_KNOWN: Final = frozenset(("PLMN", "IPV4", "IPV6", "EMAIL"))


def read_address(text: str) -> str:
    """The number, mail address or whatever else is meant; "" where there is nothing."""
    text = plain(text[:MAX_ADDRESS])
    while True:  # every round makes it shorter
        angle = _ANGLE.search(text)
        # The last type counts: a name may hold a slash.
        typed = _TYPED.fullmatch(text) if angle is None else None
        if angle is not None:
            text = plain(angle[1])
        elif typed is not None and typed[2].upper() in _KNOWN:
            text = plain(typed[1])
        else:
            break
    number = _SEPARATORS.sub("", text)
    return number if _NUMBER.fullmatch(number) and not _is_ip(text) else text


def write_address(address: str) -> str:
    """The address with its type; a mail address or a name as it is."""
    if _NUMBER.fullmatch(address):
        return f"{address}/TYPE=PLMN"
    if _is_ip(address):
        return f"{address}/TYPE=IPv{ipaddress.ip_address(address).version}"
    return address


def _is_ip(text: str) -> bool:
    if "." not in text and ":" not in text:
        return False
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

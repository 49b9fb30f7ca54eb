"""Phone numbers of cards: one spelling each, what they are found by, and what kind they are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

import phonenumbers

from gateway.core.phone import MAX_RAW, is_mobile, is_service, normalise

#: Digits at the end of a number by which it is found, however its country and area were written: what a fixed line of
#: a small city has. Few numbers of one book share them; `is_same_line` tells those apart.
MATCH_DIGITS: Final = 7

_DIGITS: Final = str.maketrans("０１２３４５６７８９＋－（）　；，", "0123456789+-() ;,")
# What follows a number: an extension in words, a pause and what is dialled after it.
_TAIL: Final = re.compile(
    r"(?:;ext=|;?\s*ext\.?\s*|\s*(?:转|轉|分机|分機|內線|内线|#|[xX*])\s*|[pPwW,;]+)([0-9pPwW,;#*]*)$"
)
# A Chinese fixed line with its area code, a dash and the extension behind an exchange: (010)12345678-801.
_CN_EXTENSION: Final = re.compile(r"^((?:\+?86[\s-]*)?\(?0[0-9]{2,3}\)?[\s-]*[1-9][0-9]{6,7})\s*-\s*([0-9]{1,6})$")


class Kind(StrEnum):
    """What a number is."""

    MOBILE = "mobile"  # takes SMS
    FIXED = "fixed"
    SHORT = "short"  # a service number or short code: dialled as it is, never with a country code
    UNKNOWN = "unknown"  # nothing that can be dialled from here


@dataclass(frozen=True, slots=True)
class Number:
    """A phone number as it was written, and what is known of it."""

    raw: str
    number: str  # E.164, a service number's digits, or the digits that were written
    kind: Kind
    match_key: str  # "" where there is nothing to find it by
    extension: str = ""


def read(raw: str, region: str = "CN") -> Number:
    """What a number of a card is. Never raises.

    Takes what people write: blanks, dashes, full-width digits, "tel:", dialling prefixes (17951, 12520), extensions
    and pauses. `region` is where it is dialled from, an ISO 3166 code.
    """
    text = raw.translate(_DIGITS).strip()[:MAX_RAW]
    if text[:4].lower() == "tel:":
        text = text[4:]
    extension = ""
    if region == "CN" and (with_extension := _CN_EXTENSION.match(text)):
        text, extension = with_extension.groups()
    elif (tail := _TAIL.search(text)) and any(char.isdigit() for char in text[: tail.start()]):
        text, extension = text[: tail.start()], tail[1].strip("pPwW,;#*")
    number = normalise(text, region) or _by_plan(text, region)
    if number is None:
        digits = "".join(char for char in text if char.isascii() and char.isdigit())[:20]
        return Number(raw, digits, Kind.UNKNOWN, digits[-MATCH_DIGITS:] if len(digits) >= 3 else "", extension)
    if is_service(number):
        return Number(raw, number, Kind.SHORT, match_key(number), extension)
    return Number(raw, number, Kind.MOBILE if _is_mobile(number) else Kind.FIXED, match_key(number), extension)


def match_key(number: str) -> str:
    """What a number is found by: its last digits; a service number is found whole, behind a star."""
    if is_service(number):
        return f"*{number[-15:]}"
    return "".join(char for char in number if char.isdigit())[-MATCH_DIGITS:]


def is_same_line(one: str, other: str) -> bool:
    """Are two numbers (as `Number.number` has them) one line? Without a country, the end of a number is enough."""
    if one == other:
        return True
    if (one[:1] == "+") == (other[:1] == "+"):
        return False
    longer, shorter = (one, other) if one[:1] == "+" else (other, one)
    return len(shorter) >= MATCH_DIGITS and longer.endswith(shorter.lstrip("0"))


def _by_plan(text: str, region: str) -> str | None:
    # Regions whose rules the core does not know, and fixed lines written without their area's zero.
    try:
        parsed = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def _is_mobile(number: str) -> bool:
    if number.startswith("+86"):
        return is_mobile(number)
    try:
        kind = phonenumbers.number_type(phonenumbers.parse(number))
    except phonenumbers.NumberParseException:
        return False
    # Where the plan does not tell them apart (North America), or does not know it, the number may take SMS.
    return kind is not phonenumbers.PhoneNumberType.FIXED_LINE

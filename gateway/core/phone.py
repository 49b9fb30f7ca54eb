"""One spelling per phone number: the key under which accounts, contacts, limits and routes find it."""

from __future__ import annotations

import re
from typing import Final

MAX_RAW: Final = 64  # characters of what a person or a file may give as a number
MAX_DIGITS: Final = 15  # ITU-T E.164, country code included
MAX_SERVICE_DIGITS: Final = 20  # a 106 access number with its extension

# Region -> (country code, trunk prefix dropped after it). Numbers written without "+" are read by these.
REGIONS: Final[dict[str, tuple[str, str]]] = {
    "CN": ("86", "0"), "HK": ("852", ""), "MO": ("853", ""), "TW": ("886", "0"), "SG": ("65", ""),
    "MY": ("60", "0"), "JP": ("81", "0"), "KR": ("82", "0"), "TH": ("66", "0"), "VN": ("84", "0"),
    "US": ("1", ""), "CA": ("1", ""), "AU": ("61", "0"),
    "GB": ("44", "0"), "DE": ("49", "0"), "FR": ("33", "0"),
}  # fmt: skip

# The first three digits of Chinese mobile numbers: MIIT numbering plan, networks 13x-19x with the machine and
# satellite ranges 140, 141, 144, 174. 154, 160, 161, 163, 164, 168, 169, 179 and 194 are not given out.
CN_MOBILE: Final = frozenset(
    f"1{tens}{digit}"
    for tens, digits in enumerate(
        ("0123456789", "01456789", "012356789", "2567", "012345678", "0123456789", "012356789"), start=3
    )
    for digit in digits
)
# What phones put before a number to choose a cheaper long-distance carrier or a second line.
CN_DIALLING_PREFIXES: Final = (
    "12593", "12520", "10193", "11808", "17900", "17901", "17908", "17909", "17910", "17911",
    "17950", "17951", "17960", "17969", "17970", "17990", "17991",
)  # fmt: skip

_PLAIN: Final = {0xFF10 + digit: str(digit) for digit in range(10)} | {
    0xFF0B: "+", 0xFF0D: "-", 0x2010: "-", 0x2011: "-", 0x2013: "-", 0x2014: "-", 0x2212: "-",
    0xFF08: "(", 0xFF09: ")", 0x3000: " ", 0x00A0: " ", 0x202F: " ",
    0x200E: "", 0x202A: "", 0x202C: "", 0x202D: "",  # direction marks, copied along from phone books
}  # fmt: skip
_TRUNK_IN_PARENTHESES: Final = re.compile(r"\(0\)")
_SEPARATORS: Final = re.compile(r"[\s().\-/]+")
_SHAPE: Final = re.compile(r"\+?[0-9]{3,24}")
_CN_MOBILE_SHAPE: Final = re.compile(r"1[3-9][0-9]{9}")
# Area codes are 10, 2x and three digits from 3 to 9; subscribers have 7 or 8 digits and begin with 2-8.
_CN_FIXED_SHAPE: Final = re.compile(r"10[2-8][0-9]{7}|2[0-9][2-8][0-9]{7}|[3-9][0-9]{2}[2-8][0-9]{6,7}")
_CN_SERVICE_SHAPE: Final = re.compile(r"106[0-9]{1,17}|1[0-2][0-9]{1,4}|9[56][0-9]{3,10}|[48]00[0-9]{7}")
_SHORT_CODE: Final = re.compile(r"[1-9][0-9]{2,5}")
_INTERNATIONAL: Final = re.compile(r"[1-9][0-9]{6,14}")


def normalise(raw: str, region: str = "CN") -> str | None:
    """The number as "+" and at most 15 digits, a service number or short code as its digits, or None.

    Takes what people and phone books write: spaces, dashes, parentheses, full-width digits, "tel:", "00", the
    country code without "+", and Chinese dialling prefixes (12593 13800138000). Never raises.
    """
    if len(raw) > MAX_RAW:
        return None
    if len(raw) == 11 and raw.isascii() and raw.isdigit() and region == "CN" and raw[:3] in CN_MOBILE:
        return "+86" + raw
    text = raw.translate(_PLAIN).strip()
    if text[:4].lower() == "tel:":
        text = text[4:].partition(";")[0]
    text = _SEPARATORS.sub("", _TRUNK_IN_PARENTHESES.sub("", text) if "+" in text else text)
    if not _SHAPE.fullmatch(text):
        return None
    if text[0] == "+":
        return _international(text[1:])
    if text.startswith("00"):
        return _international(text[2:])
    if region == "CN":
        return _chinese(text)
    if _SHORT_CODE.fullmatch(text):
        return text
    if region not in REGIONS:
        return None
    code, trunk = REGIONS[region]
    return _international(code + (text.removeprefix(trunk) if trunk else text))


def is_mobile(number: str) -> bool:
    """Can this normalised number take an SMS? Chinese ones by prefix, other "+" numbers always."""
    if number.startswith("+86"):
        return len(number) == 14 and number[3:6] in CN_MOBILE
    return number.startswith("+") and _INTERNATIONAL.fullmatch(number[1:]) is not None


def is_service(number: str) -> bool:
    """Is this normalised number a service number or short code, which is kept without a country code?"""
    return number.isascii() and number.isdigit()


def mask(number: str) -> str:
    """The number as it may stand in a log: +86138****8000. Service numbers are no secret, they stay whole."""
    if is_service(number) and len(number) != 11:
        return number
    if not _SHAPE.fullmatch(number):
        return "****"
    kept = 6 if number.startswith("+86") else 4 if number[0] == "+" else 3
    return f"{number[:kept]}****{number[-4:]}" if len(number) >= kept + 6 else f"****{number[-2:]}"


def _international(digits: str) -> str | None:
    if digits.startswith("86"):
        rest = digits[2:].removeprefix("0")
        if _CN_MOBILE_SHAPE.fullmatch(rest) or _CN_FIXED_SHAPE.fullmatch(rest):
            return "+86" + rest
        if _CN_SERVICE_SHAPE.fullmatch(rest):
            return rest  # carriers write +8610086 for 10086
        return None
    return "+" + digits if _INTERNATIONAL.fullmatch(digits) else None


def _chinese(digits: str) -> str | None:
    if _CN_MOBILE_SHAPE.fullmatch(digits):
        return "+86" + digits if digits[:3] in CN_MOBILE else None
    if digits[0] == "0":
        return "+86" + digits[1:] if _CN_FIXED_SHAPE.fullmatch(digits[1:]) else None
    if digits[:5] in CN_DIALLING_PREFIXES and len(digits) > 15:
        return normalise(digits[5:])
    if digits.startswith("86") and len(digits) > 6:
        return _international(digits)
    if _CN_SERVICE_SHAPE.fullmatch(digits) or _SHORT_CODE.fullmatch(digits):
        return digits
    return None

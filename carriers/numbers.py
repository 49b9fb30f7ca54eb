"""How gateways in China write numbers and codes, and want them written (CMPP, SGIP and SMGP alike)."""

from __future__ import annotations

from gateway.core.errors import NotEncodable

#: The forms of a phone's number: 13800138000, 8613800138000, +8613800138000.
NUMBER_FORMS = ("national", "86", "+86")

_WITH_CODE_DIGITS = 13


def source_of(sender: str, access_number: str) -> str:
    """Who sends: the sender when it is the access number with an extension, else the access number alone."""
    if sender.isascii() and sender.isdigit() and sender.startswith(access_number):
        return sender
    return access_number


def written_number(number: str, form: str) -> str:
    """A number as the gateway wants it: "national" without 86, "86" or "+86" with it.

    Numbers without a plus are taken for Chinese ones. Those of other countries keep their country code, and with "+86"
    their plus.
    """
    has_code = number.startswith("+86") or (number.startswith("86") and len(number) >= _WITH_CODE_DIGITS)
    if number.startswith("+") and not has_code:
        return number if form == "+86" else number[1:]
    national = number.removeprefix("+").removeprefix("86") if has_code else number
    return {"national": national, "86": "86" + national, "+86": "+86" + national}[form]


def field_text(field: bytes) -> str:
    """The octets of a text field for people: up to the first NUL, anything but ASCII escaped."""
    return field.partition(b"\0")[0].decode("ascii", "backslashreplace")


def ascii_octets(text: str) -> bytes:
    """A number or a code as octets of its field; raises NotEncodable for what is not ASCII."""
    try:
        return text.encode("ascii")
    except UnicodeEncodeError:
        raise NotEncodable(f"{text!r} is not ASCII, as numbers and codes must be.") from None

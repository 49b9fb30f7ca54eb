"""Which dialect a sample of a centre is written in, and what differs from ours. Pure.

Only what can be seen in the sample is compared: a delivery report shows no content, an answer no sender.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import NAMESPACES, SOAP, Dialect
from mms.codec.mm7.dialect import load as load_dialect
from mms.codec.mm7.dialect import ours as our_dialects
from mms.codec.mm7.grammar import message_names
from mms.codec.mm7.markup import Element, charset_of, read_xml
from mms.codec.mm7.packaging import Entity, Package

#: What tells dialects apart more than a prefix does.
_WEIGHTS: Final[Mapping[str, int]] = {
    "namespace": 4,
    "version": 2,
    "raw_sender": 4,
    "content_element": 4,
    "numbers": 2,
    "report_time": 3,
    "boundary": 2,
    "root_id": 2,
    "vasp_error": 3,
}
_ADDRESSES: Final = ("Number", "ShortCode", "RFC2822Address")
_ERRORS: Final = ("RSErrorRsp", "VASPErrorRsp", "MM7VASPErrorRsp")
_ZONE: Final = re.compile(r"T.*?(?:(Z)|([+-])(\d\d):?(\d\d))\s*$")


@dataclass(frozen=True, slots=True)
class Fit:
    """How one of our dialects fits a sample."""

    name: str
    #: 0 to 1: the share of what was seen that agrees, by weight.
    share: float
    agrees: tuple[str, ...]
    #: Key -> (ours, what the sample has).
    differs: Mapping[str, tuple[Any, Any]]


@dataclass(frozen=True, slots=True)
class Finding:
    """Our dialects, the best first, and the one that was seen, made from the best."""

    fits: tuple[Fit, ...]
    dialect: Dialect


def infer(data: bytes) -> Finding:
    """The dialect of a sample: an HTTP message, its body, or XML. Raises MalformedPdu when it is no MM7."""
    content_type, body = packaging.split_document(data)
    package = packaging.open_package(content_type, body)
    packaging.unpack(content_type, body, Dialect())  # it must be MM7 before anything is said of it
    seen = observed(package)
    fits = sorted((_fit(name, seen) for name in our_dialects()), key=lambda it: (-it.share, it.name))
    best = load_dialect(fits[0].name)
    return Finding(tuple(fits), replace(best, title=f"as seen, after {best.title}", **_usable(seen)))


def observed(package: Package) -> dict[str, Any]:
    """Every key of a dialect that shows in the sample, with its value."""
    root = read_xml(package.xml, package.label)
    seen: dict[str, Any] = {"charset": charset_of(package.xml, package.label) or "utf-8"}
    message = root.find(*message_names(), *_ERRORS)
    assert message is not None  # it was read as MM7
    if root.namespace == SOAP:
        seen["soap_prefix"] = root.prefix
    if message.namespace.startswith(NAMESPACES):
        seen["namespace"] = message.namespace
        seen["prefix"] = message.prefix
    if message.name in _ERRORS[1:]:
        seen["vasp_error"] = message.name
    if version := message.child("MM7Version"):
        seen["version"] = version.text
    transaction = root.find("TransactionID")
    if transaction is not None:
        seen["header_prefix"] = transaction.prefix
        if message.name.endswith("Rsp"):
            seen["must_understand_in_answers"] = "mustUnderstand" in transaction.attributes
    return seen | _addresses(message) | _times(message) | _packaging(message, package)


def _addresses(message: Element) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    sender = message.find("SenderAddress", "Sender")
    if sender is not None:
        seen["raw_sender"] = not sender.children and bool(sender.text)
    written = [it.text for it in message.walk() if it.name == "Number"]
    if seen.get("raw_sender") and sender is not None:
        written.append(sender.text)
    phones = [re.sub("/TYPE=.*", "", it, flags=re.IGNORECASE) for it in written]
    forms = {_form(it) for it in phones if len(it.lstrip("+")) > 8}
    if len(forms) == 1:
        seen["numbers"] = forms.pop()
    if written:
        seen["typed"] = any("/TYPE=" in it.upper() for it in written)
    if message.find("ShortCode") is not None:
        seen["short_codes"] = "ShortCode"
    elif any(0 < len(it.lstrip("+")) <= 8 for it in phones):
        seen["short_codes"] = "Number"
    return seen


def _form(number: str) -> str:
    if number.startswith("+"):
        return "e164"
    return "national" if re.fullmatch(r"1[3-9]\d{9}", number) else "digits"


def _times(message: Element) -> dict[str, Any]:
    seen: dict[str, Any] = {}
    if message.name == "DeliveryReportReq" and message.child("Date", "TimeStamp") is not None:
        seen["report_time"] = "Date" if message.child("Date") is not None else "TimeStamp"
    stamp = message.find("TimeStamp", "Date")
    zone = _ZONE.search(stamp.text) if stamp is not None else None
    if zone is not None:
        minutes = 0 if zone[1] else int(zone[3]) * 60 + int(zone[4])
        seen["utc_offset_minutes"] = -minutes if zone[2] == "-" else minutes
    return seen


def _packaging(message: Element, package: Package) -> dict[str, Any]:
    root = package.root
    if root is None:
        return {}
    seen: dict[str, Any] = {
        "boundary": "--" if package.boundary.startswith(b"--") else "",
        "header_blank": root.has_blanks,
        "root_id": root.content_id,
    }
    if package.others:
        content = package.others[0]
        seen["content_element"] = message.find("Content") is not None
        seen["brackets"] = content.has_brackets
        if encoding := _encoding(content):
            seen["encoding"] = encoding
    return seen


def _encoding(content: Entity) -> str:
    found = re.findall(
        rb"^Content-Transfer-Encoding:[ \t]*(base64|8bit|binary)\b", content.raw()[:65536], re.IGNORECASE | re.MULTILINE
    )
    return str(found[-1].lower().decode("ascii")) if found else ""


def _fit(name: str, seen: Mapping[str, Any]) -> Fit:
    dialect = load_dialect(name)
    agrees: list[str] = []
    differs: dict[str, tuple[Any, Any]] = {}
    weight = total = 0
    for key, value in seen.items():
        mine = getattr(dialect, key)
        same = mine == value
        if key == "boundary":
            same = mine.startswith("--") == bool(value)
        elif key == "encoding":
            same = (mine == "base64") == (value == "base64")  # without base64 a text is 8bit anyway
        elif key == "root_id":
            same = mine == value or "/" not in mine + value  # ids are free, but for those that some compare
        total += _WEIGHTS.get(key, 1)
        if same:
            weight += _WEIGHTS.get(key, 1)
            agrees.append(key)
        else:
            differs[key] = (mine, value)
    return Fit(name, weight / total, tuple(agrees), differs)


def _usable(seen: Mapping[str, Any]) -> dict[str, Any]:
    """What was seen, as far as a dialect can be made of it."""
    values = dict(seen)
    if "boundary" in values:
        values["boundary"] = "--NextPart_0_" if values["boundary"] else "=_mm7_"
    if not re.fullmatch(r"[!#-;=?-~]{1,200}", values.get("root_id", "x")):
        del values["root_id"]
    if values.get("charset") not in (None, "utf-8", "gb2312", "gbk", "gb18030"):
        del values["charset"]
    if not values.get("soap_prefix", "x"):
        del values["soap_prefix"]
    return values

"""The kinds of elements that messages are made of, each with how it is read and written. Pure.

Readers take what senders make of it and give None for what means nothing; writers write one dialect.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gateway.core.errors import MalformedPdu
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.markup import Element, escape
from mms.codec.mm7.values import (
    Address,
    AddressKind,
    Capabilities,
    ContentReference,
    Recipients,
    ReplyCharging,
    SenderIdentification,
    Status,
    When,
    parse_address,
    parse_flag,
    parse_time,
    time_text,
)

#: Characters of one text that are kept.
MAX_TEXT: Final = 4096
#: Recipients of one message.
MAX_RECIPIENTS: Final = 1000


class Writer:
    """Collects XML in one dialect."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.pieces: list[str] = []
        self._mark = f"{dialect.prefix}:" if dialect.prefix else ""

    def open(self, name: str, attributes: str = "") -> None:
        """Begin an element."""
        self.pieces.append(f"<{self._mark}{name}{attributes}>")

    def close(self, name: str) -> None:
        """End it."""
        self.pieces.append(f"</{self._mark}{name}>")

    def text(self, name: str, value: str, attributes: str = "") -> None:
        """An element with text, or an empty one."""
        if value:
            self.pieces.append(f"<{self._mark}{name}{attributes}>{escape(value)}</{self._mark}{name}>")
        else:
            self.pieces.append(f"<{self._mark}{name}{attributes}/>")


Read = Callable[[Element, Dialect], Any]
Write = Callable[[Writer, str, Any], None]


def read_text(element: Element, _: Dialect) -> str:
    return element.text[:MAX_TEXT]


def write_text(out: Writer, name: str, value: str) -> None:
    out.text(name, value)


def choice(*words: str) -> Read:
    known = {word.lower(): word for word in words}

    def read(element: Element, _: Dialect) -> str:
        return known.get(element.text.lower(), element.text[:MAX_TEXT])

    return read


def read_flag(element: Element, _: Dialect) -> bool | None:
    return parse_flag(element.text)


def write_flag(out: Writer, name: str, value: bool) -> None:
    out.text(name, str(value).lower())


def read_time(element: Element, dialect: Dialect) -> When | None:
    return parse_time(element.text, dialect.zone)


def write_time(out: Writer, name: str, value: When) -> None:
    out.text(name, time_text(value, out.dialect.zone))


def write_report_time(out: Writer, _: str, value: When) -> None:
    out.text(out.dialect.report_time, time_text(value, out.dialect.zone))


_ADDRESSES: Final = {kind.value: kind for kind in AddressKind}


def _one_address(element: Element) -> Address | None:
    found = parse_address(element.text, _ADDRESSES.get(element.name))
    given = element.attributes
    if found is None or not given:
        return found
    return Address(
        found.value,
        found.kind,
        display_only=parse_flag(given.get("displayOnly", "")) or False,
        coding=given.get("addressCoding", "")[:20],
        id=given.get("id", "")[:256],
    )


def read_address(element: Element, _: Dialect) -> Address | None:
    inner = next((it for it in element.children if it.name in _ADDRESSES), None)
    return _one_address(inner if inner is not None else element)


def _read_addresses(element: Element | None) -> tuple[Address, ...]:
    if element is None:
        return ()
    inner = [it for it in element.children if it.name in _ADDRESSES]
    found = (_one_address(it) for it in (inner or [element]))
    return tuple(it for it in found if it is not None)


def write_address(out: Writer, name: str, value: Address) -> None:
    out.open(name)
    _write_one(out, value)
    out.close(name)


def write_sender(out: Writer, name: str, value: Address) -> None:
    if out.dialect.raw_sender:
        out.text(name, out.dialect.address_text(value))
    else:
        write_address(out, name, value)


def _write_one(out: Writer, value: Address) -> None:
    attributes = ' displayOnly="true"' if value.display_only else ""
    if value.coding:
        attributes += f' addressCoding="{escape(value.coding)}"'
    if value.id:
        attributes += f' id="{escape(value.id)}"'
    out.text(out.dialect.address_element(value), out.dialect.address_text(value), attributes)


def read_identification(element: Element, dialect: Dialect) -> SenderIdentification:
    address = element.child("SenderAddress")
    return SenderIdentification(
        _text_of(element, "VASPID"),
        _text_of(element, "VASID"),
        read_address(address, dialect) if address is not None else None,
    )


def write_identification(out: Writer, name: str, value: SenderIdentification) -> None:
    out.open(name)
    if value.vasp_id:
        out.text("VASPID", value.vasp_id)
    if value.vas_id:
        out.text("VASID", value.vas_id)
    if value.address is not None:
        write_sender(out, "SenderAddress", value.address)
    out.close(name)


def read_recipients(element: Element, _: Dialect) -> Recipients:
    groups = []
    left = MAX_RECIPIENTS
    for name in ("To", "Cc", "Bcc"):
        found = tuple(it for one in element.named(name) for it in _read_addresses(one))
        if len(found) > left:
            raise MalformedPdu(f"more than {MAX_RECIPIENTS} recipients", field=name)
        left -= len(found)
        groups.append(found)
    if not any(groups):
        groups[0] = _read_addresses(element)  # without To around them
    return Recipients(*groups)


def write_recipients(out: Writer, name: str, value: Recipients) -> None:
    out.open(name)
    for group, addresses in (("To", value.to), ("Cc", value.cc), ("Bcc", value.bcc)):
        if addresses:
            out.open(group)
            for address in addresses:
                _write_one(out, address)
            out.close(group)
    out.close(name)


def read_status(element: Element, _: Dialect) -> Status:
    code = _text_of(element, "StatusCode")
    details = element.child("Details")
    return Status(
        int(code) if code.isascii() and code.lstrip("-").isdigit() and len(code) < 10 else 0,
        _text_of(element, "StatusText"),
        " ".join(it.text for it in details.walk() if it.text)[:MAX_TEXT] if details is not None else "",
    )


def write_status(out: Writer, name: str, value: Status) -> None:
    out.open(name)
    out.text("StatusCode", str(value.code))
    out.text("StatusText", value.text)
    if value.details:
        out.text("Details", value.details)
    out.close(name)


def read_charging(element: Element, dialect: Dialect) -> ReplyCharging | None:
    if parse_flag(element.text) is False:
        return None
    size = element.attributes.get("replyChargingSize") or _text_of(element, "replyChargingSize", "ReplyChargingSize")
    deadline = element.attributes.get("replyDeadline") or _text_of(element, "replyDeadline", "ReplyDeadline")
    return ReplyCharging(
        int(size) if size.isascii() and size.isdigit() and len(size) < 10 else 0, parse_time(deadline, dialect.zone)
    )


def write_charging(out: Writer, name: str, value: ReplyCharging) -> None:
    attributes = f' replyChargingSize="{value.size}"' if value.size else ""
    if value.deadline is not None:
        attributes += f' replyDeadline="{time_text(value.deadline, out.dialect.zone)}"'
    out.text(name, "", attributes)


def read_conditions(element: Element, _: Dialect) -> tuple[str, ...]:
    return tuple(it.text[:MAX_TEXT] for it in element.named("DC")[:100])


def write_conditions(out: Writer, name: str, value: tuple[str, ...]) -> None:
    out.open(name)
    for condition in value:
        out.text("DC", condition)
    out.close(name)


def read_capabilities(element: Element, dialect: Dialect) -> Capabilities:
    at = parse_time(element.attributes.get("TimeStamp", ""), dialect.zone)
    return Capabilities(element.attributes.get("UAProf", "")[:MAX_TEXT], at)


def write_capabilities(out: Writer, name: str, value: Capabilities) -> None:
    attributes = f' UAProf="{escape(value.profile)}"' if value.profile else ""
    if value.at is not None:
        attributes += f' TimeStamp="{time_text(value.at, out.dialect.zone)}"'
    out.text(name, "", attributes)


def read_content(element: Element, _: Dialect) -> ContentReference | None:
    given = element.attributes
    href = given.get("href", "").strip()
    if not href:
        return None
    return ContentReference(
        href[:MAX_TEXT], given.get("type", "")[:200], parse_flag(given.get("allowAdaptations", "true"))
    )


def write_content(out: Writer, name: str, value: ContentReference) -> None:
    if not out.dialect.content_element:
        return
    attributes = f' href="{escape(value.href)}"'
    if value.type:
        attributes += f' type="{escape(value.type)}"'
    if out.dialect.allow_adaptations and value.allow_adaptations is not None:
        attributes += f' allowAdaptations="{str(value.allow_adaptations).lower()}"'
    out.text(name, "", attributes)


def _text_of(element: Element, *names: str) -> str:
    found = element.child(*names)
    return found.text[:MAX_TEXT] if found is not None else ""

"""Service indications: a text with a link, pushed to a phone (SI 1.0, WAP-167). Pure.

Phones show the text and open the link when it is wanted. A newer one with the same `si_id` (without one: the same
link) takes the place of an older one; DELETE takes it away.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from gateway.core import wbxml
from gateway.core.errors import MalformedPdu, NotEncodable
from gateway.core.wbxml import Dialect, Element

CONTENT_TYPE: Final = "application/vnd.wap.sic"

#: Ends of addresses with a token, in SI and SL.
ENDINGS: Final = {(0, 0x85): ".com/", (0, 0x86): ".edu/", (0, 0x87): ".net/", (0, 0x88): ".org/"}

DIALECT: Final = Dialect(
    public_id=0x05,
    tags={(0, 0x05): "si", (0, 0x06): "indication", (0, 0x07): "info", (0, 0x08): "item"},
    attributes={
        (0, 0x05): ("action", "signal-none"),
        (0, 0x06): ("action", "signal-low"),
        (0, 0x07): ("action", "signal-medium"),
        (0, 0x08): ("action", "signal-high"),
        (0, 0x09): ("action", "delete"),
        (0, 0x0A): ("created", ""),
        (0, 0x0B): ("href", ""),
        (0, 0x0C): ("href", "http://"),
        (0, 0x0D): ("href", "http://www."),
        (0, 0x0E): ("href", "https://"),
        (0, 0x0F): ("href", "https://www."),
        (0, 0x10): ("si-expires", ""),
        (0, 0x11): ("si-id", ""),
        (0, 0x12): ("class", ""),
    },
    values=ENDINGS,
    in_pieces=True,
)


class Action(enum.StrEnum):
    """How much a phone makes of it."""

    NONE = "signal-none"
    LOW = "signal-low"
    MEDIUM = "signal-medium"
    HIGH = "signal-high"
    DELETE = "delete"


@dataclass(frozen=True, slots=True)
class ServiceIndication:
    """What the phone shows, and what it opens."""

    text: str
    href: str = ""
    si_id: str = ""
    created: datetime | None = None  # aware
    expires: datetime | None = None  # aware
    action: Action = Action.MEDIUM

    def encode(self, *, version: int = 2) -> bytes:
        """WBXML; raises NotEncodable for NUL in a text, years beyond 9999, DELETE without `si_id`."""
        if self.action is Action.DELETE and not self.si_id:
            raise NotEncodable("Only an indication that has an id can be deleted.")
        attributes: list[tuple[str, str | bytes]] = []
        if self.href:
            attributes.append(("href", self.href))
        if self.si_id:
            attributes.append(("si-id", self.si_id))
        if self.created is not None:
            attributes.append(("created", _date_octets(self.created)))
        if self.expires is not None:
            attributes.append(("si-expires", _date_octets(self.expires)))
        if self.action is not Action.MEDIUM:  # it is what stands for none
            attributes.append(("action", self.action.value))
        indication = Element("indication", tuple(attributes), (self.text,) if self.text else ())
        return wbxml.write(Element("si", content=(indication,)), DIALECT, version=version)

    @classmethod
    def decode(cls, data: bytes) -> ServiceIndication:
        """From WBXML; raises MalformedPdu. An action that is not known is MEDIUM, a date that is none is left out."""
        root = wbxml.read(data, DIALECT).root
        indication = next(root.elements("indication"), None)
        if root.name != "si" or indication is None:
            raise MalformedPdu("this is no service indication")
        action = attribute_text(indication, "action")
        return cls(
            indication.text,
            attribute_text(indication, "href"),
            attribute_text(indication, "si-id"),
            _date(indication.get("created")),
            _date(indication.get("si-expires")),
            Action(action) if action in list(Action) else Action.MEDIUM,
        )


def attribute_text(element: Element, name: str) -> str:
    """An attribute as text; "" without it, and for octets."""
    value = element.get(name)
    return value if isinstance(value, str) else ""


def _date_octets(moment: datetime) -> bytes:
    """YYYYMMDDhhmmss in UTC, two digits an octet, without zero octets at the end, but never less than the date."""
    octets = bytes.fromhex(f"{moment.astimezone(UTC):%Y%m%d%H%M%S}".rjust(14, "0"))
    return octets[:4] + octets[4:].rstrip(b"\0")


def _date(value: str | bytes | None) -> datetime | None:
    """A date in octets or, as some senders write it, in ISO 8601; without an offset it is UTC (section 5.2.1)."""
    try:
        if isinstance(value, bytes):
            if not 4 <= len(value) <= 7:
                return None
            return datetime.strptime(value.ljust(7, b"\0").hex(), "%Y%m%d%H%M%S").replace(tzinfo=UTC)
        moment = datetime.fromisoformat(value or "")
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None

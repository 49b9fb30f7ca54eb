"""Service loading: an address that a phone opens by itself or keeps ready (SL 1.0, WAP-168). Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from gateway.core import wbxml
from gateway.core.errors import MalformedPdu
from gateway.core.wbxml import Dialect, Element
from mms.codec.si import ENDINGS, attribute_text

CONTENT_TYPE: Final = "application/vnd.wap.slc"

DIALECT: Final = Dialect(
    public_id=0x06,
    tags={(0, 0x05): "sl"},
    attributes={
        (0, 0x05): ("action", "execute-low"),
        (0, 0x06): ("action", "execute-high"),
        (0, 0x07): ("action", "cache"),
        (0, 0x08): ("href", ""),
        (0, 0x09): ("href", "http://"),
        (0, 0x0A): ("href", "http://www."),
        (0, 0x0B): ("href", "https://"),
        (0, 0x0C): ("href", "https://www."),
    },
    values=ENDINGS,
    in_pieces=True,
)


class Action(enum.StrEnum):
    """When the phone opens it."""

    LOW = "execute-low"  # when it is idle
    HIGH = "execute-high"  # at once
    CACHE = "cache"  # it is only fetched


@dataclass(frozen=True, slots=True)
class ServiceLoading:
    """What the phone opens."""

    href: str
    action: Action = Action.LOW

    def encode(self, *, version: int = 2) -> bytes:
        """WBXML; raises NotEncodable for NUL in the address."""
        action = () if self.action is Action.LOW else (("action", self.action.value),)  # LOW is what stands for none
        return wbxml.write(Element("sl", (("href", self.href), *action)), DIALECT, version=version)

    @classmethod
    def decode(cls, data: bytes) -> ServiceLoading:
        """From WBXML; raises MalformedPdu. An action that is not known is LOW."""
        root = wbxml.read(data, DIALECT).root
        href, action = attribute_text(root, "href"), attribute_text(root, "action")
        if root.name != "sl" or not href:
            raise MalformedPdu("this is no service loading")
        return cls(href, Action(action) if action in list(Action) else Action.LOW)

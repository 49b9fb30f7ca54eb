"""A reader of octets that knows where it stands, so that what is missing can be named."""

from __future__ import annotations

from typing import Final

from gateway.core.errors import LocalProtocolError, MalformedPdu

#: Octets of a TPDU: what RP-User-Data carries (3GPP TS 24.011 8.2.5.3, at most 233 with its length octet).
MAX_OCTETS: Final = 232


class Cursor:
    """Reads the octets from `at` to their end; offsets in errors count from the beginning of `data`."""

    __slots__ = ("at", "data")

    def __init__(self, data: bytes, at: int = 0) -> None:
        """Raises MalformedPdu when more octets follow than a TPDU may have."""
        if len(data) - at > MAX_OCTETS:
            raise MalformedPdu(f"{len(data) - at} octets are more than any TPDU has", offset=at + MAX_OCTETS)
        self.data = data
        self.at = at

    @property
    def left(self) -> int:
        """Octets not yet read."""
        return len(self.data) - self.at

    def octet(self, field: str) -> int:
        """The next octet; raises MalformedPdu at the end."""
        at = self.at
        if at >= len(self.data):
            raise MalformedPdu("the TPDU ends here", offset=at, field=field)
        self.at = at + 1
        return self.data[at]

    def take(self, count: int, field: str) -> bytes:
        """The next `count` octets; raises MalformedPdu when there are fewer."""
        at = self.at
        found = self.data[at : at + count]
        if len(found) < count:
            raise MalformedPdu(f"{count} octets are wanted, {len(found)} are left", offset=at, field=field)
        self.at = at + count
        return found

    def end(self) -> None:
        """Raises MalformedPdu when there are octets left."""
        if self.at < len(self.data):
            raise MalformedPdu(f"{self.left} octets behind the end", offset=self.at, field="TP-UD")


def checked_octet(value: int, field: str) -> int:
    """The value; raises LocalProtocolError when it does not fit into an octet."""
    if not 0 <= value <= 0xFF:
        raise LocalProtocolError(f"{field} {value} does not fit into an octet")
    return value

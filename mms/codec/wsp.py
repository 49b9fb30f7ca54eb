"""The basic values of WSP (WAP-230, section 8.4.2) that MMS is made of: read leniently, written strictly.

Numbers are big-endian and unsigned. Offsets in errors count from the beginning of the whole PDU.
"""

from __future__ import annotations

from typing import Final

from mms.codec.errors import MmsFormatError

#: Octets of a text in a header; addresses and URIs stay far below (WAP-209 names no bound).
MAX_TEXT: Final = 8192
#: A uintvar has 32 bits (section 8.1.2).
_MAX_UINTVAR: Final = 0xFFFF_FFFF
#: Octets of a long integer that are read; the specification allows 30, no header of MMS needs more than these.
_MAX_LONG: Final = 30
_MAX_VALUE: Final = (1 << 64) - 1

LENGTH_QUOTE: Final = 0x1F
QUOTE: Final = 0x7F


class Reader:
    """Reads `data` from `at` to `end`."""

    __slots__ = ("at", "data", "end")

    def __init__(self, data: bytes, at: int = 0, end: int | None = None) -> None:
        self.data = data
        self.at = at
        self.end = len(data) if end is None else end

    @property
    def left(self) -> int:
        """Octets not yet read."""
        return self.end - self.at

    def peek(self, field: str) -> int:
        """The next octet, which stays. Raises MmsFormatError at the end."""
        if self.at >= self.end:
            raise MmsFormatError("the octets end here", offset=self.at, field=field)
        return self.data[self.at]

    def octet(self, field: str) -> int:
        """The next octet. Raises MmsFormatError at the end."""
        value = self.peek(field)
        self.at += 1
        return value

    def take(self, count: int, field: str) -> bytes:
        """The next octets. Raises MmsFormatError when there are fewer."""
        if count > self.end - self.at:
            raise MmsFormatError(
                f"{count} octets are wanted, {self.end - self.at} are left", offset=self.at, field=field
            )
        found = self.data[self.at : self.at + count]
        self.at += count
        return found

    def part(self, count: int, field: str) -> Reader:
        """A reader of the next octets alone, which are passed over. Raises MmsFormatError when there are fewer."""
        if count > self.end - self.at:
            raise MmsFormatError(
                f"{count} octets are wanted, {self.end - self.at} are left", offset=self.at, field=field
            )
        inner = Reader(self.data, self.at, self.at + count)
        self.at += count
        return inner

    def uintvar(self, field: str) -> int:
        """A number of seven bits an octet, five octets at most; also one longer than it need be."""
        start, value = self.at, 0
        for _ in range(5):
            octet = self.octet(field)
            value = value << 7 | octet & 0x7F
            if octet < 0x80:
                if value > _MAX_UINTVAR:
                    break
                return value
        raise MmsFormatError("a uintvar has 32 bits at most", offset=start, field=field)

    def value_length(self, field: str) -> int:
        """How long the value is; the long form also where the short one would do."""
        octet = self.octet(field)
        if octet < LENGTH_QUOTE:
            return octet
        if octet == LENGTH_QUOTE:
            return self.uintvar(field)
        raise MmsFormatError(f"{octet:02X} begins no length", offset=self.at - 1, field=field)

    def value(self, field: str) -> Reader:
        """A reader of the next value, whatever it is: its kind shows in its first octet (section 8.4.1.2)."""
        start = self.at
        first = self.octet(field)
        if first >= 0x80:
            pass
        elif first <= LENGTH_QUOTE:
            self.at = start
            self.part(self.value_length(field), field)
        else:
            self.at = start
            self._to_nul(field)
        return Reader(self.data, start, self.at)

    def text(self, field: str) -> bytes:
        """Octets up to NUL, without the quote in front of those of 80 to FF.

        A text that should have had a quote and has none is read too.
        """
        start = self.at
        if self.peek(field) == QUOTE and self.left > 1 and self.data[start + 1] >= 0x80:
            start += 1
        return self.data[start : self._to_nul(field)]

    def integer(self, field: str) -> int:
        """A short or a long integer, 64 bits at most."""
        first = self.octet(field)
        if first >= 0x80:
            return first & 0x7F
        if not 0 < first <= _MAX_LONG:
            raise MmsFormatError(f"{first:02X} begins no integer", offset=self.at - 1, field=field)
        value = int.from_bytes(self.take(first, field), "big")
        if value > _MAX_VALUE:
            raise MmsFormatError("an integer has 64 bits at most", offset=self.at - first, field=field)
        return value

    def _to_nul(self, field: str) -> int:
        """Passes over the octets up to and with NUL; where the NUL stands."""
        stop = self.data.find(b"\0", self.at, self.end)
        if stop < 0:
            raise MmsFormatError("a text without its end", offset=self.at, field=field)
        if stop - self.at > MAX_TEXT:
            raise MmsFormatError(f"a text of more than {MAX_TEXT} octets", offset=self.at, field=field)
        self.at = stop + 1
        return stop


def uintvar(value: int) -> bytes:
    """The number with seven bits an octet, as short as it goes. Raises MmsFormatError beyond 32 bits."""
    if 0 <= value < 0x80:
        return bytes((value,))
    if not 0 <= value <= _MAX_UINTVAR:
        raise MmsFormatError(f"{value} is no uintvar: it has 32 bits")
    octets = [value & 0x7F]
    while value := value >> 7:
        octets.append(0x80 | value & 0x7F)
    return bytes(reversed(octets))


def with_length(value: bytes) -> bytes:
    """The value behind its length."""
    size = len(value)
    return (bytes((size,)) if size < LENGTH_QUOTE else b"\x1f" + uintvar(size)) + value


def long_integer(value: int) -> bytes:
    """The number behind the count of its octets, as short as it goes. Raises MmsFormatError beyond 64 bits."""
    if not 0 <= value <= _MAX_VALUE:
        raise MmsFormatError(f"{value} is no integer of 64 bits")
    size = (value.bit_length() + 7) // 8 or 1
    return bytes((size,)) + value.to_bytes(size, "big")


def integer(value: int) -> bytes:
    """A short integer up to 127, else a long one."""
    return bytes((0x80 | value,)) if 0 <= value < 0x80 else long_integer(value)


def text_string(octets: bytes) -> bytes:
    """The octets up to a NUL, quoted where the first could be taken for something else.

    Raises MmsFormatError for a NUL among them and for more than MAX_TEXT.
    """
    if b"\0" in octets:
        raise MmsFormatError("a text cannot hold NUL")
    if len(octets) > MAX_TEXT:
        raise MmsFormatError(f"a text has {MAX_TEXT} octets at most")
    quoted = octets[:1] >= b"\x80" or octets[:1] == b"\x7f" or b"\0" < octets[:1] < b" "
    return (b"\x7f" if quoted else b"") + octets + b"\0"


def quoted_string(octets: bytes) -> bytes:
    """The octets behind the one quotation mark that a quoted string has. Raises MmsFormatError as `text_string`."""
    return text_string(b'"' + octets)

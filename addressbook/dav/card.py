"""Cards as CardDAV handles them: octets that are one vCard, its UID and version, some of its lines. Pure.

What the properties of a card mean is the business of `addressbook.vcard`; here lines are taken as they are, so that
what was put comes back octet by octet.
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from addressbook.dav.errors import DavError
from addressbook.dav.names import carddav

_FOLD: Final = re.compile(r"\r?\n[ \t]")
_LINE: Final = re.compile(
    r"^(?:(?P<group>[A-Za-z0-9-]+)\.)?(?P<name>[A-Za-z0-9-]+)(?P<parameters>(?:;(?:[^\":;\r\n]|\"[^\"\r\n]*\")*)*):(?P<value>[^\r\n]*)",
    re.MULTILINE,
)
_PARAMETER: Final = re.compile(r';([A-Za-z0-9-]+)(?:=((?:[^";:]|"[^"]*")*))?')
_ESCAPE: Final = re.compile(r"\\(.)")
_BEGIN: Final = re.compile(r"^BEGIN:VCARD[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_END: Final = re.compile(r"^END:VCARD[ \t]*\r?$", re.MULTILINE | re.IGNORECASE)
_UID: Final = re.compile(r"^(?:[A-Za-z0-9-]+\.)?UID(?:;[^:\r\n]*)?:(.*)$", re.MULTILINE | re.IGNORECASE)
_VERSION: Final = re.compile(r"^VERSION(?:;[^:\r\n]*)?:\s*([0-9.]+)", re.MULTILINE | re.IGNORECASE)
VERSIONS: Final = ("2.1", "3.0", "4.0")
#: Characters of a UID that are kept.
MAX_UID: Final = 255


@dataclass(frozen=True, slots=True)
class Line:
    """A content line: group, name and parameter names in upper case; the value as it stands."""

    group: str
    name: str
    parameters: tuple[tuple[str, str], ...]
    value: str

    @property
    def text(self) -> str:
        """The value without escapes."""
        return _ESCAPE.sub(lambda found: "\n" if found[1] in "nN" else found[1], self.value)


@dataclass(frozen=True, slots=True)
class GivenCard:
    """A card that a client put."""

    data: bytes
    uid: str
    version: str
    as_given: bool  # whether the octets are those that came


def unfold(text: str) -> str:
    """A card with every content line on one line (RFC 6350 3.2)."""
    return _FOLD.sub("", text)


def lines_named(card: str, name: str) -> list[Line]:
    """The lines of an unfolded card with a name in upper case; `ITEM1.TEL` asks for one group alone."""
    group, _, name = name.rpartition(".")
    found = re.compile(rf"^(?:[A-Z0-9-]+\.)?{re.escape(name)}[;:].*$", re.MULTILINE | re.IGNORECASE).finditer(card)
    lines = (_line(one[0]) for one in found)
    return [line for line in lines if line is not None and group in ("", line.group)]


def _line(text: str) -> Line | None:
    found = _LINE.match(text)
    if found is None:
        return None
    parameters: list[tuple[str, str]] = []
    for name, values in _PARAMETER.findall(found["parameters"]):
        # vCard 2.1 writes types without a name.
        key = name.upper() if values else "TYPE"
        parameters += [(key, value) for value in (_split(values) if values else (name,))]
    return Line((found["group"] or "").upper(), found["name"].upper(), tuple(parameters), found["value"])


def _split(values: str) -> list[str]:
    """The values of a parameter; in quotes commas divide too, for clients write TYPE="home,work"."""
    return values.replace('"', "").split(",")


def read_card(data: bytes, *, max_octets: int, uid_if_none: str) -> GivenCard:
    """What a client put, checked (RFC 6352 6.3.2.1): one card, of a size that is kept.

    A card without a UID gets `uid_if_none`. Raises DavError 403.
    """
    if len(data) > max_octets:
        raise too_large(max_octets)
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    begins, ends = _BEGIN.findall(text), _END.findall(text)
    if len(begins) != 1 or len(ends) != 1 or not text.lstrip()[:11].upper() == "BEGIN:VCARD" or "\0" in text:
        # Cards within a card (AGENT) count as several; nobody has written one in twenty years.
        raise DavError(403, "this is not one vCard", carddav("valid-address-data"))
    unfolded = unfold(text)
    version = _VERSION.search(unfolded)
    uid = next((found.strip() for found in _UID.findall(unfolded) if found.strip()), "")
    if version is None or version[1] not in VERSIONS:
        raise DavError(403, "the card has no VERSION that is known", carddav("valid-address-data"))
    if len(uid) > MAX_UID:
        raise DavError(403, "the UID of the card is too long", carddav("valid-address-data"))
    if uid:
        return GivenCard(data, uid, version[1], True)
    end = re.compile(rb"^END:VCARD", re.MULTILINE | re.IGNORECASE).search(data)
    if end is None:  # not in an encoding that keeps ASCII
        raise DavError(403, "the card is not in UTF-8", carddav("valid-address-data"))
    line = f"UID:{uid_if_none}\r\n".encode()
    return GivenCard(data[: end.start()] + line + data[end.start() :], uid_if_none, version[1], False)


def too_large(max_octets: int) -> DavError:
    """A card of more octets than are kept."""
    return DavError(403, f"a card has at most {max_octets} octets", carddav("max-resource-size"))


def uid_of_name(book_id: int, name: str) -> str:
    """A UID for a card that came without one: the same again when it comes to the same place again."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'{book_id}/{name}')}"


def with_lines(card: str, names: Collection[str]) -> str:
    """A card with the lines of these names (upper case) alone, and those without which it is none (RFC 6352 10.4.2)."""
    wanted = {"BEGIN", "END", "VERSION", *names}
    kept: list[str] = []
    keeps = False
    for line in card.splitlines(keepends=True):
        if line[:1] not in (" ", "\t"):
            name = re.split("[;:]", line, maxsplit=1)[0].strip().upper()
            keeps = name in wanted or name.rpartition(".")[2] in wanted
        if keeps:
            kept.append(line)
    return "".join(kept)

"""UAProf: what the maker of a device says of it, in RDF/XML (OMA-TS-UAProf, with the MMS characteristics).

Profiles in the field are full of errors and come in several vocabularies, so elements are known by their local name,
whatever their namespace, case and hyphens; a value that cannot be is left out and named. A document is at most 512 KiB;
one with a document type or entities is refused, for nothing of a profile needs them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from gateway.core.errors import BadRequest
from mms.handsets.announced import is_readable, media_values, readable
from mms.handsets.values import COLOURS, VERSIONS

MAX_OCTETS: Final = 512 * 1024
MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 20_000
MAX_TEXT: Final = 512  # characters of one value
MAX_ITEMS: Final = 256  # of one bag
MAX_URL: Final = 512

_URL: Final = re.compile(r"https?://[^\s\"'<>,;]{1,512}", re.IGNORECASE)
_SIZE: Final = re.compile(r"([0-9]{2,4})\s*[xX*×]\s*([0-9]{2,4})")
_OCTETS: Final = re.compile(r"([0-9]{1,9})\s*([km]?)(?:i?b|bytes)?", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1024, "m": 1024 * 1024}
#: Properties that are read, by their local name in lower case without hyphens.
_WANTED: Final = frozenset(
    {
        "vendor", "model", "screensize", "bitsperpixel", "colorcapable", "ccppaccept", "ccppacceptcharset",
        "mmsmaxmessagesize", "mmsmaximageresolution", "mmsccppaccept", "mmsccppacceptcharset", "mmsversion",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Profile:
    """What a profile says."""

    vendor: str
    model: str
    #: Values as they stand in the catalogue.
    values: dict[str, Any]
    #: Properties whose values cannot be used.
    ignored: tuple[str, ...] = ()


def url_in(header: str) -> str:
    """The first address in a header x-wap-profile or Profile, which may hold several and digests; "" when none is."""
    found = _URL.search(header[:4096])
    return found[0] if found is not None and len(found[0]) <= MAX_URL else ""


def read_profile(document: bytes) -> Profile:
    """The profile in an RDF document. Raises BadRequest when it is none."""
    if len(document) > MAX_OCTETS:
        raise BadRequest(f"profile: it has more than {MAX_OCTETS} octets")
    properties = _Reader().read(document)
    if not properties:
        raise BadRequest("profile: it has no property of a device")
    return _profile(properties)


@dataclass(slots=True)
class _Reader:
    """The properties of a document: name -> texts; a block of defaults counts where nothing else says anything."""

    said: dict[str, list[str]] = field(default_factory=dict)
    defaults: dict[str, list[str]] = field(default_factory=dict)
    _open: list[str] = field(default_factory=list)
    _property: str = ""
    _property_depth: int = 0
    _text: list[str] = field(default_factory=list)
    _items: list[str] = field(default_factory=list)
    _count: int = 0

    def read(self, document: bytes) -> dict[str, list[str]]:
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse("a document type")
        parser.EntityDeclHandler = _refuse("entities")
        try:
            parser.Parse(document, True)
        except expat.ExpatError as error:
            raise BadRequest(f"profile: it is no XML: {error}") from None
        except (LookupError, ValueError) as error:  # an encoding Python does not know, or not of that kind
            raise BadRequest(f"profile: its character set cannot be read: {error}") from None
        return {**self.defaults, **self.said}

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._count += 1
        local = _local(name)
        self._open.append(local)
        if len(self._open) > MAX_DEPTH or self._count > MAX_ELEMENTS:
            raise BadRequest("profile: it is nested too deeply, or has too many elements")
        if self._property:
            self._keep_text()
            return
        if local in _WANTED:
            self._property, self._property_depth = local, len(self._open)
            resource = next((value for key, value in attributes.items() if _local(key) == "resource"), "")
            if resource:
                self._items.append(resource.rpartition("#")[2][:MAX_TEXT])
            return
        for key, value in attributes.items():  # RDF lets a property stand as an attribute
            if _local(key) in _WANTED:
                self._note(_local(key), [value[:MAX_TEXT]])

    def _end(self, _name: str) -> None:
        if self._property:
            self._keep_text()
            if len(self._open) == self._property_depth:
                self._note(self._property, self._items)
                self._property, self._items = "", []
        self._open.pop()

    def _characters(self, text: str) -> None:
        if self._property and sum(map(len, self._text)) < MAX_TEXT:
            self._text.append(text[:MAX_TEXT])

    def _keep_text(self) -> None:
        text = "".join(self._text).strip()[:MAX_TEXT]
        self._text = []
        if text and len(self._items) < MAX_ITEMS:
            self._items.append(text)

    def _note(self, name: str, items: list[str]) -> None:
        if items:
            into = self.defaults if "defaults" in self._open else self.said
            into.setdefault(name, items)


def _refuse(what: str) -> Callable[..., None]:
    def refuse(*_: object) -> None:
        raise BadRequest(f"profile: it holds {what}")

    return refuse


def _local(name: str) -> str:
    return name.rpartition(":")[2].lower().replace("-", "").replace("_", "")


def _profile(properties: dict[str, list[str]]) -> Profile:
    values: dict[str, Any] = {}
    ignored: list[str] = []

    def take(name: str, into: str, read: Callable[[list[str]], Any]) -> None:
        items = properties.get(name)
        if items is None:
            return
        value = read(items)
        if value is not None and is_readable(into, value):
            values[into] = value
        else:
            ignored.append(name)

    take("screensize", "screen", _size)
    take("mmsmaximageresolution", "max_image", _size)
    take("mmsmaxmessagesize", "max_octets", _octets)
    take("bitsperpixel", "colours", _colours)
    take("colorcapable", "grey", _grey)
    take("mmsversion", "mms_version", _version)
    media = properties.get("mmsccppaccept") or properties.get("ccppaccept")
    if media is not None:
        values |= media_values(name.lower() for entry in media for name in entry.replace(",", " ").split())
    charsets = properties.get("mmsccppacceptcharset") or properties.get("ccppacceptcharset")
    if charsets is not None:
        names = [f"+{name.lower()}" for entry in charsets for name in entry.replace(",", " ").split() if name != "*"]
        values |= readable({"charsets": names})
    if any(name.startswith("mms") for name in properties):
        values["mms"] = True
    return Profile(_name(properties, "vendor"), _name(properties, "model"), values, tuple(ignored))


def _name(properties: dict[str, list[str]], name: str) -> str:
    text = " ".join(properties.get(name, [""])[:1])[:64]
    return text if text.isprintable() else ""


def _size(items: list[str]) -> list[int] | None:
    found = _SIZE.search(items[0])
    return None if found is None else [int(found[1]), int(found[2])]


def _octets(items: list[str]) -> int | None:
    found = _OCTETS.fullmatch(items[0].strip())
    return None if found is None else int(found[1]) * _UNITS[found[2].lower()]


def _colours(items: list[str]) -> int | None:
    if not items[0].isascii() or not items[0].isdigit() or len(items[0]) > 8:
        return None
    bits = int(items[0])
    if bits in COLOURS and bits > 24:  # some name the colours in the place of the bits
        return bits
    if not 1 <= bits <= 32:
        return None
    return max(colours for colours in COLOURS if colours <= 2 ** min(bits, 24))


def _grey(items: list[str]) -> bool | None:
    said = {"yes": False, "true": False, "1": False, "no": True, "false": True, "0": True}
    return said.get(items[0].lower())


def _version(items: list[str]) -> str | None:
    named: list[str] = [name for item in items for name in re.findall(r"[0-9]\.[0-9]", item)]
    known = [name for name in named if name in VERSIONS]
    if known:
        return max(known)
    # "2.0" is written by makers who mean the release of their client.
    return VERSIONS[-1] if any(name > VERSIONS[-1] for name in named) else None

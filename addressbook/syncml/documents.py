"""Documents of SyncML in binary and in plain XML: octets to elements, and back.

Both forms say the same, so that everything else knows elements only. What is device information inside an item is an
element too: binary XML carries it as a document of its own. Octets in an element are data that are not XML: cards.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace
from typing import Final
from xml.parsers import expat

from addressbook.syncml.tokens import FAMILIES, META_TAGS, Family, Version
from gateway.core import wbxml
from gateway.core.errors import MalformedPdu, NotEncodable
from gateway.core.wbxml import MAX_DEPTH, MAX_ELEMENTS, MAX_OCTETS, Element

#: The minor version of binary XML that is written: 1.2, as phones write it.
WBXML_MINOR: Final = 2


class Form(enum.StrEnum):
    """How a document travels."""

    WBXML = "wbxml"
    XML = "xml"

    @property
    def content_type(self) -> str:
        """Of a message."""
        return f"application/vnd.syncml+{self.value}"

    @property
    def device_type(self) -> str:
        """Of device information in an item."""
        return f"application/vnd.syncml-devinf+{self.value}"


@dataclass(frozen=True, slots=True)
class Document:
    """What was read."""

    root: Element
    form: Form
    version: Version


def form_of(content_type: str) -> Form | None:
    """The form that a media type names, with or without parameters; None for one that is not SyncML."""
    bare = content_type.partition(";")[0].strip().lower()
    return next((form for form in Form if bare == form.content_type), None)


def read(octets: bytes, form: Form) -> Document:
    """The message in these octets. Raises MalformedPdu."""
    if form is Form.XML:
        root = _read_xml(octets)
        version = _version_said(root)
    else:
        root, version = _read_wbxml(octets, FAMILIES)
    if root.name != "SyncML":
        raise MalformedPdu(f"this is no SyncML message but {root.name[:40]}")
    return Document(_with_devices(root, 0), form, version)


def write(document: Document) -> bytes:
    """The octets of a message. Raises NotEncodable."""
    if document.form is Form.XML:
        return _write_xml(document.root, f"SYNCML:SYNCML{document.version}")
    family = FAMILIES[document.version]
    return wbxml.write(_with_octets(document.root, family), family.message, version=WBXML_MINOR)


def read_device(octets: bytes) -> Element:
    """Device information as a document of its own, binary. Raises MalformedPdu."""
    return _read_wbxml(octets, FAMILIES, is_device=True)[0]


# --- binary ---------------------------------------------------------------------------------------------------------


def _read_wbxml(octets: bytes, families: dict[Version, Family], *, is_device: bool = False) -> tuple[Element, Version]:
    if not octets:
        raise MalformedPdu("there is no document")
    public_id, _ = wbxml.read_number(octets, 1)
    for version, family in families.items():
        dialect = family.device if is_device else family.message
        if dialect.public_id == public_id:
            return wbxml.read(octets, dialect).root, version
    if public_id > 1:
        raise MalformedPdu(f"a document of another type: {public_id:02X}", offset=1)
    # The type is given in words (SyncEvolution's 1.0), or not at all.
    newest = families[Version.V1_2]
    found = wbxml.read(octets, newest.device if is_device else newest.message)
    for version, family in families.items():
        if found.public_name in family.names:
            return found.root, version
    return found.root, _version_said(found.root)


def _version_said(root: Element) -> Version:
    """What VerDTD says; 1.2 when it says nothing we know: the header is then answered with an error."""
    header = next(root.elements("SyncHdr"), root)
    said = next((one.text.strip() for one in header.elements("VerDTD")), "")
    return Version(said) if said in list(Version) else Version.V1_2


def _with_devices(element: Element, depth: int) -> Element:
    """The element with device information that came as octets made elements."""
    if element.name in ("Put", "Results"):
        return replace(element, content=tuple(_opened(one) for one in element.content))
    if depth > 2:
        return element
    return replace(
        element,
        content=tuple(_with_devices(one, depth + 1) if isinstance(one, Element) else one for one in element.content),
    )


def _opened(one: Element | str | bytes) -> Element | str | bytes:
    if not isinstance(one, Element):
        return one
    if one.name == "Item":
        return replace(one, content=tuple(_opened(inner) for inner in one.content))
    if one.name == "Data" and len(one.content) == 1 and isinstance(one.content[0], bytes):
        return replace(one, content=(_device_of(one.content[0]),))
    return one


def _device_of(octets: bytes) -> Element | bytes:
    try:
        if octets.lstrip().startswith(b"<"):
            return _read_xml(octets)
        return read_device(octets)
    except MalformedPdu:
        return octets  # a device that nothing is known of can be synchronised all the same


def _with_octets(element: Element, family: Family) -> Element:
    if element.name == "DevInf":
        raise NotEncodable("Device information belongs into the data of an item.")
    content: list[Element | str | bytes] = []
    for one in element.content:
        if isinstance(one, Element):
            if one.name == "DevInf" and element.name == "Data":
                content.append(wbxml.write(one, family.device, version=WBXML_MINOR))
            else:
                content.append(_with_octets(one, family))
        else:
            content.append(one)
    return replace(element, content=tuple(content))


# --- plain ----------------------------------------------------------------------------------------------------------


class _Builder:
    """What expat calls."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[tuple[str, list[Element | str | bytes]]] = []
        self._count = 0

    def start(self, name: str, _attributes: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS:
            raise MalformedPdu(f"more than {MAX_ELEMENTS} elements")
        if len(self._open) >= MAX_DEPTH:
            raise MalformedPdu(f"elements are nested more than {MAX_DEPTH} deep")
        self._open.append((name.rpartition(":")[2], []))

    def end(self, _name: str) -> None:
        name, content = self._open.pop()
        if any(isinstance(one, Element) for one in content):
            content = [one for one in content if not isinstance(one, str) or one.strip()]
        else:
            text = "".join(one for one in content if isinstance(one, str))
            content = [text] if text else []
        element = Element(name, content=tuple(content))
        if self._open:
            self._open[-1][1].append(element)
        else:
            self.root = element

    def text(self, data: str) -> None:
        if self._open:
            self._open[-1][1].append(data)

    def refuse(self, *_: object) -> int:
        raise MalformedPdu("entities are not taken")


def _read_xml(octets: bytes) -> Element:
    if len(octets) > MAX_OCTETS:
        raise MalformedPdu(f"{len(octets)} octets are more than a document may have")
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.EntityDeclHandler = builder.refuse
    parser.UnparsedEntityDeclHandler = builder.refuse
    parser.ExternalEntityRefHandler = builder.refuse
    try:
        # Some phones end their document with a NUL.
        parser.Parse(octets.rstrip(b"\0"), True)
    except (expat.ExpatError, ValueError, LookupError) as error:
        raise MalformedPdu(f"no XML: {error}") from error
    if builder.root is None:
        raise MalformedPdu("there is no document")
    return builder.root


def _write_xml(root: Element, namespace: str) -> bytes:
    pieces = ['<?xml version="1.0" encoding="UTF-8"?>\r\n']
    _add_xml(root, namespace, is_meta=False, pieces=pieces)
    try:
        return "".join(pieces).encode()
    except UnicodeEncodeError as error:
        raise NotEncodable("Half a surrogate pair is no character.") from error


def _add_xml(element: Element, namespace: str, *, is_meta: bool, pieces: list[str]) -> None:
    own = ""
    if namespace:
        own = f' xmlns="{namespace}"'
    elif element.name == "DevInf":
        own = ' xmlns="syncml:devinf"'
    elif not is_meta and element.name in META_TAGS:
        own, is_meta = ' xmlns="syncml:metinf"', True
    if element.name == "DevInf":
        is_meta = True  # its names are its own, also those that meta information has
    if not element.content:
        pieces.append(f"<{element.name}{own}/>")
        return
    pieces.append(f"<{element.name}{own}>")
    for one in element.content:
        if isinstance(one, Element):
            _add_xml(one, "", is_meta=is_meta, pieces=pieces)
        elif isinstance(one, bytes):
            pieces.append(_cdata(one.decode("utf-8", "replace")))
        else:
            pieces.append(_escaped(one))
    pieces.append(f"</{element.name}>")


#: What XML 1.0 cannot hold at all.
_NO_CHARACTERS: Final = dict.fromkeys([*(code for code in range(0x20) if code not in (9, 10, 13)), 0xFFFE, 0xFFFF])


def _cdata(text: str) -> str:
    return "<![CDATA[" + text.translate(_NO_CHARACTERS).replace("]]>", "]]]]><![CDATA[>") + "]]>"


def _escaped(text: str) -> str:
    return text.translate(_NO_CHARACTERS).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")

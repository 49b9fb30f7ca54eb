"""XML of strangers as a tree of elements by local names, bounded; and XML written. Pure.

Document types and entities are refused before they are read, so nothing grows. Read as well as can be: a wrong
charset, prefixes nobody declared, an ampersand that was not escaped (China Mobile's own library writes such).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final
from xml.parsers import expat

from gateway.core.errors import MalformedPdu
from gateway.mail.mime.charsets import decode_text

#: Octets of XML; a submit to a thousand recipients has a tenth of it.
MAX_OCTETS: Final = 1_000_000
#: Elements inside one another; the deepest in MM7 is the eighth.
MAX_DEPTH: Final = 32
#: A submit to a thousand recipients has a fifth of it; more would hold up the loop for longer than a tenth of a second.
MAX_ELEMENTS: Final = 5_000
MAX_ATTRIBUTES: Final = 64

_DECLARATION: Final = re.compile(r"\s*<\?xml\b[^>]{0,200}\?>")
_ENCODING: Final = re.compile(rb"""\s*<\?xml\b[^>]{0,120}?\bencoding\s*=\s*["']([A-Za-z0-9._-]{1,40})["']""")
_BARE_AMPERSAND: Final = re.compile(r"&(?!#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|amp;|lt;|gt;|quot;|apos;)")
#: What XML 1.0 section 2.2 does not allow.
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BOMS: Final = ((b"\xef\xbb\xbf", "utf-8"), (b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"))


@dataclass(slots=True)
class Element:
    """One element; names without prefix, text without the white space around it."""

    name: str
    prefix: str
    namespace: str
    #: By local name; declarations of namespaces are left out.
    attributes: dict[str, str]
    children: list[Element] = field(default_factory=list)
    text: str = ""

    def child(self, *names: str) -> Element | None:
        """The first child of one of these names."""
        return next((it for it in self.children if it.name in names), None)

    def named(self, name: str) -> list[Element]:
        """The children of that name."""
        return [it for it in self.children if it.name == name]

    def find(self, *names: str) -> Element | None:
        """The first of one of these names, this one or below, in the order of the document."""
        return next((it for it in self.walk() if it.name in names), None)

    def walk(self) -> Iterator[Element]:
        """This one and all below, in the order of the document."""
        waiting = [self]
        while waiting:
            element = waiting.pop()
            yield element
            waiting.extend(reversed(element.children))


def charset_of(data: bytes, label: str = "") -> str:
    """The character set of a document, lower case: by its first octets, its declaration, the label it came with."""
    for mark, name in _BOMS:
        if data.startswith(mark):
            return name
    declared = _ENCODING.match(data[:400])
    return (declared[1].decode("ascii") if declared else label).lower()


def read_xml(data: bytes, label: str = "") -> Element:
    """The root of a document; `label` is the charset its Content-Type gave. Raises MalformedPdu."""
    if len(data) > MAX_OCTETS:
        raise MalformedPdu(f"{len(data)} octets of XML, more than {MAX_OCTETS}")
    text = decode_text(data, charset_of(data, label) or None).lstrip("\ufeff\0\t\n\r ")
    if declaration := _DECLARATION.match(text):
        text = text[declaration.end() :]
    try:
        return _parse(text)
    except expat.ExpatError as error:
        mended = _FORBIDDEN.sub("", _BARE_AMPERSAND.sub("&amp;", text))
        if mended == text:
            raise _malformed(error) from error
    try:
        return _parse(mended)
    except expat.ExpatError as error:
        raise _malformed(error) from error


def escape(text: str) -> str:
    """Text as it stands in an element or, in double quotes, in an attribute."""
    clean = _FORBIDDEN.sub("", text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clean.replace('"', "&quot;").replace("\r", "&#13;")  # a bare one is read as a line feed


def _malformed(error: expat.ExpatError) -> MalformedPdu:
    return MalformedPdu(f"no XML: {expat.ErrorString(error.code)}, line {error.lineno}", offset=error.offset)


def _parse(text: str) -> Element:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    tree = _Tree()
    parser.StartElementHandler = tree.start
    parser.EndElementHandler = tree.end
    parser.CharacterDataHandler = tree.characters
    parser.StartDoctypeDeclHandler = _refuse
    parser.EntityDeclHandler = _refuse
    parser.Parse(text.encode("utf-8", "replace"), True)
    assert tree.root is not None  # expat refuses a document without one
    return tree.root


def _refuse(*_: Any) -> None:
    raise MalformedPdu("a document type or entity, which MM7 does not have", field="DOCTYPE")


class _Tree:
    """Builds the tree as expat reads."""

    def __init__(self) -> None:
        self.root: Element | None = None
        self._open: list[Element] = []
        self._texts: list[list[str]] = []
        self._scopes: list[dict[str, str]] = [{"": "", "xml": "http://www.w3.org/XML/1998/namespace"}]
        self._count = 0

    def start(self, tag: str, given: dict[str, str]) -> None:
        self._count += 1
        if self._count > MAX_ELEMENTS or len(self._open) >= MAX_DEPTH or len(given) > MAX_ATTRIBUTES:
            raise MalformedPdu("too many elements or attributes, or too deep in one another", field=tag[:80])
        scope = self._scopes[-1]
        attributes = {}
        for name, value in given.items():
            prefix, colon, local = name.partition(":")
            if prefix == "xmlns":
                scope = scope | {local if colon else "": value}
            else:
                attributes[local if colon else name] = value
        prefix, colon, local = tag.partition(":")
        if not colon:
            prefix, local = "", tag
        element = Element(local, prefix, scope.get(prefix, ""), attributes)
        if self._open:
            self._open[-1].children.append(element)
        else:
            self.root = element
        self._open.append(element)
        self._texts.append([])
        self._scopes.append(scope)

    def end(self, _: str) -> None:
        self._open.pop().text = "".join(self._texts.pop()).strip()
        self._scopes.pop()

    def characters(self, text: str) -> None:
        self._texts[-1].append(text)

"""XML from strangers as a tree: bounded in size, depth and number, without document types and entities. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final
from xml.parsers import expat

from addressbook.dav.errors import malformed

#: A multiget that names 100 000 cards has 12 million octets.
MAX_OCTETS: Final = 33_554_432
MAX_DEPTH: Final = 32
MAX_ELEMENTS: Final = 500_000
#: Attributes of one element: requests have four at most.
MAX_ATTRIBUTES: Final = 32


@dataclass(frozen=True, slots=True)
class Node:
    """An element: `{namespace}local`, its attributes by name, and what is in it in order."""

    name: str
    attributes: dict[str, str]
    content: tuple[Node | str, ...] = ()

    @property
    def text(self) -> str:
        """The text directly in it."""
        return "".join(one for one in self.content if isinstance(one, str))

    @property
    def children(self) -> Iterator[Node]:
        """The elements directly in it."""
        return (one for one in self.content if isinstance(one, Node))

    def child(self, name: str) -> Node | None:
        """The first element of a name; None without one."""
        return next((one for one in self.children if one.name == name), None)


class _Builder:
    """Makes nodes of what expat tells."""

    def __init__(self, parser: Any) -> None:
        self._parser = parser
        self._open: list[tuple[str, dict[str, str], list[Node | str]]] = []
        self._elements = 0
        self.root: Node | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._elements += 1
        if len(self._open) >= MAX_DEPTH or self._elements > MAX_ELEMENTS or len(attributes) > MAX_ATTRIBUTES:
            raise malformed("the body is nested too deeply, or has too many elements")
        named = {_braced(key): value for key, value in attributes.items()} if attributes else {}
        self._open.append((_braced(name), named, []))

    def end(self, _: str) -> None:
        name, attributes, content = self._open.pop()
        node = Node(name, attributes, tuple(content))
        if self._open:
            self._open[-1][2].append(node)
        else:
            self.root = node

    def text(self, data: str) -> None:
        content = self._open[-1][2]
        if content and isinstance(content[-1], str):
            content[-1] += data  # expat gives text in pieces where an entity of XML itself stood
        else:
            content.append(data)


def read_xml(data: bytes) -> Node:
    """The root of a document. Raises DavError 400 for what is none, and for what is larger than we read."""
    if len(data) > MAX_OCTETS:
        raise malformed("the body is too large")
    parser = expat.ParserCreate(namespace_separator="}")
    parser.buffer_text = True
    builder = _Builder(parser)
    parser.StartElementHandler = builder.start
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.text
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.EntityDeclHandler = _refuse_doctype
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        raise malformed(f"the body is no XML: {expat.ErrorString(error.code)} in line {error.lineno}") from None
    except (ValueError, LookupError):  # an encoding that Python does not know, or that has several octets a character
        raise malformed("the body is in an encoding that is not read; use UTF-8") from None
    assert builder.root is not None
    return builder.root


def _refuse_doctype(*_: object) -> None:
    raise malformed("the body has a document type, which no request needs")


def _braced(name: str) -> str:
    return "{" + name if "}" in name else name

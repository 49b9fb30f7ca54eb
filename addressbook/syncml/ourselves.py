"""What the server says of itself in device information."""

from __future__ import annotations

from typing import Final

from addressbook.syncml.devinf import ContentType, DataStore, Device, Field

_TYPES: Final = ("HOME", "WORK", "CELL", "FAX", "PAGER", "VOICE", "PREF", "OTHER")
_FIELDS: Final = (
    Field("BEGIN", values=("VCARD",)), Field("END", values=("VCARD",)), Field("VERSION", values=("2.1", "3.0")),
    Field("UID"), Field("N"), Field("FN"), Field("NICKNAME"), Field("ORG"), Field("TITLE"), Field("ROLE"),
    Field("TEL", types=_TYPES), Field("EMAIL", types=("HOME", "WORK", "INTERNET", "PREF")),
    Field("ADR", types=("HOME", "WORK", "OTHER")), Field("URL"), Field("BDAY"), Field("NOTE"), Field("CATEGORIES"),
    Field("PHOTO"), Field("IMPP"), Field("REV"), Field("X-ANNIVERSARY"),
)  # fmt: skip
_CARDS: Final = (ContentType("text/x-vcard", "2.1"), ContentType("text/vcard", "3.0"))


def ourselves(version: str) -> Device:
    """The server: one address book, all kinds of synchronisation, large objects."""
    return Device(
        man="caiyou",
        mod="caiyou",
        software=version,
        device_id="caiyou",
        type="server",
        utc=True,
        large_objects=True,
        number_of_changes=True,
        stores=(
            DataStore(
                "./contacts", "Contacts", 32, receives=_CARDS, sends=_CARDS, fields=_FIELDS,
                sync_types=(1, 2, 3, 4, 5, 6, 7),
            ),
        ),
    )  # fmt: skip

"""Records of LDIF as contacts and back, in the attributes of Mozilla's address book and of inetOrgPerson. Pure."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import Final

from addressbook.contact import Address, Contact, Photo, Value
from addressbook.csv_file.people import Finding, RowReader
from addressbook.csv_file.targets import read_target
from addressbook.ldif.records import Record

#: Which attribute is what; of those that say the same the first one found counts where there can be only one.
_ATTRIBUTES: Final = {
    "displayname": "shown", "cn": "shown", "commonname": "shown", "sn": "family", "surname": "family",
    "givenname": "given", "gn": "given", "title": "title", "o": "company", "company": "company", "ou": "department",
    "department": "department", "mail": "mail", "rfc822mailbox": "mail", "mozillasecondemail": "mail",
    "xmozillasecondemail": "mail", "telephonenumber": "number:work", "homephone": "number:home",
    "mobile": "number:cell",
    "cellphone": "number:cell", "carphone": "number:car", "facsimiletelephonenumber": "number:fax", "fax": "number:fax",
    "pager": "number:pager", "pagerphone": "number:pager", "mozillanickname": "nicknames",
    "xmozillanickname": "nicknames", "description": "note", "notes": "note", "comment": "note",
    "mozillahomestreet": "address.street:home", "mozillahomestreet2": "address.extended:home",
    "mozillahomelocalityname": "address.city:home", "mozillahomestate": "address.region:home",
    "mozillahomepostalcode": "address.code:home", "mozillahomecountryname": "address.country:home",
    "homepostaladdress": "address.text:home", "street": "address.street:work", "streetaddress": "address.street:work",
    "mozillaworkstreet2": "address.extended:work", "postaladdress": "address.text:work", "l": "address.city:work",
    "locality": "address.city:work", "st": "address.region:work", "postalcode": "address.code:work",
    "zip": "address.code:work", "c": "address.country:work", "co": "address.country:work",
    "countryname": "address.country:work", "postofficebox": "address.po_box:work", "mozillahomeurl": "website:home",
    "homeurl": "website:home", "mozillaworkurl": "website:work", "workurl": "website:work", "labeleduri": "website",
    "birthyear": "birthday.year", "birthmonth": "birthday.month", "birthday": "birthday.day",
    "nsaimid": "messenger:aim", "nscpaimscreenname": "messenger:aim", "mozillacustom1": "note",
    "mozillacustom2": "note", "mozillacustom3": "note", "mozillacustom4": "note", "custom1": "note", "custom2": "note",
    "custom3": "note", "custom4": "note", "businesscategory": "categories",
}  # fmt: skip
_NAMES: Final = tuple(_ATTRIBUTES)
_TARGETS: Final = tuple(read_target(text) for text in _ATTRIBUTES.values())
_READER: Final = RowReader(_TARGETS, _NAMES)
_ONE: Final = frozenset({"shown", "family", "given", "title", "company"})
_GROUPS: Final = frozenset({"groupofnames", "groupofuniquenames", "mozillaaddressbookgroup"})
_SAFE: Final = re.compile(r"[\x01-\x09\x0b\x0c\x0e-\x1f\x21-\x39\x3b\x3d-\x7f][\x01-\x09\x0b\x0c\x0e-\x7f]*")
_LINE: Final = 76


def contact_of(record: Record) -> tuple[Contact, list[Finding]]:
    """What a record says, and which of its values were not taken."""
    uid = uid_of(record.dn)
    kinds = {kind.lower() for kind in record.values.get("objectclass", ())}
    if kinds & _GROUPS:
        dns = [*record.values.get("member", ()), *record.values.get("uniquemember", ())]
        group = Contact(
            uid=uid,
            kind="group",
            shown=record.first("cn") or record.first("ou"),
            members=tuple(dict.fromkeys(uid_of(dn) for dn in dns)),
            note=record.first("description"),
        )
        return group, []
    row, taken = [], set()
    for name, text in _ATTRIBUTES.items():
        values = record.values.get(name, [])
        if text in _ONE:
            values = [] if text in taken else values[:1]
            taken |= {text} if values else set()
        if name in ("postaladdress", "homepostaladdress"):
            values = [", ".join(filter(None, map(str.strip, value.split("$")))) for value in values]
        row.append(" ::: ".join(values) if text.startswith(("number", "mail", "website")) else "\n".join(values))
    contact, findings = _READER.read(row)
    photo = Photo(record.photo, "image/jpeg") if record.photo else None
    return replace(contact, uid=uid, photo=photo), findings


def uid_of(dn: str) -> str:
    """The UID of the contact a name of a directory stands for: the same name, however spaced, is the same contact."""
    plain = re.sub(r"\s*([,=])\s*", r"\1", dn.strip()).casefold()
    return f"ldif-{hashlib.sha256(plain.encode('utf-8', 'replace')).hexdigest()[:32]}"


# --- out -----------------------------------------------------------------------------------------------------


def ldif(contacts: Callable[[], Iterable[Contact]]) -> Iterator[bytes]:
    """Contacts as LDIF that Thunderbird reads, record by record; groups name their members.

    The contacts are gone through twice: a group may stand before its members.
    """
    dns = {contact.uid: _dn(contact) for contact in contacts() if contact.uid and not contact.is_group}
    yield b"version: 1\r\n"
    for contact in contacts():
        pairs = _group(contact, dns) if contact.is_group else _person(contact)
        yield b"\r\n" + b"".join(_line(name, value) for name, value in pairs if value)


def _dn(contact: Contact) -> str:
    mail = next((one.value for one in contact.mails), "")
    cn = f"cn={_escaped(contact.call_name or 'unknown')}"
    return f"{cn},mail={_escaped(mail)}" if mail else cn


def _escaped(text: str) -> str:
    # RFC 4514 2.4
    text = re.sub(r'([,+"\\<>;=])', r"\\\1", text.replace("\n", " ").replace("\0", ""))
    return re.sub(r"^([ #])|( )$", lambda found: f"\\{found[0]}", text)


def _group(contact: Contact, dns: dict[str, str]) -> Iterator[tuple[str, str | bytes]]:
    yield "dn", f"cn={_escaped(contact.call_name)}"
    yield "objectclass", "top"
    yield "objectclass", "groupOfNames"
    yield "cn", contact.call_name
    yield "description", contact.note
    for member in contact.members:
        yield "member", dns.get(member, "")


def _person(contact: Contact) -> Iterator[tuple[str, str | bytes]]:
    yield "dn", _dn(contact)
    for kind in ("top", "person", "organizationalPerson", "inetOrgPerson", "mozillaAbPersonAlpha"):
        yield "objectclass", kind
    yield "givenName", contact.name.given
    yield "sn", contact.name.family or contact.call_name  # inetOrgPerson demands one
    yield "cn", contact.call_name
    yield "mozillaNickname", next(iter(contact.nicknames), "")
    for number, one in enumerate(contact.mails):
        yield "mail" if number == 0 else "mozillaSecondEmail", one.value
    for one in contact.numbers:
        yield _number_name(one), one.value
    for address in contact.addresses:
        yield from _address(address)
    yield "o", contact.organisation.name
    for unit in contact.organisation.units:
        yield "ou", unit
    yield "title", contact.title
    for one in contact.urls:
        yield "mozillaHomeUrl" if "home" in one.types else "mozillaWorkUrl", one.value
    if found := re.fullmatch(r"(\d{4}|-)-(\d\d)-(\d\d)", contact.birthday):
        yield "birthyear", found[1].strip("-")
        yield "birthmonth", found[2]
        yield "birthday", found[3]
    yield "businessCategory", ";".join(contact.categories)
    yield "description", contact.note
    if contact.photo is not None and contact.photo.data:
        yield "jpegPhoto", contact.photo.data


def _number_name(one: Value) -> str:
    kinds = (
        ("fax", "facsimileTelephoneNumber"),
        ("cell", "mobile"),
        ("pager", "pager"),
        ("home", "homePhone"),
    )
    return next((name for kind, name in kinds if kind in one.types), "telephoneNumber")


def _address(one: Address) -> Iterator[tuple[str, str]]:
    if "home" in one.types:
        names: tuple[str, ...] = (
            "", "mozillaHomeStreet2", "mozillaHomeStreet", "mozillaHomeLocalityName", "mozillaHomeState",
            "mozillaHomePostalCode", "mozillaHomeCountryName",
        )  # fmt: skip
    else:
        names = ("postOfficeBox", "mozillaWorkStreet2", "street", "l", "st", "postalCode", "c")
    yield from ((name, part) for name, part in zip(names, one.parts, strict=True) if name)


def _line(name: str, value: str | bytes) -> bytes:
    if isinstance(value, str) and _SAFE.fullmatch(value) and not value.endswith(" "):
        line = f"{name}: {value}"
    else:
        octets = value if isinstance(value, bytes) else value.encode()
        line = f"{name}:: {base64.b64encode(octets).decode()}"
    pieces = [line[:_LINE], *(" " + line[at : at + _LINE - 1] for at in range(_LINE, len(line), _LINE - 1))]
    return "".join(piece + "\r\n" for piece in pieces).encode()

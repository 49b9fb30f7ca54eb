"""What a card says: a contact of its properties, whatever version and program they are of. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Final

from addressbook.contact import Address, Contact, Name, Organisation, Photo, Value, joined_name
from addressbook.vcard.lines import Card, Property, read
from addressbook.vcard.text import components, split, unescaped

#: Values of one kind in one contact: more than a person has.
MAX_VALUES: Final = 200
#: Types that say nothing: what a number or a mail address is anyway, how mail is addressed since 1996, marks.
NOISE: Final = frozenset({"pref", "voice", "internet", "x-internet", "parcel", "postal", "intl", "dom", "unknown"})
#: Messengers by the properties that programs made up for them.
MESSENGER_PROPERTIES: Final = {
    "X-QQ": "qq", "X-TENCENT-QQ": "qq", "X-AIM": "aim", "X-ICQ": "icq", "X-JABBER": "xmpp", "X-XMPP": "xmpp",
    "X-MSN": "msn", "X-YAHOO": "yahoo", "X-SKYPE": "skype", "X-SKYPE-USERNAME": "skype", "X-GADUGADU": "gadugadu",
    "X-GROUPWISE": "groupwise", "X-GTALK": "xmpp", "X-GOOGLE-TALK": "xmpp", "X-WECHAT": "wechat",
    "X-MS-IMADDRESS": "im", "X-FETION": "fetion", "X-TELEGRAM": "telegram", "X-WEIXIN": "wechat",
}  # fmt: skip
#: Messengers by other names of theirs: in X-SERVICE-TYPE, as scheme of a URI.
MESSENGERS: Final = {"jabber": "xmpp", "googletalk": "xmpp", "gtalk": "xmpp", "ymsgr": "yahoo", "msnim": "msn"}
_APPLE_LABEL: Final = re.compile(r"_\$!<(.*)>!\$_", re.DOTALL)
_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*)?")
_NO_YEAR: Final = re.compile(r"--(\d{2})-?(\d{2})(?:T.*)?")
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})")
_TEL_URI: Final = re.compile(r"(?:tel|sip|sms):", re.IGNORECASE)
_URN: Final = re.compile(r"urn:uuid:", re.IGNORECASE)
#: The year that Apple writes where none is known, with X-APPLE-OMIT-YEAR.
NO_YEAR: Final = "1604"

#: Which attributes of a contact the properties of a name say; `addressbook.vcard.merging` goes by it too.
ATTRIBUTES: Final[dict[str, str]] = {
    "UID": "uid",
    "KIND": "kind", "X-ADDRESSBOOKSERVER-KIND": "kind",
    "FN": "shown",
    "N": "name",
    "X-PHONETIC-FIRST-NAME": "phonetic", "X-PHONETIC-LAST-NAME": "phonetic", "X-PHONETIC-MIDDLE-NAME": "phonetic",
    "NICKNAME": "nicknames", "X-NICKNAME": "nicknames",
    "ORG": "organisation",
    "TITLE": "title",
    "ROLE": "role",
    "TEL": "numbers",
    "EMAIL": "mails",
    "ADR": "addresses",
    "URL": "urls",
    "IMPP": "messengers", **dict.fromkeys(MESSENGER_PROPERTIES, "messengers"),
    "RELATED": "related", "X-ABRELATEDNAMES": "related",
    "BDAY": "birthday",
    "ANNIVERSARY": "anniversary", "X-ANNIVERSARY": "anniversary", "X-EVOLUTION-ANNIVERSARY": "anniversary",
    "NOTE": "note",
    "CATEGORIES": "categories",
    "MEMBER": "members", "X-ADDRESSBOOKSERVER-MEMBER": "members",
    "PHOTO": "photo",
    "REV": "revised",
}  # fmt: skip


def contact_of(octets: bytes, codec: str | None = None) -> Contact:
    """What the card of these octets says; `codec` is of texts without a charset. Raises BadCard for what is no card."""
    return meant(read(octets, codec))


def meant(card: Card) -> Contact:
    """What the properties of a card say."""
    found: dict[str, list[Property]] = {}
    for one in card.properties:
        attribute = ATTRIBUTES.get(one.name)
        if attribute is not None:
            found.setdefault(attribute, []).append(one)
    labels = labels_of(card.properties)

    def text(attribute: str) -> str:
        return next((line for one in found.get(attribute, []) if (line := unescaped(one.value).strip())), "")

    def values(attribute: str) -> tuple[Value, ...]:
        return tuple(value for _, value in values_of(found.get(attribute, []), labels, attribute))

    name = next((read_name(one.value) for one in found.get("name", []) if one.value.strip(";")), Name())
    photo = _photo(found.get("photo", []))
    return Contact(
        uid=_bare(text("uid")),
        kind=text("kind").lower() or "individual",
        shown=text("shown") or (joined_name(name) if name else ""),
        name=name,
        phonetic=_phonetic(found.get("phonetic", [])),
        nicknames=_list(found.get("nicknames", [])),
        organisation=_organisation(text_value(found.get("organisation", []))),
        title=text("title"),
        role=text("role"),
        numbers=values("numbers"),
        mails=values("mails"),
        addresses=tuple(one for _, one in addresses_of(found.get("addresses", []), labels)),
        urls=values("urls"),
        messengers=values("messengers"),
        related=values("related"),
        birthday=_date(found.get("birthday", [])),
        anniversary=_date(found.get("anniversary", [])),
        note="\n".join(note for one in found.get("note", [])[:MAX_VALUES] if (note := unescaped(one.value)).strip()),
        categories=_list(found.get("categories", [])),
        members=tuple(_bare(unescaped(one.value)) for one in found.get("members", [])),
        photo=photo,
        revised=text("revised"),
    )


def text_value(properties: Iterable[Property]) -> str:
    """The value of the first that has one, with its escapes."""
    return next((one.value for one in properties if one.value.strip("; ")), "")


def read_name(value: str) -> Name:
    """The value of N; lists within a part, as 3.0 and 4.0 allow, become words."""
    parts = [" ".join(filter(None, components(part, ","))) for part in split(value, ";")[:5]]
    return Name(*parts)


def _phonetic(properties: Iterable[Property]) -> Name:
    parts = {one.name: unescaped(one.value).strip() for one in properties}
    return Name(
        family=parts.get("X-PHONETIC-LAST-NAME", ""),
        given=parts.get("X-PHONETIC-FIRST-NAME", ""),
        additional=parts.get("X-PHONETIC-MIDDLE-NAME", ""),
    )


def _organisation(value: str) -> Organisation:
    name, *units = components(value)
    return Organisation(name, tuple(unit for unit in units if unit))


def _list(properties: Iterable[Property]) -> tuple[str, ...]:
    found = (text for one in properties for text in components(one.value, ","))
    return tuple(dict.fromkeys(text for text in found if text))[: 10 * MAX_VALUES]


def labels_of(properties: Iterable[Property]) -> dict[str, str]:
    """What Apple's X-ABLabel calls the values of each group."""
    return {one.group: _label(one.value) for one in properties if one.name == "X-ABLABEL" and one.group}


def values_of(properties: list[Property], labels: dict[str, str], attribute: str) -> list[tuple[Property, Value]]:
    """The properties of an attribute with many values, each with what it says; those that say nothing left out."""
    best = _best(properties)
    value_of = _READERS.get(attribute, _plain)
    found = []
    for one in properties[:MAX_VALUES]:
        value = value_of(one)
        if value:
            found.append((one, Value(value, types_of(one), label_of(one, labels), one is best)))
    return found


def _best(properties: Iterable[Property]) -> Property | None:
    """The preferred one: the first marked so, else the one with the lowest PREF of 4.0."""
    ranked = [(1 if "pref" in one.types else _rank(one), number, one) for number, one in enumerate(properties)]
    rank, _, best = min(ranked, key=lambda entry: entry[:2], default=(101, 0, None))
    return best if rank <= 100 else None


def _rank(one: Property) -> int:
    said = one.param("PREF")
    return int(said) if said.isascii() and said.isdigit() and len(said) <= 3 else 101


def types_of(one: Property) -> tuple[str, ...]:
    """What a value is for."""
    return tuple(kind for kind in one.types if kind not in NOISE)


def label_of(one: Property, labels: dict[str, str]) -> str:
    """What a person calls a value: Apple's label of its group, or a type that was made up."""
    if one.group in labels:
        return labels[one.group]
    return unescaped(one.param("X-LABEL") or one.param("X-ABLABEL"))


def _label(value: str) -> str:
    text = unescaped(value).strip()
    built_in = _APPLE_LABEL.fullmatch(text)
    return built_in[1] if built_in else text


def _plain(one: Property) -> str:
    return unescaped(one.value).strip()


def _number(one: Property) -> str:
    text = _plain(one)
    return _TEL_URI.sub("", text, count=1) if _TEL_URI.match(text) else text


def _mail(one: Property) -> str:
    text = _plain(one)
    return text[7:] if text[:7].lower() == "mailto:" else text


def _messenger(one: Property) -> str:
    text = _plain(one)
    if one.name != "IMPP":
        scheme, colon, rest = text.partition(":")
        known = MESSENGER_PROPERTIES[one.name]
        return text if colon and scheme.lower() in (known, "x-apple") and rest else f"{known}:{text}" if text else ""
    scheme, colon, rest = text.partition(":")
    service = (one.param("X-SERVICE-TYPE") or (scheme if colon else "im")).lower()
    service = MESSENGERS.get(service, service)
    return f"{service}:{rest if colon else text}" if text else ""


_READERS: Final[dict[str, Callable[[Property], str]]] = {
    "numbers": _number,
    "mails": _mail,
    "messengers": _messenger,
    "related": lambda one: _bare(_plain(one)),
}


def addresses_of(properties: list[Property], labels: dict[str, str]) -> list[tuple[Property, Address]]:
    """As `values_of` for postal addresses."""
    best = _best(properties)
    found = []
    for one in properties[:MAX_VALUES]:
        parts = [", ".join(filter(None, components(part, ","))) for part in split(one.value, ";")[:7]]
        if any(parts):
            box, extended, street, locality, region, code, country = (*parts, *[""] * 7)[:7]
            address = Address(
                *(box, extended, street, locality, region, code, country),
                types=types_of(one),
                label=label_of(one, labels),
                preferred=one is best,
            )
            found.append((one, address))
    return found


def _date(properties: Iterable[Property]) -> str:
    for one in properties:
        text = unescaped(one.value).strip()
        if text:
            said = date(text)
            made_up = said[:4] in (NO_YEAR, one.param("X-APPLE-OMIT-YEAR")) and len(said) == 10
            return f"-{said[4:]}" if made_up else said
    return ""


def date(text: str) -> str:
    """A date as 1985-04-12 or --04-12, without its time; other text as it is."""
    found = _DATE.fullmatch(text)
    if found:
        return f"{found[1]}-{found[2]}-{found[3]}"
    found = _NO_YEAR.fullmatch(text)
    if found:
        return f"--{found[1]}-{found[2]}"
    return text


def _photo(properties: Iterable[Property]) -> Photo | None:
    for one in properties:
        if one.data is not None:
            return Photo(one.data, one.media_type)
        if one.value.strip():
            return Photo(uri=unescaped(one.value).strip())
    return None


def _bare(identifier: str) -> str:
    return _URN.sub("", identifier, count=1) if _URN.match(identifier) else identifier

"""Rows of a table as contacts. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from addressbook.contact import Address, Contact, Name, Organisation, Value
from addressbook.csv_file import cells as cell
from addressbook.csv_file.headings import key_of
from addressbook.csv_file.labels import read_label
from addressbook.csv_file.targets import Target

#: Between values of one cell in Google's tables.
_BETWEEN: Final = " ::: "
_LIST: Final = re.compile(r" ::: |[;；,，、\n]")
#: Groups of Google's that every contact is in, or that say nothing of the person.
_SYSTEM_GROUPS: Final = frozenset({"* mycontacts", "* starred", "* my contacts", "* contacts"})
_NO_DATES: Final = re.compile(r"[0/. -]+")
_EXCHANGE: Final = re.compile(r"/o=.+/cn=", re.IGNORECASE)

#: What may be wrong with a value, by code, in words.
PROBLEMS: Final = {
    "digits_lost": "a spreadsheet has shortened the number, its digits are lost",
    "no_number": "this is no phone number",
    "no_mail": "this is no mail address",
    "no_date": "this is no date",
    "exchange": "this is an address within an Exchange server, not of the internet",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """A value that was not taken."""

    code: str  # of PROBLEMS
    column: str
    value: str  # its beginning


@dataclass(slots=True)
class _Slot:
    """Columns that belong together: a value, what it is for, its service; or the parts of an address."""

    kind: str  # the field of its targets
    values: list[str] = field(default_factory=list)
    types: tuple[str, ...] = ()
    label: str = ""
    service: str = ""
    parts: dict[str, list[str]] = field(default_factory=dict)


class RowReader:
    """Makes contacts of the rows of one table."""

    def __init__(self, targets: Sequence[Target | None], headings: Sequence[str], *, day_first: bool = False) -> None:
        self._columns = [(at, target, headings[at]) for at, target in enumerate(targets) if target is not None]
        self._day_first = day_first
        notes = [heading for _, target, heading in self._columns if target.field == "note"]
        # Of several columns that become the note, those of another name say which they are.
        self._plain_notes = {heading for heading in notes if len(notes) == 1 or key_of(heading) in _NOTE_KEYS}

    def read(self, row: Sequence[str]) -> tuple[Contact, list[Finding]]:
        """The contact of a row, and what of the row was not taken."""
        single: dict[str, list[str]] = {}
        slots: dict[tuple[str, str, tuple[str, ...]], _Slot] = {}
        findings: list[Finding] = []
        for at, target, heading in self._columns:
            if at >= len(row):
                continue
            text = cell.plain(row[at])
            if not text:
                continue
            name = target.field
            if name in ("birthday", "anniversary") and not target.part:
                said = cell.date(text, day_first=self._day_first)
                if said:
                    single.setdefault(name, [said])
                elif not _NO_DATES.fullmatch(text):
                    findings.append(_finding("no_date", heading, text))
            elif name == "note":
                single.setdefault(name, []).append(text if heading in self._plain_notes else f"{heading}: {text}")
            elif name in ("number", "mail", "website", "messenger", "related", "address"):
                place = (name, target.slot, () if target.slot else target.types)
                if name != "address" and not target.slot:
                    place = (name, f"#{at}", ())
                slot = slots.setdefault(place, _Slot(name, types=target.types))
                self._fill(slot, target, heading, text, findings)
            else:
                single.setdefault(f"{name}.{target.part}" if target.part else name, []).append(text)
        return _contact(single, list(slots.values())), findings

    def _fill(self, slot: _Slot, target: Target, heading: str, text: str, findings: list[Finding]) -> None:
        if target.part == "label":
            types, slot.label, preferred = read_label(text.split(_BETWEEN)[0])
            slot.types = (*types, "pref") if preferred else types
        elif target.part == "service":
            slot.service = text.split(_BETWEEN)[0].casefold()
        elif slot.kind == "address":
            slot.parts.setdefault(target.part, []).append(text.split(_BETWEEN)[0])
        else:
            for piece in text.split(_BETWEEN):
                slot.values += _values(slot.kind, piece.strip(), heading, findings)


_NOTE_KEYS: Final = frozenset(
    map(
        key_of,
        ("notes", "note", "附注", "备注", "comments", "comment", "description", "remark", "memo", "注释", "说明"),
    )
)


def _finding(code: str, column: str, value: str) -> Finding:
    return Finding(code, column, value[:60])


def _values(name: str, text: str, heading: str, findings: list[Finding]) -> list[str]:
    if not text:
        return []
    if name == "number":
        good = []
        for one in cell.numbers(text):
            if cell.lost_digits(one):
                findings.append(_finding("digits_lost", heading, one))
            elif sum(char.isdigit() for char in one) < 2:
                findings.append(_finding("no_number", heading, one))
            else:
                good.append(one)
        return good
    if name == "mail":
        found = cell.mails(text)
        if not found:
            findings.append(_finding("exchange" if _EXCHANGE.match(text) else "no_mail", heading, text))
        return found
    return [text]


def _contact(single: dict[str, list[str]], slots: list[_Slot]) -> Contact:
    def one(name: str) -> str:
        return " ".join(single.get(name, ()))

    units = tuple(single.get("department", ()))
    name = Name(one("family"), one("given"), one("additional"), one("prefix"), one("suffix"))
    contact = Contact(
        uid=one("uid"),
        shown=one("shown"),
        name=name,
        phonetic=Name(one("phonetic_family"), one("phonetic_given")),
        nicknames=tuple(single.get("nicknames", ())),
        organisation=Organisation(one("company"), units),
        title=one("title"),
        role=one("role"),
        numbers=_of(slots, "number"),
        mails=_of(slots, "mail"),
        addresses=tuple(address for slot in slots if (address := _address(slot)) is not None),
        urls=_of(slots, "website"),
        messengers=tuple(_account(value, slot) for slot in slots for value in _of([slot], "messenger")),
        related=_of(slots, "related"),
        birthday=one("birthday") or _date_of_parts(single),
        anniversary=one("anniversary"),
        note="\n".join(single.get("note", ())),
        categories=_categories(single.get("categories", ())),
    )
    return contact if contact.shown else replace(contact, shown=contact.call_name)


def _of(slots: list[_Slot], name: str) -> tuple[Value, ...]:
    found: dict[str, Value] = {}
    for slot in slots:
        if slot.kind != name:
            continue
        types = tuple(kind for kind in slot.types if kind != "pref")
        for text in slot.values:
            found.setdefault(text, Value(text, types, slot.label, "pref" in slot.types))
    return tuple(found.values())


def _account(value: Value, slot: _Slot) -> Value:
    service = slot.service or next(iter(value.types), "")
    if not service or value.value.casefold().startswith(f"{service}:"):
        return replace(value, types=())
    return replace(value, value=f"{service}:{value.value}", types=())


def _address(slot: _Slot) -> Address | None:
    if slot.kind != "address" or not slot.parts:
        return None
    parts = {name: " ".join(texts) for name, texts in slot.parts.items()}
    whole = parts.pop("text", "")
    if not parts:  # all there is is the address as one
        parts = {"street": whole}
    return Address(
        po_box=parts.get("po_box", ""),
        extended=parts.get("extended", ""),
        street=parts.get("street", ""),
        locality=parts.get("city", ""),
        region=parts.get("region", ""),
        code=parts.get("code", ""),
        country=parts.get("country", ""),
        types=tuple(kind for kind in slot.types if kind != "pref"),
        label=slot.label,
        preferred="pref" in slot.types,
    )


def _categories(texts: Sequence[str]) -> tuple[str, ...]:
    pieces = (piece.strip() for text in texts for piece in _LIST.split(text))
    return tuple(dict.fromkeys(piece for piece in pieces if piece and piece.casefold() not in _SYSTEM_GROUPS))


def _date_of_parts(single: dict[str, list[str]]) -> str:
    year, month, day = (" ".join(single.get(f"birthday.{part}", ())) for part in ("year", "month", "day"))
    if not month or not day:
        return ""
    return cell.date(f"{year}-{month}-{day}" if year else f"--{month}-{day}")

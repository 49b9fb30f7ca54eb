"""What a file of contacts is, and the people in it one by one. Pure; bounded by the size of the file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from addressbook.charsets import decoded, recognised
from addressbook.contact import Contact
from addressbook.csv_file.headings import key_of, program_of
from addressbook.csv_file.people import Finding, RowReader
from addressbook.csv_file.table import SAMPLE, Layout, layout_of, rows
from addressbook.csv_file.targets import Target
from addressbook.ldif.people import contact_of as contact_of_record
from addressbook.ldif.records import is_ldif, records
from addressbook.vcard.composing import made_uid, write
from addressbook.vcard.errors import BadCard
from addressbook.vcard.files import as_utf8, is_vcard_file, pieces
from addressbook.vcard.lines import is_utf8, read
from addressbook.vcard.meaning import contact_of
from addressbook.vcard.merging import merged, with_properties
from gateway.core.errors import BadRequest

#: Octets of one file: 100 000 people as a table are 10 to 20 MiB, a phone's cards with photos as much.
MAX_FILE: Final = 64 << 20
#: Entries of one file, more than a book may hold.
MAX_ENTRIES: Final = 500_000
_SAID: Final = 60
_DAY_FIRST: Final = re.compile(r"(1[3-9]|2\d|3[01])[/-]\d{1,2}[/-]\d{4}")

#: What other files begin with, and what to do with them.
_OTHERS: Final = (
    (b"PK\x03\x04", "this is a workbook or an archive: open it and save the list as CSV (UTF-8)"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "this is a file of Excel or Outlook: open it there and save it as CSV"),
    (b"!BDN", "this is a data file of Outlook: there, choose Open & Export, Import/Export, and export contacts as CSV"),
    (b"\x9c\xcb\xcb\x8d\x13\x75\xd2\x11", "this is a Windows Address Book (WAB): open it there and export it as CSV"),
    (b"%PDF", "this is a PDF, no file of contacts"),
    (b"SQLite format 3", "this is a database: export the contacts from its program, as vCard or CSV"),
    (b"{", "this is JSON: vCard, CSV and LDIF can be read"),
    (b"<", "this is XML or HTML: vCard, CSV and LDIF can be read"),
)


class UnknownFile(BadRequest):
    """This is no file of contacts that can be read; the message says what may help."""


class Format(StrEnum):
    """What a file is."""

    VCARD = "vcard"
    CSV = "csv"
    LDIF = "ldif"


@dataclass(frozen=True, slots=True)
class Entry:
    """Somebody in a file."""

    line: int  # of the file, from 1, that it begins on
    contact: Contact  # with a UID
    card: bytes  # of a vCard file its own octets, as far as they can be kept
    findings: tuple[Finding, ...] = ()  # values that were not taken


@dataclass(frozen=True, slots=True)
class Aside:
    """What is no contact, and is left out."""

    line: int
    reason: str
    said: str  # its beginning


@dataclass(frozen=True, slots=True)
class Source:
    """A file that was recognised."""

    format: Format
    program: str  # that wrote it, of a table: google, outlook-zh …, "table" where nobody knows
    charset: str  # by its name in Python
    layout: Layout | None  # of a table
    day_first: bool  # how 3/4/1985 is meant, as far as the file tells
    octets: bytes
    text: str  # of a table and of LDIF

    @property
    def header_digest(self) -> str:
        """By what the meanings of the columns of such tables are remembered; "" for what is no table."""
        if self.layout is None:
            return ""
        keys = "\x1f".join(map(key_of, self.layout.headings))
        return hashlib.sha256(keys.encode("utf-8", "replace")).hexdigest()

    def entries(
        self, targets: Sequence[Target | None] | None = None, *, day_first: bool | None = None
    ) -> Iterator[Entry | Aside]:
        """Everybody in the file, and what had to be left out; `targets` are the meanings of the columns of a table."""
        match self.format:
            case Format.VCARD:
                found = _of_cards(self.octets)
            case Format.LDIF:
                found = _of_records(self.text)
            case Format.CSV:
                assert self.layout is not None
                chosen = self.layout.targets if targets is None else targets
                found = _of_rows(self.text, self.layout, chosen, self.day_first if day_first is None else day_first)
        for count, one in enumerate(found):
            if count == MAX_ENTRIES:
                yield Aside(one.line, f"more than {MAX_ENTRIES} entries: split the file", "")
                return
            yield one


def recognise(octets: bytes) -> Source:
    """What a file is. Raises UnknownFile."""
    if len(octets) > MAX_FILE:
        raise UnknownFile(f"the file has more than {MAX_FILE >> 20} MiB: split it")
    if not octets.strip(b"\0 \r\n\t\xef\xbb\xbf\xff\xfe"):
        raise UnknownFile("the file is empty")
    if is_vcard_file(octets):
        return Source(Format.VCARD, "", as_utf8(octets)[1], None, False, octets, "")
    begin = octets[:64].lstrip(b"\xef\xbb\xbf \r\n\t")
    for mark, advice in _OTHERS:
        if begin.startswith(mark):
            raise UnknownFile(advice)
    charset = recognised(octets)
    text = decoded(octets, charset)
    if is_ldif(text):
        return Source(Format.LDIF, "", charset, None, False, octets, text)
    layout = layout_of(text)
    if layout is None:
        raise UnknownFile("this is no file of contacts: vCard, CSV and LDIF can be read")
    return Source(Format.CSV, program_of(layout.headings), charset, layout, _is_day_first(text, layout), octets, text)


def _is_day_first(text: str, layout: Layout) -> bool:
    for number, row in enumerate(rows(text, layout.separator, layout.first_line)):
        if any(_DAY_FIRST.fullmatch(cell.strip()) for cell in row.cells):
            return True
        if number == SAMPLE:
            break
    return False


def _of_cards(octets: bytes) -> Iterator[Entry | Aside]:
    octets, codec = as_utf8(octets)
    for piece in pieces(octets):
        said = decoded(piece.octets[:_SAID], codec).split("\n")[0].strip()
        if piece.error is not None:
            yield Aside(piece.line, str(piece.error), said)
            continue
        try:
            card = piece.octets
            if not is_utf8(card):  # what names no charset could not be read once it is alone
                whole = read(card, codec)
                card = with_properties(whole, whole.properties)
            contact = contact_of(card)
            if not contact.uid:
                contact = replace(contact, uid=made_uid(contact))
                card = merged(card, contact)
        except BadCard as error:
            yield Aside(piece.line + max(0, error.line - 1), error.reason, said)
            continue
        yield _known(Entry(piece.line, contact, card), said)


def _of_records(text: str) -> Iterator[Entry | Aside]:
    for record in records(text):
        if record.error:
            yield Aside(record.line, record.error, record.dn[:_SAID])
            continue
        contact, findings = contact_of_record(record)
        yield _known(Entry(record.line, contact, write(contact), tuple(findings)), record.dn[:_SAID])


def _of_rows(text: str, layout: Layout, targets: Sequence[Target | None], day_first: bool) -> Iterator[Entry | Aside]:
    reader = RowReader(targets, layout.headings, day_first=day_first)
    for row in rows(text, layout.separator, layout.first_line):
        said = layout.separator.join(row.cells)[:_SAID]
        if row.error:
            yield Aside(row.line, row.error, said)
            continue
        contact, findings = reader.read(row.cells)
        if not contact.uid:
            contact = replace(contact, uid=made_uid(contact))
        yield _known(Entry(row.line, contact, write(contact), tuple(findings)), said)


def _known(entry: Entry, said: str) -> Entry | Aside:
    """An entry, unless nothing in it says who it is."""
    if entry.contact.call_name:
        return entry
    reason = "no name, number or mail address in it can be used"
    if entry.findings:
        reason += f" ({entry.findings[0].column}: {entry.findings[0].value})"
    return Aside(entry.line, reason, said)

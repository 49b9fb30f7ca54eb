"""A dry run: what an import would do, without doing it. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from addressbook.contact import Contact
from addressbook.csv_file.people import PROBLEMS
from addressbook.csv_file.targets import Target
from addressbook.imports.decisions import Kept
from addressbook.imports.sameness import Known, Match, keys_of
from addressbook.imports.source import Aside, Entry, Source

#: Examples of each kind in an answer; the counts are of all.
SHOWN: Final = 50
#: People shown as they would be imported.
SAMPLES: Final = 5
_VALUES: Final = 3


@dataclass(slots=True)
class Check:
    """What a dry run has found so far."""

    people: int = 0
    groups: int = 0
    known: int = 0  # of the book
    doubled: int = 0  # in the file itself
    maybe: int = 0
    aside: int = 0
    not_taken: int = 0  # values
    reasons: Counter[str] = field(default_factory=Counter)
    samples: list[dict[str, Any]] = field(default_factory=list)
    doubles: list[dict[str, Any]] = field(default_factory=list)
    asides: list[dict[str, Any]] = field(default_factory=list)
    findings: list[dict[str, Any]] = field(default_factory=list)

    def counts(self) -> dict[str, int]:
        """The figures."""
        return {
            "entries": self.people + self.groups + self.aside,
            "people": self.people,
            "groups": self.groups,
            "new": self.people + self.groups - self.known - self.doubled,
            "known": self.known,
            "doubled": self.doubled,
            "maybe": self.maybe,
            "aside": self.aside,
            "not_taken": self.not_taken,
        }


class Checker:
    """Looks at a file slice by slice."""

    def __init__(self, region: str = "CN") -> None:
        self._region = region
        self._seen = Known()
        self.check = Check()

    def look(self, entries: Sequence[Entry | Aside], book: Mapping[int, Kept]) -> None:
        """Look at a slice; `book` are those of the book whom its entries may be."""
        check = self.check
        known = Known()
        for who, kept in book.items():
            known.add(who, keys_of(kept.contact, self._region))
        for entry in entries:
            if isinstance(entry, Aside):
                check.aside += 1
                if len(check.asides) < SHOWN:
                    check.asides.append({"line": entry.line, "reason": entry.reason, "said": entry.said})
                continue
            check.people += not entry.contact.is_group
            check.groups += entry.contact.is_group
            self._note_findings(entry)
            if len(check.samples) < SAMPLES:
                check.samples.append({"line": entry.line, **shown(entry.contact)})
            keys = keys_of(entry.contact, self._region)
            in_book = known.find(keys)
            in_file = self._seen.find(keys)
            self._seen.add(entry.line, keys)
            for match, of_book in ((in_book, True), (in_file, False)):
                if match is not None and match.reason.is_sure:
                    check.known += of_book
                    check.doubled += not of_book
                    self._double(entry, match, book if of_book else {})
                    break
            else:
                if (match := in_book or in_file) is not None:
                    check.maybe += 1
                    self._double(entry, match, {} if in_book is None else book)

    def _note_findings(self, entry: Entry) -> None:
        for one in entry.findings:
            self.check.not_taken += 1
            if len(self.check.findings) < SHOWN:
                self.check.findings.append(
                    {
                        "line": entry.line,
                        "column": one.column,
                        "value": one.value,
                        "code": one.code,
                        "problem": PROBLEMS[one.code],
                    }
                )

    def _double(self, entry: Entry, match: Match, book: Mapping[int, Kept]) -> None:
        self.check.reasons[match.reason.value] += 1
        if len(self.check.doubles) == SHOWN:
            return
        kept = book.get(match.who)
        other = {"line": match.who} if kept is None else {"id": str(match.who), **shown(kept.contact)}
        found = {"line": entry.line, "reason": match.reason.value, "sure": match.reason.is_sure}
        self.check.doubles.append({**found, "contact": shown(entry.contact), "other": other})


def columns(source: Source, targets: Sequence[Target | None], values: Sequence[Sequence[str]]) -> list[dict[str, Any]]:
    """The columns of a table: heading, what it becomes, whether that was known, and some of its values."""
    assert source.layout is not None
    found = []
    for at, heading in enumerate(source.layout.headings):
        texts = [row[at].strip()[:_TEXT] for row in values if at < len(row) and row[at].strip()]
        found.append(
            {
                "heading": heading,
                "target": "" if targets[at] is None else str(targets[at]),
                "known": source.layout.known[at],
                "values": list(dict.fromkeys(texts))[:_VALUES],
            }
        )
    return found


_TEXT: Final = 60


def shown(contact: Contact) -> dict[str, Any]:
    """A contact as it is shown in a list."""
    return {
        "name": contact.call_name,
        "organisation": contact.organisation.name,
        "mails": [one.value for one in contact.mails[:_VALUES]],
        "numbers": [one.value for one in contact.numbers[:_VALUES]],
        "group": contact.is_group,
    }

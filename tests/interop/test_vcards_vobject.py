"""vobject, the usual vCard library of Python, beside ours on the same cards, and as a reader of what we write."""

from __future__ import annotations

import warnings
from collections import Counter
from typing import Any

import pytest
import vobject

from addressbook.contact import Contact
from addressbook.vcard.composing import write
from addressbook.vcard.conversion import converted
from addressbook.vcard.errors import BadCard
from addressbook.vcard.meaning import contact_of
from tests.fakes.vcards import PEOPLE, corpus

pytestmark = pytest.mark.interop


def parsed(octets: bytes) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return vobject.readOne(octets.decode("utf-8", "surrogateescape"), allowQP=True)


def through_vobject(octets: bytes) -> bytes | None:
    """The card read and written by vobject, with the help the plainest program would give: the charset of the file."""
    for charset in ("utf-8", "gb18030", "utf-16"):
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                return str(vobject.readOne(octets.decode(charset), allowQP=True).serialize()).encode()
        except Exception:  # it raises what it likes; each is a card it cannot keep
            continue
    return None


def test_round_trips_of_both_over_the_corpus(capsys: pytest.CaptureFixture[str]) -> None:
    ours: Counter[str] = Counter()
    theirs: Counter[str] = Counter()
    for name, octets, said in corpus():
        style = name.split("-")[0]
        there_and_back = converted(converted(octets, "4.0" if b"VERSION:4" not in octets else "2.1"), "3.0")
        ours[style] += contact_of(there_and_back) == said
        ours["all"] += contact_of(there_and_back) == said
        written = through_vobject(octets)
        same = written is not None and says(written, said)
        theirs[style] += same
        theirs["all"] += same
    count = sum(1 for _ in corpus())
    with capsys.disabled():
        print(f"\ncards that say the same after a round trip, of {count}: ours {ours['all']}, vobject {theirs['all']}")
        for style in sorted(set(ours) - {"all"}):
            print(f"  {style:16} ours {ours[style]:3}  vobject {theirs[style]:3}")
    assert ours["all"] == count
    assert theirs["all"] < count


def says(card: bytes, said: Contact) -> bool:
    try:
        return contact_of(card) == said
    except BadCard:
        return False


@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.uid)
def test_vobject_reads_what_we_write(person: Contact) -> None:
    card = parsed(write(person, "3.0"))
    assert card.fn.value == person.shown.strip() or card.fn.value == person.shown
    assert card.n.value.family == person.name.family
    assert card.n.value.given == person.name.given
    assert [one.value for one in getattr(card, "tel_list", [])] == [one.value for one in person.numbers]
    assert [one.value for one in getattr(card, "email_list", [])] == [one.value for one in person.mails]
    if person.note:
        assert card.note.value == person.note
    if person.photo is not None:
        assert card.photo.value == person.photo.data
    if person.organisation:
        assert card.org.value == [person.organisation.name, *person.organisation.units]
    old = parsed(write(person, "2.1"))
    assert old.n.value.family.replace("\\;", ";") == person.name.family

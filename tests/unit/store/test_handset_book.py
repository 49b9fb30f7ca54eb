"""The book of handsets: what is learnt is there for the next question, in the same batch and after it."""

from __future__ import annotations

import pytest

from gateway.core.errors import NotFound
from gateway.core.mms import CanMms
from gateway.store import handsets
from gateway.store.desk import BooksOfStore
from mms.handsets.evidence import Fetched, Known, Seen, Stated
from mms.handsets.uaprof import Profile
from tests.fakes.desk import PHONE, START_MS, Bench

OTHER = "+8613900139000"
URL = "http://nds.nokia.com/uaprof/N6610r100.xml"
SEEN = Seen(START_MS, "Nokia6610/1.0 (5.63)", profile=f'"{URL}"')
PROFILE = Profile("Nokia", "6610", {"max_octets": 51_200, "images": ["image/jpeg", "image/gif"]}, ("screensize",))


def known(bench: Bench, number: str = PHONE) -> Known:
    return bench.ask(lambda books: books.handsets.of(number))


def due(bench: Bench) -> list[str]:
    return bench.ask(lambda books: books.handsets.profiles_due(10))


def test_what_is_learnt_is_kept_by_number(bench: Bench) -> None:
    bench.run(lambda books: books.handsets.learn(PHONE, SEEN))
    assert known(bench).handset.key == "nokia-6610"
    assert known(bench).mms is CanMms.YES
    assert known(bench, OTHER).mms is CanMms.UNKNOWN


def test_two_pieces_in_one_batch_are_both_kept(bench: Bench) -> None:
    def work(books: BooksOfStore) -> CanMms:
        books.handsets.learn(PHONE, SEEN)
        books.handsets.learn(OTHER, Fetched(START_MS))
        books.handsets.learn(PHONE, Stated(START_MS, mms=False))
        return books.handsets.of(PHONE).mms

    assert bench.run(work) is CanMms.NO
    assert known(bench).handset.key == "nokia-6610"
    assert known(bench, OTHER).mms is CanMms.YES


def test_a_statement_of_a_phone_nobody_knows_is_refused(bench: Bench) -> None:
    with pytest.raises(NotFound, match="typewriter"):
        bench.run(lambda books: books.handsets.learn(PHONE, Stated(START_MS, key="typewriter")))
    assert known(bench).mms is CanMms.UNKNOWN


def test_a_profile_is_fetched_once_for_all_its_phones(bench: Bench) -> None:
    bench.run(lambda books: books.handsets.learn(PHONE, SEEN))
    assert due(bench) == [URL]
    bench.run(lambda books: books.handsets.note_profile(URL, PROFILE))
    assert due(bench) == []
    bench.run(lambda books: books.handsets.learn(OTHER, SEEN))
    assert due(bench) == []
    found = known(bench, OTHER)
    assert found.handset.max_octets == 51_200
    assert str(found.sources["max_octets"]) == f"UAProf 2026-03-01 {URL}"


def test_a_profile_is_fetched_again_when_it_is_old_and_a_phone_names_it(bench: Bench) -> None:
    bench.run(lambda books: books.handsets.learn(PHONE, SEEN))
    bench.run(lambda books: books.handsets.note_profile(URL, PROFILE))
    bench.clock.pass_s(31 * 86_400)
    assert due(bench) == []
    bench.run(lambda books: books.handsets.learn(PHONE, Seen(bench.clock(), SEEN.user_agent, profile=SEEN.profile)))
    assert due(bench) == [URL]
    # One that cannot be had any more leaves what was there.
    bench.run(lambda books: books.handsets.note_profile(URL, None, "404"))
    assert (due(bench), known(bench).handset.max_octets) == ([], 51_200)
    row = bench.ask(lambda books: books.handsets.profile(URL))
    assert row is not None
    assert (row.profile, row.reason, row.fresh_until_ms) == (PROFILE, "404", bench.clock() + 86_400_000)


def test_an_address_that_gives_nothing_is_left_alone_for_a_day(bench: Bench) -> None:
    bench.run(lambda books: books.handsets.learn(PHONE, SEEN))
    bench.run(lambda books: books.handsets.note_profile(URL, None, "no answer"))
    for hours, wanted in ((23, []), (2, [URL])):
        bench.clock.pass_s(hours * 3600)
        bench.run(lambda books: books.handsets.learn(PHONE, Seen(bench.clock(), SEEN.user_agent, profile=SEEN.profile)))
        assert due(bench) == wanted


def test_phones_cannot_fill_the_store_with_addresses(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handsets, "MAX_PROFILES", 3)
    for number in range(6):
        seen = Seen(START_MS + number, f"Nokia{number}", profile=f"http://a.example/{number}")
        bench.run(lambda books, seen=seen: books.handsets.learn(PHONE, seen))
    assert due(bench) == [f"http://a.example/{number}" for number in range(3)]


def test_what_was_stated_can_be_withdrawn_and_everything_forgotten(bench: Bench) -> None:
    def work(books: BooksOfStore) -> None:
        books.handsets.learn(PHONE, SEEN)
        books.handsets.learn(PHONE, Stated(START_MS, key="iphone-4s"))
        books.handsets.withdraw(PHONE)

    bench.run(work)
    assert known(bench).handset.key == "nokia-6610"
    assert bench.run(lambda books: books.handsets.forget(PHONE)) is True
    assert known(bench).mms is CanMms.UNKNOWN
    assert bench.run(lambda books: books.handsets.forget(PHONE)) is False

"""What is learnt of a phone, who is believed, and what a new phone makes of it."""

from __future__ import annotations

import json
from functools import reduce

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.mms import CanMms
from mms.handsets.catalogue import resolve
from mms.handsets.evidence import (
    NOTHING,
    PATIENCE,
    Evidence,
    Fetched,
    Known,
    Memory,
    Refused,
    Seen,
    Stated,
    Unfetched,
    conclude,
    learn,
    read_memory,
    withdraw,
    write_memory,
)
from mms.handsets.uaprof import Profile
from mms.handsets.values import FIELDS

DAY = 86_400_000
NOW = 1_795_564_800_000  # 2026-11-25
NOKIA = "Nokia6610/1.0 (5.63) Profile/MIDP-1.0"
PROFILE_URL = "http://nds.nokia.com/uaprof/N6610r100.xml"


def after(*evidence: Evidence) -> Memory:
    return reduce(learn, evidence, NOTHING)


def known(*evidence: Evidence, profile: Profile | None = None) -> Known:
    return conclude(after(*evidence), profile)


def test_of_a_phone_nobody_knows_nothing_is_said() -> None:
    found = known()
    assert (found.handset, found.mms, found.since_ms) == (resolve("unknown"), CanMms.UNKNOWN, 0)
    assert found.why == "nothing is known of the phone"
    assert str(found.sources["images"]) == "class unknown"
    assert found.handset_source is None


@pytest.mark.parametrize(
    ("evidence", "mms", "why"),
    [
        ([Fetched(NOW)], CanMms.YES, "fetched 2026-11-25"),
        ([Refused(NOW, "E5")], CanMms.NO, "refused 2026-11-25 E5"),
        ([Unfetched(NOW)], CanMms.NO, "never fetched 2026-11-25"),
        ([Stated(NOW, mms=False)], CanMms.NO, "member said 2026-11-25 it takes no MMS"),
        ([Stated(NOW, mms=True)], CanMms.YES, "member said 2026-11-25 it takes MMS"),
        ([Stated(NOW, mms=True, by_operator=True)], CanMms.YES, "operator said 2026-11-25 it takes MMS"),
        ([Stated(NOW, key="nokia-6610")], CanMms.YES, "member said 2026-11-25 it is a nokia-6610"),
        ([Stated(NOW, key="nokia-1100")], CanMms.NO, "member said 2026-11-25 it is a nokia-1100"),
        ([Seen(NOW, "unheard/1.0")], CanMms.YES, "User-Agent 2026-11-25 unheard/1.0"),
        # Newer beats older of the same kind.
        ([Fetched(NOW), Refused(NOW + 1, "E5")], CanMms.NO, "refused"),
        ([Refused(NOW, "E5"), Fetched(NOW + 1)], CanMms.YES, "fetched"),
        ([Unfetched(NOW), Fetched(NOW + 1)], CanMms.YES, "fetched"),
        ([Fetched(NOW + 1), Unfetched(NOW)], CanMms.YES, "fetched"),
        ([Stated(NOW, mms=False), Stated(NOW + 1, mms=True)], CanMms.YES, "member"),
        ([Stated(NOW + 1, mms=True), Stated(NOW, mms=False)], CanMms.YES, "member"),
        # Statements and what the phone calls itself go before a refusal.
        ([Seen(NOW, NOKIA), Refused(NOW + 1, "E5")], CanMms.YES, "User-Agent"),
        ([Stated(NOW, key="nokia-6610"), Refused(NOW + 1, "E5")], CanMms.YES, "member"),
        ([Refused(NOW, "E5"), Seen(NOW + 1, NOKIA)], CanMms.YES, "User-Agent"),
        ([Fetched(NOW), Stated(NOW + 1, mms=False)], CanMms.NO, "member"),
        # A phone the papers say has no MMS, which asks for one, has it.
        ([Seen(NOW, "iPhone1,1")], CanMms.YES, "User-Agent"),
    ],
)
def test_whether_a_phone_takes_mms(evidence: list[Evidence], mms: CanMms, why: str) -> None:
    found = known(*evidence)
    assert found.mms is mms
    assert found.why.startswith(why)
    assert found.handset.mms is (mms is CanMms.YES)
    assert str(found.sources["mms"]) == found.why
    assert NOW <= found.since_ms <= NOW + 1


@pytest.mark.parametrize("first", [Fetched(NOW), Seen(NOW, NOKIA), Stated(NOW, key="nokia-6610")])
def test_a_phone_with_mms_may_leave_some_unanswered(first: Evidence) -> None:
    silent = [Unfetched(NOW + n * DAY) for n in range(1, PATIENCE + 1)]
    assert known(first, *silent[:-1]).mms is CanMms.YES
    found = known(first, *silent)
    assert (found.mms, found.why) == (CanMms.NO, "never fetched 2026-11-28 3 in a row")
    assert known(first, *silent, Fetched(NOW + 9 * DAY)).mms is CanMms.YES
    assert known(first, *silent, Stated(NOW + 9 * DAY, key="nokia-6610")).mms is CanMms.YES


def test_what_was_left_before_something_was_fetched_counts_no_more() -> None:
    late = [Unfetched(NOW + n) for n in range(PATIENCE)]
    assert known(Fetched(NOW + DAY), *late).mms is CanMms.YES
    assert known(*late, Fetched(NOW + DAY), Unfetched(NOW + 2 * DAY)).mms is CanMms.YES


def test_the_phone_is_known_by_what_it_calls_itself() -> None:
    found = known(Seen(NOW, NOKIA))
    assert found.handset.key == "nokia-6610"
    assert str(found.handset_source) == f"User-Agent 2026-11-25 {NOKIA}"
    assert str(found.sources["max_octets"]) == "class colour-2003"


def test_what_a_phone_announces_goes_over_the_catalogue() -> None:
    found = known(Seen(NOW, NOKIA, accept="image/jpeg, image/gif", accept_charset="gbk"))
    assert found.handset.images == {"image/jpeg", "image/gif"}
    assert str(found.sources["images"]) == "Accept 2026-11-25"
    assert found.handset.charsets > {"gbk", "utf-8"}


def test_the_makers_profile_goes_over_what_is_announced() -> None:
    profile = Profile("Nokia", "6610", {"max_octets": 51_200, "images": ["image/png"], "screen": [128, 96]})
    found = known(Seen(NOW, NOKIA, accept="image/jpeg, image/gif", profile=f'"{PROFILE_URL}"'), profile=profile)
    assert (found.handset.max_octets, found.handset.screen) == (51_200, (128, 96))
    assert found.handset.images == {"image/png"}
    assert str(found.sources["images"]) == f"UAProf 2026-11-25 {PROFILE_URL}"
    assert found.handset_source is not None
    assert found.handset_source.origin == "UAProf"


def test_a_profile_gives_values_to_a_phone_that_is_in_no_catalogue() -> None:
    found = known(Seen(NOW, "unheard/1.0", profile=PROFILE_URL), profile=Profile("U", "H", {"screen": [200, 300]}))
    assert (found.handset.key, found.handset.screen) == ("unknown", (200, 300))


def test_a_statement_that_it_is_another_phone_is_believed_before_the_phone() -> None:
    found = known(Seen(NOW, NOKIA, accept="image/jpeg"), Stated(NOW + 1, key="iphone-4s"))
    assert found.handset.key == "iphone-4s"
    assert "image/png" in found.handset.images
    assert str(found.handset_source) == "member said 2026-11-25"


def test_what_the_phone_announces_completes_a_statement_that_says_the_same() -> None:
    seen = Seen(NOW, NOKIA, accept="image/jpeg, image/gif")
    for key in ("nokia-6610", "nokia-s40-1", "colour-2003"):
        found = known(Stated(NOW - 1, key=key), seen)
        assert found.handset.key == key
        assert found.handset.images == {"image/jpeg", "image/gif"}


def test_a_new_phone_takes_with_it_what_was_learnt_of_the_old_one() -> None:
    old = [
        Seen(NOW, NOKIA, accept="image/jpeg", profile=PROFILE_URL),
        Stated(NOW + 1, key="nokia-7210", mms=False),
        Unfetched(NOW + 2),
        Refused(NOW + 3, "E5"),
    ]
    memory = after(*old, Seen(NOW + DAY, "SIE-S55/04"))
    assert (memory.profile_url, memory.announced, memory.unfetched, memory.refused_ms) == ("", {}, 0, 0)
    found = conclude(memory)
    assert (found.handset.key, found.mms) == ("siemens-s55", CanMms.YES)
    # What is stated of the new one counts, without what was stated of the old one.
    found = conclude(learn(memory, Stated(NOW + 2 * DAY, key="siemens-sl55")))
    assert (found.handset.key, found.mms) == ("siemens-sl55", CanMms.YES)


def test_an_update_of_the_same_phone_keeps_what_was_learnt() -> None:
    first = Seen(NOW, NOKIA, accept="image/jpeg", profile=PROFILE_URL)
    memory = after(first, Stated(NOW + 1, key="nokia-7210"), Seen(NOW + DAY, NOKIA.replace("5.63", "6.10")))
    assert memory.profile_url == PROFILE_URL
    assert conclude(memory).handset.key == "nokia-7210"


def test_an_older_sight_changes_nothing() -> None:
    memory = after(Seen(NOW, NOKIA))
    assert learn(memory, Seen(NOW - 1, "SIE-S55/04")) is memory
    assert learn(memory, Seen(NOW + 1, "  ")) is memory


def test_the_statement_of_the_operator_and_of_the_member_take_each_others_place() -> None:
    memory = after(Stated(NOW, key="nokia-6610", mms=False), Stated(NOW + 1, key="nokia-7210", by_operator=True))
    assert (conclude(memory).handset.key, conclude(memory).mms) == ("nokia-7210", CanMms.YES)
    memory = learn(memory, Stated(NOW + 2, mms=False))
    assert (conclude(memory).handset.key, conclude(memory).mms) == ("unknown", CanMms.NO)


def test_a_statement_can_be_withdrawn() -> None:
    memory = withdraw(after(Seen(NOW, NOKIA), Stated(NOW + 1, key="iphone-4s", mms=False)))
    assert (conclude(memory).handset.key, conclude(memory).mms) == ("nokia-6610", CanMms.YES)


def test_a_handset_that_left_the_catalogue_is_as_if_it_was_not_stated() -> None:
    assert known(Stated(NOW, key="no-such-phone")).mms is CanMms.UNKNOWN


moments = st.integers(0, 40).map(lambda hours: NOW + hours * 3_600_000)
words = st.text(max_size=40)
agents = st.sampled_from(["", NOKIA, "SIE-S55/04", "x", "\x00"]) | words
keys = st.sampled_from(["", "nokia-6610", "nokia-1100", "gone"])
pieces_of_evidence = st.one_of(
    st.builds(Stated, moments, keys, st.sampled_from([None, True, False]), st.booleans()),
    st.builds(Seen, moments, agents, words, words, words),
    st.builds(Fetched, moments, st.integers(0, 1 << 40)),
    st.builds(Refused, moments, st.text(max_size=90)),
    st.builds(Unfetched, moments),
)


@settings(max_examples=200, deadline=None)
@given(st.lists(pieces_of_evidence, max_size=12))
def test_whatever_comes_the_memory_can_be_kept_and_explained(pieces: list[Evidence]) -> None:
    memory = after(*pieces)
    assert read_memory(json.loads(json.dumps(write_memory(memory)))) == memory
    found = conclude(memory)
    assert set(found.sources) == set(FIELDS)
    assert (found.mms is CanMms.UNKNOWN) is (found.since_ms == 0)

"""How far a set-up has come, from what was seen of a member's programs."""

from __future__ import annotations

import pytest

from addressbook.dav.set_up import words
from gateway.core.dav_clients import DavClient, SetUpState, Step, Trouble, set_up_state

SINCE = 1_000
PASSWORD = 7


def own(
    seen_ms: int = 0, synced_ms: int = 0, trouble: Trouble | None = None, trouble_ms: int = 0, agent: str = "DAVx5"
) -> DavClient:
    return DavClient(PASSWORD, agent, seen_ms, synced_ms, trouble, trouble_ms)


@pytest.mark.parametrize(
    ("clients", "step", "trouble"),
    [
        ([], Step.WAITING, None),
        ([own(999)], Step.WAITING, None),
        ([own(1_000)], Step.SIGNED_IN, None),
        ([own(1_001, 1_001)], Step.SYNCED, None),
        ([own(1_001, 999)], Step.SIGNED_IN, None),
        ([own(1_001, 0, Trouble.NO_BOOK, 1_001)], Step.TROUBLE, Trouble.NO_BOOK),
        ([own(1_003, 1_003, Trouble.NO_BOOK, 1_001)], Step.SYNCED, None),
        ([own(1_003, 1_001, Trouble.SERVER, 1_003)], Step.TROUBLE, Trouble.SERVER),
        # A card that is refused does not stop the others.
        ([own(1_003, 1_001, Trouble.TOO_LARGE, 1_003)], Step.SYNCED, Trouble.TOO_LARGE),
        ([own(1_003, 1_003, Trouble.BAD_CARD, 1_001)], Step.SYNCED, Trouble.BAD_CARD),
        ([own(1_003, 0, Trouble.FULL, 1_003)], Step.TROUBLE, Trouble.FULL),
        # A wrong password: of whom, nobody can tell.
        ([DavClient(0, "DAVx5", 0, 0, Trouble.PASSWORD, 1_001)], Step.TROUBLE, Trouble.PASSWORD),
        ([DavClient(0, "", 0, 0, Trouble.PASSWORD, 999)], Step.WAITING, None),
        ([DavClient(0, "", 0, 0, Trouble.PASSWORD, 1_001), own(1_000)], Step.SIGNED_IN, None),
        # Other devices are others.
        ([DavClient(8, "Mac", 1_001, 1_001), DavClient(0, "Mac", 1_001, 1_001)], Step.WAITING, None),
    ],
)
def test_the_state_of_a_set_up(clients: list[DavClient], step: Step, trouble: Trouble | None) -> None:
    state = set_up_state(clients, PASSWORD, SINCE)
    assert (state.step, state.trouble) == (step, trouble)


def test_the_newest_of_two_programs_counts() -> None:
    clients = [own(1_005, 1_005), own(1_009, 0, Trouble.NO_BOOK, 1_009, "Mac")]
    assert set_up_state(clients, PASSWORD, SINCE) == SetUpState(Step.TROUBLE, "Mac", Trouble.NO_BOOK, 1_009)


def test_every_state_has_words_in_both_languages() -> None:
    troubles = [(Step.TROUBLE, trouble) for trouble in Trouble]
    states = [(step, None) for step in Step if step is not Step.TROUBLE] + troubles
    said = {words(SetUpState(step, "", it, 1), language) for language in ("zh", "en") for step, it in states}
    assert len(said) == 2 * len(states)
    assert all(said)
    both = words(SetUpState(Step.SYNCED, "", Trouble.TOO_LARGE, 1), "en")
    assert both.startswith("Your phone is connected. A contact")

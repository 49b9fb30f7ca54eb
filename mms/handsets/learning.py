"""What the end of an MMS tells of its phone."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

from gateway.core.events import MessageSettled
from gateway.core.outbox import Kind, State
from mms.handsets.evidence import Evidence, Fetched, Refused, Unfetched

#: Words carriers use when a phone cannot take this: MM7 2004 "multimedia content refused", MM1 response status E5, the
#: same as MM4 writes it, and the status of a phone that does not know what was sent (TS 23.140, OMA MMS encapsulation).
#: "Rejected" is not among them: that is its owner's wish.
REFUSALS: Final = frozenset(
    {
        "2004",
        "e5",
        "0xe5",
        "unrecognised",
        "unrecognized",
        "error-content-not-accepted",
        "error-unsupported-message",
        "error-permanent-content-not-accepted",
    }
)
#: Ends the hub came to by itself: they tell of carriers, not of phones.
OWN_WORDS: Final = frozenset({"", "validity is over", "never answered"})


class _Outbox(Protocol):
    def get(self, message_id: int) -> Mapping[Any, Any] | None: ...


class _Multimedia(Protocol):
    def facts(self, message_ids: Sequence[int]) -> Mapping[int, Mapping[Any, Any]]: ...


class _Handsets(Protocol):
    def learn(self, number: str, evidence: Evidence) -> None: ...


class LearningBooks(Protocol):
    """What is needed of the books."""

    @property
    def now_ms(self) -> int: ...
    @property
    def outbox(self) -> _Outbox: ...
    @property
    def mms(self) -> _Multimedia: ...
    @property
    def handsets(self) -> _Handsets: ...


def evidence_of_end(state: str, code: str, seen_ms: int) -> Evidence | None:
    """What it tells of a phone that an MMS sent to it ended so; None when it tells nothing."""
    if state == State.DELIVERED:
        return Fetched(seen_ms)
    if state == State.EXPIRED and code not in OWN_WORDS:
        return Unfetched(seen_ms)
    if state == State.FAILED and REFUSALS & set(re.split(r"[^a-z0-9-]+", code.lower())):
        return Refused(seen_ms, code)
    return None


def learn_from_end(event: MessageSettled, books: LearningBooks) -> None:
    """Reaction: an MMS that was fetched, refused or left tells what its phone can."""
    evidence = evidence_of_end(event.state, event.code, books.now_ms)
    if evidence is None:
        return
    row = books.outbox.get(event.message_id)
    if row is None or row["kind"] != Kind.MMS or not row["attempt"]:
        return
    facts = books.mms.facts([event.message_id]).get(event.message_id)
    # What was looked at on a page tells nothing of the phone.
    if facts is not None and facts["way"] == "mms":
        books.handsets.learn(row["recipient"], evidence)

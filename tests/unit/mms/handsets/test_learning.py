"""The end of an MMS, and what it tells of the phone."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.events import MessageSettled
from gateway.core.outbox import Kind, State
from mms.handsets.evidence import Evidence, Fetched, Refused, Unfetched
from mms.handsets.learning import evidence_of_end, learn_from_end

NOW = 1_795_564_800_000
PHONE = "+8613800138000"


@pytest.mark.parametrize(
    ("state", "code", "evidence"),
    [
        (State.DELIVERED, "Retrieved", Fetched(NOW)),
        (State.DELIVERED, "", Fetched(NOW)),
        (State.EXPIRED, "Expired", Unfetched(NOW)),
        (State.EXPIRED, "validity is over", None),
        (State.FAILED, "2004", Refused(NOW, "2004")),
        (State.FAILED, "mm7 2004 Multimedia content refused", Refused(NOW, "mm7 2004 Multimedia content refused")),
        (State.FAILED, "Error-permanent-content-not-accepted", Refused(NOW, "Error-permanent-content-not-accepted")),
        (State.FAILED, "Unrecognised", Refused(NOW, "Unrecognised")),
        (State.FAILED, "E5", Refused(NOW, "E5")),
        (State.FAILED, "Rejected", None),
        (State.FAILED, "20041", None),
        (State.FAILED, "never answered", None),
        (State.CANCELLED, "DELETED", None),
    ],
)
def test_what_an_end_tells(state: State, code: str, evidence: Evidence | None) -> None:
    assert evidence_of_end(state.value, code, NOW) == evidence


@pytest.mark.parametrize(
    ("row", "way", "is_learnt"),
    [
        ({"kind": Kind.MMS, "attempt": 1}, "mms", True),
        ({"kind": Kind.MMS, "attempt": 1}, "mailbox", False),
        ({"kind": Kind.MMS, "attempt": 0}, "mms", False),
        ({"kind": Kind.SMS, "attempt": 1}, "mms", False),
        (None, "mms", False),
    ],
)
def test_only_mms_that_went_out_as_such_tell_anything(row: dict[str, Any] | None, way: str, is_learnt: bool) -> None:
    learnt: list[tuple[str, Evidence]] = []
    found = None if row is None else {**row, "recipient": PHONE}
    books: Any = SimpleNamespace(
        now_ms=NOW,
        outbox=SimpleNamespace(get=lambda _id: found),
        mms=SimpleNamespace(facts=lambda ids: {ids[0]: {"way": way}}),
        handsets=SimpleNamespace(learn=lambda *one: learnt.append(one)),
    )
    learn_from_end(MessageSettled(7, 1, State.DELIVERED.value, ""), books)
    assert learnt == ([(PHONE, Fetched(NOW))] if is_learnt else [])

"""Whether an MMS goes in circles: handed on by us, it comes back, from a centre or phone that sends everything on."""

from __future__ import annotations

from typing import Final

from gateway.core.errors import BadRequest, NotFound
from gateway.core.outbox import Purpose
from gateway.core.ports import Books
from mms import letter_view
from mms.letters import Letter, read_letter

#: The same MMS to the same phone so often within the time is no longer somebody's wish.
MAX_ROUNDS: Final = 3
WITHIN_MS: Final = 3_600_000
#: Messages to the phone that are looked at.
MAX_LOOKED_AT: Final = 20


def goes_in_circles(letter: Letter, number: str, books: Books) -> bool:
    """Whether an MMS of the same sender that shows the same went to this phone several times in the last hour.

    What is shown is compared, not ids: each centre it passes gives it another.
    """
    same = []
    for message_id in books.outbox.to_number(number, MAX_LOOKED_AT):
        row = books.outbox.get(message_id)
        if (
            row is not None
            and row["purpose"] == Purpose.HANDED_ON
            and row["sender"] == letter.sender
            and row["created_ms"] > books.now_ms - WITHIN_MS
        ):
            same.append(message_id)
    if len(same) < MAX_ROUNDS:
        return False
    shown = _shown(letter)
    rounds = 0
    for facts in books.mms.facts(same).values():
        try:
            rounds += _shown(read_letter(books.stored(facts["letter"]))) == shown
        except (BadRequest, NotFound):
            continue
    return rounds >= MAX_ROUNDS


def _shown(letter: Letter) -> tuple[str, ...]:
    return (letter.subject, *(letter_view.digest_of(part.data) for part in letter_view.seen(letter.body)))

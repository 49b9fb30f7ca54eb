"""How often the hub says something to a phone: counted by the idempotency keys of the outbox.

Each message that is limited takes one of the numbered keys of its day. The keys are unique in the store, so that two
processes that answer at the same moment cannot both take the last one.
"""

from __future__ import annotations

from typing import Final

from gateway.core.ports import Books

DAY_MS: Final = 86_400_000


def free_key(books: Books, what: str, *, per_day: int, apart_ms: int = 0, account_id: int = 0) -> str | None:
    """The key under which another message of this kind may go out now; None when it may not.

    At most `per_day` in any 24 hours, `apart_ms` between two. `what` names kind and phone, in at most 100 characters.
    """
    day = books.now_ms // DAY_MS
    today = [f"{what} {day}.{slot}" for slot in range(per_day)]
    yesterday = [f"{what} {day - 1}.{slot}" for slot in range(per_day)]
    rows = books.outbox.with_key(account_id, [*yesterday, *today])
    recent = [row["created_ms"] for row in rows.values() if row["created_ms"] > books.now_ms - DAY_MS]
    if len(recent) >= per_day or (apart_ms and recent and max(recent) > books.now_ms - apart_ms):
        return None
    return next((key for key in today if key not in rows), None)


def was_sent(books: Books, account_id: int, key: str) -> bool:
    """Was a message put in under this key?"""
    return bool(books.outbox.with_key(account_id, [key]))

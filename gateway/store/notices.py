"""What was told to which phone about which mail: the memory behind caps, threads, digests and replies."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from gateway.core.notices import Notice
from gateway.store.database import Transaction
from gateway.store.schema import notices

_INSERT = sa.insert(notices)

# Statements of the hot path are made once: SQLAlchemy takes longer to build one than SQLite to run it.
_NEWEST = sa.select(notices).order_by(notices.c.made_ms.desc(), notices.c.id.desc()).limit(1)
_SINCE = notices.c.made_ms >= sa.bindparam("since")
_OF_ACCOUNT = notices.c.account_id == sa.bindparam("account_id")
_TO_NUMBER = notices.c.number == sa.bindparam("number")
_SENT_SINCE = sa.select(sa.func.count(sa.distinct(notices.c.message_id))).where(
    _OF_ACCOUNT, _SINCE, notices.c.message_id.is_not(None)
)
_LAST_IN_THREAD = _NEWEST.where(
    _OF_ACCOUNT, _SINCE, notices.c.thread_id == sa.bindparam("thread_id"), sa.text("notices.state IN ('sent', 'held')")
)
_LAST_TO = _NEWEST.where(_TO_NUMBER, _SINCE, notices.c.message_id.is_not(None))
_LAST_WITH_EXTENSION = _LAST_TO.where(notices.c.extension == sa.bindparam("extension"))
#: Notices whose extensions count as in use: a phone that gets hundreds in two weeks starts over with the oldest.
_EXTENSIONS_KEPT = 200
_EXTENSIONS = (
    sa.select(notices.c.extension, notices.c.thread_id)
    .where(_TO_NUMBER, _SINCE, notices.c.extension != "")
    .order_by(notices.c.made_ms.desc(), notices.c.id.desc())
    .limit(_EXTENSIONS_KEPT)
)
_RECENT = (
    sa.select(notices)
    .where(_TO_NUMBER, _SINCE, sa.text("notices.state IN ('sent', 'held', 'digested')"))
    .order_by(notices.c.made_ms.desc(), notices.c.id.desc())
    .limit(sa.bindparam("limit"))
)
_BY_MESSAGE = _NEWEST.where(notices.c.message_id == sa.bindparam("message_id"))


class Notices:
    """Notices within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def add(
        self,
        *,
        account_id: int,
        number: str,
        mail_id: int,
        thread_id: int,
        reply_to: str,
        state: str,
        message_id: int | None = None,
        extension: str = "",
        due_ms: int = 0,
        reason: str = "",
    ) -> int:
        """Remember a notice that was sent, held until `due_ms`, or dropped for `reason`."""
        notice_id = self._new_id()
        self._tx.defer(
            _INSERT,
            {
                "id": notice_id,
                "account_id": account_id,
                "number": number,
                "mail_id": mail_id,
                "thread_id": thread_id,
                "message_id": message_id,
                "reply_to": reply_to,
                "extension": extension,
                "state": state,
                "due_ms": due_ms,
                "reason": reason,
                "made_ms": self._now_ms,
            },
        )
        return notice_id

    def count_sent(self, account_id: int, since_ms: int) -> int:
        """SMS that notices of an account have caused since a moment (a digest counts once)."""
        self._tx.flush_rows(_INSERT, "account_id", account_id)
        return int(self._tx.ask(_SENT_SINCE, {"account_id": account_id, "since": since_ms}).scalar())

    def last_in_thread(self, account_id: int, thread_id: int, since_ms: int) -> Notice | None:
        """The newest notice about a conversation that was sent or is held, since a moment."""
        self._tx.flush_rows(_INSERT, "account_id", account_id)
        return self._first(_LAST_IN_THREAD, {"account_id": account_id, "thread_id": thread_id, "since": since_ms})

    def last_to(self, number: str, extension: str = "", since_ms: int = 0) -> Notice | None:
        """The newest notice a phone was sent, with this extension where one is given."""
        self._tx.flush_rows(_INSERT, "number", number)
        if extension:
            return self._first(_LAST_WITH_EXTENSION, {"number": number, "since": since_ms, "extension": extension})
        return self._first(_LAST_TO, {"number": number, "since": since_ms})

    def extensions_in_use(self, number: str, since_ms: int) -> dict[str, int]:
        """Extensions given out to a phone since a moment, with the conversation each stands for now.

        The one used longest ago comes first. Of a phone that was told very much, only the newest are looked at: what it
        costs does not grow with what it was told.
        """
        self._tx.flush_rows(_INSERT, "number", number)
        newest_first: dict[str, int] = {}
        for row in self._tx.ask(_EXTENSIONS, {"number": number, "since": since_ms}):
            newest_first.setdefault(row.extension, row.thread_id)
        return dict(reversed(newest_first.items()))

    def held_due(self, limit: int = 500) -> list[Notice]:
        """Held notices whose time has come, oldest first."""
        rows = self._tx.read(
            sa.text("SELECT * FROM notices WHERE state = 'held' AND due_ms <= :now ORDER BY due_ms, id LIMIT :limit"),
            {"now": self._now_ms, "limit": limit},
        )
        return [_notice(row) for row in rows]

    def held_for(self, account_id: int, number: str) -> list[Notice]:
        """Every held notice of an account for a phone, oldest first."""
        self._tx.flush()
        rows = self._tx.read(
            sa.select(notices)
            .where(
                notices.c.state == sa.literal_column("'held'"),
                notices.c.account_id == account_id,
                notices.c.number == number,
            )
            .order_by(notices.c.id)
        )
        return [_notice(row) for row in rows]

    def settle(self, notice_ids: Sequence[int], state: str, message_id: int | None, reason: str = "") -> None:
        """Held notices went out (alone or in a digest) or were dropped."""
        self._tx.execute(
            sa.update(notices)
            .where(notices.c.id.in_(list(notice_ids)))
            .values(state=state, message_id=message_id, reason=reason)
        )

    def drop_held(self, number: str, reason: str) -> None:
        """Drop all that is held for a phone."""
        self._tx.execute(
            sa.update(notices)
            .where(notices.c.number == number, notices.c.state == sa.literal_column("'held'"))
            .values(state="dropped", reason=reason)
        )

    def recent(self, number: str, since_ms: int, limit: int) -> list[Notice]:
        """What a phone was told or is to be told since a moment, newest first; nothing dropped, so no codes either."""
        self._tx.flush_rows(_INSERT, "number", number)
        rows = self._tx.ask(_RECENT, {"number": number, "since": since_ms, "limit": limit})
        return [_notice(row) for row in rows]

    def by_message(self, message_id: int) -> Notice | None:
        """The notice an SMS of the outbox carried."""
        return self._first(_BY_MESSAGE, {"message_id": message_id})

    def _first(self, statement: sa.Select[Any], parameters: Mapping[str, Any]) -> Notice | None:
        row = self._tx.ask(statement, parameters).first()
        return None if row is None else _notice(row)


def _notice(row: Any) -> Notice:
    return Notice(
        row.id,
        row.account_id,
        row.number,
        row.mail_id,
        row.thread_id,
        row.reply_to,
        row.state,
        row.message_id,
        row.extension,
        row.due_ms,
        row.reason,
        row.made_ms,
    )

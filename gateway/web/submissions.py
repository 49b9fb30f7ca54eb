"""The way of messages from the API into the outbox: all that wait go in together.

One work takes every message that waits at the moment the writer comes to it, so that the questions each message needs
(is the phone on the stop list, was the key used, how many went there today) are asked once for hundreds. The answer
to a message is given when the transaction that holds it is on disk.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Protocol

from gateway.core.lists import Refusal
from gateway.core.outbox import NewSms, State
from gateway.core.phone import mask
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.gathering import Gathering
from gateway.store.listings import Listings
from gateway.web.problems import Problem

DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that is in the outbox."""

    id: int
    state: str
    link: str
    segments: int
    alphabet: str
    repeated: bool = False  # the key was used before for the same message


Answer = Taken | Problem


class Reply(Protocol):
    """Who waits for the answer to a message: a future, or what stands for one."""

    def done(self) -> bool: ...
    def set_result(self, answer: Answer, /) -> None: ...
    def set_exception(self, error: BaseException, /) -> None: ...


class MessageTaker(Protocol):
    """Where a web door hands in messages: the hub's own `Submissions`, or a worker's line to them."""

    def put(self, sms: NewSms) -> asyncio.Future[Answer]:
        """Hand in a message; the future holds what became of it, or StoreUnavailable when nothing was written."""

    async def drain(self) -> None:
        """Wait until everything handed in is answered."""


_Waiting = tuple[NewSms, Reply]


class Submissions(Gathering[_Waiting, Answer]):
    """Messages on their way into the outbox of this process."""

    def __init__(self, desk: Desk, daily_cap: int) -> None:
        super().__init__(desk)
        self._daily_cap = daily_cap  # messages a day per account and number; 0 = no limit

    def put(self, sms: NewSms) -> asyncio.Future[Answer]:
        """Hand in a message; the future holds what became of it, or StoreUnavailable when nothing was written."""
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self.hand_in((sms, future))
        return future

    def put_for(self, sms: NewSms, reply: Reply) -> None:
        """As `put`, for one who waits in another way."""
        self.hand_in((sms, reply))

    def enter(self, books: BooksOfStore, taken: Sequence[_Waiting]) -> Sequence[Answer]:
        """Put them into the outbox."""
        return enter(books, [sms for sms, _ in taken], self._daily_cap)

    async def written(self, taken: Sequence[_Waiting], answers: Sequence[Answer]) -> None:
        """Tell each what became of it."""
        for (_, reply), answer in zip(taken, answers, strict=True):
            if not reply.done():
                reply.set_result(answer)

    async def failed(self, taken: Sequence[_Waiting], error: Exception) -> None:
        """Tell each that nothing was written."""
        for _, reply in taken:
            if not reply.done():
                reply.set_exception(error)


def enter(books: BooksOfStore, messages: Sequence[NewSms], daily_cap: int) -> list[Answer]:
    """Put messages into the outbox, but those that may not go; one answer each, in order."""
    numbers = {sms.recipient for sms in messages}
    stopped = books.stops.among(numbers)
    sent = Listings(books.tx).sent_to(numbers, books.now_ms - DAY_MS) if daily_cap else {}
    keyed: dict[int, set[str]] = {}
    for sms in messages:
        if sms.key is not None:
            keyed.setdefault(sms.account_id, set()).add(sms.key)
    known = {
        (account_id, key): row
        for account_id, keys in keyed.items()
        for key, row in books.outbox.with_key(account_id, keys).items()
    }
    fresh: dict[tuple[int, str], tuple[NewSms, Taken]] = {}
    answers: list[Answer] = []
    for sms in messages:
        if sms.key is not None:
            name = (sms.account_id, sms.key)
            row = known.get(name)
            if row is not None:
                answers.append(_again(sms, row))
                continue
            if name in fresh:
                first, answer = fresh[name]
                same = replace(first, link=sms.link) == sms
                answers.append(replace(answer, repeated=True) if same else _CONFLICT)
                continue
        if sms.recipient in stopped:
            answers.append(_stopped(sms.recipient))
            continue
        message_id = books.new_id()
        plan = books.outbox.plan(sms, message_id)
        if plan.refusal is not None:
            answers.append(_refused(plan.refusal))
            continue
        if daily_cap:
            place = (sms.account_id, sms.recipient)
            count = sent.get(place, 0) + 1
            if count > daily_cap:
                answers.append(_over_cap(sms.recipient, daily_cap))
                continue
            sent[place] = count
        books.outbox.add(sms, message_id, plan)
        answer = Taken(message_id, State.QUEUED.value, plan.link, plan.segments, plan.alphabet.value)
        answers.append(answer)
        if sms.key is not None:
            fresh[sms.account_id, sms.key] = (sms, answer)
    return answers


def _again(sms: NewSms, row: Any) -> Answer:
    """The first answer again when the message is the same; the validity tells whether the time is."""
    same = (
        row["recipient"] == sms.recipient
        and (row["text"] if row["asked_text"] is None else row["asked_text"]) == sms.text
        and (row["sender"] if row["asked_sender"] is None else row["asked_sender"]) == sms.sender
        and row["priority"] == sms.priority
        and bool(row["want_report"]) == sms.want_report
        and row["tag"] == sms.tag
        and (bytes(row["data"] or b""), row["port"], row["source_port"]) == (sms.data, sms.port, sms.source_port)
        and row["expires_ms"] == max(sms.not_before_ms, row["created_ms"]) + sms.validity_s * 1000
    )
    if not same:
        return _CONFLICT
    return Taken(row["id"], row["state"], row["link"], row["segments"], row["alphabet"], repeated=True)


_CONFLICT: Final = Problem(
    409,
    "key_reused",
    "this key was used before for another message",
    "Use a new key for a new message; send the same content to repeat a request.",
)


def _stopped(number: str) -> Problem:
    return Problem(
        403,
        "stopped",
        f"{mask(number)} has asked for no more messages",
        "Do not write to this number; only the phone itself can take the stop back.",
    )


def _refused(refusal: Refusal) -> Problem:
    return Problem(
        403,
        refusal.code,
        refusal.rule,
        "Change what the rule names, or ask the administrator; GET /api/v1/routes/explain tells more.",
    )


def _over_cap(number: str, cap: int) -> Problem:
    return Problem(
        429,
        "recipient_cap",
        f"{mask(number)} had {cap} messages from this account within a day",
        "Wait, or ask the administrator to raise web.recipient_daily_cap.",
        retry_after_s=3600,
    )

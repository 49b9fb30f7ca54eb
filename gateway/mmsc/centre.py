"""The books of the centre: phones are told by WAP push, told again a few times, and what came of it is reported."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import Mapping, Sequence
from typing import Final

from carriers.mm1.config import Mm1Config
from gateway.core.errors import NotFound
from gateway.core.messages import DeliveryReport, ReportState, Segment
from gateway.core.outbox import State
from gateway.mmsc import pushes
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.mm1 import OPEN, Notification, new_token
from mms.codec.codes import PERSONAL, Priority
from mms.codec.errors import MmsFormatError
from mms.codec.pdu import NotificationInd, RetrieveConf, decode
from mms.handsets.evidence import Fetched

MINUTE_MS: Final = 60_000
DAY_MS: Final = 86_400_000
#: Validity of an MMS whose row says none, seconds.
WEEK_S: Final = 604_800
#: A phone that wants to fetch later is told once more so long before the time is over.
LAST_CALL_MS: Final = DAY_MS
#: When it is looked again for a link that was taken away.
WITHOUT_LINK_MS: Final = 60 * MINUTE_MS


class Centre:
    """Keeps the books of notifications; a `carriers.link.NotificationCentre`. `configs`: of links known so far."""

    def __init__(self, desk: Desk, configs: Mapping[str, Mm1Config]) -> None:
        self._desk = desk
        self._configs = dict(configs)

    def serve(self, link: str, config: Mm1Config) -> None:
        """A link is there, or has changed."""
        self._configs[link] = config

    async def tell(self, link: str, segments: Sequence[Segment]) -> list[str]:
        """Queue a notification for each of these MMS; returns their tokens once that is on disk.

        An MMS whose phone was told already, by a run that was killed before it could say so, keeps its token and is
        not told again.
        """
        config = self._configs[link]
        told = await asyncio.to_thread(lambda: [_told_of(segment.mms) for segment in segments])

        def work(books: BooksOfStore) -> list[str]:
            standing = books.mm1.standing([segment.message_id for segment in segments])
            return [
                standing.get(segment.message_id) or self._tell_first(books, link, config, segment, one)
                for segment, one in zip(segments, told, strict=True)
            ]

        return await self._desk.commit(work)

    @staticmethod
    def _tell_first(books: BooksOfStore, link: str, config: Mm1Config, segment: Segment, told: NotificationInd) -> str:
        token = new_token()
        expires_ms = books.now_ms + (segment.validity_s or WEEK_S) * 1000
        push_id = _push(books, config, told, token, segment.recipient, expires_ms)
        books.mm1.add(
            token,
            message_id=segment.message_id,
            link=link,
            number=segment.recipient,
            expires_ms=expires_ms,
            next_ms=min(expires_ms, books.now_ms + _pause_ms(config, 1)),
            push_id=push_id,
        )
        books.timeline.step(segment.message_id, "told", f"the phone, by push {push_id}")
        return token

    # --- time ---------------------------------------------------------------------------------------------------

    def has_due(self, books: BooksOfStore) -> bool:
        """Whether `pass_time` would do anything."""
        return bool(books.mm1.due(1))

    def pass_time(self, books: BooksOfStore) -> None:
        """Tell phones again; count as delivered what was fetched; give up what nobody fetches."""
        for one in books.mm1.due():
            config = self._configs.get(one.link)
            if one.state == "fetched":
                settle(books, one, "done", ReportState.DELIVERED, "fetched")  # acknowledgements are lost often
            elif config is None and books.now_ms < one.expires_ms:
                books.mm1.update(one.token, OPEN, next_ms=min(one.expires_ms, books.now_ms + WITHOUT_LINK_MS))
            elif config is None or books.now_ms >= one.expires_ms or _has_tried_enough(config, one):
                settle(books, one, "expired", ReportState.EXPIRED, "not fetched")
            elif (code := _code_of_failed_push(books, one)) is not None:
                settle(books, one, "rejected", ReportState.FAILED, f"push failed: {code}")
            else:
                self._tell_again(books, config, one)

    @staticmethod
    def _tell_again(books: BooksOfStore, config: Mm1Config, one: Notification) -> None:
        row = books.outbox.get(one.message_id)
        try:
            told = _told_of(books.stored(row["blob"] if row is not None else ""))
        except (NotFound, MmsFormatError):
            settle(books, one, "expired", ReportState.EXPIRED, "what is sent is gone")
            return
        push_id = _push(books, config, told, one.token, one.number, one.expires_ms)
        tries = one.tries + 1
        # A phone that asked for time has it to the end.
        deferred = one.state == "deferred"
        next_ms = one.expires_ms if deferred else min(one.expires_ms, books.now_ms + _pause_ms(config, tries))
        books.mm1.update(one.token, ["told", "deferred"], tries=tries, next_ms=next_ms, push_id=push_id)
        books.timeline.step(one.message_id, "told", f"the phone, for the {tries}. time, by push {push_id}")


def settle(books: BooksOfStore, one: Notification, state: str, report: ReportState, code: str) -> None:
    """A notification is at its end: note it, and report it as a carrier would. Nothing for one that ended before."""
    if books.mm1.update(one.token, OPEN, state=state, next_ms=0):
        if report is ReportState.DELIVERED:
            books.handsets.learn(one.number, Fetched(books.now_ms))
        delivery = DeliveryReport(one.token, report, code, one.number)
        books.tell_owners(books.reports.file(one.link, books.mm1.group_of(one.link), [delivery]))


def settle_late(books: BooksOfStore, one: Notification) -> None:
    """A phone has fetched what was given up before."""
    if books.mm1.update(one.token, ["expired", "rejected"], state="done"):
        books.tell_owners(books.mms.has_arrived(one.message_id, "the phone fetched it after all"))


def _has_tried_enough(config: Mm1Config, one: Notification) -> bool:
    return one.state == "told" and one.tries > len(config.tell_again_minutes)


def _pause_ms(config: Mm1Config, tries: int) -> int:
    """How long to wait after so many tellings."""
    pauses = (*config.tell_again_minutes, config.give_up_minutes)
    return pauses[min(tries, len(pauses)) - 1] * MINUTE_MS


def _code_of_failed_push(books: BooksOfStore, one: Notification) -> str | None:
    """What the carrier says when it could not bring the last notification; None when it did not say so."""
    row = books.outbox.get(one.push_id) if one.push_id else None
    return str(row["code"] or "failed") if row is not None and row["state"] == State.FAILED else None


def _told_of(octets: bytes) -> NotificationInd:
    """A notification of an MMS, without its address and time. Raises MmsFormatError."""
    message = decode(octets)
    if not isinstance(message, RetrieveConf):
        raise MmsFormatError("what is sent to a phone is no message")
    return NotificationInd(
        transaction_id="",
        content_location="",
        size_octets=len(octets),
        expiry=pushes.moment(0),
        sender=message.sender,
        subject=message.subject,
        message_class=message.message_class or PERSONAL,
        priority=message.priority if message.priority is not Priority.NORMAL else None,
    )


def _push(
    books: BooksOfStore, config: Mm1Config, told: NotificationInd, token: str, number: str, expires_ms: int
) -> int:
    """Queue the SMS that tells a phone; returns its id."""
    named = dataclasses.replace(
        told,
        version=pushes.version_of(books.handsets.of(number).handset),
        transaction_id=token,
        content_location=f"{config.page_url.rstrip('/')}/mm1/{token}",
        expiry=pushes.moment(expires_ms),
    )
    return books.outbox.add(pushes.notification(config, named, number, (expires_ms - books.now_ms) // 1000))

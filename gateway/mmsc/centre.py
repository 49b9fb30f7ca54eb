"""The books of the centre: phones are told by WAP push, told again a few times, and what came of it is reported."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from carriers.mm1.config import Mm1Config
from gateway.core import data_sms
from gateway.core.messages import DeliveryReport, ReportState, Segment
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.mm1 import Notification
from mms.codec.errors import MmsFormatError
from mms.codec.headers import Moment
from mms.codec.pdu import NotificationInd, RetrieveConf, decode
from mms.codec.push_contents import push_of_notification
from mms.handsets.evidence import Unfetched

#: Port of WAP pushes.
PUSH_PORT = 2948
MINUTE_MS = 60_000
#: Characters of a subject in a notification: one SMS has 133 octets in all.
MAX_SUBJECT = 20


class Centre:
    """Keeps the books of notifications; a `carriers.link.NotificationCentre`."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._configs: dict[str, Mm1Config] = {}

    async def tell(self, link: str, config: Mm1Config, segments: Sequence[Segment]) -> list[str]:
        """Queue a notification for each of these MMS; returns their tokens once that is on disk."""
        self._configs[link] = config

        def work(books: BooksOfStore) -> list[str]:
            tokens = []
            for segment in segments:
                expires_ms = books.now_ms + (segment.validity_s or 604_800) * 1000
                next_ms = _next_ms(config, 1, books.now_ms, expires_ms)
                token = books.mm1.add(
                    message_id=segment.message_id, link=link, number=segment.recipient, expires_ms=expires_ms,
                    next_ms=next_ms,
                )  # fmt: skip
                push_id = books.outbox.add(
                    _push(config, token, segment.recipient, segment.sender, segment.text, len(segment.mms), expires_ms)
                )
                books.timeline.step(segment.message_id, "told", f"the phone, by push {push_id}")
                tokens.append(token)
            return tokens

        return await self._desk.commit(work)

    # --- time ---------------------------------------------------------------------------------------------------

    def has_due(self, books: BooksOfStore) -> bool:
        """Whether `pass_time` would do anything."""
        return bool(books.mm1.due(1))

    def pass_time(self, books: BooksOfStore) -> None:
        """Tell phones again; count as delivered what was fetched; give up what nobody fetches."""
        for one in books.mm1.due():
            if one.state == "fetched":
                settle(books, one, "done", ReportState.DELIVERED, "fetched")  # acknowledgements are lost often
            elif books.now_ms >= one.expires_ms:
                books.handsets.learn(one.number, Unfetched(books.now_ms))
                settle(books, one, "expired", ReportState.EXPIRED, "not fetched")
            else:
                self._tell_again(books, one)

    def _tell_again(self, books: BooksOfStore, one: Notification) -> None:
        row = books.outbox.get(one.message_id)
        config = self._configs.get(one.link)
        if row is None or config is None or not row["blob"]:
            books.mm1.update(one.token, ["told", "deferred"], next_ms=one.expires_ms)
            return
        size = len(books.stored(row["blob"]))
        push = _push(config, one.token, one.number, row["sender"], row["text"], size, one.expires_ms)
        push_id = books.outbox.add(push)
        tries = one.tries + 1
        next_ms = _next_ms(config, tries, books.now_ms, one.expires_ms)
        books.mm1.update(one.token, ["told", "deferred"], tries=tries, next_ms=next_ms, push_id=push_id)
        books.timeline.step(one.message_id, "told", f"the phone, for the {tries}. time, by push {push_id}")


def settle(books: BooksOfStore, one: Notification, state: str, report: ReportState, code: str) -> None:
    """A notification is at its end: note it, and report it as a carrier would."""
    if not books.mm1.update(one.token, ["told", "fetched", "deferred"], state=state, next_ms=0):
        return
    delivery = DeliveryReport(one.token, report, code, one.number)
    books.tell_owners(books.reports.file(one.link, books.mm1.group_of(one.link), [delivery]))


def retrieve_conf(pdu: bytes, one: Notification) -> bytes:
    """What the phone gets: the message as it was fitted, with the ids of this notification. Raises MmsFormatError."""
    message = decode(pdu)
    if not isinstance(message, RetrieveConf):
        raise MmsFormatError("what is kept for the phone is no message")
    named = dataclasses.replace(message, transaction_id=one.token, message_id=one.token)
    return named.encode()


def _next_ms(config: Mm1Config, tries: int, now_ms: int, expires_ms: int) -> int:
    """When to look again after so many tellings: at the next pause, or when its time is over."""
    pauses = config.tell_again_minutes
    if tries > len(pauses):
        return expires_ms
    return min(expires_ms, now_ms + pauses[tries - 1] * MINUTE_MS)


def _push(config: Mm1Config, token: str, number: str, sender: str, subject: str, size: int, expires_ms: int) -> NewSms:
    """The SMS that tells a phone; the subject is left out where that saves a segment.

    The sender stays: phones show who wrote before they fetch, and "unknown" is not fetched.
    """
    location = f"{config.page_url.rstrip('/')}/mm1/{token}"

    def data(words: str) -> bytes:
        notification = NotificationInd(
            transaction_id=token,
            content_location=location,
            size_octets=size,
            expiry=Moment(expires_ms // 1000),
            sender=sender,
            subject=words,
        )
        return push_of_notification(notification.encode()).encode()

    octets, bare = data(subject[:MAX_SUBJECT]), data("")
    if data_sms.count(len(bare), has_port=True) < data_sms.count(len(octets), has_port=True):
        octets = bare
    return NewSms(
        number, "", Purpose.PUSH, sender=config.push_sender, priority=Priority.NORMAL, link=config.push_link,
        data=octets, port=PUSH_PORT, want_report=False,
    )  # fmt: skip

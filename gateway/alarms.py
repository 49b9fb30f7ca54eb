"""The watch: looks every few seconds for what is wrong with links, queues, store and disk, and tells the operators.

What to tell and when is decided in `gateway.core.alarms`; alarms stand in the books, and telling one is committed with
the note that it was told, so that it is told once however many processes watch. SMS, mail and calls wait in the outbox,
the relay and the table of calls: while the store takes nothing, only a call is made, at once and without a second try.
"""

from __future__ import annotations

import asyncio
import shutil
import socket
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final, Literal

from gateway.core.alarms import (
    OF_LINKS,
    Alarm,
    AlarmState,
    Budget,
    Finding,
    Kind,
    Pace,
    Word,
    after_telling,
    step,
    to_tell,
)
from gateway.core.errors import ConfigError, StoreUnavailable
from gateway.core.link_figures import LinkReading
from gateway.core.link_orders import Wish
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.links import LEASE_S
from mail2sms.letters import Letter
from templates import engine

#: Seconds between two looks.
LOOK_EVERY_S: Final = 5.0
#: An SMS that tells of trouble is of no use a day later, seconds.
VALIDITY_S: Final = 7200

Call = Callable[[Mapping[str, Any]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class AlarmConfig:
    """Who is told when something is wrong, and what counts as wrong; 0 turns a check off."""

    #: Numbers that get an SMS, in the international form, over a link that works.
    sms: tuple[str, ...] = ()
    #: Addresses that get a mail.
    mail: tuple[str, ...] = ()
    #: Sender of these mails; "" = postmaster at the host name of [relay].
    mail_from: str = ""
    #: URL that is called (POST, JSON), signed like webhooks; it may point into a private network.
    webhook_url: str = ""
    #: Secret of the signature.
    webhook_secret: str = field(default="", repr=False)
    #: Language of SMS and mails.
    language: Literal["zh", "en"] = "zh"
    #: Kinds that are shown but not told, such as "queue-long".
    silent: tuple[str, ...] = ()
    #: Seconds a link may be down.
    link_down_s: int = 60
    #: Seconds the oldest message that is due may wait for a link.
    queue_age_s: int = 300
    #: Messages that may be due and wait for a link.
    queue_messages: int = 10_000
    #: Per cent of the SMS accepted in the last hour that must be reported as delivered.
    report_percent: float = 50.0
    #: Fewer SMS accepted in the last hour say nothing about that.
    report_least: int = 100
    #: Seconds a commit may take.
    store_slow_s: float = 2.0
    #: Octets that must be free on the disk of the data directory.
    disk_free_octets: int = 1_000_000_000
    #: Seconds something must be well again before its alarm is over.
    clear_after_s: int = 120
    #: Seconds until an alarm that lasts is told again; each later time after twice the pause, at most a day. 0 = once.
    repeat_s: int = 3600
    #: Tellings an hour in all; what is beyond waits until there is room.
    per_hour: int = 20

    def __post_init__(self) -> None:
        """Raises ConfigError, naming the key."""
        for number in self.sms:
            if not (number.startswith("+") and number[1:].isdigit() and 6 <= len(number) <= 16):
                raise ConfigError(f"sms: write numbers like +8613800138000, not {number!r}")
        for address in (*self.mail, *filter(None, (self.mail_from,))):
            if address.count("@") != 1 or not address.isascii() or " " in address:
                raise ConfigError(f"mail, mail_from: {address!r} is no address")
        for kind in self.silent:
            if kind not in {known.value for known in Kind}:
                raise ConfigError(f"silent: one of {', '.join(known.value for known in Kind)}, not {kind!r}")
        if self.webhook_url and not self.webhook_url.startswith(("http://", "https://")):
            raise ConfigError("webhook_url: write https://host/path")
        if self.webhook_url and len(self.webhook_secret) < 16:
            raise ConfigError("webhook_secret: at least 16 characters")
        if self.clear_after_s < 0 or self.per_hour < 1 or self.repeat_s < 0 or not 0 <= self.report_percent <= 100:
            raise ConfigError("clear_after_s, repeat_s: at least 0; per_hour: at least 1; report_percent: 0 to 100")


class Watch:
    """Looks for what is wrong. `call` POSTs to the operators' program at once, for when the store takes nothing."""

    def __init__(
        self,
        desk: Desk,
        config: AlarmConfig,
        *,
        hostname: str,
        data_dir: str,
        call: Call | None = None,
        host: str = "",
        free_octets: Callable[[str], int] = lambda path: shutil.disk_usage(path).free,
    ) -> None:
        self._desk = desk
        self._config = config
        self._sender = config.mail_from or f"postmaster@{hostname}"
        self._data_dir = data_dir
        self._call = call
        self._host = host or socket.gethostname()
        self._free_octets = free_octets
        self._pace = Pace(config.clear_after_s, config.repeat_s, config.per_hour)
        self._budget = Budget(config.per_hour)
        self._away_since_ms: int | None = None  # since when the store takes nothing
        self._away_told = False

    async def look(self) -> None:
        """One look at everything."""
        try:
            slow_s = await self._store_takes()
            findings = [*self._of_the_host(slow_s), *await self._desk.read(self._read)]
            room = self._budget.room(self._desk.now_ms())
            told = await self._desk.commit(lambda books: self._file(books, findings, room))
        except StoreUnavailable as error:
            await self._store_is_away(str(error))
            return
        except Exception as error:
            # Nobody would watch any more until a restart.
            self._desk.journal.task_failed("watch", f"{type(error).__name__}: {error}")
            return
        for alarm, word in told:
            self._desk.journal.alarm(alarm.kind.value, alarm.subject, word.value)
        self._budget.spend(len(told), self._desk.now_ms())
        self._away_since_ms, self._away_told = None, False

    async def _store_takes(self) -> float:
        """Seconds a commit took."""
        loop = asyncio.get_running_loop()
        begin = loop.time()
        await self._desk.commit(lambda books: books.alarms.forget())
        return loop.time() - begin

    async def _store_is_away(self, error: str) -> None:
        now_ms = self._desk.now_ms()
        if self._away_since_ms is None:
            self._away_since_ms = now_ms
        if self._away_told or self._call is None or Kind.STORE_AWAY.value in self._config.silent:
            return
        self._away_told = True
        alarm = Alarm(Kind.STORE_AWAY, self._host, error[:255], AlarmState.OPEN, self._away_since_ms)
        try:
            await self._call(body_of(alarm, Word.RAISED, now_ms))
        except Exception as failure:
            self._desk.journal.task_failed("alarm-call", f"{type(failure).__name__}: {failure}")

    # --- looking ------------------------------------------------------------------------------------------------

    def _of_the_host(self, slow_s: float) -> Iterator[Finding]:
        config = self._config
        if config.store_slow_s and slow_s > config.store_slow_s:
            yield Finding(Kind.STORE_SLOW, self._host, f"{slow_s:.1f} s")
        if self._away_since_ms is not None:
            away_s = (self._desk.now_ms() - self._away_since_ms) // 1000
            yield Finding(Kind.STORE_AWAY, self._host, f"{away_s} s")
        if config.disk_free_octets:
            free = self._free_octets(self._data_dir)
            if free < config.disk_free_octets:
                yield Finding(Kind.DISK_LOW, self._host, f"{free // 1_000_000} MB")

    def _read(self, books: BooksOfStore) -> list[Finding]:
        orders = {order.name: order for order in books.link_orders.all()}
        rows = [row for row in map(dict, books.links.all()) if _is_wanted(row, orders)]
        findings = [*self._links(rows, books.now_ms), *self._queues(books), *self._reports(rows), *_sims(rows)]
        for link, operators in books.alarms.breakers().items():
            findings.append(Finding(Kind.BREAKER_OPEN, link, ", ".join(filter(None, sorted(operators)))))
        return findings

    def _links(self, rows: Collection[Mapping[str, Any]], now_ms: int) -> Iterator[Finding]:
        after_s = self._config.link_down_s
        for row in rows:
            served = row["lease_by"] and row["lease_until_ms"] >= now_ms - LEASE_S * 1000
            if after_s and not (served and row["state"] == "up"):
                yield Finding(Kind.LINK_DOWN, row["name"], row["last_error"], after_s)

    def _queues(self, books: BooksOfStore) -> Iterator[Finding]:
        config = self._config
        for link, (messages, oldest_ms) in books.alarms.waiting().items():
            age_s = (books.now_ms - oldest_ms) // 1000
            if config.queue_age_s and age_s >= config.queue_age_s:
                yield Finding(Kind.QUEUE_OLD, link or "-", f"{age_s} s")
            if config.queue_messages and messages >= config.queue_messages:
                yield Finding(Kind.QUEUE_LONG, link or "-", str(messages))

    def _reports(self, rows: Collection[Mapping[str, Any]]) -> Iterator[Finding]:
        """Reports may come on any link of a group, so they are set against what all of it sent."""
        config = self._config
        groups: dict[str, list[int]] = {}
        for row in rows:
            reading = LinkReading.from_json(row["figures"])
            counts = groups.setdefault(row["link_group"], [0, 0])
            counts[0] += reading.hour_accepted
            counts[1] += reading.hour_delivered
        for group, (accepted, delivered) in groups.items():
            if config.report_percent and accepted >= max(1, config.report_least):
                percent = 100 * delivered / accepted
                if percent < config.report_percent:
                    yield Finding(Kind.REPORTS_FEW, group, f"{percent:.0f} % / {accepted}")

    # --- filing and telling -------------------------------------------------------------------------------------

    def _file(self, books: BooksOfStore, findings: Collection[Finding], room: int) -> list[tuple[Alarm, Word]]:
        """Bring every alarm up to date and tell what is to be told; returns what was told."""
        now_ms, pace = books.now_ms, self._pace
        known = books.alarms.known()
        found = {finding.key: finding for finding in findings}
        after = {key: step(known.get(key), found.get(key), now_ms, pace) for key in {**known, **found}}
        sick = {
            alarm.subject
            for alarm in after.values()
            if alarm is not None and alarm.kind in OF_LINKS and alarm.state is not AlarmState.CLEARED
        }
        told: list[tuple[Alarm, Word]] = []
        for key, alarm in after.items():
            before = known.get(key)
            if alarm is None:
                books.alarms.forget([key])
                continue
            word = to_tell(alarm, now_ms, pace) if len(told) < room else None
            if word is not None:
                alarm = after_telling(alarm, word, now_ms)
            if alarm != before and books.alarms.save(before, alarm) and word is not None:
                told.append((alarm, word))
                if alarm.kind.value not in self._config.silent:
                    self._tell(books, alarm, word, sick)
        return told

    def _tell(self, books: BooksOfStore, alarm: Alarm, word: Word, sick: Collection[str]) -> None:
        config = self._config
        text = words_of(alarm, word, books.now_ms, config.language)
        for number in config.sms:
            link = self._desk.router.choose(number, tuple(sick))
            books.outbox.add(
                NewSms(number, text, Purpose.ALARM, priority=Priority.URGENT, validity_s=VALIDITY_S, link=link)
            )
        if config.mail:
            letter = self._letter(alarm, text, books)
            for address in config.mail:
                books.send_mail(replace(letter, to_address=address).encode(), sender="", recipients=[address])
        if config.webhook_url:
            books.alarms.call(body_of(alarm, word, books.now_ms))

    def _letter(self, alarm: Alarm, text: str, books: BooksOfStore) -> Letter:
        texts = engine.mail_texts(self._config.language)
        return Letter(
            from_address=self._sender,
            to_address="",
            subject=text,
            text=texts.render("alarm_body", text=text, alarm=alarm.key, host=self._host),
            message_id=f"<alarm-{books.new_id()}@{self._sender.rpartition('@')[2]}>",
            date=datetime.fromtimestamp(books.now_ms / 1000, UTC),
            marks={"Auto-Submitted": "auto-generated"},
        )


def words_of(alarm: Alarm, word: Word, now_ms: int, language: str) -> str:
    """What people are told, in one SMS where the detail is short."""
    texts = engine.sms_texts(language)
    what = texts.render(
        f"alarm_{alarm.kind.value.replace('-', '_')}", subject=alarm.subject, detail=alarm.detail[:60] or "-"
    )
    since = datetime.fromtimestamp(alarm.since_ms / 1000).astimezone().strftime("%m-%d %H:%M")
    minutes = max(1, ((alarm.well_ms or now_ms) - alarm.since_ms) // 60_000)
    return texts.render(f"alarm_{word.value}", what=what, since=since, minutes=minutes)


def body_of(alarm: Alarm, word: Word, now_ms: int) -> dict[str, Any]:
    """What the operators' program is told."""
    return {
        "event": "alarm",
        "word": word.value,
        "kind": alarm.kind.value,
        "subject": alarm.subject,
        "detail": alarm.detail,
        "since_ms": alarm.since_ms,
        "at_ms": now_ms,
    }


def _sims(rows: Collection[Mapping[str, Any]]) -> Iterator[Finding]:
    """Parts of pools that warn: their SIM, so far as it is known, has little left."""
    for row in rows:
        for part, figures in LinkReading.from_json(row["figures"]).parts.items():
            if figures.get("warned"):
                left = figures.get("left", -1)
                yield Finding(Kind.SIM_SPENT, f"{row['name']} {part}", f"{left:.0f} SMS" if left >= 0 else "")


def _is_wanted(row: Mapping[str, Any], orders: Mapping[str, Any]) -> bool:
    """Whether a link is to be up: not paused, drained or removed, and not one that was taken out of the file."""
    order = orders.get(row["name"])
    return (order is None or order.wish is Wish.RUN) and (bool(row["lease_by"]) or order is not None)

"""MMS for phones that cannot show them: filed in the mailbox of the number, and an SMS that says where to look.

The mailbox is opened when the first one comes. Not looked at by the deadline: it is suspended, and senders are told.
Whose owner does not come in three months is purged. A phone that turns out to show MMS gets what waits for it.
"""

from __future__ import annotations

import datetime
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from gateway.core.accounts import Account
from gateway.core.mms import AutomaticMailbox, AutomaticState, Pickup, PickupState, after_deadline
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.core.phone import mask
from gateway.core.ports import Books
from mms import makers
from mms.config import MmsConfig
from templates.engine import sms_texts

DAY_MS: Final = 86_400_000
PIN_DIGITS: Final = 6
#: New PINs a number may ask for in a day, and the pause between two.
PINS_PER_DAY: Final = 3
PINS_APART_MS: Final = 10 * 60_000
#: Characters of a sender's name in an SMS.
MAX_NAME: Final = 16


def new_pin() -> str:
    """A PIN nobody can foresee."""
    return f"{secrets.randbelow(10**PIN_DIGITS):0{PIN_DIGITS}d}"


def waiting_text(
    language: str, *, signature: str, from_name: str, until: datetime.datetime, url: str, pin: str, count: int = 1
) -> str:
    """The SMS that says where what waits can be looked at; `pin` "" = it is known."""
    texts = sms_texts(language)
    return texts.render(
        "mms_waiting_many" if count > 1 else "mms_waiting",
        signature=signature,
        sender=_short(from_name) or texts.render("mms_somebody"),
        count=count,
        until=f"{until.month}-{until.day}" if language == "en" else f"{until.month}月{until.day}日",
        url=url,
        pin=texts.render("mms_pin", pin=pin) if pin else "",
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """An MMS to be filed for a number."""

    message_id: int
    number: str
    letter: str  # reference of its body
    data: bytes = field(repr=False)
    from_name: str
    handset: str  # key of the phone it would be for
    why: str  # why it does not go as an MMS


class NotFiled(NamedTuple):
    """Why an MMS could not be filed for a number."""

    code: str
    reason: str


class Mailboxes:
    """Everything about mailboxes of numbers that needs no clock and no web page."""

    def __init__(self, config: MmsConfig, hash_pin: Callable[[str], str], signature: str | None = None) -> None:
        self._config = config
        self._hash_pin = hash_pin
        self.fixed_signature = signature  # what our texts begin with; None = that of each language

    # --- in -------------------------------------------------------------------------------------------------

    def file(self, waiting: Waiting, books: Books) -> NotFiled | None:
        """File an MMS in the mailbox of its number, opened when there is none, and tell the phone; or why not.

        A member who has proved the number gets it in the mailbox they have.
        """
        if books.stops.among([waiting.number]):
            return NotFiled("stopped", "the phone wants nothing more from us")
        member = _member(waiting.number, books)
        if member is not None:
            return self._file_for(member, waiting, books)
        domain = self._config.domain or books.first_domain()
        if not domain:
            return NotFiled("no domain", "there is no domain to open a mailbox in; make one: caiyou domain add <name>")
        pin = "" if books.pickups.of_number(waiting.number) else new_pin()
        box, opened = books.pickups.open(
            waiting.number,
            domain,
            pin_hash=self._hash_pin(pin) if pin else "",
            quota_octets=self._config.mailbox_octets,
            purge_ms=books.now_ms + self._config.purge_after_days * DAY_MS,
            language=_language(waiting.number),
        )
        look_by_ms = books.now_ms + self._config.look_within_days * DAY_MS
        if not books.pickups.wait_again(box.account_id, waiting.message_id, look_by_ms):
            if books.free_octets(box.account_id) < len(waiting.data):
                return NotFiled("mailbox full", "the mailbox of the number is full, and nobody has looked at it")
            mail_id = books.file_letter(box.account_id, blob=waiting.letter, data=waiting.data, kind="mms")
            if mail_id is None:
                return NotFiled("no mailbox", "the mailbox of the number is gone")
            books.pickups.add(box, mail_id=mail_id, message_id=waiting.message_id, look_by_ms=look_by_ms)
        story = f"{waiting.why}; filed in the mailbox of {mask(waiting.number)}{', opened now' if opened else ''}"
        books.mms.in_mailbox(waiting.message_id, handset=waiting.handset, story=story)
        self.tell(waiting.number, books, pin=pin if opened else "", from_name=waiting.from_name)
        makers.tell(waiting.message_id, makers.IN_MAILBOX, books, signature=self.fixed_signature)
        return None

    def _file_for(self, member: Account, waiting: Waiting, books: Books) -> NotFiled | None:
        mail_id = books.file_letter(member.id, blob=waiting.letter, data=waiting.data, kind="mms")
        if mail_id is None:
            return NotFiled("no mailbox", "the member has no mailbox")
        books.mms.in_mailbox(waiting.message_id, handset=waiting.handset, story=waiting.why)
        books.tell_owners(books.mms.has_arrived(waiting.message_id, "filed in the mailbox its owner has"))
        texts = sms_texts(member.language)
        notice_id = self._send(
            waiting.number,
            texts.render(
                "mms_for_member",
                signature=self.signature(member.language),
                sender=_short(_known(member.id, waiting.from_name, books)) or texts.render("mms_somebody"),
                url=self._config.page_url,
            ),
            books,
            key=f"mms for member {waiting.message_id}",
        )
        books.timeline.step(waiting.message_id, "told", f"its owner, by SMS {notice_id}")
        return None

    # --- telling ----------------------------------------------------------------------------------------------

    def tell(self, number: str, books: Books, *, pin: str = "", from_name: str = "") -> int | None:
        """Tell a phone of what waits for it, unless it was told a moment ago; returns the SMS.

        The PIN goes out with the first SMS alone, and never waits.
        """
        pause_ms = self._config.notice_pause_minutes * 60_000
        if not pin and books.now_ms - books.pickups.last_told_ms(number) < pause_ms:
            return None
        waiting = books.pickups.waiting_of(number)
        untold = [one for one in waiting if one.notice_id is None]
        if not untold:
            return None
        language = _language(number)
        text = waiting_text(
            language,
            signature=self.signature(language),
            from_name=from_name,
            until=datetime.datetime.fromtimestamp(untold[0].look_by_ms / 1000, _zone(number)),
            url=self.link(untold[0]),
            pin=pin,
            count=len(untold),
        )
        notice_id = self._send(number, text, books, key=f"pickup {untold[-1].id}")
        books.pickups.told([one.id for one in untold], notice_id)
        for one in untold:
            books.timeline.step(one.message_id, "told", f"its owner, by SMS {notice_id}")
        return notice_id

    def tell_later(self, books: Books) -> int:
        """Tell those whose pause is over; returns how many SMS went out."""
        told = 0
        for number in books.pickups.untold(books.now_ms - self._config.notice_pause_minutes * 60_000):
            told += self.tell(number, books) is not None
        return told

    def send_pin(self, box: AutomaticMailbox, pin: str, books: Books) -> bool:
        """Send a new PIN to the phone; False when it had one a moment ago, or enough for today."""
        day = books.now_ms // DAY_MS
        keys = [f"new pin {box.number} {day} {n}" for n in range(PINS_PER_DAY)]
        sent = books.outbox.with_key(0, keys)
        free = next((key for key in keys if key not in sent), None)
        newest = max((int(row["created_ms"]) for row in sent.values()), default=0)
        if free is None or books.now_ms - newest < PINS_APART_MS or books.stops.among([box.number]):
            return False
        language = _language(box.number)
        text = sms_texts(language).render("mms_new_pin", signature=self.signature(language), pin=pin)
        self._send(box.number, text, books, key=free, priority=Priority.URGENT)
        return True

    def link(self, pickup: Pickup) -> str:
        """Where an MMS that waits can be looked at."""
        return f"{self._config.page_url.rstrip('/')}/p/{pickup.token}"

    # --- looking ----------------------------------------------------------------------------------------------

    def looked_at(self, pickups: Iterable[Pickup], books: Books) -> None:
        """The owner of a mailbox has seen these: the mailbox is theirs, and the senders may know."""
        for pickup in pickups:
            books.pickups.activate(pickup.account_id)
            if books.pickups.settle(pickup.id, PickupState.READ):
                books.tell_owners(books.mms.has_arrived(pickup.message_id, "its owner has looked at it on the page"))

    # --- time -------------------------------------------------------------------------------------------------

    def has_due(self, books: Books) -> bool:
        """Whether `pass_time` would do anything."""
        return bool(books.pickups.overdue(1)) or bool(books.pickups.due(1))

    def has_untold(self, books: Books) -> bool:
        """Whether `tell_later` would tell anybody."""
        return bool(books.pickups.untold(books.now_ms - self._config.notice_pause_minutes * 60_000, 1))

    def pass_time(self, books: Books) -> tuple[list[str], list[int]]:
        """Suspend and purge what is due, tell senders; returns what can be deleted: (bodies, ids of mailboxes).

        At most some hundreds at once; the caller comes again.
        """
        for pickup in books.pickups.overdue():
            books.pickups.settle(pickup.id, PickupState.OVERDUE)
            books.tell_owners(books.mms.overdue(pickup.message_id))
        bodies: list[str] = []
        boxes: list[int] = []
        for box in books.pickups.due():
            state = after_deadline(box, books.now_ms)
            if state is AutomaticState.SUSPENDED:
                books.pickups.suspend(box.account_id)
            elif state is AutomaticState.PURGED:
                purged = books.pickups.purge(box.account_id)
                bodies += purged[0]
                boxes += purged[1]
        return bodies, boxes

    # --- phones that turn out to show MMS ---------------------------------------------------------------------

    def send_waiting(self, number: str, books: Books) -> int:
        """The phone shows MMS after all: send it what waits; returns how many went."""
        sent = 0
        for pickup in books.pickups.waiting_of(number):
            if books.mms.out_of_mailbox(pickup.message_id):
                books.pickups.settle(pickup.id, PickupState.SENT)
                sent += 1
        return sent

    # --- parts --------------------------------------------------------------------------------------------------

    def signature(self, language: str) -> str:
        """What our texts begin with."""
        return sms_texts(language).render("signature") if self.fixed_signature is None else self.fixed_signature

    def _send(
        self, number: str, text: str, books: Books, *, key: str | None, priority: Priority = Priority.NORMAL
    ) -> int:
        return books.outbox.add(
            NewSms(
                recipient=number,
                text=text,
                purpose=Purpose.PICKUP,
                sender=self._config.access_number,
                priority=priority,
                key=key,
            )
        )


def _member(number: str, books: Books) -> Account | None:
    for account_id in books.phones.accounts_of(number):
        account = books.accounts.by_id(account_id)
        if account is not None:
            return account
    return None


def _short(name: str) -> str:
    name = " ".join(name.split())
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 1] + "…"


def _known(account_id: int, sender: str, books: Books) -> str:
    """What a member's address book calls a sender; as it is where it does not."""
    asked = books.contacts.name_of_mail if "@" in sender else books.contacts.name_of_number
    return asked(account_id, sender) or sender


def _language(number: str) -> str:
    return "zh" if number.startswith("+86") else "en"


def _zone(number: str) -> datetime.tzinfo:
    return datetime.timezone(datetime.timedelta(hours=8)) if number.startswith("+86") else datetime.UTC

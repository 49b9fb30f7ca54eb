"""What the features may ask of the hub inside a transaction, without knowing who answers.

`Books` is handed to every reaction. All it does belongs to the transaction of the event: it is committed with it, or
undone with the reaction alone when the reaction raises. The store's repositories fit these protocols; so do the fakes
of the tests.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from gateway.core.accounts import Account, Phone, Target
from gateway.core.events import Event
from gateway.core.notices import Notice, StoredRule
from gateway.core.outbox import NewSms
from gateway.core.reminders import Reminder


class AccountsPort(Protocol):
    """Members and where mail for an address goes."""

    def by_id(self, account_id: int) -> Account | None: ...
    def by_address(self, address: str) -> Account | None: ...
    def resolve(self, address: str) -> list[Target] | None: ...


class PhonesPort(Protocol):
    """Numbers members have named and proved."""

    def get(self, account_id: int, number: str) -> Phone | None: ...
    def proved(self, account_id: int) -> str | None: ...
    def accounts_of(self, number: str) -> list[int]: ...
    def start_proof(self, account_id: int, number: str, code_digest: str, expires_ms: int) -> None: ...
    def count_try(self, phone_id: int) -> None: ...
    def prove(self, phone_id: int) -> None: ...


class StopsPort(Protocol):
    """Phones that want nothing more."""

    def among(self, numbers: Iterable[str]) -> set[str]: ...
    def stop(self, number: str, word: str, inbox_id: int | None = None) -> None: ...
    def start(self, number: str) -> bool: ...


class ContactsPort(Protocol):
    """Members' address books."""

    def numbers_of(self, account_id: int, addresses: Iterable[str]) -> dict[str, str]: ...
    def name_of_mail(self, account_id: int, address: str) -> str | None: ...
    def name_of_number(self, account_id: int, number: str) -> str | None: ...


class RulesPort(Protocol):
    """Members' notice rules."""

    def of(self, account_id: int, kind: str) -> list[StoredRule]: ...


class NoticesPort(Protocol):
    """What was told to which phone about which mail."""

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
    ) -> int: ...
    def count_sent(self, account_id: int, since_ms: int) -> int: ...
    def last_in_thread(self, account_id: int, thread_id: int, since_ms: int) -> Notice | None: ...
    def last_to(self, number: str, extension: str = "", since_ms: int = 0) -> Notice | None: ...
    def extensions_in_use(self, number: str, since_ms: int) -> dict[str, int]: ...
    def held_due(self, limit: int = 500) -> list[Notice]: ...
    def held_for(self, account_id: int, number: str) -> list[Notice]: ...
    def settle(self, notice_ids: Sequence[int], state: str, message_id: int | None, reason: str = "") -> None: ...
    def drop_held(self, number: str, reason: str) -> None: ...
    def recent(self, number: str, since_ms: int, limit: int) -> list[Notice]: ...


class OutboxPort(Protocol):
    """SMS that must leave. A row is read by the names of its columns; what else a store takes for a key is its own."""

    def add(self, sms: NewSms, message_id: int | None = None) -> int: ...
    def get(self, message_id: int) -> Mapping[Any, Any] | None: ...
    def with_key(self, account_id: int, keys: Iterable[str]) -> Mapping[str, Mapping[Any, Any]]: ...


class RemindersPort(Protocol):
    """SMS that come at a time."""

    def add(
        self, *, account_id: int, number: str, text: str, start: str, rule: str, zone: str, next_ms: int
    ) -> Reminder: ...
    def due(self, limit: int = 100) -> list[Reminder]: ...
    def go_on(self, reminder_id: int, next_ms: int | None) -> None: ...
    def stop(self, reminder_id: int, reason: str) -> None: ...
    def count(self, account_id: int) -> int: ...


class TimelinePort(Protocol):
    """The stories of mails and messages."""

    def step(self, subject_id: int, step: str, detail: str = "") -> None: ...


class Books(Protocol):
    """Everything a reaction may read and write, within one transaction."""

    @property
    def now_ms(self) -> int: ...
    @property
    def accounts(self) -> AccountsPort: ...
    @property
    def phones(self) -> PhonesPort: ...
    @property
    def stops(self) -> StopsPort: ...
    @property
    def contacts(self) -> ContactsPort: ...
    @property
    def rules(self) -> RulesPort: ...
    @property
    def notices(self) -> NoticesPort: ...
    @property
    def outbox(self) -> OutboxPort: ...
    @property
    def reminders(self) -> RemindersPort: ...
    @property
    def timeline(self) -> TimelinePort: ...

    def new_id(self) -> int:
        """A fresh id."""

    def mail(self, mail_id: int) -> Mapping[str, Any] | None:
        """The row of a mail: sender, sender_name, subject, date_ms, message_id, thread_id, mailbox_id …"""

    def body(self, mail_id: int) -> bytes:
        """The bytes of a mail. Raises NotFound."""

    def envelope_sender(self, mail_id: int) -> str | None:
        """Who handed a mail over; "" for a bounce, None where that was not kept."""

    def send_mail(
        self, data: bytes, *, sender: str, recipients: Sequence[str], account_id: int = 0, keep_copy_for: int = 0
    ) -> int:
        """Send a mail of our own making: filed for members, queued for the relay for others; returns its id.

        `sender` is the envelope sender, "" for what must never be answered by a bounce. `keep_copy_for` is the account
        in whose folder Sent a copy is filed, read and without a word to anybody.
        """

    def publish(self, event: Event) -> None:
        """Let others react to a fact, in this transaction."""

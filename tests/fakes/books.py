"""The books in memory: what reactions may ask and write, without a store.

The same scenarios run on this and on the store (tests/e2e/test_mail2sms_store.py), so that it stays honest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.core.accounts import Account, Phone, Target, ToAddress, ToMailbox, ToPhone
from gateway.core.book import Person
from gateway.core.errors import NotFound
from gateway.core.events import Event, MailArrived
from gateway.core.mails import MailFacts
from gateway.core.notices import Notice, StoredRule
from gateway.core.outbox import NewSms
from gateway.core.phone import is_mobile, normalise
from gateway.mail.mime.headers import read_headers


def facts_of(data: bytes, now_ms: int) -> MailFacts:
    """What the row of a mail says of it."""
    headers = read_headers(data)
    references = [*headers.references, headers.in_reply_to] if headers.in_reply_to else list(headers.references)
    return MailFacts(
        sender=headers.from_.address,
        sender_name=headers.from_.name,
        subject=headers.subject,
        date_ms=round(headers.date.timestamp() * 1000) if headers.date else now_ms,
        message_id=headers.message_id,
        references=tuple(references),
    )


def is_storable(text: str) -> bool:
    """Can every database keep this text?"""
    return "\0" not in text and not any("\ud800" <= char <= "\udfff" for char in text)


class FakeAccounts:
    def __init__(self) -> None:
        self.all: dict[int, Account] = {}
        self.domains: set[str] = set()

    def by_id(self, account_id: int) -> Account | None:
        return self.all.get(account_id)

    def by_address(self, address: str) -> Account | None:
        return next((account for account in self.all.values() if account.address == address.lower()), None)

    def resolve(self, address: str) -> list[Target] | None:
        local, _, domain = address.lower().rpartition("@")
        if domain not in self.domains:
            return None
        account = self.by_address(address)
        if account is not None:
            return [ToMailbox(account.id, account.id, account.address, 1 << 30)]
        number = normalise(local)
        return [ToPhone(number)] if number is not None and is_mobile(number) else []


class FakePhones:
    def __init__(self, books: FakeBooks) -> None:
        self._books = books
        self.all: dict[tuple[int, str], Phone] = {}

    def get(self, account_id: int, number: str) -> Phone | None:
        return self.all.get((account_id, number))

    def _proved(self) -> list[Phone]:
        proved = [phone for phone in self.all.values() if phone.proved_ms is not None]
        return sorted(proved, key=lambda phone: -(phone.proved_ms or 0))

    def proved(self, account_id: int) -> str | None:
        return next((phone.number for phone in self._proved() if phone.account_id == account_id), None)

    def accounts_of(self, number: str) -> list[int]:
        return [phone.account_id for phone in self._proved() if phone.number == number]

    def start_proof(self, account_id: int, number: str, code_digest: str, expires_ms: int) -> None:
        assert len(code_digest) <= 64
        known = self.get(account_id, number) or Phone(self._books.new_id(), account_id, number, None, None, None, 0, 0)
        self.all[account_id, number] = dataclasses.replace(
            known, code_digest=code_digest, code_expires_ms=expires_ms, code_tries=0, codes_sent=known.codes_sent + 1
        )

    def count_try(self, phone_id: int) -> None:
        self._change(phone_id, lambda phone: dataclasses.replace(phone, code_tries=phone.code_tries + 1))

    def prove(self, phone_id: int) -> None:
        now_ms = self._books.now_ms
        self._change(phone_id, lambda phone: Phone(phone.id, phone.account_id, phone.number, now_ms, None, None, 0, 0))

    def _change(self, phone_id: int, change: Any) -> None:
        for key, phone in self.all.items():
            if phone.id == phone_id:
                self.all[key] = change(phone)


class FakeStops:
    def __init__(self) -> None:
        self.all: dict[str, str] = {}

    def among(self, numbers: Iterable[str]) -> set[str]:
        return set(numbers) & set(self.all)

    def stop(self, number: str, word: str, inbox_id: int | None = None) -> None:
        self.all.setdefault(number, word)

    def start(self, number: str) -> bool:
        return self.all.pop(number, None) is not None


class FakeContacts:
    def __init__(self) -> None:
        self.all: list[tuple[int, str, tuple[str, ...], tuple[str, ...]]] = []

    def add(self, account_id: int, name: str, mails: Iterable[str] = (), numbers: Iterable[str] = ()) -> int:
        self.all.append((account_id, name, tuple(mail.lower() for mail in mails), tuple(numbers)))
        return len(self.all)

    def complete(self, account_id: int, typed: str, limit: int) -> list[Person]:
        return [
            Person(place, 1, False, name, "", name, mails, numbers, numbers)
            for place, (owner, name, mails, numbers) in enumerate(self.all, 1)
            if owner == account_id and name.startswith(typed)
        ][:limit]

    def numbers_of(self, account_id: int, addresses: Iterable[str]) -> dict[str, str]:
        wanted = {address.lower() for address in addresses}
        found: dict[str, str] = {}
        for owner, _, mails, numbers in self.all:
            if owner == account_id and numbers:
                for mail in wanted.intersection(mails):
                    found.setdefault(mail, numbers[0])
        return found

    def name_of_mail(self, account_id: int, address: str) -> str | None:
        return next(
            (name for owner, name, mails, _ in self.all if owner == account_id and address.lower() in mails), None
        )

    def name_of_number(self, account_id: int, number: str) -> str | None:
        return next((name for owner, name, _, numbers in self.all if owner == account_id and number in numbers), None)


class FakeRules:
    def __init__(self) -> None:
        self.all: list[tuple[int, str, StoredRule]] = []

    def add(self, account_id: int, kind: str, settings: Mapping[str, Any]) -> None:
        self.all.append((account_id, kind, StoredRule(len(self.all) + 1, settings)))

    def of(self, account_id: int, kind: str) -> list[StoredRule]:
        return [rule for owner, of_kind, rule in self.all if (owner, of_kind) == (account_id, kind)]


class FakeNotices:
    def __init__(self, books: FakeBooks) -> None:
        self._books = books
        self.all: list[Notice] = []

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
        assert account_id in self._books.accounts.all, "the store refuses notices of nobody"
        assert len(number) <= 32
        assert len(reply_to) <= 320
        assert len(extension) <= 16
        assert len(reason) <= 32
        assert is_storable(reply_to)
        notice_id, now_ms = self._books.new_id(), self._books.now_ms
        told = (notice_id, account_id, number, mail_id, thread_id, reply_to, state)
        self.all.append(Notice(*told, message_id, extension, due_ms, reason, now_ms))
        return notice_id

    def count_sent(self, account_id: int, since_ms: int) -> int:
        return len(
            {n.message_id for n in self.all if n.account_id == account_id and n.made_ms >= since_ms and n.message_id}
        )

    def last_in_thread(self, account_id: int, thread_id: int, since_ms: int) -> Notice | None:
        return self._newest(
            n
            for n in self.all
            if n.account_id == account_id
            and n.thread_id == thread_id
            and n.made_ms >= since_ms
            and n.state in ("sent", "held")
        )

    def last_to(self, number: str, extension: str = "", since_ms: int = 0) -> Notice | None:
        return self._newest(
            n
            for n in self.all
            if n.number == number
            and n.made_ms >= since_ms
            and n.message_id is not None
            and (not extension or n.extension == extension)
        )

    def extensions_in_use(self, number: str, since_ms: int) -> dict[str, int]:
        found: dict[str, int] = {}
        for n in self.all:
            if n.number == number and n.made_ms >= since_ms and n.extension:
                found.pop(n.extension, None)  # the one used longest ago comes first
                found[n.extension] = n.thread_id
        return found

    def held_due(self, limit: int = 500) -> list[Notice]:
        due = [n for n in self.all if n.state == "held" and n.due_ms <= self._books.now_ms]
        return sorted(due, key=lambda n: (n.due_ms, n.id))[:limit]

    def held_for(self, account_id: int, number: str) -> list[Notice]:
        return [n for n in self.all if n.state == "held" and (n.account_id, n.number) == (account_id, number)]

    def settle(self, notice_ids: Sequence[int], state: str, message_id: int | None, reason: str = "") -> None:
        assert len(reason) <= 32
        self.all = [
            dataclasses.replace(n, state=state, message_id=message_id, reason=reason) if n.id in notice_ids else n
            for n in self.all
        ]

    def drop_held(self, number: str, reason: str) -> None:
        self.settle([n.id for n in self.all if n.number == number and n.state == "held"], "dropped", None, reason)

    def recent(self, number: str, since_ms: int, limit: int) -> list[Notice]:
        found = [
            n
            for n in self.all
            if n.number == number and n.made_ms >= since_ms and n.state in ("sent", "held", "digested")
        ]
        return sorted(found, key=lambda n: (-n.made_ms, -n.id))[:limit]

    def _newest(self, notices: Iterable[Notice]) -> Notice | None:
        return max(notices, key=lambda n: (n.made_ms, n.id), default=None)


class FakeOutbox:
    def __init__(self, books: FakeBooks) -> None:
        self._books = books
        self.rows: dict[int, dict[str, Any]] = {}
        self.sent: list[NewSms] = []

    def add(self, sms: NewSms, message_id: int | None = None) -> int:
        assert is_storable(sms.text)
        assert len(sms.sender) <= 32
        assert len(sms.tag) <= 128
        assert sms.key is None or len(sms.key) <= 128
        assert sms.key is None or not self.with_key(sms.account_id, [sms.key]), "a key is used once"
        message_id = message_id or self._books.new_id()
        self.sent.append(sms)
        self.rows[message_id] = {
            **{name: getattr(sms, name) for name in NewSms.__annotations__},
            "purpose": sms.purpose.value,
            "id": message_id,
            "created_ms": self._books.now_ms,
        }
        return message_id

    def get(self, message_id: int) -> Mapping[str, Any] | None:
        return self.rows.get(message_id)

    def with_key(self, account_id: int, keys: Iterable[str]) -> dict[str, Mapping[str, Any]]:
        wanted = set(keys)
        return {
            row["key"]: row for row in self.rows.values() if row["account_id"] == account_id and row["key"] in wanted
        }


class FakeTimeline:
    def __init__(self) -> None:
        self.steps: list[tuple[int, str, str]] = []

    def step(self, subject_id: int, step: str, detail: str = "") -> None:
        self.steps.append((subject_id, step, detail))

    def of(self, subject_id: int) -> list[str]:
        """The details told of a subject."""
        return [detail for subject, _, detail in self.steps if subject == subject_id]


@dataclasses.dataclass(frozen=True)
class SentMail:
    """A mail a reaction has sent."""

    data: bytes
    sender: str
    recipients: tuple[str, ...]
    account_id: int


class FakeBooks:
    """`gateway.core.ports.Books` in memory; `now_ms` is set by the test."""

    def __init__(self, now_ms: int = 1_767_225_600_000) -> None:
        self.now_ms = now_ms
        self._last_id = 1000
        self.accounts = FakeAccounts()
        self.phones = FakePhones(self)
        self.stops = FakeStops()
        self.contacts = FakeContacts()
        self.rules = FakeRules()
        self.notices = FakeNotices(self)
        self.outbox = FakeOutbox(self)
        self.timeline = FakeTimeline()
        self.rows: dict[int, dict[str, Any]] = {}
        self.bodies: dict[int, bytes] = {}
        self.senders: dict[int, str] = {}  # envelope senders of mails that are in no mailbox
        self.mails: list[SentMail] = []
        self.reactions: dict[type, list[Any]] = {}

    def new_id(self) -> int:
        self._last_id += 1
        return self._last_id

    def mail(self, mail_id: int) -> Mapping[str, Any] | None:
        return self.rows.get(mail_id)

    def body(self, mail_id: int) -> bytes:
        if mail_id not in self.bodies:
            raise NotFound(f"there is no mail {mail_id}")
        return self.bodies[mail_id]

    def envelope_sender(self, mail_id: int) -> str | None:
        if mail_id in self.rows:
            return str(self.rows[mail_id]["envelope_sender"])
        return self.senders.get(mail_id)

    def send_mail(
        self, data: bytes, *, sender: str, recipients: Sequence[str], account_id: int = 0, keep_copy_for: int = 0
    ) -> int:
        self.mails.append(SentMail(data, sender, tuple(recipients), account_id))
        mail_id = self.new_id()
        first_id: int | None = mail_id
        self.bodies[mail_id] = data
        self.senders[mail_id] = sender
        if keep_copy_for:
            target = ToMailbox(keep_copy_for, keep_copy_for, self.accounts.all[keep_copy_for].address, 0)
            copy: dict[str, Any] = {"folder": "Sent", "flags": "S", "announce": False}
            self.file_mail(target, data=data, envelope_sender=sender, mail_id=first_id, **copy)
            first_id = None
        for recipient in recipients:
            for target in self.accounts.resolve(recipient) or ():
                if isinstance(target, ToMailbox):
                    self.file_mail(target, data=data, envelope_sender=sender, mail_id=first_id)
                    first_id = None
                assert not isinstance(target, ToAddress)
        return mail_id

    def file_mail(
        self,
        target: ToMailbox,
        *,
        data: bytes,
        envelope_sender: str,
        folder: str = "INBOX",
        flags: str = "",
        mail_id: int | None = None,
        announce: bool = True,
    ) -> int:
        """File a mail and let others react, as the desk does."""
        mail_id = mail_id or self.new_id()
        facts = facts_of(data, self.now_ms)
        threads = [
            row["thread_id"]
            for row in self.rows.values()
            if row["mailbox_id"] == target.mailbox_id and row["message_id"] in facts.references
        ]
        self.bodies[mail_id] = data
        self.rows[mail_id] = {
            "id": mail_id,
            "mailbox_id": target.mailbox_id,
            "sender": facts.sender,
            "sender_name": facts.sender_name,
            "subject": facts.subject,
            "date_ms": facts.date_ms,
            "received_ms": self.now_ms,
            "message_id": facts.message_id,
            "thread_id": threads[0] if threads else mail_id,
            "envelope_sender": envelope_sender,
            "folder": folder,
            "flags": flags,
        }
        if not announce:
            return mail_id
        self.publish(
            MailArrived(
                mail_id=mail_id,
                account_id=target.account_id,
                mailbox_id=target.mailbox_id,
                thread_id=self.rows[mail_id]["thread_id"],
                folder=folder,
                envelope_sender=envelope_sender,
                recipient=target.address,
                content=data,
                received_ms=self.now_ms,
            )
        )
        return mail_id

    def publish(self, event: Event) -> None:
        for reaction in self.reactions.get(type(event), ()):
            reaction(event, self)

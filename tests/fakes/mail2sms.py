"""A small world for tests of mail told by SMS: two members, a phone, mails; the same on fake and on real books."""

from __future__ import annotations

import datetime
import email
import email.policy
from email.message import EmailMessage

from gateway.core.accounts import Account, Phone
from gateway.core.events import MailArrived, MailSubmitted, PhoneMailArrived, SmsReceived
from mail2sms.notify import Notifier
from mail2sms.phone_mail import PhoneMail
from mail2sms.replies import Answers
from mail2sms.sending import NoticeConfig
from mail2sms.submit import SendNotifier
from tests.fakes.books import FakeBooks

ACCESS = "106575208878"
ANN, BOB = 1, 2
ANN_PHONE, BOB_PHONE, STRANGER = "+8613800138000", "+8613900139000", "+8613700137000"
MINUTE_MS = 60_000
HOUR_MS = 3_600_000
DAY_MS = 86_400_000


def at(text: str) -> int:
    """Unix milliseconds of an ISO time, in Shanghai unless it says otherwise."""
    moment = datetime.datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=8)))
    return round(moment.timestamp() * 1000)


NOON = at("2026-01-05T12:00")


def mail(
    subject: str = "合同评审",
    body: str = "请准备材料",
    *,
    sender: str = "王五 <wang@example.org>",
    to: str = "ann@hub.cn",
    message_id: str = "<m1@example.org>",
    **fields: str,
) -> bytes:
    """A mail; further fields with _ for -."""
    message = EmailMessage(policy=email.policy.SMTP)
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Message-ID"] = message_id
    for name, value in fields.items():
        message[name.replace("_", "-")] = value
    message.set_content(body)
    return message.as_bytes()


def read(data: bytes) -> EmailMessage:
    """A mail as the standard library understands it, which must find no fault with it."""
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    for name in message:
        assert not message[name].defects, (name, message[name])
    return message


class World:
    """Fake books with two members of hub.cn, of whom Ann has proved a phone."""

    def __init__(self, now_ms: int = NOON, **config: object) -> None:
        self.books = FakeBooks(now_ms)
        self.books.accounts.domains.add("hub.cn")
        self.books.accounts.all[ANN] = Account(ANN, "ann@hub.cn", "安娜", "zh", "Asia/Shanghai", 20)
        self.books.accounts.all[BOB] = Account(BOB, "bob@hub.cn", "Bob", "en", "Asia/Shanghai", 20)
        self.prove(ANN, ANN_PHONE)
        self.config = NoticeConfig(**({"access_number": ACCESS} | config))  # type: ignore[arg-type]
        self.notifier = Notifier(self.config)
        self.on_send = SendNotifier(self.config)
        self.phone_mail = PhoneMail(self.config)
        self.answers = Answers(self.config)

    def prove(self, account_id: int, number: str) -> None:
        """Make a number an account's own."""
        self.books.phones.all[account_id, number] = Phone(
            self.books.new_id(), account_id, number, self.books.now_ms, None, None, 0, 0
        )

    def unprove(self, account_id: int, number: str) -> None:
        """Make a number one that is only named."""
        self.books.phones.all[account_id, number] = Phone(
            self.books.new_id(), account_id, number, None, None, None, 0, 0
        )

    def rule(self, kind: str = "arrival", account_id: int = ANN, **settings: object) -> None:
        """Give a member a rule."""
        self.books.rules.add(account_id, kind, settings)

    def arrives(
        self, data: bytes, *, thread: int = 0, folder: str = "INBOX", envelope: str = "wang@example.org"
    ) -> int:
        """A mail is filed for Ann and the reaction runs; returns its id."""
        mail_id = self.books.new_id()
        message = read(data)
        address = message["From"].addresses[0] if message["From"].addresses else None
        self.books.bodies[mail_id] = data
        self.books.rows[mail_id] = {
            "mailbox_id": ANN,
            "sender": address.addr_spec if address else "",
            "sender_name": address.display_name if address else "",
            "subject": str(message["Subject"]),
            "received_ms": self.books.now_ms,
            "message_id": str(message["Message-ID"]),
            "thread_id": thread or mail_id,
            "envelope_sender": envelope,
        }
        event = MailArrived(
            mail_id, ANN, ANN, thread or mail_id, folder, envelope, "ann@hub.cn", data, self.books.now_ms
        )
        self.notifier.notify_on_arrival(event, self.books)
        return mail_id

    def submits(self, data: bytes, *recipients: str) -> int:
        """Ann hands in a mail."""
        mail_id = self.books.new_id()
        self.books.bodies[mail_id] = data
        self.on_send.notify_on_send(MailSubmitted(mail_id, ANN, recipients, data, self.books.now_ms), self.books)
        return mail_id

    def mails_phone(self, data: bytes, number: str = STRANGER, *, envelope: str, account_id: int | None = None) -> int:
        """A mail comes for a phone's address."""
        mail_id = self.books.new_id()
        self.books.bodies[mail_id] = data
        self.books.senders[mail_id] = envelope
        event = PhoneMailArrived(
            mail_id, number, envelope, f"{number.removeprefix('+86')}@hub.cn", account_id, data, self.books.now_ms
        )
        self.phone_mail.mail_to_phone(event, self.books)
        return mail_id

    def texts(self, text: str, *, sender: str = ANN_PHONE, to: str = ACCESS) -> int:
        """A phone writes to the hub."""
        inbox_id = self.books.new_id()
        event = SmsReceived(inbox_id, "cmpp1", sender, to, text, self.books.now_ms)
        self.answers.answer_sms(event, self.books)
        return inbox_id

    def later(self, **span: float) -> None:
        """Let time go by."""
        self.books.now_ms += round(datetime.timedelta(**span).total_seconds() * 1000)

"""Mail told by SMS over the real store: the same scenes as on the books in memory, which must come out the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Protocol

import pytest
import sqlalchemy as sa

from gateway.core.accounts import Account, ToMailbox
from gateway.core.events import MailArrived, MailSubmitted, MessageSettled, PhoneMailArrived, SmsReceived
from gateway.core.ids import IdSource
from gateway.core.routing import Route, Router
from gateway.journal import Journal
from gateway.store import schema
from gateway.store.blobs import Blobs
from gateway.store.database import Store
from gateway.store.desk import BooksOfStore, Desk
from mail2sms.notify import Notifier
from mail2sms.phone_mail import PhoneMail
from mail2sms.proof import finish_proof, start_proof
from mail2sms.replies import Answers
from mail2sms.sending import NoticeConfig
from mail2sms.submit import SendNotifier
from tests.fakes.books import FakeBooks, facts_of
from tests.fakes.mail2sms import ACCESS, ANN_PHONE, BOB_PHONE, NOON, STRANGER, at, mail, read

CONFIG = NoticeConfig(access_number=ACCESS, extension_digits=1)


def reactions() -> dict[type, list[Any]]:
    notifier, phone_mail = Notifier(CONFIG), PhoneMail(CONFIG)
    return {
        MailArrived: [notifier.notify_on_arrival],
        MailSubmitted: [SendNotifier(CONFIG).notify_on_send],
        PhoneMailArrived: [phone_mail.mail_to_phone],
        SmsReceived: [Answers(CONFIG).answer_sms],
        MessageSettled: [phone_mail.report_failure],
    }


class Scene(Protocol):
    """Ann and Bob of hub.cn, on either kind of books."""

    now_ms: int
    ann: int
    bob: int

    def do(self, work: Callable[[Any], Any]) -> Any: ...
    def rule(self, account_id: int, kind: str, **settings: object) -> None: ...
    def file(self, data: bytes, account_id: int, *, envelope: str, announce: bool = True) -> int: ...
    def keep(self, data: bytes, *, envelope: str) -> int: ...
    def outcome(self) -> dict[str, Any]: ...


class FakeScene:
    def __init__(self) -> None:
        self.books = FakeBooks(NOON)
        self.books.reactions = reactions()
        self.books.accounts.domains.add("hub.cn")
        self.ann, self.bob = 1, 2
        self.books.accounts.all[1] = Account(1, "ann@hub.cn", "安娜", "zh", "Asia/Shanghai", 20)
        self.books.accounts.all[2] = Account(2, "bob@hub.cn", "Bob", "en", "Asia/Shanghai", 20)

    @property
    def now_ms(self) -> int:
        return self.books.now_ms

    @now_ms.setter
    def now_ms(self, value: int) -> None:
        self.books.now_ms = value

    def do(self, work: Callable[[Any], Any]) -> Any:
        return work(self.books)

    def rule(self, account_id: int, kind: str, **settings: object) -> None:
        self.books.rules.add(account_id, kind, settings)

    def file(self, data: bytes, account_id: int, *, envelope: str, announce: bool = True) -> int:
        target = ToMailbox(account_id, account_id, self.books.accounts.all[account_id].address, 1)
        kept, self.books.reactions = self.books.reactions, self.books.reactions if announce else {}
        folder = "INBOX" if announce else "Sent"
        mail_id = self.books.file_mail(target, data=data, envelope_sender=envelope, folder=folder)
        self.books.reactions = kept
        return mail_id

    def keep(self, data: bytes, *, envelope: str) -> int:
        mail_id = self.books.new_id()
        self.books.bodies[mail_id], self.books.senders[mail_id] = data, envelope
        return mail_id

    def outcome(self) -> dict[str, Any]:
        books = self.books
        return {
            "sms": [
                (s.recipient, s.text, s.sender, s.purpose.value, s.key, s.not_before_ms)
                for s in books.outbox.sent
                if s.purpose != "code"
            ],
            "codes": [s.recipient for s in books.outbox.sent if s.purpose == "code"],
            "notices": [
                (n.number, n.state, n.reply_to, n.reason, n.message_id is not None, n.due_ms, n.made_ms)
                for n in books.notices.all
                if n.reason != "code"
            ],
            "extensions": [n.extension for n in books.notices.all if n.reason != "code"],
            "mails": [letter(sent.data, sent.sender) for sent in books.mails],
            "stops": sorted(books.stops.all.items()),
            "copies": sorted(
                ({1: "ann", 2: "bob"}[row["mailbox_id"]], row["envelope_sender"], row["subject"], row["flags"])
                for row in books.rows.values()
                if row["folder"] == "Sent"
            ),
        }


class StoreScene:
    def __init__(self, store: Store) -> None:
        self.now_ms = NOON
        router = Router()
        router.set_routes([Route("", "cmpp1")])
        self._blobs = Blobs(Path(store.data_dir))
        self.desk = Desk(
            store,
            self._blobs,
            router,
            Journal(),
            new_id=IdSource(lambda: self.now_ms),
            now_ms=lambda: self.now_ms,
            read_facts=facts_of,
            reactions=reactions(),
        )
        self.sent: list[tuple[bytes, str]] = []

        def people(books: BooksOfStore) -> tuple[int, int]:
            books.accounts.add_domain("hub.cn")
            ann = books.accounts.add("ann@hub.cn", display_name="安娜")
            bob = books.accounts.add("bob@hub.cn", display_name="Bob", language="en")
            books.tx.execute(sa.update(schema.accounts).values(sms_daily_cap=20))
            return ann.id, bob.id

        self.ann, self.bob = self.desk.run_now(people)

    def do(self, work: Callable[[Any], Any]) -> Any:
        def run(books: BooksOfStore) -> Any:
            send_mail = books.send_mail

            def noted(data: bytes, *, sender: str, **more: Any) -> int:
                self.sent.append((data, sender))
                return send_mail(data, sender=sender, **more)

            books.send_mail = noted  # type: ignore[method-assign]
            return work(books)

        return self.desk.run_now(run)

    def rule(self, account_id: int, kind: str, **settings: object) -> None:
        self.do(lambda books: books.rules.add(account_id, kind, settings))

    def file(self, data: bytes, account_id: int, *, envelope: str, announce: bool = True) -> int:
        def work(books: BooksOfStore) -> int:
            mail_id = books.new_id()
            mailbox_id = books.mails.mailbox_of(account_id)
            account = books.accounts.by_id(account_id)
            assert mailbox_id is not None
            assert account is not None
            return books.file_mail(
                ToMailbox(account_id, mailbox_id, account.address, 1 << 30),
                blob=self._blobs.put_now(mail_id, data),
                data=data,
                facts=facts_of(data, self.now_ms),
                envelope_sender=envelope,
                folder="INBOX" if announce else "Sent",
                mail_id=mail_id,
                announce=announce,
            )

        return int(self.do(work))

    def keep(self, data: bytes, *, envelope: str) -> int:
        def work(books: BooksOfStore) -> int:
            mail_id = books.new_id()
            blob = self._blobs.put_now(mail_id, data)
            books.relay.keep(sender=envelope, recipient="13700137000@hub.cn", blob=blob, mail_id=mail_id)
            return mail_id

        return int(self.do(work))

    def outcome(self) -> dict[str, Any]:
        def look(books: BooksOfStore) -> dict[str, Any]:
            assert books.failures.count() == 0
            sms = books.tx.read(sa.select(schema.outbox).order_by(schema.outbox.c.id)).all()
            notices = books.tx.read(
                sa.select(schema.notices).where(schema.notices.c.reason != "code").order_by(schema.notices.c.id)
            ).all()
            stops = books.tx.read(sa.select(schema.stops.c.number, schema.stops.c.word).order_by(schema.stops.c.number))
            return {
                "sms": [
                    (s.recipient, s.text, s.sender, s.purpose, s.key, s.due_ms if s.due_ms > s.created_ms else 0)
                    for s in sms
                    if s.purpose != "code"
                ],
                "codes": [s.recipient for s in sms if s.purpose == "code"],
                "notices": [
                    (n.number, n.state, n.reply_to, n.reason, n.message_id is not None, n.due_ms, n.made_ms)
                    for n in notices
                ],
                "extensions": [n.extension for n in notices],
                "mails": [letter(data, sender) for data, sender in self.sent],
                "stops": [tuple(row) for row in stops],
                "copies": sorted(
                    (name, row["envelope_sender"], row["subject"], row["flags"])
                    for name, account_id in (("ann", self.ann), ("bob", self.bob))
                    for row in books.mails.in_folder(books.mails.mailbox_of(account_id) or 0, "Sent")
                ),
            }

        outcome: dict[str, Any] = self.desk.read_now(look)
        return outcome

    def close(self) -> None:
        self._blobs.close()


def letter(data: bytes, sender: str) -> tuple[Any, ...]:
    """What can be compared of a mail we sent: all but the ids we gave it."""
    message = read(data)
    answered = str(message["In-Reply-To"])
    return (
        sender,
        str(message["From"]),
        str(message["To"]),
        str(message["Subject"]),
        "one of ours" if ".sms@" in answered else answered,
        str(message["References"]).split(".sms@")[0].split()[:1],
        message.get_content(),
    )


@pytest.fixture
def store_scene(store: Store) -> Iterator[StoreScene]:
    scene = StoreScene(store)
    yield scene
    scene.close()


# --- the scenes -----------------------------------------------------------------------------------------------------


def prove(scene: Scene, account_id: int, number: str) -> None:
    assert scene.do(lambda books: start_proof(books, account_id, number, "482913")) == "sent"
    assert scene.do(lambda books: finish_proof(books, account_id, number, "482913")) == "proved"


def release(scene: Scene) -> int:
    return int(scene.do(Notifier(CONFIG).release_held))


def text(scene: Scene, words: str, sender: str = ANN_PHONE, to: str = ACCESS) -> None:
    scene.do(lambda books: books.publish(SmsReceived(books.new_id(), "cmpp1", sender, to, words, books.now_ms)))


def minutes(scene: Scene, count: float) -> None:
    scene.now_ms += round(count * 60_000)


def told_and_answered(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    scene.rule(scene.ann, "arrival")
    scene.file(mail(), scene.ann, envelope="wang@example.org")
    minutes(scene, 1)
    scene.file(mail("茶", sender="zhao@example.org", message_id="<z@x>"), scene.ann, envelope="zhao@example.org")
    minutes(scene, 1)
    text(scene, "好的", to=ACCESS + "0")
    text(scene, "喝", to=ACCESS + "1")
    text(scene, "最后的")
    text(scene, "哪个", to=ACCESS + "7")


def members_by_sms(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    prove(scene, scene.bob, BOB_PHONE)
    scene.rule(scene.ann, "arrival")
    scene.rule(scene.bob, "arrival")
    scene.file(mail("Tea", "at five?", sender="Bob <bob@hub.cn>", message_id="<b@x>"), scene.ann, envelope="bob@hub.cn")
    for n in range(3):
        minutes(scene, 1)
        text(scene, f"yes {n}", sender=ANN_PHONE)
        minutes(scene, 1)
        text(scene, f"good {n}", sender=BOB_PHONE)


def quiet_digest(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    scene.now_ms = at("2026-01-05T23:00")
    scene.rule(scene.ann, "arrival", quiet_from="22:30", quiet_until="07:00", digest="when held")
    mails = [("合同", "王五 <w@x.org>"), ("二", "张三 <z@x.org>"), ("三", "张三 <z@x.org>")]
    for n, (subject, sender) in enumerate(mails):
        scene.file(mail(subject, sender=sender, message_id=f"<{n}@x>"), scene.ann, envelope="x@x.org")
    assert release(scene) == 0
    scene.now_ms = at("2026-01-06T07:00")
    assert release(scene) == 3
    assert release(scene) == 0
    text(scene, "好的")


def held_alone(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    scene.now_ms = at("2026-01-05T23:00")
    scene.rule(scene.ann, "arrival", quiet_from="22:30", quiet_until="07:00", daily_cap=2)
    for n in range(4):
        scene.file(mail(f"第{n}", message_id=f"<{n}@x>"), scene.ann, envelope="x@x.org")
    scene.now_ms = at("2026-01-06T07:00")
    assert release(scene) == 4
    text(scene, "好的")


def flood(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    scene.rule(scene.ann, "arrival", daily_cap=14, thread_minutes=30)
    for n in range(18):
        minutes(scene, 1)
        fields = {"References": f"<{n - 1}@x>"} if n % 4 == 3 else {}
        scene.file(mail(f"第{n}", message_id=f"<{n}@x>", **fields), scene.ann, envelope="x@x.org")


def on_send(scene: Scene) -> None:
    scene.do(lambda books: books.contacts.add(scene.ann, "赵六", ["zhao@example.org"], [STRANGER]))
    scene.do(lambda books: books.contacts.add(scene.ann, "Stop", ["stop@example.org"], [BOB_PHONE]))
    scene.do(lambda books: books.stops.stop(BOB_PHONE, "T"))
    data = mail("见面", sender="ann@hub.cn", message_id="<s@hub.cn>", X_Caiyou_Notify="sms")
    mail_id = scene.file(data, scene.ann, envelope="ann@hub.cn", announce=False)
    recipients = ("Zhao@example.org", "stop@example.org", "none@example.org")
    scene.do(lambda books: books.publish(MailSubmitted(mail_id, scene.ann, recipients, data, books.now_ms)))
    minutes(scene, 1)
    text(scene, "收到", sender=STRANGER, to=ACCESS + "0")


def to_phone(scene: Scene) -> None:
    data = mail("到了吗", sender="ann@hub.cn", message_id="<p@hub.cn>")
    mail_id = scene.file(data, scene.ann, envelope="ann@hub.cn", announce=False)
    event = PhoneMailArrived(mail_id, STRANGER, "ann@hub.cn", "13700137000@hub.cn", scene.ann, data, scene.now_ms)
    scene.do(lambda books: books.publish(event))
    minutes(scene, 1)
    text(scene, "在路上", sender=STRANGER, to=ACCESS + "0")

    def fail(books: Any) -> None:
        message_id = books.notices.last_to(STRANGER).message_id
        for _ in range(2):
            books.publish(MessageSettled(message_id, scene.ann, "failed", "UNDELIV"))

    scene.do(fail)


def told_once(scene: Scene) -> None:
    prove(scene, scene.bob, BOB_PHONE)
    scene.rule(scene.bob, "arrival")
    scene.do(lambda books: books.contacts.add(scene.ann, "Bob", ["bob@hub.cn"], [BOB_PHONE]))
    for n, is_first_sent in enumerate((True, False, True)):
        data = mail(f"第{n}", sender="ann@hub.cn", message_id=f"<{n}@hub.cn>", X_Caiyou_Notify="sms")
        sent_id = scene.file(data, scene.ann, envelope="ann@hub.cn", announce=False)
        submitted = MailSubmitted(sent_id, scene.ann, ("bob@hub.cn",), data, scene.now_ms)
        if is_first_sent:
            scene.do(lambda books, submitted=submitted: books.publish(submitted))
            minutes(scene, 59 if n == 0 else 61)
        scene.file(data, scene.bob, envelope="ann@hub.cn")
        if not is_first_sent:
            scene.do(lambda books, submitted=submitted: books.publish(submitted))


def listed(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    text(scene, "1")
    minutes(scene, 1)
    scene.rule(scene.ann, "arrival", daily_cap=2)
    for n in range(3):
        scene.file(mail(f"第{n}", message_id=f"<{n}@x>"), scene.ann, envelope="x@x.org")
        minutes(scene, 1)
    assert scene.do(lambda books: start_proof(books, scene.bob, ANN_PHONE, "482913")) == "sent"
    scene.rule(scene.ann, "arrival", digest=30)
    scene.file(mail("码", "您的验证码是 482913", message_id="<c@x>"), scene.ann, envelope="x@x.org")
    text(scene, "１")
    text(scene, "1")
    text(scene, "1", sender=STRANGER)
    minutes(scene, 3 * 24 * 60)
    text(scene, "1")
    text(scene, "2")


def failed_from_outside(scene: Scene) -> None:
    """From names somebody who sent nothing; what is told goes to the sender of the envelope."""
    data = mail(sender="innocent@example.net")
    mail_id = scene.keep(data, envelope="wang@example.org")
    event = PhoneMailArrived(mail_id, STRANGER, "wang@example.org", "13700137000@hub.cn", None, data, scene.now_ms)
    scene.do(lambda books: books.publish(event))

    def fail(books: Any) -> None:
        (row,) = books.outbox.with_key(0, [f"phone mail {STRANGER} {books.now_ms // 86_400_000}.0"]).values()
        books.publish(MessageSettled(row["id"], 0, "failed", "UNDELIV"))

    scene.do(fail)


def strangers_to_phone(scene: Scene) -> None:
    for n in range(22):
        mail_id = scene.do(lambda books: books.new_id())
        event = PhoneMailArrived(mail_id, STRANGER, f"a{n}@x.org", "13700137000@hub.cn", None, mail(), scene.now_ms)
        scene.do(lambda books, event=event: books.publish(event))
    minutes(scene, 1)
    text(scene, "谁", sender=STRANGER)


def words(scene: Scene) -> None:
    prove(scene, scene.ann, ANN_PHONE)
    scene.rule(scene.ann, "arrival", digest=30)
    scene.file(mail(), scene.ann, envelope="x@x.org")
    for said in ("T", "退订", "?", "KT", "help", "你好", "STOP", "start", "?"):
        text(scene, said)
        minutes(scene, 1)
    minutes(scene, 60)
    assert release(scene) == 0
    for said in ("你好", "你好", "T"):
        text(scene, said, sender=STRANGER)
    text(scene, "T", sender="10086")


def codes(scene: Scene) -> None:
    results = [
        scene.do(lambda books, number=number: start_proof(books, scene.bob, number, "482913"))
        for number in (BOB_PHONE, BOB_PHONE, STRANGER, STRANGER)
    ]
    assert results == ["sent", "sent", "sent", "too many"]
    minutes(scene, 1)
    assert scene.do(lambda books: start_proof(books, scene.ann, BOB_PHONE, "111111")) == "sent"
    assert scene.do(lambda books: start_proof(books, scene.ann, BOB_PHONE, "111111")) == "too many"
    text(scene, "000000", sender=BOB_PHONE)
    minutes(scene, 1)
    text(scene, "482913", sender=BOB_PHONE)
    assert scene.do(lambda books: books.phones.proved(scene.bob)) == BOB_PHONE
    assert scene.do(lambda books: books.phones.get(scene.ann, BOB_PHONE).code_tries) == 1
    assert scene.do(lambda books: books.phones.get(scene.bob, BOB_PHONE).code_digest) is None


SCENES = [
    told_and_answered,
    members_by_sms,
    quiet_digest,
    held_alone,
    flood,
    on_send,
    to_phone,
    strangers_to_phone,
    failed_from_outside,
    told_once,
    listed,
    words,
    codes,
]


@pytest.mark.parametrize("scene", SCENES, ids=lambda scene: scene.__name__)
def test_both_books_tell_the_same_story(scene: Callable[[Scene], None], store_scene: StoreScene) -> None:
    fake = FakeScene()
    scene(fake)
    scene(store_scene)
    expected, found = fake.outcome(), store_scene.outcome()
    assert found == expected
    assert any(found.values())


def test_the_stories_end_as_they_should(store_scene: StoreScene) -> None:
    """What the scenes above compare is right, not only the same."""
    told_once(store_scene)
    outcome = store_scene.outcome()
    assert [sms[0] for sms in outcome["sms"]] == [BOB_PHONE] * 4
    assert [notice[3] for notice in outcome["notices"]] == ["", "told when it was sent", "", "", ""]
    told_and_answered(store_scene)
    assert [copy[2:] for copy in store_scene.outcome()["copies"] if copy[0] == "ann" and copy[2].startswith("Re:")] == [
        ("Re: 合同评审", "S"),
        ("Re: 茶", "S"),
        ("Re: 茶", "S"),
    ]
    failed_from_outside(store_scene)
    assert store_scene.sent[-1][0].count(b"To: <wang@example.org>") == 1


def test_the_list_over_the_store(store_scene: StoreScene) -> None:
    listed(store_scene)
    lists = [sms[1] for sms in store_scene.outcome()["sms"] if sms[3] == "reply"]
    assert lists == [
        "【彩邮】近3天没有新邮件提醒。",
        "【彩邮】近3天的邮件：\n1 12:02 王五 第1\n2 12:01 王五 第0",
        "【彩邮】没有找到您要回复的邮件，短信未转发。回?看帮助。",
        "【彩邮】近3天没有新邮件提醒。",
    ]


async def test_mails_of_one_batch_are_told_each_on_its_own_extension(store_scene: StoreScene) -> None:
    """Three mails in one transaction: what the first defers, the others must see."""
    import asyncio

    prove(store_scene, store_scene.ann, ANN_PHONE)
    store_scene.rule(store_scene.ann, "arrival", daily_cap=2)

    def arrive(n: int) -> Callable[[BooksOfStore], int]:
        def work(books: BooksOfStore) -> int:
            data = mail(f"第{n}", message_id=f"<{n}@x>")
            mail_id = books.new_id()
            target = books.accounts.resolve("ann@hub.cn")
            assert target
            assert isinstance(target[0], ToMailbox)
            blob = store_scene._blobs.put_now(mail_id, data)
            return books.file_mail(
                target[0], blob=blob, data=data, facts=facts_of(data, 0), envelope_sender="x@x", mail_id=mail_id
            )

        return work

    await asyncio.gather(*(store_scene.desk.commit(arrive(n)) for n in range(5)))
    await store_scene.desk.close()
    outcome = store_scene.outcome()
    assert [sms[2] for sms in outcome["sms"]] == [ACCESS + "0", ACCESS + "1", ACCESS]
    assert [notice[1] for notice in outcome["notices"]] == ["sent"] * 2 + ["dropped"] * 3

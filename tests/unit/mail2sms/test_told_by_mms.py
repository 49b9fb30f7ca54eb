"""Mails that are to be told by MMS: who wants it, what is handed over, and that codes stay withheld."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from gateway.core.ports import Books
from mail2sms.by_mms import Telling
from mail2sms.notify import Notifier
from mail2sms.submit import SendNotifier
from tests.fakes.mail2sms import ACCESS, ANN, ANN_PHONE, BOB_PHONE, STRANGER, World, mail


class FakeTeller:
    """Keeps what it is to tell."""

    def __init__(self) -> None:
        self.told: list[tuple[Telling, Sequence[tuple[str, str]]]] = []

    def tell(self, telling: Telling, phones: Sequence[tuple[str, str]], books: Books) -> list[int]:
        self.told.append((telling, list(phones)))
        return [books.new_id() for _ in phones]


@pytest.fixture
def teller() -> FakeTeller:
    return FakeTeller()


@pytest.fixture
def world(teller: FakeTeller) -> World:
    made = World()
    made.notifier = Notifier(made.config, teller)
    made.on_send = SendNotifier(made.config, teller)
    made.books.contacts.add(ANN, "Bob", ["bob@hub.cn"], [BOB_PHONE])
    made.books.contacts.add(ANN, "赵六", ["zhao@example.org"], [STRANGER])
    return made


def test_a_rule_wants_it_on_arrival(world: World, teller: FakeTeller) -> None:
    world.rule(told_as="mms", signature="【王】")
    mail_id = world.arrives(mail("合同评审", "请准备材料。" * 60))
    ((telling, phones),) = teller.told
    assert world.books.outbox.sent == []
    assert phones == [(ANN_PHONE, ACCESS + "00")]
    assert (telling.account_id, telling.mail_id, telling.is_sent) == (ANN, mail_id, False)
    assert (telling.from_name, telling.from_address, telling.subject) == ("王五", "wang@example.org", "王五的邮件")
    assert telling.text.startswith("王五 12:00 合同评审：请准备材料。请准备")
    assert len(telling.text) > 300
    assert telling.sms.startswith("【王】王五 12:00 合同评审")
    assert len(telling.sms) <= 70
    (notice,) = world.books.notices.all
    assert (notice.state, notice.extension) == ("sent", "00")
    assert any("MMS" in detail for detail in world.books.timeline.of(mail_id))


@pytest.mark.parametrize(
    ("subject", "body"), [("登录验证码 482913", "您的验证码是482913，5分钟内有效"), ("通知", "登录密码：Secret99x")]
)
def test_codes_and_passwords_are_withheld_in_the_mms_too(
    world: World, teller: FakeTeller, subject: str, body: str
) -> None:
    world.rule(told_as="mms")
    world.arrives(mail(subject, body))
    telling = teller.told[0][0]
    for secret in ("482913", "Secret99x"):
        assert secret not in telling.text + telling.subject + telling.sms


def test_what_was_held_goes_as_the_rule_says(world: World, teller: FakeTeller) -> None:
    world.rule(told_as="mms", quiet_from="11:00", quiet_until="13:00")
    world.arrives(mail())
    assert not teller.told
    world.later(hours=2)
    assert world.notifier.release_held(world.books) == 1
    assert len(teller.told) == 1
    assert world.books.outbox.sent == []


def test_recipients_are_told_together_when_the_field_asks(world: World, teller: FakeTeller) -> None:
    data = mail(sender="ann@hub.cn", X_Caiyou_Notify="MMS")
    mail_id = world.submits(data, "bob@hub.cn", "zhao@example.org")
    ((telling, phones),) = teller.told
    assert phones == [(BOB_PHONE, ACCESS + "00"), (STRANGER, ACCESS + "00")]
    assert (telling.is_sent, telling.mail, telling.mail_id) == (True, data, mail_id)
    assert telling.from_name == "安娜"
    assert [notice.number for notice in world.books.notices.all] == [BOB_PHONE, STRANGER]
    assert len({notice.message_id for notice in world.books.notices.all}) == 2


def test_a_rule_for_sending_wants_it(world: World, teller: FakeTeller) -> None:
    world.rule("send", told_as="mms", senders=["zhao@example.org"], folder="")
    world.submits(mail(sender="ann@hub.cn"), "bob@hub.cn", "zhao@example.org")
    assert [phones for _, phones in teller.told] == [[(STRANGER, ACCESS + "00")]]


def test_others_stay_sms(world: World, teller: FakeTeller) -> None:
    world.rule()
    world.arrives(mail())
    world.submits(mail(sender="ann@hub.cn", X_Caiyou_Notify="sms"), "bob@hub.cn")
    assert not teller.told
    assert len(world.books.outbox.sent) == 2


def test_where_nobody_makes_mms_it_is_an_sms() -> None:
    world = World()
    world.rule(told_as="mms")
    world.arrives(mail())
    assert len(world.books.outbox.sent) == 1

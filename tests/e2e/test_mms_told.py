"""Mails told by MMS, and cards on mails, over the whole hub: a phone that shows MMS and one that does not."""

from __future__ import annotations

import asyncio
import smtplib
from email.message import EmailMessage
from typing import Any

import pytest

from gateway.core.events import MailSubmitted
from mms.cards.card import MEDIA_TYPE
from mms.cards.catalogue import template
from tests.e2e.test_mms_hub import MODERN, PLAIN, SMALL, Hub, hub
from tests.fakes.media import camera_exif, jpeg

__all__ = ["hub"]


def photo_mail(to: str) -> EmailMessage:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "张三 <zhang@elsewhere.cn>", to, "海边"
    message.set_content("我们在海边，很好！")
    message.add_attachment(jpeg((1600, 1200), exif=camera_exif()), maintype="image", subtype="jpeg", filename="a.jpg")
    return message


async def send(hub: Hub, message: EmailMessage) -> None:
    assert hub.app.mail.smtp is not None
    port = hub.app.mail.smtp.port

    def work() -> None:
        with smtplib.SMTP("127.0.0.1", port, timeout=20) as client:
            client.send_message(message)

    await asyncio.to_thread(work)


def member(hub: Hub, number: str) -> int:
    """A member with a phone, whose mail is told by MMS."""

    def work(books: Any) -> int:
        account = books.accounts.add("anna@example.cn", display_name="安娜")
        books.phones.prove_number(account.id, number)
        books.rules.add(account.id, "arrival", {"told_as": "mms"})
        return int(account.id)

    return hub.app.desk.run_now(work)


def said(hub: Hub, number: str) -> str:
    """The words of the MMS a phone got."""
    assert hub.simulator.mmsc is not None
    return "".join(
        part.data.decode(part.charset or "utf-8")
        for one in hub.simulator.mmsc.received
        if one.number == number
        for part in one.body.parts
        if part.media_type == "text/plain"
    )


@pytest.mark.parametrize("number", [MODERN, SMALL])
async def test_a_mail_with_a_photo_is_told_with_its_picture(hub: Hub, number: str) -> None:
    member(hub, number)
    await send(hub, photo_mail("anna@example.cn"))
    (picture,) = await hub.wait_for(lambda: hub.pictures(number))
    assert "海边：我们在海边，很好！" in said(hub, number)
    assert (picture.width > 600) is (number == MODERN)
    assert hub.simulator.mmsc is not None
    sizes = [sum(len(part.data) for part in one.body.parts) for one in hub.simulator.mmsc.received]
    assert max(sizes) < 102_400
    await hub.wait_for(lambda: hub.state_of(number) == [("mmsc", "delivered")])
    assert hub.texts(number) == []


async def test_a_phone_without_mms_is_told_by_sms_and_gets_no_mailbox(hub: Hub) -> None:
    member(hub, PLAIN)
    await send(hub, photo_mail("anna@example.cn"))
    (text,) = await hub.wait_for(lambda: hub.texts(PLAIN))
    assert text.startswith("【彩邮】张三")
    assert "海边" in text
    assert "/p/" not in text
    assert hub.app.desk.read_now(lambda books: books.pickups.of_number(PLAIN)) is None


async def test_cards_on_a_mail_go_to_the_phones_of_its_recipients(hub: Hub) -> None:
    account_id = member(hub, PLAIN)
    hub.app.desk.run_now(lambda books: books.contacts.add(account_id, "小王", ["wang@elsewhere.cn"], [MODERN]))
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "anna@example.cn", "wang@elsewhere.cn", "节日快乐"
    message["X-Caiyou-Notify"] = "mms"
    message.set_content("附上两张贺卡")
    maintype, _, subtype = MEDIA_TYPE.partition("/")
    for key in ("mid-autumn", "business-ink"):
        source = template(key).example("zh").to_json()
        message.add_attachment(source, maintype=maintype, subtype=subtype, filename=f"{key}.json")
    event = MailSubmitted(hub.app.desk.new_id(), account_id, ("wang@elsewhere.cn",), message.as_bytes())
    await hub.app.desk.commit(lambda books: books.publish(event))
    await hub.wait_for(lambda: len(hub.state_of(MODERN)) == 2)
    await hub.wait_for(lambda: {state for _, state in hub.state_of(MODERN)} == {"delivered"})
    assert len(hub.pictures(MODERN)) >= 2
    assert template("business-ink").example("zh").value("name") in said(hub, MODERN)


async def test_a_card_mailed_to_a_number_goes_out_as_the_card(hub: Hub) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "zhang@elsewhere.cn", f"{SMALL[3:]}@example.cn", "贺卡"
    message.set_content("祝好！")
    maintype, _, subtype = MEDIA_TYPE.partition("/")
    source = template("birthday").example("zh").to_json()
    message.add_attachment(source, maintype=maintype, subtype=subtype, filename="card.json")
    await send(hub, message)
    first = (await hub.wait_for(lambda: hub.pictures(SMALL)))[0]
    assert max(first.size) <= 160
    (text,) = await hub.wait_for(lambda: hub.texts(SMALL))
    assert "祝好" in text

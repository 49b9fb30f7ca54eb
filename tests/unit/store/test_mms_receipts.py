"""Who mailed a photo to a phone and asked hears whether it was read; nobody else does."""

from __future__ import annotations

import dataclasses
import email
import email.policy
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.events import MmsRead, PhoneMailArrived
from gateway.mail.mime.headers import Priority
from gateway.store.schema import mms as mms_table
from gateway.store.schema import relay
from mms.config import MmsConfig
from mms.incoming import ReadState
from mms.letters import read_letter
from mms.mail_mapping.disposition import disposition_of
from mms.phone_mail import PhoneMms
from mms.receipts import receipt_to, tell_of_reading
from tests.fakes.desk import PHONE, Bench
from tests.fakes.media import jpeg

WANG = "wang@far.example"


def mail(asks: str) -> bytes:
    message = email.message.EmailMessage(policy=email.policy.SMTP)
    message["From"], message["To"], message["Subject"] = WANG, "13800138000@x.example", "海边"
    message["Message-ID"], message["Importance"] = "<m1@far.example>", "high"
    if asks:
        message["Disposition-Notification-To"] = asks
    message.set_content("看")
    message.add_attachment(jpeg((30, 20)), maintype="image", subtype="jpeg", filename="a.jpg")
    return message.as_bytes()


@pytest.mark.parametrize(
    ("asks", "sender", "to"),
    [
        (WANG, WANG, WANG),
        ("Wang <wang@FAR.example>", WANG, WANG),
        ("Wang@far.example", WANG, ""),  # the local part is its own (RFC 8098 section 2.1)
        ("victim@else.example", WANG, ""),
        (f"{WANG}, victim@else.example", WANG, ""),
        (WANG, "", ""),  # a program sent it
        ("nobody", WANG, ""),
        ("", WANG, ""),
    ],
)
def test_to_whom(asks: str, sender: str, to: str) -> None:
    assert receipt_to(mail(asks), sender) == to


@pytest.mark.parametrize("state", [ReadState.READ, ReadState.DELETED])
@pytest.mark.parametrize("asks", [WANG, ""])
def test_the_sender_hears(bench: Bench, asks: str, state: ReadState) -> None:
    bench.desk.reactions = {MmsRead: (tell_of_reading,)}
    data = mail(asks)
    mail_id = bench.desk.new_id()
    blob = bench.desk.blobs.put_now(mail_id, data)
    bench.run(
        lambda books: books.relay.keep(sender=WANG, recipient="13800138000@x.example", blob=blob, mail_id=mail_id)
    )
    event = PhoneMailArrived(mail_id, PHONE, WANG, "13800138000@x.example", None, data)

    def send(books: Any) -> int | None:
        return PhoneMms(MmsConfig()).send(event, books, account_id=0, sender="106", from_name="", key=None)

    message_id = bench.run(send)
    (row,) = bench.ask(lambda books: books.tx.read(sa.select(mms_table)).all())
    asked = read_letter(bench.desk.blobs.get(row.letter)).mms
    assert (bool(row.want_read), asked.read_report, asked.priority) == (bool(asks), bool(asks), Priority.HIGH)
    bench.run(lambda books: books.note_read(message_id, state))
    rows = [one for one in bench.ask(lambda books: books.tx.read(sa.select(relay)).all()) if one.recipient == WANG]
    assert len(rows) == bool(asks)
    for one in rows:
        said = disposition_of(bench.desk.blobs.get(one.blob), frozenset({"x.example"}))
        assert said is not None
        assert dataclasses.astuple(said) == (PHONE, state, "m1@far.example")
        assert one.sender == ""

"""What a notification says where room is short."""

from __future__ import annotations

from typing import Any

import pytest

from carriers.mm1.config import Mm1Config
from gateway.core import data_sms
from gateway.core.outbox import NewSms, Purpose
from gateway.mmsc import pushes
from mms.codec.codes import V1_0, V1_2, Status
from mms.codec.headers import Moment
from mms.codec.pdu import DeliveryInd, NotificationInd, decode
from mms.codec.push import Push
from mms.codec.push_contents import MMS_MESSAGE
from mms.handsets.catalogue import resolve

PHONE = "+8613800138000"
EXPIRES_S = 1_772_928_000


def told(**values: Any) -> NotificationInd:
    base = {
        "transaction_id": "abcdefghjkmn",
        "content_location": "http://m.example/mm1/abcdefghjkmn",
        "size_octets": 30_000,
        "expiry": Moment(EXPIRES_S),
        "sender": "10657000",
        "subject": "",
    }
    return NotificationInd(**(base | values))


def read(sms: NewSms) -> NotificationInd:
    push = Push.decode(sms.data)
    assert push.content_type == MMS_MESSAGE
    pdu = decode(push.data)
    assert isinstance(pdu, NotificationInd)
    return pdu


def segments(sms: NewSms) -> int:
    return data_sms.count(len(sms.data), has_port=True)


@pytest.mark.parametrize(
    ("options", "values", "subject", "sender", "count"),
    [
        ({}, {}, "", "10657000", 1),
        ({}, {"subject": "hi"}, "hi", "10657000", 1),
        ({}, {"subject": "a holiday photo"}, "", "10657000", 1),
        ({"short_push": True}, {"subject": "hello"}, "hello", "10657000", 1),
        ({}, {"sender": "somebody@a-long-domain.example"}, "", "somebody@a-long-domain.example", 2),
        ({"keep_sender": False}, {"sender": "somebody@a-long-domain.example"}, "", "", 1),
        # Where it is two anyway, all is said.
        (
            {},
            {"sender": "somebody@a-long-domain.example", "subject": "x" * 30},
            "x" * 20,
            "somebody@a-long-domain.example",
            2,
        ),
    ],
)
def test_room(options: dict[str, Any], values: dict[str, Any], subject: str, sender: str, count: int) -> None:
    sms = pushes.notification(Mm1Config("http://m.example", **options), told(**values), PHONE, 604_800)
    pdu = read(sms)
    assert segments(sms) == count
    assert (pdu.subject, pdu.sender) == (subject, sender)
    assert (pdu.transaction_id, pdu.size_octets, pdu.expiry) == ("abcdefghjkmn", 30_000, Moment(EXPIRES_S))


@pytest.mark.parametrize(("validity_s", "kept_s"), [(604_800, 172_800), (3600, 3600), (-5, 60)])
def test_an_sms_centre_keeps_it_no_longer_than_it_is_true(validity_s: int, kept_s: int) -> None:
    config = Mm1Config("http://m.example", push_link="a", push_sender="10657")
    sms = pushes.notification(config, told(), PHONE, validity_s)
    assert (sms.validity_s, sms.port, sms.purpose) == (kept_s, 2948, Purpose.PUSH)
    assert (sms.link, sms.sender, sms.recipient) == ("a", "10657", PHONE)


def test_a_report_has_a_key() -> None:
    pdu = DeliveryInd(message_id="7", to=PHONE, date_s=EXPIRES_S, status=Status.RETRIEVED)
    sms = pushes.report(Mm1Config("http://m.example"), pdu, PHONE, "delivery 7")
    assert sms.key == "delivery 7"
    assert decode(Push.decode(sms.data).data) == pdu


def test_the_version_a_phone_speaks() -> None:
    assert pushes.version_of(resolve("smartphone-today")) >= V1_2
    assert pushes.version_of(resolve("nokia-6610")) == V1_0

"""What a link of MM4 does without sockets: waiting for answers, codes, options, and the hub's own words."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from carriers.mm4.config import Mm4Config
from carriers.mm4.exchange import Exchange
from carriers.mm4.incoming import mms_of, read_report_of, report_of
from carriers.mm4.outgoing import Unpacked, carrier_id, forward_of, unpack
from carriers.mm4.status import REPORT_STATES, REQUEST_STATUSES, outcome_of, outcome_of_reply
from gateway.core.errors import BadRequest, ConfigError, MalformedPdu
from gateway.core.messages import Outcome, ReportState
from mms.codec import codes
from mms.codec.mm4 import DeliveryReport, MmStatus, ReadReport, ReadStatus, RequestStatus
from mms.codec.pdu import AcknowledgeInd, RetrieveConf
from mms.incoming import ReadState
from mms.terms import MessageClass, MmsHeaders, Priority
from tests.fakes.mm4 import BODY, segment
from tests.unit.mms.codec.mm4_mails import A_DATE, VECTORS

CONFIG = Mm4Config(
    peer_domain="mms.b.example", own_domain="mms.a.example", listen_port=0, listen_allow=("10.0.0.0/8",),
    access_number="10657000",
)  # fmt: skip


def test_an_answer_ends_the_waiting_once() -> None:
    exchange = Exchange(60, 1)
    waiting = exchange.begin("t1", segment(), b"mail")
    assert exchange.overdue(1e9) == []  # still on its way
    exchange.left(waiting, 100.0)
    assert exchange.is_open(waiting)
    assert exchange.end("t1") is waiting
    assert not exchange.is_open(waiting)
    assert exchange.end("t1") is None
    assert len(exchange) == 0


def test_without_answer_it_goes_again_and_then_nobody_knows() -> None:
    exchange = Exchange(60, 2)
    waiting = exchange.begin("t1", segment(), b"mail")
    now = 100.0
    for _ in range(2):
        exchange.left(waiting, now)
        assert exchange.overdue(now + 59) == []
        assert exchange.overdue(now + 60) == [waiting]
        assert exchange.overdue(now + 1000) == []  # on its way
        assert exchange.unanswered(now + 1000) == []
        now += 100
    exchange.left(waiting, now)
    assert exchange.overdue(now + 60) == []
    assert exchange.unanswered(now + 59) == []
    assert exchange.unanswered(now + 60) == [waiting]
    assert exchange.end("t1") is None


def test_the_same_transaction_again_takes_the_place_of_the_first() -> None:
    exchange = Exchange(60, 0)
    first = exchange.begin("t1", segment(), b"mail")
    second = exchange.begin("t1", segment(), b"mail")
    assert not exchange.is_open(first)
    assert exchange.clear() == [second]


def test_every_code_has_its_meaning() -> None:
    assert {status.value.lower() for status in RequestStatus} <= set(REQUEST_STATUSES)
    assert set(REPORT_STATES) == set(MmStatus)
    assert outcome_of("OK ") is Outcome.ACCEPTED
    assert outcome_of("Error-content-not-accepted") is Outcome.PERMANENT
    assert outcome_of("Error-permanent-of-tomorrow") is Outcome.PERMANENT
    assert outcome_of("Error-transient-of-tomorrow") is outcome_of("") is Outcome.TEMPORARY
    assert [outcome_of_reply(code) for code in (250, 421, 452, 535, 550, 554)] == [
        Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.TEMPORARY, Outcome.TEMPORARY, Outcome.PERMANENT, Outcome.PERMANENT,
    ]  # fmt: skip


def test_a_segment_becomes_a_request() -> None:
    headers = MmsHeaders(MessageClass.AUTO, Priority.HIGH, read_report=True, sender_visible=False)
    forward = forward_of(segment(7, sender=""), Unpacked(BODY, headers), CONFIG, A_DATE)
    assert (forward.transaction_id, forward.mms_id) == ("7.1", "7.1@mms.a.example")
    assert forward.mms_id == carrier_id(segment(7), CONFIG)
    assert (forward.sender, forward.recipients) == ("10657000", ("+447900000007",))
    assert forward.originator_system == "system-user@mms.a.example"
    assert (forward.message_class, forward.priority) == (MessageClass.AUTO, Priority.HIGH)
    assert forward.expiry == datetime.timedelta(hours=1)
    assert forward.read_reply
    assert forward.delivery_report
    assert not forward.sender_visible
    nobody = Mm4Config(peer_domain="b.example", own_domain="a.example", confirmed=False)
    with pytest.raises(BadRequest, match="access_number"):
        forward_of(segment(sender=""), Unpacked(BODY), nobody, A_DATE)


def test_what_a_phone_would_get_is_unpacked() -> None:
    pdu = RetrieveConf(
        body=BODY, date_s=1, message_class="auto", priority=codes.Priority.HIGH, read_report=True, delivery_report=True
    )
    found = unpack(pdu.encode())
    assert [part.data for part in found.body.parts] == [part.data for part in BODY.parts]
    assert found.mms == MmsHeaders(MessageClass.AUTO, Priority.HIGH, True, True)
    for data in (b"", b"\x8c\x84", AcknowledgeInd(transaction_id="t").encode()):
        with pytest.raises(MalformedPdu):
            unpack(data)


def test_what_comes_in_is_told_in_our_words() -> None:
    _, forward = VECTORS["Poland forwards"]
    mms = mms_of(forward, ("+48600100299",), A_DATE)  # type: ignore[arg-type]
    assert mms.recipients == ("+48600100299",)  # the envelope's: a blind copy
    assert mms.cc == ("+48600100201",)
    assert mms.date_ms == 0
    assert mms.mms.expires_ms == A_DATE.timestamp() * 1000 + 600_000
    _, report = VECTORS["a Go centre reports"]
    assert isinstance(report, DeliveryReport)
    told = report_of(report)
    assert (told.carrier_id, told.state, told.code) == ("M1", ReportState.FAILED, "Rejected")
    assert (told.recipient, told.done_at) == ("+4422@go.example", "2026-11-23T20:27:49+00:00")
    _, read = VECTORS["Mbuni tells of reading"]
    assert isinstance(read, ReadReport)
    assert read_report_of(read).state is ReadState.READ
    deleted = ReadReport("t", "m", "+1", ("+2",), status=ReadStatus.DELETED)
    assert read_report_of(deleted).state is ReadState.DELETED


@pytest.mark.parametrize(
    ("changes", "key"),
    [
        ({"tls": "yes"}, "tls"),
        ({"peer_domain": "no domain"}, "peer_domain"),
        ({"own_domain": "Mms.A.example"}, "own_domain"),
        ({"own_domain": "mms.b.example"}, "circles"),
        ({"window": 0}, "window"),
        ({"resends": -1}, "resends"),
        ({"port": 0}, "port"),
        ({"max_octets": 10}, "max_octets"),
        ({"listen_allow": ("10.0.0.1/8",)}, "listen_allow"),
        ({"listen_allow": ()}, "listen_user"),
        ({"listen_port": -1}, "confirmed"),
        ({"user": "a"}, "password"),
        ({"listen_certificate": "a.pem"}, "listen_key"),
    ],
)
def test_options_that_cannot_be(changes: dict[str, Any], key: str) -> None:
    values = {name: getattr(CONFIG, name) for name in CONFIG.__dataclass_fields__}
    with pytest.raises(ConfigError, match=key):
        Mm4Config(**(values | changes))


def test_passwords_show_in_no_repr() -> None:
    config = Mm4Config("b.example", "a.example", user="u", password="s3cret", listen_port=0, listen_user="v",
                       listen_password="t0psecret")  # fmt: skip
    assert "s3cret" not in repr(config)
    assert "t0psecret" not in repr(config)

"""Digests, tables and reports."""

from __future__ import annotations

import dataclasses
import hashlib
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.smgp import login, status
from carriers.smgp.codec import decode, encode
from carriers.smgp.pdu import Deliver, Login, LoginMode, LoginResp
from carriers.smgp.reports import Report, quoted
from gateway.core.errors import LocalProtocolError, MalformedPdu
from gateway.core.messages import Outcome, ReportState
from gateway.core.text import Alphabet
from tests.unit.carriers.smgp.smgp_vectors import REPORTS, VECTORS

BEIJING = timezone(timedelta(hours=8))
MSG_ID = bytes.fromhex("01006101161700012345")
#: Ten octets among which are a blank, a colon and a NUL.
ODD_ID = b"\x00 a:\xff stat:"[:10]
SPECIFIED = (
    b" sub:001 dlvrd:001 Submit date:2601161700 done date:2601161701 stat:DELIVRD err:000 Text:014hello test msg\0\0\0"
)


def test_the_worked_examples() -> None:
    first = bytes.fromhex("74657374696400000000000000746573746175746831303231303830353130")
    assert hashlib.md5(first, usedforsecurity=False).digest() == login.client_digest(b"testid", b"testauth", 1021080510)
    assert login.client_digest(b"testid", b"testauth", 1021080510).hex() == "ca0eff036f70aa1116b8e5df1d55cf48"
    client = login.client_digest(b"10650001", b"s3cret", 301000000)
    assert client.hex() == "3be2663de0b3062c00494e56e4b10da0"
    server = login.server_digest(0, client, b"s3cret")
    assert server.hex() == "3c6ffb2e027b40b5d6c634c0378de8d7"
    assert login.is_genuine_server(LoginResp(0, server), client, b"s3cret")
    assert not login.is_genuine_server(LoginResp(1, server), client, b"s3cret")
    assert not login.is_genuine_server(LoginResp(0, server), client, b"s3cres")
    assert not login.is_genuine_server(LoginResp(0), client, b"s3cret")


def test_the_logins_of_the_vectors() -> None:
    october = datetime(2026, 10, 21, 8, 5, 10, tzinfo=BEIJING)
    march = datetime(2026, 3, 1, tzinfo=BEIJING)
    assert encode(login.login_request("testid", "testauth", LoginMode.SEND, 0x30, october), 1) == VECTORS[0].frame
    request = login.login_request("10650001", "s3cret", LoginMode.BOTH, 0x30, march)
    assert request.timestamp == 0x11F0E540
    assert encode(request, 1) == VECTORS[1].frame
    _, answer = decode(VECTORS[2].frame)
    assert isinstance(answer, LoginResp)
    assert login.is_genuine_server(answer, request.authenticator_client, b"s3cret")


def test_the_server_takes_both_paddings_of_a_short_name() -> None:
    for hashed in (b"testid", b"testid\0\0"):
        sent = Login(b"testid", login.client_digest(hashed, b"secret", 206020609), 2, 206020609, 0x30)
        _, came = decode(encode(sent, 1))
        assert isinstance(came, Login)
        assert login.is_genuine_client(came, b"secret")
        assert not login.is_genuine_client(came, b"Secret")
        assert not login.is_genuine_client(dataclasses.replace(came, timestamp=206020610), b"secret")
        assert not login.is_genuine_client(dataclasses.replace(came, client_id=b"testie"), b"secret")


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        (0, Outcome.ACCEPTED), (1, Outcome.THROTTLED), (2, Outcome.TEMPORARY), (10, Outcome.PERMANENT),
        (12, Outcome.UNCERTAIN), (37, Outcome.PERMANENT), (39, Outcome.PERMANENT), (58, Outcome.PERMANENT),
        (67, Outcome.PERMANENT), (74, Outcome.TEMPORARY), (75, Outcome.TEMPORARY), (76, Outcome.PERMANENT),
        (5, Outcome.PERMANENT), (51, Outcome.PERMANENT), (114, Outcome.PERMANENT), (200, Outcome.PERMANENT),
        (2**32 - 1, Outcome.PERMANENT),
    ],
)  # fmt: skip
def test_what_a_submit_is_answered(number: int, outcome: Outcome) -> None:
    code = status.result(number)
    assert (code.number, code.outcome) == (number, outcome)
    assert code.meaning


def test_every_code_of_the_specification_has_a_row() -> None:
    assert set(status.CODES) == {0, 1, 2, 10, 11, 12, 20, 21, 22, *range(30, 50), *range(56, 77)}
    assert status.result(46).meaning == "SrcTermId wrong"
    assert status.result(73).meaning == "MServiceID wrong"
    assert "vendor" in status.result(128).meaning
    assert "reserved" in status.result(3).meaning
    assert status.result(300).meaning == "unknown code 300"


def test_which_codes_mean_too_fast_is_a_matter_of_the_carrier() -> None:
    assert status.result(200, (1, 200)).outcome is Outcome.THROTTLED
    assert status.result(67, (67,)).outcome is Outcome.THROTTLED
    assert status.result(1, (200,)).outcome is Outcome.TEMPORARY
    assert status.result(0, (0,)).outcome is Outcome.THROTTLED  # which `SmgpConfig` does not let happen


@pytest.mark.parametrize(
    ("number", "outcome"),
    [(1, Outcome.THROTTLED), (2, Outcome.TEMPORARY), (20, Outcome.PERMANENT), (21, Outcome.PERMANENT),
     (22, Outcome.PERMANENT), (10, Outcome.PERMANENT), (76, Outcome.PERMANENT), (199, Outcome.TEMPORARY)],
)  # fmt: skip
def test_what_a_login_is_answered(number: int, outcome: Outcome) -> None:
    assert status.login_result(number).outcome is outcome


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVRD", ReportState.DELIVERED), ("EXPIRED", ReportState.EXPIRED), ("DELETED", ReportState.FAILED),
        ("UNDELIV", ReportState.FAILED), ("ACCEPTD", ReportState.ENROUTE), ("UNKNOWN", ReportState.FAILED),
        ("REJECTD", ReportState.FAILED), ("RT:0148", ReportState.FAILED), ("delivrd", ReportState.FAILED),
        ("", ReportState.FAILED),
    ],
)  # fmt: skip
def test_what_a_report_says(word: str, state: ReportState) -> None:
    assert status.stat(word).state is state


def test_the_error_of_a_report_explains_a_failure_alone() -> None:
    assert status.stat("UNDELIV", "005").meaning == "cannot be delivered: the user is on a black list"
    assert status.stat("DELIVRD", "005").meaning == "delivered to the handset"
    assert status.stat("UNDELIV", "000").meaning == status.stat("UNDELIV", "148").meaning == "cannot be delivered"


def test_the_report_of_the_specification() -> None:
    report = Report(
        MSG_ID, b"DELIVRD", b"000", b"2601161700", b"2601161701", text=quoted(b"hello test msg", Alphabet.GBK)
    )
    content = report.encode()
    assert content == b"id:" + MSG_ID + SPECIFIED
    assert len(content) == 122
    assert Report.decode(content) == report
    _, deliver = decode(VECTORS[9].frame)
    assert isinstance(deliver, Deliver)
    assert deliver.msg_content == content
    assert str(report) == ("id 01006101161700012345 stat DELIVRD err 000 submitted 2601161700 done 2601161701")


@pytest.mark.parametrize(
    "behind",
    [
        SPECIFIED,
        SPECIFIED.lower().replace(b"delivrd", b"DELIVRD"),
        SPECIFIED.replace(b"Submit date", b"submit_date").replace(b"done date", b"done_date").replace(b"Text", b"txt"),
        SPECIFIED[1:],  # no blank behind the id
        b"sSub:001sDlvrd:001sSubmit_Date:2601161700sDone_Date:2601161701sStat:DELIVRDsErr:000sText:014hello test msg",
        SPECIFIED.replace(b":260116170", b":20260116170"),  # 12 digits
        SPECIFIED.rstrip(b"\0"),
    ],
    ids=["specified", "small letters", "underscores", "no blank", "letter s", "12 digits", "not filled"],
)
@pytest.mark.parametrize("msg_id", [MSG_ID, ODD_ID, b":" * 10, b" " * 10, bytes(10), b"err: stat:"], ids=bytes.hex)
def test_reports_in_every_spelling(behind: bytes, msg_id: bytes) -> None:
    report = Report.decode(b"id:" + msg_id + behind)
    assert (report.msg_id, report.word, report.err) == (msg_id, "DELIVRD", b"000")
    assert (report.sub, report.dlvrd) == (b"001", b"001")
    assert report.submit_date.endswith(b"260116170" + b"0")
    assert report.done_date.endswith(b"260116170" + b"1")
    assert report.text == b"014hello test msg"


@pytest.mark.parametrize(("content", "msg_id", "date", "stat", "err"), REPORTS, ids=[it[1] for it in REPORTS])
def test_reports_as_gateways_sent_them(content: bytes, msg_id: str, date: str, stat: str, err: str) -> None:
    report = Report.decode(content)
    assert (report.msg_id.hex(), report.word, report.err.decode()) == (msg_id, stat, err)
    assert report.submit_date == report.done_date == date.encode()


def test_a_short_report() -> None:
    report = Report.decode(b"ID:" + ODD_ID + b" stat:RT:0148 err:148")
    assert (report.msg_id, report.word, report.err, report.done_date) == (ODD_ID, "RT:0148", b"148", b"")
    assert Report.decode(b"id:" + MSG_ID + b"stat:UNDELIV").word == "UNDELIV"


def test_labels_within_the_text_and_repeated_ones_change_nothing() -> None:
    report = Report.decode(b"id:" + MSG_ID + b" stat:DELIVRD stat:UNDELIV err:000 text:005err:9 stat:EXPIRED")
    assert (report.word, report.err, report.text) == ("DELIVRD", b"000", b"005err:9 stat:EXPIRED")


@pytest.mark.parametrize(
    "content",
    [b"", b"id:", b"id:" + MSG_ID[:9], MSG_ID + SPECIFIED, b"id:" + MSG_ID, b"id:" + MSG_ID + b" stat: err:001",
     b" id:" + MSG_ID + SPECIFIED],
    ids=repr,
)  # fmt: skip
def test_what_is_no_report(content: bytes) -> None:
    with pytest.raises(MalformedPdu) as caught:
        Report.decode(content)
    assert caught.value.field == "MsgContent"


@given(st.binary(max_size=255))
def test_any_octets_are_a_report_or_none(content: bytes) -> None:
    for octets in (content, b"id:" + content):
        try:
            report = Report.decode(octets)
        except MalformedPdu:
            continue
        assert len(report.msg_id) == 10
        str(report).encode()


@given(
    st.binary(min_size=10, max_size=10),
    st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", min_size=1, max_size=7).map(str.encode),
    st.integers(0, 999).map(lambda number: b"%03d" % number),
)
def test_reports_come_back(msg_id: bytes, stat: bytes, err: bytes) -> None:
    report = Report(msg_id, stat, err, b"2601161700", b"2601161701", text=b"002hi")
    assert Report.decode(report.encode()) == report
    assert len(report.encode()) == 122


@pytest.mark.parametrize(
    "change",
    [{"msg_id": bytes(9)}, {"stat": b"12345678"}, {"err": b"1234"}, {"submit_date": b"260116170000"},
     {"text": bytes(21)}],
    ids=str,
)  # fmt: skip
def test_a_report_that_does_not_fit_is_not_written(change: dict[str, bytes]) -> None:
    with pytest.raises(LocalProtocolError):
        dataclasses.replace(Report(MSG_ID, b"DELIVRD"), **change).encode()


def test_what_a_report_quotes_cuts_no_character() -> None:
    assert quoted(b"hello", Alphabet.ASCII) == b"005hello"
    ucs2 = ("电信" * 12).encode("utf-16-be")
    assert quoted(ucs2, Alphabet.UCS2) == b"048" + ucs2[:16]
    gbk = ("a" + "电信" * 12).encode("gbk")
    assert quoted(gbk, Alphabet.GBK) == b"049" + gbk[:17]
    assert quoted(gbk[1:], Alphabet.GBK) == b"048" + gbk[1:17]
    assert quoted(bytes(range(30)), Alphabet.BINARY) == b"030" + bytes(range(17))

"""Digests, tables and reports."""

from __future__ import annotations

import dataclasses
from datetime import datetime, timedelta, timezone

import pytest

from carriers.cmpp import login, status
from carriers.cmpp.codec import decode, encode
from carriers.cmpp.pdu import Connect, ConnectResp, Version
from carriers.cmpp.reports import Report
from gateway.core.errors import LocalProtocolError, MalformedPdu
from gateway.core.messages import Outcome, ReportState
from tests.unit.carriers.cmpp.cmpp_vectors import VECTORS

SOURCE = bytes.fromhex("90d00c1d517abd0b4f65f6bcf8535d16")


def test_the_worked_example() -> None:
    assert login.source_digest(b"900001", b"888888", 1021080510) == SOURCE
    old = login.gateway_digest(0, SOURCE, b"888888", Version.V2)
    new = login.gateway_digest(0, SOURCE, b"888888", Version.V3)
    assert old.hex() == "6c0b846e25bab6daa4ed1c466e0f4bd8"
    assert new.hex() == "7942977274098cf210ab0c16c367bc8d"
    for version, digest in ((Version.V2, old), (Version.V2, new), (Version.V3, new)):
        assert login.is_genuine_gateway(ConnectResp(0, digest, version), SOURCE, b"888888")
    assert not login.is_genuine_gateway(ConnectResp(0, old), SOURCE, b"888889")
    assert not login.is_genuine_gateway(ConnectResp(0), SOURCE, b"888888")
    assert not login.is_genuine_gateway(ConnectResp(2**31, old), SOURCE, b"888888")


def test_the_connects_of_the_vectors() -> None:
    beijing = timezone(timedelta(hours=8))
    october = datetime(2026, 10, 21, 8, 5, 10, tzinfo=beijing)
    january = datetime(2026, 1, 2, 3, 4, 5, tzinfo=beijing)
    first = login.connect_request("900001", "888888", 0x21, october)
    leading_zero = login.connect_request("901234", "gw#Secret9", 0x30, january.replace(day=2, hour=3))
    assert encode(first, 23, Version.V2) == VECTORS[0].frame
    assert encode(leading_zero, 1, Version.V3) == VECTORS[3].frame
    assert leading_zero.timestamp == 102030405


def test_the_server_takes_both_paddings_of_a_short_name() -> None:
    for hashed in (b"9001", b"9001\0\0"):
        digest = login.source_digest(hashed, b"secret", 206020609)
        connect = Connect(b"9001", digest, 0x20, 206020609)
        _, came = decode(encode(connect, 1, Version.V2), Version.V2)
        assert isinstance(came, Connect)
        assert login.is_genuine_source(came, b"secret")
        assert not login.is_genuine_source(came, b"Secret")
        assert not login.is_genuine_source(dataclasses.replace(came, timestamp=206020610), b"secret")


@pytest.mark.parametrize(
    ("number", "version", "outcome"),
    [
        (0, Version.V2, Outcome.ACCEPTED),
        (1, Version.V3, Outcome.PERMANENT),
        (3, Version.V2, Outcome.UNCERTAIN),
        (8, Version.V2, Outcome.THROTTLED),
        (8, Version.V3, Outcome.THROTTLED),
        (9, Version.V2, Outcome.PERMANENT),
        (13, Version.V3, Outcome.PERMANENT),
        (150, Version.V2, Outcome.PERMANENT),
        (4_000_000_000, Version.V3, Outcome.PERMANENT),
    ],
)
def test_results_of_a_submit(number: int, version: Version, outcome: Outcome) -> None:
    code = status.submit_result(number, version)
    assert (code.number, code.outcome) == (number, outcome)


def test_results_keep_their_number_and_say_whose_they_are() -> None:
    assert status.submit_result(10, Version.V3).name == "src_id"
    assert status.submit_result(10, Version.V2).name == "other"
    assert status.submit_result(101, Version.V3).name == "vendor"
    assert "201" in status.submit_result(201, Version.V2).meaning
    assert status.deliver_result(9).outcome is Outcome.TEMPORARY
    assert status.deliver_result(8).outcome is Outcome.THROTTLED
    assert status.connect_status(3).outcome is Outcome.PERMANENT
    assert status.connect_status(5).outcome is Outcome.TEMPORARY


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVRD", ReportState.DELIVERED),
        ("EXPIRED", ReportState.EXPIRED),
        ("ACCEPTD", ReportState.ENROUTE),
        ("ENROUTE", ReportState.ENROUTE),
        ("DELETED", ReportState.FAILED),
        ("UNDELIV", ReportState.FAILED),
        ("UNKNOWN", ReportState.FAILED),
        ("REJECTD", ReportState.FAILED),
        ("MB:0045", ReportState.FAILED),
        ("MN00013", ReportState.FAILED),
        ("delivrd", ReportState.FAILED),
        ("DELIVRD0", ReportState.FAILED),
        ("", ReportState.FAILED),
    ],
)
def test_words_of_a_report(word: str, state: ReportState) -> None:
    assert status.stat(word).state is state
    assert status.stat(word).word == word


@pytest.mark.parametrize("width", [21, 32, 0, 1, 14, 40])
def test_a_report_is_read_by_its_length(width: int) -> None:
    report = Report(2**64 - 1, b"DELIVRD", b"2512312359", b"2601010000", b"13800138000"[:width], 7)
    content = report.encode(width)
    assert len(content) == 39 + width
    assert Report.decode(content) == report


def test_odd_reports() -> None:
    report = Report(1, b"AF:4  ", b"", b"garbage")
    assert Report.decode(report.encode()).word == "AF:4"
    for size in (0, 8, 38):
        with pytest.raises(MalformedPdu):
            Report.decode(bytes(size))
    for wrong in (
        Report(1, b"DELIVERED"),
        Report(2**64, b"DELIVRD"),
        Report(1, b"", dest_terminal_id=b"1" * 22),
        Report(1, b"", smsc_sequence=-1),
    ):
        with pytest.raises(LocalProtocolError):
            wrong.encode()

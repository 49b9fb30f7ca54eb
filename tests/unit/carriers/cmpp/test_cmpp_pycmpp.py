"""The PyPI package pycmpp as judge: CMPP 2.0 written by someone else.

It knows CONNECT, SUBMIT, ACTIVE_TEST and TERMINATE as a service provider only, UCS-2 only; its ACTIVE_TEST_RESP is
three octets longer than it says.
"""

from __future__ import annotations

import pytest
from pycmpp import cmpp_defines, request, response

from carriers.cmpp import login
from carriers.cmpp.codec import decode, encode
from carriers.cmpp.events import Ended, LoginRequested
from carriers.cmpp.pdu import (
    ActiveTest,
    ActiveTestResp,
    Connect,
    ConnectResp,
    Submit,
    SubmitResp,
    Terminate,
    Version,
    field_text,
)
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.rules import Role
from carriers.cmpp.tables import BY_COMMAND, ROUTE_NAMES

TEXT = "您好，世界 hello"


def test_its_connect_is_let_in_and_it_reads_our_answer() -> None:
    frame = request.ConnectRequestInstance().create("901234", "secret")
    sequence_id, connect = decode(frame, Version.V2)
    assert isinstance(connect, Connect)
    assert login.is_genuine_source(connect, b"secret")
    assert encode(connect, sequence_id, Version.V2) == frame
    gateway = CmppProtocol(Role.GATEWAY)
    gateway.receive(frame, 0)
    assert gateway.events() == [LoginRequested(connect, Version.V2)]
    assert gateway.accept_login(b"secret")
    judge = response.ConnectResponseInstance()
    judge.resolve(gateway.data_to_send())
    assert (judge.seq_id, judge.status, judge.version) == (sequence_id, 0, 0x30)
    answer = ConnectResp(0, judge.authenticator_ISMG)
    assert login.is_genuine_gateway(answer, connect.authenticator_source, b"secret")


@pytest.mark.parametrize("is_part", [False, True])
def test_its_submit_is_ours(is_part: bool) -> None:
    instance = request.SubmitRequestInstance()
    numbers = ["13800138000", "8613900139000"]
    head = bytes((5, 0, 3, 42, 2, 1)) if is_part else None
    frame = instance.create(
        "901234",
        TEXT,
        numbers,
        msg_head=head,
        src_id="106575501234",
        service_id="MSXZ",
        registered_delivery=1,
        pk_total=2 if is_part else 1,
        tp_udhi=int(is_part),
    )
    ours = Submit(
        pk_total=2 if is_part else 1,
        registered_delivery=1,
        service_id=b"MSXZ",
        fee_user_type=2,
        tp_udhi=int(is_part),
        msg_fmt=8,
        msg_src=b"901234",
        fee_type=b"01",
        fee_code=b"000000",
        src_id=b"106575501234",
        dest_terminal_id=tuple(number.encode() for number in numbers),
        msg_content=(head or b"") + TEXT.encode("utf-16-be"),
    )
    assert decode(frame, Version.V2) == (instance.seq_id, ours)
    assert encode(ours, instance.seq_id, Version.V2) == frame


@pytest.mark.parametrize("is_part", [False, True])
def test_it_reads_our_submit(is_part: bool) -> None:
    head = bytes((5, 0, 3, 42, 2, 1)) if is_part else b""
    ours = Submit(
        msg_id=2**63 + 5,
        pk_total=3,
        pk_number=2,
        registered_delivery=1,
        msg_level=9,
        service_id=b"MSXZ",
        fee_user_type=3,
        fee_terminal_id=b"13700137000",
        tp_pid=1,
        tp_udhi=int(is_part),
        msg_fmt=8,
        msg_src=b"901234",
        fee_type=b"02",
        fee_code=b"10",
        valid_time=b"151105131555032+",
        at_time=b"151105131556032+",
        src_id=b"106575501234",
        dest_terminal_id=(b"13800138000", b"13900139000"),
        msg_content=head + TEXT.encode("utf-16-be"),
        reserve=b"abc",
    )
    read = request.SubmitRequestInstance().resolve(encode(ours, 77, Version.V2))
    assert (read["seq_id"], read["command_id"], read["msg_id"]) == (77, 4, ours.msg_id)
    for name in ("pk_total", "pk_number", "msg_level", "tp_pid", "tp_udhi", "msg_fmt"):
        assert read[name] == getattr(ours, name), name
    assert (read["register_delivery"], read["fee_usertype"], read["destusr_tl"]) == (1, 3, 2)
    for name in ("service_id", "fee_terminal_id", "msg_src", "fee_type", "fee_code", "valid_time", "at_time"):
        assert read[name].rstrip("\0") == field_text(getattr(ours, name)), name
    assert read["dest_terminal_id"] == "13800138000".ljust(21, "\0") + "13900139000".ljust(21, "\0")
    assert read["msg_content"] == TEXT
    assert (read["msg_head"] or "").encode("latin-1") == head
    assert read["reserve"] == "abc\0\0\0\0\0"


def test_it_reads_our_submit_resp() -> None:
    judge = response.SubmitResponseInstance()
    judge.resolve(encode(SubmitResp(0xCFDFBE8134FDFFFF, 8), 9, Version.V2))
    assert (judge.command_id, judge.seq_id) == (0x80000004, 9)
    assert (judge.msg_id, judge.status) == (0xCFDFBE8134FDFFFF, 8)


def test_its_short_requests_are_ours() -> None:
    for instance, pdu in (
        (request.ActiveTestRequestInstance(), ActiveTest()),
        (request.TerminateRequestInstance(), Terminate()),
    ):
        frame = instance.create()
        assert decode(frame, Version.V2) == (instance.seq_id, pdu)
        assert encode(pdu, instance.seq_id, Version.V2) == frame


def test_its_command_ids_are_ours() -> None:
    assert set(cmpp_defines.ALL_MESSAGES) == set(BY_COMMAND[Version.V2]) | set(ROUTE_NAMES)


def test_the_stray_octets_of_its_active_test_resp_end_the_connection() -> None:
    frame = response.ActiveTestResponseInstance().create(1)
    assert decode(frame[:13], Version.V2) == (1, ActiveTestResp(ord("0")))
    gateway = CmppProtocol(Role.GATEWAY)
    gateway.receive(request.ConnectRequestInstance().create("901234", "secret"), 0)
    gateway.accept_login(b"secret")
    gateway.receive(frame, 0)
    assert not gateway.is_closed
    gateway.receive(request.ActiveTestRequestInstance().create(), 0)
    assert isinstance(gateway.events()[-1], Ended)

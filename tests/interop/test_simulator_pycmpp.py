"""The PyPI package pycmpp as a service provider of the simulator, over real sockets: CMPP 2.0 written by others.

Its client runs threads that cannot be stopped, so its PDUs go over a socket of ours; DELIVER it does not know, that is
read by the offsets of the specification.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator

import pytest
from pycmpp import request, response

from tests.interop.simulated import Simulated

pytestmark = pytest.mark.interop
PHONE = "13800138000"
DELIVER, DELIVER_RESP = 0x00000005, 0x80000005


@pytest.fixture
def operator() -> Iterator[Simulated]:
    with Simulated(report_delay_s=0.05) as started:
        yield started


class Provider:
    """A socket and the frames that come on it."""

    def __init__(self, line: socket.socket) -> None:
        self.line = line

    def frame(self) -> bytes:
        head = self._exactly(4)
        return head + self._exactly(int.from_bytes(head, "big") - 4)

    def log_in(self, secret: str = "888888") -> int:
        self.line.sendall(request.ConnectRequestInstance().create("900001", secret))
        answer = response.ConnectResponseInstance()
        answer.resolve(self.frame())
        return int(answer.status)

    def submit(
        self, text: str, head: bytes | None = None, total: int = 1, number: int = 1
    ) -> response.SubmitResponseInstance:
        frame = request.SubmitRequestInstance().create(
            "900001", text, [PHONE], msg_head=head, src_id="10657000", registered_delivery=1,
            pk_total=total, pk_number=number, tp_udhi=1 if head else 0,
        )  # fmt: skip
        self.line.sendall(frame)
        answer = response.SubmitResponseInstance()
        answer.resolve(self.frame())
        return answer

    def acknowledge(self, deliver: bytes) -> None:
        self.line.sendall(
            struct.pack(">LLL", 21, DELIVER_RESP, int.from_bytes(deliver[8:12], "big")) + deliver[12:20] + b"\0"
        )

    def _exactly(self, octets: int) -> bytes:
        data = b""
        while len(data) < octets:
            more = self.line.recv(octets - len(data))
            assert more, "the line broke"
            data += more
        return data


@pytest.fixture
def provider(operator: Simulated) -> Iterator[Provider]:
    with socket.create_connection(("127.0.0.1", operator.simulator.ports["cmpp"]), timeout=10) as line:
        yield Provider(line)


def test_submit_and_report(operator: Simulated, provider: Provider) -> None:
    assert provider.log_in() == 0
    answer = provider.submit("您好，世界")
    assert answer.status == 0
    deliver = provider.frame()
    assert int.from_bytes(deliver[4:8], "big") == DELIVER
    assert len(deliver) == 145
    assert deliver[20:41].rstrip(b"\0") == b"10657000"
    assert deliver[75:77] == b"\x01\x3c"
    report = deliver[77:137]
    assert int.from_bytes(report[:8], "big") == answer.msg_id
    assert report[8:15] == b"DELIVRD"
    assert report[35:56].rstrip(b"\0") == PHONE.encode()
    provider.acknowledge(deliver)
    operator.wait_for(reports_acknowledged=1, open_reports=0)
    assert operator.texts(PHONE)[0].text == "您好，世界"


def test_long_text(operator: Simulated, provider: Provider) -> None:
    provider.log_in()
    for number, part in enumerate(("长" * 67, "短" * 10), 1):
        assert provider.submit(part, bytes((5, 0, 3, 42, 2, number)), 2, number).status == 0
    (text,) = operator.texts(PHONE)
    assert text.text == "长" * 67 + "短" * 10


def test_what_a_phone_writes_and_leave(operator: Simulated, provider: Provider) -> None:
    provider.log_in()
    operator.say(PHONE, "退订", "1065700088")
    deliver = provider.frame()
    assert deliver[20:41].rstrip(b"\0") == b"1065700088"
    assert (deliver[53], deliver[54:75].rstrip(b"\0"), deliver[75]) == (8, PHONE.encode(), 0)
    assert deliver[77 : 77 + deliver[76]].decode("utf-16-be") == "退订"
    provider.acknowledge(deliver)
    provider.line.sendall(request.TerminateRequestInstance().create())
    assert provider.frame()[4:8] == bytes.fromhex("80000002")
    assert provider.line.recv(1) == b""


def test_wrong_secret(operator: Simulated, provider: Provider) -> None:
    assert provider.log_in("wrong") == 3
    assert provider.line.recv(1) == b""


def test_too_fast(operator: Simulated, provider: Provider) -> None:
    provider.log_in()
    operator.faults(throttle_every_n=1)
    assert provider.submit("x").status == 8

"""The PyPI package pycmpp as a peer of the hub: CMPP 2.0 written by others, over a socket of ours."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from pycmpp import request

from tests.interop.peered import Peered
from tests.interop.test_simulator_pycmpp import DELIVER, PHONE, Provider

pytestmark = pytest.mark.interop
SHOWN = "+86" + PHONE


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Peered]:
    with Peered(tmp_path, name="900001", secret="888888", numbers=("1065700088",)) as started:
        yield started


@pytest.fixture
def provider(hub: Peered) -> Iterator[Provider]:
    with socket.create_connection(("127.0.0.1", hub.hub.cmpp_port), timeout=10) as line:
        yield Provider(line)


def test_submit_and_report(hub: Peered, provider: Provider) -> None:
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
    assert hub.texts(SHOWN) == ["您好，世界"]


def test_long_text(hub: Peered, provider: Provider) -> None:
    provider.log_in()
    ids = set()
    for number, part in enumerate(("长" * 67, "短" * 10), 1):
        answer = provider.submit(part, bytes((5, 0, 3, 42, 2, number)), 2, number)
        assert answer.status == 0
        ids.add(answer.msg_id)
    reports = set()
    for _ in range(2):
        deliver = provider.frame()
        reports.add(int.from_bytes(deliver[77:85], "big"))
        provider.acknowledge(deliver)
    assert reports == ids
    assert hub.texts(SHOWN) == ["长" * 67 + "短" * 10]


def test_what_a_phone_writes_and_leave(hub: Peered, provider: Provider) -> None:
    provider.log_in()
    hub.say(SHOWN, "退订", "1065700088")
    deliver = provider.frame()
    assert deliver[20:41].rstrip(b"\0") == b"1065700088"
    assert (deliver[53], deliver[54:75].rstrip(b"\0"), deliver[75]) == (8, PHONE.encode(), 0)
    assert deliver[77 : 77 + deliver[76]].decode("utf-16-be") == "退订"
    provider.acknowledge(deliver)
    provider.line.sendall(request.TerminateRequestInstance().create())
    assert provider.frame()[4:8] == bytes.fromhex("80000002")
    assert provider.line.recv(1) == b""


def test_wrong_secret(provider: Provider) -> None:
    assert provider.log_in("wrong") == 3
    assert provider.line.recv(1) == b""

"""The PyPI package smpplib as an ESME of the simulator, over real sockets."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import smpplib.client
import smpplib.consts as consts
import smpplib.exceptions
import smpplib.gsm

from tests.interop.simulated import Simulated

pytestmark = pytest.mark.interop
PHONE = "8613800138000"


class Esme:
    """A bound smpplib client that keeps what it gets."""

    def __init__(self, client: smpplib.client.Client) -> None:
        self.client = client
        self.sent: list[Any] = []
        self.got: list[Any] = []
        self.errors: list[Any] = []
        client.set_message_sent_handler(lambda pdu: self.sent.append(pdu))
        client.set_message_received_handler(lambda pdu: self.got.append(pdu))
        client.set_error_pdu_handler(lambda pdu: self.errors.append(pdu))

    def submit(self, octets: bytes, coding: int = consts.SMPP_ENCODING_ISO10646, **fields: Any) -> None:
        self.client.send_message(
            source_addr_ton=0, source_addr_npi=1, source_addr="10657000",
            dest_addr_ton=1, dest_addr_npi=1, destination_addr=PHONE,
            short_message=octets, data_coding=coding, registered_delivery=1, **fields,
        )  # fmt: skip

    def read(self, pdus: int) -> None:
        """Take so many PDUs."""
        for _ in range(pdus):
            self.client.read_once(auto_send_enquire_link=False)


@contextmanager
def bound(operator: Simulated, kind: str = "transceiver", password: str = "secret08") -> Iterator[Esme]:
    port = operator.simulator.ports["smpp"]
    client = smpplib.client.Client("127.0.0.1", port, timeout=10, allow_unknown_opt_params=True)
    client.connect()
    try:
        getattr(client, f"bind_{kind}")(system_id="caiyou", password=password)
        yield Esme(client)
        if client.state != consts.SMPP_CLIENT_STATE_OPEN:
            client.unbind()
    finally:
        client.disconnect()


@pytest.fixture
def operator() -> Iterator[Simulated]:
    with Simulated(report_delay_s=0.05) as started:
        yield started


def test_submit_and_receipt(operator: Simulated) -> None:
    with bound(operator) as esme:
        esme.submit("您好，世界😀".encode("utf-16-be"))
        esme.read(2)
        (answer,) = esme.sent
        (receipt,) = esme.got
        assert answer.status == 0
        assert receipt.esm_class == 0x04
        assert receipt.receipted_message_id == answer.message_id
        assert receipt.message_state == consts.SMPP_MESSAGE_STATE_DELIVERED
        assert receipt.short_message.startswith(b"id:" + answer.message_id + b" sub:001 dlvrd:001 submit date:")
        assert (receipt.source_addr, receipt.destination_addr) == (PHONE.encode(), b"10657000")
    tally = operator.wait_for(reports_acknowledged=1, open_reports=0)
    assert (tally["submits"], tally["repeated"], tally["peer_errors"]) == (1, 0, 0)
    (text,) = operator.texts(PHONE)
    assert (text.text, text.word) == ("您好，世界😀", "DELIVRD")


def test_long_text_cut_by_smpplib_is_one_text_on_the_phone(operator: Simulated) -> None:
    text = "a long text, with € and {braces}. " * 12
    parts, coding, udhi = smpplib.gsm.make_parts(text)
    assert len(parts) > 2
    with bound(operator) as esme:
        for part in parts:
            esme.submit(part, coding, esm_class=udhi)
        esme.read(2 * len(parts))
        assert len({it.message_id for it in esme.sent}) == len(parts)
        assert sorted(it.receipted_message_id for it in esme.got) == sorted(it.message_id for it in esme.sent)
    (shown,) = operator.texts(PHONE)
    assert (shown.text, shown.total, shown.word) == (text, len(parts), "DELIVRD")


def test_message_payload(operator: Simulated) -> None:
    with bound(operator) as esme:
        esme.submit(b"", message_payload=("长" * 300).encode("utf-16-be"))
        esme.read(2)
    assert operator.texts(PHONE)[0].text == "长" * 300


def test_what_a_phone_writes(operator: Simulated) -> None:
    with bound(operator, "receiver") as esme:
        operator.say("13800138000", "退订", "106570008")
        esme.read(1)
        (got,) = esme.got
        assert (got.source_addr, got.destination_addr) == (PHONE.encode(), b"106570008")
        assert (got.data_coding, got.short_message.decode("utf-16-be")) == (8, "退订")
        operator.wait_for(messages_acknowledged=1)
    assert operator.texts(PHONE)[0].word == "taken"


def test_transmitter_submits_and_receiver_gets_the_receipt(operator: Simulated) -> None:
    with bound(operator, "transmitter") as sender, bound(operator, "receiver") as receiver:
        sender.submit(b"\x4e\x00")
        sender.read(1)
        receiver.read(1)
        assert receiver.got[0].receipted_message_id == sender.sent[0].message_id


def test_query(operator: Simulated) -> None:
    answers: list[Any] = []
    with bound(operator) as esme:
        esme.client.set_query_resp_handler(answers.append)
        esme.submit(b"\x4e\x00")
        esme.read(2)
        message_id = esme.sent[0].message_id
        esme.client.query_message(
            message_id=message_id.decode(), source_addr_ton=0, source_addr_npi=1, source_addr="10657000"
        )
        esme.read(1)
    assert (answers[0].message_id, answers[0].message_state) == (message_id, 2)


def test_wrong_password_is_told(operator: Simulated) -> None:
    with pytest.raises(smpplib.exceptions.PDUError) as wrong, bound(operator, password="nonsense"):
        pass
    assert wrong.value.args[1] == consts.SMPP_ESME_RINVPASWD


def test_faults_as_a_client_meets_them(operator: Simulated) -> None:
    with bound(operator) as esme:
        operator.faults(throttle_every_n=1)
        esme.submit(b"\x4e\x00")
        esme.read(1)
        assert esme.errors[-1].status == consts.SMPP_ESME_RTHROTTLED
        operator.faults(throttle_every_n=0, refuse_numbers={"138": consts.SMPP_ESME_RINVDSTADR})
        esme.submit(b"\x4e\x01")
        esme.read(1)
        assert esme.errors[-1].status == consts.SMPP_ESME_RINVDSTADR
        operator.faults(refuse_numbers={}, report_before_response=True)
        sent = len(esme.sent)
        esme.submit(b"\x4e\x02")
        esme.read(1)
        assert (len(esme.got), len(esme.sent)) == (1, sent)
        esme.read(1)
        assert esme.got[0].receipted_message_id == esme.sent[-1].message_id
        operator.faults(report_before_response=False, drop_line_after_n_pdus=1)
        esme.submit(b"\x4e\x03")
        with pytest.raises((smpplib.exceptions.ConnectionError, OSError)):
            esme.read(1)
        esme.client.state = consts.SMPP_CLIENT_STATE_OPEN
    operator.faults(drop_line_after_n_pdus=0)
    with bound(operator) as esme:
        esme.read(1)  # what was not told on the broken line
        assert esme.got[0].message_state == consts.SMPP_MESSAGE_STATE_DELIVERED


def test_silence(operator: Simulated) -> None:
    operator.faults(silent=True)
    client = smpplib.client.Client(
        "127.0.0.1", operator.simulator.ports["smpp"], timeout=0.3, allow_unknown_opt_params=True
    )
    client.connect()
    try:
        with pytest.raises((socket.timeout, smpplib.exceptions.ConnectionError)):
            client.bind_transceiver(system_id="caiyou", password="secret08")
    finally:
        client.state = consts.SMPP_CLIENT_STATE_OPEN
        client.disconnect()

"""The PyPI package smpplib as a peer of the hub."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import smpplib.client
import smpplib.consts as consts
import smpplib.gsm

from tests.interop.peered import Peered
from tests.interop.test_simulator_smpplib import PHONE, Esme

pytestmark = pytest.mark.interop
SHOWN = "+" + PHONE


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Peered]:
    with Peered(tmp_path, numbers=("106570008",)) as started:
        yield started


@contextmanager
def bound(hub: Peered, kind: str = "transceiver") -> Iterator[Esme]:
    client = smpplib.client.Client("127.0.0.1", hub.hub.smpp_port, timeout=10, allow_unknown_opt_params=True)
    client.connect()
    try:
        getattr(client, f"bind_{kind}")(system_id="caiyou", password="secret08")
        yield Esme(client)
        if client.state != consts.SMPP_CLIENT_STATE_OPEN:
            client.unbind()
    finally:
        client.disconnect()


def test_submit_and_receipt(hub: Peered) -> None:
    with bound(hub) as esme:
        esme.submit("您好，世界😀".encode("utf-16-be"))
        esme.read(2)
        (answer,) = esme.sent
        (receipt,) = esme.got
        assert receipt.esm_class == 0x04
        assert receipt.receipted_message_id == answer.message_id
        assert receipt.message_state == consts.SMPP_MESSAGE_STATE_DELIVERED
        assert receipt.short_message.startswith(b"id:" + answer.message_id + b" sub:001 dlvrd:001 submit date:")
        assert (receipt.source_addr, receipt.destination_addr) == (PHONE.encode(), b"10657000")
    assert hub.texts(SHOWN) == ["您好，世界😀"]


def test_long_text_cut_by_smpplib_is_one_text_on_the_phone(hub: Peered) -> None:
    text = "a long text, with € and {braces}. " * 12
    parts, coding, udhi = smpplib.gsm.make_parts(text)
    assert len(parts) > 2
    with bound(hub) as esme:
        for part in parts:
            esme.submit(part, coding, esm_class=udhi)
        esme.read(2 * len(parts))
        assert len({it.message_id for it in esme.sent}) == len(parts)
        assert sorted(it.receipted_message_id for it in esme.got) == sorted(it.message_id for it in esme.sent)
    assert hub.texts(SHOWN) == [text]


def test_transmitter_and_receiver(hub: Peered) -> None:
    with bound(hub, "transmitter") as sender, bound(hub, "receiver") as receiver:
        sender.submit(b"\x4e\x00")
        sender.read(1)
        receiver.read(1)
        assert receiver.got[0].receipted_message_id == sender.sent[0].message_id
        hub.say(SHOWN, "退订", "106570008")
        receiver.read(1)
        assert receiver.got[1].short_message.decode("utf-16-be") == "退订"

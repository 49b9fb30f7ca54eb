"""What a trace does not show, and that every PDU keeps its length and its meaning."""

from __future__ import annotations

import random

import pytest

from carriers.cmpp import wire as cmpp
from carriers.cmpp.pdu import Version
from carriers.masking import HEAD, MAX_PDU, Frames, begins_like_pdu, masked
from carriers.smpp import pdu, tlv
from carriers.wire import TOOLS
from tests.unit.carriers.cmpp import cmpp_vectors
from tests.unit.carriers.sgip import sgip_vectors
from tests.unit.carriers.smgp import smgp_vectors
from tests.unit.carriers.smpp import smpp_vectors

SMPP = TOOLS["smpp"]
NUMBER, TEXT = "8613800138000", "验证码 482913"


@pytest.mark.parametrize("everything", [False, True])
@pytest.mark.parametrize("kind", [pdu.BindTransceiver, pdu.BindReceiver, pdu.BindTransmitter, pdu.Outbind])
def test_passwords_of_smpp_never_show(kind: type, everything: bool) -> None:
    whole = kind("caiyou", "secret08").encode()
    shown = masked(whole, SMPP, everything=everything)
    assert b"secret08" not in shown
    assert b"caiyou\0********\0" in shown
    assert len(shown) == len(whole)


def test_the_digest_of_cmpp_never_shows() -> None:
    """It is all somebody needs to try secrets until one fits."""
    line = {
        "PDU": "CONNECT", "Sequence_Id": 1, "Source_Addr": "900001", "AuthenticatorSource": "5a" * 16,
        "Version": 0x20, "Timestamp": 1021080510,
    }  # fmt: skip
    whole = cmpp.encode_line(line, Version.V2)
    shown = masked(whole, TOOLS["cmpp2"], everything=False)
    assert b"Z" * 16 in whole
    assert shown == whole.replace(b"Z" * 16, bytes(16))


def test_texts_and_numbers_show_until_they_are_to_be_struck_out() -> None:
    whole = pdu.SubmitSm(
        source_addr="10657000", destination_addr=NUMBER, data_coding=8, short_message=TEXT.encode("utf-16-be")
    ).encode()
    assert masked(whole, SMPP, everything=False) == whole
    shown = masked(whole, SMPP, everything=True)
    assert len(shown) == len(whole)
    assert NUMBER.encode() not in shown
    assert b"*********8000" in shown
    assert TEXT.encode("utf-16-be") not in shown


def test_headers_of_parts_and_words_of_receipts_stay() -> None:
    header = b"\x05\x00\x03\x07\x02\x01"
    part = pdu.SubmitSm(destination_addr=NUMBER, esm_class=0x40, short_message=header + b"secret words").encode()
    shown = masked(part, SMPP, everything=True)
    assert header in shown
    assert b"secret" not in shown
    payload = pdu.DataSm(destination_addr=NUMBER, tlvs=(tlv.make("message_payload", b"secret words"),)).encode()
    assert b"secret" not in masked(payload, SMPP, everything=True)
    words = b"id:123 sub:001 dlvrd:001 submit date:2611250241 done date:2611250241 stat:DELIVRD err:000 text:secret"
    report = pdu.DeliverSm(source_addr=NUMBER, esm_class=0x04, short_message=words).encode()
    shown = masked(report, SMPP, everything=True)
    assert b"id:123" in shown
    assert b"stat:DELIVRD" in shown
    assert b"secret" not in shown


def _frames() -> list[tuple[str, bytes]]:
    found = [("smpp", bytes.fromhex(octets)) for octets, _ in smpp_vectors.VECTORS.values()]
    found += [(f"cmpp{vector.version >> 4}", vector.frame) for vector in cmpp_vectors.VECTORS]
    found += [("sgip", vector.frame) for vector in sgip_vectors.VECTORS]
    return found + [("smgp", vector.frame) for vector in smgp_vectors.VECTORS]


@pytest.mark.parametrize("everything", [False, True])
def test_every_pdu_keeps_its_length_and_stays_readable(everything: bool) -> None:
    for name, frame in _frames():
        shown = masked(frame, TOOLS[name], everything=everything)
        assert len(shown) == len(frame)
        assert shown[:HEAD] == frame[:HEAD]


@pytest.mark.parametrize("secret", [b"sppass", bytes.fromhex("ca0eff036f70aa1116b8e5df1d55cf48")])
def test_passwords_of_sgip_and_digests_of_smgp_never_show(secret: bytes) -> None:
    holding = [(name, frame) for name, frame in _frames() if secret in frame]
    assert holding
    for name, frame in holding:
        assert secret not in masked(frame, TOOLS[name], everything=False)


@pytest.mark.parametrize(
    ("protocol", "text", "number"),
    [
        ("sgip", "testsmssgip123".encode("utf-16-be"), b"18026901024"),
        ("sgip", "你好".encode("gbk"), b"8613001125453"),
        ("smgp", b"hello test msg", b"17600000000"),
        ("smgp", "电信".encode("utf-16-be"), b"13301234567"),
    ],
)
def test_texts_and_numbers_of_sgip_and_smgp(protocol: str, text: bytes, number: bytes) -> None:
    holding = [frame for name, frame in _frames() if name == protocol and text in frame and number in frame]
    assert holding
    for frame in holding:
        shown = masked(frame, TOOLS[protocol], everything=True)
        assert text not in shown
        assert number not in shown
        assert number[-4:] in shown


def test_no_octets_whatever_stop_a_trace() -> None:
    dice = random.Random(11)
    frames = _frames()
    for _ in range(3000):
        name, frame = dice.choice(frames)
        spoilt = bytearray(frame)
        for _ in range(dice.randrange(1, 6)):
            spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
        cut = bytes(spoilt[: dice.randrange(1, len(spoilt) + 1)])
        for tool in (TOOLS[name], TOOLS["smpp"], None):
            assert len(masked(cut, tool, everything=dice.random() < 0.5)) == len(cut)


def test_what_cannot_be_read_and_could_be_a_login_is_struck_out() -> None:
    broken = pdu.BindTransceiver("caiyou", "secret08").encode()[:-6]
    broken = len(broken).to_bytes(4, "big") + broken[4:]
    assert b"secret08" not in masked(broken, SMPP, everything=False)
    assert b"secret08" not in masked(broken, None, everything=False)
    other = pdu.SubmitSm(destination_addr=NUMBER, short_message=b"hello").encode()
    assert masked(other, None, everything=False) == other
    assert b"hello" not in masked(other, None, everything=True)


def test_a_stream_is_cut_into_pdus_wherever_it_is_divided() -> None:
    pdus = [pdu.EnquireLink(sequence_number=n).encode() for n in range(5)]
    stream = b"".join(pdus)
    for size in (1, 3, 16, 17, len(stream)):
        frames = Frames()
        found = [one for at in range(0, len(stream), size) for one in frames.feed(stream[at : at + size])]
        assert found == pdus


def test_from_a_length_that_cannot_be_on_octets_come_as_they_are() -> None:
    for length in (0, HEAD - 1, MAX_PDU + 1, 0xFFFFFFFF):
        frames = Frames()
        garbage = length.to_bytes(4, "big") + b"HTTP/1.1 400"
        assert frames.feed(garbage) == [garbage]
        assert frames.feed(b"more") == [b"more"]


def test_the_rest_of_a_pdu_is_told_from_the_beginning_of_one() -> None:
    whole = pdu.SubmitSm(destination_addr=NUMBER, short_message=TEXT.encode("utf-16-be")).encode()
    assert begins_like_pdu(whole)
    assert not any(begins_like_pdu(whole[at:]) for at in range(17, len(whole)))

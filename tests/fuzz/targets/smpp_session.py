"""Our side of an SMPP line after its bind: whatever the SMSC sends, nothing raises and no submit is forgotten."""

from __future__ import annotations

from collections.abc import Iterator

from carriers.smpp import pdu, receipts
from carriers.smpp.carrier import SmppConfig, SmppSession
from carriers.smpp.tlv import Tlv
from tests.fuzz.line import ACKNOWLEDGE, CLOSE, FRAME, RAW, SUBMIT, TICK, drive
from tests.fuzz.target import Target, script
from tests.unit.carriers.smpp.smpp_vectors import VECTORS

_CONFIGS = tuple(
    SmppConfig("smsc", system_id="esme01", password="pw123456", access_number="10690001", window=4, **settings)
    for settings in (
        {},
        {"default_alphabet": "latin1", "message_id_form": "any", "long_message": "sar"},
        {"default_alphabet": "ascii", "message_id_form": "hex-submit", "long_message": "payload"},
        {"bind": "receiver", "message_id_form": "decimal-submit"},
    )
)
_ANSWERS = {
    "transceiver": pdu.BindTransceiverResp("SMSC", tlvs=(Tlv(0x0210, b"\x34"),)),
    "receiver": pdu.BindReceiverResp("SMSC"),
}


def check(data: bytes) -> None:
    if not data:
        return
    config = _CONFIGS[data[0] % len(_CONFIGS)]
    session = SmppSession(config)
    session.start(0.0)
    if data[0] < 192:
        session.receive(_ANSWERS[config.bind].encode(1), 0.0)
    drive(session, data[1:], 0.0)


def seeds() -> Iterator[bytes]:
    frames = [bytes.fromhex(octets) for octets, _ in VECTORS.values()]
    text, tlvs = receipts.write("2A3F9D01", 2, submitted="2601011200", done="2601011201", text="hello")
    frames += [
        pdu.SubmitSmResp("2A3F9D01").encode(2),
        pdu.GenericNack(command_status=3).encode(2),
        pdu.DeliverSm(source_addr="8613800138000", esm_class=4, short_message=text, tlvs=tlvs).encode(9),
        pdu.DeliverSm(esm_class=0x44, short_message=b"\5\0\3\1\2\1" + text).encode(10),
        pdu.DataSm(data_coding=8, tlvs=(Tlv(0x0424, "id:1 stat:DELIVRD".encode("utf-16-be")),), esm_class=4).encode(11),
        pdu.DataSm(data_coding=5, tlvs=(Tlv(0x0424, "日本".encode("shift_jis")),)).encode(12),
        pdu.Outbind("SMSC", "x").encode(13),
        pdu.AlertNotification(source_addr="1").encode(14),
        pdu.Unbind().encode(15),
    ]
    for number, frame in enumerate(frames):
        yield bytes((number,)) + script(
            (SUBMIT, b"hello"), (FRAME, frame[4:]), (ACKNOWLEDGE, b""), (RAW, frame), (TICK, b"\x1f"), (CLOSE, b"")
        )
    yield b"\0" + script((SUBMIT, "验证码 123456".encode()), (RAW, b"".join(frames)), (CLOSE, b""), (TICK, b"\6"))
    yield b"\xff" + script((RAW, b"".join(frames)), (TICK, b"\xff"))


TARGET = Target(
    check,
    seeds,
    max_len=2048,
    words=(
        b"id:", b"stat:", b"err:", b"done date:", b"text:", b"\0\x1e\0\1", b"\4\x24\0\1", b"\0\0\0\2",
        *(command_id.to_bytes(4, "big") for command_id in pdu.PDUS),
    ),
)  # fmt: skip

"""Wireshark's dissectors as judges of both codecs: every PDU of a session, from a capture file we write."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from carriers.cmpp import events as cmpp_events
from carriers.cmpp.pdu import Deliver, DeliverResp, Query, Submit
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.rules import Role as CmppRole
from carriers.simulator.cmpp_line import CmppLine
from carriers.simulator.config import SimulatorConfig
from carriers.simulator.line import SimulatedLine
from carriers.simulator.operator import Operator
from carriers.simulator.server import BEIJING
from carriers.simulator.smpp_line import SmppLine
from carriers.smpp import pdu, tlv
from carriers.smpp.layout import DestinationAddress
from carriers.smpp.protocol import RequestReceived, SmppProtocol
from carriers.smpp.states import Role
from tests.interop.need import need
from tests.interop.pcap import Sent, write

pytestmark = pytest.mark.interop
MOMENT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=BEIJING)
PHONE = "8613800138000"


def pump(
    line: SimulatedLine, peer: SmppProtocol | CmppProtocol, answer: Callable[[Any], None], session: list[Sent]
) -> None:
    """Pass octets both ways until there are none, and note them."""
    while True:
        asked = peer.data_to_send()
        if asked:
            session.append(Sent(False, asked))
            line.receive(asked, 0.0)
        answered = line.data_to_send()
        if answered:
            session.append(Sent(True, answered))
            peer.receive(answered, 0.0)
            for event in peer.events():
                answer(event)
        if not asked and not answered:
            return


def dissect(path: Path, protocol: str, port: int) -> list[dict[str, list[str]]]:
    """The fields of every PDU as the dissector names them; fails for anything it finds fault with."""
    command = [
        need("tshark"),
        "-r",
        str(path),
        "-d",
        f"tcp.port=={port},{protocol}",
        "-T",
        "json",
        "--no-duplicate-keys",
    ]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    found = []
    for packet in json.loads(done.stdout):
        layers = packet["_source"]["layers"]
        assert "_ws.malformed" not in layers
        inside = layers.get(protocol, [])
        for one in inside if isinstance(inside, list) else [inside]:
            fields: dict[str, list[str]] = {}
            _flatten(one, fields)
            assert not [name for name in fields if name.startswith(("_ws.expert", "_ws.malformed"))], fields
            found.append(fields)
    return found


def _flatten(tree: Any, fields: dict[str, list[str]]) -> None:
    for name, value in tree.items():
        for it in value if isinstance(value, list) else [value]:
            if isinstance(it, dict):
                fields.setdefault(name, [])
                _flatten(it, fields)
            else:
                fields.setdefault(name, []).append(str(it))


def only(found: list[dict[str, list[str]]], **wanted: str) -> dict[str, list[str]]:
    """The one PDU that has these values."""
    names = {name.replace("__", "."): value for name, value in wanted.items()}
    (one,) = [it for it in found if all(it.get(name) == [value] for name, value in names.items())]
    return one


def test_smpp(tmp_path: Path) -> None:
    operator = Operator(SimulatorConfig(report_delay_s=0.0), lambda: MOMENT)
    line = SmppLine(operator, "capture", 0.0)
    esme = SmppProtocol(Role.ESME)
    session: list[Sent] = []

    def answer(event: Any) -> None:
        if isinstance(event, RequestReceived):
            esme.respond(event.request, pdu.DeliverSmResp())

    def ask(request: Any) -> None:
        esme.send_request(request, 0.0)
        pump(line, esme, answer, session)

    to = {"source_addr": "10657000", "source_addr_npi": 1, "dest_addr_ton": 1, "dest_addr_npi": 1}
    ask(pdu.BindTransceiver("caiyou", "secret08", "VMA", address_range="^10657000"))
    ask(pdu.SubmitSm(**to, destination_addr=PHONE, registered_delivery=1, data_coding=8,
                     validity_period="000007000000000R", short_message="验证码".encode("utf-16-be")))  # fmt: skip
    sar = (tlv.make("sar_msg_ref_num", 300), tlv.make("sar_total_segments", 2), tlv.make("sar_segment_seqnum", 1))
    ask(pdu.SubmitSm(**to, destination_addr=PHONE, short_message=b"one", tlvs=sar))
    payload = tlv.make("message_payload", b"\x05\x00\x03\x07\x02\x01" + b"x" * 200)
    ask(pdu.SubmitSm(**to, destination_addr=PHONE, esm_class=0x40, tlvs=(payload,)))
    ask(pdu.DataSm(source_addr="10657000", destination_addr=PHONE, tlvs=(tlv.make("message_payload", b"data"),)))
    phones = (DestinationAddress(PHONE, 1, 1), DestinationAddress("nobody", 5, 0))
    ask(pdu.SubmitMulti(source_addr="10657000", short_message=b"many", dest_addresses=phones))
    message_id = next(iter(operator.messages))
    operator.tick(0.0)
    ask(pdu.QuerySm(message_id, source_addr="10657000"))
    ask(pdu.CancelSm(message_id=message_id, source_addr="10657000", destination_addr=PHONE))
    ask(pdu.ReplaceSm(message_id, source_addr="10657000", short_message=b"other"))
    ask(pdu.EnquireLink())
    operator.say(PHONE, "退订", "1065700099", 0.0)
    esme.unbind(0.0)
    pump(line, esme, answer, session)
    write(tmp_path / "smpp.pcap", 2775, session)

    found = dissect(tmp_path / "smpp.pcap", "smpp", 2775)
    commands = [it["smpp.command_id"][0] for it in found]
    sent = b"".join(it.data for it in session)
    expected, at = [], 0
    while at < len(sent):
        expected.append(f"0x{int.from_bytes(sent[at + 4 : at + 8], 'big'):08x}")
        at += int.from_bytes(sent[at : at + 4], "big")
    assert commands == expected
    assert len(commands) >= 24
    bind = only(found, smpp__command_id="0x00000009")
    assert [bind[f"smpp.{name}"] for name in ("system_id", "password", "system_type", "address_range")] == [
        ["caiyou"], ["secret08"], ["VMA"], ["^10657000"]
    ]  # fmt: skip
    assert only(found, smpp__command_id="0x80000009")["smpp.SC_interface_version"] == ["52"]
    first = only(found, smpp__command_id="0x00000004", smpp__data_coding="0x08")
    assert (first["smpp.destination_addr"], first["smpp.source_addr"]) == ([PHONE], ["10657000"])
    assert first["smpp.message"] == ["验证码".encode("utf-16-be").hex(":")]
    segment = only(found, smpp__sar_msg_ref_num="300")
    assert (segment["smpp.sar_total_segments"], segment["smpp.sar_segment_seqnum"]) == (["2"], ["1"])
    receipt = only(found, smpp__receipted_message_id=message_id)
    assert (receipt["smpp.command_id"], receipt["smpp.message_state"]) == (["0x00000005"], ["2"])
    query = only(found, smpp__command_id="0x80000003")
    assert (query["smpp.message_id"], query["smpp.message_state"]) == ([message_id], ["2"])
    assert only(found, smpp__command_id="0x80000021")["smpp.error_status_code"] == ["0x0000000b"]
    written = only(found, smpp__destination_addr="1065700099")
    assert written["smpp.message"] == ["退订".encode("utf-16-be").hex(":")]


def test_cmpp(tmp_path: Path) -> None:
    operator = Operator(SimulatorConfig(report_delay_s=0.0), lambda: MOMENT)
    line = CmppLine(operator, "capture", 0.0)
    provider = CmppProtocol(CmppRole.PROVIDER)
    session: list[Sent] = []

    def answer(event: Any) -> None:
        if isinstance(event, cmpp_events.RequestReceived) and isinstance(event.pdu, Deliver):
            provider.respond(event.sequence_id, DeliverResp(event.pdu.msg_id, 0))

    def ask(request: Any) -> None:
        provider.send_request(request, 0.0)
        pump(line, provider, answer, session)

    provider.log_in("900001", "888888", 0x30, MOMENT, 0.0)
    pump(line, provider, answer, session)
    ask(Submit(registered_delivery=1, service_id=b"MSXZ", fee_user_type=2, msg_fmt=8, msg_src=b"900001",
               fee_type=b"01", fee_code=b"000010", src_id=b"10657000", dest_terminal_id=(b"13800138000",),
               msg_content="验证码".encode("utf-16-be")))  # fmt: skip
    ask(Submit(msg_src=b"900001", src_id=b"10657000", dest_terminal_id=(b"13800138001", b"13800138002"),
               msg_content=b"two phones"))  # fmt: skip
    ask(Query(b"20260102"))
    operator.tick(0.0)
    operator.say("13800138000", "TD", "1065700099", 0.0)
    pump(line, provider, answer, session)
    provider.leave(0.0)
    pump(line, provider, answer, session)
    # The dissector looks at one PDU after the other, as they lie in the segments.
    write(tmp_path / "cmpp.pcap", 7890, session)

    found = dissect(tmp_path / "cmpp.pcap", "cmpp", 7890)
    sent = b"".join(it.data for it in session)
    expected, at = [], 0
    while at < len(sent):
        expected.append(int.from_bytes(sent[at + 4 : at + 8], "big"))
        at += int.from_bytes(sent[at : at + 4], "big")
    assert [int(it["cmpp.Command_Id"][0], 0) for it in found] == expected
    login = only(found, **{"cmpp.connect.Source_Addr": "900001"})
    assert login["cmpp.connect.Timestamp"] == ["01/02 03:04:05"]
    submit = only(found, **{"cmpp.Servicd_Id": "MSXZ", "cmpp.submit.Src_Id": "10657000"})
    assert submit["cmpp.Dest_terminal_Id"] == ["13800138000"]
    assert (submit["cmpp.submit.FeeCode"], submit["cmpp.Msg_Length"]) == (["000010"], ["6"])
    report = only(found, **{"cmpp.deliver.Report.Status": "DELIVRD"})
    assert report["cmpp.deliver.Src_terminal_Id"] == ["13800138000"]
    assert report["cmpp.deliver.Report.Submit_time"] == ["2601020304"]
    written = only(found, **{"cmpp.deliver.Dest_Id": "1065700099"})
    assert written["cmpp.Msg_Length"] == ["2"]


def test_the_judge_finds_fault(tmp_path: Path) -> None:
    broken = bytearray(pdu.SubmitSm(destination_addr=PHONE, short_message=b"hello").encode(1))
    broken[-6] = 200  # sm_length
    write(tmp_path / "broken.pcap", 2775, [Sent(False, bytes(broken))])
    with pytest.raises(AssertionError):
        dissect(tmp_path / "broken.pcap", "smpp", 2775)

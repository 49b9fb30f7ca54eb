"""Frames with the values in them: packets of a public test suite, and frames that were computed from the tables of the
specification and read alike by up to three independent implementations (in Java and Go)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Vector:
    """One frame; `fields` by their names in the specification, `text` and `report` as a person reads them."""

    name: str
    frame: bytes
    fields: dict[str, Any]
    text: str = ""
    report: dict[str, Any] = field(default_factory=dict)


VECTORS = [
    Vector(
        "LOGIN (client id shorter than 8, unpadded in the MD5)",
        bytes.fromhex("0000002a00000001000000017465737469640000ca0eff036f70aa1116b8e5df1d55cf48003cdc73be30"),
        {
            "PDU": "Login",
            "PacketLength": 42,
            "RequestID": "0x00000001",
            "SequenceID": 1,
            "ClientID": "testid",
            "AuthenticatorClient": "ca0eff036f70aa1116b8e5df1d55cf48",
            "LoginMode": 0,
            "TimeStamp": 1021080510,
            "ClientVersion": 48,
        },
    ),
    Vector(
        "LOGIN (8-character id, transmit mode, leading-zero timestamp)",
        bytes.fromhex("0000002a000000010000000131303635303030313be2663de0b3062c00494e56e4b10da00211f0e54030"),
        {
            "PDU": "Login",
            "PacketLength": 42,
            "RequestID": "0x00000001",
            "SequenceID": 1,
            "ClientID": "10650001",
            "AuthenticatorClient": "3be2663de0b3062c00494e56e4b10da0",
            "LoginMode": 2,
            "TimeStamp": 301000000,
            "ClientVersion": 48,
        },
    ),
    Vector(
        "LOGIN_RESP ok",
        bytes.fromhex("000000218000000100000001000000003c6ffb2e027b40b5d6c634c0378de8d730"),
        {
            "PDU": "Login_Resp",
            "PacketLength": 33,
            "RequestID": "0x80000001",
            "SequenceID": 1,
            "Status": 0,
            "AuthenticatorServer": "3c6ffb2e027b40b5d6c634c0378de8d7",
            "ServerVersion": 48,
        },
    ),
    Vector(
        "LOGIN_RESP refused",
        bytes.fromhex("000000218000000100000001000000150000000000000000000000000000000030"),
        {
            "PDU": "Login_Resp",
            "PacketLength": 33,
            "RequestID": "0x80000001",
            "SequenceID": 1,
            "Status": 21,
            "AuthenticatorServer": "00000000000000000000000000000000",
            "ServerVersion": 48,
        },
    ),
    Vector(
        "SUBMIT (no TLV)",
        bytes.fromhex(
            "000000a100000002000004d20601027365727669636549640030003000000000003000000000000f00000000"
            "0000000000000000000000000000000000000000000000000000000000003130363930303031313131000000"
            "0000000000000000000000000000000000000000000000000000000001313736303030303030303000000000"
            "0000000000000e68656c6c6f2074657374206d73670000000000000000"
        ),
        {
            "PDU": "Submit",
            "PacketLength": 161,
            "RequestID": "0x00000002",
            "SequenceID": 1234,
            "MsgType": 6,
            "NeedReport": 1,
            "Priority": 2,
            "ServiceID": "serviceId",
            "FeeType": "0",
            "FeeCode": "0",
            "FixedFee": "0",
            "MsgFormat": 15,
            "ValidTime": "",
            "AtTime": "",
            "SrcTermID": "10690001111",
            "ChargeTermID": "",
            "DestTermIDCount": 1,
            "DestTermID": ["17600000000"],
            "MsgLength": 14,
            "MsgContent": "68656c6c6f2074657374206d7367",
            "Reserve": "",
            "TLVs": [],
        },
        text="hello test msg",
    ),
    Vector(
        "SUBMIT (two destinations, UCS2 long part with TLVs)",
        bytes.fromhex(
            "000000cd00000002000000020601035043325000000000000030303030303030303030303030300800000000"
            "0000000000000000000000000000000000000000000000000000000000003131383132333435360000000000"
            "0000000000000000000000000000000000000000000000000000000002313333303132333435363700000000"
            "0000000000003138393031323334353637000000000000000000000a05000310020175354fe1000000000000"
            "000000020001010009000102000a000101001000083132333435363738"
        ),
        {
            "PDU": "Submit",
            "PacketLength": 205,
            "RequestID": "0x00000002",
            "SequenceID": 2,
            "MsgType": 6,
            "NeedReport": 1,
            "Priority": 3,
            "ServiceID": "PC2P",
            "FeeType": "00",
            "FeeCode": "000000",
            "FixedFee": "000000",
            "MsgFormat": 8,
            "ValidTime": "",
            "AtTime": "",
            "SrcTermID": "118123456",
            "ChargeTermID": "",
            "DestTermIDCount": 2,
            "DestTermID": ["13301234567", "18901234567"],
            "MsgLength": 10,
            "MsgContent": "05000310020175354fe1",
            "Reserve": "",
            "TLVs": [
                {"Tag": "TP_udhi", "Value": 1},
                {"Tag": "PkTotal", "Value": 2},
                {"Tag": "PkNumber", "Value": 1},
                {"Tag": "MsgSrc", "Value": "12345678"},
            ],
        },
        text="电信",
    ),
    Vector(
        "SUBMIT_RESP",
        bytes.fromhex("0000001a80000002000000020100610116170001234500000000"),
        {
            "PDU": "Submit_Resp",
            "PacketLength": 26,
            "RequestID": "0x80000002",
            "SequenceID": 2,
            "MsgID": "01006101161700012345",
            "Status": 0,
        },
    ),
    Vector(
        "SUBMIT_RESP error",
        bytes.fromhex("0000001a8000000200000003000000000000000000000000004b"),
        {
            "PDU": "Submit_Resp",
            "PacketLength": 26,
            "RequestID": "0x80000002",
            "SequenceID": 3,
            "MsgID": "00000000000000000000",
            "Status": 75,
        },
    ),
    Vector(
        "DELIVER (MO, GB18030)",
        bytes.fromhex(
            "0000005d000000030000000401006101161700012345000f3230323630313136313730303031313333303132"
            "33343536370000000000000000000031313831323334353600000000000000000000000004b6a9d4c4000000"
            "0000000000"
        ),
        {
            "PDU": "Deliver",
            "PacketLength": 93,
            "RequestID": "0x00000003",
            "SequenceID": 4,
            "MsgID": "01006101161700012345",
            "IsReport": 0,
            "MsgFormat": 15,
            "RecvTime": "20260116170001",
            "SrcTermID": "13301234567",
            "DestTermID": "118123456",
            "MsgLength": 4,
            "MsgContent": "b6a9d4c4",
            "Reserve": "",
            "TLVs": [],
        },
        text="订阅",
    ),
    Vector(
        "DELIVER (status report, 122-octet content)",
        bytes.fromhex(
            "000000d300000003000000050100610116170001234501003230323630313136313730313035313333303132"
            "3334353637000000000000000000003131383132333435360000000000000000000000007a69643a01006101"
            "161700012345207375623a30303120646c7672643a303031205375626d697420646174653a32363031313631"
            "37303020646f6e6520646174653a3236303131363137303120737461743a44454c49565244206572723a3030"
            "3020546578743a30313468656c6c6f2074657374206d73670000000000000000000000"
        ),
        {
            "PDU": "Deliver",
            "PacketLength": 211,
            "RequestID": "0x00000003",
            "SequenceID": 5,
            "MsgID": "01006101161700012345",
            "IsReport": 1,
            "MsgFormat": 0,
            "RecvTime": "20260116170105",
            "SrcTermID": "13301234567",
            "DestTermID": "118123456",
            "MsgLength": 122,
            "Reserve": "",
            "TLVs": [],
        },
        report={
            "id": "01006101161700012345",
            "sub": "001",
            "dlvrd": "001",
            "submit date": "2601161700",
            "done date": "2601161701",
            "stat": "DELIVRD",
            "err": "000",
            "text": "014hello test msg",
        },
    ),
    Vector(
        "DELIVER_RESP",
        bytes.fromhex("0000001a80000003000000050100610116170001234500000000"),
        {
            "PDU": "Deliver_Resp",
            "PacketLength": 26,
            "RequestID": "0x80000003",
            "SequenceID": 5,
            "MsgID": "01006101161700012345",
            "Status": 0,
        },
    ),
    Vector(
        "ACTIVE_TEST",
        bytes.fromhex("0000000c00000004000004d2"),
        {
            "PDU": "Active_Test",
            "PacketLength": 12,
            "RequestID": "0x00000004",
            "SequenceID": 1234,
        },
    ),
    Vector(
        "ACTIVE_TEST_RESP",
        bytes.fromhex("0000000c80000004000004d2"),
        {
            "PDU": "Active_Test_Resp",
            "PacketLength": 12,
            "RequestID": "0x80000004",
            "SequenceID": 1234,
        },
    ),
    Vector(
        "EXIT",
        bytes.fromhex("0000000c00000006000004d2"),
        {
            "PDU": "Exit",
            "PacketLength": 12,
            "RequestID": "0x00000006",
            "SequenceID": 1234,
        },
    ),
    Vector(
        "EXIT_RESP",
        bytes.fromhex("0000000c80000006000004d2"),
        {
            "PDU": "Exit_Resp",
            "PacketLength": 12,
            "RequestID": "0x80000006",
            "SequenceID": 1234,
        },
    ),
    Vector(
        "DELIVER (said to be a report, which it is not)",
        bytes.fromhex(
            "00000067000000030000007b01020304050607080901010f0000000000000000000000000000313036393030"
            "3030303000000000000000000000003137353030303030303030000000000000000000000e68656c6c6f2074"
            "657374206d73670000000000000000"
        ),
        {
            "PDU": "Deliver",
            "PacketLength": 103,
            "RequestID": "0x00000003",
            "SequenceID": 123,
            "MsgID": "01020304050607080901",
            "IsReport": 1,
            "MsgFormat": 15,
            "RecvTime": "",
            "SrcTermID": "1069000000",
            "DestTermID": "17500000000",
            "MsgLength": 14,
            "MsgContent": b"hello test msg".hex(),
            "Reserve": "",
            "TLVs": [],
        },
    ),
    Vector(
        "DELIVER_RESP (an id that begins with an odd area code)",
        bytes.fromhex("0000001a80000003000004d20101020304050607080900000000"),
        {
            "PDU": "Deliver_Resp",
            "PacketLength": 26,
            "RequestID": "0x80000003",
            "SequenceID": 1234,
            "MsgID": "01010203040506070809",
            "Status": 0,
        },
    ),
]

#: Reports as gateways sent them, from the test suites of two public programs: content, id, dates, stat, err.
REPORTS = [
    (
        bytes.fromhex("69643a10100505301557926339")
        + b" sub:001 dlvrd:001 submit date:1805301557 done date:1805301557 stat:DELIVRD err:000"
        b" Text:fillfillfillfillfill",
        "10100505301557926339", "1805301557", "DELIVRD", "000",
    ),
    (
        bytes.fromhex("69643a05701305301550567501")
        + b"sSub:001sDlvrd:000sSubmit_Date:1805301550sDone_Date:1805301550sStat:DELIVRDsErr:000"
        b"sText:fillfillfillfillfill",
        "05701305301550567501", "1805301550", "DELIVRD", "000",
    ),
    (
        bytes.fromhex("69643a04701501161242686134")
        + b"sSub:001sDlvrd:000sSubmit_Date:2401161242sDone_Date:2401161242sStat:BWLISTSsErr:163"
        b"sText:007BWLISTS" + bytes(10),
        "04701501161242686134", "2401161242", "BWLISTS", "163",
    ),
    (
        bytes.fromhex("69643a01601712291424100007")
        + b" sub:001 dlvrd:001 Submit date:2312291424 done date:2312291424 stat:RT:0148 err:148 Text:" + bytes(20),
        "01601712291424100007", "2312291424", "RT:0148", "148",
    ),
    (
        bytes.fromhex("69643a01601301032038120568")
        + b" sub:001 dlvrd:001 Submit date:2401032038 done date:2401032038 stat:DELIVRD err:000 Text:" + bytes(20),
        "01601301032038120568", "2401032038", "DELIVRD", "000",
    ),
    (
        bytes.fromhex("69643a00006308222132427973")
        + b" sub:001 dlvrd:001 submit date:2508222132 done date:2508222132 stat:DELIVRD err:000 text:" + bytes(20),
        "00006308222132427973", "2508222132", "DELIVRD", "000",
    ),
    (
        b"id:1235123512 sub: dlvrd:1 Done_Date:2210131801 submit date:2210131801 stat:DELIVRD err:0 text:aha",
        b"1235123512".hex(), "2210131801", "DELIVRD", "0",
    ),
]  # fmt: skip

"""SGIP 1.2 frames with the values they hold.

SUBMIT G5 is a frame that was published; the others were computed from the tables of the specification, and read and
written again without a difference by other programs, except USERRPT, which rests on the specification alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Vector:
    """One frame; `fields` under the names of the specification."""

    name: str
    frame: bytes
    fields: dict[str, Any]
    text: str = ""


def _vector(name: str, octets: str, fields: dict[str, Any], text: str = "") -> Vector:
    return Vector(name, bytes.fromhex(octets), fields, text)


VECTORS = [
    _vector(
        "G1 BIND: login type 1, SP to SMG",
        "0000003d00000001b36a5be811f333f20000000101737075736572000000000000000000007370706173730000000000"
        "00000000000000000000000000",
        {
            "Message Length": 61,
            "Command ID": "0x00000001",
            "Sequence Number": "3010092008 0301151218 1",
            "Login Type": 1,
            "Login Name": "spuser",
            "Login Password": "sppass",
            "Reserve": "",
        },
    ),
    _vector(
        "G2 BIND_RESP ok",
        "0000001d80000001b36a5be811f333f200000001000000000000000000",
        {
            "Message Length": 29,
            "Command ID": "0x80000001",
            "Sequence Number": "3010092008 0301151218 1",
            "Result": 0,
            "Reserve": "",
        },
    ),
    _vector(
        "G3 BIND: login type 2, SMG to SP",
        "0000003d000000010001870542c4f1d90000000702736d6775736572000000000000000000736d677061737300000000"
        "00000000000000000000000000",
        {
            "Message Length": 61,
            "Command ID": "0x00000001",
            "Sequence Number": "100101 1120203225 7",
            "Login Type": 2,
            "Login Name": "smguser",
            "Login Password": "smgpass",
            "Reserve": "",
        },
    ),
    _vector(
        "G4 BIND_RESP refused",
        "0000001d800000010001870542c4f1d900000007010000000000000000",
        {
            "Message Length": 29,
            "Command ID": "0x80000001",
            "Sequence Number": "100101 1120203225 7",
            "Result": 1,
            "Reserve": "",
        },
    ),
    _vector(
        "G5 SUBMIT: one user, UCS2",
        "000000c000000003000000001f01f10f0000006231303639303236393331323033000000000000000039333132303300"
        "000000000000000000000000000001313830323639303130323400000000000000000000313233343539333132303300"
        "000000013030300000003030303030000002000000000000000000000000000000000000000000000000000000000000"
        "00000001000008000000001c00740065007300740073006d007300730067006900700031003200330000000000000000",
        {
            "Message Length": 192,
            "Command ID": "0x00000003",
            "Sequence Number": "0 0520220943 98",
            "SPNumber": "1069026931203",
            "ChargeNumber": "931203",
            "UserCount": 1,
            "UserNumber": ["18026901024"],
            "CorpId": "12345",
            "ServiceType": "931203",
            "FeeType": 1,
            "FeeValue": "000",
            "GivenValue": "00000",
            "AgentFlag": 0,
            "MorelatetoMTFlag": 2,
            "Priority": 0,
            "ExpireTime": "",
            "ScheduleTime": "",
            "ReportFlag": 1,
            "TP_pid": 0,
            "TP_udhi": 0,
            "MessageCoding": 8,
            "MessageType": 0,
            "MessageLength": 28,
            "MessageContent": "00740065007300740073006d00730073006700690070003100320033",
            "Reserve": "",
        },
        "testsmssgip123",
    ),
    _vector(
        "G6 SUBMIT: two users, GBK",
        "000000c100000003b36a5be849632b770000000231303635353031300000000000000000000000000030303030303030"
        "303030303030303030303030303002383631333030313132353435330000000000000000383631333030313133323334"
        "350000000000000000393230303854504351000000000000023130000000003000000000000103090000000000000000"
        "0000000000000000000000000000000000000000000000000100000f0000000008c1aacda8b2e2cad400000000000000"
        "00",
        {
            "Message Length": 193,
            "Command ID": "0x00000003",
            "Sequence Number": "3010092008 1231235959 2",
            "SPNumber": "10655010",
            "ChargeNumber": "000000000000000000000",
            "UserCount": 2,
            "UserNumber": ["8613001125453", "8613001132345"],
            "CorpId": "92008",
            "ServiceType": "TPCQ",
            "FeeType": 2,
            "FeeValue": "10",
            "GivenValue": "0",
            "AgentFlag": 1,
            "MorelatetoMTFlag": 3,
            "Priority": 9,
            "ExpireTime": "",
            "ScheduleTime": "",
            "ReportFlag": 1,
            "TP_pid": 0,
            "TP_udhi": 0,
            "MessageCoding": 15,
            "MessageType": 0,
            "MessageLength": 8,
            "MessageContent": "c1aacda8b2e2cad4",
            "Reserve": "",
        },
        "联通测试",
    ),
    _vector(
        "G7 SUBMIT: UDH part, scheduled",
        "000000ac00000003b36a5be849632b770000000331303635353031300000000000000000000000000000000000000000"
        "000000000000000000000000000001383631333030313132353435330000000000000000393230303854504351000000"
        "000000013000000000003000000000000002003236303130323132303030303033322b32363031303131323030303030"
        "33322b00000108000000000805000309020152060000000000000000",
        {
            "Message Length": 172,
            "Command ID": "0x00000003",
            "Sequence Number": "3010092008 1231235959 3",
            "SPNumber": "10655010",
            "ChargeNumber": "",
            "UserCount": 1,
            "UserNumber": ["8613001125453"],
            "CorpId": "92008",
            "ServiceType": "TPCQ",
            "FeeType": 1,
            "FeeValue": "0",
            "GivenValue": "0",
            "AgentFlag": 0,
            "MorelatetoMTFlag": 2,
            "Priority": 0,
            "ExpireTime": "260102120000032+",
            "ScheduleTime": "260101120000032+",
            "ReportFlag": 0,
            "TP_pid": 0,
            "TP_udhi": 1,
            "MessageCoding": 8,
            "MessageType": 0,
            "MessageLength": 8,
            "MessageContent": "0500030902015206",
            "Reserve": "",
        },
        "分",
    ),
    _vector(
        "G8 SUBMIT_RESP",
        "0000001d80000003b36a5be849632b7700000002000000000000000000",
        {
            "Message Length": 29,
            "Command ID": "0x80000003",
            "Sequence Number": "3010092008 1231235959 2",
            "Result": 0,
            "Reserve": "",
        },
    ),
    _vector(
        "G9 DELIVER: MO, GBK",
        "000000510000000400018705060523400000000538363133303031313235343533000000000000000031303635353031"
        "303100000000000000000000000000000f00000004c4e3bac30000000000000000",
        {
            "Message Length": 81,
            "Command ID": "0x00000004",
            "Sequence Number": "100101 0101000000 5",
            "UserNumber": "8613001125453",
            "SPNumber": "106550101",
            "TP_pid": 0,
            "TP_udhi": 0,
            "MessageCoding": 15,
            "MessageLength": 4,
            "MessageContent": "c4e3bac3",
            "Reserve": "",
        },
        "你好",
    ),
    _vector(
        "G10 DELIVER_RESP",
        "0000001d80000004000187050605234000000005000000000000000000",
        {
            "Message Length": 29,
            "Command ID": "0x80000004",
            "Sequence Number": "100101 0101000000 5",
            "Result": 0,
            "Reserve": "",
        },
    ),
    _vector(
        "G11 REPORT: delivered",
        "0000004000000005000187050605234100000006b36a5be849632b770000000200383631333030313132353435330000"
        "00000000000000000000000000000000",
        {
            "Message Length": 64,
            "Command ID": "0x00000005",
            "Sequence Number": "100101 0101000001 6",
            "SubmitSequenceNumber": "3010092008 1231235959 2",
            "ReportType": 0,
            "UserNumber": "8613001125453",
            "State": 0,
            "ErrorCode": 0,
            "Reserve": "",
        },
    ),
    _vector(
        "G12 REPORT: failed",
        "0000004000000005000187050605234100000007b36a5be849632b770000000200383631333030313133323334350000"
        "00000000000002190000000000000000",
        {
            "Message Length": 64,
            "Command ID": "0x00000005",
            "Sequence Number": "100101 0101000001 7",
            "SubmitSequenceNumber": "3010092008 1231235959 2",
            "ReportType": 0,
            "UserNumber": "8613001132345",
            "State": 2,
            "ErrorCode": 25,
            "Reserve": "",
        },
    ),
    _vector(
        "G13 REPORT_RESP",
        "0000001d80000005000187050605234100000006000000000000000000",
        {
            "Message Length": 29,
            "Command ID": "0x80000005",
            "Sequence Number": "100101 0101000001 6",
            "Result": 0,
            "Reserve": "",
        },
    ),
    _vector(
        "G14 UNBIND",
        "0000001400000002b36a5be80605234200000004",
        {
            "Message Length": 20,
            "Command ID": "0x00000002",
            "Sequence Number": "3010092008 0101000002 4",
        },
    ),
    _vector(
        "G15 UNBIND_RESP",
        "0000001480000002b36a5be80605234200000004",
        {
            "Message Length": 20,
            "Command ID": "0x80000002",
            "Sequence Number": "3010092008 0101000002 4",
        },
    ),
    _vector(
        "G16 USERRPT",
        "000000470000001100018705060523430000000831303635353031300000000000000000000000000038363133303031"
        "3132353435330000000000000000010000000000000000",
        {
            "Message Length": 71,
            "Command ID": "0x00000011",
            "Sequence Number": "100101 0101000003 8",
            "SPNumber": "10655010",
            "UserNumber": "8613001125453",
            "UserCondition": 1,
            "Reserve": "",
        },
    ),
    _vector(
        "G17 TRACE",
        "0000003d00001000b36a5be80605234400000009b36a5be849632b770000000238363133303031313235343533000000"
        "00000000000000000000000000",
        {
            "Message Length": 61,
            "Command ID": "0x00001000",
            "Sequence Number": "3010092008 0101000004 9",
            "SubmitSequenceNumber": "3010092008 1231235959 2",
            "UserNumber": "8613001125453",
            "Reserve": "",
        },
    ),
]

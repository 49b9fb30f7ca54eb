"""Frames of every PDU with the values in them: fixtures of a public test suite, and frames that were computed
from the tables of the specifications and read alike by up to three independent implementations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from carriers.cmpp.pdu import Version


@dataclass(frozen=True)
class Vector:
    """One frame; `fields` by their names in the specification, `text` and `report` as a person reads them."""

    name: str
    version: Version
    frame: bytes
    fields: dict[str, Any]
    text: str = ""
    report: dict[str, Any] = field(default_factory=dict)


VECTORS = [
    Vector(
        "CONNECT (v2.1)",
        Version.V2,
        bytes.fromhex("00000027000000010000001739303030303190d00c1d517abd0b4f65f6bcf8535d16213cdc73be"),
        {
            "Total_Length": 39,
            "Command_Id": "0x00000001",
            "Sequence_Id": 23,
            "Source_Addr": "900001",
            "AuthenticatorSource": "90d00c1d517abd0b4f65f6bcf8535d16",
            "Version": 33,
            "Timestamp": 1021080510,
        },
    ),
    Vector(
        "CONNECT_RESP (v2, Status 1 byte)",
        Version.V2,
        bytes.fromhex("0000001e8000000100000017006c0b846e25bab6daa4ed1c466e0f4bd821"),
        {
            "Total_Length": 30,
            "Command_Id": "0x80000001",
            "Sequence_Id": 23,
            "Status": 0,
            "AuthenticatorISMG": "6c0b846e25bab6daa4ed1c466e0f4bd8",
            "Version": 33,
        },
    ),
    Vector(
        "CONNECT_RESP (v3, Status 4 bytes)",
        Version.V3,
        bytes.fromhex("000000218000000100000017000000007942977274098cf210ab0c16c367bc8d30"),
        {
            "Total_Length": 33,
            "Command_Id": "0x80000001",
            "Sequence_Id": 23,
            "Status": 0,
            "AuthenticatorISMG": "7942977274098cf210ab0c16c367bc8d",
            "Version": 48,
        },
    ),
    Vector(
        "CONNECT (v3.0, timestamp with leading zero)",
        Version.V3,
        bytes.fromhex("00000027000000010000000139303132333480b5b57706534586bf049ef362e77e14300614dc45"),
        {
            "Total_Length": 39,
            "Command_Id": "0x00000001",
            "Sequence_Id": 1,
            "Source_Addr": "901234",
            "AuthenticatorSource": "80b5b57706534586bf049ef362e77e14",
            "Version": 48,
            "Timestamp": 102030405,
        },
    ),
    Vector(
        "SUBMIT (v2, UCS2)",
        Version.V2,
        bytes.fromhex(
            "000000bd00000004000000170000000000000000010101017465737400000000"
            "0000023133353030303032363936000000000000000000000000083930303030"
            "3130323130000000003135313130353133313535353130312b00000000000000"
            "0000000000000000000000393030303031000000000000000000000000000000"
            "013133353030303032363936000000000000000000001e6d4b8bd50067006f00"
            "63006d007000700020007300750062006d006900740000000000000000"
        ),
        {
            "Total_Length": 189,
            "Command_Id": "0x00000004",
            "Sequence_Id": 23,
            "Msg_Id": "0000000000000000",
            "Pk_total": 1,
            "Pk_number": 1,
            "Registered_Delivery": 1,
            "Msg_level": 1,
            "Service_Id": "test",
            "Fee_UserType": 2,
            "Fee_terminal_Id": "13500002696",
            "TP_pId": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 8,
            "Msg_src": "900001",
            "FeeType": "02",
            "FeeCode": "10",
            "ValId_Time": "151105131555101+",
            "At_Time": "",
            "Src_Id": "900001",
            "DestUsr_tl": 1,
            "Dest_terminal_Id": ["13500002696"],
            "Msg_Length": 30,
            "Reserve": "",
        },
        text="测试gocmpp submit",
    ),
    Vector(
        "SUBMIT (v3, UCS2)",
        Version.V3,
        bytes.fromhex(
            "000000e100000004000000170000000000000000010101017465737400000000"
            "0000023133353030303032363936000000000000000000000000000000000000"
            "0000000000000839303030303130323130000000003135313130353133313535"
            "353130312b000000000000000000000000000000000000393030303031000000"
            "0000000000000000000000000131333530303030323639360000000000000000"
            "00000000000000000000000000001e6d4b8bd50067006f0063006d0070007000"
            "20007300750062006d0069007400000000000000000000000000000000000000"
            "00"
        ),
        {
            "Total_Length": 225,
            "Command_Id": "0x00000004",
            "Sequence_Id": 23,
            "Msg_Id": "0000000000000000",
            "Pk_total": 1,
            "Pk_number": 1,
            "Registered_Delivery": 1,
            "Msg_level": 1,
            "Service_Id": "test",
            "Fee_UserType": 2,
            "Fee_terminal_Id": "13500002696",
            "Fee_terminal_type": 0,
            "TP_pId": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 8,
            "Msg_src": "900001",
            "FeeType": "02",
            "FeeCode": "10",
            "ValId_Time": "151105131555101+",
            "At_Time": "",
            "Src_Id": "900001",
            "DestUsr_tl": 1,
            "Dest_terminal_Id": ["13500002696"],
            "Dest_terminal_type": 0,
            "Msg_Length": 30,
            "LinkID": "",
        },
        text="测试gocmpp submit",
    ),
    Vector(
        "SUBMIT (v2, long message part 1 of 2, two destinations, 140 octets)",
        Version.V2,
        bytes.fromhex(
            "0000014000000004010203040000000000000000020101004d53585a00000000"
            "0000020000000000000000000000000000000000000000000001083930313233"
            "3430313030303030300000000000000000000000000000000000000000000000"
            "0000000000000000000000313036353735353031323334000000000000000000"
            "0238363133383030313338303030000000000000000031333930303133393030"
            "30000000000000000000008c0500032a02017532753275327532753275327532"
            "7532753275327532753275327532753275327532753275327532753275327532"
            "7532753275327532753275327532753275327532753275327532753275327532"
            "7532753275327532753275327532753275327532753275327532753275327532"
            "7532753275327532753275327532753275327532753275320000000000000000"
        ),
        {
            "Total_Length": 320,
            "Command_Id": "0x00000004",
            "Sequence_Id": 16909060,
            "Msg_Id": "0000000000000000",
            "Pk_total": 2,
            "Pk_number": 1,
            "Registered_Delivery": 1,
            "Msg_level": 0,
            "Service_Id": "MSXZ",
            "Fee_UserType": 2,
            "Fee_terminal_Id": "",
            "TP_pId": 0,
            "TP_udhi": 1,
            "Msg_Fmt": 8,
            "Msg_src": "901234",
            "FeeType": "01",
            "FeeCode": "000000",
            "ValId_Time": "",
            "At_Time": "",
            "Src_Id": "106575501234",
            "DestUsr_tl": 2,
            "Dest_terminal_Id": ["8613800138000", "13900139000"],
            "Msg_Length": 140,
            "Reserve": "",
        },
        text="甲" * 67,
    ),
    Vector(
        "SUBMIT (v3, GBK text, Msg_Fmt 15)",
        Version.V3,
        bytes.fromhex(
            "000000d0000000040000000700000000000000000101010048454c5000000000"
            "0000000000000000000000000000000000000000000000000000000000000000"
            "0000000000000f39303132333430323030303031300000000000000000000000"
            "0000000000000000000000000000000000000000000000313036353735350000"
            "0000000000000000000000000131333830303133383030300000000000000000"
            "00000000000000000000000000000dc4fabac3a3accac0bde741424331323334"
            "35363738393031323334353637383930"
        ),
        {
            "Total_Length": 208,
            "Command_Id": "0x00000004",
            "Sequence_Id": 7,
            "Msg_Id": "0000000000000000",
            "Pk_total": 1,
            "Pk_number": 1,
            "Registered_Delivery": 1,
            "Msg_level": 0,
            "Service_Id": "HELP",
            "Fee_UserType": 0,
            "Fee_terminal_Id": "",
            "Fee_terminal_type": 0,
            "TP_pId": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 15,
            "Msg_src": "901234",
            "FeeType": "02",
            "FeeCode": "000010",
            "ValId_Time": "",
            "At_Time": "",
            "Src_Id": "1065755",
            "DestUsr_tl": 1,
            "Dest_terminal_Id": ["13800138000"],
            "Dest_terminal_type": 0,
            "Msg_Length": 13,
            "LinkID": "12345678901234567890",
        },
        text="您好，世界ABC",
    ),
    Vector(
        "SUBMIT_RESP (v2)",
        Version.V2,
        bytes.fromhex("000000158000000401020304cfdfbe8134fdffff00"),
        {
            "Total_Length": 21,
            "Command_Id": "0x80000004",
            "Sequence_Id": 16909060,
            "Msg_Id": "cfdfbe8134fdffff",
            "Result": 0,
        },
    ),
    Vector(
        "SUBMIT_RESP (v3, flow control)",
        Version.V3,
        bytes.fromhex("000000188000000400000007000000000000000000000008"),
        {
            "Total_Length": 24,
            "Command_Id": "0x80000004",
            "Sequence_Id": 7,
            "Msg_Id": "0000000000000000",
            "Result": 8,
        },
    ),
    Vector(
        "DELIVER MO (v2, GBK)",
        Version.V2,
        bytes.fromhex(
            "0000005b0000000500000009110c414003e90001313036353735353031323334"
            "0000000000000000004d53585a00000000000000000f31333830303133383030"
            "30000000000000000000000006cdcbb6a954440000000000000000"
        ),
        {
            "Total_Length": 91,
            "Command_Id": "0x00000005",
            "Sequence_Id": 9,
            "Msg_Id": "110c414003e90001",
            "Dest_Id": "106575501234",
            "Service_Id": "MSXZ",
            "TP_pid": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 15,
            "Src_terminal_Id": "13800138000",
            "Registered_Delivery": 0,
            "Msg_Length": 6,
            "Reserved": "",
        },
        text="退订TD",
    ),
    Vector(
        "DELIVER MO (v3, UCS2 with LinkID)",
        Version.V3,
        bytes.fromhex(
            "0000006f000000050000000a110c414003e90001313036353735350000000000"
            "00000000000000000048454c5000000000000000000831333830303133383030"
            "3000000000000000000000000000000000000000000000000200314c494e4b30"
            "303030303030303030303030303031"
        ),
        {
            "Total_Length": 111,
            "Command_Id": "0x00000005",
            "Sequence_Id": 10,
            "Msg_Id": "110c414003e90001",
            "Dest_Id": "1065755",
            "Service_Id": "HELP",
            "TP_pid": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 8,
            "Src_terminal_Id": "13800138000",
            "Src_terminal_type": 0,
            "Registered_Delivery": 0,
            "Msg_Length": 2,
            "LinkID": "LINK0000000000000001",
        },
        text="1",
    ),
    Vector(
        "DELIVER status report (v2, 60-octet content)",
        Version.V2,
        bytes.fromhex(
            "00000091000000050000000b110c414003e90001313036353735353031323334"
            "0000000000000000004d53585a00000000000000000031333830303133383030"
            "3000000000000000000000013ccfdfbe8134fdffff44454c4956524432353132"
            "3331323335393236303130313030303031333830303133383030300000000000"
            "0000000000123456780000000000000000"
        ),
        {
            "Total_Length": 145,
            "Command_Id": "0x00000005",
            "Sequence_Id": 11,
            "Msg_Id": "110c414003e90001",
            "Dest_Id": "106575501234",
            "Service_Id": "MSXZ",
            "TP_pid": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 0,
            "Src_terminal_Id": "13800138000",
            "Registered_Delivery": 1,
            "Msg_Length": 60,
            "Reserved": "",
        },
        report={
            "Msg_Id": "cfdfbe8134fdffff",
            "Stat": "DELIVRD",
            "Submit_time": "2512312359",
            "Done_time": "2601010000",
            "width": 21,
            "Dest_terminal_Id": "13800138000",
            "SMSC_sequence": 305419896,
        },
    ),
    Vector(
        "DELIVER status report (v3, spec form, 60-octet content)",
        Version.V3,
        bytes.fromhex(
            "000000a9000000050000000c110c414003e90001313036353735353031323334"
            "0000000000000000004d53585a00000000000000000031333830303133383030"
            "3000000000000000000000000000000000000000000000013ccfdfbe8134fdff"
            "ff4d423a30303435323531323331323335393236303130313030303031333830"
            "3031333830303000000000000000000000000000010000000000000000000000"
            "000000000000000000"
        ),
        {
            "Total_Length": 169,
            "Command_Id": "0x00000005",
            "Sequence_Id": 12,
            "Msg_Id": "110c414003e90001",
            "Dest_Id": "106575501234",
            "Service_Id": "MSXZ",
            "TP_pid": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 0,
            "Src_terminal_Id": "13800138000",
            "Src_terminal_type": 0,
            "Registered_Delivery": 1,
            "Msg_Length": 60,
            "LinkID": "",
        },
        report={
            "Msg_Id": "cfdfbe8134fdffff",
            "Stat": "MB:0045",
            "Submit_time": "2512312359",
            "Done_time": "2601010000",
            "width": 21,
            "Dest_terminal_Id": "13800138000",
            "SMSC_sequence": 1,
        },
    ),
    Vector(
        "DELIVER status report (v3, field form, 71-octet content)",
        Version.V3,
        bytes.fromhex(
            "000000b4000000050000000d110c414003e90001313036353735353031323334"
            "0000000000000000004d53585a00000000000000000031333830303133383030"
            "30000000000000000000000000000000000000000000000147cfdfbe8134fdff"
            "ff554e44454c4956323531323331323335393236303130313030303031333830"
            "30313338303030000000000000000000000000000000000000000000000000ff"
            "0000000000000000000000000000000000000000"
        ),
        {
            "Total_Length": 180,
            "Command_Id": "0x00000005",
            "Sequence_Id": 13,
            "Msg_Id": "110c414003e90001",
            "Dest_Id": "106575501234",
            "Service_Id": "MSXZ",
            "TP_pid": 0,
            "TP_udhi": 0,
            "Msg_Fmt": 0,
            "Src_terminal_Id": "13800138000",
            "Src_terminal_type": 0,
            "Registered_Delivery": 1,
            "Msg_Length": 71,
            "LinkID": "",
        },
        report={
            "Msg_Id": "cfdfbe8134fdffff",
            "Stat": "UNDELIV",
            "Submit_time": "2512312359",
            "Done_time": "2601010000",
            "width": 32,
            "Dest_terminal_Id": "13800138000",
            "SMSC_sequence": 255,
        },
    ),
    Vector(
        "DELIVER_RESP (v2)",
        Version.V2,
        bytes.fromhex("00000015800000050000000b110c414003e9000100"),
        {
            "Total_Length": 21,
            "Command_Id": "0x80000005",
            "Sequence_Id": 11,
            "Msg_Id": "110c414003e90001",
            "Result": 0,
        },
    ),
    Vector(
        "DELIVER_RESP (v3)",
        Version.V3,
        bytes.fromhex("00000018800000050000000c110c414003e9000100000009"),
        {
            "Total_Length": 24,
            "Command_Id": "0x80000005",
            "Sequence_Id": 12,
            "Msg_Id": "110c414003e90001",
            "Result": 9,
        },
    ),
    Vector(
        "ACTIVE_TEST",
        Version.V2,
        bytes.fromhex("0000000c0000000800000017"),
        {
            "Total_Length": 12,
            "Command_Id": "0x00000008",
            "Sequence_Id": 23,
        },
    ),
    Vector(
        "ACTIVE_TEST_RESP",
        Version.V2,
        bytes.fromhex("0000000d800000080000001700"),
        {
            "Total_Length": 13,
            "Command_Id": "0x80000008",
            "Sequence_Id": 23,
            "Reserved": 0,
        },
    ),
    Vector(
        "TERMINATE",
        Version.V2,
        bytes.fromhex("0000000c0000000200000017"),
        {
            "Total_Length": 12,
            "Command_Id": "0x00000002",
            "Sequence_Id": 23,
        },
    ),
    Vector(
        "TERMINATE_RESP",
        Version.V2,
        bytes.fromhex("0000000c8000000200000017"),
        {
            "Total_Length": 12,
            "Command_Id": "0x80000002",
            "Sequence_Id": 23,
        },
    ),
    Vector(
        "QUERY",
        Version.V2,
        bytes.fromhex("00000027000000060000001e3230323630313031014d53585a0000000000000000000000000000"),
        {
            "Total_Length": 39,
            "Command_Id": "0x00000006",
            "Sequence_Id": 30,
            "Time": "20260101",
            "Query_Type": 1,
            "Query_Code": "MSXZ",
            "Reserve": "",
        },
    ),
    Vector(
        "QUERY_RESP",
        Version.V2,
        bytes.fromhex(
            "0000003f800000060000001e3230323630313031014d53585a00000000000000"
            "00000100000002000000030000000400000005000000060000000700000008"
        ),
        {
            "Total_Length": 63,
            "Command_Id": "0x80000006",
            "Sequence_Id": 30,
            "Time": "20260101",
            "Query_Type": 1,
            "Query_Code": "MSXZ",
            "MT_TLMsg": 1,
            "MT_Tlusr": 2,
            "MT_Scs": 3,
            "MT_WT": 4,
            "MT_FL": 5,
            "MO_Scs": 6,
            "MO_WT": 7,
            "MO_FL": 8,
        },
    ),
    Vector(
        "CANCEL",
        Version.V2,
        bytes.fromhex("00000014000000070000001fcfdfbe8134fdffff"),
        {
            "Total_Length": 20,
            "Command_Id": "0x00000007",
            "Sequence_Id": 31,
            "Msg_Id": "cfdfbe8134fdffff",
        },
    ),
    Vector(
        "CANCEL_RESP (v2)",
        Version.V2,
        bytes.fromhex("0000000d800000070000001f00"),
        {
            "Total_Length": 13,
            "Command_Id": "0x80000007",
            "Sequence_Id": 31,
            "Success_Id": 0,
        },
    ),
    Vector(
        "CANCEL_RESP (v3)",
        Version.V3,
        bytes.fromhex("00000010800000070000001f00000001"),
        {
            "Total_Length": 16,
            "Command_Id": "0x80000007",
            "Sequence_Id": 31,
            "Success_Id": 1,
        },
    ),
]

"""The field tables of CMPP 2.0 and 3.0 in wire order, one layout per PDU and version.

Sources: CMPP 2.0 (April 2002) and CMPP 3.0 (June 2003), the tables of each operation.
"""

from __future__ import annotations

from carriers.cmpp import pdu
from carriers.cmpp.layout import Content, Field, Layout
from carriers.cmpp.pdu import RESPONSE, Command, Version

_STATUS = {Version.V2: "B", Version.V3: "L"}  # every result grew from one octet to four with 3.0

_PARTS = (
    Field("Pk_total", "pk_total", "B"),
    Field("Pk_number", "pk_number", "B"),
    Field("Registered_Delivery", "registered_delivery", "B"),
    Field("Msg_level", "msg_level", "B"),
    Field("Service_Id", "service_id", "10s"),
    Field("Fee_UserType", "fee_user_type", "B"),
)
_FEE = (
    Field("Msg_src", "msg_src", "6s"),
    Field("FeeType", "fee_type", "2s"),
    Field("FeeCode", "fee_code", "6s"),
)
_LINK = Field("LinkID", "link_id", "20s")
_MSG_ID = Field("Msg_Id", "msg_id", "Q")


def _coding(protocol_id: str) -> tuple[Field, ...]:
    # The specification writes TP_pId in SUBMIT and TP_pid in DELIVER and FWD.
    return (
        Field(protocol_id, "tp_pid", "B"),
        Field("TP_udhi", "tp_udhi", "B"),
        Field("Msg_Fmt", "msg_fmt", "B"),
    )


def _times(valid: str) -> tuple[Field, ...]:
    return (
        Field(valid, "valid_time", "17s"),
        Field("At_Time", "at_time", "17s"),
        Field("Src_Id", "src_id", "21s"),
    )


def _submit(version: Version) -> Layout:
    if version is Version.V2:
        fee: tuple[Field, ...] = (Field("Fee_terminal_Id", "fee_terminal_id", "21s"),)
        content = Content(
            destinations=Field("Dest_terminal_Id", "dest_terminal_id", "21s"),
            between=(),
            tail=Field("Reserve", "reserve", "8s"),
        )
    else:
        fee = (
            Field("Fee_terminal_Id", "fee_terminal_id", "32s"),
            Field("Fee_terminal_type", "fee_terminal_type", "B"),
        )
        content = Content(
            destinations=Field("Dest_terminal_Id", "dest_terminal_id", "32s"),
            between=(Field("Dest_terminal_type", "dest_terminal_type", "B"),),
            tail=_LINK,
        )
    head = (_MSG_ID, *_PARTS, *fee, *_coding("TP_pId"), *_FEE, *_times("ValId_Time"))
    return Layout(Command.SUBMIT, pdu.Submit, "SUBMIT", head, content)


def _deliver(version: Version) -> Layout:
    if version is Version.V2:
        source: tuple[Field, ...] = (Field("Src_terminal_Id", "src_terminal_id", "21s"),)
        content = Content(between=(), tail=Field("Reserved", "reserved", "8s"))
    else:
        source = (
            Field("Src_terminal_Id", "src_terminal_id", "32s"),
            Field("Src_terminal_type", "src_terminal_type", "B"),
        )
        content = Content(between=(), tail=_LINK)
    head = (
        _MSG_ID,
        Field("Dest_Id", "dest_id", "21s"),
        Field("Service_Id", "service_id", "10s"),
        *_coding("TP_pid"),
        *source,
        Field("Registered_Delivery", "registered_delivery", "B"),
    )
    return Layout(Command.DELIVER, pdu.Deliver, "DELIVER", head, content)


def _fwd(version: Version) -> Layout:
    old = version is Version.V2
    fee = () if old else (
        Field("Fee_terminal_Pseudo", "fee_terminal_pseudo", "32s"),
        Field("Fee_terminal_UserType", "fee_terminal_user_type", "B"),
    )  # fmt: skip
    source = () if old else (
        Field("Src_Pseudo", "src_pseudo", "32s"),
        Field("Src_UserType", "src_user_type", "B"),
        Field("Src_type", "src_type", "B"),
    )  # fmt: skip
    between = () if old else (
        Field("Dest_Pseudo", "dest_pseudo", "32s"),
        Field("Dest_UserType", "dest_user_type", "B"),
    )  # fmt: skip
    head = (
        Field("Source_Id", "source_id", "6s"),
        Field("Destination_Id", "destination_id", "6s"),
        Field("NodesCount", "nodes_count", "B"),
        Field("Msg_Fwd_Type", "msg_fwd_type", "B"),
        _MSG_ID,
        *_PARTS,
        Field("Fee_terminal_Id", "fee_terminal_id", "21s"),
        *fee,
        *_coding("TP_pid"),
        *_FEE,
        *_times("Valid_Time"),
        *source,
    )
    content = Content(
        destinations=Field("Dest_Id", "dest_id", "21s"),
        between=between,
        tail=Field("Reserve", "reserve", "8s") if old else _LINK,
    )
    return Layout(Command.FWD, pdu.Fwd, "FWD", head, content)


_QUERY = (
    Field("Time", "time", "8s"),
    Field("Query_Type", "query_type", "B"),
    Field("Query_Code", "query_code", "10s"),
)
_COUNTERS = tuple(
    Field(name, name.lower(), "L")
    for name in ("MT_TLMsg", "MT_Tlusr", "MT_Scs", "MT_WT", "MT_FL", "MO_Scs", "MO_WT", "MO_FL")
)


def _layouts(version: Version) -> tuple[Layout, ...]:
    status = _STATUS[version]
    result = Field("Result", "result", status)
    return (
        Layout(
            Command.CONNECT,
            pdu.Connect,
            "CONNECT",
            (
                Field("Source_Addr", "source_addr", "6s"),
                Field("AuthenticatorSource", "authenticator_source", "16s", raw=True),
                Field("Version", "version", "B"),
                Field("Timestamp", "timestamp", "L"),
            ),
        ),
        Layout(
            RESPONSE | Command.CONNECT,
            pdu.ConnectResp,
            "CONNECT_RESP",
            (
                Field("Status", "status", status),
                Field("AuthenticatorISMG", "authenticator_ismg", "16s", raw=True),
                Field("Version", "version", "B"),
            ),
        ),
        Layout(Command.TERMINATE, pdu.Terminate, "TERMINATE", ()),
        Layout(RESPONSE | Command.TERMINATE, pdu.TerminateResp, "TERMINATE_RESP", ()),
        _submit(version),
        Layout(RESPONSE | Command.SUBMIT, pdu.SubmitResp, "SUBMIT_RESP", (_MSG_ID, result)),
        _deliver(version),
        Layout(RESPONSE | Command.DELIVER, pdu.DeliverResp, "DELIVER_RESP", (_MSG_ID, result)),
        Layout(Command.QUERY, pdu.Query, "QUERY", (*_QUERY, Field("Reserve", "reserve", "8s"))),
        Layout(RESPONSE | Command.QUERY, pdu.QueryResp, "QUERY_RESP", (*_QUERY, *_COUNTERS)),
        Layout(Command.CANCEL, pdu.Cancel, "CANCEL", (_MSG_ID,)),
        Layout(
            RESPONSE | Command.CANCEL,
            pdu.CancelResp,
            "CANCEL_RESP",
            (Field("Success_Id", "success_id", status),),
        ),
        Layout(Command.ACTIVE_TEST, pdu.ActiveTest, "ACTIVE_TEST", ()),
        Layout(
            RESPONSE | Command.ACTIVE_TEST,
            pdu.ActiveTestResp,
            "ACTIVE_TEST_RESP",
            (Field("Reserved", "reserved", "B"),),
        ),
        _fwd(version),
        Layout(
            RESPONSE | Command.FWD,
            pdu.FwdResp,
            "FWD_RESP",
            (_MSG_ID, Field("Pk_total", "pk_total", "B"), Field("Pk_number", "pk_number", "B"), result),
        ),
    )


_ALL = {version: _layouts(version) for version in Version}
BY_COMMAND = {version: {layout.command_id: layout for layout in _ALL[version]} for version in Version}
BY_KIND = {version: {layout.kind: layout for layout in _ALL[version]} for version in Version}

ROUTE_NAMES = {
    first | command: command.name + ("_RESP" if first else "")
    for command in Command
    if command >= Command.MT_ROUTE
    for first in (0, RESPONSE)
}

"""The field tables of SGIP 1.2 (October 2001) in wire order, one layout per PDU."""

from __future__ import annotations

from carriers.sgip import pdu
from carriers.sgip.layout import RESERVE, Field, Layout, MessageLayout, RowsLayout
from carriers.sgip.pdu import RESPONSE, Command

_SP_NUMBER = Field("SPNumber", "sp_number", "21s")
_USER_NUMBER = Field("UserNumber", "user_number", "21s")
_SUBMIT_SEQUENCE = Field("SubmitSequenceNumber", "submit_sequence", "12s", raw=True)
_RESULT = Field("Result", "result", "B")
_CODING = (
    Field("TP_pid", "tp_pid", "B"),
    Field("TP_udhi", "tp_udhi", "B"),
    Field("MessageCoding", "message_coding", "B"),
)

_SUBMIT = (
    Field("CorpId", "corp_id", "5s"),
    Field("ServiceType", "service_type", "10s"),
    Field("FeeType", "fee_type", "B"),
    Field("FeeValue", "fee_value", "6s"),
    Field("GivenValue", "given_value", "6s"),
    Field("AgentFlag", "agent_flag", "B"),
    Field("MorelatetoMTFlag", "more_late_to_mt_flag", "B"),
    Field("Priority", "priority", "B"),
    Field("ExpireTime", "expire_time", "16s"),
    Field("ScheduleTime", "schedule_time", "16s"),
    Field("ReportFlag", "report_flag", "B"),
    *_CODING,
    Field("MessageType", "message_type", "B"),
)


def _answer(command: Command, kind: type[pdu.Response]) -> Layout:
    return Layout(RESPONSE | command, kind, f"{command.name}_RESP", _RESULT, RESERVE)


LAYOUTS = (
    Layout(
        Command.BIND,
        pdu.Bind,
        "BIND",
        Field("Login Type", "login_type", "B"),
        Field("Login Name", "login_name", "16s"),
        Field("Login Password", "login_password", "16s"),
        RESERVE,
    ),
    _answer(Command.BIND, pdu.BindResp),
    Layout(Command.UNBIND, pdu.Unbind, "UNBIND"),
    Layout(RESPONSE | Command.UNBIND, pdu.UnbindResp, "UNBIND_RESP"),
    MessageLayout(
        Command.SUBMIT,
        pdu.Submit,
        "SUBMIT",
        _SP_NUMBER,
        Field("ChargeNumber", "charge_number", "21s"),
        between=_SUBMIT,
    ),
    _answer(Command.SUBMIT, pdu.SubmitResp),
    MessageLayout(Command.DELIVER, pdu.Deliver, "DELIVER", _USER_NUMBER, _SP_NUMBER, *_CODING),
    _answer(Command.DELIVER, pdu.DeliverResp),
    Layout(
        Command.REPORT,
        pdu.Report,
        "REPORT",
        _SUBMIT_SEQUENCE,
        Field("ReportType", "report_type", "B"),
        _USER_NUMBER,
        Field("State", "state", "B"),
        Field("ErrorCode", "error_code", "B"),
        RESERVE,
    ),
    _answer(Command.REPORT, pdu.ReportResp),
    Layout(
        Command.USERRPT,
        pdu.UserRpt,
        "USERRPT",
        _SP_NUMBER,
        _USER_NUMBER,
        Field("UserCondition", "user_condition", "B"),
        RESERVE,
    ),
    _answer(Command.USERRPT, pdu.UserRptResp),
    Layout(Command.TRACE, pdu.Trace, "TRACE", _SUBMIT_SEQUENCE, _USER_NUMBER, RESERVE),
    RowsLayout(
        RESPONSE | Command.TRACE,
        pdu.TraceResp,
        "TRACE_RESP",
        "Count",
        "hops",
        pdu.Hop,
        _RESULT,
        Field("NodeId", "node_id", "6s"),
        Field("ReceiveTime", "receive_time", "16s"),
        Field("SendTime", "send_time", "16s"),
        RESERVE,
    ),
    Layout(
        Command.CHECKUSER,
        pdu.CheckUser,
        "CHECKUSER",
        Field("UserName", "user_name", "16s"),
        Field("Password", "password", "16s"),
        _USER_NUMBER,
        RESERVE,
    ),
    Layout(
        RESPONSE | Command.CHECKUSER,
        pdu.CheckUserResp,
        "CHECKUSER_RESP",
        _RESULT,
        Field("Status", "status", "B"),
        RESERVE,
    ),
)
BY_COMMAND = {layout.command_id: layout for layout in LAYOUTS}
BY_KIND = {layout.kind: layout for layout in LAYOUTS}

#: Commands between a gateway and the name server, and their responses.
ROUTE_NAMES = {
    first | command: command.name + ("_RESP" if first else "")
    for command in Command
    if Command.ADDSP <= command <= Command.DELETESMG
    for first in (0, RESPONSE)
}

"""The field tables of SMGP 3.0 in wire order, one layout per PDU.

Source: SMGP 3.0.3 (August 2008), the tables of each operation.
"""

from __future__ import annotations

from carriers.smgp import pdu
from carriers.smgp.compiled import compiled
from carriers.smgp.layout import Content, Field, Layout
from carriers.smgp.pdu import RESPONSE, Pdu, Request

_MSG_ID = Field("MsgID", "msg_id", "10s", raw=True)
_STATUS = Field("Status", "status", "L")
_RESERVE = Field("Reserve", "reserve", "8s")
_FEE = (Field("FeeType", "fee_type", "2s"), Field("FeeCode", "fee_code", "6s"))
_FIXED_FEE = Field("FixedFee", "fixed_fee", "6s")
_FORMAT_AND_TIMES = (
    Field("MsgFormat", "msg_format", "B"),
    Field("ValidTime", "valid_time", "17s"),
    Field("AtTime", "at_time", "17s"),
)
_SRC = Field("SrcTermID", "src_term_id", "21s")
_DEST = Field("DestTermID", "dest_term_id", "21s")
_CHARGE = Field("ChargeTermID", "charge_term_id", "21s")
_QUERY = (
    Field("QueryTime", "query_time", "8s"),
    Field("QueryType", "query_type", "B"),
    Field("QueryCode", "query_code", "10s"),
)
_COUNTERS = tuple(
    Field(name, name.lower(), "L")
    for name in ("MT_TLMsg", "MT_Tlusr", "MT_Scs", "MT_WT", "MT_FL", "MO_Scs", "MO_WT", "MO_FL")
)


def _submit(*, fixed_fee: bool) -> Layout:
    fields = (
        Field("MsgType", "msg_type", "B"),
        Field("NeedReport", "need_report", "B"),
        Field("Priority", "priority", "B"),
        Field("ServiceID", "service_id", "10s"),
        *_FEE,
        *((_FIXED_FEE,) if fixed_fee else ()),
        *_FORMAT_AND_TIMES,
        _SRC,
        _CHARGE,
    )
    return Layout(Request.SUBMIT, "Submit", fields, Content(_RESERVE, destinations=_DEST), has_tlvs=True)


_DELIVER = Layout(
    Request.DELIVER,
    "Deliver",
    (
        _MSG_ID,
        Field("IsReport", "is_report", "B"),
        Field("MsgFormat", "msg_format", "B"),
        Field("RecvTime", "recv_time", "14s"),
        _SRC,
        _DEST,
    ),
    Content(_RESERVE),
    has_tlvs=True,
)
_FORWARD = Layout(
    Request.FORWARD,
    "Forward",
    (
        _MSG_ID,
        Field("DestSMGWNo", "dest_smgw_no", "6s"),
        Field("SrcSMGWNo", "src_smgw_no", "6s"),
        Field("SMCNo", "smc_no", "6s"),
        Field("MsgType", "msg_type", "B"),
        Field("ReportFlag", "report_flag", "B"),
        Field("Priority", "priority", "B"),
        Field("ServiceID", "service_id", "10s"),
        *_FEE,
        _FIXED_FEE,
        *_FORMAT_AND_TIMES,
        _SRC,
        _DEST,
        _CHARGE,
    ),
    Content(_RESERVE),
    has_tlvs=True,
)


def _layouts(*, fixed_fee: bool) -> dict[type[Pdu], Layout]:
    return {
        pdu.Login: Layout(
            Request.LOGIN,
            "Login",
            (
                Field("ClientID", "client_id", "8s"),
                Field("AuthenticatorClient", "authenticator_client", "16s", raw=True),
                Field("LoginMode", "login_mode", "B"),
                Field("TimeStamp", "timestamp", "L"),
                Field("ClientVersion", "client_version", "B"),
            ),
        ),
        pdu.LoginResp: Layout(
            RESPONSE | Request.LOGIN,
            "Login_Resp",
            (
                _STATUS,
                Field("AuthenticatorServer", "authenticator_server", "16s", raw=True),
                Field("ServerVersion", "server_version", "B"),
            ),
        ),
        pdu.Submit: _submit(fixed_fee=fixed_fee),
        pdu.SubmitResp: Layout(RESPONSE | Request.SUBMIT, "Submit_Resp", (_MSG_ID, _STATUS)),
        pdu.Deliver: _DELIVER,
        pdu.DeliverResp: Layout(RESPONSE | Request.DELIVER, "Deliver_Resp", (_MSG_ID, _STATUS)),
        pdu.ActiveTest: Layout(Request.ACTIVE_TEST, "Active_Test", ()),
        pdu.ActiveTestResp: Layout(
            RESPONSE | Request.ACTIVE_TEST, "Active_Test_Resp", (Field("Reserved", "reserved", "B"),)
        ),
        pdu.Exit: Layout(Request.EXIT, "Exit", ()),
        pdu.ExitResp: Layout(RESPONSE | Request.EXIT, "Exit_Resp", ()),
        pdu.Query: Layout(Request.QUERY, "Query", _QUERY),
        pdu.QueryResp: Layout(RESPONSE | Request.QUERY, "Query_Resp", (*_QUERY, *_COUNTERS, _RESERVE)),
        pdu.Forward: _FORWARD,
        pdu.ForwardResp: Layout(RESPONSE | Request.FORWARD, "Forward_Resp", (_MSG_ID, _STATUS), has_tlvs=True),
    }


#: By class, for gateways whose Submit has a FixedFee (all of 3.0) and for those of 1.3 that do without.
BY_KIND = {fixed_fee: _layouts(fixed_fee=fixed_fee) for fixed_fee in (True, False)}
_COMPILED = {
    fixed_fee: {kind: compiled(layout, kind) for kind, layout in layouts.items()}
    for fixed_fee, layouts in BY_KIND.items()
}
#: How PDUs of these classes are written and read.
ENCODE = {
    fixed_fee: {kind: encode for kind, (encode, _) in functions.items()} for fixed_fee, functions in _COMPILED.items()
}
DECODE = {
    fixed_fee: {BY_KIND[fixed_fee][kind].request_id: decode for kind, (_, decode) in functions.items()}
    for fixed_fee, functions in _COMPILED.items()
}

# Between a gateway and the name server. The attribute of a field has no use there: a Route holds values in order.


def _row(*fields: tuple[str, str]) -> tuple[Field, ...]:
    return tuple(Field(name, name, code) for name, code in fields)


_QUESTION = _row(("SrcGatewayID", "6s"), ("QueryTermID", "21s"))
_ALL = _row(("SrcGatewayID", "6s"), ("RouteType", "4s"), ("LastRouteID", "L"))
_GATEWAY = _row(
    ("RouteID", "L"), ("DestGatewayID", "6s"), ("DestGatewayIP", "15s"), ("DestGatewayPort", "H")
)  # fmt: skip
_TE = (*_GATEWAY, *_row(("TermRangeID", "10s"), ("ProvinceCode", "4s"), ("UserType", "B")))
_SP = (*_GATEWAY, *_row(("SPID", "8s"), ("SPCode", "21s"), ("SPAccessType", "B"), ("SPType", "B")))
_RESULT = _row(("Status", "L"))
_TIME = _row(("Time", "14s"))
_PLACE = _row(("RouteTotal", "L"), ("RouteNumber", "L"))
_UPDATE = _row(("UpdateType", "B"))
_UPDATED = (*_RESULT, *_row(("RouteID", "L")), *_TIME)


def _routes() -> tuple[Layout, ...]:
    made = []
    for kind, body in (("TE", _TE), ("SP", _SP)):
        for name, asked, answered in (
            ("Query_{}_Route", _QUESTION, (*_RESULT, *body, *_TIME)),
            ("Get_All_{}_Route", _ALL, (*_RESULT, *body, *_PLACE, *_TIME)),
            ("Update_{}_Route", (*_UPDATE, *body), _UPDATED),
            ("Push_Update_{}_Route", (*_UPDATE, *body, *_TIME), _RESULT),
        ):
            title = name.format(kind)
            request_id = Request[title.upper()]
            made += [
                Layout(request_id, title, asked),
                Layout(RESPONSE | request_id, f"{title}_Resp", answered),
            ]
    return tuple(made)


ROUTES = {layout.request_id: layout for layout in _routes()}

#: Of these the specification that is at hand gives the names alone.
UNREAD = {
    first | request_id: name + ("_Resp" if first else "")
    for request_id, name in (
        (Request.PAYMENT_REQUEST, "Payment_Request"),
        (Request.PAYMENT_AFFIRM, "Payment_Affirm"),
        (Request.QUERY_USER_STATE, "Query_UserState"),
    )
    for first in (0, RESPONSE)
}

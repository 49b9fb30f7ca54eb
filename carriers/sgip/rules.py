"""Who may ask what on an SGIP connection, and the numbers agreed with the peer.

Requests flow only from the side that opened the connection (client) to the side that took it (server).
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass

from carriers.sgip.pdu import (
    Bind,
    BindResp,
    CheckUser,
    CheckUserResp,
    Deliver,
    DeliverResp,
    Hop,
    Pdu,
    Report,
    ReportResp,
    Submit,
    SubmitResp,
    Trace,
    TraceResp,
    Unbind,
    UnbindResp,
    UserRpt,
    UserRptResp,
)

ANSWER_OF: dict[type[Pdu], type[Pdu]] = {
    Bind: BindResp,
    Unbind: UnbindResp,
    Submit: SubmitResp,
    Deliver: DeliverResp,
    Report: ReportResp,
    UserRpt: UserRptResp,
    Trace: TraceResp,
    CheckUser: CheckUserResp,
}

#: How a request is refused with a Result.
REFUSAL_OF: dict[type[Pdu], Callable[[int], Pdu]] = {
    Submit: SubmitResp,
    Deliver: DeliverResp,
    Report: ReportResp,
    UserRpt: UserRptResp,
    Trace: lambda result: TraceResp((Hop(result),)),
    CheckUser: CheckUserResp,
}


class LoginType(enum.IntEnum):
    """Who logs in at whom (SGIP 1.2, BIND)."""

    SP_TO_SMG = 1
    SMG_TO_SP = 2
    SMG_TO_SMG = 3
    SMG_TO_GNS = 4
    GNS_TO_SMG = 5
    GNS_TO_GNS = 6
    TEST = 11


#: What may be asked after a login of each type, apart from UNBIND.
RIGHTS: dict[LoginType, frozenset[type[Pdu]]] = {
    LoginType.SP_TO_SMG: frozenset({Submit, Trace}),
    LoginType.SMG_TO_SP: frozenset({Deliver, Report, UserRpt}),
    LoginType.SMG_TO_SMG: frozenset({Submit, Deliver, Report, Trace}),
    LoginType.TEST: frozenset({Trace}),
}


@dataclass(frozen=True, slots=True)
class ClientSettings:
    """Numbers of the side that asks; the defaults are the specification's, where it has one."""

    window: int = 32  # requests without an answer
    response_timeout_s: float = 30.0
    submit_resends: int = 0  # a gateway that does not know repeats sends the SMS twice
    other_resends: int = 2
    leave_timeout_s: float = 5.0


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Numbers of the side that answers."""

    window: int = 64  # the client's requests without an answer; more are answered with "busy"
    login_timeout_s: float = 30.0
    idle_s: float = 60.0  # silence after which the connection is closed; 0 = never
    leave_timeout_s: float = 5.0

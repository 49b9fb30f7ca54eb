"""Who may ask what on an SMGP connection, and the numbers agreed with the peer."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from carriers.smgp import status
from carriers.smgp.pdu import (
    VERSION_3_0,
    ActiveTest,
    ActiveTestResp,
    Deliver,
    DeliverResp,
    Exit,
    ExitResp,
    Forward,
    ForwardResp,
    Login,
    LoginMode,
    LoginResp,
    Pdu,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
)

ANSWER_OF: dict[type[Pdu], type[Pdu]] = {
    Login: LoginResp,
    Submit: SubmitResp,
    Deliver: DeliverResp,
    ActiveTest: ActiveTestResp,
    Forward: ForwardResp,
    Exit: ExitResp,
    Query: QueryResp,
}


class Role(enum.StrEnum):
    """Which side of the connection this is."""

    PROVIDER = "provider"  # SP: connects, logs in, submits
    GATEWAY = "gateway"  # SMGW: lets in, delivers


# What each side may ask of the other, apart from Login, Exit and Active_Test.
ASKS: dict[Role, frozenset[type[Pdu]]] = {
    Role.PROVIDER: frozenset({Submit, Query}),
    Role.GATEWAY: frozenset({Deliver, Forward}),
}
SERVES: dict[Role, frozenset[type[Pdu]]] = {
    Role.PROVIDER: frozenset({Deliver}),
    Role.GATEWAY: frozenset({Submit, Query, Forward}),
}
# LoginMode takes one kind of request from the connection (SMGP 3.0.3, Login).
FORBIDDEN: dict[LoginMode, frozenset[type[Pdu]]] = {
    LoginMode.SEND: frozenset({Deliver}),
    LoginMode.RECEIVE: frozenset({Submit}),
    LoginMode.BOTH: frozenset(),
}
# What a side mostly asks, and so what its window is for.
TRAFFIC: dict[Role, type[Pdu]] = {Role.PROVIDER: Submit, Role.GATEWAY: Deliver}


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers agreed with the peer; the defaults are the specification's, where it has one."""

    window: int = 16  # our requests without an answer
    peer_window: int = 64  # the peer's; more are answered with `busy_status`
    response_timeout_s: float = 60.0
    submit_resends: int = 0  # a gateway that does not know repeats sends the SMS twice
    other_resends: int = 2
    # Silence before we ask whether the peer is there; the specification's 180 s outlast the memory of many routers.
    active_test_s: float = 30.0
    active_test_failures: int = 3  # unanswered questions before we hang up
    leave_timeout_s: float = 5.0
    version_octet: int = VERSION_3_0  # gateway: the highest version it has
    fixed_fee_in_1_3: bool = True  # whether a Submit of version 1.x has a FixedFee; sources disagree
    busy_status: int = status.BUSY  # gateway: what "too fast" is called

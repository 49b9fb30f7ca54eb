"""Who may ask what on a CMPP connection, and the numbers agreed with the peer."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from carriers.cmpp.pdu import (
    ActiveTest,
    ActiveTestResp,
    Cancel,
    CancelResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Fwd,
    FwdResp,
    Pdu,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    Version,
)

ANSWER_OF: dict[type[Pdu], type[Pdu]] = {
    Connect: ConnectResp,
    Terminate: TerminateResp,
    Submit: SubmitResp,
    Deliver: DeliverResp,
    Query: QueryResp,
    Cancel: CancelResp,
    ActiveTest: ActiveTestResp,
    Fwd: FwdResp,
}


class Role(enum.StrEnum):
    """Which side of the connection this is."""

    PROVIDER = "provider"  # SP: connects, logs in, submits
    GATEWAY = "gateway"  # ISMG: lets in, delivers


# What each side may ask of the other, apart from CONNECT, TERMINATE and ACTIVE_TEST.
ASKS: dict[Role, frozenset[type[Pdu]]] = {
    Role.PROVIDER: frozenset({Submit, Query, Cancel}),
    Role.GATEWAY: frozenset({Deliver, Fwd}),
}
SERVES: dict[Role, frozenset[type[Pdu]]] = {
    Role.PROVIDER: frozenset({Deliver}),
    Role.GATEWAY: frozenset({Submit, Query, Cancel, Fwd}),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """Numbers agreed with the peer; the defaults are the specification's, where it has one."""

    window: int = 16  # our requests without an answer
    peer_window: int = 64  # the peer's; more are answered with "flow control"
    response_timeout_s: float = 60.0
    submit_resends: int = 0  # a gateway that does not know repeats sends the SMS twice
    other_resends: int = 2
    active_test_s: float = 30.0  # silence before we ask whether the peer is there
    active_test_failures: int = 3  # unanswered questions before we hang up
    leave_timeout_s: float = 5.0
    version_octet: int = Version.V3  # gateway: the highest version it has

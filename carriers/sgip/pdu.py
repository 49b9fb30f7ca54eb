"""The PDUs of SGIP 1.2 as values; how they lie on the wire is in `tables`, the codec in `codec`.

Text fields are bytes without the NUL octets that fill them up on the right; octets behind an inner NUL are kept, so
that every PDU comes back as it was; `field_text` gives what a person sees. The fields stand in the order of the wire.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from carriers.numbers import field_text as field_text


class Command(enum.IntEnum):
    """Command ID of the commands; the response to one has the top bit set (SGIP 1.2, command table)."""

    BIND = 0x01
    UNBIND = 0x02
    SUBMIT = 0x03
    DELIVER = 0x04
    REPORT = 0x05
    ADDSP = 0x06
    MODIFYSP = 0x07
    DELETESP = 0x08
    QUERYROUTE = 0x09
    ADDTELESEG = 0x0A
    MODIFYTELESEG = 0x0B
    DELETETELESEG = 0x0C
    ADDSMG = 0x0D
    MODIFYSMG = 0x0E
    DELETESMG = 0x0F
    CHECKUSER = 0x10
    USERRPT = 0x11
    TRACE = 0x1000


RESPONSE = 0x80000000
HEADER_OCTETS = 20
MOST_USERS = 100
#: Beyond the 2048 of the specification, which a SUBMIT to 100 numbers does not fit into: the longest TRACE_RESP.
MAX_OCTETS = 12_006


@dataclass(frozen=True, slots=True)
class Bind:
    """The login of whoever opened the connection."""

    login_type: int
    login_name: bytes
    login_password: bytes
    reserve: bytes = b""

    def __repr__(self) -> str:
        return f"Bind({self.login_type}, {self.login_name!r})"


@dataclass(frozen=True, slots=True)
class Unbind:
    """Leave: the client wants the connection closed in order."""


@dataclass(frozen=True, slots=True)
class UnbindResp:
    """Leave granted."""


@dataclass(frozen=True, slots=True)
class Submit:
    """A message from the service provider to handsets; its sequence number is the id of the message."""

    sp_number: bytes = b""
    charge_number: bytes = b""
    user_numbers: tuple[bytes, ...] = ()
    corp_id: bytes = b""
    service_type: bytes = b""
    fee_type: int = 0
    fee_value: bytes = b""
    given_value: bytes = b""
    agent_flag: int = 0
    more_late_to_mt_flag: int = 0
    priority: int = 0
    expire_time: bytes = b""
    schedule_time: bytes = b""
    report_flag: int = 0
    tp_pid: int = 0
    tp_udhi: int = 0
    message_coding: int = 0
    message_type: int = 0
    message_content: bytes = b""
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message from a handset to the service provider."""

    user_number: bytes = b""
    sp_number: bytes = b""
    tp_pid: int = 0
    tp_udhi: int = 0
    message_coding: int = 0
    message_content: bytes = b""
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class Report:
    """What became of a SUBMIT at one number."""

    submit_sequence: bytes  # 12 octets
    report_type: int = 0  # 0 a SUBMIT, 1 a DELIVER passed on
    user_number: bytes = b""
    state: int = 0  # 0 delivered, 1 waiting, 2 failed
    error_code: int = 0
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class UserRpt:
    """The state of a subscriber has changed."""

    sp_number: bytes = b""
    user_number: bytes = b""
    user_condition: int = 0  # 0 gone, 1 stopped for debt, 2 normal again
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class Trace:
    """A question for the way a message took; asked on the test port."""

    submit_sequence: bytes  # 12 octets
    user_number: bytes = b""
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class Hop:
    """One node a traced message came through."""

    result: int  # 0 received, 1 waiting, else an error
    node_id: bytes = b""
    receive_time: bytes = b""
    send_time: bytes = b""
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class TraceResp:
    """The way a message took."""

    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class CheckUser:
    """A question of a gateway to the billing system."""

    user_name: bytes = b""
    password: bytes = b""
    user_number: bytes = b""
    reserve: bytes = b""

    def __repr__(self) -> str:
        return f"CheckUser({self.user_name!r}, {self.user_number!r})"


@dataclass(frozen=True, slots=True)
class CheckUserResp:
    """The billing system's answer."""

    result: int
    status: int = 0  # as UserCondition
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class BindResp:
    """The server's answer to a login."""

    result: int
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class SubmitResp:
    """The gateway's answer to a submit; it carries no id."""

    result: int
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class DeliverResp:
    """The service provider's answer to a delivery."""

    result: int
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class ReportResp:
    """The service provider's answer to a report."""

    result: int
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class UserRptResp:
    """The service provider's answer to the new state of a subscriber."""

    result: int
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class Route:
    """A PDU between a gateway and the name server, passed through unread: known by name only."""

    command_id: int
    body: bytes = b""


Request = Bind | Unbind | Submit | Deliver | Report | UserRpt | Trace | CheckUser
Response = (
    BindResp | UnbindResp | SubmitResp | DeliverResp | ReportResp | UserRptResp | TraceResp | CheckUserResp
)  # fmt: skip
Pdu = Request | Response | Route

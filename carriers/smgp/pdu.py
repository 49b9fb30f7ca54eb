"""The PDUs of SMGP 3.0 as values; how they lie on the wire is in `tables`, the codec in `codec`.

Text fields are bytes without the NUL octets that fill them up on the right; octets behind an inner NUL are kept, so
that every PDU comes back as it was; `field_text` gives what a person sees. A MsgID is ten octets that mean what they
are, as are digests.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from carriers.numbers import field_text as field_text
from carriers.smgp.tlv import Tlv


class Request(enum.IntEnum):
    """RequestID of the requests; the response to one has the top bit set (SMGP 3.0.3, request ids)."""

    LOGIN = 0x01
    SUBMIT = 0x02
    DELIVER = 0x03
    ACTIVE_TEST = 0x04
    FORWARD = 0x05
    EXIT = 0x06
    QUERY = 0x07
    QUERY_TE_ROUTE = 0x08
    QUERY_SP_ROUTE = 0x09
    PAYMENT_REQUEST = 0x0A
    PAYMENT_AFFIRM = 0x0B
    QUERY_USER_STATE = 0x0C
    GET_ALL_TE_ROUTE = 0x0D
    GET_ALL_SP_ROUTE = 0x0E
    UPDATE_TE_ROUTE = 0x0F
    UPDATE_SP_ROUTE = 0x10
    PUSH_UPDATE_TE_ROUTE = 0x11
    PUSH_UPDATE_SP_ROUTE = 0x12


class LoginMode(enum.IntEnum):
    """What a connection is for, seen from the service provider."""

    SEND = 0  # submits alone
    RECEIVE = 1  # messages and reports alone
    BOTH = 2


RESPONSE = 0x80000000
HEADER_OCTETS = 12
MSG_ID_OCTETS = 10
NO_MSG_ID = bytes(MSG_ID_OCTETS)
# A Submit whose two length octets are at their largest has 5736; those optional parameters that the specification
# gives a width need less than 200, and the few without one are numbers and names.
MAX_OCTETS = 8192
# SMGP 3.0.3, Submit: DestTermIDCount.
MOST_DESTINATIONS = 100

VERSION_3_0 = 0x30
VERSION_1_3 = 0x13


def version_text(octet: int) -> str:
    """A version octet for people: 0x30 is 3.0."""
    return f"{octet >> 4}.{octet & 0xF}"


@dataclass(frozen=True, slots=True)
class Login:
    """The login of a service provider."""

    client_id: bytes
    authenticator_client: bytes  # 16 octets
    login_mode: int
    timestamp: int  # MMDDHHMMSS read as a decimal number
    client_version: int  # the octet: 0x30, 0x13


@dataclass(frozen=True, slots=True)
class LoginResp:
    """The gateway's answer to a login."""

    status: int
    authenticator_server: bytes = bytes(16)
    server_version: int = VERSION_3_0  # the highest the gateway has


@dataclass(frozen=True, slots=True)
class Submit:
    """A message from the service provider to handsets."""

    msg_type: int = 6
    need_report: int = 0
    priority: int = 0
    service_id: bytes = b""
    fee_type: bytes = b""
    fee_code: bytes = b""
    fixed_fee: bytes = b""  # some gateways of 1.3 do not have it
    msg_format: int = 0
    valid_time: bytes = b""
    at_time: bytes = b""
    src_term_id: bytes = b""
    charge_term_id: bytes = b""
    dest_term_id: tuple[bytes, ...] = ()
    msg_content: bytes = b""
    reserve: bytes = b""
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmitResp:
    """The gateway's answer to a submit; MsgID means something only with Status 0."""

    msg_id: bytes
    status: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message from a handset, or a status report, to the service provider."""

    msg_id: bytes = NO_MSG_ID
    is_report: int = 0
    msg_format: int = 0
    recv_time: bytes = b""  # YYYYMMDDHHMMSS at the gateway
    src_term_id: bytes = b""  # the handset; in a report the destination of the submit
    dest_term_id: bytes = b""
    msg_content: bytes = b""
    reserve: bytes = b""
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True)
class DeliverResp:
    """The service provider's answer to a delivery."""

    msg_id: bytes
    status: int


@dataclass(frozen=True, slots=True)
class ActiveTest:
    """Are you there?"""


@dataclass(frozen=True, slots=True)
class ActiveTestResp:
    """I am; `reserved` is the octet that some peers add, as CMPP has it."""

    reserved: int | None = None


@dataclass(frozen=True, slots=True)
class Exit:
    """Leave: the sender wants the connection closed in order."""


@dataclass(frozen=True, slots=True)
class ExitResp:
    """Leave granted."""


@dataclass(frozen=True, slots=True)
class Query:
    """A question for the counters of one day."""

    query_time: bytes = b""  # YYYYMMDD
    query_type: int = 0
    query_code: bytes = b""


@dataclass(frozen=True, slots=True)
class QueryResp:
    """The counters of one day."""

    query_time: bytes = b""
    query_type: int = 0
    query_code: bytes = b""
    mt_tlmsg: int = 0
    mt_tlusr: int = 0
    mt_scs: int = 0
    mt_wt: int = 0
    mt_fl: int = 0
    mo_scs: int = 0
    mo_wt: int = 0
    mo_fl: int = 0
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class Forward:
    """A message passed from gateway to gateway."""

    msg_id: bytes = NO_MSG_ID
    dest_smgw_no: bytes = b""
    src_smgw_no: bytes = b""
    smc_no: bytes = b""
    msg_type: int = 0
    report_flag: int = 0
    priority: int = 0
    service_id: bytes = b""
    fee_type: bytes = b""
    fee_code: bytes = b""
    fixed_fee: bytes = b""
    msg_format: int = 0
    valid_time: bytes = b""
    at_time: bytes = b""
    src_term_id: bytes = b""
    dest_term_id: bytes = b""
    charge_term_id: bytes = b""
    msg_content: bytes = b""
    reserve: bytes = b""
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True)
class ForwardResp:
    """The answer of the next gateway."""

    msg_id: bytes
    status: int
    tlvs: tuple[Tlv, ...] = ()


@dataclass(frozen=True, slots=True)
class Route:
    """A PDU between a gateway and the name server: its values in the order of `tables.ROUTES`."""

    request_id: int
    values: tuple[int | bytes, ...]


@dataclass(frozen=True, slots=True)
class Unread:
    """A PDU of prepaid billing, passed through unread: known by name only."""

    request_id: int
    body: bytes = b""


Pdu = (
    Login
    | LoginResp
    | Submit
    | SubmitResp
    | Deliver
    | DeliverResp
    | ActiveTest
    | ActiveTestResp
    | Exit
    | ExitResp
    | Query
    | QueryResp
    | Forward
    | ForwardResp
    | Route
    | Unread
)

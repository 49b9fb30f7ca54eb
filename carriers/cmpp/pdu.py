"""The PDUs of CMPP 2.0 and 3.0 as values; how they lie on the wire is in `tables`, the codec in `codec`.

One class serves both versions: a field that a version does not have is left out on the wire and has its
default after decoding. Text fields are bytes without the NUL octets that fill them up on the right; octets
behind an inner NUL are kept, so that every PDU comes back as it was; `field_text` gives what a person sees.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from carriers.numbers import field_text as field_text


class Version(enum.IntEnum):
    """The two layouts; which one a connection uses is agreed at CONNECT and never guessed per packet."""

    V2 = 0x20
    V3 = 0x30

    @classmethod
    def of_octet(cls, octet: int) -> Version | None:
        """The layout a Version octet asks for: 0x20-0x2F is 2.x, 0x30-0x3F is 3.0, any other None."""
        return {0x2: cls.V2, 0x3: cls.V3}.get(octet >> 4)


class Command(enum.IntEnum):
    """Command_Id of the requests; the response to one has the top bit set (CMPP 3.0, command table)."""

    CONNECT = 0x01
    TERMINATE = 0x02
    SUBMIT = 0x04
    DELIVER = 0x05
    QUERY = 0x06
    CANCEL = 0x07
    ACTIVE_TEST = 0x08
    FWD = 0x09
    MT_ROUTE = 0x10
    MO_ROUTE = 0x11
    GET_MT_ROUTE = 0x12  # CMPP 2.0 calls it GET_ROUTE
    MT_ROUTE_UPDATE = 0x13
    MO_ROUTE_UPDATE = 0x14
    PUSH_MT_ROUTE_UPDATE = 0x15
    PUSH_MO_ROUTE_UPDATE = 0x16
    GET_MO_ROUTE = 0x17


RESPONSE = 0x80000000
HEADER_OCTETS = 12
# A 3.0 SUBMIT to 99 destinations whose length octet is at its largest: 163 + 99 * 32 + 255.
MAX_OCTETS = 3586


@dataclass(frozen=True, slots=True)
class Connect:
    """The login of a service provider."""

    source_addr: bytes
    authenticator_source: bytes  # 16 octets
    version: int  # the octet: 0x20, 0x21, 0x30
    timestamp: int  # MMDDHHMMSS read as a decimal number


@dataclass(frozen=True, slots=True)
class ConnectResp:
    """The gateway's answer to a login."""

    status: int
    authenticator_ismg: bytes = bytes(16)
    version: int = Version.V2  # the highest the gateway has


@dataclass(frozen=True, slots=True)
class Terminate:
    """Leave: the sender wants the connection closed in order."""


@dataclass(frozen=True, slots=True)
class TerminateResp:
    """Leave granted."""


@dataclass(frozen=True, slots=True)
class Submit:
    """A message from the service provider to handsets."""

    msg_id: int = 0
    pk_total: int = 1
    pk_number: int = 1
    registered_delivery: int = 0
    msg_level: int = 0
    service_id: bytes = b""
    fee_user_type: int = 0
    fee_terminal_id: bytes = b""
    fee_terminal_type: int = 0  # 3.0
    tp_pid: int = 0
    tp_udhi: int = 0
    msg_fmt: int = 0
    msg_src: bytes = b""
    fee_type: bytes = b""
    fee_code: bytes = b""
    valid_time: bytes = b""
    at_time: bytes = b""
    src_id: bytes = b""
    dest_terminal_id: tuple[bytes, ...] = ()
    dest_terminal_type: int = 0  # 3.0
    msg_content: bytes = b""
    reserve: bytes = b""  # 2.0
    link_id: bytes = b""  # 3.0


@dataclass(frozen=True, slots=True)
class SubmitResp:
    """The gateway's answer to a submit; Msg_Id means something only with Result 0."""

    msg_id: int
    result: int


@dataclass(frozen=True, slots=True)
class Deliver:
    """A message from a handset, or a status report, to the service provider."""

    msg_id: int = 0
    dest_id: bytes = b""
    service_id: bytes = b""
    tp_pid: int = 0
    tp_udhi: int = 0
    msg_fmt: int = 0
    src_terminal_id: bytes = b""
    src_terminal_type: int = 0  # 3.0
    registered_delivery: int = 0  # 1 = a status report
    msg_content: bytes = b""
    reserved: bytes = b""  # 2.0
    link_id: bytes = b""  # 3.0


@dataclass(frozen=True, slots=True)
class DeliverResp:
    """The service provider's answer to a delivery."""

    msg_id: int
    result: int


@dataclass(frozen=True, slots=True)
class Query:
    """A question for the counters of one day."""

    time: bytes = b""  # YYYYMMDD
    query_type: int = 0
    query_code: bytes = b""
    reserve: bytes = b""


@dataclass(frozen=True, slots=True)
class QueryResp:
    """The counters of one day."""

    time: bytes = b""
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


@dataclass(frozen=True, slots=True)
class Cancel:
    """A wish to take back a submit that has not been sent on."""

    msg_id: int


@dataclass(frozen=True, slots=True)
class CancelResp:
    """0 taken back, 1 not."""

    success_id: int


@dataclass(frozen=True, slots=True)
class ActiveTest:
    """Are you there?"""


@dataclass(frozen=True, slots=True)
class ActiveTestResp:
    """I am; `reserved` is None when the peer left the octet out, as some do."""

    reserved: int | None = 0


@dataclass(frozen=True, slots=True)
class Fwd:
    """A message passed from gateway to gateway."""

    source_id: bytes = b""
    destination_id: bytes = b""
    nodes_count: int = 0
    msg_fwd_type: int = 0
    msg_id: int = 0
    pk_total: int = 1
    pk_number: int = 1
    registered_delivery: int = 0
    msg_level: int = 0
    service_id: bytes = b""
    fee_user_type: int = 0
    fee_terminal_id: bytes = b""
    fee_terminal_pseudo: bytes = b""  # 3.0
    fee_terminal_user_type: int = 0  # 3.0
    tp_pid: int = 0
    tp_udhi: int = 0
    msg_fmt: int = 0
    msg_src: bytes = b""
    fee_type: bytes = b""
    fee_code: bytes = b""
    valid_time: bytes = b""
    at_time: bytes = b""
    src_id: bytes = b""
    src_pseudo: bytes = b""  # 3.0
    src_user_type: int = 0  # 3.0
    src_type: int = 0  # 3.0
    dest_id: tuple[bytes, ...] = ()
    dest_pseudo: bytes = b""  # 3.0
    dest_user_type: int = 0  # 3.0
    msg_content: bytes = b""
    reserve: bytes = b""  # 2.0
    link_id: bytes = b""  # 3.0


@dataclass(frozen=True, slots=True)
class FwdResp:
    """The answer of the next gateway."""

    msg_id: int
    pk_total: int
    pk_number: int
    result: int


@dataclass(frozen=True, slots=True)
class Route:
    """A PDU between a gateway and the name server, passed through unread: known by name only."""

    command_id: int
    body: bytes = b""


Request = Connect | Terminate | Submit | Deliver | Query | Cancel | ActiveTest | Fwd
Response = ConnectResp | TerminateResp | SubmitResp | DeliverResp | QueryResp | CancelResp | ActiveTestResp | FwdResp
Pdu = Request | Response | Route

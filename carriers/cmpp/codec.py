"""PDU to octets and back, by the version agreed for the connection."""

from __future__ import annotations

import struct

from carriers.cmpp.pdu import HEADER_OCTETS, RESPONSE, ActiveTestResp, Command, Pdu, Route, Version
from carriers.cmpp.tables import BY_COMMAND, BY_KIND, ROUTE_NAMES
from gateway.core.errors import LocalProtocolError, MalformedPdu

_HEADER = struct.Struct(">LLL")
_ACTIVE_TEST_RESP = RESPONSE | Command.ACTIVE_TEST


def encode(pdu: Pdu, sequence_id: int, version: Version) -> bytes:
    """The PDU as one whole frame.

    Fields that this version does not have are left out. Raises LocalProtocolError for a value that does not
    fit its field.
    """
    layout = BY_KIND[version].get(type(pdu))
    if layout is not None and not (isinstance(pdu, ActiveTestResp) and pdu.reserved is None):
        return layout.encode(pdu, sequence_id)
    command_id, body = (pdu.command_id, pdu.body) if isinstance(pdu, Route) else (_ACTIVE_TEST_RESP, b"")
    try:
        return _HEADER.pack(HEADER_OCTETS + len(body), command_id, sequence_id) + body
    except struct.error as error:
        raise LocalProtocolError(f"the header does not hold that: {error}") from None


def decode(frame: bytes, version: Version) -> tuple[int, Pdu]:
    """The Sequence_Id and the PDU of one whole frame.

    Raises MalformedPdu, and nothing else, when the frame is no PDU of this version: its length is not the one
    it names, the Command_Id is unknown, or the lengths inside do not add up.
    """
    if len(frame) < HEADER_OCTETS:
        raise MalformedPdu(f"{len(frame)} octets are less than a header", field="Total_Length")
    total, command_id, sequence_id = _HEADER.unpack_from(frame)
    if total != len(frame):
        raise MalformedPdu(f"the length says {total} octets, there are {len(frame)}", field="Total_Length")
    layout = BY_COMMAND[version].get(command_id)
    if layout is not None:
        if command_id == _ACTIVE_TEST_RESP and total == HEADER_OCTETS:
            return sequence_id, ActiveTestResp(None)
        return sequence_id, layout.decode(frame)
    if command_id in ROUTE_NAMES:
        return sequence_id, Route(command_id, frame[HEADER_OCTETS:])
    raise MalformedPdu(f"unknown Command_Id 0x{command_id:08x}", offset=4, field="Command_Id")

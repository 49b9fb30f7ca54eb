"""PDU to octets and back."""

from __future__ import annotations

import struct

from carriers.sgip.pdu import HEADER_OCTETS, Pdu, Route
from carriers.sgip.sequence import OCTETS
from carriers.sgip.tables import BY_COMMAND, BY_KIND, ROUTE_NAMES
from gateway.core.errors import LocalProtocolError, MalformedPdu

_HEADER = struct.Struct(">LL12s")


def encode(pdu: Pdu, sequence: bytes) -> bytes:
    """The PDU as one whole frame; raises LocalProtocolError for a value that does not fit its field."""
    if not isinstance(pdu, Route):
        return BY_KIND[type(pdu)].encode(pdu, sequence)
    if len(sequence) != OCTETS or pdu.command_id not in ROUTE_NAMES:
        raise LocalProtocolError("that is no command of a gateway and the name server, or no sequence number")
    return _HEADER.pack(HEADER_OCTETS + len(pdu.body), pdu.command_id, sequence) + pdu.body


def decode(frame: bytes) -> tuple[bytes, Pdu]:
    """The sequence number (12 octets) and the PDU of one whole frame.

    Raises MalformedPdu, and nothing else, when the frame is no PDU: its length is not the one it names, the Command ID
    is unknown, or the lengths inside do not add up.
    """
    if len(frame) < HEADER_OCTETS:
        raise MalformedPdu(f"{len(frame)} octets are less than a header", field="Message Length")
    total, command_id, sequence = _HEADER.unpack_from(frame)
    if total != len(frame):
        raise MalformedPdu(f"the length says {total} octets, there are {len(frame)}", field="Message Length")
    layout = BY_COMMAND.get(command_id)
    if layout is not None:
        return sequence, layout.decode(frame)
    if command_id in ROUTE_NAMES:
        return sequence, Route(command_id, frame[HEADER_OCTETS:])
    raise MalformedPdu(f"unknown Command ID 0x{command_id:08x}", offset=4, field="Command ID")

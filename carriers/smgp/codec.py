"""PDU to octets and back."""

from __future__ import annotations

import struct

from carriers.smgp.pdu import HEADER_OCTETS, MAX_OCTETS, RESPONSE, ActiveTestResp, Pdu, Request, Route, Unread
from carriers.smgp.tables import DECODE, ENCODE, ROUTES, UNREAD
from gateway.core.errors import LocalProtocolError, MalformedPdu

_HEADER = struct.Struct(">LLL")
_ACTIVE_TEST_RESP = RESPONSE | Request.ACTIVE_TEST


def encode(pdu: Pdu, sequence_id: int, *, fixed_fee: bool = True) -> bytes:
    """The PDU as one whole frame; without `fixed_fee` a Submit has no such field, as with some gateways of 1.3.

    Raises LocalProtocolError for a value that does not fit its field, and for more than MAX_OCTETS in all.
    """
    write = ENCODE[fixed_fee].get(type(pdu))
    if write is not None and not (isinstance(pdu, ActiveTestResp) and pdu.reserved is None):
        frame = write(pdu, sequence_id)
    elif isinstance(pdu, Route):
        frame = _encode_route(pdu, sequence_id)
    elif isinstance(pdu, Unread):
        frame = _bare(pdu.request_id, pdu.body, sequence_id)
    else:
        frame = _bare(_ACTIVE_TEST_RESP, b"", sequence_id)
    if len(frame) > MAX_OCTETS:
        raise LocalProtocolError(f"a PDU of {len(frame)} octets is longer than {MAX_OCTETS}")
    return frame


def decode(frame: bytes, *, fixed_fee: bool = True) -> tuple[int, Pdu]:
    """The SequenceID and the PDU of one whole frame.

    Raises MalformedPdu, and nothing else, when the frame is no PDU: its length is not the one it names, the
    RequestID is unknown, or the lengths inside do not add up.
    """
    if len(frame) < HEADER_OCTETS:
        raise MalformedPdu(f"{len(frame)} octets are less than a header", field="PacketLength")
    total, request_id, sequence_id = _HEADER.unpack_from(frame)
    if total != len(frame) or total > MAX_OCTETS:
        raise MalformedPdu(f"the length says {total} octets, there are {len(frame)}", field="PacketLength")
    read = DECODE[fixed_fee].get(request_id)
    if read is not None:
        if request_id == _ACTIVE_TEST_RESP and total == HEADER_OCTETS:
            return sequence_id, ActiveTestResp()
        return sequence_id, read(frame)
    if request_id in ROUTES:
        return sequence_id, Route(request_id, tuple(ROUTES[request_id].decode(frame)))
    if request_id in UNREAD:
        return sequence_id, Unread(request_id, frame[HEADER_OCTETS:])
    raise MalformedPdu(f"unknown RequestID 0x{request_id:08x}", offset=4, field="RequestID")


def _bare(request_id: int, body: bytes, sequence_id: int) -> bytes:
    try:
        return _HEADER.pack(HEADER_OCTETS + len(body), request_id, sequence_id) + body
    except struct.error as error:
        raise LocalProtocolError(f"the header does not hold that: {error}") from None


def _encode_route(pdu: Route, sequence_id: int) -> bytes:
    layout = ROUTES.get(pdu.request_id)
    if layout is None or len(layout.fields) != len(pdu.values):
        raise LocalProtocolError(f"no route PDU 0x{pdu.request_id:x} has {len(pdu.values)} values")
    return layout.encode(pdu.values, sequence_id)

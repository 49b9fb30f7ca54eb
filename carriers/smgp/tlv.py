"""Optional parameters: kept as octets in the order they came, read by name when asked (SMGP 3.0.3, 6.3).

They stand behind the Reserve field, without a count, to the end of the PDU. The widths of the specification are not
relied on: gateways fill texts up, shorten them, or end them with a NUL.
"""

from __future__ import annotations

import enum
import struct
from typing import NamedTuple

from gateway.core.errors import LocalProtocolError, MalformedPdu

_HEAD = struct.Struct(">HH")


class Tag(enum.IntEnum):
    """The optional parameters of the specification."""

    TP_PID = 0x0001
    TP_UDHI = 0x0002
    LINK_ID = 0x0003
    CHARGE_USER_TYPE = 0x0004
    CHARGE_TERM_TYPE = 0x0005
    CHARGE_TERM_PSEUDO = 0x0006
    DEST_TERM_TYPE = 0x0007
    DEST_TERM_PSEUDO = 0x0008
    PK_TOTAL = 0x0009
    PK_NUMBER = 0x000A
    SUBMIT_MSG_TYPE = 0x000B
    SP_DEAL_RESULT = 0x000C
    SRC_TERM_TYPE = 0x000D
    SRC_TERM_PSEUDO = 0x000E
    NODES_COUNT = 0x000F
    MSG_SRC = 0x0010
    SRC_TYPE = 0x0011
    M_SERVICE_ID = 0x0012


#: As the specification writes them.
NAMES: dict[int, str] = {
    Tag.TP_PID: "TP_pid",
    Tag.TP_UDHI: "TP_udhi",
    Tag.LINK_ID: "LinkID",
    Tag.CHARGE_USER_TYPE: "ChargeUserType",
    Tag.CHARGE_TERM_TYPE: "ChargeTermType",
    Tag.CHARGE_TERM_PSEUDO: "ChargeTermPseudo",
    Tag.DEST_TERM_TYPE: "DestTermType",
    Tag.DEST_TERM_PSEUDO: "DestTermPseudo",
    Tag.PK_TOTAL: "PkTotal",
    Tag.PK_NUMBER: "PkNumber",
    Tag.SUBMIT_MSG_TYPE: "SubmitMsgType",
    Tag.SP_DEAL_RESULT: "SPDealResult",
    Tag.SRC_TERM_TYPE: "SrcTermType",
    Tag.SRC_TERM_PSEUDO: "SrcTermPseudo",
    Tag.NODES_COUNT: "NodesCount",
    Tag.MSG_SRC: "MsgSrc",
    Tag.SRC_TYPE: "SrcType",
    Tag.M_SERVICE_ID: "MServiceID",
}
#: Those that hold text; all other named ones hold a number of one octet.
TEXTS = frozenset({
    Tag.LINK_ID, Tag.CHARGE_TERM_PSEUDO, Tag.DEST_TERM_PSEUDO, Tag.SRC_TERM_PSEUDO, Tag.MSG_SRC, Tag.M_SERVICE_ID,
})  # fmt: skip


class Tlv(NamedTuple):
    """One optional parameter; an unknown tag is kept like any other."""

    tag: int
    value: bytes

    @property
    def name(self) -> str:
        """Its name in the specification, or its tag."""
        return NAMES.get(self.tag) or f"tag 0x{self.tag:04x}"


def read_tlvs(frame: bytes, at: int) -> tuple[Tlv, ...]:
    """All optional parameters from that octet to the end; raises MalformedPdu when one ends behind it."""
    found = []
    size = len(frame)
    while at < size:
        if size - at < _HEAD.size:
            raise MalformedPdu(f"{size - at} octets are no optional parameter", offset=at, field="Tag")
        tag, length = _HEAD.unpack_from(frame, at)
        start = at + _HEAD.size
        tlv = Tlv(tag, frame[start : start + length])
        if len(tlv.value) != length:
            raise MalformedPdu(f"{length} octets are said, there are {len(tlv.value)}", offset=at + 2, field=tlv.name)
        found.append(tlv)
        at = start + length
    return tuple(found)


def write_tlvs(tlvs: tuple[Tlv, ...]) -> bytes:
    """Their octets, in the order given; raises LocalProtocolError for a tag or a value beyond its field."""
    try:
        return b"".join([_HEAD.pack(tag, len(value)) + value for tag, value in tlvs])
    except struct.error as error:
        raise LocalProtocolError(f"an optional parameter does not fit: {error}") from None


def octets_of(tlvs: tuple[Tlv, ...], tag: Tag) -> bytes | None:
    """The value of the first with that tag, or None."""
    return next((it.value for it in tlvs if it.tag == tag), None)


def number_of(tlvs: tuple[Tlv, ...], tag: Tag) -> int:
    """The number in the first with that tag, however wide; 0 when there is none or it is empty."""
    return int.from_bytes(octets_of(tlvs, tag) or b"", "big")


def text_of(tlvs: tuple[Tlv, ...], tag: Tag) -> str:
    """The text in the first with that tag, up to a NUL, anything but ASCII escaped; "" when there is none."""
    return (octets_of(tlvs, tag) or b"").partition(b"\0")[0].decode("ascii", "backslashreplace")

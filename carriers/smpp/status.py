"""command_status values: names, and what each means for the message (3.4 section 5.1.3, 5.0 section 4.7.6)."""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.messages import Outcome

ROK = 0x00
RINVMSGLEN = 0x01
RINVCMDLEN = 0x02
RINVCMDID = 0x03
RINVBNDSTS = 0x04
RALYBND = 0x05
RSYSERR = 0x08
RINVSRCADR = 0x0A
RINVDSTADR = 0x0B
RINVMSGID = 0x0C
RBINDFAIL = 0x0D
RINVPASWD = 0x0E
RINVSYSID = 0x0F
RMSGQFUL = 0x14
RINVSERTYP = 0x15
RINVNUMDESTS = 0x33
RINVDLNAME = 0x34
RINVDESTFLAG = 0x40
RINVSYSTYP = 0x53
RTHROTTLED = 0x58
RINVSCHED = 0x61
RINVEXPIRY = 0x62
RX_T_APPN = 0x64
RINVOPTPARSTREAM = 0xC0


class Status(NamedTuple):
    """The name of a code, and what became of the request it answers."""

    name: str
    outcome: Outcome


_T, _P = Outcome.TEMPORARY, Outcome.PERMANENT

#: Temporary is what another try, later or on another link, can cure: states, systems, sessions. A queue that
#: is full is throttling: a client that gives such messages up loses them.
STATUSES: dict[int, Status] = {
    0x00: Status("ESME_ROK", Outcome.ACCEPTED),
    0x01: Status("ESME_RINVMSGLEN", _P),
    0x02: Status("ESME_RINVCMDLEN", _P),
    0x03: Status("ESME_RINVCMDID", _P),
    0x04: Status("ESME_RINVBNDSTS", _T),
    0x05: Status("ESME_RALYBND", _T),
    0x06: Status("ESME_RINVPRTFLG", _P),
    0x07: Status("ESME_RINVREGDLVFLG", _P),
    0x08: Status("ESME_RSYSERR", _T),
    0x0A: Status("ESME_RINVSRCADR", _P),
    0x0B: Status("ESME_RINVDSTADR", _P),
    0x0C: Status("ESME_RINVMSGID", _P),
    0x0D: Status("ESME_RBINDFAIL", _T),
    0x0E: Status("ESME_RINVPASWD", _P),
    0x0F: Status("ESME_RINVSYSID", _P),
    0x11: Status("ESME_RCANCELFAIL", _P),
    0x13: Status("ESME_RREPLACEFAIL", _P),
    0x14: Status("ESME_RMSGQFUL", Outcome.THROTTLED),
    0x15: Status("ESME_RINVSERTYP", _P),
    0x33: Status("ESME_RINVNUMDESTS", _P),
    0x34: Status("ESME_RINVDLNAME", _P),
    0x40: Status("ESME_RINVDESTFLAG", _P),
    0x42: Status("ESME_RINVSUBREP", _P),
    0x43: Status("ESME_RINVESMCLASS", _P),
    0x44: Status("ESME_RCNTSUBDL", _P),
    0x45: Status("ESME_RSUBMITFAIL", _T),
    0x48: Status("ESME_RINVSRCTON", _P),
    0x49: Status("ESME_RINVSRCNPI", _P),
    0x50: Status("ESME_RINVDSTTON", _P),
    0x51: Status("ESME_RINVDSTNPI", _P),
    0x53: Status("ESME_RINVSYSTYP", _P),
    0x54: Status("ESME_RINVREPFLAG", _P),
    0x55: Status("ESME_RINVNUMMSGS", _P),
    0x58: Status("ESME_RTHROTTLED", Outcome.THROTTLED),
    0x61: Status("ESME_RINVSCHED", _P),
    0x62: Status("ESME_RINVEXPIRY", _P),
    0x63: Status("ESME_RINVDFTMSGID", _P),
    0x64: Status("ESME_RX_T_APPN", _T),
    0x65: Status("ESME_RX_P_APPN", _P),
    0x66: Status("ESME_RX_R_APPN", _P),
    0x67: Status("ESME_RQUERYFAIL", _P),
    0xC0: Status("ESME_RINVOPTPARSTREAM", _P),
    0xC1: Status("ESME_ROPTPARNOTALLWD", _P),
    0xC2: Status("ESME_RINVPARLEN", _P),
    0xC3: Status("ESME_RMISSINGOPTPARAM", _P),
    0xC4: Status("ESME_RINVOPTPARAMVAL", _P),
    0xFE: Status("ESME_RDELIVERYFAILURE", _P),
    0xFF: Status("ESME_RUNKNOWNERR", _T),
    0x0100: Status("ESME_RSERTYPUNAUTH", _P),
    0x0101: Status("ESME_RPROHIBITED", _P),
    0x0102: Status("ESME_RSERTYPUNAVAIL", _T),
    0x0103: Status("ESME_RSERTYPDENIED", _P),
    0x0104: Status("ESME_RINVDCS", _P),
    0x0105: Status("ESME_RINVSRCADDRSUBUNIT", _P),
    0x0106: Status("ESME_RINVDSTADDRSUBUNIT", _P),
    0x0107: Status("ESME_RINVBCASTFREQINT", _P),
    0x0108: Status("ESME_RINVBCASTALIAS_NAME", _P),
    0x0109: Status("ESME_RINVBCASTAREAFMT", _P),
    0x010A: Status("ESME_RINVNUMBCAST_AREAS", _P),
    0x010B: Status("ESME_RINVBCASTCNTTYPE", _P),
    0x010C: Status("ESME_RINVBCASTMSGCLASS", _P),
    0x010D: Status("ESME_RBCASTFAIL", _T),
    0x010E: Status("ESME_RBCASTQUERYFAIL", _P),
    0x010F: Status("ESME_RBCASTCANCELFAIL", _P),
    0x0110: Status("ESME_RINVBCAST_REP", _P),
    0x0111: Status("ESME_RINVBCASTSRVGRP", _P),
    0x0112: Status("ESME_RINVBCASTCHANIND", _P),
}

CODES: dict[str, int] = {status.name: code for code, status in STATUSES.items()} | {
    "ESME_RINVTLVSTREAM": 0xC0,
    "ESME_RTLVNOTALLWD": 0xC1,
    "ESME_RINVTLVLEN": 0xC2,
    "ESME_RMISSINGTLV": 0xC3,
    "ESME_RINVTLVVAL": 0xC4,
}  # the names 5.0 gives to the same values


def look_up(code: int) -> Status:
    """The name and outcome of any code; an unknown one is permanent and keeps its number in the name."""
    known = STATUSES.get(code)
    if known is not None:
        return known
    return Status(f"{'vendor' if 0x400 <= code <= 0x4FF else 'reserved'} 0x{code:08x}", Outcome.PERMANENT)

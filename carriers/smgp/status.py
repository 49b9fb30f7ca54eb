"""What the numbers and words of SMGP mean for a message: one table each for results, reports and their errors.

Source: SMGP 3.0.3, status codes and status report. What may be tried again is field practice: the specification has no
code for "too fast", and gateways say "busy" instead, or a vendor's code (`SmgpConfig.throttle_codes`).
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.messages import Outcome, ReportState

OK = 0
BUSY = 1
TOO_MANY_CONNECTIONS = 2
STRUCTURE_WRONG = 10
COMMAND_WRONG = 11
SEQUENCE_REPEATED = 12
ADDRESS_WRONG = 20
AUTHENTICATION_FAILED = 21
VERSION_TOO_HIGH = 22
FORMAT_WRONG = 34
LENGTH_WRONG = 36
SRC_TERM_ID_WRONG = 46
DEST_TERM_ID_WRONG = 47


@dataclass(frozen=True, slots=True)
class Code:
    """One Status."""

    number: int
    meaning: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stat:
    """One state of a status report."""

    word: str
    meaning: str
    state: ReportState


#: What is illegal about a field, by the number of its Status.
_FIELDS = {
    30: "MsgType", 31: "Priority", 32: "FeeType", 33: "FeeCode", 34: "MsgFormat", 35: "time format",
    36: "MsgLength", 38: "QueryType", 40: "FixedFee", 41: "UpdateType", 42: "RouteId", 43: "ServiceId",
    44: "ValidTime", 45: "AtTime", 46: "SrcTermId", 47: "DestTermId", 48: "ChargeTermId", 49: "SPCode",
    56: "SrcGatewayID", 57: "QueryTermID", 59: "SPType", 60: "LastRouteID", 61: "RouteType", 62: "DestGatewayID",
    63: "DestGatewayIP", 64: "DestGatewayPort", 65: "TermRangeID", 66: "ProvinceCode", 67: "UserType", 69: "SPID",
    70: "SPAccessType", 72: "Time", 73: "MServiceID",
}  # fmt: skip

CODES: dict[int, Code] = {
    number: Code(number, meaning, outcome)
    for number, meaning, outcome in (
        (0, "accepted", Outcome.ACCEPTED),
        (1, "system busy", Outcome.THROTTLED),
        (2, "more than the allowed number of connections", Outcome.TEMPORARY),
        (10, "message structure wrong", Outcome.PERMANENT),
        (11, "command wrong, or not allowed in this login mode", Outcome.PERMANENT),
        # The gateway has seen this SequenceID before: whether it took that message its answer did not tell.
        (12, "sequence number repeated", Outcome.UNCERTAIN),
        (20, "not allowed from this IP address", Outcome.PERMANENT),
        (21, "authentication failed: account or secret wrong, or clock of the login refused", Outcome.PERMANENT),
        (22, "version too high for this gateway", Outcome.PERMANENT),
        (37, "validity is over", Outcome.PERMANENT),
        (39, "route error", Outcome.PERMANENT),
        (58, "no matching route", Outcome.PERMANENT),
        (68, "this node does not take route updates", Outcome.PERMANENT),
        (71, "route update failed", Outcome.PERMANENT),
        (74, "the account may not send at this time of day", Outcome.TEMPORARY),
        (75, "the account is above its quota of the day", Outcome.TEMPORARY),
        (76, "the account is past its validity", Outcome.PERMANENT),
        *((number, f"{name} wrong", Outcome.PERMANENT) for number, name in _FIELDS.items()),
    )
}  # fmt: skip

_RANGES = {
    range(3, 10): "reserved",
    range(13, 20): "reserved",
    range(23, 30): "reserved",
    range(50, 56): "of another system",
    range(112, 117): "of another system",
    range(128, 256): "of the gateway's vendor; ask the carrier for its list",
}

_STATS = {
    stat.word: stat
    for stat in (
        Stat("DELIVRD", "delivered to the handset", ReportState.DELIVERED),
        Stat("EXPIRED", "validity over", ReportState.EXPIRED),
        Stat("DELETED", "deleted", ReportState.FAILED),
        Stat("UNDELIV", "cannot be delivered", ReportState.FAILED),
        Stat("ACCEPTD", "taken by the message centre, not final", ReportState.ENROUTE),
        Stat("ENROUTE", "on its way, not final", ReportState.ENROUTE),
        Stat("UNKNOWN", "state invalid", ReportState.FAILED),
        Stat("REJECTD", "rejected", ReportState.FAILED),
    )
}

#: err of a report.
_ERRORS = {
    "000": "success",
    "001": "the phone cannot be reached",
    "002": "the phone is busy",
    "003": "no such terminal part",
    "004": "illegal user",
    "005": "the user is on a black list",
    "006": "system error",
    "007": "the memory of the phone is full",
    "008": "not a messaging terminal",
    "009": "data error",
    "010": "data lost",
    "999": "unknown",
}


def result(number: int, throttle_codes: tuple[int, ...] = (BUSY,)) -> Code:
    """What the answer to a request says; `throttle_codes` mean "too fast". An unknown number is final and is kept."""
    known = CODES.get(number)
    if number in throttle_codes:
        return Code(number, known.meaning if known else f"too fast ({number})", Outcome.THROTTLED)
    if known is None:
        return Code(number, _unlisted(number), Outcome.PERMANENT)
    # Busy that is not taken for "too fast" is a word about the moment all the same.
    return known if known.outcome is not Outcome.THROTTLED else Code(number, known.meaning, Outcome.TEMPORARY)


def login_result(number: int) -> Code:
    """What a Login_Resp says; numbers without a row are most likely limits of the vendor, and may pass."""
    return CODES.get(number) or Code(number, _unlisted(number), Outcome.TEMPORARY)


def stat(word: str, err: str = "") -> Stat:
    """What a report says: DELIVRD alone is success; the words that vendors add (RT:0148) are failures."""
    known = _STATS.get(word) or Stat(word, "the vendor's own word", ReportState.FAILED)
    why = _ERRORS.get(err, "") if known.state is not ReportState.DELIVERED else ""
    return Stat(word, f"{known.meaning}: {why}", known.state) if why and err != "000" else known


def _unlisted(number: int) -> str:
    for numbers, whose in _RANGES.items():
        if number in numbers:
            return f"code {number}, {whose}"
    return f"unknown code {number}"

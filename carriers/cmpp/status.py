"""What the numbers and words of CMPP mean for a message: one table each for logins, results and reports.

Sources: CMPP 2.0 and 3.0, CONNECT_RESP, SUBMIT_RESP, DELIVER_RESP, status report; the handling of 8 is field
practice: it alone says "too fast", everything else that is not 0 is final.
"""

from __future__ import annotations

from dataclasses import dataclass

from carriers.cmpp.pdu import Version
from gateway.core.messages import Outcome, ReportState

OK = 0
STRUCTURE_WRONG = 1
SOURCE_ADDRESS_ILLEGAL = 2
AUTHENTICATION_FAILED = 3
VERSION_TOO_HIGH = 4
OTHER_LOGIN_ERROR = 5

SEQUENCE_REPEATED = 3
LENGTH_WRONG = 4
FLOW_CONTROL = 8
OTHER_ERROR = 9


@dataclass(frozen=True, slots=True)
class Code:
    """One result code."""

    number: int
    name: str
    meaning: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stat:
    """One word of a status report."""

    word: str
    meaning: str
    state: ReportState


def _table(*rows: tuple[int, str, str, Outcome]) -> dict[int, Code]:
    return {row[0]: Code(*row) for row in rows}


_NEVER = Outcome.PERMANENT

CONNECT_STATUS = _table(
    (0, "ok", "accepted", Outcome.ACCEPTED),
    (1, "structure", "structure of the CONNECT wrong", _NEVER),
    (2, "source_address", "illegal source address: SP_Id unknown, or not allowed from here", _NEVER),
    (3, "authentication", "authentication failed: secret wrong, or clock of the login refused", _NEVER),
    (4, "version", "version too high for this gateway", _NEVER),
)

_RESULTS = (
    (0, "ok", "accepted", Outcome.ACCEPTED),
    (1, "structure", "message structure wrong", _NEVER),
    (2, "command", "command wrong", _NEVER),
    # The gateway has seen this Sequence_Id before: whether it took that message its answer did not tell.
    (3, "sequence_repeated", "message sequence number repeated", Outcome.UNCERTAIN),
    (4, "length", "message length wrong", _NEVER),
    (5, "fee_code", "fee code wrong", _NEVER),
    (6, "too_long", "longer than the maximum", _NEVER),
    (7, "service_code", "service code wrong", _NEVER),
    (8, "flow_control", "flow control: too fast", Outcome.THROTTLED),
)

SUBMIT_RESULT_V2 = _table(*_RESULTS)
SUBMIT_RESULT_V3 = _table(
    *_RESULTS,
    (9, "fee_number_not_served", "this gateway does not serve the number to be charged", _NEVER),
    (10, "src_id", "Src_Id wrong: it must begin with the access number", _NEVER),
    (11, "msg_src", "Msg_src wrong: it must be the SP_Id", _NEVER),
    (12, "fee_terminal_id", "Fee_terminal_Id wrong", _NEVER),
    (13, "dest_terminal_id", "Dest_terminal_Id wrong", _NEVER),
)
# For a delivery "other" means that it may come again, as does flow control.
DELIVER_RESULT = _table(*_RESULTS, (9, "other", "other error", Outcome.TEMPORARY))

_OTHER = {
    range(9, 100): ("other", "other error"),
    range(100, 200): ("vendor", "error of the gateway's vendor; ask the carrier for its list"),
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
_PREFIXES = {
    "MA:": "the message centre did not answer",
    "MB:": "the message centre answered with an error",
    "CA:": "the charging point did not answer",
    "CB:": "the charging point answered with an error",
}


def connect_status(number: int) -> Code:
    """What a CONNECT_RESP says; 5 and up are "other errors", mostly too many connections, and may pass."""
    known = CONNECT_STATUS.get(number)
    return known or Code(number, "other", f"other error {number}: often too many connections", Outcome.TEMPORARY)


def submit_result(number: int, version: Version) -> Code:
    """What a SUBMIT_RESP says; an unknown number is final and keeps its number."""
    table = SUBMIT_RESULT_V2 if version is Version.V2 else SUBMIT_RESULT_V3
    return table.get(number) or _unlisted(number)


def deliver_result(number: int) -> Code:
    """What a DELIVER_RESP says; the same numbers in both versions."""
    return DELIVER_RESULT.get(number) or _unlisted(number)


def stat(word: str) -> Stat:
    """What the Stat of a report says: DELIVRD alone is success; the words that vendors add are failures."""
    known = _STATS.get(word)
    if known is not None:
        return known
    meaning = _PREFIXES.get(word[:3])
    return Stat(word, f"{meaning} ({word[3:]})" if meaning else "the vendor's own word", ReportState.FAILED)


def _unlisted(number: int) -> Code:
    for numbers, (name, meaning) in _OTHER.items():
        if number in numbers:
            return Code(number, name, f"{meaning} ({number})", Outcome.PERMANENT)
    return Code(number, "unknown", f"unknown result {number}", Outcome.PERMANENT)

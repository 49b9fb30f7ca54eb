"""What the numbers of SGIP mean for a message: results of responses, error codes and states of reports.

Source: SGIP 1.2, table of results and error codes; 88 is field practice. The numbers from 21 on are often printed
shifted by twelve; these are the specification's.
"""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.messages import Outcome, ReportState

OK = 0
ILLEGAL_LOGIN = 1
LOGIN_REPEATED = 2
TOO_MANY_CONNECTIONS = 3
LOGIN_TYPE_WRONG = 4
FORMAT_WRONG = 5
NUMBER_ILLEGAL = 6
LENGTH_WRONG = 8
SEQUENCE_ILLEGAL = 9
NODE_BUSY = 11
UNREACHABLE_USER = 25
RECEPTION_FAILED = 28
UNKNOWN_USER = 29
TOO_FAST = 88

DELIVERED, WAITING, FAILED = range(3)  # State of a REPORT


@dataclass(frozen=True, slots=True)
class Code:
    """One result or error code."""

    number: int
    name: str
    meaning: str
    outcome: Outcome


_NEVER = Outcome.PERMANENT
_LATER = Outcome.TEMPORARY

RESULTS = {
    row[0]: Code(*row)
    for row in (
        (0, "ok", "accepted", Outcome.ACCEPTED),
        (1, "illegal_login", "illegal login: name or password wrong, or not allowed from here", _NEVER),
        (2, "login_repeated", "login repeated on the same connection", _LATER),
        (3, "too_many_connections", "too many connections from this node", _LATER),
        (4, "login_type", "login type wrong, or command not allowed with it", _NEVER),
        (5, "format", "parameter format wrong", _NEVER),
        (6, "number", "illegal handset number", _NEVER),
        (7, "message_id", "message id wrong", _NEVER),
        (8, "length", "message length wrong", _NEVER),
        # The gateway has seen this number before: whether it took that message its answer did not tell.
        (9, "sequence", "illegal sequence number: repeated, or badly formed", Outcome.UNCERTAIN),
        (10, "gns", "illegal GNS operation", _NEVER),
        (11, "busy", "node busy", Outcome.THROTTLED),
        (21, "unreachable", "destination unreachable: the next node cannot serve", _LATER),
        (22, "route", "route error", _NEVER),
        (23, "no_route", "route does not exist", _NEVER),
        (24, "charge_number", "number to be charged is not valid", _NEVER),
        (25, "user_unreachable", "phone cannot be reached: no coverage or switched off", _LATER),
        (26, "memory_full", "memory of the phone full", _LATER),
        (27, "no_sms", "phone does not support short messages", _NEVER),
        (28, "reception", "phone failed to receive", _LATER),
        (29, "unknown_user", "unknown subscriber", _NEVER),
        (30, "not_provided", "function not provided", _NEVER),
        (31, "equipment", "illegal equipment", _NEVER),
        (32, "system", "system failure", _LATER),
        (33, "queue_full", "queue of the message centre full", _LATER),
        (88, "too_fast", "too fast", Outcome.THROTTLED),
    )
}

_STATES = {
    DELIVERED: ("delivered to the phone", ReportState.DELIVERED),
    WAITING: ("waiting, not final", ReportState.ENROUTE),
    FAILED: ("not delivered", ReportState.FAILED),
}


def result(number: int) -> Code:
    """What a Result or ErrorCode says; an unknown number is final and keeps its number."""
    return RESULTS.get(number) or Code(number, "vendor", f"the vendor's own code {number}", Outcome.PERMANENT)


def state(number: int) -> tuple[str, ReportState]:
    """What the State of a REPORT says: 0 alone is success, 1 is not final, any other is a failure."""
    return _STATES.get(number) or (f"unknown state {number}", ReportState.FAILED)

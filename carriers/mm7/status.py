"""What the codes of MM7 and of HTTP mean for a message, one table each (3GPP TS 23.140 8.7.8, RFC 9110 section 15)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from gateway.core.messages import Outcome, ReportState
from mms.codec.mm7.messages import ANSWERS, Fault, Message, SubmitRsp
from mms.codec.mm7.values import Status

SUCCESS: Final = 1000
PARTIAL: Final = 1100
CLIENT_ERROR: Final = 2000
FORMAT_CORRUPT: Final = 2007
IMPROPER_IDENTIFICATION: Final = 4001
UNSUPPORTED_VERSION: Final = 4002
UNSUPPORTED_OPERATION: Final = 4003
UNAVAILABLE: Final = 4006

_A, _T, _P = Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.PERMANENT

#: StatusCode -> what it is called and what becomes of the message. Temporary is what another try can cure.
CODES: Final[Mapping[int, tuple[str, Outcome]]] = {
    1000: ("Success", _A),
    1100: ("Partial success", _A),
    2000: ("Client error", _P),
    2001: ("Operation restricted", _P),
    2002: ("Address error", _P),
    2003: ("Address not found", _P),
    2004: ("Multimedia content refused", _P),
    2005: ("Message ID not found", _P),
    2006: ("LinkedID not found", _P),
    2007: ("Message format corrupt", _P),
    2008: ("Application ID not found", _P),
    2009: ("Reply application ID not found", _P),
    3000: ("Server error", _T),
    3001: ("Not possible", _T),
    3002: ("Message rejected", _P),
    3003: ("Multiple addresses not supported", _P),
    3004: ("Application addressing not supported", _P),
    3005: ("Command rejected", _P),
    4000: ("General service error", _T),
    4001: ("Improper identification", _T),  # ours, not the message's: the link is refused
    4002: ("Unsupported version", _P),
    4003: ("Unsupported operation", _P),
    4004: ("Validation error", _P),
    4005: ("Service error", _T),
    4006: ("Service unavailable", _T),
    4007: ("Service denied", _P),
    4008: ("Application denied", _P),
}

#: HTTP statuses of answers without a word of MM7 in them. What a gateway between says may hide that the centre took it.
HTTP: Final[Mapping[int, Outcome]] = {
    400: _P,
    408: Outcome.UNCERTAIN,
    413: _P,
    425: _T,
    429: Outcome.THROTTLED,
    501: _P,
    503: _T,
}
#: HTTP statuses that say that the link is set up wrong, not that the MMS is.
REFUSED: Final = frozenset({301, 302, 303, 307, 308, 401, 403, 404, 405, 407})

#: MMStatus in lower case. Final is what ends the matter: a phone that puts an MMS off may still fetch it, and of one
#: that was passed on nobody knows yet.
REPORT_STATES: Final[Mapping[str, ReportState]] = {
    "retrieved": ReportState.DELIVERED,
    "expired": ReportState.EXPIRED,
    "rejected": ReportState.FAILED,
    "unrecognised": ReportState.FAILED,
    "unrecognized": ReportState.FAILED,
    "unreachable": ReportState.FAILED,
    "deliveryconditionnotmet": ReportState.FAILED,
    "deferred": ReportState.ENROUTE,
    "indeterminate": ReportState.ENROUTE,
    "forwarded": ReportState.ENROUTE,
}


class Verdict(NamedTuple):
    """What became of a submit."""

    outcome: Outcome
    carrier_id: str = ""
    code: int = 0
    reason: str = ""
    is_refused: bool = False  # the centre does not let us in; the outcome is TEMPORARY


def status(code: int, details: str = "") -> Status:
    """A status with its name."""
    return Status(code, CODES[code][0] if code in CODES else "", " ".join(details.split())[:200])


def answer_to(request: Message, code: int, *, message_id: str = "", details: str = "") -> Message:
    """The answer to a request; `message_id` is for a submit that was taken."""
    for kind, answer in ANSWERS.items():
        if isinstance(request, kind):
            made = answer(status=status(code, details))
            return SubmitRsp(status=made.status, message_id=message_id) if isinstance(made, SubmitRsp) else made
    raise TypeError(type(request).__name__)


def outcome_of(code: int) -> Outcome:
    """What a StatusCode means; one nobody knows by its class, and the classes 3 and 4 are tried again."""
    found = CODES.get(code)
    if found is not None:
        return found[1]
    if code == 0:
        return Outcome.UNCERTAIN
    return {1: _A, 2: _P}.get(code // 1000, _T)


def verdict_of(answer: SubmitRsp | Fault, recipient: str) -> Verdict:
    """What an answer says of a submit to one phone."""
    found = answer.status
    outcome = outcome_of(found.code)
    name = CODES[found.code][0] if found.code in CODES else ""
    words = [
        found.text or name or getattr(answer, "fault_text", ""),
        found.details if found.details != found.text else "",
    ]
    reason = " ".join(" ".join(filter(None, words)).split())[:200]
    if isinstance(answer, Fault) and outcome is _A:
        outcome = Outcome.UNCERTAIN  # a fault that says success
    if found.code == PARTIAL and _names(found.details, recipient):
        outcome = _P
    if outcome is not _A:
        return Verdict(outcome, "", found.code, reason, found.code == IMPROPER_IDENTIFICATION)
    return Verdict(outcome, answer.message_id if isinstance(answer, SubmitRsp) else "", found.code)


def verdict_of_http(code: int, retry_after_s: float | None, reason: str) -> Verdict:
    """What an answer of HTTP says that has nothing of MM7 in it."""
    if code in REFUSED:
        return Verdict(_T, "", code, f"HTTP {code}", is_refused=True)
    if code == 503 and retry_after_s is not None:
        return Verdict(Outcome.THROTTLED, "", code, "HTTP 503")
    if code in HTTP:
        return Verdict(HTTP[code], "", code, f"HTTP {code}")
    outcome = Outcome.PERMANENT if 400 <= code < 500 else Outcome.UNCERTAIN
    return Verdict(outcome, "", code, " ".join(f"HTTP {code}, {reason}".split())[:200])


def _names(details: str, recipient: str) -> bool:
    digits = recipient.lstrip("+")
    return bool(digits) and (digits in details or (digits.startswith("86") and digits[2:] in details))

"""What the words of MM4 and the codes of SMTP mean for a message (3GPP TS 23.140 8.4, RFC 5321 4.2)."""

from __future__ import annotations

from typing import Final

from gateway.core.messages import Outcome, ReportState
from mms.codec.mm4 import MmStatus

_A, _T, _P = Outcome.ACCEPTED, Outcome.TEMPORARY, Outcome.PERMANENT

#: X-Mms-Request-Status-Code in lower case. Temporary is what another try can cure.
REQUEST_STATUSES: Final[dict[str, Outcome]] = {
    "ok": _A,
    "error-unspecified": _T,
    "error-service-denied": _P,
    "error-message-format-corrupt": _P,
    "error-sending-address-unresolved": _P,
    "error-network-problem": _T,
    "error-content-not-accepted": _P,
    "error-unsupported-message": _P,
    "error-transient-failure": _T,
    "error-transient-sending-address-unresolved": _T,
    "error-transient-message-not-found": _T,
    "error-transient-network-problem": _T,
    "error-permanent-failure": _P,
    "error-permanent-service-denied": _P,
    "error-permanent-message-format-corrupt": _P,
    "error-permanent-sending-address-unresolved": _P,
    "error-permanent-message-not-found": _P,
    "error-permanent-content-not-accepted": _P,
    "error-permanent-reply-charging-limitations-not-met": _P,
    "error-permanent-reply-charging-request-not-accepted": _P,
}

#: Final is what ends the matter; a phone that puts an MMS off may still fetch it.
REPORT_STATES: Final[dict[MmStatus, ReportState]] = {
    MmStatus.RETRIEVED: ReportState.DELIVERED,
    MmStatus.EXPIRED: ReportState.EXPIRED,
    MmStatus.REJECTED: ReportState.FAILED,
    MmStatus.UNRECOGNISED: ReportState.FAILED,
    MmStatus.DEFERRED: ReportState.ENROUTE,
    MmStatus.INDETERMINATE: ReportState.ENROUTE,
    MmStatus.FORWARDED: ReportState.ENROUTE,
}

#: SMTP codes that say that it does not know us: no fault of the message.
LOGIN_CODES: Final = frozenset((530, 534, 535, 538))


def outcome_of(status: str) -> Outcome:
    """What a status code of MM4 means; one nobody knows is no answer to rely on, so it is tried again."""
    word = status.strip().lower()
    found = REQUEST_STATUSES.get(word)
    if found is not None:
        return found
    return Outcome.PERMANENT if word.startswith("error-permanent") else Outcome.TEMPORARY


def outcome_of_reply(code: int) -> Outcome:
    """What a reply of SMTP means."""
    if 200 <= code < 300:
        return Outcome.ACCEPTED
    if code in LOGIN_CODES or 400 <= code < 500:
        return Outcome.TEMPORARY
    return Outcome.PERMANENT

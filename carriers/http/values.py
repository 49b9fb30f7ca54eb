"""The named values that templates of a description may use, made from what is to be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Final

from carriers.user_data import elements_of, with_header
from gateway.core import phone
from gateway.core.messages import Segment

#: China has one time zone and no summer time; its providers write local time.
CHINA: Final = timezone(timedelta(hours=8))

#: What differs from request to request, whatever it is for.
MOMENT_VALUES: Final[Mapping[str, str]] = {
    "now_s": "the time, seconds since 1970",
    "now_ms": "the time, milliseconds since 1970",
    "time_utc": "the time as 2026-11-25T02:41:24Z",
    "date_utc": "the date as 2026-11-25",
    "time_china": "the time in China as 20261125104124",
    "nonce": "32 hexadecimal digits, different each time",
}
#: What every request that sends knows, beside `option:…`, `webhook:…` and `sign:…`.
REQUEST_VALUES: Final[Mapping[str, str]] = {
    "id": "our id of this request's first SMS (of its segment, where segments go alone)",
    "recipient": "the number as +8613800138000",
    "recipient_digits": "the number as 8613800138000",
    "recipient_national": "the number as 13800138000: without the country code where that is known",
    "recipients": "all numbers of a batch, with commas between",
    "recipients_digits": "the same as digits",
    "recipients_national": "the same without country codes",
    "sender": "access number with extension, or a name",
    "extension": "the digits behind the access number",
    "text": "the text",
    "text_ucs2_hex": "the text in UCS-2, hexadecimal",
    "data_hex": "the octets of a binary SMS, hexadecimal",
    "udh_hex": "its user data header with the octet of its length, hexadecimal",
    "alphabet": "gsm7, ucs2 or binary",
    "coding": "0 for gsm7, 1 for binary, 2 for ucs2",
    "segments": "how many segments the text takes",
    "validity_s": "how long it is worth sending, seconds; empty when nobody said",
    "validity_min": "the same in minutes",
    "report": "1 when a report is wanted, else 0",
    **MOMENT_VALUES,
}
#: What signatures know besides: the request as far as it stands.
SIGNED_VALUES: Final = ("method", "host", "path", "query", "body", "content_type", "sorted")

_CODINGS: Final = {"gsm7": "0", "binary": "1", "ucs2": "2"}


@dataclass(frozen=True, slots=True)
class Moment:
    """What differs from request to request."""

    now: datetime  # aware
    nonce: str


def request_values(
    segments: Sequence[Segment], access_number: str, fixed: Mapping[str, str], moment: Moment
) -> dict[str, str]:
    """The values for one request with these segments, which differ in nothing but the recipient.

    `fixed` is what does not change while the hub runs: options and addresses of webhooks.
    """
    one = segments[0]
    sender = one.sender or access_number
    has_extension = access_number and sender.startswith(access_number)
    numbers = [segment.recipient for segment in segments]
    validity_s = one.validity_s
    return {
        **fixed,
        "id": own_id(one),
        "recipient": numbers[0],
        "recipient_digits": digits(numbers[0]),
        "recipient_national": national(numbers[0]),
        "recipients": ",".join(numbers),
        "recipients_digits": ",".join(map(digits, numbers)),
        "recipients_national": ",".join(map(national, numbers)),
        "sender": sender,
        "extension": sender[len(access_number) :] if has_extension else "",
        "text": one.text,
        "text_ucs2_hex": one.text.encode("utf-16-be", "replace").hex().upper(),
        "data_hex": one.data.hex().upper(),
        "udh_hex": with_header(elements_of(one), b"").hex().upper() if one.data else "",
        "alphabet": one.alphabet.value,
        "coding": _CODINGS.get(one.alphabet.value, "0"),
        "segments": str(one.total),
        "validity_s": "" if validity_s is None else str(validity_s),
        "validity_min": "" if validity_s is None else str(max(1, validity_s // 60)),
        "report": "1" if one.want_report else "0",
        **moment_values(moment),
    }


def moment_values(moment: Moment) -> dict[str, str]:
    """The values that every request has."""
    now_ms = int(moment.now.timestamp() * 1000)
    return {
        "now_s": str(now_ms // 1000),
        "now_ms": str(now_ms),
        "time_utc": moment.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "date_utc": moment.now.strftime("%Y-%m-%d"),
        "time_china": moment.now.astimezone(CHINA).strftime("%Y%m%d%H%M%S"),
        "nonce": moment.nonce,
    }


def own_id(segment: Segment) -> str:
    """Our id of a submit: the message, and which segment of it where there are several and this is one."""
    return f"{segment.message_id}-{segment.number}" if segment.number > 1 else str(segment.message_id)


def digits(number: str) -> str:
    """The number without "+"."""
    return number.removeprefix("+")


def national(number: str) -> str:
    """The number without its country code where we know that code, else its digits."""
    bare = digits(number)
    if number.startswith("+"):
        for code, _ in phone.REGIONS.values():
            if bare.startswith(code):
                return bare[len(code) :]
    return bare


def same_number(raw: str) -> str:
    """One spelling for a number as a provider writes it, to compare by; China's numbers may lack the country code."""
    return digits(phone.normalise(raw) or raw.strip())

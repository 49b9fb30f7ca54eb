"""A submit of MM7 in the hub's own words: who is to get what, when, and as a letter. Pure."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from carriers.mm7.status import FORMAT_CORRUPT
from gateway.core.errors import BadRequest, CaiyouError
from gateway.core.peers import Peer
from gateway.core.phone import normalise
from gateway.mail.mime.headers import Priority
from mms.codec.mm7.envelope import Envelope
from mms.codec.mm7.messages import SubmitReq
from mms.codec.mm7.values import AddressKind, When
from mms.letters import Letter, write_letter
from mms.terms import MessageClass, MmsHeaders

#: StatusCodes of TS 23.140 8.7.8 that refuse a submit.
OPERATION_RESTRICTED, ADDRESS_ERROR, CONTENT_REFUSED = 2001, 2002, 2004
TOO_MANY_ADDRESSES, IMPROPER_IDENTIFICATION, SERVICE_DENIED = 3003, 4001, 4007
#: As long as MMSCs keep a message, and no longer; seconds.
MOST_VALIDITY_S: Final = 604_800
LEAST_VALIDITY_S: Final = 60
#: How far ahead a message can be left to wait, milliseconds.
MOST_AHEAD_MS: Final = 30 * 86_400_000

_PRIORITIES: Final = {"high": Priority.HIGH, "low": Priority.LOW}
_CLASSES: Final[Mapping[str, MessageClass]] = {it.value.lower(): it for it in MessageClass}


class Refused(CaiyouError):
    """A submit that is not taken, and the StatusCode that says why."""

    def __init__(self, code: int, details: str) -> None:
        super().__init__(details)
        self.code = code


@dataclass(frozen=True, slots=True)
class Asked:
    """What a peer asked to be sent."""

    numbers: tuple[str, ...]  # E.164
    sender: str  # "" = the link's own number
    subject: str
    letter: bytes
    not_before_ms: int
    validity_s: int
    want_report: bool
    want_read: bool
    key: str  # "" where the peer names no transaction
    addresses: Mapping[str, str]  # number -> as the peer wrote it


def asked_of(envelope: Envelope, request: SubmitReq, peer: Peer, *, now_ms: int, region: str, most: int) -> Asked:
    """What a submit asks, if this peer may ask it. Raises Refused."""
    who = request.sender
    if who.vasp_id and who.vasp_id != peer.name:
        raise Refused(IMPROPER_IDENTIFICATION, f"VASPID {who.vasp_id[:40]} is not who signed in")
    if envelope.body is None or not envelope.body.parts:
        raise Refused(FORMAT_CORRUPT, "there is no content")
    numbers = _numbers(request, peer, region, most)
    asked_sender = who.address.value if who.address is not None else ""
    sender = peer.sender_for(asked_sender)
    if sender is None:
        raise Refused(OPERATION_RESTRICTED, f"SenderAddress {asked_sender[:40]} is not this VASP's")
    not_before_ms = min(_moment(request.earliest, now_ms), now_ms + MOST_AHEAD_MS)
    ends_ms = _moment(request.expiry, now_ms) or now_ms + MOST_VALIDITY_S * 1000
    validity_s = (ends_ms - max(not_before_ms, now_ms)) // 1000
    if validity_s < LEAST_VALIDITY_S:
        raise Refused(FORMAT_CORRUPT, "ExpiryDate is over before it can be sent")
    subject = " ".join(request.subject.split())[:255]
    letter = Letter(
        subject=subject,
        sender=sender or peer.name,
        # All phones have this one letter in their mailboxes: none is to see the others, Bcc least of all.
        recipients=tuple(numbers) if len(numbers) == 1 else (),
        body=envelope.body,
        date_ms=now_ms,
        message_id=f"<{_key(envelope)[:40]}@mm7.invalid>",
        mms=MmsHeaders(
            message_class=_CLASSES.get(request.message_class.lower(), MessageClass.PERSONAL),
            priority=_PRIORITIES.get(request.priority.lower(), Priority.NORMAL),
            delivery_report=bool(request.delivery_report),
            read_report=bool(request.read_reply),
        ),
    )
    try:
        octets = write_letter(letter)
    except BadRequest as error:
        raise Refused(CONTENT_REFUSED, str(error)) from error
    return Asked(
        numbers=tuple(numbers),
        sender=sender,
        subject=subject,
        letter=octets,
        not_before_ms=not_before_ms,
        validity_s=min(validity_s, MOST_VALIDITY_S),
        want_report=bool(request.delivery_report),
        want_read=bool(request.read_reply),
        key=_key(envelope) if envelope.transaction_id else "",
        addresses=numbers,
    )


def _numbers(request: SubmitReq, peer: Peer, region: str, most: int) -> dict[str, str]:
    addresses = request.recipients.all
    if not addresses:
        raise Refused(ADDRESS_ERROR, "there are no recipients")
    if len(addresses) > most:
        raise Refused(TOO_MANY_ADDRESSES, f"{len(addresses)} recipients, more than {most}")
    found: dict[str, str] = {}
    for address in addresses:
        number = normalise(address.value, region) if address.kind is AddressKind.NUMBER else None
        if number is None:
            raise Refused(ADDRESS_ERROR, f"{address.value[:40]} is no phone")
        if not peer.may_send_to(number):
            raise Refused(OPERATION_RESTRICTED, f"{address.value[:40]} is not among the numbers this VASP may send to")
        found.setdefault(number, address.value)
    return found


def _moment(when: When | None, now_ms: int) -> int:
    """A moment in milliseconds; 0 for none."""
    if when is None:
        return 0
    if isinstance(when, timedelta):
        return now_ms + int(when.total_seconds() * 1000)
    assert isinstance(when, datetime)
    return max(0, int(when.timestamp() * 1000))


def _key(envelope: Envelope) -> str:
    """The same for the same transaction with the same content: counters of some peers begin again."""
    whole = hashlib.blake2b(envelope.transaction_id.encode("utf-8", "replace"), digest_size=20)
    for part in envelope.body.parts if envelope.body is not None else ():
        whole.update(len(part.data).to_bytes(8, "big"))
        whole.update(part.data)
    return f"mm7{whole.hexdigest()}"

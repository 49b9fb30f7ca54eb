"""Plays a script to our side of a carrier's line, and watches what must hold whatever the carrier sends."""

from __future__ import annotations

from collections import Counter, deque

from carriers.session import CarrierSession, Closed, Misbehaved, ReportArrived, SmsArrived, SubmitAnswered
from gateway.core.errors import LocalProtocolError
from gateway.core.messages import Segment
from gateway.core.text import Alphabet
from tests.fuzz.target import assert_storable, records

FRAME, RAW, TICK, SUBMIT, ACKNOWLEDGE, CLOSE = range(6)
_STEPS = 6
_ALPHABETS = tuple(Alphabet)


def drive(session: CarrierSession, data: bytes, now: float) -> None:
    """Every step of the script; then the socket goes, and every submit must have been answered exactly once."""
    watch = _Watch(session)
    for number, (step, octets) in enumerate(records(data)):
        kind = step % _STEPS
        if kind == FRAME:
            session.receive((len(octets) + 4).to_bytes(4, "big") + octets, now)
        elif kind == RAW:
            session.receive(octets, now)
        elif kind == TICK:
            now += int.from_bytes(octets[:1], "big")
            session.tick(now)
        elif kind == SUBMIT:
            watch.submit(number, octets, now)
        elif kind == ACKNOWLEDGE:
            watch.acknowledge(accepted=step < 128)
        else:
            session.close(now)
        watch.look()
    session.connection_lost()
    watch.look()
    watch.end()


class _Watch:
    """What was asked of the session and what it said."""

    def __init__(self, session: CarrierSession) -> None:
        self._session = session
        self._submitted: set[int] = set()
        self._answered: Counter[int] = Counter()
        self._receipts: deque[object] = deque()
        self._closed = 0

    def submit(self, number: int, octets: bytes, now: float) -> None:
        alphabet = _ALPHABETS[len(octets) % len(_ALPHABETS)]
        total = 1 + len(octets) % 3
        segment = Segment(
            number, total, total, "", "+8613800138000", octets.decode("utf-8", "replace"), alphabet,
            reference=len(octets), data=octets,
        )  # fmt: skip
        try:
            self._session.submit(segment, now)
        except LocalProtocolError:
            assert self._session.free_window == 0
        else:
            self._submitted.add(number)

    def acknowledge(self, *, accepted: bool) -> None:
        if self._receipts:
            self._session.acknowledge(self._receipts.popleft(), accepted=accepted)

    def look(self) -> None:
        self._session.data_to_send()
        for event in self._session.events():
            match event:
                case SubmitAnswered(segment=segment, carrier_ids=ids, reason=reason):
                    self._answered[segment.message_id] += 1
                    assert_storable(*ids, reason)
                case SmsArrived(sms=sms, receipt=receipt):
                    self._receipts.append(receipt)
                    assert_storable(sms.carrier_id, sms.sender, sms.recipient, sms.text, sms.link_token)
                case ReportArrived(report=report, receipt=receipt):
                    self._receipts.append(receipt)
                    assert_storable(report.carrier_id, report.code, report.recipient, report.done_at, report.text)
                case Misbehaved(reason=reason, pdu=pdu):
                    assert len(pdu) <= 256
                    assert_storable(reason)
                case Closed(reason=reason):
                    self._closed += 1
                    assert_storable(reason)

    def end(self) -> None:
        assert self._closed == 1
        assert self._session.free_window == 0
        assert set(self._answered) == self._submitted
        assert all(times == 1 for times in self._answered.values())

"""The hub's end of a peer's line, SMPP and CMPP: nothing a stranger or a peer sends makes it raise.

What is handed to the store fits into it, every submit is answered at most once, and every delivery is settled exactly
once: delivered, declined, returned, or given back when the line is lost.
"""

from __future__ import annotations

from collections.abc import Iterator

from gateway.core.peers import Denial, Peer, Refusal
from gateway.downstream.cmpp_line import CmppIds, CmppLine
from gateway.downstream.config import DownstreamCmppConfig, DownstreamSmppConfig
from gateway.downstream.line import Line
from gateway.downstream.smpp_line import SmppLine
from gateway.store.columns import fitting
from tests.fuzz.line import ACKNOWLEDGE, CLOSE, FRAME, RAW, SUBMIT, TICK
from tests.fuzz.target import Target, assert_storable, records
from tests.fuzz.targets import carrier_side
from tests.unit.downstream.door import NotingDoor, report, sms

_PEER = Peer(name="x", account_id=1, secret="gw#Secret9", id=1, window=4)
_SMPP, _CMPP = DownstreamSmppConfig(), DownstreamCmppConfig()
_SETTLED = ("delivered", "declined", "returned")
_REFUSALS = (None, *Refusal)


class _OpenDoor(NotingDoor):
    """Lets everybody in, or nobody."""

    def admit(self, line: Line, name: str, proves: object) -> Peer | Denial:
        assert callable(proves)
        proves(_PEER)
        assert_storable(fitting(name))
        return _PEER if self.denial is None else self.denial


def check(data: bytes) -> None:
    if not data:
        return
    door = _OpenDoor(denial=Denial.SECRET if data[0] & 2 else None)
    line: Line
    if data[0] & 1:
        line = SmppLine(door, "192.0.2.1", _SMPP, 0.0)
    else:
        line = CmppLine(door, "192.0.2.1", _CMPP, CmppIds(_CMPP), 0.0)
    sent = _play(line, door, data[1:])
    settled = [entry for what, entry in door.notes if what in _SETTLED]
    assert len(settled) + len(line.lose()) == sent
    for one in door.submits:
        assert_storable(fitting(one.text), fitting(one.sender))
        assert one.destinations
        for place in one.destinations:
            assert_storable(place.recipient, place.handed)
            assert len(place.handed) <= 20
    door.answer_all()
    line.data_to_send()


def _play(line: Line, door: NotingDoor, data: bytes) -> int:
    """Every step; returns how many deliveries went out."""
    now, sent = 0.0, 0
    for step, octets in records(data):
        kind = step % 6
        if kind == FRAME:
            line.receive((len(octets) + 4).to_bytes(4, "big") + octets, now)
        elif kind == RAW:
            line.receive(octets, now)
        elif kind == TICK:
            now += int.from_bytes(octets[:1], "big")
            line.tick(now)
        elif kind == SUBMIT and line.room > 0:
            sent += 1
            line.deliver(report(sent) if len(octets) % 2 else sms(sent, "x"), now)
        elif kind == ACKNOWLEDGE:
            door.answer_all(_REFUSALS[len(octets) % len(_REFUSALS)])
        elif kind == CLOSE:
            line.leave(now)
        line.data_to_send()
        assert_storable(fitting(line.reason))
        if line.is_over:
            break
    return sent


def seeds() -> Iterator[bytes]:
    yield from carrier_side.seeds()


TARGET = Target(check, seeds, max_len=2048, words=carrier_side.TARGET.words)

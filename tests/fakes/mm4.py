"""Links of MM4 as tests want them: quick, with somebody who notes what they tell and says yes or no."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from carriers.link import Link, LinkBasics, Timing
from carriers.mm4.config import Mm4Config
from carriers.mm4.link import Mm4Link
from carriers.mm4.outgoing import Unpacked
from carriers.session import MmsArrived, ReadArrived, ReportArrived, SessionEvent, SubmitAnswered
from gateway.core.messages import Segment
from gateway.core.text import Alphabet
from mms.codec.mime_body import read_body, write_body
from mms.content import SMIL, Arrangement, Body, Part

QUICK = Timing(
    first_pause_s=0.02, longest_pause_s=0.1, refused_pause_s=0.2, throttle_pause_s=0.05, longest_throttle_pause_s=0.2,
    connect_timeout_s=1.0, close_timeout_s=0.5, tick_s=0.02,
)  # fmt: skip

BODY = Body(
    (
        Part(SMIL, b"<smil><body><par><img src='1.jpg'/></par></body></smil>", "p.smil", "s"),
        Part("image/jpeg", b"\xff\xd8" + bytes(range(256)) * 20, "1.jpg", "1"),
        Part("text/plain", "你好\r\n.\r\n..".encode(), "t.txt", "t", "utf-8"),
    ),
    Arrangement.RELATED,
    "s",
)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def segment(number: int = 1, **changes: Any) -> Segment:
    """An MMS; the tests' links take its body in MIME."""
    values = {
        "message_id": number, "number": 1, "total": 1, "sender": "10657000", "recipient": f"+44790000{number:04}",
        "text": "生日快乐", "alphabet": Alphabet.BINARY, "validity_s": 3600, "mms": write_body(BODY),
    }  # fmt: skip
    return Segment(**(values | changes))


@dataclass(slots=True)
class Noted:
    """What a link told; what comes in is answered by `accept`, if at all."""

    answers: list[SubmitAnswered] = field(default_factory=list)
    mms: list[MmsArrived] = field(default_factory=list)
    reports: list[ReportArrived] = field(default_factory=list)
    reads: list[ReadArrived] = field(default_factory=list)
    ups: list[str] = field(default_factory=list)
    downs: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    misbehaviour: list[str] = field(default_factory=list)
    accept: bool | None = True

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        for event in events:
            match event:
                case SubmitAnswered():
                    self.answers.append(event)
                    continue
                case MmsArrived():
                    self.mms.append(event)
                case ReportArrived():
                    self.reports.append(event)
                case ReadArrived():
                    self.reads.append(event)
                case _:
                    raise AssertionError(event)
            if self.accept is not None:
                link.acknowledge(event.receipt, accepted=self.accept, line=link.line)

    def link_up(self, link: Link, peer: str) -> None:
        self.ups.append(peer)

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self.downs.append(reason)

    def link_refused(self, link: Link, reason: str) -> None:
        self.refusals.append(reason)

    def link_misbehaved(self, link: Link, reason: str) -> None:
        self.misbehaviour.append(reason)

    def link_throttled(self, link: Link, pause_s: float) -> None:
        raise AssertionError("MM4 has no word for too fast")

    def link_ready(self, link: Link) -> None: ...


def make_link(config: Mm4Config, noted: Noted, *, rate_per_s: float = 0.0) -> Mm4Link:
    basics = LinkBasics(config.own_domain, "mms", noted, rate_per_s=rate_per_s, timing=QUICK, jitter=lambda: 0.5)
    return Mm4Link(basics, config, lambda: datetime.now(UTC), lambda data: Unpacked(read_body(data)))


async def until(what: Callable[[], Any], seconds: float = 10.0) -> Any:
    end = asyncio.get_running_loop().time() + seconds
    while not (found := what()):
        assert asyncio.get_running_loop().time() < end, "it did not come about in time"
        await asyncio.sleep(0.01)
    return found

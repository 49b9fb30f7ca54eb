"""One attempt to hand a message to a carrier: what the dispatcher claims, and what it has to record afterwards."""

from __future__ import annotations

from typing import NamedTuple

from gateway.core.messages import Outcome
from gateway.core.outbox import Kind


class Claimed(NamedTuple):
    """A message a link has claimed; its segments with the numbers in `open_numbers` are still to be submitted."""

    id: int
    account_id: int
    attempt: int  # from 1
    sender: str
    recipient: str
    text: str
    alphabet: str
    segments: int
    want_report: bool
    expires_ms: int
    open_numbers: tuple[int, ...]
    maybe_twice: bool = False
    kind: str = Kind.SMS.value
    data: bytes = b""  # of a data SMS, with the ports
    port: int | None = None
    source_port: int | None = None
    blob: str = ""  # of an MMS: what is sent


class Answer(NamedTuple):
    """What came back for one segment."""

    number: int
    outcome: Outcome
    carrier_ids: tuple[str, ...] = ()
    code: str = ""


class Attempt(NamedTuple):
    """A claimed message with the answers to every segment that was submitted."""

    message: Claimed
    answers: tuple[Answer, ...]

"""What a fuzz target is, and what several of them use.

A target takes any octets. It may let the one typed error of its contract pass, and raises AssertionError, or whatever
the code under test let out, for everything that is a finding.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

MAILS = Path(__file__).parents[1] / "data" / "mail"


@dataclass(frozen=True, slots=True)
class Target:
    """One thing to be fuzzed."""

    check: Callable[[bytes], None]
    seeds: Callable[[], Iterable[bytes]]
    max_len: int = 4096  # octets of one input
    words: tuple[bytes, ...] = ()  # what mutations are to know of: field names, marks, tags


def records(data: bytes) -> Iterator[tuple[int, bytes]]:
    """The input as a script of steps: an octet that says what to do, two that count, and as many octets."""
    at = 0
    while at + 3 <= len(data):
        end = at + 3 + int.from_bytes(data[at + 1 : at + 3], "big")
        yield data[at], data[at + 3 : end]
        at = end


def script(*steps: tuple[int, bytes]) -> bytes:
    """The input that `records` reads as these steps."""
    return b"".join(bytes((step,)) + len(octets).to_bytes(2, "big") + octets for step, octets in steps)


def with_true_length(data: bytes) -> bytes:
    """The octets as a frame that names its own length: few mutations would get past the header without."""
    return len(data).to_bytes(4, "big") + data[4:]


def assert_storable(*texts: str) -> None:
    """Half surrogates cannot be stored, sent or printed: no reader may hand them on."""
    for text in texts:
        text.encode()


@contextmanager
def at_most(seconds: float) -> Iterator[None]:
    """Fails when what is done inside takes longer, in time of this process."""
    started = time.process_time()
    yield
    took = time.process_time() - started
    assert took <= seconds, f"took {took:.2f} s, {seconds} s are allowed"


def mails() -> Iterator[bytes]:
    """The mails that the unit tests read."""
    for path in sorted(MAILS.glob("*.eml")):
        yield path.read_bytes()

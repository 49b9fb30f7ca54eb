"""How fast messages may go to a destination, or out for an account: token buckets that give each message its time.

A message that must wait is told when its turn is and does not stand in the way of others. A turn is kept by the id of
the message: asked again, it is the same one. Pure but for its own counts; `now_ms` comes in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

#: Turns are forgotten so long after they have come.
KEEP_MS: Final = 60_000
#: Turns remembered at once; later messages are told about when to ask again, in order.
MAX_TURNS: Final = 100_000
#: A message whose turn is nearer than this goes at once: claims are not finer than that.
NEAR_MS: Final = 5

KINDS: Final = ("account", "operator", "prefix")


class Limit(NamedTuple):
    """One limit."""

    kind: str  # account, operator or prefix
    value: str  # the account's id, the operator, the beginning of the number
    per_s: float  # segments a second
    burst: int = 1  # segments that may go at once after a rest


@dataclass(slots=True)
class Bucket:
    """A token bucket as a time: when the next segment may go, if none rests (generic cell rate algorithm)."""

    limit: Limit
    next_ms: float = 0.0
    queue_ms: float = 0.0  # where those end that have no turn yet

    def turn_ms(self, now_ms: float) -> float:
        """When a message may go that asks now."""
        return max(now_ms, self.next_ms - (self.limit.burst - 1) * 1000.0 / self.limit.per_s)

    def take(self, turn_ms: float, segments: int) -> None:
        """Let a message of so many segments go at its turn."""
        self.next_ms = max(self.next_ms, turn_ms) + segments * 1000.0 / self.limit.per_s


class Shaping:
    """Every limit with its state."""

    def __init__(self) -> None:
        self._buckets: dict[tuple[str, str], Bucket] = {}
        self._lengths: tuple[int, ...] = ()
        self._turns: dict[int, float] = {}
        self._swept_ms = 0.0
        self.is_empty = True

    def set_limits(self, limits: Iterable[Limit]) -> None:
        """Use these limits; what is unchanged keeps its state."""
        wanted = {(limit.kind, limit.value): limit for limit in limits if limit.per_s > 0}
        kept = {place: bucket for place, bucket in self._buckets.items() if wanted.get(place) == bucket.limit}
        self._buckets = {place: kept.get(place) or Bucket(limit) for place, limit in wanted.items()}
        self._lengths = tuple(sorted({len(value) for kind, value in wanted if kind == "prefix"}, reverse=True))
        self.is_empty = not wanted

    def buckets_for(self, recipient: str, operator: str, account_id: int) -> list[Bucket]:
        """The limits a message is under: of its account, of the operator, of the longest beginning."""
        buckets = self._buckets
        found = [
            bucket
            for place in (("account", str(account_id)), ("operator", operator))
            if (bucket := buckets.get(place)) is not None
        ]
        for length in self._lengths:
            bucket = buckets.get(("prefix", recipient[:length]))
            if bucket is not None:
                found.append(bucket)
                break
        return found

    def turn_ms(
        self, message_id: int, recipient: str, operator: str, account_id: int, segments: int, now_ms: int
    ) -> int:
        """When a message may go: `now_ms` or later. It keeps that turn until it has come."""
        known = self._turns.get(message_id)
        if known is not None:
            return max(now_ms, int(known)) if known > now_ms + NEAR_MS else now_ms
        found = self.buckets_for(recipient, operator, account_id)
        if not found:
            return now_ms
        turn = max(bucket.turn_ms(now_ms) for bucket in found)
        if len(self._turns) >= MAX_TURNS and turn > now_ms + NEAR_MS:
            for bucket in found:
                bucket.queue_ms = max(bucket.queue_ms, turn) + segments * 1000.0 / bucket.limit.per_s
            return int(max(bucket.queue_ms for bucket in found))
        for bucket in found:
            bucket.take(turn, segments)
        if now_ms - self._swept_ms > KEEP_MS:
            self._swept_ms = now_ms
            self._turns = {key: at for key, at in self._turns.items() if at > now_ms - KEEP_MS}
        self._turns[message_id] = turn
        return int(turn) if turn > now_ms + NEAR_MS else now_ms

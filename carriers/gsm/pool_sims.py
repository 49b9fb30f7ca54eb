"""The SIMs of a pool: their terms, and their books as the link remembers them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from carriers.gsm import sims
from carriers.gsm.answers import Identity
from carriers.gsm.config import GsmConfig, terms_of
from carriers.gsm.sims import SimBook, SimTerms
from carriers.link_memory import LinkMemory

_NO_TERMS: Final = SimTerms()
_NO_BOOK: Final = SimBook()


@dataclass(frozen=True, slots=True)
class Standing:
    """How a SIM stands in one second."""

    terms: SimTerms
    book: SimBook  # as of today
    allowance: int | None  # segments it may still send; None = no cap
    obstacle: str  # why it may not send, in words
    warning: str  # what people should see to


class SimDesk:
    """Every SIM the pool has met, by the number of its card. Only SIMs that were opened can be asked about."""

    def __init__(self, config: GsmConfig, memory: LinkMemory, clock: Callable[[], datetime]) -> None:
        self._terms = config.terms()
        self._zone = ZoneInfo(config.zone)
        self._memory = memory
        self._clock = clock
        self._terms_of: dict[str, SimTerms] = {}
        self._books: dict[str, SimBook] = {}
        self._changed: set[str] = set()
        self._standings: dict[str, tuple[int, SimBook, Standing]] = {}

    @property
    def now(self) -> datetime:
        """The time of day where the caps are counted."""
        return self._clock().astimezone(self._zone)

    async def open(self, sim: str, identity: Identity) -> None:
        """Learn of a SIM; its book is read the first time. Raises StoreUnavailable."""
        self._terms_of[sim] = terms_of(self._terms, identity)
        self._standings.pop(sim, None)
        if sim not in self._books:
            book = SimBook.from_json(await self._memory.load(_key(sim)))
            self._books.setdefault(sim, book)

    async def save(self) -> None:
        """Keep what has changed. Raises StoreUnavailable; it is kept the next time then."""
        changed, self._changed = self._changed, set()
        try:
            await self._memory.save({_key(sim): self._books[sim].to_json() for sim in changed})
        except BaseException:
            self._changed |= changed
            raise

    @property
    def has_changed(self) -> bool:
        """Is there something to keep?"""
        return bool(self._changed)

    def close(self) -> None:
        """Forget the books; another process may write them from now on."""
        self._books.clear()
        self._changed.clear()
        self._standings.clear()

    def terms(self, sim: str) -> SimTerms:
        """What is configured for it."""
        return self._terms_of.get(sim, _NO_TERMS)

    def book(self, sim: str) -> SimBook:
        """What it has done, as of today."""
        return sims.opened(self._books.get(sim, _NO_BOOK), self.now)

    def standing(self, sim: str) -> Standing:
        """How it stands now; worked out once a second, for every choice of a modem asks it of all."""
        entered = self._books.get(sim, _NO_BOOK)
        second = int(self._clock().timestamp())
        known = self._standings.get(sim)
        if known is not None and known[0] == second and known[1] is entered:
            return known[2]
        now, terms = self.now, self.terms(sim)
        found = Standing(
            terms,
            sims.opened(entered, now),
            sims.allowance(terms, entered, now),
            sims.obstacle(terms, entered, now),
            sims.warning(terms, entered, now),
        )
        self._standings[sim] = (second, entered, found)
        return found

    def count(self, sim: str, segments: int) -> None:
        """So many segments were handed over, or struck off when below 0."""
        self._put(sim, sims.counted(self.book(sim), segments, self.now))

    def taken(self, sim: str) -> None:
        """The network took a segment."""
        self._put(sim, sims.taken(self.book(sim)))

    def refused(self, sim: str, number: int) -> None:
        """The network refused one, with this code."""
        self._put(sim, sims.refused(self.terms(sim), self.book(sim), number, self._now_ms))

    def wants_balance(self, sim: str) -> bool:
        """Is it time to ask for its balance?"""
        return sims.wants_balance(self.terms(sim), self.book(sim), self._now_ms)

    def asked(self, sim: str) -> None:
        """Its balance is being asked for."""
        self._put(sim, sims.asked(self.book(sim), self._now_ms))

    def told_balance(self, sim: str, answer: str) -> bool:
        """The network answered; was there an amount in it?"""
        amount = sims.balance_in(self.terms(sim), answer)
        if amount is not None:
            self._put(sim, sims.with_balance(self.book(sim), amount))
        return amount is not None

    @property
    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)

    def _put(self, sim: str, book: SimBook) -> None:
        if book != self._books.get(sim):
            self._books[sim] = book
            self._changed.add(sim)


def _key(sim: str) -> str:
    return f"sim/{sim}"[:64]

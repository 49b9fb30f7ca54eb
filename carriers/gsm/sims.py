"""What a SIM may send: caps, rests, bans and money, as rules on plain data.

`SimTerms` is what people say of a SIM, `SimBook` what it has done; every rule takes both and the time, and gives
another book. Days and months are those of the pool's time zone; times are Unix milliseconds. A segment is counted when
it is handed to the modem and struck off when the network refused it: a book is rather too full than too empty.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, datetime
from typing import Any, Final

from gateway.core.errors import ConfigError

HOUR_MS: Final = 3_600_000
#: A pattern is given no more of an answer than this; the network's answers have 182 characters.
MAX_ANSWER: Final = 200
#: Refusals that are about the SIM's right to send, not about one message (TS 24.011 E-2, TS 23.040 9.2.3.22; 531 is a
#: vendor's "barred by fixed dialling numbers").
BARRED: Final = frozenset({8, 10, 29, 50, 193, 531})

_AMOUNT: Final = re.compile(r"-?\d+(?:[.,]\d+)?")


@dataclass(frozen=True, slots=True)
class SimTerms:
    """What is configured for one SIM, or for all that have no terms of their own."""

    number: str = ""  # its own number, where the SIM does not know it
    operator: str = ""  # for people
    prefixes: tuple[str, ...] = ()  # beginnings of the numbers it is best for
    only_prefixes: bool = False  # and it takes no others
    day_cap: int = 0  # segments a day, 0 = no cap
    month_cap: int = 0  # segments a month, 0 = no cap
    rest_s: float = 0.0  # from the answer to a message to the next one
    price: float = 0.0  # of a segment; of two SIMs that fit alike the cheaper one is taken
    ban_after: int = 3  # refusals in a row that say the SIM is barred, 0 = it goes on
    ban_h: float = 6.0
    balance_code: str = ""  # USSD code that asks for the balance
    balance_pattern: str = ""  # regular expression; its first group, or all of it, is the amount
    balance_every_h: float = 24.0
    balance_least: float = 0.0  # with less the SIM does not send
    expires: str = ""  # date, like 2027-01-31
    warn_days: int = 14  # so long before that it is told of

    def __post_init__(self) -> None:
        """Raises ConfigError naming the key."""
        for key in ("day_cap", "month_cap", "rest_s", "price", "ban_after", "ban_h", "warn_days"):
            if getattr(self, key) < 0:
                raise ConfigError(f"{key}: not below 0")
        if self.balance_every_h <= 0:
            raise ConfigError("balance_every_h: more than 0 hours")
        try:
            re.compile(self.balance_pattern)
            if self.expires:
                date.fromisoformat(self.expires)
        except (re.error, ValueError) as error:
            raise ConfigError(f"balance_pattern or expires cannot be read: {error}") from error


def read_terms(table: Mapping[str, Any], base: SimTerms) -> SimTerms:
    """Terms from a table of TOML; what it does not name is as in `base`. Raises ConfigError naming the key."""
    values: dict[str, Any] = {}
    known = {it.name: it for it in fields(SimTerms)}
    for key, value in table.items():
        if key not in known:
            raise ConfigError(f"there is no option {key!r} of a SIM; the options are {', '.join(known)}")
        if key == "expires" and isinstance(value, date):
            value = value.isoformat()
        if key == "prefixes" and isinstance(value, list) and all(isinstance(it, str) for it in value):
            value = tuple(value)
        wanted = type(getattr(SimTerms(), key))
        if wanted is float and isinstance(value, int) and not isinstance(value, bool):
            value = float(value)
        if type(value) is not wanted:
            raise ConfigError(f"{key} must be a {wanted.__name__}, not {value!r}")
        values[key] = value
    return replace(base, **values)


@dataclass(frozen=True, slots=True)
class SimBook:
    """What one SIM has done; kept as JSON."""

    day: str = ""  # the day `sent_today` counts, like 2026-11-25
    month: str = ""
    sent_today: int = 0  # segments
    sent_month: int = 0
    refusals: int = 0  # in a row that say it is barred
    banned_until_ms: int = 0
    balance: float | None = None
    asked_ms: int = 0  # when the balance was asked for last

    def to_json(self) -> str:
        """As text."""
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, text: str) -> SimBook:
        """From text; what cannot be read is a book without entries."""
        try:
            found = json.loads(text)
            known = {it.name for it in fields(cls)}
            book = cls(**{key: value for key, value in found.items() if key in known})
            return book if _is_sound(book) else cls()
        except (ValueError, TypeError, AttributeError, RecursionError):
            return cls()


def _is_sound(book: SimBook) -> bool:
    counts = (book.sent_today, book.sent_month, book.refusals, book.banned_until_ms, book.asked_ms)
    return (
        all(isinstance(it, int) and it >= 0 for it in counts)
        and isinstance(book.day, str)
        and isinstance(book.month, str)
        and (book.balance is None or isinstance(book.balance, int | float))
    )


def opened(book: SimBook, now: datetime) -> SimBook:
    """The book on this day: what was counted for another day or month begins anew."""
    day, month = f"{now:%Y-%m-%d}", f"{now:%Y-%m}"
    if book.day == day:
        return book
    return replace(book, day=day, month=month, sent_today=0, sent_month=book.sent_month if book.month == month else 0)


def counted(book: SimBook, segments: int, now: datetime) -> SimBook:
    """So many more segments were handed over, or fewer when the network refused them."""
    book = opened(book, now)
    return replace(
        book,
        sent_today=max(0, book.sent_today + segments),
        sent_month=max(0, book.sent_month + segments),
    )


def allowance(terms: SimTerms, book: SimBook, now: datetime) -> int | None:
    """Segments the SIM may still send today; None = as many as it likes."""
    book = opened(book, now)
    left = [cap - sent for cap, sent in ((terms.day_cap, book.sent_today), (terms.month_cap, book.sent_month)) if cap]
    return max(0, min(left)) if left else None


def refused(terms: SimTerms, book: SimBook, number: int, now_ms: int) -> SimBook:
    """The network refused a message with this code: so many in a row that bar the SIM, and it rests for hours."""
    if number not in BARRED:
        return book
    if not terms.ban_after or book.refusals + 1 < terms.ban_after:
        return replace(book, refusals=book.refusals + 1)
    return replace(book, refusals=0, banned_until_ms=now_ms + int(terms.ban_h * HOUR_MS))


def taken(book: SimBook) -> SimBook:
    """The network took a message."""
    return replace(book, refusals=0) if book.refusals else book


def wants_balance(terms: SimTerms, book: SimBook, now_ms: int) -> bool:
    """Is it time to ask for the balance? A clock that was set back asks at once."""
    if not terms.balance_code:
        return False
    return not 0 <= now_ms - book.asked_ms < terms.balance_every_h * HOUR_MS


def asked(book: SimBook, now_ms: int) -> SimBook:
    """The balance is being asked for; without an answer the next try comes at the next time."""
    return replace(book, asked_ms=now_ms)


def with_balance(book: SimBook, amount: float) -> SimBook:
    """The network told the balance."""
    return replace(book, balance=amount)


def balance_in(terms: SimTerms, answer: str) -> float | None:
    """The amount in an answer of the network; None when there is none."""
    answer = answer[:MAX_ANSWER]
    text = answer
    if terms.balance_pattern:
        found = re.search(terms.balance_pattern, answer)
        if found is None:
            return None
        text = (found[1] if found.re.groups else found[0]) or ""
    amount = _AMOUNT.search(text)
    return None if amount is None else float(amount[0].replace(",", "."))


def obstacle(terms: SimTerms, book: SimBook, now: datetime) -> str:
    """Why the SIM may not send now, in words; "" when it may."""
    now_ms = int(now.timestamp() * 1000)
    if allowance(terms, book, now) == 0:
        book = opened(book, now)
        spent = terms.day_cap and book.sent_today >= terms.day_cap
        return f"its cap of {terms.day_cap} a day is reached" if spent else f"its cap of {terms.month_cap} is reached"
    if now_ms < book.banned_until_ms:
        return f"the network barred it; it is tried again in {(book.banned_until_ms - now_ms) / HOUR_MS:.1f} h"
    if book.balance is not None and terms.balance_least and book.balance < terms.balance_least:
        return f"its balance of {book.balance:g} is below {terms.balance_least:g}"
    if terms.expires and now.date() > date.fromisoformat(terms.expires):
        return f"it expired on {terms.expires}"
    return ""


def warning(terms: SimTerms, book: SimBook, now: datetime) -> str:
    """What people should see to, now or before the SIM stops, in words; "" when there is nothing."""
    stopped = obstacle(terms, book, now)
    if stopped:
        return stopped
    if terms.expires and (date.fromisoformat(terms.expires) - now.date()).days <= terms.warn_days:
        return f"it expires on {terms.expires}"
    left = allowance(terms, book, now)
    caps = [cap for cap in (terms.day_cap, terms.month_cap) if cap]
    if left is not None and left * 10 < min(caps):
        return f"{left} segments are left of its cap"
    return ""

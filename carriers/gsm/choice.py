"""Which modem takes a message: a function of the message and of what is known of every modem. Pure.

Out of the modems that may take it the first is taken, in this order: the SIM whose number the message names as its
sender, the longest beginning of the recipient's number a SIM is kept for, a SIM kept for no numbers, better health,
lower price, more allowance left, stronger signal, and at last the name, so that the same facts give the same modem.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModemFacts:
    """One modem as the pool knows it; also what pages and alarms are told."""

    key: str  # the modem with its SIM, whatever the port; the port while that is not known
    port: str = ""
    state: str = "ready"  # starting, ready, blocked, lost, twin, quarantine
    obstacle: str = ""  # why it takes nothing, in words; "" = it may
    warning: str = ""
    sim: str = ""
    number: str = ""
    operator: str = ""
    signal: int | None = None  # 0 to 31
    is_registered: bool = True
    score: float = 1.0  # health, 0 to 1
    allowance: int | None = None  # segments its SIM may still send; None = no cap
    is_free: bool = True  # sends nothing and need not rest
    waiting: int = 0  # segments that are promised to it
    prefixes: tuple[str, ...] = ()
    only_prefixes: bool = False
    price: float = 0.0
    sent_today: int = 0
    sent_month: int = 0
    balance: float | None = None

    @property
    def may_send(self) -> bool:
        """Can messages go by it, now or as soon as it is free?"""
        return not self.obstacle and self.is_registered


@dataclass(frozen=True, slots=True)
class Enquiry:
    """What is to be sent."""

    recipient: str  # E.164 with "+", or as given
    national: str = ""  # the same as it is dialled inside the country
    sender: str = ""
    segments: int = 1  # of the message that are still to be sent
    not_by: frozenset[str] = frozenset()  # modems that have refused it


@dataclass(frozen=True, slots=True)
class Reason:
    """What was thought of one modem."""

    key: str
    is_possible: bool
    text: str


@dataclass(frozen=True, slots=True)
class Choice:
    """The modem to hand the message to; "" when none is free."""

    key: str
    reasons: tuple[Reason, ...]  # the best modem first

    @property
    def possible(self) -> tuple[str, ...]:
        """Modems that may take it, free or not, the best first."""
        return tuple(reason.key for reason in self.reasons if reason.is_possible)

    def explain(self) -> str:
        """Every modem with its reason, in one line."""
        return "; ".join(f"{reason.key}: {reason.text}" for reason in self.reasons) or "there is no modem"


def choose(enquiry: Enquiry, modems: Sequence[ModemFacts]) -> Choice:
    """Which of the modems takes it, and what was thought of each."""
    ranked: list[tuple[tuple[object, ...], ModemFacts, str]] = []
    refused: list[Reason] = []
    for facts in modems:
        length = _fitting(enquiry, facts.prefixes)
        against = _against(enquiry, facts, length)
        if against:
            refused.append(Reason(facts.key, False, against))
            continue
        is_sender = bool(facts.number) and enquiry.sender.lstrip("+") == facts.number.lstrip("+")
        rank = (
            not is_sender,
            -(length or 0),
            bool(facts.prefixes) and length is None,
            -round(facts.score, 1),
            facts.price,
            -(facts.allowance if facts.allowance is not None else 1 << 30),
            -(facts.signal if facts.signal is not None else 0),
            facts.key,
        )
        ranked.append((rank, facts, _words(facts, length, is_sender=is_sender)))
    ranked.sort(key=lambda it: it[0])
    key = next((facts.key for _, facts, _ in ranked if facts.is_free), "")
    reasons = [Reason(facts.key, True, words) for _, facts, words in ranked]
    return Choice(key, (*reasons, *sorted(refused, key=lambda it: it.key)))


def _fitting(enquiry: Enquiry, prefixes: Collection[str]) -> int | None:
    """Length of the longest prefix that fits; None when none does."""
    digits = enquiry.recipient.lstrip("+")
    fitting = [
        len(prefix)
        for prefix in prefixes
        if (digits.startswith(prefix[1:]) if prefix[:1] == "+" else (enquiry.national or digits).startswith(prefix))
    ]
    return max(fitting, default=None)


def _against(enquiry: Enquiry, facts: ModemFacts, length: int | None) -> str:
    if facts.obstacle:
        return facts.obstacle
    if not facts.is_registered:
        return "it is not registered"
    if facts.key in enquiry.not_by:
        return "it has refused this message"
    if facts.only_prefixes and length is None:
        return "its SIM is kept for other numbers"
    if facts.allowance is not None and facts.allowance - facts.waiting < enquiry.segments:
        return f"{max(0, facts.allowance - facts.waiting)} segments are left, {enquiry.segments} are needed"
    return ""


def _words(facts: ModemFacts, length: int | None, *, is_sender: bool) -> str:
    words = ["free" if facts.is_free else "busy"]
    if is_sender:
        words.append("the sender is its number")
    if length is not None:
        words.append(f"kept for these numbers ({length} digits)")
    elif facts.prefixes:
        words.append("kept for others")
    words.append(f"health {facts.score:.1f}")
    if facts.price:
        words.append(f"price {facts.price:g}")
    if facts.allowance is not None:
        words.append(f"{facts.allowance} left")
    if facts.signal is not None:
        words.append(f"signal {facts.signal}")
    return ", ".join(words)

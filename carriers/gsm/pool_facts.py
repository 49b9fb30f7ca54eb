"""What is known of the modems of a pool, in one value each: for the choice, for pages, for alarms. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from carriers.gsm.choice import ModemFacts
from carriers.gsm.pool_health import ModemHealth
from carriers.gsm.pool_reading import tail_of
from carriers.gsm.pool_sims import SimDesk
from carriers.gsm.pool_slot import Slot

_SHOWN = 200


def facts_of(slot: Slot, desk: SimDesk, health: ModemHealth, *, reserved: int, now: float) -> ModemFacts:
    """The facts of one modem at a moment; `reserved` are segments that have to go by its SIM."""
    sim = slot.sim
    standing = desk.standing(sim)
    terms, book = standing.terms, standing.book
    state, obstacle = slot.state, ""
    if state != "ready":
        obstacle = f"{state}: {slot.reason}" if slot.reason else state
    elif not slot.is_known:
        obstacle = "what its SIM has sent is being read"
    elif health.is_quarantined(now):
        state, obstacle = "quarantine", f"it failed too often; it is tried again in {health.until - now:.0f} s"
    else:
        obstacle = standing.obstacle
    is_free = slot.parcel is None and not slot.asks_balance and now >= slot.rests_until and slot.modem.can_send
    return ModemFacts(
        key=slot.key,
        port=slot.options.path,
        state=state,
        obstacle=obstacle,
        warning=standing.warning if slot.is_known else "",
        sim=sim,
        number=terms.number or slot.identity.number,
        operator=terms.operator or slot.health.operator,
        signal=slot.health.signal,
        is_registered=slot.health.registration.is_registered,
        score=health.score(now),
        allowance=standing.allowance if slot.is_known else None,
        is_free=is_free and not (health.is_on_trial(now) and bool(slot.late)),
        waiting=reserved,
        prefixes=terms.prefixes,
        only_prefixes=terms.only_prefixes,
        price=terms.price,
        sent_today=book.sent_today,
        sent_month=book.sent_month,
        balance=book.balance,
    )


def label_of(facts: ModemFacts) -> str:
    """How a modem is called in figures: by the end of its SIM's number, or the name of its port."""
    return tail_of(facts.sim) or PurePath(facts.port).name


def parts_of(modems: Sequence[ModemFacts]) -> dict[str, Mapping[str, float]]:
    """The figures of each modem by its label; -1 = not known, or no cap."""
    return {
        label_of(facts): {
            "up": float(facts.may_send),
            "signal": float(-1 if facts.signal is None else facts.signal),
            "score": round(facts.score, 3),
            "sent_today": float(facts.sent_today),
            "sent_month": float(facts.sent_month),
            "left": float(-1 if facts.allowance is None else facts.allowance),
            "warned": float(bool(facts.warning)),
        }
        for facts in modems
        if facts.state != "twin"
    }


def why_down(modems: Sequence[ModemFacts]) -> str:
    """Why no modem may send, in words."""
    reasons = [
        f"{label_of(facts)}: {facts.obstacle or 'it is not registered'}"
        for facts in modems
        if facts.state != "twin" and not facts.may_send
    ]
    return "; ".join(reasons)[:_SHOWN] or "there is no modem"

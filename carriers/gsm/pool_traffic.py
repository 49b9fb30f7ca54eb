"""The segments of a pool from the moment it takes them to their answer: which modem, and what an answer means.

`now` is monotonic seconds. One segment is in flight on a modem; segments of a long message go by one SIM, in order.
What a modem refuses or has not been handed goes to another modem at once; what was handed over without an answer is
UNCERTAIN and never sent again from here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from carriers.gsm.choice import Enquiry, ModemFacts, choose
from carriers.gsm.config import GsmConfig
from carriers.gsm.events import LateReference, SendAnswered
from carriers.gsm.pool_health import Result
from carriers.gsm.pool_parcels import LongMessage, LongMessages, Parcel
from carriers.gsm.pool_reading import names_of, national_of
from carriers.gsm.pool_sims import SimDesk
from carriers.gsm.pool_slot import Slot
from carriers.gsm.tpdu.translate import submit_of
from carriers.session import SubmitAnswered
from gateway.core.errors import CaiyouError
from gateway.core.messages import Outcome, Segment

#: Segments in a modem's hands: one in flight and one prepared.
DEPTH: Final = 2
#: Segments that may wait for one modem because no other may take them.
MAX_WAITING_FOR_ONE: Final = 32
_SHOWN: Final = 200

Note = Callable[[Slot, Result, float], None]


class Traffic:
    """What waits and what is under way."""

    def __init__(self, config: GsmConfig, desk: SimDesk, tell: Callable[[SubmitAnswered], None], note: Note) -> None:
        self._config = config
        self._desk = desk
        self._tell = tell
        self._note = note  # (slot, how it went, seconds it took)
        self._longs = LongMessages()
        self.waiting: list[Parcel] = []

    def submit(self, segment: Segment, now: float) -> None:
        """Take a segment."""
        long = self._longs.of(segment, now)
        try:
            tpdu = submit_of(segment).encode()
        except CaiyouError as error:
            self._tell(SubmitAnswered(segment, Outcome.PERMANENT, reason=str(error)[:_SHOWN]))
            return
        self.waiting.append(Parcel(segment, tpdu, long))

    def reserved(self, sim: str, now: float) -> int:
        """Segments that have to go by this SIM."""
        return self._longs.reserved(sim, now)

    def room(self, facts: Mapping[str, ModemFacts], slots: Mapping[str, Slot], depth: Callable[[Slot], int]) -> int:
        """Segments that may be submitted: the places of all usable modems, without what waits for any of them."""
        held = dict.fromkeys(slots, 0)
        of_sim = {one.sim: key for key, one in facts.items()}
        loose = 0
        for parcel in self.waiting:
            key = of_sim.get(parcel.long.sim, "") if parcel.long is not None and parcel.is_tied else parcel.only
            if key in held:
                held[key] += 1
            else:
                loose += 1
        if any(count >= MAX_WAITING_FOR_ONE for count in held.values()):
            return 0
        free = 0
        for key, one in facts.items():
            if one.may_send:
                slot = slots[key]
                busy = slot.parcel is not None
                places = depth(slot)
                if one.allowance is not None:
                    places = min(places, one.allowance + busy)
                free += max(0, places - busy - held[key])
        return max(0, free - loose)

    def assign(
        self,
        slots: Mapping[str, Slot],
        table: dict[str, ModemFacts],
        facts_of: Callable[[Slot], ModemFacts],
        now: float,
        *,
        look_at_all: bool,
    ) -> None:
        """Hand over what can be handed over; with `look_at_all`, give back what no modem may take any more.

        `table` has the facts of every slot, and is kept true.
        """
        for parcel in list(self.waiting):
            if not look_at_all and not any(
                it.is_free and not it.obstacle and it.is_registered for it in table.values()
            ):
                return
            key = self._place(parcel, table, now)
            if key is None:
                self.waiting.remove(parcel)
            elif key:
                self.waiting.remove(parcel)
                self._hand_over(parcel, slots[key], now)
                table[key] = facts_of(slots[key])

    def _place(self, parcel: Parcel, table: Mapping[str, ModemFacts], now: float) -> str | None:
        """The modem to hand a segment to; "" while it waits, None when it was answered."""
        long, segment = parcel.long, parcel.segment
        if long is not None and long.refusal is not None:
            # Without the segment that was refused nobody could read it.
            self._tell(long.refusal._replace(segment=segment))
            return None
        if long is not None and parcel.is_tied:
            its_own = self._its_own(long, table)
            if its_own is not None:
                long.missing_since = None
                return its_own.key if its_own.is_free else ""
            if long.is_begun:
                long.missing_since = now if long.missing_since is None else long.missing_since
                if now - long.missing_since < self._config.patience_s:
                    return ""
            long.sim, long.is_begun, long.missing_since = "", False, None
        enquiry = Enquiry(
            segment.recipient,
            national_of(segment.recipient, self._config.region),
            segment.sender,
            segment.total - segment.number + 1 if long is not None else 1,
            frozenset(parcel.not_by),
        )
        choice = choose(enquiry, list(table.values()))
        if not choice.possible:
            why = SubmitAnswered(segment, Outcome.TEMPORARY, reason=choice.explain()[:_SHOWN])
            self._tell(parcel.refusal or why)
            return None
        parcel.only = choice.possible[0] if len(choice.possible) == 1 else ""
        return choice.key

    @staticmethod
    def _its_own(long: LongMessage, table: Mapping[str, ModemFacts]) -> ModemFacts | None:
        """The modem with the SIM that has the first segments, if it may be used."""
        return next(
            (it for it in table.values() if it.sim == long.sim and it.may_send),
            None,
        )

    def _hand_over(self, parcel: Parcel, slot: Slot, now: float) -> None:
        long, segment = parcel.long, parcel.segment
        follows = False
        if long is not None:
            long.sim, long.left, long.touched = slot.sim, segment.total - segment.number, now
            follows = long.left > 0
        parcel.sent_at = now
        slot.parcel = parcel
        self._desk.count(slot.sim, 1)
        slot.modem.send(parcel.tpdu, now, parcel, more_follow=follows)
        slot.flush()

    # --- answers --------------------------------------------------------------------------------------------

    def answered(self, slot: Slot, event: SendAnswered, now: float) -> None:
        """The modem, or its end, answered what it was given."""
        parcel = event.tag
        if not isinstance(parcel, Parcel):
            return
        slot.parcel = None
        slot.rests_until = now + self._desk.terms(slot.sim).rest_s
        took_s = now - parcel.sent_at
        if event.outcome is Outcome.ACCEPTED:
            self._note(slot, Result.TAKEN, took_s)
            self._accept(parcel, slot.sim, event.reference)
        elif event.outcome is Outcome.UNCERTAIN:
            self._note(slot, Result.SILENT if slot.state == "ready" else Result.LOST, took_s)
            self._doubt(parcel, slot, event, now)
        else:
            self._refuse(parcel, slot, event)

    def _accept(self, parcel: Parcel, sim: str, reference: int | None) -> None:
        segment = parcel.segment
        self._desk.taken(sim)
        if parcel.long is not None:
            parcel.long.is_begun = True
        ids = () if reference is None else names_of(sim, segment.recipient, reference, self._config.region)
        self._tell(SubmitAnswered(segment, Outcome.ACCEPTED, ids))

    def _doubt(self, parcel: Parcel, slot: Slot, event: SendAnswered, now: float) -> None:
        if parcel.long is not None:
            parcel.long.is_begun = True
        if slot.state == "ready" and self._config.late_s > 0:
            slot.late[id(parcel)] = (parcel, event, now + self._config.late_s)
        else:
            self._tell(_uncertain(parcel, event))

    def _refuse(self, parcel: Parcel, slot: Slot, event: SendAnswered) -> None:
        self._desk.count(slot.sim, -1)
        code, long = event.code, parcel.long
        answer = SubmitAnswered(
            parcel.segment, event.outcome, code=code.number if code else 0, reason=event.reason[:_SHOWN]
        )
        if event.outcome is Outcome.PERMANENT:
            if long is not None:
                long.refusal = answer
            self._tell(answer)
            return
        if code is not None:
            self._desk.refused(slot.sim, code.number)
        if code is not None or slot.state == "ready":
            self._note(slot, Result.REFUSED, 0.0)
            parcel.not_by.add(slot.key)
            parcel.refusal = answer
        if long is not None and not long.is_begun:
            long.sim = ""
        if len(parcel.not_by) >= self._config.tries or (parcel.is_tied and parcel.not_by):
            self._tell(answer)
        else:
            self.waiting.insert(0, parcel)

    def answered_late(self, slot: Slot, event: LateReference) -> None:
        """The network has taken what was in doubt; it is too late when the hub was told already."""
        parcel, _, _ = slot.late.pop(id(event.tag), (None, None, 0.0))
        if parcel is not None:
            self._accept(parcel, slot.sim, event.reference)

    def settle_doubts(self, slot: Slot, now: float, *, all_of_them: bool = False) -> None:
        """Tell of what was handed over without an answer, when none can be expected any more."""
        for key, (parcel, event, until) in list(slot.late.items()):
            if all_of_them or now >= until:
                del slot.late[key]
                self._tell(_uncertain(parcel, event))

    def give_back(self, reason: str) -> None:
        """Answer what was not handed over."""
        waiting, self.waiting = self.waiting, []
        for parcel in waiting:
            self._tell(SubmitAnswered(parcel.segment, Outcome.TEMPORARY, reason=reason[:_SHOWN]))


def _uncertain(parcel: Parcel, event: SendAnswered) -> SubmitAnswered:
    code = event.code.number if event.code else 0
    return SubmitAnswered(parcel.segment, Outcome.UNCERTAIN, code=code, reason=event.reason[:_SHOWN])

"""A pool of GSM modems as one link: however many there are, and whichever come and go. The shell.

The pool is up while at least one modem is registered and its SIM may send. A modem is known by its IMEI and its SIM, so
that another port, or a second one, is the same modem. What comes from phones is taken from every modem that is ready,
also while none may send.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from carriers.gsm.choice import ModemFacts
from carriers.gsm.config import GsmConfig
from carriers.gsm.events import (
    Blocked,
    LateReference,
    Lost,
    Misbehaved,
    ModemEvent,
    PduArrived,
    Ready,
    Receipt,
    SendAnswered,
    Step,
    UssdAnswered,
    UssdFailed,
)
from carriers.gsm.modem import State
from carriers.gsm.pool_facts import facts_of, parts_of, why_down
from carriers.gsm.pool_health import Cure, LastResort, ModemHealth, Result
from carriers.gsm.pool_ports import PortFinder
from carriers.gsm.pool_reading import read, tail_of
from carriers.gsm.pool_sims import SimDesk
from carriers.gsm.pool_slot import Slot, lacks_pin
from carriers.gsm.pool_traffic import DEPTH, Traffic
from carriers.gsm.startup import PinMemory
from carriers.link import LinkBasics
from carriers.session import SessionEvent, SubmitAnswered
from gateway.core.errors import StoreUnavailable
from gateway.core.messages import Segment

#: How often counts of SIMs are kept, seconds: a crash loses no more.
SAVE_EVERY_S: Final = 1.0
#: A pool that finds no modem that may send says so after this, seconds.
SILENCE_S: Final = 30.0
_TICK_S: Final = 0.5
#: A pool with a rate looks up this often, or it would send in bursts.
_SHORT_TICK_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class PoolReceipt:
    """Which modem gave a PDU, and when in its life."""

    slot: Slot
    serial: int
    receipt: Receipt


class PoolLink:
    """All modems of a pool, a `carriers.link.Link`."""

    def __init__(self, basics: LinkBasics, config: GsmConfig, clock: Callable[[], datetime]) -> None:
        self.name = basics.name
        self.group = basics.group
        self.state = "down"  # down | connecting | up
        self.line = 0
        self._config = config
        self._listener = basics.listener
        self._timing = basics.timing
        self._rate = basics.rate_per_s
        self._due_at = 0.0  # when the rate allows the next segment
        self._pins = PinMemory()
        self._finder = PortFinder(config)
        self._desk = SimDesk(config, basics.memory, clock)
        self._traffic = Traffic(config, self._desk, self._tell_later, self._note)
        self._slots: dict[str, Slot] = {}  # by path
        self._health: dict[str, ModemHealth] = {}  # by modem and SIM, over ports and replugging
        self._last_resort = LastResort(config.health_rules)
        self._cures: dict[Slot, Cure] = {}
        self._events: list[SessionEvent] = []
        self._is_telling = False
        self._tasks: set[asyncio.Task[None]] = set()
        self._stopping = False
        self._over = asyncio.Event()
        self._silent_since = 0.0

    # --- what the dispatcher uses ---------------------------------------------------------------------------

    @property
    def is_up(self) -> bool:
        """Whether a modem is there whose SIM may send."""
        return self.state == "up"

    def room(self) -> int:
        """Segments that may be submitted now: one on the way and one prepared for each modem that may send."""
        if self.state != "up" or self._stopping:
            return 0
        slots = self._usable()
        room = self._traffic.room({key: self._facts(slot) for key, slot in slots.items()}, slots, self._depth)
        if self._rate and self._now < self._due_at:
            return 0
        return min(room, 1) if self._rate else room

    def submit(self, segment: Segment) -> None:
        """Queue a segment; call `flush()` after the last one. Only while `room()` is above 0."""
        if self._rate:
            self._due_at = max(self._now, self._due_at) + 1 / self._rate
        self._traffic.submit(segment, self._now)

    def acknowledge(self, receipt: object, *, accepted: bool, line: int) -> None:
        """Let the modem delete what is on disk, or keep what could not be put there.

        A modem has its own way to know its PDUs: `line` says nothing here.
        """
        if isinstance(receipt, PoolReceipt) and receipt.serial == receipt.slot.serial:
            modem = receipt.slot.modem
            if accepted:
                modem.confirm(receipt.receipt, now=self._now)
            else:
                modem.put_back(receipt.receipt)
            receipt.slot.flush()

    def flush(self) -> None:
        """Hand to free modems what was queued."""
        self._pump()
        if self._rate == 0 and self.room() > 0:
            # More may fit by now than the lane was told of: a segment that belongs to a busy modem takes no place.
            asyncio.get_running_loop().call_soon(self._say_ready)

    # --- what pages, metrics and alarms are told --------------------------------------------------------------

    def modems(self) -> tuple[ModemFacts, ...]:
        """Every modem as it is known, in the order of the ports."""
        return tuple(self._facts(slot) for slot in self._slots.values())

    def parts(self) -> Mapping[str, Mapping[str, float]]:
        """The figures of each modem, by the end of its SIM's number or the name of its port."""
        return parts_of(self.modems())

    # --- keeping it up --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Look for modems and keep them going, until `stop()`."""
        self._stopping = False
        self._over.clear()
        self.state = "connecting"
        self._silent_since = self._now
        self._spawn(self._keep_books())
        looking = asyncio.create_task(self._look_on(), name=f"ports-{self.name}")
        try:
            while not self._over.is_set():
                await self._sleep(_SHORT_TICK_S if self._rate else min(_TICK_S, self._timing.tick_s))
                self._tick()
        finally:
            looking.cancel()
            await asyncio.gather(looking, return_exceptions=True)
            await self._close(0.0)

    async def stop(self) -> None:
        """Take no more, give what is being sent a few seconds for its answer, close every port."""
        self._stopping = True
        self.state = "down"
        self._traffic.give_back("the link stopped")
        self._tell()
        await self._close(self._timing.close_timeout_s)
        self._over.set()

    async def _close(self, patience_s: float) -> None:
        self._stopping = True
        self.state = "down"
        slots = list(self._slots.values())
        await asyncio.gather(*(slot.stop(patience_s) for slot in slots))
        for slot in slots:
            self._traffic.settle_doubts(slot, self._now, all_of_them=True)
        self._traffic.give_back("the link stopped")
        self._tell()
        self._slots.clear()
        self._cures.clear()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(StoreUnavailable):
            await self._desk.save()
        self._desk.close()

    async def _look_on(self) -> None:
        while True:
            try:
                await self._look()
            except Exception as error:
                # Without further looks no modem would ever come back.
                self._listener.link_misbehaved(self, f"looking for modems: {type(error).__name__}: {error}")
            await asyncio.sleep(self._config.look_every_s)

    async def _look(self) -> None:
        """Take in modems that are new, and let go of those that are gone."""
        held = frozenset(
            port for slot in self._slots.values() for port in (slot.options.path, slot.options.notices_path)
        )
        found = {options.path: options for options in await self._finder.look(held)}
        for path, slot in list(self._slots.items()):
            if path not in found and slot.state in ("lost", "twin"):
                del self._slots[path]
                self._spawn(slot.stop(0.0))
            elif path in found and found[path] != slot.options:
                self._spawn(slot.stop(0.0))
                del self._slots[path]
        for path, options in found.items():
            if path not in self._slots and not self._stopping:
                slot = self._slots[path] = Slot(options, self._config.settings(path), self._pins, self._heard)
                slot.start()

    async def _keep_books(self) -> None:
        while True:
            await asyncio.sleep(SAVE_EVERY_S)
            if self._desk.has_changed:
                try:
                    await self._desk.save()
                except Exception as error:
                    # Without further tries a restart would send past the caps.
                    self._listener.link_misbehaved(self, f"counts of SIMs: {type(error).__name__}: {error}")

    def _tick(self) -> None:
        now = self._now
        for slot in list(self._slots.values()):
            self._traffic.settle_doubts(slot, now)
            self._cure(slot, now)
            self._ask_balance(slot, now)
        self._let_out(now)
        self._pump(look_at_all=True)
        if self.room() > 0:
            self._listener.link_ready(self)
        elif self.state == "connecting" and now - self._silent_since > SILENCE_S:
            self._go_down(why_down(self.modems()))

    def _cure(self, slot: Slot, now: float) -> None:
        if slot.state != "ready" or slot.parcel is not None:
            return
        cure = self._cures.pop(slot, None)
        if cure is Cure.LOOK:
            slot.modem.look(now)
        elif cure is Cure.RESET:
            slot.modem.reset(now)
        elif cure is Cure.REOPEN:
            slot.reopen("it failed again and again")
        if cure is not None:
            self._listener.link_misbehaved(self, f"{self._label(slot)}: failed too often; {cure.value}")
            slot.flush()

    def _let_out(self, now: float) -> None:
        """While no modem is well, try one that is left alone."""
        well = on_trial = 0
        ill: dict[str, ModemHealth] = {}
        for key, slot in self._usable().items():
            facts, health = self._facts(slot), self._health_of(slot)
            if facts.may_send:
                on_trial += health.is_on_trial(now)
                well += not health.is_on_trial(now)
            elif health.is_quarantined(now) and facts.is_registered:
                ill[key] = health
        key = self._last_resort.pick(ill, well=well, on_trial=on_trial, now=now)
        if key:
            ill[key].let_out(now)

    def _ask_balance(self, slot: Slot, now: float) -> None:
        is_idle = slot.is_known and slot.state == "ready" and slot.parcel is None and not slot.asks_balance
        if not is_idle or slot.modem.state is not State.READY or not self._desk.wants_balance(slot.sim):
            return
        slot.asks_balance = True
        self._desk.asked(slot.sim)
        slot.modem.ussd(self._desk.terms(slot.sim).balance_code, now, slot)
        slot.flush()

    # --- what modems tell -----------------------------------------------------------------------------------

    def _heard(self, slot: Slot, events: list[ModemEvent]) -> None:
        now = self._now
        for event in events:
            if isinstance(event, SendAnswered):
                self._traffic.answered(slot, event, now)
            elif isinstance(event, LateReference):
                self._traffic.answered_late(slot, event)
            elif isinstance(event, Ready):
                self._greet(slot)
            elif isinstance(event, PduArrived):
                self._take(slot, event)
            elif isinstance(event, Blocked | Misbehaved):
                self._listener.link_misbehaved(self, f"{self._label(slot)}: {event.reason}")
            elif isinstance(event, UssdAnswered | UssdFailed):
                self._take_balance(slot, event, now)
            elif isinstance(event, Lost):
                self._let_go(slot, now)
        if lacks_pin(events) and not self._stopping:
            pin = self._config.pin_of(slot.identity.imei)
            if pin and slot.use_pin(pin):
                return
        self._pump()

    def _greet(self, slot: Slot) -> None:
        """A modem is ready: read the book of its SIM, unless the pool has it on another port."""
        slot.is_known = False
        slot.asks_balance = False
        first = next((it for it in self._slots.values() if it is not slot and it.holds(slot.key)), None)
        if first is not None:
            slot.stand_by(f"it is the modem on {first.options.path}")
            return
        self._spawn(self._open_book(slot, slot.sim))

    async def _open_book(self, slot: Slot, sim: str) -> None:
        while True:
            try:
                await self._desk.open(sim, slot.identity)
                break
            except StoreUnavailable:
                await asyncio.sleep(SAVE_EVERY_S)
        if slot.state == "ready" and slot.sim == sim:
            slot.is_known = True
            self._pump()

    def _take(self, slot: Slot, pdu: PduArrived) -> None:
        if slot.state == "twin":
            return
        receipt = PoolReceipt(slot, slot.serial, pdu.receipt)
        number = self._desk.terms(slot.sim).number or slot.identity.number
        event, complaint = read(pdu, slot.sim, number, receipt)
        if complaint:
            self._listener.link_misbehaved(self, f"{self._label(slot)}: {complaint}")
        if event is not None:
            self._events.append(event)
        else:
            slot.modem.confirm(pdu.receipt, now=self._now)
            slot.flush()

    def _take_balance(self, slot: Slot, event: UssdAnswered | UssdFailed, now: float) -> None:
        if event.tag is not slot:
            return
        slot.asks_balance = False
        if isinstance(event, UssdFailed):
            self._listener.link_misbehaved(self, f"{self._label(slot)}: no balance: {event.reason}")
            return
        if not self._desk.told_balance(slot.sim, event.text):
            self._listener.link_misbehaved(self, f"{self._label(slot)}: there is no amount in the balance it was told")
        if event.step is Step.ASKS:
            slot.modem.cancel_ussd(now)
            slot.flush()

    def _let_go(self, slot: Slot, now: float) -> None:
        """A modem is gone: what it left without an answer is told of, another port of it may take its place."""
        self._traffic.settle_doubts(slot, now, all_of_them=True)
        slot.asks_balance = False
        self._cures.pop(slot, None)
        if slot.state != "twin":
            for other in self._slots.values():
                if other.state == "twin" and other.key == slot.key:
                    other.wake()

    def _note(self, slot: Slot, result: Result, took_s: float) -> None:
        cure = self._health_of(slot).note(result, self._now, took_s)
        if cure is not None:
            self._cures[slot] = cure

    # --- facts ----------------------------------------------------------------------------------------------

    def _facts(self, slot: Slot) -> ModemFacts:
        now = self._now
        reserved = self._traffic.reserved(slot.sim, now)
        return facts_of(slot, self._desk, self._health_of(slot), reserved=reserved, now=now)

    def _usable(self) -> dict[str, Slot]:
        """The modems that are ready, by modem and SIM."""
        return {slot.key: slot for slot in self._slots.values() if slot.state == "ready" and slot.is_known}

    def _health_of(self, slot: Slot) -> ModemHealth:
        return self._health.setdefault(slot.key, ModemHealth(self._config.health_rules))

    def _depth(self, slot: Slot) -> int:
        return 1 if self._health_of(slot).is_on_trial(self._now) else DEPTH

    @staticmethod
    def _label(slot: Slot) -> str:
        return f"modem {tail_of(slot.sim) or '?'} on {slot.options.path}"

    # --- turning --------------------------------------------------------------------------------------------

    @property
    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _pump(self, *, look_at_all: bool = False) -> None:
        """Hand over what can be, see whether the pool is up, tell what happened."""
        if self._stopping:
            self._traffic.give_back("the link stopped")
        else:
            slots = self._usable()
            table = {key: self._facts(slot) for key, slot in slots.items()}
            self._traffic.assign(slots, table, self._facts, self._now, look_at_all=look_at_all)
            self._see_state(sum(facts.may_send for facts in table.values()))
        self._tell()

    def _see_state(self, may_send: int) -> None:
        if may_send and self.state != "up":
            self.state = "up"
            self.line += 1
            self._listener.link_up(self, f"{may_send} of {len(self._slots)} modems")
            asyncio.get_running_loop().call_soon(self._say_ready)
        elif not may_send and self.state == "up" and not any(it.parcel or it.late for it in self._slots.values()):
            self._go_down(why_down(self.modems()))

    def _go_down(self, reason: str) -> None:
        self.state = "down"
        self._traffic.give_back(reason)
        self._tell()
        self._listener.link_down(self, reason, self._config.look_every_s)

    def _say_ready(self) -> None:
        if self.room() > 0:
            self._listener.link_ready(self)

    def _tell_later(self, answer: SubmitAnswered) -> None:
        self._events.append(answer)

    def _tell(self) -> None:
        # The lane answers with further submits, whose refusals would come back here, one within the other.
        if self._is_telling:
            return
        self._is_telling = True
        try:
            while self._events:
                events: Sequence[SessionEvent] = self._events
                self._events = []
                self._listener.link_events(self, events)
        finally:
            self._is_telling = False

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _sleep(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

"""Segments between the hub and the modems: who gets which, and what an answer means."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from carriers.gsm.answers import Identity, Registration
from carriers.gsm.choice import ModemFacts
from carriers.gsm.config import GsmConfig
from carriers.gsm.errors import Code, code_of
from carriers.gsm.events import Health, LateReference, SendAnswered
from carriers.gsm.pool_facts import facts_of, parts_of, why_down
from carriers.gsm.pool_health import ModemHealth, Result
from carriers.gsm.pool_sims import SimDesk
from carriers.gsm.pool_slot import Slot
from carriers.gsm.pool_traffic import DEPTH, MAX_WAITING_FOR_ONE, Traffic
from carriers.gsm.port import PortOptions
from carriers.gsm.startup import PinMemory
from carriers.gsm.tpdu.submit import Submit
from carriers.link_memory import PassingMemory
from carriers.session import SubmitAnswered
from gateway.core.messages import Outcome, Segment
from gateway.core.text import Alphabet

TO = "+8613912345678"


def segment(message_id: int, number: int = 1, total: int = 1, **more: Any) -> Segment:
    values = {"sender": "", "recipient": TO, "text": f"{message_id}.{number}", "alphabet": Alphabet.GSM7} | more
    return Segment(message_id, number, total, **values)


class FakeModem:
    """A modem that is ready and takes one TPDU at a time."""

    def __init__(self) -> None:
        self.given: list[tuple[Submit, bool]] = []
        self.can_send = True

    def send(self, tpdu: bytes, now: float, tag: object, *, more_follow: bool) -> None:
        assert self.can_send
        self.can_send = False
        self.given.append((Submit.decode(tpdu), more_follow))


class FakePort:
    """What a slot has of a port."""

    def __init__(self) -> None:
        self.modem = FakeModem()

    def flush(self) -> None:
        """Nothing is behind it."""


class Pool:
    """Traffic between a test and fake modems."""

    def __init__(self, modems: int, **options: Any) -> None:
        self.config = GsmConfig(**({"ports": ("/dev/x",), "late_s": 5.0, "patience_s": 30.0} | options))
        self.desk = SimDesk(self.config, PassingMemory(), lambda: datetime(2026, 11, 25, tzinfo=UTC))
        self.told: list[SubmitAnswered] = []
        self.notes: list[tuple[str, Result]] = []
        self.traffic = Traffic(self.config, self.desk, self.told.append, self._note)
        self.slots: dict[str, Slot] = {}
        self.health = ModemHealth()
        self.now = 100.0
        self.names: dict[str, str] = {}
        for number in range(modems):
            self.add(number)

    def add(self, number: int) -> Slot:
        slot = Slot(PortOptions(f"/dev/{number}"), self.config.settings(""), PinMemory(), lambda slot, events: None)
        slot._port = FakePort()  # type: ignore[assignment]
        slot.identity = Identity(imei=f"8612{number}", iccid=f"898600{number:014}", number=f"+861380{number}")
        slot.state, slot.is_known = "ready", True
        slot.health = Health(Registration.HOME, 20)
        self.slots[slot.key] = slot
        return slot

    async def open(self) -> Pool:
        for slot in self.slots.values():
            await self.desk.open(slot.sim, slot.identity)
        return self

    def _note(self, slot: Slot, result: Result, took_s: float) -> None:
        self.notes.append((slot.options.path, result))

    def facts(self, slot: Slot) -> ModemFacts:
        reserved = self.traffic.reserved(slot.sim, self.now)
        return facts_of(slot, self.desk, self.health, reserved=reserved, now=self.now)

    def submit(self, *segments: Segment) -> None:
        for it in segments:
            self.traffic.submit(it, self.now)
        self.assign()

    def assign(self, *, look_at_all: bool = False) -> None:
        usable = {key: slot for key, slot in self.slots.items() if slot.state == "ready"}
        table = {key: self.facts(slot) for key, slot in usable.items()}
        self.traffic.assign(usable, table, self.facts, self.now, look_at_all=look_at_all)

    def room(self) -> int:
        facts = {key: self.facts(slot) for key, slot in self.slots.items()}
        return self.traffic.room(facts, self.slots, lambda slot: DEPTH)

    def modem(self, number: int) -> FakeModem:
        return list(self.slots.values())[number].modem  # type: ignore[return-value]

    def answer(
        self, number: int, outcome: Outcome, reference: int | None = None, code: Code | None = None, reason: str = ""
    ) -> None:
        slot = list(self.slots.values())[number]
        self.modem(number).can_send = True
        self.traffic.answered(slot, SendAnswered(slot.parcel, outcome, reference, code, reason), self.now)
        self.assign()

    def refuse(self, number: int, code: int) -> None:
        found = code_of("CMS", str(code))
        self.answer(number, found.outcome, code=found, reason=str(found))

    def lose(self, number: int) -> None:
        """The modem dies with nothing handed over."""
        list(self.slots.values())[number].state = "lost"
        if list(self.slots.values())[number].parcel is not None:
            self.answer(number, Outcome.TEMPORARY, reason="not handed over: gone")
        self.assign()

    def texts(self, number: int) -> list[str]:
        return [submit.user_data.content(submit.dcs).text for submit, _ in self.modem(number).given]

    def on_the_way(self, number: int) -> str:
        """The text a modem is sending."""
        parcel = list(self.slots.values())[number].parcel
        return parcel.segment.text if parcel is not None else ""


async def test_each_free_modem_takes_one_and_what_is_left_waits() -> None:
    pool = await Pool(2).open()
    assert pool.room() == 4
    pool.submit(*(segment(n) for n in range(4)))
    assert pool.room() == 0
    assert (pool.texts(0), pool.texts(1)) == (["0.1"], ["1.1"])
    pool.answer(1, Outcome.ACCEPTED, 9)
    assert (pool.texts(0), pool.texts(1)) == (["0.1"], ["1.1", "2.1"])
    assert pool.room() == 1
    (told,) = pool.told
    assert (told.outcome, told.carrier_ids[0]) == (Outcome.ACCEPTED, "00000001/8613912345678/9")
    assert pool.notes == [("/dev/1", Result.TAKEN)]


async def test_an_answer_without_reference_has_no_names() -> None:
    pool = await Pool(1).open()
    pool.submit(segment(1))
    pool.answer(0, Outcome.ACCEPTED, None)
    assert pool.told[0].carrier_ids == ()


async def test_segments_of_a_long_message_stay_with_one_sim_in_order() -> None:
    pool = await Pool(2).open()
    pool.submit(*(segment(1, n, 3) for n in (1, 2, 3)), segment(2))
    assert (pool.texts(0), pool.texts(1)) == (["1.1"], ["2.1"])
    assert pool.room() == 1  # the long one's modem has more than enough; the other may prepare one
    pool.answer(1, Outcome.ACCEPTED, 1)
    assert pool.on_the_way(1) == ""
    assert pool.room() == 2
    for reference in (1, 2, 3):
        pool.answer(0, Outcome.ACCEPTED, reference)
    assert pool.texts(0) == ["1.1", "1.2", "1.3"]
    assert [more for _, more in pool.modem(0).given] == [True, True, False]


async def test_a_refusal_for_the_moment_goes_to_another_modem_at_once() -> None:
    pool = await Pool(3, tries=2).open()
    pool.submit(segment(1))
    pool.refuse(0, 38)
    assert (pool.told, pool.texts(1)) == ([], ["1.1"])
    assert pool.desk.book(pool.slots[next(iter(pool.slots))].sim).sent_today == 0
    pool.refuse(1, 42)
    assert pool.texts(2) == []
    (told,) = pool.told
    assert (told.outcome, told.code) == (Outcome.TEMPORARY, 42)
    assert pool.notes == [("/dev/0", Result.REFUSED), ("/dev/1", Result.REFUSED)]


async def test_a_refusal_with_no_other_modem_goes_back_to_the_hub() -> None:
    pool = await Pool(1).open()
    pool.submit(segment(1))
    pool.refuse(0, 38)
    (told,) = pool.told
    assert (told.outcome, told.code) == (Outcome.TEMPORARY, 38)
    assert "network out of order" in told.reason


async def test_a_long_message_none_of_which_was_taken_moves_as_a_whole() -> None:
    pool = await Pool(2).open()
    pool.submit(*(segment(1, n, 2) for n in (1, 2)))
    pool.refuse(0, 331)
    assert (pool.texts(0), pool.texts(1)) == (["1.1"], ["1.1"])
    pool.answer(1, Outcome.ACCEPTED, 1)
    pool.answer(1, Outcome.ACCEPTED, 2)
    assert pool.texts(1) == ["1.1", "1.2"]
    assert [it.outcome for it in pool.told] == [Outcome.ACCEPTED] * 2


async def test_the_rest_of_a_begun_message_does_not_go_by_another_number() -> None:
    pool = await Pool(2).open()
    pool.submit(*(segment(1, n, 3) for n in (1, 2, 3)))
    pool.answer(0, Outcome.ACCEPTED, 1)
    pool.refuse(0, 38)
    assert pool.texts(1) == []
    assert [(it.segment.number, it.outcome) for it in pool.told] == [(1, Outcome.ACCEPTED), (2, Outcome.TEMPORARY)]


async def test_the_rest_of_a_begun_message_waits_for_its_sim_and_then_goes_anyway() -> None:
    pool = await Pool(2).open()
    pool.submit(*(segment(1, n, 3) for n in (1, 2, 3)))
    pool.answer(0, Outcome.ACCEPTED, 1)
    pool.lose(0)
    pool.now += 29.0
    pool.assign()
    assert pool.texts(1) == []
    first = next(iter(pool.slots.values()))
    first.state = "ready"
    pool.assign()
    assert pool.on_the_way(0) == "1.2"  # it came back
    pool.answer(0, Outcome.ACCEPTED, 2)
    pool.lose(0)
    pool.now += 31.0
    pool.assign()
    assert pool.texts(1) == ["1.3"]


async def test_what_was_not_handed_over_goes_to_another_modem_at_once() -> None:
    pool = await Pool(2).open()
    pool.submit(segment(1), *(segment(2, n, 2) for n in (1, 2)))
    pool.lose(1)
    pool.answer(0, Outcome.ACCEPTED, 1)
    assert pool.texts(0) == ["1.1", "2.1"]
    pool.answer(0, Outcome.ACCEPTED, 2)
    assert pool.texts(0)[-1] == "2.2"
    assert pool.notes == [("/dev/0", Result.TAKEN)] * 2  # a cable that was pulled is no illness


async def test_the_final_word_on_a_segment_holds_for_those_behind_it() -> None:
    pool = await Pool(2).open()
    pool.submit(segment(1, 1, 3), segment(1, 2, 3))
    pool.refuse(0, 1)
    pool.submit(segment(1, 3, 3))
    assert [(it.segment.number, it.outcome, it.code) for it in pool.told] == [
        (number, Outcome.PERMANENT, 1) for number in (1, 2, 3)
    ]
    assert (len(pool.texts(0)), pool.texts(1)) == (1, [])


async def test_no_answer_is_told_as_uncertain_when_none_can_come_any_more() -> None:
    pool = await Pool(1).open()
    slot = next(iter(pool.slots.values()))
    pool.submit(segment(1), segment(2))
    pool.answer(0, Outcome.UNCERTAIN, reason="handed over, and no answer came")
    assert pool.told == []
    pool.traffic.settle_doubts(slot, pool.now + 4.9)
    assert pool.told == []
    pool.traffic.settle_doubts(slot, pool.now + 5.0)
    assert [(it.segment.message_id, it.outcome) for it in pool.told] == [(1, Outcome.UNCERTAIN)]
    assert pool.desk.book(slot.sim).sent_today == 2  # it may have gone out
    parcel = slot.parcel
    slot.state = "lost"
    pool.answer(0, Outcome.UNCERTAIN, reason="the port is gone")
    assert [it.outcome for it in pool.told] == [Outcome.UNCERTAIN] * 2
    pool.traffic.answered_late(slot, LateReference(parcel, 5))
    assert len(pool.told) == 2


async def test_a_late_reference_is_an_answer() -> None:
    pool = await Pool(1).open()
    slot = next(iter(pool.slots.values()))
    pool.submit(segment(1))
    parcel = slot.parcel
    pool.answer(0, Outcome.UNCERTAIN)
    pool.traffic.answered_late(slot, LateReference(parcel, 5))
    pool.traffic.settle_doubts(slot, pool.now, all_of_them=True)
    (told,) = pool.told
    assert (told.outcome, told.carrier_ids[0]) == (Outcome.ACCEPTED, "00000000/8613912345678/5")


async def test_a_cap_is_never_passed_whatever_waits() -> None:
    pool = await Pool(1, sims={"all": {"day_cap": 2}}).open()
    pool.submit(*(segment(n) for n in range(5)))
    pool.answer(0, Outcome.ACCEPTED, 1)
    pool.answer(0, Outcome.ACCEPTED, 2)
    pool.assign(look_at_all=True)
    assert len(pool.texts(0)) == 2
    assert [it.outcome for it in pool.told] == [Outcome.ACCEPTED] * 2 + [Outcome.TEMPORARY] * 3
    assert "cap of 2 a day" in pool.told[-1].reason
    assert pool.room() == 0


async def test_room_is_no_more_than_the_caps_leave() -> None:
    pool = await Pool(2, sims={"00000000": {"day_cap": 1}}).open()
    assert pool.room() == 3
    pool.submit(*(segment(n) for n in range(3)))
    assert pool.room() == 0


async def test_a_long_message_keeps_its_places_under_the_cap() -> None:
    pool = await Pool(1, sims={"all": {"day_cap": 3}}).open()
    pool.submit(segment(1, 1, 3), segment(2))
    pool.answer(0, Outcome.ACCEPTED, 1)
    assert pool.on_the_way(0) == ""  # the two that are left are for the rest of the long one
    pool.submit(segment(1, 2, 3), segment(1, 3, 3))
    pool.answer(0, Outcome.ACCEPTED, 2)
    pool.answer(0, Outcome.ACCEPTED, 3)
    assert pool.texts(0) == ["1.1", "1.2", "1.3"]


async def test_a_sim_rests_between_messages() -> None:
    pool = await Pool(1, sims={"all": {"rest_s": 10}}).open()
    pool.submit(segment(1), segment(2))
    pool.answer(0, Outcome.ACCEPTED, 1)
    pool.now += 9.9
    pool.assign()
    assert len(pool.texts(0)) == 1
    pool.now += 0.1
    pool.assign()
    assert len(pool.texts(0)) == 2


async def test_a_modem_that_others_cannot_stand_in_for_does_not_hold_up_the_pool() -> None:
    sims = {"all": {}, "00000000": {"prefixes": ["150"], "only_prefixes": True}}
    pool = await Pool(2, sims={**sims, "00000001": {"prefixes": ["139"], "only_prefixes": True}}).open()
    for n in range(MAX_WAITING_FOR_ONE):
        pool.submit(segment(n, recipient="+8615012345678"))
    assert pool.room() == 2
    pool.submit(segment(900), segment(901, recipient="+8615012345678"))
    assert pool.texts(1) == ["900.1"]
    assert pool.room() == 0  # enough of them wait
    pool.submit(segment(902, recipient="+4915012345678"))
    pool.assign(look_at_all=True)
    assert "kept for other numbers" in pool.told[-1].reason


async def test_what_cannot_be_put_into_a_message_is_refused_for_good() -> None:
    pool = await Pool(1).open()
    pool.submit(segment(1, text="x" * 300), segment(2, recipient="+" + "9" * 30))
    assert [it.outcome for it in pool.told] == [Outcome.PERMANENT] * 2
    assert pool.texts(0) == []


async def test_giving_back() -> None:
    pool = await Pool(1).open()
    pool.submit(segment(1), segment(2), segment(3))
    pool.traffic.give_back("the link stopped")
    assert [(it.segment.message_id, it.outcome) for it in pool.told] == [(2, Outcome.TEMPORARY), (3, Outcome.TEMPORARY)]


async def test_figures_and_reasons() -> None:
    pool = await Pool(2, sims={"00000001": {"day_cap": 1, "expires": "2026-11-26"}}).open()
    pool.submit(segment(1), segment(2))
    facts = [pool.facts(slot) for slot in pool.slots.values()]
    parts = parts_of(facts)
    assert parts["00000000"] == {
        "up": 1.0, "signal": 20.0, "score": 1.0, "sent_today": 1.0, "sent_month": 1.0, "left": -1.0, "warned": 0.0,
    }  # fmt: skip
    assert (parts["00000001"]["left"], parts["00000001"]["warned"], parts["00000001"]["up"]) == (0.0, 1.0, 0.0)
    assert why_down(facts) == "00000001: its cap of 1 a day is reached"
    assert why_down([]) == "there is no modem"


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
async def test_a_message_for_the_number_of_a_sim_goes_by_it(order: tuple[int, int]) -> None:
    pool = Pool(0)
    for number in order:
        pool.add(number)
    await pool.open()
    pool.submit(segment(1, sender="+8613801"))
    assert pool.on_the_way(order.index(1)) == "1.1"

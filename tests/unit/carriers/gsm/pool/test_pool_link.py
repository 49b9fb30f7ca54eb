"""The pool as a link, with modems that are played by the test: what it tells the hub, and what it tells the modems."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from carriers.gsm.answers import Identity, Registration
from carriers.gsm.config import GsmConfig
from carriers.gsm.events import (
    Blocked,
    Cause,
    Health,
    HealthChanged,
    Kind,
    Lost,
    ModemEvent,
    PduArrived,
    Ready,
    Receipt,
    SendAnswered,
    Step,
    UssdAnswered,
)
from carriers.gsm.modem import State
from carriers.gsm.pool import PoolLink
from carriers.gsm.pool_slot import Slot
from carriers.gsm.port import PortOptions
from carriers.gsm.startup import PinMemory
from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from carriers.link import Link, LinkBasics
from carriers.link_memory import PassingMemory
from carriers.session import SessionEvent, SmsArrived, SubmitAnswered
from gateway.core.messages import Outcome, Segment
from gateway.core.text import Alphabet

NOW = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
IDENTITY = Identity(imei="861234050000017", iccid="89860012345601234567", number="+8613800138000")


class Listener:
    """Notes what it is told."""

    def __init__(self) -> None:
        self.events: list[SessionEvent] = []
        self.said: list[str] = []

    def link_events(self, link: Link, events: Sequence[SessionEvent]) -> None:
        self.events += events

    def link_up(self, link: Link, peer: str) -> None:
        self.said.append(f"up: {peer}")

    def link_down(self, link: Link, reason: str, retry_in_s: float) -> None:
        self.said.append(f"down: {reason}")

    def link_refused(self, link: Link, reason: str) -> None:
        self.said.append(f"refused: {reason}")

    def link_misbehaved(self, link: Link, reason: str) -> None:
        self.said.append(reason)

    def link_throttled(self, link: Link, pause_s: float) -> None:
        self.said.append("throttled")

    def link_ready(self, link: Link) -> None:
        """There is nobody who has more."""


class PlayedModem:
    """Takes what it is given and notes it."""

    def __init__(self) -> None:
        self.can_send = True
        self.state = State.READY
        self.notes: list[Any] = []
        self.tag: object = None

    def send(self, tpdu: bytes, now: float, tag: object, *, more_follow: bool) -> None:
        self.can_send, self.tag = False, tag

    def confirm(self, receipt: Receipt, *, now: float) -> None:
        self.notes.append(("confirm", receipt.index))

    def put_back(self, receipt: Receipt) -> None:
        self.notes.append(("put back", receipt.index))

    def ussd(self, code: str, now: float, tag: object) -> None:
        self.notes.append(code)

    def cancel_ussd(self, now: float) -> None:
        self.notes.append("cancel")

    def close(self) -> None:
        self.notes.append("close")


class PlayedPort:
    """A port without a device."""

    def __init__(self) -> None:
        self.modem = PlayedModem()

    def flush(self) -> None:
        """There is nobody to write to."""


class Play:
    """A pool, its listener, and slots whose modems say what the test wants."""

    def __init__(self, **options: Any) -> None:
        self.listener = Listener()
        self.memory = PassingMemory()
        self.config = GsmConfig(**({"ports": ("/dev/x",)} | options))
        basics = LinkBasics("pool", "pool", self.listener, memory=self.memory)
        self.link = PoolLink(basics, self.config, lambda: NOW)
        self.link.state = "connecting"

    def add(self, path: str) -> tuple[Slot, PlayedModem]:
        slot = Slot(PortOptions(path), self.config.settings(path), PinMemory(), self.link._heard)
        port = PlayedPort()
        slot._port = port  # type: ignore[assignment]
        self.link._slots[path] = slot
        return slot, port.modem

    async def ready(self, slot: Slot, identity: Identity = IDENTITY, *more: ModemEvent) -> None:
        """The modem is there, and the book of its SIM read."""
        slot._hear([Ready(identity), HealthChanged(Health(Registration.HOME, 20)), *more])
        for task in list(self.link._tasks):
            await task

    def submit(self, *message_ids: int) -> None:
        for message_id in message_ids:
            self.link.submit(Segment(message_id, 1, 1, "", "+8613912345678", "hello", Alphabet.GSM7))
        self.link.flush()

    @property
    def answers(self) -> list[tuple[int, Outcome]]:
        return [(it.segment.message_id, it.outcome) for it in self.listener.events if isinstance(it, SubmitAnswered)]


def sms(index: int = 3, text: str = "TD", protocol: int = 0) -> PduArrived:
    user_data = UserData.of_text(text, Alphabet.GSM7)
    deliver = Deliver(Address.of("+8613900139000"), Timestamp.of(NOW), user_data, 0, protocol)
    return PduArrived(Receipt("ME", index, index), Kind.MESSAGE, b"\x91\x68", deliver.encode())


async def test_an_sms_is_deleted_when_it_is_on_disk_and_not_before() -> None:
    play = Play()
    slot, modem = play.add("/dev/a")
    await play.ready(slot, IDENTITY, sms(3), sms(4, "other"))
    first, second = [it for it in play.listener.events if isinstance(it, SmsArrived)]
    assert (first.sms.recipient, first.sms.text, second.sms.text) == (IDENTITY.number, "TD", "other")
    assert modem.notes == []
    play.link.acknowledge(first.receipt, accepted=True, line=0)
    play.link.acknowledge(second.receipt, accepted=False, line=0)
    assert modem.notes == [("confirm", 3), ("put back", 4)]


async def test_a_receipt_of_a_modem_that_was_lost_meanwhile_means_nothing() -> None:
    play = Play()
    slot, modem = play.add("/dev/a")
    await play.ready(slot, IDENTITY, sms())
    (arrived,) = [it for it in play.listener.events if isinstance(it, SmsArrived)]
    slot.serial += 1
    play.link.acknowledge(arrived.receipt, accepted=True, line=0)
    assert modem.notes == []


async def test_what_nobody_must_see_is_deleted_at_once() -> None:
    play = Play()
    slot, modem = play.add("/dev/a")
    await play.ready(slot, IDENTITY, sms(protocol=0x40))
    assert play.listener.events == []
    assert modem.notes == [("confirm", 3)]


async def test_a_second_port_of_a_modem_is_let_go_until_the_first_is_gone() -> None:
    play = Play()
    first, _ = play.add("/dev/a")
    second, twin = play.add("/dev/b")
    await play.ready(first)
    await play.ready(second, IDENTITY, sms())
    assert (second.state, second.reason) == ("twin", "it is the modem on /dev/a")
    assert twin.notes == ["close"]
    assert play.listener.events == []  # the first port gives it, too
    assert not second._wakes.is_set()
    first._hear([Lost("gone")])
    assert second._wakes.is_set()


async def test_two_modems_with_one_imei_are_two() -> None:
    play = Play()
    first, _ = play.add("/dev/a")
    second, _ = play.add("/dev/b")
    await play.ready(first)
    await play.ready(second, Identity(imei=IDENTITY.imei, iccid="89860012345609999999"))
    assert [it.state for it in play.link.modems()] == ["ready", "ready"]
    assert play.link.room() == 4


async def test_up_and_down() -> None:
    play = Play(sims={"all": {"day_cap": 1}})
    slot, modem = play.add("/dev/a")
    assert play.link.room() == 0
    await play.ready(slot)
    assert play.link.is_up
    assert play.listener.said == ["up: 1 of 1 modems"]
    assert play.link.room() == 1  # no more is left of its cap
    play.submit(1)
    assert play.link.is_up  # while something is on the way
    modem.can_send = True
    slot._hear([SendAnswered(modem.tag, Outcome.ACCEPTED, 7)])
    assert not play.link.is_up
    assert play.answers == [(1, Outcome.ACCEPTED)]
    assert play.listener.said[-1] == "down: 01234567: its cap of 1 a day is reached"


async def test_what_waits_is_given_back_before_the_link_is_down() -> None:
    play = Play()
    slot, modem = play.add("/dev/a")
    await play.ready(slot)
    play.submit(1, 2)
    slot._hear([SendAnswered(modem.tag, Outcome.UNCERTAIN, reason="no answer"), Lost("hangs")])
    assert play.answers == [(1, Outcome.UNCERTAIN), (2, Outcome.TEMPORARY)]
    assert play.listener.said[-1] == "down: 01234567: lost: hangs"


async def test_registration_that_comes_and_goes() -> None:
    play = Play()
    slot, _ = play.add("/dev/a")
    await play.ready(slot)
    slot._hear([HealthChanged(Health(Registration.SEARCHING))])
    assert play.listener.said[-1] == "down: 01234567: it is not registered"
    slot._hear([HealthChanged(Health(Registration.ROAMING))])
    assert play.link.is_up
    assert play.link.line == 2


async def test_a_modem_that_is_blocked_is_told_of() -> None:
    play = Play()
    slot, _ = play.add("/dev/a")
    slot._hear([Blocked(Cause.PUK_NEEDED, "the SIM asks for its PUK", Identity(imei=IDENTITY.imei))])
    assert play.listener.said == ["modem 50000017 on /dev/a: the SIM asks for its PUK"]
    assert play.link.modems()[0].obstacle == "blocked: the SIM asks for its PUK"


async def test_counts_are_those_that_were_kept() -> None:
    play = Play(sims={"all": {"day_cap": 10}})
    await play.memory.save({"sim/89860012345601234567": '{"day": "2026-11-25", "month": "2026-11", "sent_today": 9}'})
    slot, _ = play.add("/dev/a")
    await play.ready(slot)
    assert (play.link.modems()[0].allowance, play.link.room()) == (1, 1)


async def test_a_balance() -> None:
    play = Play(sims={"all": {"balance_code": "*100#"}})
    slot, modem = play.add("/dev/a")
    await play.ready(slot)
    play.link._tick()
    assert modem.notes == ["*100#"]
    assert not play.link.modems()[0].is_free
    slot._hear([UssdAnswered(slot, Step.ASKS, "Balance 12.5, more? 1/0")])
    assert modem.notes == ["*100#", "cancel"]
    assert play.link.modems()[0].balance == 12.5
    play.link._tick()
    assert modem.notes == ["*100#", "cancel"]  # it was asked today


async def test_a_pool_without_modems_says_so() -> None:
    play = Play()
    play.link._silent_since = play.link._now - 31
    play.link._tick()
    assert play.listener.said == ["down: there is no modem"]

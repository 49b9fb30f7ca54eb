"""A pool of modems through the whole hub: emulated modems on pseudo-terminals that come, go, hang and refuse."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.simulator.modem_faults import ModemFaults
from carriers.simulator.modem_network import Sent as OnAir
from gateway.app import build
from gateway.config import read_tables
from gateway.core.outbox import NewSms, Purpose, State
from tests.fakes.hub import LATIN, LONG, SHORT, Sent, until
from tests.fakes.pool import Board, PoolHub, keeps_reports, open_pool, sim_of

PHONE = "+8613900139000"


@pytest.fixture
async def board(tmp_path: Path) -> AsyncIterator[Board]:
    """The modems of a test, all pulled out in the end."""
    made = Board(tmp_path / "ports")
    yield made
    await made.pull_all()


def say(board: Board, number: int, text: str, *, turns: tuple[int, ...] = (), sender: str = PHONE) -> None:
    """A phone writes to the SIM of a modem."""
    board.modems[number].say(sender, text, asyncio.get_running_loop().time(), turns=turns)
    board.plugged[number].touch()


async def test_messages_go_out_over_all_modems_and_reports_come_back(tmp_path: Path, board: Board) -> None:
    for number in (1, 2, 3):
        board.plug(number)
    async with open_pool(tmp_path, board) as hub:
        await hub.up(3)
        sent = await hub.send([SHORT, LATIN] * 9)
        await hub.ended(sent)
        assert hub.check(sent) == 0
        assert all(len(modem.sent) >= 3 for modem in board.modems.values())
        facts = hub.link.modems()
        assert sum(it.sent_today for it in facts) == 18
        assert {it.number for it in facts} == {sim_of(number).number for number in (1, 2, 3)}
        assert hub.link.parts()[sim_of(1).iccid[-8:]]["up"] == 1.0


async def test_a_long_message_goes_by_one_sim_in_order(tmp_path: Path, board: Board) -> None:
    for number in (1, 2, 3):
        board.plug(number)
    async with open_pool(tmp_path, board) as hub:
        await hub.up(3)
        sent = await hub.send([LONG, SHORT, LONG, LONG, SHORT])
        await hub.ended(sent)
        assert hub.check(sent) == 0
        for one in sent:
            by = [[it.text for it in modem.sent if it.recipient == one.number] for modem in board.modems.values()]
            (texts,) = [texts for texts in by if texts]
            assert "".join(texts) == one.text


async def test_what_phones_write(tmp_path: Path, board: Board) -> None:
    board.plug(1)
    board.plug(2)
    async with open_pool(tmp_path, board, sims={sim_of(2).iccid[-6:]: {"number": "+8613700137000"}}) as hub:
        await hub.up(2)
        say(board, 1, "TD")
        say(board, 2, "请回电" * 60, turns=(2, 0, 1))
        say(board, 2, "TD")  # the same words to another number
        await until(lambda: len(hub.incoming) == 3, 10.0, lambda: str(hub.incoming))
        assert {(it.recipient, it.text) for it in hub.incoming} == {
            (sim_of(1).number, "TD"), ("+8613700137000", "请回电" * 60), ("+8613700137000", "TD"),
        }  # fmt: skip
        for modem in board.modems.values():
            await until(lambda: not any(modem.storages.places.values()), 5.0)  # noqa: B023


async def test_parts_of_a_long_text_before_and_after_a_restart(tmp_path: Path, board: Board) -> None:
    modem = board.plug(1)
    text = "第一部分和第二部分" * 20
    now = asyncio.get_running_loop().time()
    parts = modem.network.messages(PHONE, text, now, concat_reference=7)
    assert len(parts) == 3
    async with open_pool(tmp_path, board) as hub:
        await hub.up()
        for part in parts[::2]:
            modem.arrive(part, now)
        board.plugged[1].touch()
        rows = "SELECT count(*) FROM inbox WHERE state <> 'joined'"
        await until(lambda: _count(hub, rows) == 2, 10.0)
    async with open_pool(tmp_path, board) as hub:
        await hub.up()
        modem.arrive(parts[0], now)  # the modem gives again what was not deleted in time
        modem.arrive(parts[1], now)
        board.plugged[1].touch()
        await until(lambda: hub.incoming, 10.0)
        await until(lambda: not any(modem.storages.places.values()), 10.0)  # deleted is what is on disk
        assert [it.text for it in hub.incoming] == [text]
        assert _count(hub, rows) == 3


def _count(hub: PoolHub, statement: str) -> int:
    return int(hub.desk.read_now(lambda books: books.tx.read(sa.text(statement)).scalar_one()))


async def test_a_cap_that_is_reached(tmp_path: Path, board: Board) -> None:
    board.plug(1)
    board.plug(2)
    caps = {sim_of(1).iccid: {"day_cap": 3}, sim_of(2).iccid: {"day_cap": 5}}
    async with open_pool(tmp_path, board, sims=caps) as hub:
        await hub.up(2)
        sent = await hub.send([SHORT] * 10)
        await until(lambda: not hub.link.is_up, 10.0, lambda: hub.told(sent))
        await until(lambda: hub.states(sent)[State.DELIVERED] == 8, 5.0, lambda: hub.told(sent))
        assert {number: len(modem.sent) for number, modem in board.modems.items()} == {1: 3, 2: 5}
        assert all("cap" in it.obstacle for it in hub.link.modems())
        say(board, 1, "I write all the same")
        await until(lambda: hub.incoming, 5.0)
        board.plug(3)
        await hub.ended(sent)
        assert hub.check(sent) == 0
        assert len(board.modems[3].sent) == 2


async def test_a_cap_holds_over_a_restart(tmp_path: Path, board: Board) -> None:
    board.plug(1)
    terms = {"all": {"day_cap": 4}}
    async with open_pool(tmp_path, board, sims=terms) as hub:
        await hub.up()
        first = await hub.send([SHORT] * 3)
        await hub.ended(first)
        kept = "SELECT count(*) FROM link_memory WHERE value LIKE '%\"sent_today\": 3%'"
        await until(lambda: _count(hub, kept) == 1, 3.0)  # a crash would find it
    async with open_pool(tmp_path, board, sims=terms) as hub:
        await hub.up()
        more = await hub.send([LATIN] * 3)
        await until(lambda: not hub.link.is_up, 10.0, lambda: hub.told(more))
        assert len(board.sent()) == 4
        assert hub.link.modems()[0].sent_today == 4


async def test_modems_pulled_out_at_random(tmp_path: Path, board: Board) -> None:
    randomly = random.Random(7)
    for number in range(1, 5):
        board.plug(number, **keeps_reports())
    async with open_pool(tmp_path, board) as hub:
        await hub.up(4)
        sent = await hub.send([SHORT, LATIN, LONG] * 14)
        for _ in range(6):
            await asyncio.sleep(0.4)
            number = randomly.choice(list(board.plugged))
            await board.pull(number)
            await asyncio.sleep(0.2)
            board.plug(number)
        await hub.ended(sent, within_s=40.0)
        doubled = hub.check(sent)
        uncertain = sum(hub.steps(one).count("uncertain") for one in sent)
        assert doubled <= uncertain


async def test_a_wrong_pin_blocks_one_modem_and_the_others_go_on(tmp_path: Path, board: Board) -> None:
    locked = sim_of(1)
    locked.pin = "1111"
    board.plug(1, sim=locked)
    opened = sim_of(2)
    opened.pin = "2222"
    board.plug(2, sim=opened)
    board.plug(3)
    pins = {str(board.folder / "modem-1"): "9999", board.modems[2].config.imei: "2222"}
    async with open_pool(tmp_path, board, pins=pins, poll_s=0.5) as hub:
        await hub.up(2)
        sent = await hub.send([SHORT] * 6)
        await hub.ended(sent)
        assert hub.check(sent) == 0
        assert not board.modems[1].sent
        assert board.modems[2].sent
        await asyncio.sleep(1.5)  # it is looked at again, and its PIN is not tried again
        assert locked.tries_left == 2
        (blocked,) = [it for it in hub.link.modems() if it.state == "blocked"]
        assert blocked.port.endswith("modem-1")


async def test_two_ports_of_one_modem_are_one_modem(tmp_path: Path, board: Board) -> None:
    board.plug(1)
    board.plug(2, imei=board.modems[1].config.imei, sim=sim_of(1))  # the other port of the same
    async with open_pool(tmp_path, board) as hub:
        await hub.up()
        await until(lambda: sorted(it.state for it in hub.link.modems()) == ["ready", "twin"], 5.0)
        sent = await hub.send([SHORT] * 4)
        await hub.ended(sent)
        assert sorted(len(modem.sent) for modem in board.modems.values()) == [0, 4]
        used = next(number for number, modem in board.modems.items() if modem.sent)
        await board.pull(used)
        more = await hub.send([LATIN] * 2)
        await hub.ended(more)
        assert len(board.modems[3 - used].sent) == 2
        assert hub.link.modems()[0].sent_today == 6


async def test_modems_that_are_plugged_in_later_and_elsewhere(tmp_path: Path, board: Board) -> None:
    async with open_pool(tmp_path, board) as hub:
        sent = await hub.send([SHORT] * 3)
        await asyncio.sleep(0.3)
        assert not hub.link.is_up
        board.plug(1)
        await hub.ended(sent)
        await board.pull(1)
        await until(lambda: not hub.link.is_up, 5.0)
        board.plug(1, "modem-renamed")
        more = await hub.send([LATIN] * 2)
        await hub.ended(more)
        (facts,) = hub.link.modems()
        assert facts.port.endswith("modem-renamed")
        assert facts.sent_today == 5


async def test_a_restart_in_the_middle(tmp_path: Path, board: Board) -> None:
    for number in (1, 2):
        board.plug(number, **keeps_reports())
    async with open_pool(tmp_path, board) as hub:
        await hub.up(2)
        sent = await hub.send([SHORT, LONG] * 8)
        await until(lambda: len(board.sent()) > 4, 10.0)
    assert len(board.sent()) < 32
    async with open_pool(tmp_path, board) as hub:
        await hub.ended(sent, within_s=30.0)
        assert hub.check(sent) == 0  # an orderly stop leaves nothing in doubt


async def test_reports_find_their_message_after_references_came_round_and_after_a_restart(
    tmp_path: Path, board: Board
) -> None:
    modem = board.plug(1, report_s=3600.0)

    async def accepted(hub: PoolHub, text: str) -> tuple[Sent, OnAir]:
        """A message to the same phone each time, under reference 7."""
        modem._next_reference = 7

        def work(books: Any) -> Sent:
            return Sent(books.outbox.add(NewSms(PHONE, text, Purpose.API)), PHONE, text)

        sent = await hub.desk.commit(work)
        await until(lambda: hub.states([sent])[State.ACCEPTED] == 1, 10.0, lambda: hub.told([sent]))
        return sent, modem.sent[-1]

    def report(on_air: OnAir) -> None:
        now = asyncio.get_running_loop().time()
        modem.arrive(modem.network.report(on_air, now, 0), now)
        board.plugged[1].touch()

    async with open_pool(tmp_path, board) as hub:
        await hub.up()
        first, _ = await accepted(hub, "the first")
        second, on_air = await accepted(hub, "the second")
        report(on_air)
        await until(lambda: hub.states([second])[State.DELIVERED] == 1, 10.0, lambda: hub.told([second]))
        third, on_air = await accepted(hub, "the third")
    async with open_pool(tmp_path, board) as hub:
        await hub.up()
        report(on_air)
        await until(lambda: hub.states([third])[State.DELIVERED] == 1, 10.0, lambda: hub.told([third]))
        assert hub.states([first]) == {State.ACCEPTED: 1}


async def test_a_recipient_as_the_message_centre_writes_it(tmp_path: Path, board: Board) -> None:
    modem = board.plug(1, report_s=3600.0)
    async with open_pool(tmp_path, board) as hub:
        await hub.up()
        sent = await hub.send([SHORT, LATIN, SHORT])
        await until(lambda: hub.states(sent)[State.ACCEPTED] == 3, 10.0, lambda: hub.told(sent))
        now = asyncio.get_running_loop().time()
        for form, on_air in zip(("{}", "0{}", "0086{}"), modem.sent, strict=True):
            written = Address.of(form.format(on_air.recipient.removeprefix("+86")))
            found = StatusReport.decode(modem.network.report(on_air, now, 0))
            modem.arrive(replace(found, recipient=written).encode(), now)
        board.plugged[1].touch()
        await hub.ended(sent)
        assert hub.check(sent) == 0


async def test_what_a_modem_refuses_goes_by_another(tmp_path: Path, board: Board) -> None:
    board.plug(1, faults=ModemFaults(refuse_messages=["10"] * 50))  # call barred
    board.plug(2)
    terms = {"all": {"ban_after": 2}}
    async with open_pool(tmp_path, board, sims=terms) as hub:
        await hub.up(2)
        sent = await hub.send([SHORT, LONG] * 6)
        await hub.ended(sent)
        assert hub.check(sent) == 0
        assert all("retry" not in hub.steps(one) for one in sent)  # the hub has not heard of it
        (barred,) = [it for it in hub.link.modems() if it.sim == sim_of(1).iccid]
        assert "barred" in barred.obstacle
        assert barred.sent_today == 0


async def test_a_number_no_modem_can_reach_fails_with_its_code(tmp_path: Path, board: Board) -> None:
    board.plug(1, faults=ModemFaults(refuse_messages=["1"]))
    board.plug(2, faults=ModemFaults(refuse_messages=["1"]))
    async with open_pool(tmp_path, board) as hub:
        await hub.up(2)
        sent = await hub.send([LONG])
        await hub.ended(sent)
        assert hub.states(sent) == {State.FAILED: 1}
        assert len(board.sent()) == 0
        assert sum(len(modem.faults.refuse_messages) for modem in board.modems.values()) == 1  # it was asked once


async def test_a_modem_that_takes_texts_and_never_answers(tmp_path: Path, board: Board) -> None:
    board.plug(1, faults=ModemFaults(answers_missing=1000))
    board.plug(2)
    async with open_pool(tmp_path, board, send_timeout_s=0.5, late_s=0.2, quarantine_s=60.0) as hub:
        await hub.up(2)
        sent = await hub.send([SHORT] * 12)
        await hub.ended(sent)
        doubled = hub.check(sent)
        silent = len(board.modems[1].sent)
        assert 2 <= silent <= 4
        assert doubled <= silent
        (facts,) = [it for it in hub.link.modems() if it.sim == sim_of(1).iccid]
        assert facts.state == "quarantine"
        assert facts.score < 0.6


async def test_a_modem_that_is_well_again_is_found_out_by_one_message(tmp_path: Path, board: Board) -> None:
    modem = board.plug(1, faults=ModemFaults(refuse_messages=["38"] * 3))  # network out of order
    async with open_pool(tmp_path, board, quarantine_s=1.0) as hub:
        await hub.up()
        sent = await hub.send([SHORT] * 8)
        await until(lambda: hub.link.modems()[0].state == "quarantine", 10.0, lambda: str(hub.link.modems()))
        assert not hub.link.is_up
        await hub.ended(sent, within_s=30.0)
        assert hub.check(sent) == 0
        assert not modem.faults.refuse_messages
        assert hub.link.modems()[0].state == "ready"


async def test_an_answer_that_comes_late_is_still_an_answer(tmp_path: Path, board: Board) -> None:
    board.plug(1, faults=ModemFaults(late_answer_to={"AT+CMGS=": 1.0}))
    async with open_pool(tmp_path, board, send_timeout_s=0.5, late_s=5.0) as hub:
        await hub.up()
        sent = await hub.send([SHORT])
        await hub.ended(sent)
        assert hub.check(sent) == 0
        assert "uncertain" not in hub.steps(sent[0])
        assert len(board.sent()) == 1


async def test_a_balance_is_asked_for(tmp_path: Path, board: Board) -> None:
    modem = board.plug(1)
    modem.ussd_answers["*101#"] = (0, "Balance: 3,20 until 2027")
    terms = {"all": {"balance_code": "*101#", "balance_pattern": "Balance: ([0-9,]+)", "balance_least": 5.0}}
    async with open_pool(tmp_path, board, sims=terms) as hub:
        await until(lambda: any(it.balance == 3.2 for it in hub.link.modems()), 10.0, lambda: str(hub.link.modems()))
        await until(lambda: not hub.link.is_up, 5.0)
        assert "balance of 3.2 is below 5" in hub.link.modems()[0].obstacle
        assert sum(it.startswith("AT+CUSD=1") for it in modem.heard) == 1


async def test_a_rate_holds_for_all_modems_together(tmp_path: Path, board: Board) -> None:
    for number in (1, 2, 3):
        board.plug(number, send_s=0.0)
    async with open_pool(tmp_path, board, rate_per_s=5.0) as hub:
        await hub.up(3)
        begin = asyncio.get_running_loop().time()
        sent = await hub.send([SHORT] * 11)
        await until(lambda: len(board.sent()) == 11, 10.0, lambda: hub.told(sent))
        assert 1.9 < asyncio.get_running_loop().time() - begin < 4.0


async def test_a_modem_that_dies_whenever_it_sends_is_left_alone(tmp_path: Path, board: Board) -> None:
    weak = board.plug(1, send_s=30.0)
    async with open_pool(tmp_path, board, quarantine_s=60.0) as hub:
        await hub.up(1)
        sent = await hub.send([SHORT])
        for _ in range(3):
            await until(lambda: any(it.startswith("AT+CMGS") for it in weak.heard), 10.0)
            await asyncio.sleep(0.1)
            await board.pull(1)
            await until(lambda: "uncertain" in hub.steps(sent[0])[-3:], 10.0)
            weak.heard.clear()
            board.plug(1)
        await until(lambda: any(it.state == "quarantine" for it in hub.link.modems()), 10.0)


async def test_a_pool_of_the_configuration_file(tmp_path: Path, board: Board) -> None:
    board.plug(1)
    config = read_tables(
        {
            "hub": {"roles": ["links", "house"]},
            "store": {"data_dir": str(tmp_path / "var")},
            "link": [
                {
                    "name": "modems",
                    "protocol": "gsm",
                    "ports": [board.pattern],
                    "look_every_s": 0.2,
                    "sims": {sim_of(1).iccid[-8:]: {"day_cap": 2}},
                }
            ],
        },
        "test",
    )
    (tmp_path / "var").mkdir()

    async def state_after(text: str, seconds: float) -> str:
        """A hub of its own sends a message; where it stands in the end."""
        app = build(config)
        await app.start()
        try:
            message_id = await app.desk.commit(lambda books: books.outbox.add(NewSms(PHONE, text, Purpose.API)))

            def state() -> str:
                return str(app.desk.read_now(lambda books: books.outbox.get(message_id)["state"]))

            with contextlib.suppress(TimeoutError):
                await until(lambda: state() == "delivered", seconds)
            return state()
        finally:
            await app.stop()

    assert await state_after("one", 10.0) == "delivered"
    assert await state_after("two", 10.0) == "delivered"
    assert await state_after("three", 3.0) == "queued"  # the cap is reached
    assert [it.text for it in board.sent()] == ["one", "two"]

"""What carriers do to a link, each a story on the real hub: nothing lost, nothing twice unsaid, no hammering.

Pauses are short (`tests.fakes.hub.QUICK`), and the hub's wall clock runs a hundred times too fast.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from carriers.link import Timing
from gateway.core.errors import StoreUnavailable
from gateway.core.outbox import State, Uncertain
from gateway.lane import LinkPolicy
from gateway.store.database import Store
from tests.fakes.hub import LATIN, LOGINS, LONG, QUICK, SHORT, Hub, Sent, open_hub, until

TEXTS = (SHORT, LONG, LATIN, SHORT, LONG, LATIN)
#: Invalid password; authentication failed; illegal login.
PERMANENT_LOGIN = {"smpp": 0x0E, "cmpp": 3, "smgp": 21, "sgip": 1}
#: System error; other error; busy; too many connections.
PASSING_LOGIN = {"smpp": 0x08, "cmpp": 5, "smgp": 1, "sgip": 3}
#: System error; quota of the day; system failure; no result of CMPP says so.
TEMPORARY = {"smpp": 0x08, "smgp": 75, "sgip": 32}
UNKNOWN = {"smpp": 0x4AB, "cmpp": 199, "smgp": 199, "sgip": 199}

_FILED = "SELECT sender, text FROM inbox WHERE state IN ('whole', 'joined')"

each_protocol = pytest.mark.parametrize("protocol", LOGINS)
#: What is the hub's own doing is shown with two: every other one costs time.
two_protocols = pytest.mark.parametrize("protocol", ["smpp", "cmpp"])
with_heartbeat = pytest.mark.parametrize("protocol", [name for name in LOGINS if name != "sgip"])


def heartbeat(protocol: str, silence_s: float, answer_s: float) -> dict[str, Any]:
    """Options with which a dead carrier is noticed after `silence_s` + `answer_s`; SGIP has no word for asking."""
    if protocol == "smpp":
        return {"enquire_link_s": silence_s, "response_timeout_s": answer_s}
    if protocol == "sgip":
        return {"response_timeout_s": answer_s}
    return {"active_test_s": silence_s, "response_timeout_s": answer_s, "active_test_failures": 1}


async def drained(hub: Hub, sent: list[Sent], *, within_s: float = 10.0) -> int:
    """Wait for the end of all; returns how many came twice, each of which must say so."""
    await hub.ended(sent, within_s=within_s)
    return hub.check(sent)


# --- a good carrier, on each database -----------------------------------------------------------------------------


@each_protocol
async def test_a_good_line_doubles_nothing(store: Store, protocol: str) -> None:
    async with open_hub(store, protocol) as hub:
        sent = await hub.send(TEXTS * 5)
        assert await drained(hub, sent) == 0
        assert set(map(tuple, hub.steps(sent).values())) <= {
            ("queued", "sending", "accepted", *["report"] * count, "delivered") for count in (1, 3)
        }


@each_protocol
async def test_a_line_that_is_cut_and_cut_again(store: Store, protocol: str) -> None:
    async with open_hub(store, protocol) as hub:
        sent = []
        for number in range(12):
            sent += await hub.send(TEXTS)
            await asyncio.sleep(0.004)
            hub.proxy.drop(reset=number % 2 == 1)
        await drained(hub, sent)


# --- carriers that say nothing ------------------------------------------------------------------------------------


@each_protocol
async def test_a_carrier_that_takes_the_line_and_says_nothing(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, response_timeout_s=0.15) as hub:
        hub.proxy.faults.mute = True
        hub.proxy.drop()
        sent = await hub.send(TEXTS)
        before = hub.proxy.connections
        await asyncio.sleep(0.6)
        assert not hub.link.is_up
        assert hub.proxy.connections - before <= 5  # each waits for the answer to its login
        hub.proxy.faults.mute = False
        await drained(hub, sent)


@with_heartbeat
async def test_a_line_that_is_dead_is_noticed_by_its_heartbeat(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, **heartbeat(protocol, 0.3, 0.2)) as hub:
        await drained(hub, await hub.send([SHORT]))
        await hub.up()
        began = time.monotonic()
        hub.proxy.faults.unplugged = True
        await hub.down()
        took = time.monotonic() - began
        assert 0.3 < took < 0.5 + 4 * QUICK.tick_s + 0.1
        hub.proxy.faults.unplugged = False
        await drained(hub, await hub.send(TEXTS))


@each_protocol
async def test_what_was_on_a_dead_line_is_sent_again(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, **heartbeat(protocol, 0.2, 0.15)) as hub:
        await hub.up()
        hub.proxy.faults.unplugged = True
        sent = await hub.send(TEXTS * 3)
        await hub.down()
        hub.proxy.faults.unplugged = False
        assert await drained(hub, sent) == 0  # the carrier never saw the first try
        assert "uncertain" in {step for story in hub.steps(sent).values() for step in story}


@each_protocol
async def test_answers_that_never_come(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, response_timeout_s=0.2) as hub:
        hub.faults.never_answer_every_n = 4
        sent = await hub.send(TEXTS * 4)
        await drained(hub, sent, within_s=20)
        stories = hub.steps(sent).values()
        # A report that names the phone is as good as an answer; long ones are sent again.
        assert any("adopted" in story for story in stories)
        assert any("resend" in story for story in stories)


@each_protocol
async def test_who_waits_for_reports_sends_nothing_twice(tmp_path: Path, protocol: str) -> None:
    policy = LinkPolicy(Uncertain.WAIT, uncertain_wait_s=5)
    async with open_hub(tmp_path, protocol, policy=policy, response_timeout_s=0.1) as hub:
        hub.faults.never_answer_every_n = 2
        hub.faults.report_never = True
        sent = await hub.send([SHORT] * 8)
        await until(lambda: hub.states(sent) == {State.FAILED: 4, State.ACCEPTED: 4}, 20, lambda: hub.told(sent))
        assert hub.simulator.operator.counters.repeated == 0
        hub.check_stories(sent)


# --- carriers that are slow, or say so ----------------------------------------------------------------------------


@each_protocol
async def test_a_slow_carrier(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.answer_delay_s = 0.05
        began = time.monotonic()
        sent = await hub.send([SHORT] * 40)
        assert await drained(hub, sent) == 0
        assert 0.25 <= time.monotonic() - began < 1.0  # 40 in windows of 8


@each_protocol
async def test_a_line_that_drips_and_lags(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.proxy.faults.latency_s = 0.02
        hub.proxy.faults.drip_octets = 7
        hub.proxy.faults.drip_pause_s = 0.0
        hub.proxy.drop()
        assert await drained(hub, await hub.send(TEXTS)) == 0


@each_protocol
async def test_a_throttle_storm(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.simulator.operator.change_faults({"throttle_for_s": 1.0}, asyncio.get_running_loop().time())
        sent = await hub.send(TEXTS * 4)
        assert await drained(hub, sent) == 0
        # Rests of 0.05, 0.1, 0.2, 0.4 s fill the storm: at most a window for each.
        assert hub.journal.counts["throttled", hub.link.name] <= 6
        assert 0 < hub.simulator.operator.counters.throttled <= 6 * 8


@each_protocol
async def test_every_third_submit_too_fast(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.throttle_every_n = 3
        sent = await hub.send(TEXTS * 3)
        assert await drained(hub, sent, within_s=20) == 0  # parts that were taken are not sent with the others again


@two_protocols
async def test_a_rate_is_kept(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, rate_per_s=100) as hub:
        await hub.up()
        began = time.monotonic()
        sent = await hub.send([SHORT] * 80)
        await drained(hub, sent)
        assert 0.65 <= time.monotonic() - began < 4  # 80 at 100 a second, a tenth of a second's worth saved up


# --- reports and answers ------------------------------------------------------------------------------------------


@each_protocol
@pytest.mark.parametrize("fault", ["report_before_response", "report_twice", "answer_twice"])
async def test_reports_and_answers_out_of_turn(tmp_path: Path, protocol: str, fault: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        setattr(hub.faults, fault, True)
        sent = await hub.send(TEXTS * 4)
        assert await drained(hub, sent) == 0
        await until(lambda: not hub.simulator.operator.open_reports(), 20)


@each_protocol
async def test_reports_late_and_on_another_line(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, accounts=("a", "a"), report_delay_s=0.3) as hub:
        hub.faults.report_elsewhere = True
        await hub.up("a0")
        await hub.up("a1")
        sent = await hub.send(TEXTS)
        await hub.ended(sent, {State.ACCEPTED})
        hub.proxies["a0"].refuse()
        hub.proxies["a0"].drop()
        assert await drained(hub, sent) == 0
        assert {row["link"] for row in hub.rows(sent)} == {"a0"}


@each_protocol
async def test_reports_that_never_come(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.report_never = True
        sent = await hub.send(TEXTS)
        await hub.ended(sent, {State.ACCEPTED})
        await asyncio.sleep(0.1)
        assert hub.check(sent, state=State.ACCEPTED) == 0


@each_protocol
async def test_words_of_failure(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.report_state = {"138": "UNDELIV"}
        sent = await hub.send(TEXTS)
        await hub.ended(sent)
        assert hub.check(sent, state=State.FAILED) == 0


@each_protocol
async def test_a_status_nobody_knows_ends_the_message(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.unknown_status = UNKNOWN[protocol]
        sent = await hub.send(TEXTS)
        await hub.ended(sent)
        assert hub.states(sent) == {State.FAILED: len(sent)}
        assert all(str(UNKNOWN[protocol]) in row["code"] for row in hub.rows(sent))
        hub.faults.unknown_status = 0
        assert await drained(hub, await hub.send(TEXTS)) == 0


# --- carriers that break the line ---------------------------------------------------------------------------------


@each_protocol
@pytest.mark.parametrize("fault", [{"garbage_bytes_every_n": 3}, {"drop_line_after_n_pdus": 3}])
async def test_a_carrier_that_never_holds_a_line(tmp_path: Path, protocol: str, fault: dict[str, int]) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.change(fault)
        sent = await hub.send(TEXTS * 2)
        await drained(hub, sent, within_s=20)
        assert hub.journal.counts["link_down", hub.link.name] >= 3


@each_protocol
async def test_no_answer_ever_comes_whole(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.faults.drop_line_mid_pdu = True
        sent = await hub.send(TEXTS)
        await asyncio.sleep(0.4)
        # Every line breaks at its first answer: the pause must grow although every login is let in.
        assert 2 <= hub.journal.counts["link_down", hub.link.name] <= 25
        hub.faults.drop_line_mid_pdu = False
        await drained(hub, sent)


@each_protocol
async def test_noise_and_octets_that_come_twice(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.proxy.faults.twice_down_every_n = 3
        sent = await hub.send(TEXTS * 3)
        for noise in (b"\0" * 40, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 64):
            await asyncio.sleep(0.02)
            hub.proxy.faults.noise_down = noise
        await drained(hub, sent)


@each_protocol
async def test_a_carrier_that_takes_leave(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.answer_delay_s = 0.005
        sent = await hub.send(TEXTS * 4)
        for times in (1, 2, 3):
            await hub.up()
            await asyncio.sleep(0.02)
            for line in list(hub.simulator.operator.lines):
                line.leave(asyncio.get_running_loop().time())  # type: ignore[attr-defined]
            hub.simulator.flush_all()
            await until(lambda: hub.journal.counts["link_down", hub.link.name] >= times, 20)  # noqa: B023
        await drained(hub, sent)


# --- carriers that do not let us in -------------------------------------------------------------------------------


@each_protocol
async def test_a_login_refused_for_good_is_not_tried_all_the_time(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.faults.refuse_login = PERMANENT_LOGIN[protocol]
        hub.proxy.drop()
        sent = await hub.send(TEXTS)
        await asyncio.sleep(1.2)  # the pause is 0.5 s
        assert 2 <= hub.simulator.operator.counters.logins_refused <= 3
        assert "login refused" in hub.desk.read_now(lambda books: books.links.all()[0]["last_error"])
        hub.faults.refuse_login = 0
        await drained(hub, sent)


@each_protocol
async def test_a_login_refused_for_now(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.faults.refuse_login = PASSING_LOGIN[protocol]
        hub.proxy.drop()
        sent = await hub.send(TEXTS)
        await asyncio.sleep(0.3)
        assert 5 <= hub.simulator.operator.counters.logins_refused <= 16  # every 0.03 s at the end
        hub.faults.refuse_login = 0
        await drained(hub, sent)


@each_protocol
async def test_connection_refused(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.proxy.refuse()
        hub.proxy.drop()
        sent = await hub.send(TEXTS)
        await asyncio.sleep(0.3)
        assert hub.states(sent) == {State.QUEUED: len(sent)}
        assert 5 <= hub.journal.counts["link_down", hub.link.name] <= 16
        await hub.proxy.start()
        assert await drained(hub, sent) == 0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["refused", "mute", "login"])
async def test_a_line_that_is_down_costs_nothing(tmp_path: Path, how: str) -> None:
    """With the pauses of a real hub: less than 5 % of a core, and a handful of commits, in three seconds."""
    async with open_hub(tmp_path, timing=Timing(), speed=1, quick=False) as hub:
        await hub.up()
        if how == "refused":
            hub.proxy.refuse()
        hub.proxy.faults.mute = how == "mute"
        hub.faults.refuse_login = PERMANENT_LOGIN["smpp"] if how == "login" else 0
        hub.proxy.drop()
        await hub.down()
        sent = await hub.send(TEXTS * 20)
        await asyncio.sleep(0.2)
        cpu, commits = time.process_time(), hub.desk.store.figures.commits
        await asyncio.sleep(3.0)
        cpu, commits = time.process_time() - cpu, hub.desk.store.figures.commits - commits
        print(f"{how}: {cpu / 3:.2%} of a core, {commits} commits in 3 s")
        assert cpu < 0.15
        assert commits <= 12
        assert hub.states(sent) == {State.QUEUED: len(sent)}


# --- two links ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", ["smpp", "cmpp", "sgip"])
async def test_one_of_two_links_dies(tmp_path: Path, protocol: str) -> None:
    """What the dead link's carrier has no part of goes to the other link; what it has a part of waits for it."""
    async with open_hub(tmp_path, protocol, accounts=("a", "b"), window=4) as hub:
        await hub.up("a0")
        await hub.up("b1")
        hub.faults.answer_delay_s = 0.02
        sent = await hub.send(TEXTS * 20)
        await until(lambda: hub.simulator.operator.counters.accepted >= 12, 20)
        hub.proxies["a0"].refuse()
        hub.proxies["a0"].drop()
        await hub.down("a0")
        leaving = asyncio.create_task(leave(hub, "a0"))
        await until(lambda: waiting_for(hub, sent, "a0") <= 8, 20, lambda: hub.told(sent))
        await until(lambda: not waiting_for(hub, sent, "b1"), 20, lambda: hub.told(sent))
        leaving.cancel()
        assert Counter(row["link"] for row in hub.rows(sent))["b1"] > len(sent) // 2
        await hub.proxies["a0"].start()
        await drained(hub, sent)
        for one in sent:
            # Only what nobody knows the fate of may be told by both.
            assert len(accounts_seen(hub, one)) == 1 or "resend" in hub.steps([one])[one.id], hub.steps([one])


@pytest.mark.parametrize("protocol", TEMPORARY)
async def test_what_one_link_cannot_do_now_the_other_is_asked_for(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, accounts=("a", "b")) as hub:
        await hub.up("a0")
        await hub.up("b1")
        hub.faults.refuse_numbers = {"138": TEMPORARY[protocol]}
        sent = await hub.send(TEXTS)
        await until(lambda: all(row["link"] == "b1" or row["attempt"] > 1 for row in hub.rows(sent)), 20)
        hub.faults.refuse_numbers = {}
        assert await drained(hub, sent) == 0
        for one in sent:
            assert len(accounts_seen(hub, one)) == 1


async def leave(hub: Hub, name: str) -> None:
    """The chore of the hub that moves what waits for a link that is down, again and again."""
    while True:
        await hub.desk.commit(lambda books: books.outbox.leave_link(name))
        await asyncio.sleep(0.05)


def waiting_for(hub: Hub, sent: list[Sent], name: str) -> int:
    """Messages of a link that are not delivered."""
    return sum(row["link"] == name and State(row["state"]) is not State.DELIVERED for row in hub.rows(sent))


def accounts_seen(hub: Hub, one: Sent) -> set[str]:
    """The accounts a phone got the segments of its message from."""
    texts = hub.simulator.operator.handsets[one.number].texts
    return {segment.account for text in texts for segment in text.segments}


# --- what phones write --------------------------------------------------------------------------------------------


@each_protocol
async def test_what_phones_write_comes_once_however_often_the_line_breaks(tmp_path: Path, protocol: str) -> None:
    async with open_hub(tmp_path, protocol, speed=1) as hub:
        await hub.up()
        now = asyncio.get_running_loop().time
        said = {}
        for number in range(30):
            phone = f"+86139000000{number:02}"
            said[phone] = LONG if number % 3 == 0 else f"{SHORT} {number}"
            hub.simulator.operator.say(phone, said[phone], "10657000", now())
            hub.simulator.touch()
            if number % 4 == 0:
                setattr(hub.proxy.faults, "cut_up_at" if number % 8 else "cut_down_at", hub.proxy.newest.down + 90)
            await asyncio.sleep(0.004)
        operator = hub.simulator.operator
        await until(lambda: operator.counters.messages_acknowledged >= operator.counters.messages_written, 10)
        await hub.inbound.drain()
        filed = hub.desk.read_now(lambda books: list(books.tx.read(sa.text(_FILED))))
        assert sorted(map(tuple, filed)) == sorted(said.items())
        assert {event.sender: event.text for event in hub.incoming} == said


# --- the hub's own bad moments ------------------------------------------------------------------------------------


@pytest.fixture
def store_fails(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool], None]:
    """Switch: the store takes nothing."""
    is_away = False
    commit = Store.commit_with_others

    async def perhaps(self: Store, work: Any) -> Any:
        if is_away:
            raise StoreUnavailable("the disk is full")
        return await commit(self, work)

    def switch(away: bool) -> None:
        nonlocal is_away
        is_away = away

    monkeypatch.setattr(Store, "commit_with_others", perhaps)
    return switch


@each_protocol
async def test_a_store_that_is_away_for_a_moment(
    tmp_path: Path, protocol: str, store_fails: Callable[[bool], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The line stands, answers are kept, deliveries are put off and come again; nothing is sent twice."""
    monkeypatch.setattr("gateway.lane.STORE_PAUSE_S", 0.05)
    async with open_hub(tmp_path, protocol) as hub:
        await hub.up()
        hub.faults.answer_delay_s = 0.02
        sent = await hub.send(TEXTS * 3)
        await until(lambda: hub.simulator.operator.counters.accepted >= 8, 20)
        store_fails(True)
        hub.simulator.operator.say("+8613900000001", SHORT, "10657000", asyncio.get_running_loop().time())
        hub.simulator.touch()
        await asyncio.sleep(0.3)
        assert hub.simulator.operator.counters.deliveries_refused > 0
        store_fails(False)
        assert await drained(hub, sent) == 0
        await until(lambda: hub.incoming, 20)
        assert hub.proxy.connections == 1


@two_protocols
async def test_a_link_that_lost_its_lease_comes_back(
    tmp_path: Path, protocol: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.dispatcher.LEASE_S", 0.3)
    async with open_hub(tmp_path, protocol, speed=20) as hub:
        await hub.up()

        def rob(books: Any) -> None:
            books.tx.connection.exec_driver_sql(
                "UPDATE links SET lease_by = 'thief', lease_until_ms = ?", (books.now_ms + 6000,)
            )

        sent = await hub.send(TEXTS * 2)
        hub.desk.run_now(rob)
        await hub.down()
        await hub.up()
        await drained(hub, sent)
        await drained(hub, await hub.send(TEXTS))


@each_protocol
async def test_an_orderly_stop_in_the_middle(tmp_path: Path, protocol: str) -> None:
    """Nothing stays half-way: every answer is on record once, what was not sent is queued, and the rest goes later."""
    async with open_hub(tmp_path, protocol) as hub:
        hub.faults.answer_delay_s = 0.03
        sent = await hub.send(TEXTS * 8)
        for stopped_after in (5, 20, 40):
            await until(lambda: hub.simulator.operator.counters.accepted >= stopped_after, 20)  # noqa: B023
            await hub.dispatcher.stop()
            assert not hub.states(sent).keys() & {State.SENDING, State.UNCERTAIN}, hub.told(sent)
            assert ledger_lines(hub) == hub.simulator.operator.counters.accepted
            hub.dispatcher.start()
        assert await drained(hub, sent) == 0
        assert ledger_lines(hub) == hub.simulator.operator.counters.accepted


def ledger_lines(hub: Hub) -> int:
    """Segments that were billed."""
    return hub.desk.read_now(lambda books: books.ledger.sms_sent_since(0, 0))

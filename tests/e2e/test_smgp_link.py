"""SMGP on real sockets: the whole hub with links to the simulated gateway, through lines that break."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from carriers.factory import KINDS
from carriers.link import Link, LinkBasics
from carriers.simulator.config import Account, SimulatorConfig
from gateway.core.outbox import State
from gateway.dispatcher import Dispatcher
from tests.fakes import hub as fakes
from tests.fakes.hub import ACCESS_NUMBER, LATIN, LONG, QUICK, SHORT, Hub, open_hub, until

CLIENT_IDS = {"a": "10650001", "b": "10650002"}
SECRET = "secret08"
PLAIN = "Your code is 482913. Write to desk@example.com_$"
TEXTS = (SHORT, LONG, LATIN, PLAIN, LONG, LATIN)


def smgp_link(name: str, account: str, protocol: str, port: int, dispatcher: Dispatcher, **more: Any) -> Link:
    """A link to the simulated gateway; the account "b" may do what "a" may."""
    basics = {key: more.pop(key) for key in ("timing", "jitter", "rate_per_s") if key in more}
    options: dict[str, Any] = {
        "host": "127.0.0.1", "port": port, "access_number": ACCESS_NUMBER, "window": 8,
        "client_id": CLIENT_IDS[account], "secret": SECRET,
    }  # fmt: skip
    kind = KINDS[protocol]
    return kind.make(LinkBasics(name, account, dispatcher, **basics), kind.options(**(options | more)))


@pytest.fixture(autouse=True)
def gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub of the tests with an operator that speaks SMGP, and links that do."""
    accounts = tuple(Account("smgp", name, SECRET, ACCESS_NUMBER) for name in CLIENT_IDS.values())
    monkeypatch.setattr(fakes, "ACCOUNTS", accounts)
    monkeypatch.setattr(fakes, "SimulatorConfig", partial(SimulatorConfig, smgp_port=0))
    monkeypatch.setattr(fakes, "make_link", smgp_link)


open_smgp = partial(open_hub, protocol="smgp")


async def drained(hub: Hub, sent: list[fakes.Sent], *, within_s: float = 10.0) -> int:
    """Wait for the end of all; how many came twice, each of which must say so."""
    await hub.ended(sent, within_s=within_s)
    return hub.check(sent)


async def test_messages_answers_and_reports(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        sent = await hub.send(TEXTS * 5)
        assert await drained(hub, sent) == 0
        assert set(map(tuple, hub.steps(sent).values())) <= {
            ("queued", "sending", "accepted", *["report"] * count, "delivered") for count in (1, 3)
        }
        segments = [it for one in sent for text in hub.simulator.operator.handsets[one.number].texts
                    for it in text.segments]  # fmt: skip
        assert {it.alphabet for it in segments} == {"ascii", "ucs2"}
        assert all(len(it.carrier_id) == 20 and it.carrier_id.isdecimal() for it in segments)


@pytest.mark.parametrize("options", [{"version": "1.3"}, {"chinese_alphabet": "gbk"}, {"number_form": "+86"}], ids=repr)
async def test_accounts_of_other_kinds(tmp_path: Path, options: dict[str, Any]) -> None:
    async with open_smgp(tmp_path, **options) as hub:
        assert await drained(hub, await hub.send(TEXTS)) == 0


async def test_a_phone_writes(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        await hub.up()
        said = ["TD", "退订", "café Ø", "请回电" * 60]
        for number, text in enumerate(said):
            hub.simulator.operator.say(f"+8618900000{number:03}", text, f"{ACCESS_NUMBER}77", 0.0)
        hub.simulator.touch()
        await until(lambda: len(hub.incoming) == len(said), 5.0, lambda: str(hub.incoming))
        assert sorted(it.text for it in hub.incoming) == sorted(said)
        assert {it.recipient for it in hub.incoming} == {f"{ACCESS_NUMBER}77"}
        counters = hub.simulator.operator.counters
        await until(lambda: counters.messages_acknowledged == counters.messages_written, 5.0)


async def test_reports_before_answers_and_twice(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        hub.faults.report_before_response = True
        hub.faults.report_twice = True
        hub.faults.answer_twice = True
        assert await drained(hub, await hub.send(TEXTS * 3)) == 0


async def test_what_phones_do_not_get(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        hub.faults.report_state = {"138": "RT:0148"}
        sent = await hub.send([SHORT, PLAIN])
        await hub.ended(sent)
        assert hub.states(sent) == {State.FAILED: 2}
        hub.faults.report_state = {"138": "EXPIRED"}
        sent = await hub.send([SHORT])
        await hub.ended(sent)
        assert hub.states(sent).keys() <= {State.EXPIRED, State.FAILED}


async def test_a_busy_gateway_is_given_time(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        hub.faults.throttle_every_n = 5
        assert await drained(hub, await hub.send(TEXTS * 4)) == 0
        assert hub.simulator.operator.counters.throttled > 0


async def test_a_refused_message_is_not_sent_again(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        hub.faults.refuse_numbers = {"138": 47}
        sent = await hub.send([SHORT])
        await hub.ended(sent)
        assert hub.states(sent) == {State.FAILED: 1}
        assert hub.simulator.operator.counters.submits == 1


@pytest.mark.parametrize(
    ("options", "words"),
    [({"secret": "wrong"}, "authentication failed"), ({"client_id": "99999999"}, "code 21")],
    ids=["wrong secret", "no such account"],
)
async def test_a_login_that_is_refused(tmp_path: Path, options: dict[str, Any], words: str) -> None:
    async with open_smgp(tmp_path, **options) as hub:
        await until(lambda: hub.simulator.operator.counters.logins_refused, 5.0)
        await until(lambda: words in hub.link._reason, 5.0, lambda: hub.link._reason)
        before = hub.proxy.connections
        await hub.down()
        assert not hub.link.is_up
        assert hub.proxy.connections == before  # the next try is not before `refused_pause_s`


async def test_one_link_sends_and_another_receives(tmp_path: Path) -> None:
    modes = ({"login_mode": "send"}, {"login_mode": "receive"})
    async with open_smgp(tmp_path, accounts=("a", "a"), per_link=modes) as hub:
        for name in hub.links:
            await hub.up(name)
        sent = await hub.send(TEXTS * 2)
        assert await drained(hub, sent) == 0
        assert {row["link"] for row in hub.rows(sent)} == {"a0"}


async def test_a_line_that_is_cut_and_cut_again(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        sent = []
        for number in range(12):
            sent += await hub.send(TEXTS)
            hub.proxy.drop(reset=number % 2 == 1)
        await drained(hub, sent)


@pytest.mark.parametrize("way", ["up", "down"])
async def test_a_line_cut_in_the_middle_of_pdus(tmp_path: Path, way: str) -> None:
    """Within the login, in the first header, in a length, in a MsgID, between PDUs."""
    offsets = {"up": (1, 30, 42, 44, 60, 158, 203, 601), "down": (2, 20, 33, 36, 47, 59, 70, 270)}[way]
    async with open_smgp(tmp_path) as hub:
        await hub.up()
        for offset in offsets:
            hub.proxy.drop()
            await hub.down()
            hub.proxy.faults.reset = offset % 2 == 1
            setattr(hub.proxy.faults, f"cut_{way}_at", offset)
            await drained(hub, await hub.send(TEXTS))
            hub.simulator.operator.handsets.clear()
        assert hub.proxy.cuts == len(offsets)


async def test_a_line_that_is_dead_is_noticed_by_its_heartbeat(tmp_path: Path) -> None:
    options: dict[str, Any] = {"active_test_s": 0.3, "response_timeout_s": 0.2, "active_test_failures": 1}
    async with open_smgp(tmp_path, **options) as hub:
        await drained(hub, await hub.send([SHORT]))
        began = time.monotonic()
        hub.proxy.faults.unplugged = True
        await hub.down()
        assert 0.3 < time.monotonic() - began < 0.5 + 4 * QUICK.tick_s + 0.5
        hub.proxy.faults.unplugged = False
        await drained(hub, await hub.send(TEXTS))


async def test_answers_that_never_come(tmp_path: Path) -> None:
    async with open_smgp(tmp_path, response_timeout_s=0.2) as hub:
        hub.faults.never_answer_every_n = 4
        await drained(hub, await hub.send(TEXTS * 2), within_s=20)


async def test_octets_that_are_no_pdu(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        hub.faults.garbage_bytes_every_n = 7
        await drained(hub, await hub.send(TEXTS * 3), within_s=20)

"""SMGP on real sockets: the whole hub with links to the simulated gateway, through lines that break."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import pytest

from gateway.core.outbox import State
from tests.fakes.hub import ACCESS_NUMBER, LATIN, LONG, SHORT, Hub, Sent, open_hub, until

PLAIN = "Your code is 482913. Write to desk@example.com_$"
TEXTS = (SHORT, LONG, LATIN, PLAIN, LONG, LATIN)

open_smgp = partial(open_hub, protocol="smgp")


async def drained(hub: Hub, sent: list[Sent], *, within_s: float = 10.0) -> int:
    """Wait for the end of all; how many came twice, each of which must say so."""
    await hub.ended(sent, within_s=within_s)
    return hub.check(sent)


async def test_alphabets_and_ids(tmp_path: Path) -> None:
    async with open_smgp(tmp_path) as hub:
        sent = await hub.send(TEXTS)
        assert await drained(hub, sent) == 0
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

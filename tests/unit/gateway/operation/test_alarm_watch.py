"""The watch over a real store: what it finds, whom it tells over which link, and that two of them tell once."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.alarms import AlarmConfig, Watch, words_of
from gateway.core.alarms import Alarm, AlarmState, Kind, Word
from gateway.core.errors import ConfigError, StoreUnavailable
from gateway.core.link_figures import LinkReading
from gateway.core.link_orders import Wish
from gateway.core.routing import LinkFacts
from gateway.store.database import Store
from gateway.store.schema import alarm_calls, link_health, outbox, relay
from tests.fakes.desk import Bench

OPERATOR = "+8613900000001"
CONFIG = AlarmConfig(
    sms=(OPERATOR,),
    mail=("ops@elsewhere.example",),
    webhook_url="http://127.0.0.1/x",
    webhook_secret="0123456789abcdef",
    language="en",
    clear_after_s=10,
)


@pytest.fixture
def bench(store: Store) -> Iterator[Bench]:
    made = Bench(store)
    yield made
    made.close()


def watch_of(bench: Bench, config: AlarmConfig = CONFIG, **more: Any) -> Watch:
    more = {"free_octets": lambda path: 1 << 40} | more
    return Watch(bench.desk, config, hostname="mail.example", data_dir=".", host="host", **more)


def serve(bench: Bench, name: str, state: str = "up", reading: LinkReading | None = None) -> None:
    """A link whose owner is alive and says how it is."""

    def work(books: Any) -> None:
        books.links.lease(name, name, "smpp", "one")
        row = next(row for row in books.links.all() if row["name"] == name)
        error = "" if state == "up" else "no route to host"
        if (row["state"], row["last_error"]) != (state, error):
            books.links.set_state(name, state, error)
        books.links.set_figures(name, "one", (reading or LinkReading()).to_json())

    bench.run(work)
    bench.router.set_link(name, LinkFacts(up=state == "up"))


def sms(bench: Bench) -> list[tuple[str, str, str]]:
    rows = bench.ask(
        lambda b: b.tx.read(sa.select(outbox).where(outbox.c.purpose == "alarm").order_by(outbox.c.id)).all()
    )
    return [(row.recipient, row.link, row.text) for row in rows]


async def look(bench: Bench, watch: Watch, seconds: float, names: dict[str, str], times: int = 1) -> None:
    for _ in range(times):
        bench.clock.pass_s(seconds)
        for name, state in names.items():
            serve(bench, name, state)
        await watch.look()


async def test_a_link_that_is_down_is_told_over_another_one_by_sms_mail_and_call(bench: Bench) -> None:
    watch = watch_of(bench)
    await look(bench, watch, 5, {"a": "down", "b": "up"}, times=12)
    assert sms(bench) == []
    await look(bench, watch, 5, {"a": "down", "b": "up"}, times=3)
    ((number, link, text),) = sms(bench)
    assert (number, link) == (OPERATOR, "b")
    assert text.startswith("[Caiyou] ALARM link a down: no route to host, since ")
    (mail,) = bench.ask(lambda b: b.tx.read(sa.select(relay)).all())
    assert (mail.sender, mail.recipient) == ("", "ops@elsewhere.example")
    (call,) = bench.ask(lambda b: b.tx.read(sa.select(alarm_calls)).all())
    body = json.loads(call.body)
    assert (body["event"], body["word"], body["kind"], body["subject"]) == ("alarm", "raised", "link-down", "a")
    await look(bench, watch, 5, {"a": "up", "b": "up"}, times=4)
    assert [text.split()[1] for *_, text in sms(bench)] == ["ALARM", "OVER"]
    await look(bench, watch, 5, {"a": "up", "b": "up"}, times=10)
    assert len(sms(bench)) == 2
    await bench.desk.store.close()


async def test_a_link_whose_owner_died_is_down_and_one_that_is_paused_is_not(bench: Bench) -> None:
    watch = watch_of(bench)
    serve(bench, "a")
    bench.run(lambda b: b.link_orders.set_wish("b", Wish.PAUSE))
    await look(bench, watch, 20, {"b": "paused"}, times=6)
    assert list(bench.ask(lambda b: b.alarms.known())) == ["link-down:a"]
    await bench.desk.store.close()


async def test_queues_reports_disk_and_store(bench: Bench) -> None:
    config = AlarmConfig(
        queue_messages=3, queue_age_s=100, report_least=10, disk_free_octets=1000, store_slow_s=0.000001
    )
    watch = watch_of(bench, config, free_octets=lambda path: 999)
    for _ in range(3):
        bench.add()
    bench.clock.pass_s(101)
    serve(bench, "a", reading=LinkReading(hour_accepted=100, hour_delivered=49))
    serve(bench, "b", reading=LinkReading(hour_accepted=100, hour_delivered=50))
    await watch.look()
    found = {alarm.key: alarm.detail for alarm in bench.ask(lambda b: b.alarms.known()).values()}
    assert found.pop("store-slow:host").endswith(" s")
    assert found == {
        "queue-old:a": "101 s", "queue-long:a": "3", "reports-few:a": "49 % / 100", "disk-low:host": "0 MB"
    }  # fmt: skip
    await bench.desk.store.close()


async def test_a_link_that_is_left_alone(bench: Bench) -> None:
    watch = watch_of(bench, AlarmConfig(sms=(OPERATOR,), language="en"))
    row = {"link": "a", "operator": "CM", "breaker": "open", "score": 0, "figures": "{}", "noted_ms": 0}
    bench.run(lambda b: b.tx.execute(sa.insert(link_health), [row, row | {"operator": "CU", "breaker": "closed"}]))
    for name in "ab":
        serve(bench, name)
    await watch.look()
    ((_, link, text),) = sms(bench)
    assert (link, "link a fails too often CM" in text) == ("b", True)
    await bench.desk.store.close()


async def test_a_modem_that_warns(bench: Bench) -> None:
    watch = watch_of(bench, AlarmConfig(sms=(OPERATOR,), language="en", clear_after_s=0))
    figures = {
        "1234": {"warned": 1.0, "left": 7.0},
        "5678": {"warned": 0.0, "left": 1.0},
        "9": {"warned": 1.0, "left": -1.0},
    }
    serve(bench, "a", reading=LinkReading(parts=figures))
    await watch.look()
    found = bench.ask(lambda b: b.alarms.known())
    assert {key: alarm.detail for key, alarm in found.items()} == {"sim-spent:a 1234": "7 SMS", "sim-spent:a 9": ""}
    serve(bench, "a")
    await watch.look()
    await watch.look()
    assert sorted(text.split()[1] for *_, text in sms(bench)) == ["ALARM", "ALARM", "OVER", "OVER"]
    await bench.desk.store.close()


async def test_alarms_by_name_are_told_once_and_again_when_they_come_again(bench: Bench) -> None:
    watch = watch_of(bench)
    for _ in range(3):
        bench.run(lambda b: b.alarms.raise_(Kind.SIM_SPENT, "modem-3", "5 left"))
        await watch.look()
    assert len(sms(bench)) == 1
    bench.run(lambda b: b.alarms.clear(Kind.SIM_SPENT, "modem-3"))
    await watch.look()
    bench.run(lambda b: b.alarms.raise_(Kind.SIM_SPENT, "modem-3", "4 left"))
    await watch.look()
    assert [text.split()[1] for *_, text in sms(bench)] == ["ALARM", "OVER", "ALARM"]
    await bench.desk.store.close()


async def test_two_watches_tell_once(bench: Bench) -> None:
    watches = [watch_of(bench), watch_of(bench)]
    bench.run(lambda b: b.alarms.raise_(Kind.SIM_SPENT, "modem-3"))
    bench.run(lambda b: b.alarms.test("host"))
    for _ in range(3):
        await asyncio.gather(*(watch.look() for watch in watches))
    assert len(sms(bench)) == 2
    await bench.desk.store.close()


async def test_no_more_than_the_budget_of_an_hour_and_the_rest_later(bench: Bench) -> None:
    watch = watch_of(bench, AlarmConfig(sms=(OPERATOR,), per_hour=4))
    for number in range(10):
        bench.run(lambda b, number=number: b.alarms.raise_(Kind.SIM_SPENT, f"modem-{number}"))
    for _ in range(5):
        await watch.look()
    assert len(sms(bench)) == 4
    bench.clock.pass_s(3601)
    await watch.look()
    assert len(sms(bench)) == 8
    await bench.desk.store.close()


async def test_a_silent_kind_is_shown_and_not_told(bench: Bench) -> None:
    watch = watch_of(bench, AlarmConfig(sms=(OPERATOR,), silent=("sim-spent",)))
    bench.run(lambda b: b.alarms.raise_(Kind.SIM_SPENT, "modem-3"))
    await watch.look()
    assert sms(bench) == []
    (alarm,) = bench.ask(lambda b: b.alarms.known()).values()
    assert alarm.state is AlarmState.OPEN
    await bench.desk.store.close()


async def test_with_no_store_a_call_is_made_at_once_and_what_was_is_told_afterwards(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    called: list[Any] = []

    async def call(body: Any) -> None:
        called.append(body)

    watch = watch_of(bench, call=call)
    commit = bench.desk.commit

    async def refuse(work: Any) -> None:
        raise StoreUnavailable("disk full")

    monkeypatch.setattr(bench.desk, "commit", refuse)
    for _ in range(3):
        await watch.look()
        bench.clock.pass_s(30)
    assert [(body["kind"], body["detail"]) for body in called] == [("store-away", "disk full")]
    monkeypatch.setattr(bench.desk, "commit", commit)
    await watch.look()
    ((*_, text),) = sms(bench)
    assert "store of host takes nothing: 90 s" in text
    await bench.desk.store.close()


def test_an_alarm_reads_well_in_both_languages() -> None:
    for kind in Kind:
        alarm = Alarm(kind, "cmpp-a", "no route to host", AlarmState.OPEN, 0, told_ms=1)
        for word in Word:
            chinese, english = (words_of(alarm, word, 600_000, language) for language in ("zh", "en"))
            assert "cmpp-a" in chinese
            assert "cmpp-a" in english
            assert len(chinese) <= 70
            assert len(english) <= 160


@pytest.mark.parametrize(
    ("values", "key"),
    [
        ({"sms": ("13800138000",)}, "sms"),
        ({"mail": ("nobody",)}, "mail"),
        ({"silent": ("x",)}, "silent"),
        ({"webhook_url": "ftp://x"}, "webhook_url"),
        ({"webhook_url": "http://x"}, "webhook_secret"),
        ({"per_hour": 0}, "per_hour"),
    ],
)
def test_what_cannot_be_is_refused_by_name(values: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError, match=key):
        AlarmConfig(**values)


def test_the_secret_is_not_shown() -> None:
    assert "0123456789abcdef" not in repr(CONFIG)

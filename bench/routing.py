"""What it costs to plan a message, by the number of routes and of ported numbers, as microseconds and as ratios.

`python -m bench.routing --json FILE`; ends with 1 when a plan takes more than `--most` microseconds, or when a table a
hundred times as large takes more than twice the time.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gateway.core import text as sms_text
from gateway.core.outbox import NewSms, Purpose
from gateway.core.profiles import LinkRules, Profile
from gateway.core.routing import LinkFacts, Route, Router
from gateway.store.numbering import built_in

LINKS = tuple(f"link{n}" for n in range(8))
MESSAGES = 20_000
PORTED = 1_000_000


def numbers(count: int, seed: int = 1) -> list[str]:
    """Chinese mobile numbers, spread over the ranges."""
    dice = random.Random(seed)
    prefixes = [line.prefix for line in built_in() if line.kind == "mobile" and len(line.prefix) == 6]
    return [f"{dice.choice(prefixes)}{dice.randrange(10**8):08}" for _ in range(count)]


def routes(count: int, seed: int = 2) -> list[Route]:
    """A table of beginnings of 3 to 10 characters, with a line for every number behind them."""
    dice = random.Random(seed)
    found = {("", LINKS[0]): Route("", LINKS[0])}
    while len(found) < count:
        prefix = "+861" + "".join(dice.choice("3456789") for _ in range(dice.randint(1, 6)))
        link = dice.choice(LINKS)
        found[prefix, link] = Route(prefix, link, cost=dice.randrange(50), preference=dice.randrange(3))
    return list(found.values())


def router(table: Iterable[Route]) -> Router:
    """A router with all links up."""
    made = Router()
    made.numbering.set_ranges([], built_in())
    made.set_routes(table)
    for name in LINKS:
        made.set_link(name, LinkFacts(up=True))
    return made


def per_call(work: Callable[[NewSms, int], Any], messages: list[NewSms], runs: int = 5) -> float:
    """Microseconds of processor time a call takes, the least of the runs, without what the loop itself takes."""
    for n, sms in enumerate(messages):
        work(sms, n)
    times = []
    for run in range(runs):
        begin = time.thread_time()
        for n, sms in enumerate(messages):
            work(sms, n + run)
        taken = time.thread_time() - begin
        begin = time.thread_time()
        for n, sms in enumerate(messages):
            _nothing(sms, n)
        times.append((taken - (time.thread_time() - begin)) / len(messages) * 1e6)
    return min(times)


def _nothing(sms: NewSms, message_id: int) -> None:
    pass


def measure() -> list[dict[str, Any]]:
    """Rows: what, microseconds."""
    messages = [
        NewSms(number, "您的验证码是482913，五分钟内有效。", Purpose.API, account_id=3) for number in numbers(MESSAGES)
    ]
    rows: list[dict[str, Any]] = []

    def row(what: str, work: Callable[[NewSms, int], Any]) -> float:
        micros = per_call(work, messages)
        rows.append({"what": what, "us": round(micros, 2)})
        print(f"{what:58} {micros:7.2f} µs", flush=True)
        return micros

    def cut(sms: NewSms, _: int) -> None:
        sms_text.split(sms.text, sms_text.choose(sms.text))

    row("alphabet and segments alone, in every plan", cut)
    for count in (1, 10, 1_000, 100_000):
        made = router(routes(count))
        row(f"plan, {count:,} routes by beginning", made.plan)
    for count in (1_000, 100_000):
        made = router(routes(count))
        dice = random.Random(3)
        more = [
            Route("", dice.choice(LINKS), account_id=n + 10, purpose=dice.choice(("api", "code")))
            for n in range(count // 2)
        ] + [Route("", LINKS[1], operator="unicom"), Route("", LINKS[2], hours="08:00-22:00 Asia/Shanghai")]
        made.set_routes([*made.routes, *more])
        row(f"plan, {count + len(more):,} routes, half of them with conditions", made.plan)
    made = router([Route("", name) for name in LINKS])
    row(f"plan, {len(LINKS)} equals by weight", made.plan)
    made = router(routes(10))
    made.set_rules({name: LinkRules(Profile(extension_digits=4)) for name in LINKS})
    row("plan, 10 routes, every link with rules", made.plan)
    made = router(
        Route("", name, operator=word) for name, word in zip(LINKS, ("cmcc", "unicom", "telecom"), strict=False)
    )
    row("plan, 3 routes by operator", made.plan)
    tracemalloc.start()
    made.numbering.port((number, "unicom") for number in numbers(PORTED, 7))
    mib = tracemalloc.get_traced_memory()[0] / (1 << 20)
    tracemalloc.stop()
    row(f"plan, 3 routes by operator, {made.numbering.ported_count:,} ported numbers", made.plan)
    rows.append({"what": "memory of the ported numbers", "mib": round(mib, 1)})
    print(f"memory of {made.numbering.ported_count:,} ported numbers: {mib:.0f} MiB")
    return rows


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--most", type=float, default=10.0, help="microseconds of a plan with few routes")
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    rows = measure()
    by_name = {row["what"]: row["us"] for row in rows if "us" in row}
    few, thousand = by_name["plan, 10 routes by beginning"], by_name["plan, 1,000 routes by beginning"]
    many = by_name["plan, 100,000 routes by beginning"]
    print(f"100 times the routes take {many / thousand:.2f} times as long; 10,000 times {many / few:.2f} times")
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "routing", "rows": rows}, indent=1) + "\n")
    if few > options.most or many > 2 * thousand:
        sys.exit(1)


if __name__ == "__main__":
    main()

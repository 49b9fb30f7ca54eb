"""How long messages of a link that dies take to another one, by what the link was doing: p50, p99 and the longest.

Real links against the simulated operator, in real time. `python -m bench.failover --runs 5 --json FILE`; ends with 1
when a message that was not on the wire takes longer than `--most` seconds (p99).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.fakes.failover import UNCERTAIN_WAIT_S, Dies, Outcome, fail, two_links

#: As many as a link claims ahead of its window: more would measure how fast the other link sends.
COUNT = 60


async def once(protocol: str, dies: Dies) -> Outcome:
    """One death."""
    with tempfile.TemporaryDirectory(prefix="caiyou-bench-") as name:
        async with two_links(Path(name), protocol, dies) as hub:
            return await fail(hub, dies, COUNT)


def quantile(values: list[float], share: float) -> float:
    """The value that this share lies below."""
    return sorted(values)[min(int(len(values) * share), len(values) - 1)] if values else 0.0


def measure(protocol: str, runs: int) -> list[dict[str, Any]]:
    """A row for each way to die."""
    rows = []
    for dies in Dies:
        outcomes = [asyncio.run(once(protocol, dies)) for _ in range(runs)]
        rerouted = [seconds for outcome in outcomes for seconds in outcome.rerouted_s]
        doubtful = [seconds for outcome in outcomes for seconds in outcome.doubtful_s]
        row = {
            "protocol": protocol,
            "dies": dies.value,
            "messages": len(rerouted) + len(doubtful) + sum(outcome.by_dying for outcome in outcomes),
            "lost": 0,  # or the run would have failed
            "rerouted_p50_s": round(quantile(rerouted, 0.5), 3),
            "rerouted_p99_s": round(quantile(rerouted, 0.99), 3),
            "rerouted_max_s": round(max(rerouted, default=0.0), 3),
            "in_doubt": len(doubtful),
            "in_doubt_p99_s": round(quantile(doubtful, 0.99), 3),
            "doubled": sum(outcome.doubled for outcome in outcomes),
        }
        rows.append(row)
        print(
            f"{protocol} {dies.value:28} {row['messages']:6} messages, 0 lost; p50 {row['rerouted_p50_s']:.3f} s, "
            f"p99 {row['rerouted_p99_s']:.3f} s, max {row['rerouted_max_s']:.3f} s; in doubt {row['in_doubt']} "
            f"(p99 {row['in_doubt_p99_s']:.3f} s, of which {UNCERTAIN_WAIT_S} s wait), doubled {row['doubled']}",
            flush=True,
        )
    return rows


def main() -> None:
    """Measure, print, judge."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--most", type=float, default=2.0)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    rows = [row for protocol in ("smpp", "cmpp") for row in measure(protocol, options.runs)]
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "failover", "rows": rows}, indent=1) + "\n")
    if any(row["rerouted_p99_s"] > options.most for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    main()

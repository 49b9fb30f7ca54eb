"""Every benchmark, one after the other: `make bench`. Figures go to bench-results/, rows to the terminal."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PARTS = {
    "codec": ["bench.codec"],
    "intake": ["bench.intake"],
    "window": ["bench.window"],
    "protocols": ["bench.protocols"],
    "mm7": ["bench.mm7"],
    "mm7-hub": ["bench.mm7_hub"],
    "pool": ["bench.pool"],
    "messages": ["bench.messages"],
    "full-store": ["bench.full_store"],
    "routing": ["bench.routing"],
    "failover": ["bench.failover"],
    "downstream": ["bench.downstream"],
    "imports": ["bench.imports"],
    "webmail": ["bench.webmail"],
}


def main() -> None:
    """Run the parts named, or all."""
    results = Path("bench-results")
    results.mkdir(exist_ok=True)
    failed = []
    for name in sys.argv[1:] or PARTS:
        print(f"--- {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", *PARTS[name], "--json", str(results / f"{name}.json")])
        if done.returncode:
            failed.append(name)
    if failed:
        sys.exit(f"failed: {', '.join(failed)}")


if __name__ == "__main__":
    main()

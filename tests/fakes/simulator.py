"""Simulated operators of the tests: each opens the ports that its test needs, and no others."""

from __future__ import annotations

from typing import Any

from carriers.simulator.config import OFF, USUAL_PORTS, SimulatorConfig

#: Options of `caiyou simulate` before those of a test: the usual ports are for people, and tests run side by side.
NO_PORTS = tuple(word for name in USUAL_PORTS for word in (f"--{name}-port", str(OFF)))


def operator_config(*protocols: str, **options: Any) -> SimulatorConfig:
    """An operator that speaks these protocols, each on any free port, without a page."""
    return SimulatorConfig(**({f"{protocol}_port": 0 for protocol in protocols} | options))

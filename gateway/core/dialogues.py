"""A dialogue: what a phone is being asked by SMS, step by step, and what it has answered."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Dialogue:
    """Where a phone stands in a dialogue."""

    number: str
    kind: str  # card
    step: str
    answers: Mapping[str, Any]
    language: str
    #: What the phone wrote to; answers come from there.
    access_number: str
    expires_ms: int

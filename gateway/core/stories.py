"""The story of a message: its facts and its steps, as `caiyou trace` and the API tell it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a story."""

    at_ms: int
    step: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Story:
    """Everything known of one SMS, mail or phone conversation."""

    subject_id: int
    kind: str  # sms | mms | mail | incoming
    state: str
    facts: dict[str, Any]
    steps: tuple[Step, ...]
    segments: tuple[dict[str, Any], ...] = field(default=())
    related: tuple[int, ...] = field(default=())

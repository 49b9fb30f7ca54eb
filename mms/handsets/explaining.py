"""A handset and what is known of a phone, explained: as JSON for programs, as lines for people. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mms.handsets.evidence import Known, Memory
from mms.handsets.handset import Handset
from mms.handsets.source import Source
from mms.handsets.values import FIELDS, write_value


def shown_json(handset: Handset, sources: Mapping[str, Source]) -> dict[str, Any]:
    """A handset with its values and, beside them, where each comes from."""
    return {
        "key": handset.key,
        "name": handset.name,
        "parent": handset.parent or None,
        "year": handset.year,
        "values": {name: write_value(getattr(handset, name)) for name in FIELDS},
        "sources": {name: str(sources[name]) for name in FIELDS},
    }


def known_json(known: Known) -> dict[str, Any]:
    """What is known of a phone."""
    return {
        "mms": known.mms.value,
        "why": known.why,
        "handset": shown_json(known.handset, known.sources),
        "handset_source": None if known.handset_source is None else str(known.handset_source),
    }


def value_lines(handset: Handset, sources: Mapping[str, Source]) -> list[str]:
    """One line a value: its name, the value, where it comes from."""
    return [f"  {name:12} {_words(getattr(handset, name))}  ({sources[name]})" for name in FIELDS]


def known_lines(known: Known) -> list[str]:
    """What is known of a phone, and why."""
    who = "nobody says which phone it is" if known.handset_source is None else str(known.handset_source)
    return [
        f"{known.handset.name} ({known.handset.key}): {who}",
        f"MMS {known.mms.value}: {known.why}",
        *value_lines(known.handset, known.sources),
    ]


def memory_lines(memory: Memory, profile_reason: str = "") -> list[str]:
    """What was learnt that the values do not show."""
    found = []
    if memory.user_agent:
        found.append(f"calls itself {memory.user_agent}")
    if memory.profile_url:
        found.append(f"its maker's profile: {memory.profile_url}" + (f" ({profile_reason})" if profile_reason else ""))
    if memory.fetched_octets:
        found.append(f"the largest MMS it has fetched: {memory.fetched_octets} octets")
    if memory.refused_ms:
        found.append(f"refused an MMS last: {memory.refused_status}")
    if memory.unfetched:
        found.append(f"notifications left unanswered: {memory.unfetched}")
    return [f"  {line}" for line in found]


def _words(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, frozenset):
        return " ".join(sorted(value)) or "none"
    if isinstance(value, tuple):
        return " x ".join(map(str, value))
    return str(value)

"""What is known of the phone of a number, and how one learns it. Pure.

`learn(memory, evidence)` remembers; `conclude(memory, profile)` says what the phone shows, whether it takes MMS, and
why. Who is believed, the first first: the operator and the member, the maker's profile (UAProf), what the phone calls
itself and announces, what was fetched and refused, the defaults. Newer beats older of the same kind. A phone that was
replaced takes with it all that was learnt of it, the statement as well; and one that leaves several notifications in a
row unanswered has most likely been replaced by one without MMS.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, TypeAlias

from gateway.core.mms import CanMms
from mms.handsets.announced import read_accept
from mms.handsets.catalogue import UNKNOWN, Level, built_in
from mms.handsets.handset import Handset
from mms.handsets.source import Origin, Source
from mms.handsets.uaprof import Profile, url_in
from mms.handsets.user_agent import MAX_AGENT, device_of, recognise
from mms.handsets.values import FIELDS, LISTS, merge, read_value

#: Notifications in a row a phone that has MMS may leave unanswered less one: it may have been off, or abroad.
PATIENCE: Final = 3
MAX_STATUS: Final = 64
#: Characters of a User-Agent that people are shown.
SHOWN: Final = 80


# --- evidence ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Stated:
    """Somebody says which phone it is, or whether it takes MMS; what is left out stands as it was."""

    seen_ms: int
    #: A key of the catalogue; "" = not said.
    key: str = ""
    #: None = not said.
    mms: bool | None = None
    #: The operator of the hub says it, not the owner of the number.
    by_operator: bool = False


@dataclass(frozen=True, slots=True)
class Seen:
    """A phone asked for an MMS, or answered for one, over MM1: its headers. Never those of a browser."""

    seen_ms: int
    user_agent: str
    accept: str = ""
    accept_charset: str = ""
    #: The header x-wap-profile or Profile as it came.
    profile: str = ""


@dataclass(frozen=True, slots=True)
class Fetched:
    """A phone has retrieved an MMS, or the carrier reports one retrieved."""

    seen_ms: int
    octets: int = 0


@dataclass(frozen=True, slots=True)
class Refused:
    """An MMS was refused for what it is: MM1 status E5, MM7 4xxx "content refused", MM4 "Rejected"."""

    seen_ms: int
    status: str


@dataclass(frozen=True, slots=True)
class Unfetched:
    """A notification was delivered, and the MMS not asked for until it expired."""

    seen_ms: int


Evidence: TypeAlias = Stated | Seen | Fetched | Refused | Unfetched


# --- memory --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Memory:
    """What is remembered of a number. Times are Unix milliseconds, 0 = never."""

    stated_key: str = ""
    stated_mms: bool | None = None
    stated_by_operator: bool = False
    stated_ms: int = 0
    user_agent: str = ""
    agent_ms: int = 0
    #: Since when it is this device.
    device_ms: int = 0
    #: What it announced, as values of the catalogue.
    announced: Mapping[str, Any] = field(default_factory=dict)
    #: Address of its UAProf; "" = none.
    profile_url: str = ""
    fetched_ms: int = 0
    fetched_octets: int = 0
    refused_ms: int = 0
    refused_status: str = ""
    unfetched_ms: int = 0
    #: Notifications in a row that were not answered.
    unfetched: int = 0


NOTHING: Final = Memory()


def learn(memory: Memory, evidence: Evidence) -> Memory:
    """The memory with one piece more. Evidence older than what it is about changes nothing."""
    match evidence:
        case Stated():
            return _state(memory, evidence)
        case Seen():
            return _see(memory, evidence)
        case Fetched(seen_ms, octets):
            if seen_ms < memory.fetched_ms:
                return memory
            return replace(
                memory,
                fetched_ms=seen_ms,
                fetched_octets=max(octets, memory.fetched_octets),
                unfetched=0 if seen_ms >= memory.unfetched_ms else memory.unfetched,
            )
        case Refused(seen_ms, status):
            if seen_ms < memory.refused_ms:
                return memory
            return replace(memory, refused_ms=seen_ms, refused_status=status[:MAX_STATUS])
        case Unfetched(seen_ms):
            if seen_ms <= max(memory.fetched_ms, memory.unfetched_ms):
                return memory
            return replace(memory, unfetched_ms=seen_ms, unfetched=memory.unfetched + 1)


def _state(memory: Memory, stated: Stated) -> Memory:
    if stated.seen_ms < memory.stated_ms:
        return memory
    if _is_replaced(memory) or stated.by_operator is not memory.stated_by_operator:
        memory = withdraw(memory)
    return replace(
        memory,
        stated_key=stated.key or memory.stated_key,
        stated_mms=memory.stated_mms if stated.mms is None else stated.mms,
        stated_by_operator=stated.by_operator,
        stated_ms=stated.seen_ms,
        unfetched=0,
    )


def withdraw(memory: Memory) -> Memory:
    """The memory without what was stated."""
    return replace(memory, stated_key="", stated_mms=None, stated_by_operator=False, stated_ms=0)


def _see(memory: Memory, seen: Seen) -> Memory:
    if seen.seen_ms < memory.agent_ms or not seen.user_agent.strip():
        return memory
    user_agent = "".join(letter for letter in seen.user_agent.strip()[:MAX_AGENT] if letter.isprintable())
    changed = not memory.user_agent or device_of(user_agent) != device_of(memory.user_agent)
    if changed and memory.user_agent:
        memory = replace(
            memory,
            announced={},
            profile_url="",
            fetched_ms=0,
            fetched_octets=0,
            refused_ms=0,
            refused_status="",
            unfetched_ms=0,
            unfetched=0,
            device_ms=seen.seen_ms,
        )
    return replace(
        memory,
        user_agent=user_agent,
        agent_ms=seen.seen_ms,
        announced={**memory.announced, **read_accept(seen.accept, seen.accept_charset)},
        profile_url=url_in(seen.profile) or memory.profile_url,
        fetched_ms=max(memory.fetched_ms, seen.seen_ms),
        unfetched=0,
    )


def _is_replaced(memory: Memory) -> bool:
    """Whether the phone of which something was stated has been replaced since."""
    return memory.device_ms > memory.stated_ms


# --- conclusions ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the phone of a number."""

    handset: Handset
    #: For each value of `FIELDS` where it comes from.
    sources: Mapping[str, Source]
    mms: CanMms
    #: Why, in words for people.
    why: str
    #: Since when that is known; 0 = nothing is known.
    since_ms: int
    #: What says which handset it is; None when nothing does.
    handset_source: Source | None = None


def conclude(memory: Memory, profile: Profile | None = None) -> Known:
    """What is known of a phone. `profile` is its UAProf where it has been fetched."""
    catalogue = built_in()
    stated = memory.stated_key if memory.stated_key in catalogue and not _is_replaced(memory) else ""
    seen, seen_by = _seen(memory, profile)
    source = _said(memory) if stated else seen_by
    base = catalogue.resolve(stated or seen or UNKNOWN)
    values: dict[str, Any] = {name: getattr(base, name) for name in FIELDS}
    sources = catalogue.sources(base.key)
    # What a device tells of itself says nothing of another one somebody stated.
    if not stated or (seen and stated in [entry.key for entry in catalogue.lineage(seen)]):
        for given, where in _layers(memory, profile):
            for name, value in given.items():
                # What was kept by another version may name values this one does not have.
                if name not in values:
                    continue
                values[name] = merge(values[name], name, value) if name in LISTS else read_value(name, value)
                sources[name] = where
    mms, reason = _takes_mms(memory, stated=bool(stated), stated_has=base.mms, seen_by=seen_by)
    if reason is not None:
        values["mms"], sources["mms"] = mms is CanMms.YES, reason
    return Known(
        Handset(key=base.key, name=base.name, parent=base.parent, year=base.year, **values),
        sources,
        mms,
        "nothing is known of the phone" if reason is None else str(reason),
        0 if reason is None else reason.seen_ms,
        source,
    )


def _said(memory: Memory, detail: str = "") -> Source:
    origin = Origin.OPERATOR if memory.stated_by_operator else Origin.MEMBER
    return Source(origin, detail, memory.stated_ms)


def _seen(memory: Memory, profile: Profile | None) -> tuple[str, Source | None]:
    """The key of the device that was seen, and what says so; ("", …) for one that is not in the catalogue."""
    if not memory.user_agent:
        return "", None
    named = "" if profile is None else _model_in(profile)
    if named:
        return named, Source(Origin.UAPROF, memory.profile_url, memory.agent_ms)
    found = recognise(memory.user_agent)
    return "" if found is None else found.key, Source(Origin.AGENT, memory.user_agent[:SHOWN], memory.agent_ms)


def _model_in(profile: Profile) -> str:
    """The key of the model a profile names; "" when the catalogue has none."""
    for text in (profile.model, f"{profile.vendor}{profile.model}", f"{profile.vendor}-{profile.model}"):
        found = recognise(text)
        if found is not None and found.level is Level.MODEL:
            return found.key
    return ""


def _layers(memory: Memory, profile: Profile | None) -> list[tuple[Mapping[str, Any], Source]]:
    """Values over those of the catalogue, the most believed last."""
    layers: list[tuple[Mapping[str, Any], Source]] = []
    if memory.announced:
        layers.append((memory.announced, Source(Origin.ACCEPT, "", memory.agent_ms)))
    if profile is not None:
        layers.append((profile.values, Source(Origin.UAPROF, memory.profile_url, memory.agent_ms)))
    return layers


def _takes_mms(
    memory: Memory, *, stated: bool, stated_has: bool, seen_by: Source | None
) -> tuple[CanMms, Source | None]:
    """Whether the phone takes MMS, and what says so."""
    if memory.stated_mms is not None and not _is_replaced(memory):
        said = _said(memory, "it takes MMS" if memory.stated_mms else "it takes no MMS")
        return (CanMms.YES if memory.stated_mms else CanMms.NO), said
    if stated and not stated_has:
        return CanMms.NO, _said(memory, f"it is a {memory.stated_key}")
    if memory.unfetched >= (PATIENCE if stated or memory.fetched_ms else 1):
        detail = f"{memory.unfetched} in a row" if memory.unfetched > 1 else ""
        return CanMms.NO, Source(Origin.UNFETCHED, detail, memory.unfetched_ms)
    if stated:
        return CanMms.YES, _said(memory, f"it is a {memory.stated_key}")
    if seen_by is not None:
        # It has spoken MM1 to call itself so, whatever its maker's papers say.
        return CanMms.YES, seen_by
    if memory.refused_ms > memory.fetched_ms:
        return CanMms.NO, Source(Origin.REFUSED, memory.refused_status, memory.refused_ms)
    if memory.fetched_ms:
        return CanMms.YES, Source(Origin.FETCHED, "", memory.fetched_ms)
    return CanMms.UNKNOWN, None


# --- as JSON -------------------------------------------------------------------------------------------------


def write_memory(memory: Memory) -> dict[str, Any]:
    """What differs from nothing, as JSON values."""
    found = {}
    for name in Memory.__dataclass_fields__:
        value = getattr(memory, name)
        if value != getattr(NOTHING, name):
            found[name] = dict(value) if isinstance(value, Mapping) else value
    return found


def read_memory(values: Mapping[str, Any]) -> Memory:
    """What `write_memory` wrote; names of another version are left out, and announced values that are none."""
    known = {name: value for name, value in values.items() if name in Memory.__dataclass_fields__}
    announced = {name: value for name, value in known.pop("announced", {}).items() if name in FIELDS}
    return Memory(**known, announced=announced)

"""What is known of the phone of a number, and the UAProf documents that phones name."""

from __future__ import annotations

import dataclasses
import json
from typing import Any, Final, NamedTuple

import sqlalchemy as sa

from gateway.core.errors import NotFound
from gateway.store.database import Transaction
from gateway.store.schema import handset_memories, handset_profiles
from mms.handsets.catalogue import built_in
from mms.handsets.evidence import (
    NOTHING,
    Evidence,
    Known,
    Memory,
    Stated,
    conclude,
    learn,
    read_memory,
    withdraw,
    write_memory,
)
from mms.handsets.uaprof import Profile

#: How long a profile is used before it is fetched again, and how long an address that gave none is left alone.
FRESH_MS: Final = 30 * 86_400_000
FAILED_FRESH_MS: Final = 86_400_000
#: Profiles kept. Phones name the addresses: there are some ten thousand models, and more would be an attack.
MAX_PROFILES: Final = 20_000
MAX_REASON: Final = 255

_MEMORY = sa.select(handset_memories.c.memory).where(handset_memories.c.number == sa.bindparam("number"))
_SAVE = sa.text(
    "INSERT INTO handset_memories (number, memory, changed_ms) VALUES (:number, :memory, :now) "
    "ON CONFLICT (number) DO UPDATE SET memory = excluded.memory, changed_ms = excluded.changed_ms"
)
_PROFILE = sa.select(handset_profiles).where(handset_profiles.c.url == sa.bindparam("url"))
_ADD_PROFILE = sa.text(
    "INSERT INTO handset_profiles (url, profile, reason, fresh_until_ms, due_ms) VALUES (:url, '', '', 0, :due) "
    "ON CONFLICT (url) DO UPDATE SET due_ms = excluded.due_ms"
)
_COUNT_PROFILES = sa.select(sa.func.count()).select_from(handset_profiles)
_DUE = (
    sa.select(handset_profiles.c.url)
    .where(handset_profiles.c.due_ms.is_not(None), handset_profiles.c.due_ms <= sa.bindparam("now"))
    .order_by(handset_profiles.c.due_ms)
    .limit(sa.bindparam("limit"))
)


class ProfileRow(NamedTuple):
    """A UAProf document as it was fetched, or not."""

    url: str
    profile: Profile | None
    reason: str  # why there is none; "" while it waits to be fetched
    fresh_until_ms: int


class HandsetBook:
    """Handsets of numbers within one transaction."""

    def __init__(self, tx: Transaction, now_ms: int) -> None:
        self._tx = tx
        self._now_ms = now_ms

    def of(self, number: str) -> Known:
        """What is known of the phone of a number; the unknown phone when nothing is."""
        memory = self.memory(number)
        row = self.profile(memory.profile_url) if memory.profile_url else None
        return conclude(memory, None if row is None else row.profile)

    def memory(self, number: str) -> Memory:
        """What was stated and learnt of the phone of a number."""
        self._tx.flush_rows(_SAVE, "number", number)
        text = self._tx.ask(_MEMORY, {"number": number}).scalar()
        return NOTHING if text is None else read_memory(json.loads(text))

    def learn(self, number: str, evidence: Evidence) -> None:
        """Remember one piece of evidence. Raises NotFound for a statement of a handset that is not in the catalogue."""
        if isinstance(evidence, Stated) and evidence.key and evidence.key not in built_in():
            raise NotFound(f"there is no handset {evidence.key[:48]!r}")
        before = self.memory(number)
        after = learn(before, evidence)
        if after is not before:
            self._save(number, after)
        if after.profile_url and (after.profile_url != before.profile_url or after.agent_ms != before.agent_ms):
            self._want_profile(after.profile_url)

    def withdraw(self, number: str) -> None:
        """Forget what was stated; what was learnt stands."""
        before = self.memory(number)
        after = withdraw(before)
        if after != before:
            self._save(number, after)

    def forget(self, number: str) -> bool:
        """Forget everything of the phone of a number; whether there was anything."""
        self._tx.flush_rows(_SAVE, "number", number)
        table = handset_memories
        return bool(self._tx.execute(sa.delete(table).where(table.c.number == number)).rowcount)

    # --- profiles ---------------------------------------------------------------------------------------------

    def profile(self, url: str) -> ProfileRow | None:
        """The document at an address, as it was fetched; None when no phone has named it."""
        self._tx.flush_for(_ADD_PROFILE)
        row = self._tx.ask(_PROFILE, {"url": url}).first()
        if row is None:
            return None
        return ProfileRow(row.url, _read_profile(row.profile), row.reason, row.fresh_until_ms)

    def profiles_due(self, limit: int) -> list[str]:
        """Addresses whose documents are to be fetched, the oldest wish first."""
        self._tx.flush_for(_ADD_PROFILE)
        return [row.url for row in self._tx.ask(_DUE, {"now": self._now_ms, "limit": limit})]

    def note_profile(self, url: str, profile: Profile | None, reason: str = "") -> None:
        """Keep what was fetched. An address that gave nothing keeps the document it gave before."""
        changes: dict[str, Any] = {
            "due_ms": None,
            "reason": reason[:MAX_REASON],
            "fresh_until_ms": self._now_ms + (FAILED_FRESH_MS if profile is None else FRESH_MS),
        }
        if profile is not None:
            changes["profile"] = json.dumps(dataclasses.asdict(profile), ensure_ascii=False)
        self._tx.execute(sa.update(handset_profiles).where(handset_profiles.c.url == url).values(**changes))

    def _want_profile(self, url: str) -> None:
        row = self.profile(url)
        if row is None and int(self._tx.ask(_COUNT_PROFILES, {}).scalar()) >= MAX_PROFILES:
            return
        if row is None or row.fresh_until_ms < self._now_ms:
            self._tx.defer(_ADD_PROFILE, {"url": url, "due": self._now_ms})

    def _save(self, number: str, memory: Memory) -> None:
        text = json.dumps(write_memory(memory), ensure_ascii=False, separators=(",", ":"))
        self._tx.defer(_SAVE, {"number": number, "memory": text, "now": self._now_ms})


def _read_profile(text: str) -> Profile | None:
    if not text:
        return None
    kept = json.loads(text)
    return Profile(kept["vendor"], kept["model"], kept["values"], tuple(kept["ignored"]))

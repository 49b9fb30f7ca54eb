"""Devices that synchronise by SyncML: who they are, their secrets, and the session each is in."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from addressbook.syncml import devinf, state
from addressbook.syncml.devinf import Device
from addressbook.syncml.state import State
from gateway.core.errors import NotFound
from gateway.store.columns import fitting
from gateway.store.database import Transaction
from gateway.store.schema import address_books, sync_anchors, sync_devices, sync_maps

#: Devices of one account.
MAX_DEVICES = 50
#: What the row of a secret is called that no device has shown yet.
_WAITING = "?"
#: Characters of a secret: such as can be typed on a phone, none that looks like another.
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
_SECRET_LENGTH = 12

_d = sync_devices.c
_COLUMNS = (
    _d.id, _d.account_id, _d.device_id, _d.name, _d.number, _d.man, _d.mod, _d.sw, _d.secret, _d.nonce, _d.created_ms,
    _d.last_seen_ms,
)  # fmt: skip
_OF = sa.select(*_COLUMNS).where(_d.account_id == bindparam("account_id")).order_by(_d.id)
_BY_ID = sa.select(*_COLUMNS, _d.devinf, _d.session).where(_d.id == bindparam("id"))
_UPDATE = (
    sa.update(sync_devices)
    .where(_d.id == bindparam("b_id"))
    .values({name: bindparam(f"b_{name}") for name in ("man", "mod", "sw", "devinf", "session", "last_seen_ms")})
)
_LAST = (
    sa.select(
        sync_anchors.c.sync_device_id,
        address_books.c.name,
        sync_anchors.c.synced_ms,
        sa.select(sa.func.count())
        .where(
            sync_maps.c.sync_device_id == sync_anchors.c.sync_device_id, sync_maps.c.book_id == sync_anchors.c.book_id
        )
        .scalar_subquery()
        .label("cards"),
    )
    .join(address_books, address_books.c.id == sync_anchors.c.book_id)
    .where(sync_anchors.c.sync_device_id.in_(bindparam("ids", expanding=True)))
    .order_by(sync_anchors.c.sync_device_id, address_books.c.id)
)


@dataclass(frozen=True, slots=True)
class SyncDevice:
    """A device of a member."""

    id: int
    account_id: int
    device_id: str  # what it calls itself; "" where nobody has shown the secret yet
    name: str
    number: str | None
    man: str
    mod: str
    sw: str
    secret: str  # "": it shows the member's password
    nonce: str
    created_ms: int
    last_seen_ms: int | None

    @property
    def shown(self) -> str:
        """How it is called towards people."""
        made = " ".join(part for part in (self.man, self.mod) if part)
        return self.name or made or self.device_id or "SyncML"


@dataclass(frozen=True, slots=True)
class Synced:
    """A book that a device has."""

    sync_device_id: int
    book: str
    synced_ms: int | None
    cards: int


class SyncDevices:
    """Devices within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    def of(self, account_id: int) -> list[SyncDevice]:
        """The devices of a member, the oldest first."""
        self._tx.flush()
        return [_device(row) for row in self._tx.ask(_OF, {"account_id": account_id})]

    def synced(self, device_ids: list[int]) -> list[Synced]:
        """Which books they have, since when, and how many cards of them."""
        self._tx.flush()
        return [Synced(*row) for row in self._tx.ask_among(_LAST, "ids", device_ids)]

    def get(self, sync_device_id: int) -> tuple[SyncDevice, Device, State]:
        """A device, what it can, and the session it is in. Raises NotFound."""
        self._tx.flush()
        row = self._tx.ask(_BY_ID, {"id": sync_device_id}).first()
        if row is None:
            raise NotFound("there is no such device")
        return _device(row), devinf.from_json(row.devinf), state.from_json(row.session)

    def come(self, account_id: int, device_id: str) -> SyncDevice:
        """The device of that name, made when it comes for the first time; the one unseen longest makes room."""
        known = self.of(account_id)
        device_id = fitting(device_id, 255)
        for one in known:
            if one.device_id == device_id:
                return one
        for one in sorted(known, key=lambda one: one.last_seen_ms or one.created_ms)[
            : max(0, len(known) - MAX_DEVICES + 1)
        ]:
            self.forget(one.id)
        return self._add(account_id, device_id, secret="")

    def add_secret(self, account_id: int, name: str = "", number: str | None = None) -> SyncDevice:
        """A secret for a device that has not come yet: the first that shows it gets it."""
        secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))
        return self._add(account_id, "", secret=secret, name=name, number=number)

    def renew_secret(self, sync_device_id: int) -> str:
        """Another secret for a device; its old one ends. Raises NotFound."""
        secret = "".join(secrets.choice(_LETTERS) for _ in range(_SECRET_LENGTH))
        where = _d.id == sync_device_id
        if not self._tx.execute(sa.update(sync_devices).where(where).values(secret=secret, nonce="")).rowcount:
            raise NotFound("there is no such device")
        return secret

    def claim(self, sync_device_id: int, device_id: str) -> SyncDevice:
        """The device that has shown a secret, under its own name.

        One that came before under that name without a secret is the same: what it has stays known.
        """
        one = self.get(sync_device_id)[0]
        device_id = fitting(device_id, 255)
        if one.device_id == device_id:
            return one
        for other in self.of(one.account_id):
            if other.device_id == device_id:
                values = {"secret": one.secret, "nonce": one.nonce, "number": one.number or other.number}
                self._tx.execute(sa.update(sync_devices).where(_d.id == other.id).values(values))
                if not one.device_id:
                    self.forget(one.id)
                return self.get(other.id)[0]
        self._tx.execute(sa.update(sync_devices).where(_d.id == one.id).values(device_id=device_id))
        return self.get(one.id)[0]

    def set_nonce(self, sync_device_ids: list[int], nonce: str) -> None:
        """The nonce (Base64) that their next digests have to be made with."""
        self._tx.execute(sa.update(sync_devices).where(_d.id.in_(sync_device_ids)).values(nonce=nonce))

    def change(self, sync_device_id: int, *, name: str | None = None, number: str | None = None) -> None:
        """Call it otherwise, or send its SMS elsewhere."""
        values: dict[str, Any] = {}
        if name is not None:
            values["name"] = fitting(name, 128)
        if number is not None:
            values["number"] = number or None
        if values:
            self._tx.execute(sa.update(sync_devices).where(_d.id == sync_device_id).values(values))

    def keep(self, sync_device_id: int, device: Device, session: State) -> None:
        """What the device said of itself, and where its session is."""
        row = {
            "b_id": sync_device_id,
            "b_man": fitting(device.man, 128),
            "b_mod": fitting(device.mod, 128),
            "b_sw": fitting(device.software or device.firmware, 128),
            "b_devinf": devinf.as_json(device),
            "b_session": state.as_json(session),
            "b_last_seen_ms": self._now_ms,
        }
        self._tx.execute(_UPDATE, row)

    def forget(self, sync_device_id: int) -> bool:
        """Forget a device and what it has: when it comes again it is a new one."""
        for table in (sync_maps, sync_anchors):
            self._tx.execute(sa.delete(table).where(table.c.sync_device_id == sync_device_id))
        return self._tx.execute(sa.delete(sync_devices).where(_d.id == sync_device_id)).rowcount > 0

    def _add(
        self, account_id: int, device_id: str, *, secret: str, name: str = "", number: str | None = None
    ) -> SyncDevice:
        new_id = self._new_id()
        row = {
            "id": new_id,
            "account_id": account_id,
            "device_id": device_id or f"{_WAITING}{new_id}",
            "name": fitting(name, 128),
            "number": number,
            "secret": secret,
            "created_ms": self._now_ms,
        }
        self._tx.execute(sa.insert(sync_devices), row)
        return self.get(new_id)[0]


def _device(row: Any) -> SyncDevice:
    found = SyncDevice(*tuple(row)[:12])
    if found.device_id.startswith(_WAITING):
        return SyncDevice(*(found.id, found.account_id, "", *tuple(row)[3:12]))
    return found

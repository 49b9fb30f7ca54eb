"""Programs that come for address books over CardDAV: what is seen of them, and how far a set-up has come. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Trouble(StrEnum):
    """Why a program does not get what it asks for."""

    PASSWORD = "password"  # noqa: S105 - a word, not one
    OTHER_ACCOUNT = "other_account"
    NO_BOOK = "no_book"
    READ_ONLY = "read_only"
    FULL = "full"
    TOO_LARGE = "too_large"
    BAD_CARD = "bad_card"
    TOO_FAST = "too_fast"
    SERVER = "server"


class Step(StrEnum):
    """How far setting a phone up has come."""

    WAITING = "waiting"  # nothing has come yet
    SIGNED_IN = "signed_in"  # name and password are right; it has not asked for cards yet
    SYNCED = "synced"  # cards went to it, or came from it
    TROUBLE = "trouble"


@dataclass(frozen=True, slots=True)
class DavPassword:
    """A device's own password, which opens address books alone."""

    id: int
    name: str  # of the device, as the member calls it
    created_ms: int


@dataclass(frozen=True, slots=True)
class DavClient:
    """A program that came with a password: the member's own (`password_id` 0) or a device's. 0 ms for never."""

    password_id: int
    agent: str  # DAVx5, iPhone …; "" for one we have no name for
    seen_ms: int = 0
    synced_ms: int = 0
    trouble: Trouble | None = None
    trouble_ms: int = 0


@dataclass(frozen=True, slots=True)
class SetUpState:
    """How far a set-up has come, by which program, and since when.

    A phone that syncs can have a trouble, too: with one of its cards.
    """

    step: Step
    agent: str = ""
    trouble: Trouble | None = None
    at_ms: int = 0


#: Troubles that a sync does not end.
_OF_CARDS = frozenset({Trouble.READ_ONLY, Trouble.FULL, Trouble.TOO_LARGE, Trouble.BAD_CARD})


def set_up_state(clients: Iterable[DavClient], password_id: int, since_ms: int) -> SetUpState:
    """How far the device with that password has come since then; `clients` are all of the account.

    The newest word counts. A wrong password cannot be told apart by device, so it counts where the device itself has
    not come.
    """
    clients = list(clients)
    found = [_state_of(one, since_ms) for one in clients if one.password_id == password_id]
    if all(one.step is Step.WAITING for one in found):
        found += [
            SetUpState(Step.TROUBLE, one.agent, Trouble.PASSWORD, one.trouble_ms)
            for one in clients
            if one.trouble is Trouble.PASSWORD and one.trouble_ms >= since_ms
        ]
    return max(found, key=lambda one: one.at_ms, default=SetUpState(Step.WAITING))


def _state_of(client: DavClient, since_ms: int) -> SetUpState:
    synced_ms = client.synced_ms if client.synced_ms >= since_ms else 0
    trouble = client.trouble if client.trouble_ms >= since_ms else None
    if trouble is not None and (not synced_ms or (client.trouble_ms > synced_ms and trouble not in _OF_CARDS)):
        return SetUpState(Step.TROUBLE, client.agent, trouble, client.trouble_ms)
    if synced_ms:
        return SetUpState(Step.SYNCED, client.agent, trouble if trouble in _OF_CARDS else None, synced_ms)
    if client.seen_ms and client.seen_ms >= since_ms:
        return SetUpState(Step.SIGNED_IN, client.agent, None, client.seen_ms)
    return SetUpState(Step.WAITING)

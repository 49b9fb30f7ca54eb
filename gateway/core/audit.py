"""Administrative acts: who did what to whom, and what it was before. Pure."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

#: Characters of a value that is kept.
VALUE_LENGTH: Final = 500


class Act(enum.StrEnum):
    """What was done."""

    DOMAIN_ADDED = "domain-added"
    DOMAIN_CHANGED = "domain-changed"
    DOMAIN_SUSPENDED = "domain-suspended"
    DOMAIN_RESUMED = "domain-resumed"
    DOMAIN_DELETED = "domain-deleted"  # it goes when its time of grace is over
    DOMAIN_RESTORED = "domain-restored"
    DOMAIN_GONE = "domain-gone"  # its time of grace is over
    ALIAS_ADDED = "alias-added"
    ALIAS_REMOVED = "alias-removed"
    ACCOUNT_ADDED = "account-added"
    ACCOUNT_CHANGED = "account-changed"
    ACCOUNT_SUSPENDED = "account-suspended"
    ACCOUNT_RESUMED = "account-resumed"
    ACCOUNT_DELETED = "account-deleted"
    ACCOUNT_RESTORED = "account-restored"
    ACCOUNT_GONE = "account-gone"
    ROLE_SET = "role-set"
    PASSWORD_SET = "password-set"  # noqa: S105 - no password
    PASSWORD_LINK = "password-link"  # noqa: S105 - a link to choose a password was made
    SECOND_STEP_OFF = "second-step-off"
    LINK_ADDED = "link-added"
    LINK_CHANGED = "link-changed"
    LINK_PAUSED = "link-paused"
    LINK_RESUMED = "link-resumed"
    LINK_DRAINED = "link-drained"
    LINK_MOVED = "link-moved"
    LINK_REMOVED = "link-removed"
    TEST_SENT = "test-sent"
    ROUTE_ADDED = "route-added"
    ROUTE_CHANGED = "route-changed"
    ROUTE_REMOVED = "route-removed"
    LIST_ENTRY_ADDED = "list-entry-added"
    LIST_ENTRY_REMOVED = "list-entry-removed"
    WORD_ADDED = "word-added"
    WORD_REMOVED = "word-removed"
    TEXT_CHANGED = "text-changed"
    TEXT_RESET = "text-reset"
    ALARM_SILENCED = "alarm-silenced"
    ALARM_HEARD = "alarm-heard"  # it is told of again
    MESSAGE_SHOWN = "message-shown"  # its text and numbers
    MESSAGE_CANCELLED = "message-cancelled"
    PEER_CHANGED = "peer-changed"
    PEER_TOPPED_UP = "peer-topped-up"


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: an account (0: somebody at the command line, or the hub itself), and from which network address."""

    account_id: int
    name: str
    address: str = ""


#: The hub itself, when a time is over.
THE_HUB: Final = Actor(0, "caiyou")


@dataclass(frozen=True, slots=True)
class Entry:
    """One act that was done."""

    id: int
    at_ms: int
    actor: Actor
    act: Act | str  # a word of a newer version stays a word
    domain_id: int
    subject: str
    changes: Mapping[str, tuple[Any, Any]] = field(default_factory=dict)  # what -> (before, after)


def changed(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    """What differs: name -> (before, after). A name that only one side has is None on the other."""
    names = dict.fromkeys((*before, *after))
    return {
        name: (_short(before.get(name)), _short(after.get(name)))
        for name in names
        if before.get(name) != after.get(name)
    }


def _short(value: Any) -> Any:
    return value[:VALUE_LENGTH] if isinstance(value, str) else value

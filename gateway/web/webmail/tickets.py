"""Addresses that work without a cookie: for pictures inside the sandboxed frame of a mail, which carries none. Pure.

A ticket names the session it was made in and is signed with the secret token of that session over what may be loaded;
when the session ends, so do its tickets.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import Final

from gateway.core.sessions import Session

_TICKET: Final = re.compile(r"(\d{1,19})\.(\d{1,19})\.([0-9a-f]{32})", re.ASCII)


def ticket(session: Session, what: str) -> str:
    """A ticket for one thing."""
    return f"{session.account_id}.{session.id}.{_signature(session, what)}"


def holder(text: str) -> tuple[int, int] | None:
    """Account and session that a ticket names; None for what is no ticket."""
    match = _TICKET.fullmatch(text)
    return None if match is None else (int(match[1]), int(match[2]))


def is_good(text: str, session: Session, what: str) -> bool:
    """Whether this session gave this ticket for this thing."""
    return hmac.compare_digest(text.encode("utf-8", "replace"), ticket(session, what).encode())


def _signature(session: Session, what: str) -> str:
    return hmac.digest(session.csrf.encode(), what.encode("utf-8", "replace"), hashlib.sha256).hex()[:32]

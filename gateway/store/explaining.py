"""Why a message goes where it goes, by what the books and this process know."""

from __future__ import annotations

from typing import Any

from gateway.core.explanation import explain
from gateway.core.outbox import NewSms
from gateway.core.routing import Router
from gateway.store.desk import BooksOfStore


def explain_by(
    books: BooksOfStore, router: Router, sms: NewSms, *, at_ms: int = 0, message_id: int = 0
) -> dict[str, Any]:
    """What would become of a message at a moment (0: now); see `gateway.core.explanation`. Only asks."""
    return explain(
        router,
        sms,
        now_ms=at_ms or books.now_ms,
        message_id=message_id,
        domain_id=books.routes.domain_of(sms.account_id),
        ported=books.numbers.ported(sms.recipient),
        health=books.routes.health(),
        ups={row["name"]: row["state"] == "up" for row in books.links.all()},
    )

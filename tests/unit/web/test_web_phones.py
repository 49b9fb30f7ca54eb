"""Naming a number by the API: the SMS with the code begins as the door was told."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.core.ids import IdSource
from gateway.core.routing import Route, Router
from gateway.journal import Journal
from gateway.mail.facts import read_facts
from gateway.store.blobs import Blobs
from gateway.store.database import Store
from gateway.store.desk import Desk
from gateway.store.schema import outbox
from gateway.web.messages_json import MessageRules
from gateway.web.settings import post_phone

NUMBER = "+8613800138000"
NOW_MS = 1_750_000_000_000


@pytest.mark.parametrize(
    ("signature", "beginning"), [(None, "【彩邮】验证码"), ("", "验证码"), ("【某公司】", "【某公司】验证码")]
)
async def test_the_code_begins_with_the_signature_of_the_door(
    store: Store, tmp_path: Path, signature: str | None, beginning: str
) -> None:
    router = Router()
    router.set_routes([Route("", "sim")])
    desk = Desk(
        store, Blobs(tmp_path), router, Journal(),
        new_id=IdSource(lambda: NOW_MS), now_ms=lambda: NOW_MS, read_facts=read_facts, reactions={},
    )  # fmt: skip
    desk.run_now(lambda books: books.accounts.add_domain("example.org"))
    account = desk.run_now(lambda books: books.accounts.add("ann@example.org"))

    async def an_object(names: tuple[str, ...]) -> dict[str, Any]:
        return {"number": NUMBER}

    api = SimpleNamespace(desk=desk, rules=MessageRules.of("CN", (), 10), signature=signature)
    ask: Any = SimpleNamespace(api=api, account_id=account.id, an_object=an_object)
    assert (await post_phone(ask)).status == 202
    (sms,) = desk.read_now(lambda books: books.tx.read(sa.select(outbox.c.recipient, outbox.c.text)).all())
    assert sms.recipient == NUMBER
    assert sms.text.startswith(beginning)
    await desk.close()

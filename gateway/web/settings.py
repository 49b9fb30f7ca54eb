"""Handlers for what members set: phones, rules, webhooks."""

from __future__ import annotations

import json
import secrets
from typing import Final

from aiohttp import web

from gateway.core.errors import Refused
from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings
from gateway.web.answers import iso, json_answer
from gateway.web.asking import Ask
from gateway.web.egress import check_url
from gateway.web.messages_json import read_number
from gateway.web.problems import FieldError, Problem, invalid, missing
from mail2sms.proof import ProofResult, finish_proof, start_proof
from mail2sms.rules import read_rule

EVENTS: Final = ("state", "mo", "read")
MAX_WEBHOOKS: Final = 20

_PROOF_STATUS: Final[dict[ProofResult, int]] = {ProofResult.SENT: 202, ProofResult.PROVED: 200}
_PROOF_PROBLEMS: Final[dict[ProofResult, tuple[int, str, str]]] = {
    ProofResult.NO_PHONE: (422, "this number cannot be proved", "Give a mobile number."),
    ProofResult.TOO_MANY: (429, "too many codes were asked for, or wrong ones given", "Try again tomorrow."),
    ProofResult.WRONG: (403, "this is not the code that was sent", "Look at the newest SMS and try again."),
    ProofResult.EXPIRED: (410, "no code is open for this number", "Ask for a new code."),
}


# --- phones -------------------------------------------------------------------------------------------------


async def post_phone(ask: Ask) -> web.StreamResponse:
    """Name a number; a code goes to it by SMS."""
    given = await ask.an_object(("number",))
    number = read_number(given.get("number"), ask.api.rules.region)
    if ask.api.rules.prefixes and not number.startswith(ask.api.rules.prefixes):
        raise Refused("destination_not_allowed", "number: this hub does not send to this country")
    code = f"{secrets.randbelow(10**6):06d}"
    signature = ask.api.signature
    result = await ask.api.desk.commit(
        lambda books: start_proof(books, ask.account_id, number, code, signature=signature)
    )
    return _proof(number, result)


async def post_proof(ask: Ask) -> web.StreamResponse:
    """Give the code back."""
    number = read_number(ask.names[0], ask.api.rules.region)
    code = (await ask.an_object(("code",))).get("code")
    if not isinstance(code, str) or not 4 <= len(code.strip()) <= 12:
        raise invalid([FieldError("code", "this is no code", "Give the six digits from the SMS, in quotation marks.")])
    result = await ask.api.desk.commit(lambda books: finish_proof(books, ask.account_id, number, code))
    return _proof(number, result)


def _proof(number: str, result: ProofResult) -> web.StreamResponse:
    if result in _PROOF_STATUS:
        return json_answer({"number": number, "result": result.value}, _PROOF_STATUS[result])
    status, detail, remedy = _PROOF_PROBLEMS[result]
    raise Problem(status, result.value.replace(" ", "_"), detail, remedy, retry_after_s=3600 if status == 429 else 0)


async def list_phones(ask: Ask) -> web.StreamResponse:
    """The account's numbers."""
    rows = await ask.api.desk.read(lambda books: Listings(books.tx).phones_of(ask.account_id))
    return json_answer({"phones": [{"number": row["number"], "proved": iso(row["proved_ms"])} for row in rows]})


# --- rules --------------------------------------------------------------------------------------------------


async def post_rule(ask: Ask) -> web.StreamResponse:
    """Add a notice rule."""
    given = await ask.an_object(("kind", "settings", "position"))
    kind, settings, position = given.get("kind", "arrival"), given.get("settings", {}), given.get("position", 0)
    if kind not in ("arrival", "send"):
        raise invalid([FieldError("kind", "there is no such kind of rule", "Use arrival or send.")])
    if not isinstance(settings, dict):
        raise invalid([FieldError("settings", "it is no JSON object", "Send {} for every mail.")])
    if not isinstance(position, int) or isinstance(position, bool) or not 0 <= position <= 1000:
        raise invalid([FieldError("position", "this is no place", "Give a whole number from 0 to 1000.")])
    read_rule(settings)
    rule_id = await ask.api.desk.commit(lambda books: books.rules.add(ask.account_id, str(kind), settings, position))
    return json_answer({"id": str(rule_id), "kind": kind, "position": position, "settings": settings}, 201)


async def list_rules(ask: Ask) -> web.StreamResponse:
    """The account's notice rules, in order."""
    rows = await ask.api.desk.read(lambda books: Listings(books.tx).rules_of(ask.account_id))
    return json_answer(
        {
            "rules": [
                {
                    "id": str(row["id"]),
                    "kind": row["kind"],
                    "enabled": bool(row["enabled"]),
                    "position": row["position"],
                    "settings": json.loads(row["settings"]),
                }
                for row in rows
            ]
        }
    )


async def delete_rule(ask: Ask) -> web.StreamResponse:
    """Forget a notice rule."""
    rule_id = ask.an_id("rule")
    if not await ask.api.desk.commit(lambda books: books.rules.remove(ask.account_id, rule_id)):
        raise missing(f"rule {rule_id}")
    return json_answer({"id": str(rule_id), "removed": True})


# --- webhooks -----------------------------------------------------------------------------------------------


async def post_webhook(ask: Ask) -> web.StreamResponse:
    """Register a webhook; its secret is shown now and never again."""
    given = await ask.an_object(("url", "events"))
    events = given.get("events", list(EVENTS))
    if not isinstance(events, list) or not events or not all(event in EVENTS for event in events):
        raise invalid([FieldError("events", "there is no such event", f"Use some of {', '.join(EVENTS)}.")])
    # Whether the name lies in a private network is seen when it is resolved, at each call.
    url = check_url(given.get("url"), allow_private=ask.api.private_webhooks)
    secret = "whsec_" + secrets.token_urlsafe(32)
    words = " ".join(event for event in EVENTS if event in events)

    def add(books: BooksOfStore) -> int | None:
        if len(books.webhooks.of(ask.account_id)) >= MAX_WEBHOOKS:
            return None
        return books.webhooks.add(ask.account_id, url, secret, words)

    webhook_id = await ask.api.desk.commit(add)
    if webhook_id is None:
        raise Problem(409, "too_many_webhooks", f"an account has at most {MAX_WEBHOOKS} webhooks", "Remove one first.")
    return json_answer({"id": str(webhook_id), "url": url, "events": words.split(), "secret": secret}, 201)


async def list_webhooks(ask: Ask) -> web.StreamResponse:
    """The account's webhooks, without their secrets."""
    rows = await ask.api.desk.read(lambda books: books.webhooks.of(ask.account_id))
    return json_answer(
        {
            "webhooks": [
                {
                    "id": str(row["id"]),
                    "url": row["url"],
                    "events": row["events"].split(),
                    "enabled": bool(row["enabled"]),
                }
                for row in rows
            ]
        }
    )


async def delete_webhook(ask: Ask) -> web.StreamResponse:
    """Forget a webhook and what it was still to be told."""
    webhook_id = ask.an_id("webhook")
    if not await ask.api.desk.commit(lambda books: books.webhooks.remove(ask.account_id, webhook_id)):
        raise missing(f"webhook {webhook_id}")
    return json_answer({"id": str(webhook_id), "removed": True})

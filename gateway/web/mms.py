"""Handlers for MMS: media or a card, to phones; each goes as an MMS, or to the mailbox of its number."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, Final

from aiohttp import web

from gateway.core.mms import NewMms
from gateway.core.outbox import Purpose
from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings
from gateway.web.answers import json_answer
from gateway.web.asking import Ask
from gateway.web.group_recipients import opened
from gateway.web.mms_json import FIELDS, Given, read_draft, read_given, read_numbers, read_terms, told
from gateway.web.problems import Problem
from gateway.web.saved_cards import saved_draft
from mms.drafts import Draft

DAY_MS: Final = 86_400_000
#: As long as MMSCs keep a message.
VALIDITY_S: Final = 604_800


async def post_mms(ask: Ask) -> web.StreamResponse:
    """Send an MMS to phones: 202 with an id for each."""
    given = await read_given(ask, FIELDS)
    to = await opened(ask.api.desk, ask.account_id, given.fields.get("to"))
    numbers = read_numbers(Given({**given.fields, "to": to}, given.parts), ask)
    ask.api.spend(ask.token, len(numbers))
    draft = await draft_of(given, ask)
    terms = read_terms(given, ask.api.desk.now_ms(), VALIDITY_S)
    account = await ask.api.desk.read(lambda books: books.accounts.by_id(ask.account_id))
    assert account is not None, "a token belongs to an account"
    letter, blob = await _stored(draft, account.address, numbers, ask)
    # All phones have one letter in their mailboxes, and none is to see the others; the sender's copy names them all.
    shared, shared_blob = (letter, blob) if len(numbers) == 1 else await _stored(draft, account.address, (), ask)

    def work(books: BooksOfStore) -> list[dict[str, Any]]:
        keys = [f"{terms.key}:{number}" for number in numbers] if terms.key else []
        known = books.outbox.with_key(ask.account_id, keys)
        fresh = [number for number in numbers if f"{terms.key}:{number}" not in known]
        _check_caps(books, fresh, ask)
        mail_id = None
        if fresh:
            mail_id = books.file_letter(
                ask.account_id, blob=blob, data=letter, kind="mms", folder="Sent", flags="S", announce=False
            )
        answers = []
        for number in numbers:
            row = known.get(f"{terms.key}:{number}")
            if row is not None:
                answers.append({"id": str(row["id"]), "to": number, "state": row["state"], "repeated": True})
                continue
            message_id = books.mms.add(
                NewMms(
                    recipient=number,
                    letter=shared_blob,
                    size_octets=len(shared),
                    purpose=Purpose.CARD if draft.card else Purpose.API,
                    subject=draft.title,
                    account_id=ask.account_id,
                    from_name=account.display_name or account.address,
                    not_before_ms=terms.not_before_ms,
                    validity_s=terms.validity_s,
                    want_report=terms.want_report,
                    want_read=draft.headers.read_report,
                    key=f"{terms.key}:{number}" if terms.key else None,
                    mail_id=mail_id,
                    tag=terms.tag,
                    way=terms.way,
                )
            )
            answers.append({"id": str(message_id), "to": number, "state": "queued"})
        return answers

    return json_answer({"messages": await ask.api.desk.commit(work)}, 202)


async def _stored(draft: Draft, sender: str, numbers: Sequence[str], ask: Ask) -> tuple[bytes, str]:
    """A letter to these numbers, on disk, and where. Raises Problem, StoreUnavailable."""
    letter_id = ask.api.desk.new_id()
    letter = await letter_of(draft, sender, numbers, letter_id, ask)
    return letter, await ask.api.desk.blobs.put(letter_id, letter)


async def draft_of(given: Given, ask: Ask) -> Draft:
    """What is to be sent: as it stands in the request, or a card that is kept. Raises Problem."""
    return read_draft(given, await saved_draft(given.fields["saved"], ask) if "saved" in given.fields else None)


async def letter_of(draft: Draft, sender: str, numbers: Sequence[str], letter_id: int, ask: Ask) -> bytes:
    """Its letter; written in a thread, for it may be of many megabytes. Raises Problem."""
    with told():
        return await asyncio.to_thread(
            draft.letter, sender=sender, recipients=numbers, date_ms=ask.api.desk.now_ms(), letter_id=letter_id
        )


def _check_caps(books: BooksOfStore, numbers: Sequence[str], ask: Ask) -> None:
    """Stop words and the daily cap of messages to one number hold for MMS as for SMS. Raises Problem."""
    stopped = books.stops.among(numbers)
    if stopped:
        raise Problem(403, "stopped", f"{len(stopped)} of these phones want nothing more", "Leave them out.")
    cap = ask.api.recipient_daily_cap
    if not cap:
        return
    sent = Listings(books.tx).sent_to(numbers, books.now_ms - DAY_MS)
    if any(sent.get((ask.account_id, number), 0) >= cap for number in numbers):
        raise Problem(429, "recipient_cap", f"a phone has had {cap} messages today", "Send more tomorrow.")

"""The signatures of a member: three, one of them usual."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.core.drafts import MAX_SIGNATURES, Signature
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit

MAX_NAME: Final = 64
MAX_TEXT: Final = 2000


async def show(visit: Visit) -> web.StreamResponse:
    """All three, to be changed."""
    kept = await visit.desk.read(lambda books: books.drafts.signatures(visit.member.id))
    by_place = {signature.place: signature for signature in kept}
    places = range(1, MAX_SIGNATURES + 1)
    return visit.page(
        "writing/signatures.html",
        signatures=[by_place.get(place) or Signature(place, "", "", is_default=False) for place in places],
        usual=next((signature.place for signature in kept if signature.is_default), 0),
        max_text=MAX_TEXT,
    )


async def change(visit: Visit) -> web.StreamResponse:
    """Keep those that say something."""
    usual, form = visit.form.get("usual"), visit.form
    kept = []
    for place in range(1, MAX_SIGNATURES + 1):
        text = form.get(f"text-{place}").replace("\r\n", "\n").replace("\0", "").strip("\n")[:MAX_TEXT]
        if text.strip():
            name = " ".join(form.get(f"name-{place}").replace("\0", "").split())[:MAX_NAME]
            kept.append(Signature(place, name or str(place), text, is_default=usual == str(place)))
    account_id = visit.member.id
    await visit.desk.commit(lambda books: books.drafts.set_signatures(account_id, kept))
    return visit.move("/settings/signatures", visit.say("Saved."))


ROUTES: Final = (
    Route("GET", "/settings/signatures", Access.MEMBER, show),
    Route("POST", "/settings/signatures", Access.MEMBER, change),
)

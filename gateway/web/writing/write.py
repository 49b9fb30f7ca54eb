"""The page on which a mail is written."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from aiohttp import web

from gateway.core.drafts import Draft, DraftState, DraftText, Signature
from gateway.core.errors import BadRequest, Conflict, NotFound
from gateway.core.mms import CanMms
from gateway.mail.mime.composing import envelope_of
from gateway.store.desk import BooksOfStore
from gateway.web.answers import json_answer
from gateway.web.site.routing import UPLOAD_OCTETS, Access, Route
from gateway.web.site.visit import Visit
from gateway.web.site.words import N_
from gateway.web.writing import answering
from gateway.web.writing.checking import composed, trouble_of
from gateway.web.writing.form import MAX_SUBJECT, MAX_TEXT, Writing, content_of, moment_of, number_of
from gateway.web.writing.keeping import keep
from mail2sms.send_preview import Reached, Told, preview

#: Milliseconds in which a mail can be taken back.
UNDO_MS: Final = 10_000
#: How far ahead a mail can be sent, milliseconds.
MAX_AHEAD_MS: Final = 366 * 86_400_000
#: Before the signature, so that mail programs know it (RFC 3676 4.3).
DASHES: Final = "\n\n-- \n"

_WHY: Final = {
    "nobody": N_("It did not leave: a recipient is not there any more."),
    "full": N_("It did not leave: the mailbox of a recipient is full."),
    "unreadable": N_("It did not leave: something of it cannot be read any more."),
}


async def new(visit: Visit) -> web.StreamResponse:
    """A new mail: empty, to somebody, or going on from another mail."""
    mail_id, how = number_of(visit.query("re")), visit.query("how", answering.REPLY)
    if mail_id and how in answering.HOWS:
        writing = await answering.begin(visit, mail_id, how)
    else:
        content = DraftText(
            to=visit.query("to"), subject=visit.query("subject")[:MAX_SUBJECT], text=visit.query("text")
        )
        writing = Writing(content)
    signatures = await visit.desk.read(lambda books: books.drafts.signatures(visit.member.id))
    return await _page(visit, _signed(writing, signatures))


async def again(visit: Visit) -> web.StreamResponse:
    """A draft, opened again."""
    draft = await _draft(visit, visit.number("id"))
    trouble = visit.say(_WHY[draft.trouble]) if draft.trouble in _WHY else ""
    return await _page(visit, Writing(draft.content, draft.id, draft.files), trouble)


async def act(visit: Visit) -> web.StreamResponse:
    """What one of the buttons says; whatever it is, the mail is kept first."""
    try:
        draft = await keep(visit)
    except (BadRequest, Conflict) as error:
        return await _page(visit, _typed(visit), visit.say(str(error)), 422)
    do = visit.form.get("do", "send")
    if do == "send":
        return await _send(visit, draft)
    if do.startswith("detach-"):
        file_id = number_of(do.removeprefix("detach-"))
        await visit.desk.commit(lambda books: books.drafts.detach(visit.member.id, draft.id, file_id))
    elif do == "preview":
        return await _page(visit, Writing(draft.content, draft.id, draft.files), told=await _told(visit, draft))
    return visit.move(f"/write/{draft.id}", visit.say("Kept as draft.") if do == "keep" else "")


async def save(visit: Visit) -> web.StreamResponse:
    """For scripts: keep the mail; its id and its list of files as HTML."""
    try:
        draft = await keep(visit)
    except (BadRequest, Conflict, NotFound) as error:
        return json_answer({"trouble": visit.say(str(error))}, 422)
    files = visit.part("writing/files.html", files=draft.files, carried=())
    return json_answer({"draft": str(draft.id), "files": files})


async def show_preview(visit: Visit) -> web.StreamResponse:
    """For scripts: what would arrive on the phones, as HTML. Nothing is kept."""
    content = _content(visit)
    draft = Draft(1, visit.member.id, DraftState.WRITING, 0, content, 0, "")
    try:
        told = await _told(visit, draft)
    except BadRequest as error:
        return json_answer({"trouble": visit.say(str(error))}, 422)
    return json_answer(
        {"phones": visit.part("writing/phones.html", told=told, cost=_cost(visit, told), Reached=Reached)}
    )


async def discard(visit: Visit) -> web.StreamResponse:
    """Throw a draft away."""
    draft_id = number_of(visit.form.get("draft"))
    if draft_id:
        await visit.desk.commit(lambda books: books.drafts.discard(visit.member.id, draft_id))
    return visit.move("/drafts", visit.say("The draft is thrown away."))


async def _send(visit: Visit, draft: Draft) -> web.StreamResponse:
    writing = Writing(draft.content, draft.id, draft.files)
    now_ms = visit.desk.now_ms()
    when = visit.form.get("when").strip()
    due_ms = moment_of(when, visit.zone) if when else now_ms + UNDO_MS
    if due_ms is None or not now_ms < due_ms < now_ms + MAX_AHEAD_MS:
        return await _page(visit, writing, visit.say("Give a time to come, within a year."), 422)
    trouble = await trouble_of(visit, draft)
    if trouble:
        return await _page(visit, writing, trouble, 422)
    await visit.desk.commit(lambda books: books.drafts.send(visit.member.id, draft.id, due_ms))
    return visit.move(f"/write/leaving/{draft.id}")


async def _page(
    visit: Visit, writing: Writing, trouble: str = "", status: int = 200, told: list[Told] | None = None
) -> web.StreamResponse:
    signatures = await visit.desk.read(lambda books: books.drafts.signatures(visit.member.id))
    return visit.page(
        "writing/write.html",
        status,
        writing=writing,
        content=writing.content,
        trouble=trouble,
        told=told,
        cost=_cost(visit, told or []),
        Reached=Reached,
        signatures=signatures,
        when=visit.form.get("when"),
        max_text=MAX_TEXT,
    )


async def _draft(visit: Visit, draft_id: int) -> Draft:
    draft = await visit.desk.read(lambda books: books.drafts.get(visit.member.id, draft_id))
    if draft is None or draft.state is not DraftState.WRITING:
        raise NotFound("This draft is not there any more.")
    return draft


async def _told(visit: Visit, draft: Draft) -> list[Told]:
    """What would arrive on the phones. Raises BadRequest."""
    account, content = visit.member, draft.content
    addresses, _ = envelope_of(content, visit.member.domain)
    data = composed(visit, draft)

    def work(books: BooksOfStore) -> list[Told]:
        takes_mms = lambda number: books.handsets.of(number).mms is not CanMms.NO  # noqa: E731
        return preview(visit.services.notices, account, data, addresses, content.notify, books, takes_mms)

    return await visit.desk.read(work)


def _cost(visit: Visit, told: list[Told]) -> str:
    """What the SMS cost together, in the unit of the routes' prices; "" where they have none."""
    router = visit.desk.router
    millionths = sum(
        one.segments * router.price(one.number, router.choose(one.number)) for one in told if one.reached is Reached.SMS
    )
    return f"{millionths / 1_000_000:.3f}".rstrip("0").rstrip(".") if millionths else ""


def _content(visit: Visit) -> DraftText:
    """What was filled in, whatever it is."""
    try:
        return content_of(visit.form)
    except BadRequest:
        return DraftText()


def _typed(visit: Visit) -> Writing:
    return Writing(_content(visit), number_of(visit.form.get("draft")))


def _signed(writing: Writing, signatures: list[Signature]) -> Writing:
    """With the member's usual signature: under the text, and above what is answered."""
    usual = next((one for one in signatures if one.is_default), None)
    if usual is None:
        return writing
    content = writing.content
    text = f"{DASHES}{usual.text}{content.text}"
    return replace(writing, content=replace(content, text=text), signature=usual.place)


ROUTES: Final = (
    Route("GET", "/write", Access.MEMBER, new),
    Route("GET", "/write/{id}", Access.MEMBER, again),
    Route("POST", "/write", Access.MEMBER, act, UPLOAD_OCTETS),
    Route("POST", "/write/save", Access.MEMBER, save, UPLOAD_OCTETS),
    Route("POST", "/write/preview", Access.MEMBER, show_preview, UPLOAD_OCTETS),
    Route("POST", "/write/discard", Access.MEMBER, discard, UPLOAD_OCTETS),
)

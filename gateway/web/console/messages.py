"""Messages: found by number, account, state, link and day; the story of one as a time line."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import urlencode

from aiohttp import web

from gateway.core import phone
from gateway.core.audit import Act
from gateway.core.errors import NotFound
from gateway.core.ids import first_id_at
from gateway.core.outbox import State
from gateway.core.sessions import Role
from gateway.core.stories import Story
from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings, Page
from gateway.store.stories import Stories
from gateway.web.console.acts import day_ms
from gateway.web.console.administrator import NOTHING, actor, administrator
from gateway.web.console.story_view import FACTS, KINDS, STATES, STEPS, STRIP_WIDTH, tone_of_state, view
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit

PAGE: Final = 50
_FILTERS: Final = ("number", "account", "state", "link", "since", "until", "way")
_NOBODY: Final = -1


async def show_all(visit: Visit) -> web.StreamResponse:
    """Messages that fit what is asked for, newest first; or what phones wrote."""
    asked = {name: visit.query(name).strip()[:320] for name in _FILTERS}
    if asked["way"] == "in" and visit.role is not Role.SYSTEM:
        asked["way"] = ""
    number = phone.normalise(asked["number"], visit.services.region) if asked["number"] else ""
    before = _before(visit, asked)
    since_ms = day_ms(asked["since"], visit.zone)

    def work(books: BooksOfStore) -> Page:
        listings = Listings(books.tx)
        if number is None:
            return Page([], None)
        if asked["way"] == "in":
            return listings.incoming([number] if number else None, since_ms=since_ms, before=before, limit=PAGE)
        account_id = None
        if asked["account"]:
            account = books.accounts.by_address(asked["account"])
            account_id = _NOBODY if account is None else account.id
        return listings.messages(
            account_id,
            domain_id=administrator(visit, books).reach,
            number=number,
            since_ms=since_ms,
            state=asked["state"] if asked["state"] in STATES else "",
            link=asked["link"],
            before=before,
            limit=PAGE,
        )

    page = await visit.desk.read(work)
    more = ""
    if page.before is not None:
        more = "?" + urlencode({name: value for name, value in asked.items() if value} | {"before": page.before})
    return visit.page(
        "console/messages.html", rows=[_row(row) for row in page.rows], more=more, asked=asked, states=STATES,
        sent_states=[state.value for state in State], tone=tone_of_state,
        trouble=visit.say("This is no phone number.") if number is None else "",
    )  # fmt: skip


def _before(visit: Visit, asked: dict[str, str]) -> int | None:
    given = visit.query("before")
    if given.isascii() and given.isdigit() and len(given) < 20:
        return int(given)
    until_ms = day_ms(asked["until"], visit.zone, days=1)
    return first_id_at(until_ms) if until_ms else None


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """A message of the outbox, or one that came, as the list shows it."""
    is_sent = "segments" in row
    other = row["recipient"] if is_sent else row["sender"]
    return {
        "id": row["id"],
        "number": phone.mask(other),
        "kind": row["kind"],
        "purpose": row["purpose"] if is_sent else "",
        "state": row["state"],
        "link": row["link"],
        "segments": row["segments"] if is_sent else 1,
        "code": row["code"] if is_sent else "",
        "at_ms": row["created_ms"] if is_sent else row["received_ms"],
    }


# --- one message --------------------------------------------------------------------------------------------------


async def show(visit: Visit) -> web.StreamResponse:
    """The story of one message; numbers masked, texts left out."""
    subject_id = visit.number("id")
    story = await visit.desk.read(lambda books: _story(visit, books, subject_id))
    return _page(visit, story)


async def reveal(visit: Visit) -> web.StreamResponse:
    """As `show`, with texts and numbers. That somebody looked is written down."""
    subject_id = visit.number("id")

    def work(books: BooksOfStore) -> Story:
        story = _story(visit, books, subject_id, with_texts=True)
        domain_id = Stories(books.tx).domain_of(subject_id) or 0
        books.audit.note(actor(visit), Act.MESSAGE_SHOWN, str(subject_id), domain_id=domain_id)
        return story

    return _page(visit, await visit.desk.commit(work), is_revealed=True)


async def cancel(visit: Visit) -> web.StreamResponse:
    """Take a message back that has not gone out."""
    subject_id = visit.number("id")

    def work(books: BooksOfStore) -> bool:
        _story(visit, books, subject_id)
        if not books.outbox.cancel(subject_id):
            return False
        domain_id = Stories(books.tx).domain_of(subject_id) or 0
        books.audit.note(actor(visit), Act.MESSAGE_CANCELLED, str(subject_id), domain_id=domain_id)
        return True

    done = await visit.desk.commit(work)
    said = visit.say("The message is taken back.") if done else visit.say("It is too late to take it back.")
    return visit.move(f"/admin/messages/{subject_id}", said)


def _story(visit: Visit, books: BooksOfStore, subject_id: int, *, with_texts: bool = False) -> Story:
    """A story within the administrator's reach. Raises NotFound."""
    who = administrator(visit, books)
    stories = Stories(books.tx, with_texts=with_texts)
    if who.reach is not None and stories.domain_of(subject_id) != who.reach:
        raise NotFound(NOTHING)
    story = stories.of(subject_id)
    if story is None:
        raise NotFound(NOTHING)
    return story


def _page(visit: Visit, story: Story, *, is_revealed: bool = False) -> web.Response:
    return visit.page(
        "console/message.html", story=view(story, reveal=is_revealed), is_revealed=is_revealed, kinds=KINDS,
        states=STATES, steps=STEPS, facts=FACTS, strip_width=STRIP_WIDTH, tone=tone_of_state,
        is_queued=story.kind in ("sms", "mms") and story.state == State.QUEUED,
    )  # fmt: skip


ROUTES: Final = (
    Route("GET", "/admin/messages", Access.DOMAIN, show_all),
    Route("GET", "/admin/messages/{id}", Access.DOMAIN, show),
    Route("POST", "/admin/messages/{id}/reveal", Access.DOMAIN, reveal),
    Route("POST", "/admin/messages/{id}/cancel", Access.DOMAIN, cancel),
)

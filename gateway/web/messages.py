"""Handlers for messages: put in, look at, take back, list."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.core.accounts import Token
from gateway.core.errors import CaiyouError
from gateway.core.outbox import NewSms, Purpose, State
from gateway.core.stories import Story
from gateway.store.desk import BooksOfStore
from gateway.store.listings import Listings, Page
from gateway.store.stories import Stories
from gateway.web.answers import JSON_HEADERS, iso, json_answer
from gateway.web.asking import Api, Ask
from gateway.web.group_recipients import group_in, members_of
from gateway.web.messages_json import MAX_BATCH, read_key, read_message, read_number
from gateway.web.problems import FieldError, Problem, explain, invalid, missing
from gateway.web.submissions import Answer, Taken
from gateway.web.tokens import forbidden

_STATES: Final = frozenset(state.value for state in State)


async def post_messages(api: Api, request: web.BaseRequest) -> web.Response:
    """Put in one message, or up to a thousand."""
    token = await api.authorise(request, "send")
    document = await api.read_json(request)
    if isinstance(document, dict) and "messages" in document:
        return await _post_batch(api, token, request, document)
    if isinstance(document, dict) and (group := group_in(document.get("to"))) is not None:
        return await _post_to_group(api, token, request, document, group)
    sms = _message(api, token, document, request.headers.get("Idempotency-Key"), "")
    api.spend(token)
    answer = await api.submissions.put(sms)
    if isinstance(answer, Problem):
        raise answer
    return web.Response(body=orjson.dumps(_taken(answer)), status=200 if answer.repeated else 202, headers=JSON_HEADERS)


async def _post_batch(api: Api, token: Token, request: web.BaseRequest, document: Mapping[str, Any]) -> web.Response:
    messages = document["messages"]
    if len(document) > 1 or not isinstance(messages, list) or not 1 <= len(messages) <= MAX_BATCH:
        raise invalid([FieldError("messages", "it is no list of 1 to 1000 messages", "Send them in several requests.")])
    if "Idempotency-Key" in request.headers:
        raise invalid(
            [FieldError("Idempotency-Key", "one key cannot stand for many messages", "Give each message its own key.")]
        )
    api.spend(token, len(messages))
    waiting: list[tuple[NewSms, asyncio.Future[Answer]] | Problem] = []
    for place, value in enumerate(messages):
        try:
            sms = _message(api, token, value, None, f"messages[{place}].")
        except Problem as problem:
            waiting.append(problem)
        else:
            waiting.append((sms, api.submissions.put(sms)))
    futures = [entry[1] for entry in waiting if not isinstance(entry, Problem)]
    await asyncio.gather(*futures, return_exceptions=True)
    results = [_result(entry) for entry in waiting]
    if all(result["status"] == 503 for result in results):
        raise explain(next(error for future in futures if isinstance(error := future.exception(), CaiyouError)))
    complete = all(result["status"] in (200, 202) for result in results)
    return json_answer({"messages": results}, 202 if complete else 207)


async def _post_to_group(
    api: Api, token: Token, request: web.BaseRequest, document: dict[str, Any], group: str
) -> web.Response:
    """One message to each member of a group that has a number; a key is continued by the number."""
    members = await members_of(api.desk, token.account_id, group)
    header_key = request.headers.get("Idempotency-Key")
    key = document.get("key", header_key)
    api.spend(token, len(members.numbers))
    messages = []
    for number in members.numbers:
        message = {**document, "to": number}
        if isinstance(key, str):
            message["key"] = f"{key}:{number}"
        messages.append(_message(api, token, message, None, ""))
    waiting: list[tuple[NewSms, asyncio.Future[Answer]] | Problem] = [
        (sms, api.submissions.put(sms)) for sms in messages
    ]
    await asyncio.gather(*(entry[1] for entry in waiting if not isinstance(entry, Problem)), return_exceptions=True)
    results = [{"to": number, **_result(entry)} for number, entry in zip(members.numbers, waiting, strict=True)]
    complete = all(result["status"] in (200, 202) for result in results)
    answer = {"messages": results, "without_number": list(members.without_number)}
    return json_answer(answer, 202 if complete else 207)


def _result(entry: tuple[NewSms, asyncio.Future[Answer]] | Problem) -> dict[str, Any]:
    if isinstance(entry, Problem):
        return entry.document()
    _, future = entry
    error = future.exception()
    if error is not None:
        return explain(error if isinstance(error, CaiyouError) else CaiyouError()).document()
    answer = future.result()
    if isinstance(answer, Problem):
        return answer.document()
    return {"status": 200 if answer.repeated else 202, **_taken(answer)}


def _message(api: Api, token: Token, document: object, header_key: str | None, path: str) -> NewSms:
    fields = read_message(document, api.rules, api.desk.now_ms(), path)
    if header_key is not None and fields.setdefault("key", read_key(header_key)) != header_key:
        raise invalid([FieldError("key", "it differs from the header Idempotency-Key", "Give one of them.")])
    link = fields.get("link")
    if link is None:
        fields["link"] = ""  # the hub chooses when it puts the message in
    elif "route" not in token.scopes:
        raise forbidden("route")
    elif link not in api.desk.router.links:
        raise invalid([FieldError(path + "link", "there is no such link", "Leave it out to be routed.")])
    return NewSms(purpose=Purpose.API, account_id=token.account_id, **fields)


def _taken(answer: Taken) -> dict[str, Any]:
    found: dict[str, Any] = {
        "id": str(answer.id),
        "state": answer.state,
        "segments": answer.segments,
        "alphabet": answer.alphabet,
        "link": answer.link,
    }
    if answer.repeated:
        found["repeated"] = True
    return found


async def get_message(ask: Ask) -> web.StreamResponse:
    """One message with its story."""
    message_id = ask.an_id("message")

    def read(books: BooksOfStore) -> Story | None:
        row = books.outbox.get(message_id)
        if row is None or not (ask.sees_all or row["account_id"] == ask.account_id):
            return None
        return Stories(books.tx, with_texts=True).of_sms(message_id)

    story = await ask.api.desk.read(read)
    if story is None:
        raise missing(f"message {message_id}")
    return json_answer(story_json(story))


async def delete_message(ask: Ask) -> web.StreamResponse:
    """Take a message back that has not been sent."""
    message_id = ask.an_id("message")

    def cancel(books: BooksOfStore) -> bool | None:
        row = books.outbox.get(message_id)
        if row is None or not (ask.sees_all or row["account_id"] == ask.account_id):
            return None
        return row["state"] == State.CANCELLED or books.outbox.cancel(message_id)

    done = await ask.api.desk.commit(cancel)
    if done is None:
        raise missing(f"message {message_id}")
    if not done:
        raise Problem(409, "too_late", "the message is being sent, or is done", "Look at its state.")
    return json_answer({"id": str(message_id), "state": State.CANCELLED.value})


async def list_messages(ask: Ask) -> web.StreamResponse:
    """A page of messages, newest first."""
    api = ask.api
    number = read_number(ask.text("to"), api.rules.region, "to") if ask.text("to") else ""
    state = ask.text("state")
    if state and state not in _STATES:
        raise invalid([FieldError("state", "there is no such state", f"Use one of {', '.join(sorted(_STATES))}.")])
    since_ms, limit, before = ask.moment("since", 0), ask.whole("limit", 50, 1, 500), ask.before()
    account_id = None if ask.sees_all else ask.account_id

    def read(books: BooksOfStore) -> Page:
        return Listings(books.tx).messages(
            account_id, number=number, since_ms=since_ms, state=state, before=before, limit=limit
        )

    page = await api.desk.read(read)
    return json_answer(
        {
            "messages": [_row(row) for row in page.rows],
            "next": str(page.before) if page.before is not None else None,
        }
    )


def _row(row: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "id": str(row["id"]),
        "kind": row["kind"],
        "to": row["recipient"],
        "from": row["sender"],
        "state": row["state"],
        "code": row["code"],
        "segments": row["segments"],
        "alphabet": row["alphabet"],
        "link": row["link"],
        "tag": row["tag"],
        "key": row["key"],
        "created": iso(row["created_ms"]),
        "due": iso(row["due_ms"]),
        "settled": iso(row["settled_ms"]),
    }


def story_json(story: Story) -> dict[str, Any]:
    """A story as the API tells it, newest step first."""
    facts = story.facts
    return {
        "id": str(story.subject_id),
        "kind": story.kind,
        "state": story.state,
        **{name.removesuffix("_ms"): iso(value) for name, value in facts.items() if name.endswith("_ms")},
        **{("from" if name == "sender" else name): value for name, value in facts.items() if not name.endswith("_ms")},
        "parts": [
            {
                "number": part["number"],
                "state": part["state"],
                "carrier_id": part["carrier_id"],
                "code": part["code"],
                "answered": iso(part["answered_ms"]),
                "settled": iso(part["settled_ms"]),
                "reports": [
                    {"at": iso(report["at_ms"]), "state": report["state"], "code": report["code"]}
                    for report in part["reports"]
                ],
            }
            for part in story.segments
        ],
        "timeline": [{"at": iso(step.at_ms), "step": step.step, "detail": step.detail} for step in story.steps],
    }

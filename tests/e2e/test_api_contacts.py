"""The address book by the API: contacts with history, books that are shared, groups, duplicates, recipients."""

from __future__ import annotations

from typing import Any

import pytest

from tests.e2e.test_api import NUMBER, Hub, config, hub, now  # noqa: F401

CONTACTS, BOOKS = "/api/v1/contacts", "/api/v1/books"


async def add(hub: Hub, name: str, *numbers: str, who: str = "ann", **more: Any) -> str:  # noqa: F811
    status, made = await hub.ask("POST", CONTACTS, {"name": name, "numbers": list(numbers), **more}, who=who)
    assert status == 201, made
    return str(made["id"])


async def own_book(hub: Hub, who: str = "ann") -> str:  # noqa: F811
    _, document = await hub.ask("GET", BOOKS, who=who)
    return next(str(one["id"]) for one in document["books"] if one["slug"] == "contacts")


async def test_a_contact_is_changed_looked_back_at_and_restored(hub: Hub) -> None:  # noqa: F811
    card = "BEGIN:VCARD\nVERSION:3.0\nUID:u1\nN:张;三;;;\nFN:张三\nTEL;TYPE=CELL:138 0013 8000\nX-KEEP:yes\nEND:VCARD\n"
    status, made = await hub.ask("POST", CONTACTS, {"card": card})
    assert (status, made["uid"], made["card"], made["numbers"][0]["number"]) == (201, "u1", card, NUMBER)
    path = f"{CONTACTS}/{made['id']}"
    status, changed = await hub.ask("PATCH", path, {"title": "总监"}, headers={"If-Match": f'"{made["etag"]}"'})
    assert (status, changed["title"], "X-KEEP:yes" in changed["card"], changed["by"]) == (200, "总监", True, "API")
    assert (await hub.ask("PATCH", path, {"title": "x"}, headers={"If-Match": made["etag"]}))[0] == 412
    assert (await hub.ask("PUT", path, {"card": card}, headers={"If-Match": "*"}))[0] == 200
    status, wrong = await hub.ask("PATCH", path, {"name": "", "mails": ["x"], "numbers": [5]})
    assert (status, sorted(one["field"] for one in wrong["errors"])) == (422, ["mails[0].value", "numbers[0]"])
    _, told = await hub.ask("GET", f"{path}/versions")
    assert [(one["action"], one["contact_then"]["title"]) for one in told["versions"]] == [
        ("changed", ""),
        ("changed", "总监"),
        ("created", ""),
    ]
    assert (await hub.ask("DELETE", path))[0] == 200
    assert (await hub.ask("GET", path))[0] == 404
    book = await own_book(hub)
    _, gone = await hub.ask("GET", f"{BOOKS}/{book}/deleted")
    assert [one["contact"] for one in gone["versions"]] == [made["id"]]
    status, back = await hub.ask("POST", f"{path}/restore", {"revision": told["versions"][1]["revision"]})
    assert (status, back["title"]) == (200, "总监")
    _, told = await hub.ask("GET", f"{BOOKS}/{book}/changes?since=1")
    assert [(one["contact"], one["by"]) for one in told["changes"]] == [(made["id"], "API")]
    assert (await hub.ask("GET", f"{BOOKS}/{book}/changes?since=99"))[0] == 410
    hub.account("bob")
    for method, where, body in (
        ("GET", path, None),
        ("PATCH", path, {"title": "x"}),
        ("GET", f"{path}/versions", None),
        ("POST", f"{path}/restore", {"revision": 1}),
        ("GET", f"{BOOKS}/{book}/changes", None),
    ):
        assert (await hub.ask(method, where, body, who="bob"))[0] == 404


async def test_who_is_found(hub: Hub) -> None:  # noqa: F811
    first = await add(hub, "张三丰", "13800138000", organisation="武当")
    await add(hub, "Zoe", "13900139000")
    for typed in ("张", "zsf", "zhangs", "1380013", "8000"):
        _, found = await hub.ask("GET", f"{CONTACTS}?find={typed}")
        assert [one["id"] for one in found["contacts"]] == [first], typed
    _, found = await hub.ask("GET", f"{CONTACTS}?who=0086-138-0013-8000")
    assert [one["name"] for one in found["contacts"]] == ["张三丰"]
    _, page = await hub.ask("GET", f"{CONTACTS}?limit=1")
    _, rest = await hub.ask("GET", CONTACTS, params={"limit": "1", "after": page["next"]})
    assert [one["name"] for one in (*page["contacts"], *rest["contacts"])] == ["张三丰", "Zoe"]
    assert (await hub.ask("GET", f"{CONTACTS}?after=x"))[0] == 422


async def test_books_are_shared(hub: Hub) -> None:  # noqa: F811
    hub.account("bob")
    _, book = await hub.ask("POST", BOOKS, {"name": "客户", "colour": "#123456"})
    where = f"{BOOKS}/{book['id']}"
    contact = await add(hub, "张三", "13800138000", book=book["id"])
    assert (await hub.ask("PUT", f"{where}/shares/bob@example.org", {}))[0] == 200
    _, seen = await hub.ask("GET", BOOKS, who="bob")
    assert [(one["name"], one["right"], one["contacts"]) for one in seen["books"]] == [("客户", "read", 1)]
    status, refused = await hub.ask("DELETE", f"{CONTACTS}/{contact}", who="bob")
    assert (status, refused["code"]) == (403, "read_only")
    assert (await hub.ask("PATCH", where, {"name": "x"}, who="bob"))[0] == 403
    assert (await hub.ask("PUT", f"{where}/shares/bob@example.org", {"writable": True}))[0] == 200
    assert (await hub.ask("PATCH", f"{CONTACTS}/{contact}", {"note": "by bob"}, who="bob"))[0] == 200
    assert (await hub.ask("GET", f"{where}/shares"))[1]["shares"] == [{"account": "bob@example.org", "writable": True}]
    assert (await hub.ask("DELETE", f"{where}/shares/bob@example.org", who="bob"))[0] == 200
    assert (await hub.ask("GET", f"{CONTACTS}/{contact}", who="bob"))[0] == 404
    assert (await hub.ask("PUT", f"{where}/shares/nobody@example.org", {}))[0] == 404
    assert (await hub.ask("PATCH", where, {"name": "老客户"}))[1]["name"] == "老客户"
    assert (await hub.ask("DELETE", where))[0] == 200
    assert (await hub.ask("GET", f"{CONTACTS}/{contact}"))[0] == 404


async def test_duplicates_are_merged_and_taken_apart(hub: Hub) -> None:  # noqa: F811
    one, two = await add(hub, "张三", "13800138000"), await add(hub, "张三", "+8613800138000", mails=["z@x.example"])
    where = f"{BOOKS}/{await own_book(hub)}"
    _, told = await hub.ask("GET", f"{where}/duplicates")
    assert [(each["certain"], [c["id"] for c in each["contacts"]]) for each in told["duplicates"]] == [
        (True, [one, two])
    ]
    assert [each["what"] for each in told["duplicates"][0]["reasons"][0]["shared"]] == ["number", "name"]
    status, done = await hub.ask("POST", f"{where}/merge", {"contacts": [one, two]})
    assert (status, done["contact"], done["left_out"]) == (200, one, [])
    assert (await hub.ask("GET", f"{CONTACTS}/{two}"))[0] == 404
    status, undone = await hub.ask("POST", f"{where}/undo", {"batch": done["batch"]})
    assert (status, undone["restored"]) == (200, 2)
    assert (await hub.ask("GET", f"{CONTACTS}/{two}"))[0] == 200
    assert (await hub.ask("POST", f"{where}/apart", {"contacts": [one, two]}))[0] == 200
    assert (await hub.ask("GET", f"{where}/duplicates"))[1] == {"duplicates": []}


async def test_groups_are_recipients(hub: Hub) -> None:  # noqa: F811
    zhang, li = (
        await add(hub, "张三", "13800138000", categories=["朋友"]),
        await add(hub, "李四", mails=["li@x.example"]),
    )
    where = f"{BOOKS}/{await own_book(hub)}/groups"
    status, told = await hub.ask("PATCH", f"{where}/朋友", {"add": [li]})
    assert (status, [one["name"] for one in told["contacts"]]) == (200, ["李四", "张三"])
    status, sent = await hub.ask("POST", "/api/v1/messages", {"to": "group:朋友", "text": "晚饭?", "key": "k1"})
    assert (status, sent["without_number"]) == (202, ["李四"])
    assert [(one["to"], one["status"], one["state"]) for one in sent["messages"]] == [(NUMBER, 202, "queued")]
    _, again = await hub.ask("POST", "/api/v1/messages", {"to": "group:朋友", "text": "晚饭?", "key": "k1"})
    assert [(one["id"], one["repeated"]) for one in again["messages"]] == [(sent["messages"][0]["id"], True)]
    status, refused = await hub.ask("POST", "/api/v1/messages", {"to": "group:敌人", "text": "x"})
    assert (status, refused["errors"][0]["field"]) == (422, "to")
    mms = {"to": ["group:朋友"], "subject": "海边", "text": "我们在海边。"}
    status, sent = await hub.ask("POST", "/api/v1/mms", mms)
    assert (status, [one["to"] for one in sent["messages"]]) == (202, [NUMBER])
    _, reached = await hub.ask("POST", f"{CONTACTS}/reach", {"to": ["group:朋友", "13900139000", "010-12345678"]})
    assert [(one["name"], one["number"], one["sms"], one["mms"]) for one in reached["recipients"]] == [
        ("李四", "", "no_number", "no"),
        ("张三", NUMBER, "yes", "unknown"),
        ("", "+8613900139000", "yes", "unknown"),
        ("", "", "no_number", "no"),
    ]
    assert (await hub.ask("POST", where, {"name": "家人", "contacts": [zhang]}))[0] == 201
    assert [one["name"] for one in (await hub.ask("GET", where))[1]["groups"]] == ["家人", "朋友"]
    assert (await hub.ask("PATCH", f"{where}/家人", {"name": "家"}))[0] == 200
    assert (await hub.ask("DELETE", f"{where}/家"))[0] == 200
    assert (await hub.ask("GET", f"{where}/家"))[0] == 404


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("merge", {"contacts": []}, 422),
        ("merge", {"contacts": ["1", "2"]}, 404),
        ("apart", {"contacts": ["1"]}, 422),
        ("undo", {}, 404),
        ("groups", {"name": 5}, 422),
        ("groups", {"name": "x", "contacts": ["7"]}, 404),
    ],
)
async def test_what_cannot_be_done_is_said(hub: Hub, path: str, body: Any, status: int) -> None:  # noqa: F811
    await add(hub, "张三")
    assert (await hub.ask("POST", f"{BOOKS}/{await own_book(hub)}/{path}", body))[0] == status

"""What the tests of providers share: segments, a moment that stands still, and requests taken apart."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from carriers.http import description
from carriers.http.callback import Call, Told
from carriers.http.description import Description
from carriers.http.request import Request
from carriers.http.response import Answer, Verdict
from carriers.http.values import Moment, own_id, request_values
from gateway.core import text as sms_text
from gateway.core.messages import Segment

NOON = Moment(datetime(2026, 11, 25, 12, 0, tzinfo=UTC), "0123456789abcdef0123456789abcdef")


def segment(text: str = "您好", recipient: str = "+8613800138000", **changes: Any) -> Segment:
    values = {
        "message_id": 7001, "number": 1, "total": 1, "sender": "", "recipient": recipient, "text": text,
        "alphabet": sms_text.choose(text),
    }  # fmt: skip
    return Segment(**(values | changes))


@dataclass(slots=True)
class Provider:
    """A description with the options of an account, as a link holds it."""

    plan: Description
    options: dict[str, str]
    hooks: dict[str, str]

    access_number: str = ""

    def request(self, *segments: Segment, access_number: str = "", moment: Moment = NOON) -> Request:
        values = request_values(segments, access_number, self.options | self.hooks, moment)
        return self.plan.request.build(self.plan.request.base_url(self.options), values)

    def verdicts(self, status: int, body: str | bytes, *segments: Segment, after: float | None = None) -> list[Verdict]:
        sent = segments or (segment(),)
        answer = Answer(status, body.encode() if isinstance(body, str) else body, after)
        return self.plan.response.verdicts(answer, [it.recipient for it in sent], [own_id(it) for it in sent])

    def verdict(self, status: int, body: str | bytes, after: float | None = None) -> Verdict:
        (one,) = self.verdicts(status, body, after=after)
        return one

    def told(
        self,
        name: str,
        body: str | bytes = b"",
        *,
        query: str = "",
        method: str = "POST",
        headers: dict[str, str] | None = None,
        url: str = "",
    ) -> Told:
        hook = next(it for it in self.plan.webhooks if it.name == name)
        data = body.encode() if isinstance(body, str) else body
        call = Call(method, query, headers or {}, data, url or f"https://hub.example.cn/{name}")
        options = self.options | {"access_number": self.access_number}
        return hook.read(call, options, shared_ids=self.plan.ids_are_shared)


def provider(name: str, **options: str) -> Provider:
    return _with(description.load(name), options)


def invented(text: str, **options: str) -> Provider:
    return _with(description.read(text, "invented.toml"), options)


def ours_changed(name: str, changes: dict[str, str], **options: str) -> Provider:
    """A description of ours with other words in it: the examples of signatures are often about other requests."""
    from importlib import resources

    text = resources.files("carriers.http.providers").joinpath(f"{name}.toml").read_text(encoding="utf-8")
    for before, after in changes.items():
        assert before in text, before
        text = text.replace(before, after)
    return invented(text, **options)


def _with(plan: Description, options: dict[str, str]) -> Provider:
    hooks = {f"webhook:{hook.name}": f"https://hub.example.cn/{hook.name}?token=t0k" for hook in plan.webhooks}
    return Provider(plan, plan.option_values(options), hooks)


def fields(encoded: str | bytes) -> dict[str, str]:
    text = encoded.decode() if isinstance(encoded, bytes) else encoded
    found = parse_qsl(text, keep_blank_values=True, strict_parsing=bool(text))
    assert len(dict(found)) == len(found), "a field stands there twice"
    return dict(found)


def query_of(request: Request) -> dict[str, str]:
    return fields(urlsplit(request.url).query)


def header(request: Request, name: str) -> str:
    (found,) = [value for key, value in request.headers if key.lower() == name.lower()]
    return found


def body_json(request: Request) -> Any:
    return json.loads(request.body)

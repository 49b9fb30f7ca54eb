"""Whatever a provider, or somebody who says so, calls us with: it is read or turned away, and nothing else."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from functools import cache
from urllib.parse import urlencode

import pytest
from http_examples import Provider, provider
from hypothesis import given
from hypothesis import strategies as st

from carriers.http import description, document
from carriers.http.callback import Call, Turned, Webhook
from carriers.http.response import Answer, retry_after_s
from gateway.core.errors import BadRequest, ConfigError
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, Outcome

ACCOUNT = dict.fromkeys(
    ("access_key_id", "access_key_secret", "sign_name", "template_code", "secret_id", "secret_key", "app_id",
     "template_id", "account_sid", "auth_token", "api_key", "api_secret", "username", "password"), "x",
)  # fmt: skip
KEYS = st.sampled_from([
    "biz_id", "success", "err_code", "phone_number", "content", "dest_code", "sid", "report_status", "mobile",
    "nationcode", "text", "extend", "messageId", "status", "msisdn", "MessageSid", "MessageStatus", "From", "To",
    "Body", "id", "type", "from", "to", "coding", "concat-ref", "concat-total", "sms_status",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@cache
def ours(name: str) -> Provider:
    plan = description.load(name)
    return provider(name, **{it.name: ACCOUNT.get(it.name, "") for it in plan.options})


def read_or_turned(it: Provider, plan: Webhook, call: Call) -> None:
    status = 400
    try:
        told = plan.read(call, it.options | {"access_number": ""}, shared_ids=it.plan.ids_are_shared)
    except Turned as turned:
        status = turned.status
    else:
        assert all(isinstance(one, DeliveryReport | IncomingSms) for one in told.found)
        assert all(len(one.carrier_id) <= 1100 for one in told.found)
    assert 400 <= status < 500


NAMES = description.ours()
HOOKS = [(name, hook.name) for name in NAMES for hook in description.load(name).webhooks]
UNSIGNED = [(name, hook) for name, hook in HOOKS if name != "twilio"]


@pytest.mark.parametrize(("name", "hook"), HOOKS)
@given(body=st.binary(max_size=200), query=st.text(max_size=80), method=st.sampled_from(["GET", "POST", "HEAD"]))
def test_any_octets(name: str, hook: str, body: bytes, query: str, method: str) -> None:
    it = ours(name)
    plan = next(one for one in it.plan.webhooks if one.name == hook)
    read_or_turned(it, plan, Call(method, query, {}, body, "https://x/"))


@pytest.mark.parametrize(("name", "hook"), UNSIGNED)
@given(value=JSON)
def test_any_json(name: str, hook: str, value: object) -> None:
    it = ours(name)
    plan = next(one for one in it.plan.webhooks if one.name == hook)
    text = json.dumps(value)
    for body in (text, urlencode({plan.inner or "x": text})):
        read_or_turned(it, plan, Call(plan.methods[0], "", {}, body.encode(), ""))


@pytest.mark.parametrize("name", NAMES)
@given(
    body=st.binary(max_size=300) | JSON.map(lambda it: repr(it).encode("utf-8", "replace")),
    status=st.integers(100, 599),
)
def test_any_answer(name: str, body: bytes, status: int) -> None:
    it = ours(name)
    found = it.plan.response.verdicts(Answer(status, body), ["+8613800138000", "+8613900139000"], ["1", "2"])
    assert len(found) == 2
    assert all(verdict.reason or verdict.outcome.value == "accepted" for verdict in found)


@pytest.mark.parametrize("code", ["--5", "٣", "9" * 5000, "-", "1e9", "\x00", "0x10"])
def test_codes_that_are_no_numbers(code: str) -> None:
    body = json.dumps({"code": code, "msg": "x"})
    (verdict,) = ours("yunpian").plan.response.verdicts(Answer(200, body.encode()), ["+8613800138000"], ["1"])
    assert (verdict.outcome, verdict.code) == (Outcome.PERMANENT, 200)
    assert len(verdict.reason) <= 200


@pytest.mark.parametrize(
    ("reference", "total", "number", "concat"),
    [("7", "3", "2", Concat(7, 3, 2)), ("65536", "3", "1", Concat(63306, 3, 1)), ("a", "2", "1", Concat(59075, 2, 1)),
     ("7", "3", "4", None), ("7", "0", "0", None), ("", "3", "1", None), ("7", "x", "1", None),
     ("7", "999", "1", None)],
)  # fmt: skip
def test_parts_of_long_texts(reference: str, total: str, number: str, concat: Concat | None) -> None:
    body = f'{{"msisdn":"1","to":"2","concat-ref":"{reference}","concat-total":"{total}","concat-part":"{number}"}}'
    (sms,) = ours("vonage").told("sms", body).found
    assert isinstance(sms, IncomingSms)
    assert (sms.concat is None) == (concat is None)
    assert sms.concat is None or concat is None or sms.concat[1:] == concat[1:]
    assert reference != "7" or sms.concat == concat


@pytest.mark.parametrize(
    ("path", "found"),
    [("a", [1, {"b": "x"}]), ("a[0]", 1), ("$.a[1].b", "x"), ("a[2]", None), ("a.b", "whole"), ("a[1].c", None),
     ("c", None),     ("a[0].b", None), ("d-e", None), ("", {"a": [1, {"b": "x"}], "a.b": "whole"})],
)  # fmt: skip
def test_paths(path: str, found: object) -> None:
    assert document.path(path, "here").find({"a": [1, {"b": "x"}], "a.b": "whole"}) == found


@pytest.mark.parametrize("path", ["a..b", ".a.", "a[", "a[x]", "a]", "[0]b", "a[1234567]"])
def test_no_paths(path: str) -> None:
    with pytest.raises(ConfigError, match=r"^here: "):
        document.path(path, "here")


@pytest.mark.parametrize("text", ["{", "[" * 100_000, '{"a":', "", b"\xff", '"' + "\\ud800"])
def test_no_json(text: str | bytes) -> None:
    with pytest.raises(BadRequest):
        document.read_json(text)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", None), ("3", 3.0), ("0", 0.0), ("999999999", 3600.0), ("-1", None), ("1e3", None), ("soon", None),
     ("Wed, 25 Nov 2026 12:00:30 GMT", 30.0), ("Wed, 25 Nov 2026 11:00:00 GMT", 0.0),
     ("Thu, 26 Nov 2026 12:00:00 GMT", 3600.0), ("Wed, 99 Nov 2026 12:00:30 GMT", None)],
)  # fmt: skip
def test_retry_after(text: str, seconds: float | None) -> None:
    assert retry_after_s(text, datetime(2026, 11, 25, 12, 0, tzinfo=UTC)) == seconds

"""What providers behind HTTP answer and call us with: read or turned away with 4xx, in short time; and descriptions."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

from carriers.http import description
from carriers.http.callback import Call, Turned
from carriers.http.pattern import MAX_TEXT, compile_pattern
from carriers.http.response import Answer
from gateway.core.errors import ConfigError
from gateway.core.messages import DeliveryReport, IncomingSms
from tests.fuzz.target import Target, at_most

_TIME_S = 1.0
_PLANS = [description.load(name) for name in description.ours()]
_OPTIONS = [
    {"access_number": "10690"} | {f"option:{option.name}": option.default or "" for option in plan.options}
    for plan in _PLANS
]
#: Without secrets the signatures that are asked for by an option are not checked: what is behind them is to be reached.
_HOOKS = [(plan, options, hook) for plan, options in zip(_PLANS, _OPTIONS, strict=True) for hook in plan.webhooks]
_STATUSES = (200, 201, 202, 204, 302, 400, 401, 429, 500, 503)
_NUMBERS = ["+8613800138000", "+8618511122233"]


def check_answer(data: bytes) -> None:
    if len(data) < 2:
        return
    plan = _PLANS[data[0] % len(_PLANS)]
    with at_most(_TIME_S):
        verdicts = plan.response.verdicts(Answer(_STATUSES[data[1] % len(_STATUSES)], data[2:]), _NUMBERS, ["1", "2"])
    assert len(verdicts) == 2
    for verdict in verdicts:
        assert len(verdict.reason) <= 200


def check_call(data: bytes) -> None:
    if len(data) < 2:
        return
    plan, options, hook = _HOOKS[data[0] % len(_HOOKS)]
    head, _, body = data[2:].partition(b"\0")
    query = head.decode("latin-1")
    headers = {"x-twilio-signature": query}
    call = Call(hook.methods[0] if data[1] < 250 else "PUT", query, headers, body, f"https://hub/{query}")
    turned = 400
    with at_most(_TIME_S):
        try:
            told = hook.read(call, options, shared_ids=plan.ids_are_shared)
        except Turned as error:
            turned = error.status
        else:
            assert all(isinstance(one, DeliveryReport | IncomingSms) for one in told.found)
    assert 400 <= turned < 500


def check_description(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    with at_most(_TIME_S):
        told = "x.toml"
        try:
            description.read(text, "x.toml")
        except ConfigError as error:
            told = str(error)
        assert told.startswith("x.toml")
        try:
            pattern = compile_pattern(text, "x")
        except ConfigError:
            return
        pattern.match("a" * MAX_TEXT)
        pattern.match(text[:MAX_TEXT] * 4)


def answers() -> Iterator[bytes]:
    bodies = (
        b'{"Message":"OK","BizId":"1^0","Code":"OK"}', b'{"Code":"Throttling.User"}', b"0: Accepted for delivery",
        b'{"Response":{"SendStatusSet":[{"SerialNo":"5","PhoneNumber":"+8618511122233","Code":"Ok"}]}}',
        b'{"Response":{"Error":{"Code":"AuthFailure","Message":"x"}}}', b'{"sid":"SM1","status":"queued"}',
        b'{"code":21211,"message":"x"}', b'{"messages":[{"status":"0","message-id":"a"},{"status":"--5"}]}',
        b'{"code":-5,"msg":"x","sid":3310228982}', b"[" * 3000, b'{"Code":' + b"9" * 5000 + b"}", b"\xff",
    )  # fmt: skip
    for number in range(len(_PLANS)):
        for status, body in enumerate(bodies):
            yield bytes((number, status)) + body


def calls() -> Iterator[bytes]:
    bodies = (
        b'\0[{"phone_number":"139","success":true,"biz_id":"1"}]',
        b'\0[{"phone_number":"139","content":"x","dest_code":"1"}]',
        b"id=1&type=1&to=2&answer=x\0", b"id=1&from=2&to=3&text=%90%00&coding=2\0",
        b'\0[{"nationcode":"86","mobile":"139","report_status":"SUCCESS","sid":"1"}]',
        b'\0{"extend":"1","mobile":"139","nationcode":"86","text":"x"}', b"\0MessageSid=SM1&MessageStatus=sent&To=1",
        b'\0{"msisdn":"1","messageId":"2","status":"delivered","concat-ref":"1","concat-total":"3","concat-part":"2"}',
        b"\0sms_status=%5B%7B%22sid%22%3A1%2C%22report_status%22%3A%22FAIL%22%7D%5D", b"\0" + b"[" * 3000,
        b"\0sms_reply=%257B%2522mobile%2522%253A%25221%2522%257D",
    )  # fmt: skip
    for number in range(len(_HOOKS)):
        for body in bodies:
            yield bytes((number, 0)) + body


def descriptions() -> Iterator[bytes]:
    folder = resources.files("carriers.http.providers")
    for name in description.ours():
        yield folder.joinpath(f"{name}.toml").read_bytes()
    yield rb"(?P<code>\d+): (?P<reason>.*)"
    yield rb"a?a?a?a?a?(?:a|b)[^]x]{1,3}a*a*\w+?"


_WORDS = (
    b'"', b"{", b"}", b"[", b"]", b":", b",", b"null", b"true", b"[*]", b"%", b"&", b"=", b"\\ud800",
)  # fmt: skip
ANSWERS = Target(check_answer, answers, words=_WORDS)
CALLS = Target(check_call, calls, words=_WORDS)
DESCRIPTIONS = Target(
    check_description, descriptions, max_len=8192,
    words=tuple(word.encode() for word in (
        "[request]", "[response]", "[[webhook]]", "[request.form]", '"{text}"', "{option:", "|json}", "sorted = ",
        "(?P<x>", ".*", "a?", "|", "{1,9}", "items = ", "*", '"""',
    )),
)  # fmt: skip

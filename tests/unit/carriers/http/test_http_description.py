"""Descriptions and configurations: what is wrong in them is told with file and key, and what to do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from http_examples import body_json, invented, segment
from hypothesis import given
from hypothesis import strategies as st

from carriers.factory import KINDS
from carriers.http import description, response, signing, template
from carriers.http.config import HttpConfig
from carriers.http.values import REQUEST_VALUES
from gateway.config import read_tables
from gateway.core.errors import ConfigError
from gateway.core.messages import Outcome
from tests.fakes.http_provider import INVENTED

MINIMAL = """
title = "M"
[options]
key = { text = "the key" }
[request]
base = "https://m.example"
[response]
"""


def test_the_least_a_description_needs() -> None:
    it = invented(MINIMAL, key="k")
    assert it.request(segment()) == ("POST", "https://m.example/", (), b"")
    assert it.verdict(204, b"").outcome is Outcome.UNCERTAIN  # JSON is expected, and is not there
    it = invented(MINIMAL + 'format = "none"\n', key="k")
    assert it.verdict(204, b"").outcome is Outcome.ACCEPTED


def test_words_of_its_own() -> None:
    table = '[request.values.kind]\nof = "{alphabet}-{report}"\nucs2-1 = "A"\n"*" = "B"\n'
    it = invented(requested(table + '[request.json]\nk = "{value:kind}"'), key="k")
    assert [body_json(it.request(segment(text)))["k"] for text in ("您好", "hi")] == ["A", "B"]


def requested(text: str) -> str:
    """The least with something more in its request."""
    return MINIMAL.replace("[response]", text + "\n[response]")


def with_line(before: str, after: str, text: str = MINIMAL) -> str:
    assert before in text
    return text.replace(before, after, 1)


HOOK = '[[webhook]]\nname = "r"\nkind = "report"\nformat = "json"\n[webhook.fields]\nid = "i"\nstate = "s"\n'

POLL = HOOK.replace("webhook", "poll") + (
    "[poll.states]\nx = 'skip'\n[poll.request]\nbase = 'https://m.example'\npath = '/pull'\n"
)

#: what the description says, and what is said of it
MISTAKES: list[tuple[str, str]] = [
    ("title = ", "invented.toml: "),
    (with_line('title = "M"', ""), "invented.toml: title is needed"),
    (with_line('title = "M"', "title = 1"), "invented.toml title must be text, not 1"),
    (with_line('title = "M"', 'title = "M"\ncolour = 1'), "invented.toml: there is no key 'colour'; the keys are "),
    (with_line('title = "M"', 'title = "M"\nbatch = 0'), "batch must be a whole number from 1 to 1000, not 0"),
    (with_line('text = "the key"', "txt = 1"), "[options] [key]: text is needed"),
    (with_line("key =", "Key ="), "[options] Key: names of options are small letters"),
    (with_line("base", "bass"), "[request]: base is needed"),
    (requested("method = 'DELETE'"), "[request] method must be one of GET, POST, PUT"),
    (with_line("m.example", "{text}.example"), "[request] base: there is no value 'text'; the values are option:key"),
    (requested("path = '/{option:kee}'"), "[request] path: there is no value 'option:kee'"),
    (requested("[request.form]\na = '{txt}'"), "[request] form.a: there is no value 'txt'"),
    (requested("[request.form]\na = 1"), "[request] form.a must be text, not 1"),
    (requested("[request.form]\na = '1'\n[request.json]\nb = '2'"), "form and json cannot both"),
    (requested("method='GET'\n[request.form]\na = '1'"), "[request]: GET has no body"),
    (requested("[request.headers]\n'a b' = '1'"), "headers: 'a b' is no name of a header"),
    (requested("body = '{text}'"), "[request]: escape is needed"),
    (requested("[request.json]\na = 'x{segments|int}'"), "json.a: |int is the last filter"),
    (requested("[request.json]\na = 2020-01-01"), "is nothing JSON has"),
    (requested("json = " + "{a=" * 14 + "1" + "}" * 14), "nested more than 12 deep"),
    (requested("[[request.sign]]\nname='s'\nalgorithm='md6'"), "[[sign]] 1 algorithm must be one of"),
    (requested("[[request.sign]]\nname='s'\nalgorithm='hmac-md5'\nover='x'"), "1: key is needed"),
    (requested("[[request.sign]]\nname='s'\nalgorithm='md5'\nover='{sorted}'"), "go together"),
    (requested("[[request.sign]]\nname='s'\nalgorithm='md5'\nover='{sign:s}'"), "'sign:s'"),
    (requested("[[request.sign]]\nname='S'\nalgorithm='md5'\nover=''"), "names of steps"),
    (MINIMAL + "id = 'a[x]'\n", "[response] id: 'a[x]' is no path"),
    (MINIMAL + "id = '" + "a." * 20 + "a'\n", "a path has at most 16 steps"),
    (MINIMAL + "code = 'c'\n", "[response]: code needs a table [response.codes]"),
    (MINIMAL + "[response.codes]\nx = 'fine'\n", "[response] codes.x must be one of accepted, "),
    (MINIMAL + "[response.statuses]\nx = 'accepted'\n", "[response] statuses: 'x' is no HTTP status"),
    (MINIMAL + "format = 'text'\n", 'format = "text" and pattern go together'),
    (MINIMAL + "format = 'text'\npattern = '(a+)+'\n", "[response] pattern: a group cannot be repeated"),
    (MINIMAL + "id = 'a'\nown_id = true\n", "id is the provider's, own_id ours"),
    (MINIMAL + HOOK, "[[webhook]] 1: a report, and nothing else, needs [webhook.states]"),
    (MINIMAL + HOOK + "[webhook.states]\nx = 'gone'\n", "[[webhook]] 1 states.x must be one of delivered, "),
    (MINIMAL + HOOK.replace('id = "i"', ""), "needs [webhook.states]"),
    (MINIMAL + HOOK.replace('id = "i"', "") + "[webhook.states]\nx = 'skip'\n", "[webhook.fields] needs id"),
    (MINIMAL + HOOK.replace('"i"', '"{field:i}{x}"'), "fields] id: there is no value 'x'"),
    (MINIMAL + (HOOK + "[webhook.states]\nx = 'skip'\n") * 2, "[[webhook]]: two have the same name"),
    (MINIMAL + HOOK.replace('"r"', '"../r"'), "the name of a webhook is small letters"),
    (MINIMAL + HOOK.replace("[webhook.f", "inner = 'x'\n[webhook.f") + "[webhook.states]\nx = 'skip'\n", "inner: "),
    (MINIMAL + HOOK + "[webhook.states]\nx='skip'\n[webhook.check]\ngiven='{header:X}'\nours='{sign:x}'\n", "'sign:x'"),
    (MINIMAL + HOOK + "[webhook.states]\nx='skip'\n[webhook.check]\ngiven='x'\nours='y'\nwhen='z'\n", "no option 'z'"),
    (MINIMAL + POLL.replace("/pull", "/{text}"), "[[poll]] 1 [request] path: there is no value 'text'"),
    (MINIMAL + POLL.replace('"json"', '"form"'), '[[poll]] 1: format = "json", and none of method, inner, check'),
    (MINIMAL + HOOK + "[webhook.states]\nx='skip'\n[webhook.codings]\n1='utf-8'\n", "codings] needs charset"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "complaint"), MISTAKES)
def test_mistakes_are_told_with_file_and_key(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)) as told:
        description.read(text, "invented.toml")
    assert str(told.value).startswith("invented.toml")


@given(st.text(max_size=200))
def test_no_text_breaks_the_reader(text: str) -> None:
    with pytest.raises(ConfigError):
        description.read(text, "x.toml")


@given(st.data())
def test_no_change_breaks_the_reader(data: st.DataObject) -> None:
    lines = INVENTED.splitlines()
    at = data.draw(st.integers(0, len(lines) - 1))
    lines[at] = data.draw(st.sampled_from(["", "[request]", "x = 1", lines[at][:-2], "[[webhook]]", "[a]", "sign = 3"]))
    told = ""
    try:
        description.read("\n".join(lines), "x.toml")
    except ConfigError as error:
        told = str(error)
    assert not told or told.startswith("x.toml")


PAGE = (Path(__file__).parents[4] / "docs" / "http-providers.md").read_text(encoding="utf-8")


def test_the_example_of_the_page_is_one() -> None:
    example = PAGE.partition("## Write a description")[2].partition("```toml provider\n")[2].partition("```")[0]
    it = invented(example, key="k")
    assert body_json(it.request(segment("hi"))) == {"to": "+8613800138000", "text": "hi", "parts": 1}
    (report,) = it.told("report", '[{"ring":"r","where":"home","country":"86","number":"1"}]').found
    assert report.recipient == "+861"


def test_the_page_knows_every_value_and_every_description() -> None:
    assert [name for name in REQUEST_VALUES if f"`{name}`" not in PAGE] == []
    assert [name for name in description.ours() if f"| `{name}` |" not in PAGE] == []
    words = (*signing.ALGORITHMS, *template.FILTERS, *response.MEANINGS)
    assert [word for word in words if f"`{word}`" not in PAGE] == []


def options(**changes: Any) -> dict[str, Any]:
    return {"provider": "yunpian", "options": {"api_key": "k"}} | changes


@pytest.mark.parametrize(
    ("values", "complaint"),
    [
        (options(provider="pigeons"), "provider: there is no description 'pigeons'; there are aliyun, kannel, tencent"),
        (options(provider="/nowhere/x.toml"), "provider: /nowhere/x.toml cannot be read: No such file"),
        (options(options={}), "options: api_key is needed: APIKEY of the account"),
        (options(options={"api_key": "k", "kee": "k"}), "options: Yunpian has no 'kee'; its options are api_key"),
        (options(options={"api_key": 7}), "options: api_key must be text, not int; put it in quotes"),
        (options(base_url="sms.example"), "base_url: 'sms.example' is not https:// and a host"),
        (options(base_url="https://a/b"), "base_url: 'https://a/b' is not https:// and a host"),
        (options(parallel=0), "parallel: at least 1"),
        (options(batch=2), "batch: Yunpian takes 1 in one request"),
        (options(response_timeout_s=0.0), "connect_timeout_s, response_timeout_s: more than 0"),
        (options(poll_every_s=-1.0), "poll_every_s: 0 or more"),
        (options(provider="kannel", options={"username": "u", "password": "p"}, poll_every_s=5.0), "has no [[poll]]"),
        (options(webhook_port=70000), "webhook_port: a port"),
        (options(webhook_port=0), "webhook_token: anybody could invent what comes to report"),
        (options(webhook_port=0, webhook_allow=("10.0.0.0/99",)), "webhook_allow: '10.0.0.0/99'"),
        (options(webhook_url="hub.example"), "webhook_url: https:// and so on"),
        (options(provider="vonage", options={"api_key": "k", "api_secret": "s"}, webhook_port=0), "options.signature"),
    ],
)  # fmt: skip
def test_mistakes_in_the_configuration(values: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ConfigError, match=re.escape(complaint)):
        HttpConfig(**values)


def test_a_file_of_ones_own_is_named_in_errors(tmp_path: Path) -> None:
    file = tmp_path / "pigeons.toml"
    file.write_text(INVENTED.replace("[response]", "[response]\nformat = 'csv'"))
    link = {"name": "p", "protocol": "http", "provider": str(file), "options": {"key": "k", "secret": "s"}}
    complaint = f"caiyou.toml [[link]] 1 (p): {file} [response] format must be one of json, text, none, not 'csv'"
    with pytest.raises(ConfigError, match="^" + re.escape(complaint) + "$"):
        read_tables({"link": [link]}, "caiyou.toml")
    file.write_bytes(b"\xff")
    with pytest.raises(ConfigError, match="no UTF-8"):
        description.load(str(file))
    file.write_text("#" * 100_001)
    with pytest.raises(ConfigError, match="more than 100000 octets"):
        description.load(str(file))
    file.write_text(INVENTED)
    (entry,) = read_tables({"link": [link]}, "caiyou.toml").links
    assert entry.policy.whole_messages
    assert KINDS["http"].options is HttpConfig


def test_a_signed_provider_needs_no_token() -> None:
    HttpConfig(provider="twilio", options={"account_sid": "A", "auth_token": "t"}, webhook_port=0)

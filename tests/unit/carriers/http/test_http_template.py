"""Templates: no value breaks out of its place, and mistakes are told where they stand."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ElementTree
from urllib.parse import parse_qsl, urlsplit

import pytest
from http_examples import body_json, fields, header, invented, segment
from hypothesis import given
from hypothesis import strategies as st

from carriers.http import template
from gateway.core.errors import ConfigError

ANY_TEXT = st.text(st.characters(codec="utf-8"), max_size=60)
NASTY = "\"}{<>&'%\\\r\nHost: evil\0?=+;, ]]>您好😀\u2028"

HEAD = """
title = "Invented"
[options]
key = { text = "key" }
[request]
base = "https://sms.example"
"""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", ""),
        ("plain", "plain"),
        ("{text}", "a&b"),
        ("<{text}>", "<a&b>"),
        ("{{{text}}}", "{a&b}"),
        ("{text|percent}", "a%26b"),
        ("{text|xml}{text|upper}", "a&amp;bA&B"),
        ("{text|percent|percent}", "a%2526b"),
        ("{text|base64}", "YSZi"),
        ("{text|query}", "a&b?"),
    ],
)
def test_render(text: str, shown: str) -> None:
    assert template.parse(text, {"text"}, "here").render({"text": "a&b"}) == shown


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{nobody}", "f key: there is no value 'nobody'; the values are text"),
        ("{text|shout}", "f key: there is no filter 'shout'"),
        ("{text", "f key: a brace stands alone at character 1"),
        ("a}", "f key: a brace stands alone at character 2"),
        ("{}", "f key: a brace stands alone at character 1"),
        ("{text |xml}", "f key: a brace stands alone at character 1"),
    ],
)
def test_mistakes_are_told(text: str, complaint: str) -> None:
    with pytest.raises(ConfigError, match="^" + complaint.replace("|", r"\|")):
        template.parse(text, {"text"}, "f key")


@given(ANY_TEXT)
def test_a_text_stays_in_its_form_field(text: str) -> None:
    it = invented(HEAD + '[request.form]\nto = "{recipient}"\ntext = "{text}"\nlast = "1"\n[response]\n', key="k")
    found = fields(it.request(segment(text)).body)
    assert found == {"to": "+8613800138000", "text": text, "last": "1"}


@given(ANY_TEXT)
def test_a_text_stays_in_its_json_string(text: str) -> None:
    tree = (
        '[request.json]\nto = ["{recipient}"]\nmessage = { text = "<{text}>", flag = true, count = "{segments|int}" }\n'
    )
    found = body_json(invented(HEAD + tree + "[response]\n", key="k").request(segment(text)))
    assert found == {"to": ["+8613800138000"], "message": {"text": f"<{text}>", "flag": True, "count": 1}}


@given(ANY_TEXT)
def test_a_text_stays_in_json_within_a_form_field(text: str) -> None:
    it = invented(HEAD + '[request.form]\nparam = \'{{"t":"{text|json}"}}\'\n[response]\n', key="k")
    assert json.loads(fields(it.request(segment(text)).body)["param"]) == {"t": text}


@given(ANY_TEXT)
def test_a_text_stays_in_its_query_and_path(text: str) -> None:
    it = invented(
        HEAD + 'method = "GET"\npath = "/send/{text}/now"\n[request.query]\ntext = "{text}"\n[response]\n', key="k"
    )
    url = it.request(segment(text)).url
    assert url.isascii()
    parts = urlsplit(url)
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "sms.example", "")
    assert parts.path.count("/") == 3
    assert parts.path.startswith("/send/")
    assert dict(parse_qsl(parts.query, keep_blank_values=True)) == {"text": text}


@given(st.text(max_size=60))
def test_a_text_stays_in_its_xml_element(text: str) -> None:
    body = 'escape = "xml"\nbody = \'<sms to="{recipient}" note="{text}"><text>{text}</text></sms>\'\n'
    root = ElementTree.fromstring(invented(HEAD + body + "[response]\n", key="k").request(segment(text)).body)
    assert [child.tag for child in root] == ["text"]
    assert set(root.attrib) == {"to", "note"}
    if text.isprintable() and text.isascii():
        assert (root[0].text or "", root.attrib["note"]) == (text, text)


@given(st.text(max_size=60))
def test_a_text_ends_no_header(text: str) -> None:
    it = invented(HEAD + '[request.headers]\nX-Text = "{text}"\n"X-Sender?" = "{sender}"\n[response]\n', key="k")
    request = it.request(segment(text))
    assert all(" " <= char <= "~" for char in header(request, "X-Text"))
    assert [name for name, _ in request.headers] == ["X-Text"]  # what is empty and may be is left out


def test_lone_surrogates_and_controls_go_everywhere() -> None:
    places = '[request.headers]\nX = "{text}"\n[request.query]\na = "{text}"\n'
    for body in ('[request.form]\nb = "{text}"\n', '[request.json]\nb = "{text}"\n'):
        request = invented(HEAD + places + body + "[response]\n", key="k").request(segment(NASTY + "\ud800"))
        assert request.body
        assert "\n" not in header(request, "X")


def test_other_charsets() -> None:
    it = invented(HEAD + 'charset = "gbk"\n[request.form]\ntext = "{text}"\n[response]\n', key="k")
    request = it.request(segment("您好"))
    assert request.body == b"text=%C4%FA%BA%C3"
    assert header(request, "Content-Type") == "application/x-www-form-urlencoded; charset=gbk"

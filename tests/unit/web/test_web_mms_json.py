"""What an MMS by the API may hold, whatever somebody writes: a draft, or a problem that names its field."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gateway.core.mms import Way
from gateway.web.forms import Form
from gateway.web.mms_json import CARD, CONTENT, FIELDS, Given, _of_form, _parts, read_draft, read_terms
from gateway.web.problems import Problem
from mms.cards.catalogue import template
from mms.content import Part
from mms.drafts import Draft, named

NOW_MS = 1_795_000_000_000
WEEK_S = 604_800
SOME = ["love", "zh", "a.jpg", "image/jpeg", "AAEC", "2026-12-01T08:00:00+08:00", "1e999", "\x00", "\ud800", "مرحبا"]
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.sampled_from(SOME),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from([*CARD, "text", "visual", "audio", "duration_ms", "type", "name", "data"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=100, deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), VALUES, max_size=6))
def test_whatever_comes_is_a_draft_or_a_problem(fields: dict[str, Any]) -> None:
    seen = 422
    try:
        made = Given(fields, named(tuple(_parts(fields.get("parts", [])))))
        read_terms(made, NOW_MS, WEEK_S)
        read_draft(made).letter(sender="a@b.example", recipients=(), date_ms=NOW_MS, letter_id=1)
    except Problem as problem:
        seen = problem.status if problem.errors else 0
    assert seen == 422


def test_a_form_says_what_json_says() -> None:
    form = Form(
        (
            ("to", "13800138000"),
            ("to", "13900139000"),
            ("subject", "海边"),
            ("slides", '[{"text": "第一天"}]'),
            ("validity_s", "600"),
            ("report", "false"),
        ),
        (Part("image/jpeg", b"x", "a.jpg"),),
    )
    assert _of_form(form, FIELDS) == {
        "to": ["13800138000", "13900139000"],
        "subject": "海边",
        "slides": [{"text": "第一天"}],
        "validity_s": 600,
        "report": False,
    }


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ((("subject", "a"), ("subject", "b")), "subject"),
        ((("card", "{"),), "card"),
        ((("parts", "[]"),), "parts"),
    ],
)
def test_a_form_that_is_wrong_names_its_field(fields: tuple[tuple[str, str], ...], field: str) -> None:
    with pytest.raises(Problem) as caught:
        _of_form(Form(fields, ()), FIELDS)
    assert [error.field for error in caught.value.errors] == [field]


def test_terms_are_what_was_said() -> None:
    terms = read_terms(
        Given({"way": "mms", "not_before": "2026-12-01T08:00:00+08:00", "validity_s": 60, "report": False}, ()),
        NOW_MS,
        WEEK_S,
    )
    assert (terms.way, terms.not_before_ms, terms.validity_s, terms.want_report) == (
        Way.MMS, 1_796_083_200_000, 60, False,
    )  # fmt: skip
    usual = read_terms(Given({}, ()), NOW_MS, WEEK_S)
    assert (usual.way, usual.not_before_ms, usual.validity_s, usual.want_report) == (None, 0, WEEK_S, True)


def test_a_card_that_is_kept_takes_the_place_of_everything_else() -> None:
    kept = Draft("名片", card=template("love").example("zh"))
    assert read_draft(Given({"saved": "5", "subject": "新"}, ()), kept).subject == "新"
    for more in ("text", "slides", "card"):
        with pytest.raises(Problem):
            read_draft(Given({"saved": "5", more: []}, ()), kept)
    assert set(CONTENT) < set(FIELDS)
    assert base64.b64decode("AAEC") == next(_parts([{"type": "image/gif", "data": "AAEC"}])).data

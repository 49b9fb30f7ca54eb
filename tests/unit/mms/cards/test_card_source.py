from __future__ import annotations

import json

import pytest

from gateway.core.errors import BadRequest
from mms.cards.card import MAX_OCTETS, Card


def test_a_card_comes_back_from_its_json() -> None:
    card = Card.of(
        "mid-autumn", "zh", {"to": " 小明 ", "from": "王芳", "words": "一\r\n二"}, photo="me.jpg", tune="none"
    )
    assert Card.from_json(card.to_json()) == card
    assert card.fields == (("to", "小明"), ("from", "王芳"), ("words", "一\n二"))
    assert "小明" in card.to_json().decode()


def test_empty_values_are_no_fields() -> None:
    card = Card.of("love", "en", {"to": "", "from": "  "})
    assert card.fields == ()
    assert card.value("to") == ""


def test_a_change_keeps_what_it_does_not_name() -> None:
    card = Card.of("love", "en", {"to": "Ming", "from": "Fang"}).changed({"to": "", "words": "Hello"})
    assert dict(card.fields) == {"from": "Fang", "words": "Hello"}


def test_members_from_later_versions_are_left_out() -> None:
    document = json.loads(Card.of("love", "en", {"to": "Ming"}).to_json()) | {"music": [1, 2]}
    assert Card.from_json(json.dumps(document).encode()).value("to") == "Ming"


GOOD = {"card": 1, "template": "love", "language": "en", "fields": {"to": "Ming"}}


@pytest.mark.parametrize(
    "octets",
    [
        b"",
        b"\xff\xfe",
        b"[]",
        b"[" * 100_000,
        b"7",
        json.dumps(GOOD | {"card": 2}).encode(),
        json.dumps(GOOD | {"template": ""}).encode(),
        json.dumps(GOOD | {"template": "../../etc/passwd"}).encode(),
        json.dumps(GOOD | {"template": ["love"]}).encode(),
        json.dumps(GOOD | {"language": "fr"}).encode(),
        json.dumps(GOOD | {"fields": ["to"]}).encode(),
        json.dumps(GOOD | {"fields": {"to": 7}}).encode(),
        json.dumps(GOOD | {"fields": {"TO": "Ming"}}).encode(),
        json.dumps(GOOD | {"fields": {"to": "x" * 1_001}}).encode(),
        json.dumps(GOOD | {"fields": {"to": "a\0b"}}).encode(),
        json.dumps(GOOD | {"fields": {"to": "\ud800"}}).encode(),
        json.dumps(GOOD | {"fields": {f"f{n}": "x" for n in range(25)}}).encode(),
        json.dumps(GOOD | {"photo": "x" * 81}).encode(),
        json.dumps(GOOD | {"tune": "No Such"}).encode(),
        json.dumps(GOOD | {"padding": "x" * MAX_OCTETS}).encode(),
    ],
)
def test_what_is_no_card_is_one_error(octets: bytes) -> None:
    with pytest.raises(BadRequest):
        Card.from_json(octets)


def test_the_same_field_twice_is_refused() -> None:
    with pytest.raises(BadRequest):
        Card("love", "en", (("to", "a"), ("to", "b")))

from __future__ import annotations

import re

import pytest

from gateway.core.errors import NotFound
from mms.cards.card import LANGUAGES, Card
from mms.cards.catalogue import CardTemplate, Genre, template, templates
from mms.cards.fields import CardIncomplete, Kind, problems
from mms.cards.scenery import PLATES, SCENES
from mms.preview.fonts import can_write
from templates.engine import load

ALL = templates()
IDS = [one.key for one in ALL]
COLOUR = re.compile("#[0-9a-f]{6}")


def test_there_are_enough_of_each_genre() -> None:
    assert len(ALL) >= 12
    assert sum(one.genre is Genre.BUSINESS for one in ALL) >= 4
    assert len({one.scene for one in ALL}) == len(ALL)


def test_every_artwork_is_used() -> None:
    assert {one.scene for one in ALL} == set(SCENES) | set(PLATES)
    assert sum(one.moves for one in ALL) >= 4


@pytest.mark.parametrize("look", ALL, ids=IDS)
def test_its_data_are_whole(look: CardTemplate) -> None:
    for language in LANGUAGES:
        assert look.names[language]
        example = look.example(language)
        look.check(example)
        assert all(can_write(value) for _, value in example.fields)
        if look.genre is not Genre.BUSINESS:
            assert 0 < len(look.headlines[language]) <= 28
            assert look.words[language]
    assert set(look.places) == ({"text", "photo"} if look.genre is Genre.BUSINESS else {"headline", "words"})
    for place in look.places.values():
        left, top, right, bottom = place.box
        assert 0 <= left < right <= 1
        assert 0 <= top < bottom <= 1
        assert all(COLOUR.fullmatch(colour) for colour in (*place.ink, place.edge or "#000000"))
        assert len(place.ink) in (1, 2)
    for field in look.fields:
        assert field.labels.keys() == field.prompts.keys() == set(LANGUAGES)


def test_what_sms_dialogues_ask_is_there() -> None:
    keys = [field.key for field in template("business-plain").fields]
    assert keys[:4] == ["company", "title", "name", "phone"]


def test_an_unknown_template_is_not_found() -> None:
    with pytest.raises(NotFound):
        template("no-such")


def test_both_languages_have_the_same_texts() -> None:
    for medium in ("cards", "preview"):
        chinese, english = (load(medium, language) for language in LANGUAGES)
        assert chinese.keys() == english.keys()
        for key, text in chinese.items():
            assert set(text.fields) == set(english[key].fields), key


@pytest.mark.parametrize(
    ("values", "field", "says"),
    [
        ({"phone": "13800138000"}, "name", "请填写姓名。"),
        ({"name": "王小明"}, "phone", "请填写电话。"),
        ({"name": "王" * 25, "phone": "13800138000"}, "name", "姓名最多24个字，现在有25个。"),
        ({"name": "王\n明", "phone": "13800138000"}, "name", "只能写一行"),
        ({"name": "王", "phone": "电话"}, "phone", "不像电话号码"),
        ({"name": "王", "phone": "010-62345678转801", "email": "ming"}, "email", "不像电子邮箱"),
        ({"name": "王", "phone": "13800138000", "web": "not a site"}, "web", "不像网址"),
        ({"name": "王", "phone": "13800138000", "wife": "x"}, "wife", "没有“wife”这一项"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(values: dict[str, str], field: str, says: str) -> None:
    look = template("business-ink")
    found = problems(Card.of(look.key, "zh", values), look.fields)
    assert [one.field for one in found] == [field]
    assert says in found[0].sentence
    with pytest.raises(CardIncomplete, match=says[:4]) as raised:
        look.check(Card.of(look.key, "zh", values))
    assert raised.value.problems == tuple(found)


@pytest.mark.parametrize(
    "number", ["13800138000", "+86 138 0013 8000", "010-62345678", "(0755) 2345678", "010-62345678 ext. 12"]
)
def test_numbers_as_people_write_them_are_good(number: str) -> None:
    look = template("business-ink")
    assert problems(Card.of(look.key, "en", {"name": "Ming", "phone": number}), look.fields) == []


def test_only_texts_may_have_several_lines() -> None:
    kinds = {field.key: field.kind for look in ALL for field in look.fields}
    assert kinds["words"] is Kind.TEXT
    assert kinds["from"] is Kind.LINE

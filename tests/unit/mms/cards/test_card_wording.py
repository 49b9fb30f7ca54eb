from __future__ import annotations

import pytest

from gateway.core.text import choose, units
from mms.cards.card import LANGUAGES, Card
from mms.cards.catalogue import CardTemplate, template, templates
from mms.cards.wording import letter, subject, text

ALL = templates()


@pytest.mark.parametrize("look", ALL, ids=[one.key for one in ALL])
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("limit", [20, 55, 70, 140, 160, 400])
def test_an_sms_keeps_to_its_limit(look: CardTemplate, language: str, limit: int) -> None:
    said = text(look.example(language), limit)
    assert said
    assert units(said, choose(said)) <= limit


def test_a_greeting_says_who_it_is_from_even_when_it_is_cut() -> None:
    card = Card.of("mid-autumn", "zh", {"to": "小明", "from": "王芳", "words": "花好月圆人长久" * 20})
    said = text(card, 70)
    assert said.startswith("小明：")
    assert said.endswith("…——王芳")


def test_a_short_greeting_is_said_whole() -> None:
    card = Card.of("love", "en", {"to": "Ming", "from": "Fang"})
    assert text(card, 160) == "Dear Ming, I Love You! Today, tomorrow, always. — Fang"


def test_names_longer_than_the_limit_are_cut_somewhere() -> None:
    card = Card.of("love", "zh", {"to": "很长的名字" * 4, "from": "也很长的名字" * 3})
    assert units(text(card, 30), choose(text(card, 30))) <= 30


def test_a_business_card_gives_up_its_last_lines_first() -> None:
    card = template("business-ink").example("zh")
    assert text(card, 400).splitlines() == [
        "王小明 技术总监",
        "电话 138 0013 8000",
        "彩邮科技有限公司",
        "邮箱 ming@caiyou.example",
        "网址 www.caiyou.example",
        "地址 北京市海淀区知春路1号",
    ]
    assert text(card, 40).splitlines() == ["王小明 技术总监", "电话 138 0013 8000", "彩邮科技有限公司"]


def test_an_invitation_says_when_and_where() -> None:
    look = template("invitation")
    said = letter(look.example("en"), look)
    assert said.splitlines()[0] == "Dear Mr Li,"
    assert "When: 1 October, 2 pm" in said
    assert said.splitlines()[-1] == "— Caiyou"


def test_the_subject_is_one_line() -> None:
    assert subject(template("mid-autumn").example("zh")) == "中秋快乐"
    assert subject(template("business-ink").example("zh")) == "王小明 彩邮科技有限公司"
    assert all("\n" not in subject(look.example("en")) for look in ALL)

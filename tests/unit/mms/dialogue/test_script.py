"""The making of a card by SMS: every step, every word, and no text that breaks it."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gateway.core import text as sms_text
from mms.cards.catalogue import template, templates
from mms.dialogue import script
from mms.dialogue.script import PREVIEW, RECIPIENT, TEMPLATE, State, Turn

BUSINESS = next(place for place, look in enumerate(templates(), 1) if look.genre == "business")
GREETING = next(place for place, look in enumerate(templates(), 1) if look.genre != "business")


def play(*texts: str, language: str = "zh") -> Turn:
    turn = script.begin(language)
    for text in texts:
        assert turn.state is not None, f"over before {text!r}"
        turn = script.answer(turn.state, text)
    return turn


def filled(look_number: int, language: str = "zh") -> list[str]:
    """What answers every question of a template."""
    look = templates()[look_number - 1]
    example = look.example(language)
    return [str(look_number), *(example.value(field.key) or "跳过" for field in look.fields)]


def test_the_whole_way_of_a_business_card() -> None:
    begun = script.begin("zh")
    assert begun.state is not None
    assert begun.state.step == TEMPLATE
    assert templates()[0].names["zh"] in begun.reply
    asked = play(str(BUSINESS))
    look = templates()[BUSINESS - 1]
    assert look.fields[0].prompts["zh"] in asked.reply
    assert [field.key for field in look.fields[:4]] == ["company", "title", "name", "phone"]
    to = play(*filled(BUSINESS))
    assert to.state is not None
    assert to.state.step == RECIPIENT
    preview = play(*filled(BUSINESS), "13900139000")
    assert preview.state is not None
    assert preview.state.step == PREVIEW
    assert look.example("zh").value("name") in preview.reply
    assert "13900139000" in preview.reply
    done = play(*filled(BUSINESS), "139 0013 9000", "OK")
    assert done.state is None
    assert done.card is not None
    assert done.recipient == "+8613900139000"
    look.check(done.card)
    assert done.card.fields == look.example("zh").fields


def test_a_greeting_in_english_by_name() -> None:
    look = templates()[GREETING - 1]
    example = look.example("en")
    turn = play(
        look.names["en"], *(example.value(f.key) or "skip" for f in look.fields), "+8613900139000", "Yes", language="en"
    )
    assert turn.card is not None
    assert turn.card.language == "en"


def test_back_goes_one_step_and_keeps_what_was_said() -> None:
    answers = filled(BUSINESS)
    look = templates()[BUSINESS - 1]
    turn = play(*answers[:3], "返回")
    assert turn.state is not None
    assert turn.state.step == look.fields[1].key
    assert turn.state.values[look.fields[0].key] == answers[1]
    again = play(str(BUSINESS), "back", "返回", "上一步")
    assert again.state is not None
    assert again.state.step == TEMPLATE


def test_one_field_is_changed_at_the_preview() -> None:
    look = templates()[BUSINESS - 1]
    turn = play(*filled(BUSINESS), "13900139000", "3 王小明")
    assert turn.state is not None
    assert turn.state.values[look.fields[2].key] == "王小明"
    assert "王小明" in turn.reply
    recipient = play(*filled(BUSINESS), "13900139000", f"{len(look.fields) + 1} 13700137000", "ok")
    assert recipient.recipient == "+8613700137000"


def test_cancel_help_and_more() -> None:
    assert play("取消").state is None
    assert play(str(GREETING), "cancel").state is None
    helped = play(str(BUSINESS), "帮助")
    assert helped.state is not None
    assert helped.state.step == templates()[BUSINESS - 1].fields[0].key
    more = play("更多")
    assert more.state is not None
    assert more.state.page == 1
    round_ = play(*["更多"] * -(-len(templates()) // script.PAGE))
    assert round_.state is not None
    assert round_.state.page == 0


def test_wrong_answers_say_what_is_expected_and_stay() -> None:
    for wrong in ("999", "没有的模板", ""):
        turn = play(wrong)
        assert turn.state is not None
        assert turn.state.step == TEMPLATE
    number = play(*filled(BUSINESS), "hello")
    assert number.state is not None
    assert number.state.step == RECIPIENT
    unclear = play(*filled(BUSINESS), "13900139000", "maybe")
    assert unclear.state is not None
    assert unclear.state.step == PREVIEW
    long = play(str(BUSINESS), "长" * 900)
    assert long.state is not None
    assert long.state.step == templates()[BUSINESS - 1].fields[0].key


def test_a_required_field_cannot_be_skipped() -> None:
    for place, look in enumerate(templates(), 1):
        first = look.fields[0]
        turn = play(str(place), "跳过")
        assert turn.state is not None
        assert (turn.state.step == first.key) is first.required


@given(
    st.lists(
        st.text(max_size=60)
        | st.sampled_from(["1", "ok", "返回", "更多", "13900139000", "跳过", "2 x", "help", "8878", "2"]),
        max_size=25,
    )
)
def test_no_text_breaks_it_and_every_answer_fits_a_few_segments(texts: list[str]) -> None:
    turn = script.begin("zh")
    for text in texts:
        if turn.state is None:
            break
        turn = script.begin_again(turn.state) if text == "8878" else script.answer(turn.state, text)
        assert turn.reply
        assert len(sms_text.split(turn.reply, sms_text.choose(turn.reply))) <= 6
        assert (turn.card is None) == (turn.recipient == "")


def test_questions_of_all_templates_are_short() -> None:
    for place, look in enumerate(templates(), 1):
        for language in ("zh", "en"):
            for field in look.fields:
                state = State(field.key, language, look.key)
                reply = script.question(state)
                assert len(sms_text.split(reply, sms_text.choose(reply))) <= 2, (place, field.key)
    assert template(templates()[0].key) is templates()[0]


def test_a_card_half_made_is_gone_on_with_or_dropped() -> None:
    half = play(*filled(BUSINESS)[:3]).state
    assert half is not None
    asked = script.begin_again(half)
    assert asked.state is not None
    assert script.begin_again(asked.state) == asked
    for word in ("1", "继续", "ok", "返回"):
        assert script.answer(asked.state, word) == Turn(half, script.question(half))
    assert script.answer(asked.state, "重做").state == script.begin("zh").state
    assert script.answer(asked.state, "什么") == asked
    assert script.answer(asked.state, "取消").state is None

"""The texts: every language has the same keys and fields, and a missing field is named."""

import pytest

from gateway.core import text
from templates import engine


@pytest.mark.parametrize("medium", engine.MEDIA)
@pytest.mark.parametrize("language", engine.LANGUAGES)
def test_every_language_has_the_same_keys_and_fields(medium: str, language: str) -> None:
    english = engine.load(medium, engine.FALLBACK)
    other = engine.load(medium, language)
    assert {key: sorted(set(template.fields)) for key, template in other.items()} == {
        key: sorted(set(template.fields)) for key, template in english.items()
    }


def test_a_text_is_filled_by_name() -> None:
    assert engine.sms_texts("zh").render("number_code", code="123456", minutes=10) == (
        "【彩邮】验证码123456，10分钟内有效。如非本人操作请忽略，勿告诉他人。"
    )


def test_a_route_that_signs_itself_gets_a_text_without_signature() -> None:
    assert engine.sms_texts("zh").render("over_cap", signature="", count=20) == "今日提醒已达20条，其余见信箱"


def test_an_unknown_language_reads_english() -> None:
    assert engine.mail_texts("xx").render("reply_subject", subject="Tea") == "Re: Tea"


@pytest.mark.parametrize(
    ("key", "fields", "named"),
    [("number_code", {"code": "1"}, "sms/zh.toml: number_code: the field minutes"), ("nothing", {}, "nothing")],
)
def test_what_is_missing_is_named(key: str, fields: dict[str, object], named: str) -> None:
    with pytest.raises(engine.TextMissing, match=named):
        engine.sms_texts("zh").render(key, **fields)


@pytest.mark.parametrize("bad", ["{a.b}", "{a[0]}", "{0}", "{}", "{a!r}", "{a:>9}", "{a", "a}"])
def test_fields_are_plain_words(bad: str) -> None:
    with pytest.raises(engine.TextMissing):
        engine.Template.parse("key", bad, "file")


def test_braces_can_be_written() -> None:
    assert engine.Template.parse("key", "{{{a}}}", "file").fill({"a": 1}) == "{1}"


def test_a_field_is_not_read_as_a_template() -> None:
    assert engine.Template.parse("key", "{a}", "file").fill({"a": "{b}"}) == "{b}"


@pytest.mark.parametrize("language", engine.LANGUAGES)
@pytest.mark.parametrize(
    "key",
    [
        "number_code",
        "number_proved",
        "stop_done",
        "start_done",
        "over_cap",
        "help",
        "no_mail_found",
        "list_empty",
    ],
)
def test_fixed_answers_go_out_in_one_message(language: str, key: str) -> None:
    shown = engine.sms_texts(language).render(key, code="123456", minutes=10, count=20, days=3)
    assert text.fits(shown, 1)

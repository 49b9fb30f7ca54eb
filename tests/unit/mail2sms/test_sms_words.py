"""Words alone, and texts that a program wrote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail2sms.words import Word, asks_for_list, code_of, is_from_program, word_of


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("退订", Word.STOP),
        ("T", Word.STOP),
        (" t。", Word.STOP),
        ("ＴＤ", Word.STOP),
        ("td", Word.STOP),
        ("取消", Word.STOP),
        ("STOP", Word.STOP),
        ("Stop!", Word.STOP),
        ("“退订”", Word.STOP),
        ("unsubscribe", Word.STOP),
        ("QUIT", Word.STOP),
        ("0", Word.STOP),
        ("０", Word.STOP),
        ("START", Word.START),
        ("恢复", Word.START),
        ("开通", Word.START),
        ("kt", Word.START),
        ("帮助", Word.HELP),
        ("?", Word.HELP),
        ("？", Word.HELP),
        ("HELP", Word.HELP),
        ("T恤到了吗", None),
        ("请取消会议", None),
        ("stop by at 5", None),
        ("10", None),
        ("", None),
        ("。", None),
        ("t" * 100_000, None),
    ],
)
def test_words(text: str, word: Word | None) -> None:
    assert word_of(text) is word


@pytest.mark.parametrize(
    ("text", "code"),
    [("482913", "482913"), (" 482913。", "482913"), ("４８２９１３", "482913"), ("48291", None), ("code 482913", None)],
)
def test_codes(text: str, code: str | None) -> None:
    assert code_of(text) == code


@pytest.mark.parametrize(
    ("text", "program"),
    [
        ("【银行】您尾号1234的卡", True),
        ("【彩邮】邮件提醒已暂停。", True),
        ("[Caiyou] Mail notices are paused.", True),
        ("自动回复：我正在开会", True),
        ("[自动回复] 稍后", True),
        ("您好，我现在正在开车，稍后联系您", True),
        ("我正在开会，稍后回复。", True),
        ("I'm driving, call you later", True),
        ("Auto-Reply: away", True),
        ("Automatic reply: away", True),
        ("我在外地(自动回复)", True),
        ("好的，下午见", False),
        ("我正在开会，你先看合同？", False),
        ("收到，谢谢", False),
        ("我开车过来，五点到", False),
        ("", False),
    ],
)
def test_programs(text: str, program: bool) -> None:
    assert is_from_program(text, ("【彩邮】", "[Caiyou] ")) is program


@given(st.text(max_size=400))
def test_any_text_is_judged(text: str) -> None:
    word_of(text)
    code_of(text)
    is_from_program(text, ("【彩邮】",))


@pytest.mark.parametrize("text", ["1", "１", " 1\r\n"])
def test_one_asks_for_the_list(text: str) -> None:
    assert asks_for_list(text)
    assert word_of(text) is None


@pytest.mark.parametrize("text", ["", "2", "9", "11", "1.", "①", "一", "1 OK", "-1"])
def test_nothing_else_asks_for_the_list(text: str) -> None:
    assert not asks_for_list(text)

"""Words a phone may send alone: stop, start, help, 1 for the list; and texts that a program wrote. Pure."""

from __future__ import annotations

import enum
import re
import unicodedata
from typing import Final

MAX_WORD: Final = 24  # characters; a longer text is never a word alone


class Word(enum.StrEnum):
    """What a phone wants when it writes one word."""

    STOP = "stop"
    START = "start"
    HELP = "help"


_STOP: Final = (
    "退订", "退訂", "t", "td", "tt", "取消", "停止", "暂停", "拒收", "r", "0", "00",
    "stop", "stopall", "stop all", "unsubscribe", "quit", "cancel", "end",
)  # fmt: skip
_START: Final = ("恢复", "恢復", "开通", "開通", "重新开通", "kt", "hf", "start", "unstop", "resume")
_HELP: Final = ("帮助", "幫助", "?", "??", "help", "bz")

_WORDS: Final[dict[str, Word]] = (
    dict.fromkeys(_STOP, Word.STOP) | dict.fromkeys(_START, Word.START) | dict.fromkeys(_HELP, Word.HELP)
)
_EDGES: Final = " \t\r\n.,;:!。、，；：！\"'“”‘’「」《》<>()[]【】*#~-_\u200b\ufeff"

# A text in 【】 or [] first is signed, as programs must sign in China; the rest is what phones answer by themselves.
_PROGRAM: Final = re.compile(
    r"""\s*(?:【[^【】]{1,20}】
        |\W{0,3}(?:自动回复|自動回覆|自动答复|自动短信|系统自动|语音留言|来电提醒|漏话提醒|呼叫转移
            |auto[- ]?(?:reply|response|answer|matic\ reply|matic\ response)|out\ of\ (?:the\ )?office)
        |(?:您好[,， ]?)?(?:我|本人|机主)(?:现在|正在|暂时)?(?:正在)?(?:开车|驾驶|开会)
            [^？?]{0,40}(?:稍后|一会|回电|联系|回复)
        |(?:i'm|i\ am)\ (?:currently\ )?driving\b
        |.{0,300}[(（\[](?:自动回复|auto[- ]?reply)[)）\]]\s*$
    )""",
    re.IGNORECASE | re.VERBOSE | re.DOTALL,
)


def fold(text: str) -> str:
    """The text as words are compared: NFKC (full-width letters become plain), lower case, edges without signs."""
    return unicodedata.normalize("NFKC", text[:200]).strip(_EDGES).casefold()


def word_of(text: str) -> Word | None:
    """The word this text is, if it is nothing else."""
    return _WORDS.get(fold(text)) if len(text) <= 200 and len(fold(text)) <= MAX_WORD else None


def asks_for_list(text: str) -> bool:
    """Is this 1 and nothing else, as the texts say for the list of mails? Other digits are answers like any text."""
    return text.strip() in ("1", "\uff11")


def code_of(text: str) -> str | None:
    """The six digits this text is, if it is nothing else."""
    folded = fold(text)
    return folded if len(folded) == 6 and folded.isascii() and folded.isdigit() else None


def is_from_program(text: str, signatures: tuple[str, ...] = ()) -> bool:
    """Was this text written by a program: an answering phone, another service, or ourselves (our signature)?"""
    stripped = text.strip()
    if any(signature.strip() and stripped.startswith(signature.strip()) for signature in signatures):
        return True
    return _PROGRAM.match(text[:500]) is not None

"""What must not travel by SMS without the member's leave: one-time codes, passwords, full card numbers."""

from __future__ import annotations

import re
from typing import Final

_WINDOW: Final = 40  # characters around a word like 验证码 in which its code stands

_CODE_WORD: Final = re.compile(
    r"验证码|驗證碼|校验码|校驗碼|动态码|動態碼|动态密码|動態密碼|动态口令|一次性密码|一次性密碼|确认码|激活码|登录码|授权码|提取码"
    r"|verif\w{0,8}\s+code|security\s+code|confirm\w{0,6}\s+code|log-?in\s+code|access\s+code|authentication\s+code"
    r"|one[- ]time\s+(?:code|pass\w{0,4}|pin)|\botp\b|\bpasscode\b|\bpin\s+(?:code|is)|your\s+code\b|\bcode\s+is\b",
    re.IGNORECASE,
)
_CODE: Final = re.compile(
    r"(?<![0-9A-Za-z.])(?:[A-Za-z]{1,3}-)?(?=[A-Za-z]{0,8}[0-9])"
    r"(?:[0-9A-Za-z]{4,10}|[0-9]{3}[ -][0-9]{3})(?![0-9A-Za-z@]|\s?[年月日时点元号/:：.%](?![^0-9])?[0-9]?)"
)
_PASSWORD: Final = re.compile(
    r"(?:密码|密碼|口令|password|passwd|pwd)\s{0,3}(?:是|为|為|is|are|=|:|：|\s){1,4}\s{0,3}[\"'“「]?"
    r"(?=[!-~]*[0-9A-Za-z])(?!(?:reset|change|expire|for|the|your|has|was|and|or|in|to|not|will|about|been)\b)[!-~]{4,64}",
    re.IGNORECASE,
)
_CARD: Final = re.compile(r"(?<![0-9])[0-9](?:[ -]?[0-9]){12,18}(?![0-9])")
_FULL_WIDTH: Final = {full: chr(full - 0xFEE0) for full in range(0xFF01, 0xFF5F)}


def has_code(text: str) -> bool:
    """Does the text give a one-time code: a word for one, and something like a code near it?"""
    plain = text.translate(_FULL_WIDTH)
    return any(
        _CODE.search(plain, max(0, match.start() - _WINDOW), match.end() + _WINDOW)
        for match in _CODE_WORD.finditer(plain)
    )


def has_password(text: str) -> bool:
    """Does the text give a password?"""
    return _PASSWORD.search(text.translate(_FULL_WIDTH)) is not None


def hide_codes(text: str) -> str:
    """The text with everything that looks like a code as ****."""
    return _CODE.sub("****", text.translate(_FULL_WIDTH) if has_code(text) else text)


def hide_cards(text: str) -> str:
    """The text with all but the last four digits of card numbers (13 to 19 digits, Luhn check) hidden."""
    return _CARD.sub(_hidden_card, text)


def _hidden_card(match: re.Match[str]) -> str:
    digits = [int(char) for char in match[0] if char.isdigit()]
    total = sum(digits[-1::-2]) + sum(sum(divmod(2 * digit, 10)) for digit in digits[-2::-2])
    return f"****{match[0][-4:]}" if total % 10 == 0 else match[0]

"""How Chinese names are said, in Latin letters without tones: 张三 is found by zhangsan and zs."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Iterator
from itertools import islice, product
from pathlib import Path
from typing import Final

#: Characters of a name that are looked at, and spellings of one name that are kept.
MAX_CHARS: Final = 16
MAX_SPELLINGS: Final = 4

# Family names that are said otherwise than the character mostly is, after 现代汉语词典.
_SURNAMES: Final = {
    "万俟": "mo qi", "尉迟": "yu chi", "长孙": "zhang sun", "单于": "chan yu", "宰父": "zai fu", "澹台": "tan tai",
    "曾": "zeng", "单": "shan", "仇": "qiu", "解": "xie", "查": "zha", "任": "ren", "盖": "ge", "区": "ou",
    "朴": "piao", "翟": "zhai", "缪": "miao", "乐": "yue", "员": "yun", "洗": "xian", "冼": "xian", "覃": "qin",
    "召": "shao", "纪": "ji", "折": "she", "黑": "he", "盛": "sheng", "佴": "nai", "宓": "mi", "牟": "mu", "秘": "bi",
    "逄": "pang", "种": "chong", "繁": "po", "华": "hua", "燕": "yan", "那": "na", "谌": "chen", "阚": "kan",
    "幺": "yao", "郇": "xun", "句": "gou", "晁": "chao", "隗": "wei", "撒": "sa", "能": "nai", "适": "kuo",
}  # fmt: skip


@functools.cache
def _table() -> dict[str, tuple[str, ...]]:
    """Character -> its readings, the usual one first."""
    readings: dict[str, tuple[str, ...]] = {}
    also: list[tuple[str, str]] = []
    for line in (Path(__file__).with_suffix(".txt")).read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            continue
        syllable, usual, others = line.split("\t")
        readings.update(dict.fromkeys(usual, (syllable,)))
        also += [(char, syllable) for char in others]
    for char, syllable in also:
        readings[char] = (*readings[char], syllable)
    return readings


def is_han(char: str) -> bool:
    """Is it a Chinese character?"""
    return "\u3400" <= char <= "\u9fff"


def tokens(name: str) -> list[tuple[str, ...]]:
    """The readings of each Chinese character of a name, the likeliest first, and each run of others in lower case.

    A character at the front is read as a family name. What is neither letter nor digit divides; at most MAX_CHARS
    tokens are given.
    """
    text = folded(name)
    found: list[tuple[str, ...]] = []
    if len(text) > 2 and text[:2] in _SURNAMES:
        found = [(syllable,) for syllable in _SURNAMES[text[:2]].split()]
        text = text[2:]
    run = ""
    for char in text:
        if is_han(char):
            if run:
                found.append((run,))
                run = ""
            readings = _table().get(char, (char,))
            if not found and char in _SURNAMES:
                readings = tuple(dict.fromkeys((_SURNAMES[char], *readings)))
            found.append(readings)
        elif char.isalnum():
            run += char
        elif run:
            found.append((run,))
            run = ""
    if run:
        found.append((run,))
    return found[:MAX_CHARS]


def sort_key(name: str) -> str:
    """What a name is sorted by: Chinese by its sound, syllable by syllable; others in lower case."""
    return " ".join(readings[0] for readings in tokens(name)) or folded(name)


def spellings(name: str, *, later_parts: bool = True) -> Iterator[str]:
    """What may be typed to find a name: it and its later parts, as written, by sound, and by initials.

    张三丰: 张三丰 三丰 丰 zhangsanfeng sanfeng feng zsf sf zsanfeng. All in lower case, without accents; some come
    twice. Without `later_parts` only from the front.
    """
    text = folded(name)
    if not text:
        return
    yield text
    parts = tokens(name)
    chinese = any(is_han(char) for char in text)
    if later_parts:
        if chinese:
            yield from (text[place:] for place in range(1, min(len(text), MAX_CHARS)) if is_han(text[place]))
            if len(parts) > 1:
                yield parts[0][0][0] + "".join(readings[0] for readings in parts[1:])
        else:
            pieces = text.split()[:MAX_CHARS]
            yield from (" ".join(pieces[place:]) for place in range(1, len(pieces)))
    for place in range(len(parts) if later_parts else 1):
        for spelled in islice(product(*parts[place:]), MAX_SPELLINGS):
            if chinese:
                sound = "".join(spelled)
                yield sound
                if "lv" in sound or "nv" in sound:  # ü where a keyboard has none
                    yield sound.replace("lv", "lu").replace("nv", "nu")
            if len(spelled) > 1:
                yield "".join(syllable[0] for syllable in spelled)


def folded(text: str) -> str:
    """In lower case, full-width letters as plain ones, without accents and doubled blanks."""
    if text.isascii():
        return " ".join(text.lower().split())
    plain = unicodedata.normalize("NFKD", text)
    kept = "".join(char for char in plain if not unicodedata.combining(char))
    return " ".join(unicodedata.normalize("NFKC", kept).casefold().split())

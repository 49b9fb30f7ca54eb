"""Words by which a mail is found: Chinese by overlapping pairs of characters, other scripts by words. Pure.

Chinese has no spaces, and dictionaries miss names; pairs find every word of two characters and more exactly. 合同评审
becomes 合同 同评 评审 审: the last character of a run stands alone, so that every single one is found as a beginning.
"""

from __future__ import annotations

import enum
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

#: Words of one field; PostgreSQL counts no places beyond 16 383.
MAX_WORDS: Final = 16_000
#: Characters of one word; longer ones (Base64 that slipped through) are cut.
MAX_WORD: Final = 40
#: Characters of a question, and pieces between its blanks.
MAX_QUESTION: Final = 200
MAX_PIECES: Final = 12

# Scripts written without blanks: CJK with kana and hangul, and those of South-East Asia.
_PAIRED: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u2fff\u3005-\u3007\u3021-\u3029\u3040-\u318f\u31a0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U0003ffff"
)
_RUN: Final = re.compile(rf"([{_PAIRED}]+)|((?:(?![{_PAIRED}])[^\W_])+)")


class Field(enum.StrEnum):
    """Where a word stands in a mail."""

    ANY = ""
    SENDER = "sender"
    SUBJECT = "subject"
    BODY = "body"
    FILES = "files"  # names of attachments


FIELDS: Final = (Field.SENDER, Field.SUBJECT, Field.BODY, Field.FILES)


@dataclass(frozen=True, slots=True)
class SearchText:
    """What is found of one mail, field by field."""

    sender: str
    subject: str
    body: str
    files: str

    def of(self, field: Field) -> str:
        """The text of a field."""
        return str(getattr(self, field.value))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Words that must follow each other in one field; with `is_open` the last one may go on."""

    field: Field
    words: tuple[str, ...]
    is_open: bool


def words_of(text: str) -> list[str]:
    """The words of a text in their order, at most MAX_WORDS."""
    found: list[str] = []
    for run, is_paired in _runs(text):
        if is_paired:
            found.extend(run[place : place + 2] for place in range(len(run)))
        else:
            found.append(run[:MAX_WORD])
        if len(found) >= MAX_WORDS:
            return found[:MAX_WORDS]
    return found


def wanted_of(question: str, field: Field = Field.ANY) -> list[Wanted]:
    """What a question asks for, all of it: each piece between blanks, or in quotes, as words in a row.

    Nothing is left of a question without letters and digits.
    """
    found: list[Wanted] = []
    for match in re.finditer(r'"([^"]*)"|(\S+)', question[:MAX_QUESTION]):
        wanted = _wanted(match[1] if match[1] is not None else match[2], field)
        if wanted is not None:
            found.append(wanted)
        if len(found) == MAX_PIECES:
            break
    return found


def _wanted(piece: str, field: Field) -> Wanted | None:
    runs = list(_runs(piece))
    words: list[str] = []
    for place, (run, is_paired) in enumerate(runs):
        if not is_paired:
            words.append(run[:MAX_WORD])
            continue
        is_last = place == len(runs) - 1
        pairs = [run[n : n + 2] for n in range(len(run) - 1)]
        words.extend(pairs if is_last and pairs else [*pairs, run[-1]])
    if not words:
        return None
    # A pair is whole; a word of letters, or one character, may be the beginning of what is meant.
    last, last_is_paired = words[-1], runs[-1][1]
    return Wanted(field, tuple(words), is_open=not last_is_paired or len(last) == 1)


def _runs(text: str) -> Iterator[tuple[str, bool]]:
    """Runs of letters and digits in one spelling, and whether their script has no blanks."""
    for match in _RUN.finditer(unicodedata.normalize("NFKC", text).casefold()):
        yield (match[1], True) if match[1] else (match[2], False)

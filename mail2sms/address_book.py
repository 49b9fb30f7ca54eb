"""Members' address books by SMS: 查 张三 asks for a number, 加 张三 13800138000 adds one. The words are pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from gateway.core.book import BookFull, Person
from gateway.core.errors import CaiyouError
from gateway.core.phone import normalise
from gateway.core.ports import Books
from templates.engine import sms_texts

#: People one answer names, and characters of their line.
MAX_FOUND: Final = 5
MAX_LINE: Final = 60
#: Characters of a name that is asked for or added.
MAX_NAME: Final = 24

_FIND: Final = re.compile(r"(?:查|查找|cx|find|who)[\s:：]+(\S[^\r\n]*)", re.IGNORECASE)
_ADD: Final = re.compile(r"(?:加|添加|新增|add)[\s:：]+(\S[^\r\n]*)", re.IGNORECASE)
_DIGITS: Final = re.compile(r"\+?[0-9][0-9 -]{2,18}[0-9]")


@dataclass(frozen=True, slots=True)
class Find:
    """Whose number is wanted."""

    asked: str


@dataclass(frozen=True, slots=True)
class Add:
    """Who is to be kept."""

    name: str
    number: str  # E.164, or a service number
    mail: str = ""


def wish_of(text: str) -> Find | Add | None:
    """What a text asks of the address book, if it is nothing else: a word, a blank, and on one line the rest."""
    line = text.strip()
    if found := _FIND.fullmatch(line):
        asked = found[1].strip()
        return Find(asked) if len(asked) <= MAX_NAME else None
    if found := _ADD.fullmatch(line):
        return _add(found[1])
    return None


def _add(rest: str) -> Add | None:
    number = _DIGITS.search(rest)
    known = normalise(number[0]) if number else None
    if number is None or known is None:
        return None
    mails = [word for word in (rest[: number.start()] + " " + rest[number.end() :]).split() if "@" in word]
    name = " ".join(word for word in rest[: number.start()].split() if "@" not in word)
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        return None
    return Add(name, known, mails[0].strip(",，;；") if mails else "")


def answer_wish(wish: Find | Add, account_id: int, language: str, signature: str, books: Books) -> str:
    """Do what is asked, and say what became of it: the text of the SMS."""
    texts = sms_texts(language)
    if isinstance(wish, Find):
        people = books.contacts.complete(account_id, wish.asked, MAX_FOUND)
        if not people:
            return texts.render("book_nobody", signature=signature, asked=wish.asked)
        return signature + "\n".join(_line(one) for one in people)
    known = books.contacts.name_of_number(account_id, wish.number)
    if known is not None:
        return texts.render("book_known", signature=signature, name=known, number=_short(wish.number))
    try:
        books.contacts.add(account_id, wish.name, [wish.mail] if wish.mail else [], [wish.number])
    except BookFull:
        return texts.render("book_full", signature=signature)
    except CaiyouError:
        return texts.render("book_refused", signature=signature, name=wish.name)
    return texts.render("book_added", signature=signature, name=wish.name, number=_short(wish.number))


def _line(one: Person) -> str:
    values: Sequence[str] = [*(_short(number) for number in one.numbers[:2]), *one.mails[:1]]
    return " ".join([one.name, *values])[:MAX_LINE]


def _short(number: str) -> str:
    return number.removeprefix("+86")

"""Cards of people of whom little is known."""

from __future__ import annotations

from collections.abc import Iterable

from addressbook.contact import CELL, Contact, Name, Value, is_cjk
from addressbook.vcard.composing import write

# Family names of two characters that are common enough to be told from one and a given name.
_DOUBLE = frozenset(
    (
        "欧阳", "司马", "上官", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "司徒", "令狐", "夏侯",
        "宇文", "长孙", "轩辕", "端木", "南宫", "独孤", "万俟", "闻人", "濮阳", "澹台", "淳于", "太史",
    )
)  # fmt: skip


def new_card(uid: str, name: str, mails: Iterable[str] = (), numbers: Iterable[str] = ()) -> bytes:
    """A vCard 3.0 of a name, mail addresses and mobile numbers."""
    contact = Contact(
        uid=uid,
        shown=name,
        name=parts_of(name),
        mails=tuple(Value(mail) for mail in mails),
        numbers=tuple(Value(number, (CELL,)) for number in numbers),
    )
    return write(contact)


def parts_of(name: str) -> Name:
    """Family and given name of a name written as one: 张三 is 张 and 三, John Public is Public and John."""
    text = name.strip()
    if is_cjk(text) and 2 <= len(text) <= 4:
        family = 2 if len(text) > 2 and text[:2] in _DOUBLE else 1
        return Name(family=text[:family], given=text[family:])
    given, _, family_name = text.rpartition(" ")
    return Name(family=family_name, given=given) if given else Name(given=text)

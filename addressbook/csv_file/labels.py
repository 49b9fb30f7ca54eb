"""The words in which tables say what a value is for, and the types they are. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

_WORDS: Final[dict[str, tuple[str, ...]]] = {
    "home": ("home",), "work": ("work",), "mobile": ("cell",), "cell": ("cell",), "other": ("other",),
    "home fax": ("home", "fax"), "work fax": ("work", "fax"), "fax": ("fax",), "pager": ("pager",), "car": ("car",),
    "work mobile": ("work", "cell"), "business": ("work",), "internet": (), "voice": (), "obsolete": (),
    "住宅": ("home",), "家庭": ("home",), "家": ("home",), "住家": ("home",), "个人": ("home",), "私人": ("home",),
    "工作": ("work",), "单位": ("work",), "公司": ("work",), "商务": ("work",), "办公": ("work",), "办公室": ("work",),
    "手机": ("cell",), "移动": ("cell",), "移动电话": ("cell",), "工作手机": ("work", "cell"), "其他": ("other",),
    "住宅传真": ("home", "fax"), "单位传真": ("work", "fax"), "工作传真": ("work", "fax"), "传真": ("fax",),
    "寻呼机": ("pager",), "spouse": ("spouse",), "配偶": ("spouse",), "child": ("child",), "子女": ("child",),
    "assistant": ("assistant",), "manager": ("manager",), "mother": ("mother",), "father": ("father",),
    "parent": ("parent",), "brother": ("brother",), "sister": ("sister",), "friend": ("friend",),
    "partner": ("partner",), "homepage": ("home",), "home page": ("home",), "profile": (),
}  # fmt: skip
_ENGLISH: Final = {
    frozenset({"home"}): "Home",
    frozenset({"work"}): "Work",
    frozenset({"cell"}): "Mobile",
    frozenset({"cell", "work"}): "Work Mobile",
    frozenset({"cell", "home"}): "Mobile",
    frozenset({"fax"}): "Other Fax",
    frozenset({"home", "fax"}): "Home Fax",
    frozenset({"work", "fax"}): "Work Fax",
    frozenset({"pager"}): "Pager",
    frozenset({"other"}): "Other",
}
_SPOKEN: Final = {"other fax": ("fax",)}


def read_label(text: str) -> tuple[tuple[str, ...], str, bool]:
    """A word of a table as types, or else as a label of the person's own; and whether it is marked as preferred."""
    word = text.strip()
    preferred = word.startswith("* ")
    word = word.removeprefix("* ").strip()
    lower = word.casefold()
    types = _WORDS.get(lower, _SPOKEN.get(lower))
    if types is not None:
        return types, "", preferred
    return (), word, preferred


def said(types: Sequence[str], label: str = "") -> str:
    """Types and label as one word."""
    if label:
        return label
    known = _ENGLISH.get(frozenset(types))
    return known if known is not None else " ".join(types).title()

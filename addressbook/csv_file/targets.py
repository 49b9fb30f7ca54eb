"""What a column of a table can be, as words that people and programs can write: number:cell, address.city:work. Pure.

`field.part:types@slot`: the part of what has several (an address, a labelled number), the types of the value, and the
slot that ties columns together ("Phone 2 - Label" and "Phone 2 - Value" are slot 2).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from gateway.core.errors import BadRequest

#: Fields with one value; several columns of one are joined.
SINGLE: Final = (
    "shown", "family", "given", "additional", "prefix", "suffix", "phonetic_family", "phonetic_given", "nicknames",
    "company", "department", "title", "role", "birthday", "anniversary", "note", "categories", "uid",
)  # fmt: skip
#: Fields with any number of values, each with types.
MANY: Final = ("number", "mail", "website", "messenger", "related")
#: Parts of an address; "text" is the whole address as one.
ADDRESS_PARTS: Final = ("po_box", "extended", "street", "city", "region", "code", "country", "text")
_DATE_PARTS: Final = ("year", "month", "day")
_WRITTEN: Final = re.compile(r"([a-z_]+)(?:\.([a-z_]+))?(?::([a-z0-9,-]{1,60}))?(?:@([a-z0-9]{1,8}))?")


@dataclass(frozen=True, slots=True)
class Target:
    """What the values of a column become."""

    field: str
    part: str = ""
    types: tuple[str, ...] = ()
    slot: str = ""

    def __str__(self) -> str:
        part = f".{self.part}" if self.part else ""
        types = f":{','.join(self.types)}" if self.types else ""
        return f"{self.field}{part}{types}{f'@{self.slot}' if self.slot else ''}"


def read_target(text: str) -> Target | None:
    """A target as it is written; None for "", a column that is left out. Raises BadRequest."""
    if not text:
        return None
    found = _WRITTEN.fullmatch(text.strip().lower())
    target = found and Target(
        found[1], found[2] or "", tuple(filter(None, (found[3] or "").split(","))), found[4] or ""
    )
    if not target or not _is_known(target):
        raise BadRequest(
            f"{text[:60]!r} is nothing a column can be: say number:cell, mail, family, address.city:work …"
        )
    return target


def all_targets() -> list[str]:
    """Every target without slots, for people to choose from."""
    kinds = {
        "number": ("cell", "home", "work", "home,fax", "work,fax", "fax", "pager", "other"),
        "mail": ("home", "work", "other"),
        "website": ("home", "work"),
        "messenger": ("qq", "wechat", "msn", "skype", "xmpp"),
        "related": ("spouse", "child", "assistant", "manager"),
    }
    found = list(SINGLE)
    for field, types in kinds.items():
        found += [field, *(f"{field}:{one}" for one in types)]
    return found + [f"address.{part}{types}" for types in ("", ":home", ":work") for part in ADDRESS_PARTS]


def _is_known(target: Target) -> bool:
    if target.field in SINGLE:
        parts: tuple[str, ...] = ("", *_DATE_PARTS) if target.field == "birthday" else ("",)
        return target.part in parts and not target.types and not target.slot
    if target.field == "address":
        return target.part in (*ADDRESS_PARTS, "label")
    parts = ("", "label", "service") if target.field == "messenger" else ("", "label")
    return target.field in MANY and target.part in parts

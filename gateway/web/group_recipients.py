"""Groups of the address book as recipients of messages: group:朋友."""

from __future__ import annotations

from typing import Any, Final

from gateway.core.book import NoGroup
from gateway.core.reach import Members
from gateway.store.desk import Desk
from gateway.store.reaching import GROUP
from gateway.web.problems import FieldError, invalid

MAX_RECIPIENTS: Final = 1000


def group_in(value: Any) -> str | None:
    """The name of the group that stands for a recipient; None for one that is none."""
    if isinstance(value, str) and value[: len(GROUP)].lower() == GROUP:
        return value[len(GROUP) :].strip()
    return None


async def members_of(desk: Desk, account_id: int, group: str, field: str = "to") -> Members:
    """Whom a message to a group goes to. Raises Problem for one that is not there, or has nobody with a number."""
    try:
        members = await desk.read(lambda books: books.reaching.members(account_id, group))
    except NoGroup as error:
        raise invalid([FieldError(field, str(error), "See /api/v1/books/{book}/groups.")]) from None
    if not members.numbers:
        raise invalid([FieldError(field, "nobody of this group has a mobile number", "Add numbers to the contacts.")])
    if len(members.numbers) > MAX_RECIPIENTS:
        raise invalid([FieldError(field, f"a group of more than {MAX_RECIPIENTS} people", "Make smaller groups.")])
    return members


async def opened(desk: Desk, account_id: int, value: Any) -> Any:
    """A list of recipients with the numbers of its groups' members in place of each group. Raises Problem."""
    if isinstance(value, str):
        value = [value]
    if not isinstance(value, list) or not any(group_in(one) is not None for one in value):
        return value
    found: list[Any] = []
    for place, one in enumerate(value):
        group = group_in(one)
        if group is None:
            found.append(one)
        else:
            found += (await members_of(desk, account_id, group, f"to[{place}]")).numbers
    return list(dict.fromkeys(found))

"""Which recipients can be reached by SMS and by MMS, and whom groups mean."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from addressbook.numbers import Kind, read
from gateway.core.book import Person
from gateway.core.mms import CanMms
from gateway.core.reach import BySms, Members, Reach
from gateway.store.contact_groups import ContactGroups
from gateway.store.contacts import Contacts
from gateway.store.handsets import HandsetBook
from gateway.store.phones import Stops

#: How a group is written among recipients: group:朋友.
GROUP: Final = "group:"
#: Recipients of one question, groups opened.
MAX_ASKED: Final = 1_000


class Reaching:
    """Answers within one transaction."""

    def __init__(
        self, contacts: Contacts, groups: ContactGroups, stops: Stops, handsets: HandsetBook, region: str
    ) -> None:
        self._contacts = contacts
        self._groups = groups
        self._stops = stops
        self._handsets = handsets
        self._region = region

    def reach(self, account_id: int, recipients: Sequence[str]) -> list[Reach]:
        """One answer for each recipient: a number, a mail address, or group:NAME for each of a group's members.

        Raises NoGroup.
        """
        found: list[Reach] = []
        for asked in recipients:
            text = asked.strip()
            if text.lower().startswith(GROUP):
                people = self._groups.find(account_id, text[len(GROUP) :].strip())
                found += [self._of_person(asked, one) for one in people[: MAX_ASKED - len(found)]]
            elif "@" in text:
                number = self._contacts.numbers_of(account_id, [text]).get(text.lower(), "")
                name = self._contacts.name_of_mail(account_id, text) or ""
                found.append(self._of(asked, name, number, text))
            else:
                written = read(text, self._region)
                known = written.number if written.kind is Kind.MOBILE else ""
                found.append(self._of(asked, self._contacts.name_of_number(account_id, text) or "", known, ""))
            if len(found) >= MAX_ASKED:
                break
        return found

    def members(self, account_id: int, group: str) -> Members:
        """Whom a message to a group goes to. Raises NoGroup."""
        people = self._groups.find(account_id, group)
        return Members(
            numbers=tuple(dict.fromkeys(one.mobiles[0] for one in people if one.mobiles)),
            without_number=tuple(one.name for one in people if not one.mobiles),
        )

    def _of_person(self, asked: str, one: Person) -> Reach:
        return self._of(asked, one.name, next(iter(one.mobiles), ""), next(iter(one.mails), ""))

    def _of(self, asked: str, name: str, number: str, mail: str) -> Reach:
        if not number:
            return Reach(asked, name, "", mail, BySms.NO_NUMBER, CanMms.NO, "")
        phone = self._handsets.of(number)
        sms = BySms.STOPPED if self._stops.among([number]) else BySms.YES
        mms = CanMms.NO if sms is BySms.STOPPED else phone.mms
        return Reach(asked, name, number, mail, sms, mms, phone.handset.name)

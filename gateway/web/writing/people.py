"""Whom a member may mean, for the line in which recipients are typed."""

from __future__ import annotations

from typing import Final

from aiohttp import web

from gateway.core.mms import CanMms
from gateway.store.desk import BooksOfStore
from gateway.web.answers import json_answer
from gateway.web.site.routing import Access, Route
from gateway.web.site.visit import Visit

MAX_FOUND: Final = 8
MAX_TYPED: Final = 64


async def find(visit: Visit) -> web.StreamResponse:
    """Contacts by a beginning of their name, its sound, a number or an address: one entry for each address.

    A contact without mail address stands for the address of its mobile number.
    """
    typed, account = visit.query("q")[:MAX_TYPED].replace("\0", ""), visit.member
    domain = account.domain

    def work(books: BooksOfStore) -> list[dict[str, str]]:
        found = []
        for person in books.contacts.complete(account.id, typed, MAX_FOUND):
            if person.is_group:
                continue
            number = person.mobiles[0] if person.mobiles else ""
            phone = ""
            if number and not books.stops.among([number]):
                phone = "sms" if books.handsets.of(number).mms is CanMms.NO else "mms"
            addresses = person.mails or ([f"{number}@{domain}"] if number else [])
            found += [
                {"name": person.name, "address": address, "number": number, "phone": phone} for address in addresses
            ]
        return found[:MAX_FOUND]

    return json_answer({"people": await visit.desk.read(work) if typed.strip() else []})


ROUTES: Final = (Route("GET", "/write/people", Access.MEMBER, find),)

"""Who is behind a recipient: asked of the store in a thread, remembered for two seconds."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from gateway.core.accounts import Target, ToMailbox, ToPhone
from gateway.core.addresses import Address
from gateway.store.desk import BooksOfStore, Desk

#: Seconds an answer is believed; a new account takes mail, and a full one stops taking it, after at most this.
REMEMBER_S = 2.0
#: Answers remembered.
MAX_REMEMBERED = 10_000


@dataclass(frozen=True, slots=True)
class Recipient:
    """An envelope recipient and what the books said about it."""

    address: str
    #: None for a domain that is not ours, empty for nobody.
    targets: tuple[Target, ...] | None
    is_suspended: bool = False
    #: Octets free in the emptiest of its mailboxes, and that mailbox's whole quota; None without a mailbox.
    free_octets: int | None = None
    quota_octets: int | None = None

    @property
    def phones(self) -> tuple[str, ...]:
        """The phones it stands for."""
        return tuple(target.number for target in self.targets or () if isinstance(target, ToPhone))

    def belongs_to(self, account_id: int) -> bool:
        """Whether mail for it is filed in this account's mailbox: such an address the member may write from."""
        return any(isinstance(target, ToMailbox) and target.account_id == account_id for target in self.targets or ())


class Directory:
    """Recipients, looked up through a short memory."""

    def __init__(self, desk: Desk, clock: Callable[[], float] = time.monotonic) -> None:
        self._desk = desk
        self._clock = clock
        self._known: OrderedDict[str, tuple[float, Recipient]] = OrderedDict()

    async def look_up(self, address: Address) -> Recipient:
        """What the books say about an address."""
        text, now = str(address), self._clock()
        known = self._known.get(text)
        if known is not None and known[0] > now:
            return known[1]
        recipient = await self._desk.read(lambda books: ask(books, address))
        self._known[text] = (now + REMEMBER_S, recipient)
        self._known.move_to_end(text)
        if len(self._known) > MAX_REMEMBERED:
            self._known.popitem(last=False)
        return recipient


def ask(books: BooksOfStore, address: Address) -> Recipient:
    """As `Directory.look_up`, within a transaction."""
    text = str(address)
    targets = books.accounts.resolve(text)
    if targets is None:
        return Recipient(text, None)
    if not targets:
        return Recipient(text, (), is_suspended=books.accounts.by_address(text) is not None)
    mailboxes = [target for target in targets if isinstance(target, ToMailbox)]
    if not mailboxes:
        return Recipient(text, tuple(targets))
    emptiest = max(mailboxes, key=lambda target: target.free_octets)
    _, allowed = books.mails.quota(emptiest.mailbox_id)
    return Recipient(text, tuple(targets), free_octets=emptiest.free_octets, quota_octets=allowed)

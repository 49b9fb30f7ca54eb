"""Messages that came: read from the storages of modem and SIM, given once, deleted when their owner has them on disk.

A storage is looked through at the start, when a notice names an index, when it is full, and every so often, for notices
are lost. What was given and not confirmed is not given again; what was put back is, at the next look. Nothing is
deleted that was not given and confirmed, and what somebody else left to be sent is not touched.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator
from dataclasses import replace
from typing import Final

from carriers.gsm import answers, at
from carriers.gsm.answers import Listed
from carriers.gsm.dialogue import Answer, Asking, Command, Rest, Steps, ask
from carriers.gsm.errors import NO_SUCH_INDEX
from carriers.gsm.events import DIRECT, Health, Kind, ModemSettings, PduArrived, Receipt

_INCOMING: Final = (0, 1)  # status of +CMGL: unread and read; 2 and 3 are outgoing
_LIST_TIMEOUT_S: Final = 30.0
_DELETE_TIMEOUT_S: Final = 20.0
#: With more indices announced, one look at the whole storage is quicker.
_MANY: Final = 10
#: The longest TPDU is 164 octets (SMS-DELIVER, TS 23.040 9.2.2.1) and the address of the centre 12.
_MAX_PDU: Final = 255
#: The storages of a modem that does not know +CPMS: the one it has.
_NAMELESS: Final = ("",)


class Storage:
    """What of a modem's storages was given to the owner, and the procedures that read and delete."""

    def __init__(
        self, settings: ModemSettings, give: Callable[[PduArrived], None], complain: Callable[[str, str], None]
    ):
        self._settings = settings
        self._give = give
        self._complain = complain
        self.storages: tuple[str, ...] = _NAMELESS
        self.report_storage = ""
        self.health = Health()
        self._reading = ""  # the storage that +CMGR, +CMGL and +CMGD mean now
        self._numbers = 0
        self._given: dict[tuple[str, int], tuple[int, bytes]] = {}  # place -> number of its receipt, digest
        self._confirmed: dict[tuple[str, int], bytes] = {}  # to be deleted
        self._unreadable: dict[tuple[str, int], bytes] = {}
        self._announced: dict[tuple[str, int], None] = {}
        self._direct: int | None = None  # number of the receipt that waits for +CNMA: a modem hands over one at a time
        self._must_acknowledge = False

    def begin(self, storages: tuple[str, ...], report_storage: str, health: Health) -> None:
        """The modem was set up (again): nothing that was given before can be confirmed, all is looked at anew."""
        self.storages = storages or _NAMELESS
        self.report_storage = report_storage
        self.health = health
        self._reading = self.storages[0]
        for kept in (self._given, self._confirmed, self._unreadable, self._announced):
            kept.clear()
        self._direct = None
        self._must_acknowledge = False

    @property
    def has_announced(self) -> bool:
        """Are there indices to be read?"""
        return bool(self._announced)

    @property
    def has_confirmed(self) -> bool:
        """Is there something to delete or to acknowledge?"""
        return bool(self._confirmed) or self._must_acknowledge

    def announce(self, storage: str, index: int) -> None:
        """A notice named a place."""
        self._announced[storage, index] = None

    def take_direct(self, kind: Kind, line: str, *, to_be_acknowledged: bool) -> None:
        """A PDU came itself."""
        octets = at.octets(line)
        arrived = None if octets is None else _parted(octets)
        if arrived is None:
            self._complain(f"a {kind} that is no PDU", line)
            return
        self._numbers += 1
        if to_be_acknowledged:
            # The one before, if it still waits, has been given up by the network and comes again.
            self._direct = self._numbers
            self._must_acknowledge = False
        self._give(PduArrived(Receipt("", DIRECT, self._numbers), kind, *arrived))

    def confirm(self, receipt: Receipt) -> None:
        """It is on disk. Receipts of an earlier start, and those confirmed before, are passed over."""
        if receipt.index == DIRECT:
            if receipt.number == self._direct:
                self._direct = None
                self._must_acknowledge = True
            return
        place = (receipt.storage, receipt.index)
        number, digest = self._given.get(place, (0, b""))
        if number == receipt.number:
            del self._given[place]
            self._confirmed[place] = digest

    def put_back(self, receipt: Receipt) -> None:
        """It could not be put on disk: it is given again at the next look, or by the network when it was not stored."""
        if receipt.number == self._direct:
            self._direct = None
        place = (receipt.storage, receipt.index)
        if self._given.get(place, (0, b""))[0] == receipt.number:
            del self._given[place]

    # Procedures.

    def delete_confirmed(self) -> Steps:
        """Acknowledge and delete what is on disk. What cannot be deleted is tried again at the next look."""
        if self._must_acknowledge:
            self._must_acknowledge = False
            # +CMS 340 says that nothing waits any more: the network will bring it again, and it is known by then.
            yield from self._ask("AT+CNMA")
        for place, digest in list(self._confirmed.items()):
            if not (yield from self._read_from(place[0])):
                continue
            answer = yield from self._ask(f"AT+CMGD={place[1]}", timeout_s=_DELETE_TIMEOUT_S)
            gone = answer.error is not None and answer.error.number == NO_SUCH_INDEX
            if (answer.is_ok or gone) and self._confirmed.get(place) == digest:
                del self._confirmed[place]
            elif answer.error is not None:
                self._complain(f"{place[0]} {place[1]} cannot be deleted: {answer.error}", "")

    def fetch_announced(self) -> Steps:
        """Read the places that notices named."""
        announced = list(self._announced)
        self._announced.clear()
        if len(announced) > _MANY:
            for storage in dict.fromkeys(storage for storage, _ in announced):
                yield from self._look_through(storage)
            return
        for storage, index in announced:
            if not (yield from self._read_from(storage)):
                continue
            answer = yield from ask(
                Command(f"AT+CMGR={index}", self._settings.command_timeout_s, "+CMGR:", has_bodies=True),
                self._settings.hung_tries,
            )
            # An index that is not there was announced twice, or is read and deleted already.
            found = answers.read(index, answer.lines)
            if found is not None:
                self._offer(storage, found)

    def look_through(self) -> Steps:
        """Read every storage, and delete what should be gone."""
        yield from self.delete_confirmed()
        # The one that receives last, so that it is the one that is read afterwards.
        for storage in (*self.storages[1:], *filter(None, [self.report_storage]), self.storages[0]):
            yield from self._look_through(storage)

    def _look_through(self, storage: str) -> Steps:
        if not (yield from self._read_from(storage, anew=storage == self.storages[0])):
            return
        answer = yield from ask(
            Command("AT+CMGL=4", _LIST_TIMEOUT_S, "+CMGL:", has_bodies=True), self._settings.hung_tries
        )
        if not answer.is_ok:
            if answer.error is not None:
                self._complain(f"{storage} cannot be looked through: {answer.error}", "")
            return
        listed = {it.index: it for it in answers.listed(answer.lines)}
        for kept in (self._given, self._confirmed, self._unreadable):
            for place in [it for it in kept if it[0] == storage and it[1] not in listed]:
                del kept[place]
        for found in listed.values():
            self._offer(storage, found)

    def _read_from(self, storage: str, *, anew: bool = False) -> Generator[Command | Rest, Answer, bool]:
        """Make a storage the one that is read; False when the modem will not. `anew`: ask how full it is too."""
        if self.storages == _NAMELESS or (storage == self._reading and not anew):
            return True
        answer = yield from ask(
            Command(f'AT+CPMS="{storage}"', self._settings.command_timeout_s, "+CPMS:"), self._settings.hung_tries
        )
        if not answer.is_ok:
            return False
        self._reading = storage
        filling = answers.filling(answer.lines)
        if storage == self.storages[0] and filling:
            used, total = filling[0]
            self.health = replace(self.health, storage=storage, used=used, total=total)
        return True

    def _ask(self, text: str, *, timeout_s: float | None = None) -> Asking:
        command = Command(text, timeout_s or self._settings.command_timeout_s)
        return (yield from ask(command, self._settings.hung_tries))

    def _offer(self, storage: str, found: Listed) -> None:
        """Give a stored message to the owner, unless it has it."""
        if found.status not in _INCOMING:
            return
        place = (storage, found.index)
        digest = hashlib.sha256(found.pdu.encode("latin-1", "replace")).digest()
        if self._confirmed.get(place) == digest or self._unreadable.get(place) == digest:
            return
        self._confirmed.pop(place, None)  # somebody deleted it, and the place holds another
        if self._given.get(place, (0, b""))[1] == digest:
            return
        octets = at.octets(found.pdu)
        arrived = None if octets is None else _parted(octets)
        if arrived is None:
            self._unreadable[place] = digest
            self._complain(f"{storage} {found.index} holds what is no PDU", found.pdu)
            return
        self._numbers += 1
        self._given[place] = (self._numbers, digest)
        self._give(PduArrived(Receipt(storage, found.index, self._numbers), Kind.STORED, *arrived))


def _parted(octets: bytes) -> tuple[bytes, bytes] | None:
    """Address of the message centre and TPDU; the address begins with the number of its octets (TS 27.005 3.1)."""
    if len(octets) > _MAX_PDU or not octets or octets[0] > 12 or len(octets) < octets[0] + 2:
        return None
    return octets[1 : octets[0] + 1], octets[octets[0] + 1 :]

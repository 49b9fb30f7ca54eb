"""Fresh message ids of an operator: none twice while the run lasts, nor after a restart."""

from __future__ import annotations

from datetime import datetime, timedelta

from carriers.cmpp.message_id import MessageId

_IDS_PER_SECOND = 1 << 14
_SEQUENCES = 1 << 16


class SmppIds:
    """Numbers that count up from the clock at the start, for message ids of SMPP."""

    def __init__(self, moment: datetime) -> None:
        self._last = int(moment.timestamp()) * _IDS_PER_SECOND

    def take(self) -> int:
        """One more."""
        self._last += 1
        return self._last


def smpp_forms(number: int, form: str, *, short: bool = False) -> tuple[str, str]:
    """The id in the answer and the id in the receipt, by `Faults.id_form`.

    `short` keeps to eight characters, as peers older than 3.4 need it (3.4 section 3.4).
    """
    if short:
        number &= 0xFFFFFFFF if form == "hex" else 0x3FFFFFF
    hexadecimal = f"{number:08X}"
    if form == "hex":
        return hexadecimal, hexadecimal
    if form == "decimal":
        return str(number), str(number)
    return (hexadecimal, str(number)) if form == "hex-decimal" else (str(number), hexadecimal)


class CmppIds:
    """Msg_Ids of one gateway.

    A second has 65536; when they are used up the next second's are borrowed, for an id must not come twice.
    """

    def __init__(self, gateway: int) -> None:
        self._gateway = gateway
        self._second: datetime | None = None
        self._base = 0
        self._sequence = 0

    def take(self, moment: datetime, count: int = 1) -> int:
        """The first of `count` ids in a row (at most 65536), as a group submit needs them."""
        if self._second is None or moment >= self._second + timedelta(seconds=1):
            self._begin(moment.replace(microsecond=0))
        elif self._sequence + count > _SEQUENCES:
            self._begin(self._second + timedelta(seconds=1))
        first = self._base | self._sequence
        self._sequence += count
        return first

    def _begin(self, second: datetime) -> None:
        self._second = second
        self._sequence = 0
        self._base = MessageId(
            second.month, second.day, second.hour, second.minute, second.second, self._gateway, 0
        ).pack()

"""What an operator does wrong, on demand: every field can be changed while lines are up."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, fields
from typing import Any, TypeVar

from gateway.core.errors import BadRequest

MAX_PREFIXES = 1000
V = TypeVar("V")

ID_FORMS = ("hex", "decimal", "hex-decimal", "decimal-hex")
REPORT_WIDTHS = (60, 71)


@dataclass(slots=True)
class Faults:
    """The switches; the defaults are an operator that does everything right."""

    #: Seconds between a submit and its answer.
    answer_delay_s: float = 0.0
    #: Every so many submits one is answered "too fast" (SMPP 0x58, CMPP 8); 0 = never.
    throttle_every_n: int = 0
    #: How long every submit is answered "too fast" once it began; without throttle_every_n it begins when set.
    throttle_for_s: float = 0.0
    #: Beginning of a number -> code its submits are refused with.
    refuse_numbers: dict[str, int] = field(default_factory=dict)
    #: Code that every submit is answered with, such as one that no table knows; 0 = off.
    unknown_status: int = 0
    #: Code that every login is refused with; 0 = off.
    refuse_login: int = 0
    #: The line breaks at the n-th request after the login, which is taken and not answered; 0 = never.
    drop_line_after_n_pdus: int = 0
    #: Half of an answer is written before the line breaks; alone it breaks the line at the next answer.
    drop_line_mid_pdu: bool = False
    #: Every answer to a submit is sent twice.
    answer_twice: bool = False
    #: Every so many submits one is taken and not answered; 0 = never.
    never_answer_every_n: int = 0
    #: Octets that are no PDU follow every n-th answer; 0 = never.
    garbage_bytes_every_n: int = 0
    #: Lines are let in and then nothing is read or said.
    silent: bool = False
    #: After the login nothing is read or said, as when a cable was cut.
    half_open: bool = False
    #: Octets read in a second from each line; 0 = all there are.
    slow_read_octets_s: int = 0
    #: The delivery report goes out before the answer to its submit.
    report_before_response: bool = False
    #: Every delivery report is sent twice.
    report_twice: bool = False
    #: No delivery reports.
    report_never: bool = False
    #: Beginning of a number -> word of its report (DELIVRD, UNDELIV, EXPIRED, REJECTD, CB:0007 …).
    report_state: dict[str, str] = field(default_factory=dict)
    #: Reports go out on another line of the account than the submit came on, when there is one.
    report_elsewhere: bool = False
    #: Octets of a CMPP report: 60 as specified, 71 as many gateways of 3.0 have it.
    report_width: int = 60
    #: MM7: HTTP status that every submit is answered with, and no word more; 0 = off.
    http_status: int = 0
    #: MM7: what is refused is refused with a SOAP fault.
    soap_faults: bool = False
    #: SMPP message ids in answers and in receipts: hex, decimal, hex-decimal, decimal-hex.
    id_form: str = "hex"

    @property
    def spoils_answers(self) -> bool:
        """Does anything change how and when a submit is answered?"""
        return bool(
            self.answer_delay_s
            or self.answer_twice
            or self.never_answer_every_n
            or self.garbage_bytes_every_n
            or self.drop_line_mid_pdu
        )

    def change(self, changes: dict[str, Any]) -> None:
        """Set fields by name, all or none; values as JSON has them or as a person types them.

        Raises BadRequest, naming the field.
        """
        checked = {}
        for name, value in changes.items():
            kind = _KINDS.get(name)
            if kind is None:
                raise BadRequest(f"{name}: there is no such fault")
            checked[name] = _checked(name, kind, value)
        for name, value in checked.items():
            setattr(self, name, value)

    def values(self) -> dict[str, Any]:
        """All fields by name, JSON-serialisable."""
        return {it.name: getattr(self, it.name) for it in fields(self)}


_KINDS: dict[str, type] = {name: type(value) for name, value in Faults().values().items()}


def longest_prefix(table: dict[str, V], number: str) -> V | None:
    """The value under the longest beginning of the number, with or without "+" and "+86"."""
    best: V | None = None
    longest = -1
    spellings = (number, number.removeprefix("+"), number.removeprefix("+86"))
    for prefix, value in table.items():
        if len(prefix) > longest and any(it.startswith(prefix) for it in spellings):
            best, longest = value, len(prefix)
    return best


def _checked(name: str, kind: type, value: Any) -> Any:
    if kind is bool:
        word = str(value).lower()
        if word not in _WORDS:
            raise BadRequest(f"{name}: on or off")
        return _WORDS[word]
    if kind in (int, float):
        return _number(name, kind, value)
    if kind is dict:
        return _prefixes(name, value)
    if value not in ID_FORMS:
        raise BadRequest(f"{name}: one of {', '.join(ID_FORMS)}")
    return value


_WORDS = {"true": True, "on": True, "1": True, "yes": True, "false": False, "off": False, "0": False, "no": False}


def _number(name: str, kind: type, value: Any) -> float | int:
    try:
        if isinstance(value, str):
            value = float(value) if kind is float else int(value, 0)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise BadRequest(f"{name}: a number")
        number: float | int = kind(value)
    except (ValueError, OverflowError) as error:
        raise BadRequest(f"{name}: a number") from error
    if not 0 <= number <= 0xFFFFFFFF:
        raise BadRequest(f"{name}: 0 to 4294967295")
    if name == "report_width" and number not in REPORT_WIDTHS:
        raise BadRequest(f"{name}: 60 or 71")
    return number


def _prefixes(name: str, value: Any) -> dict[str, Any]:
    """A table from beginnings of numbers, also as typed: `139=UNDELIV,1351=EXPIRED`."""
    if isinstance(value, str):
        value = _typed_prefixes(name, value)
    if not isinstance(value, dict) or len(value) > MAX_PREFIXES:
        raise BadRequest(f"{name}: a table of at most {MAX_PREFIXES} beginnings of numbers")
    if name == "refuse_numbers":
        return {str(prefix)[:24]: _number(name, int, code) for prefix, code in value.items()}
    for word in value.values():
        if not isinstance(word, str) or not word.isascii() or not word.isprintable() or not 1 <= len(word) <= 7:
            raise BadRequest(f"{name}: words of at most 7 ASCII characters")
    return {str(prefix)[:24]: word for prefix, word in value.items()}


def _typed_prefixes(name: str, value: str) -> Any:
    if value.lstrip().startswith("{"):
        try:
            return json.loads(value)
        except (ValueError, RecursionError) as error:
            raise BadRequest(f"{name}: not JSON") from error
    pairs = [it.partition("=") for it in value.split(",") if it.strip()]
    if not all(equals for _, equals, _ in pairs):
        raise BadRequest(f"{name}: prefix=value, …")
    return {prefix.strip(): word.strip() for prefix, _, word in pairs}

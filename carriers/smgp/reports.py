"""The status report that is the content of a Deliver with IsReport 1 (SMGP 3.0.3, Deliver).

A line of text whose first value is no text: behind "id:" stand the ten octets of the MsgID, and any of them may be a
blank or a colon. Gateways write the labels behind it in their own ways: capitals, underscores, a letter s where the
blank belongs, "txt" for "Text", dates of 12 digits, or they stop early.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from carriers.smgp.message_id import hex_form
from carriers.smgp.pdu import MSG_ID_OCTETS, field_text
from gateway.core.errors import LocalProtocolError, MalformedPdu
from gateway.core.text import Alphabet

_ID = b"id:"
_LEAST_OCTETS = len(_ID) + MSG_ID_OCTETS
_TEXT_OCTETS = 17  # of the message, behind three digits with its length
# "s" stands for the blank with the gateways of one province.
_LABEL = re.compile(rb"[ s]?(sub|dlvrd|submit[ _]date|done[ _]date|stat|err|te?xt):", re.IGNORECASE)
_WIDTHS = {"sub": 3, "dlvrd": 3, "submit_date": 10, "done_date": 10, "stat": 7, "err": 3, "text": 20}


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says became of a submit."""

    msg_id: bytes  # of the submit
    stat: bytes
    err: bytes = b"000"
    submit_date: bytes = b""  # YYMMDDhhmm, Beijing time; from some gateways with seconds, or something else
    done_date: bytes = b""
    sub: bytes = b"001"
    dlvrd: bytes = b"001"
    text: bytes = b""  # three digits, then the beginning of the message; see `quoted`

    @property
    def word(self) -> str:
        """The state for people and tables."""
        return field_text(self.stat)

    def encode(self) -> bytes:
        """The content of the Deliver as the specification lays it out, 122 octets.

        Raises LocalProtocolError for a value wider than its field.
        """
        if len(self.msg_id) != MSG_ID_OCTETS:
            raise LocalProtocolError(f"the id of a report must have {MSG_ID_OCTETS} octets")
        for name, width in _WIDTHS.items():
            if len(getattr(self, name)) > width:
                raise LocalProtocolError(f"{name} of a report has more than {width} octets")
        return b"".join((
            _ID, self.msg_id,
            b" sub:", self.sub.rjust(3, b"0"), b" dlvrd:", self.dlvrd.rjust(3, b"0"),
            b" Submit date:", self.submit_date.ljust(10, b"0"), b" done date:", self.done_date.ljust(10, b"0"),
            b" stat:", self.stat.ljust(7), b" err:", self.err.rjust(3, b"0"),
            b" Text:", self.text.ljust(20, b"\0"),
        ))  # fmt: skip

    @classmethod
    def decode(cls, content: bytes) -> Report:
        """The report in the content of a Deliver, in any of the forms above.

        Raises MalformedPdu without an id in front, or without a state.
        """
        if len(content) < _LEAST_OCTETS or content[: len(_ID)].lower() != _ID:
            raise MalformedPdu(f"{len(content)} octets that do not begin with an id are no report", field="MsgContent")
        values = _values(content[_LEAST_OCTETS:])
        if not values.get("stat"):
            raise MalformedPdu("a report without a state", offset=_LEAST_OCTETS, field="MsgContent")
        return cls(
            msg_id=content[len(_ID) : _LEAST_OCTETS],
            stat=values["stat"],
            err=values.get("err", b""),
            submit_date=values.get("submit_date", b""),
            done_date=values.get("done_date", b""),
            sub=values.get("sub", b""),
            dlvrd=values.get("dlvrd", b""),
            text=values.get("text", b""),
        )

    def __str__(self) -> str:
        return (
            f"id {hex_form(self.msg_id)} stat {self.word} err {field_text(self.err)}"
            f" submitted {field_text(self.submit_date)} done {field_text(self.done_date)}"
        )


def quoted(content: bytes, alphabet: Alphabet) -> bytes:
    """What a report quotes of a message: its length in three digits, then at most 17 octets, no character cut."""
    head = content[:_TEXT_OCTETS]
    if len(content) > _TEXT_OCTETS:
        if alphabet is Alphabet.UCS2:
            head = head[: _TEXT_OCTETS - 1]
        elif alphabet is Alphabet.GBK:
            head = head.decode("gb18030", "ignore").encode("gb18030")
    return b"%03d" % min(len(content), 999) + head


def _values(line: bytes) -> dict[str, bytes]:
    """The values by the names of their fields; the first of a name counts, and the text goes to the end."""
    found: dict[str, bytes] = {}
    name, start = "", 0
    for label in _LABEL.finditer(line):
        if name:
            found.setdefault(name, line[start : label.start()].strip(b" \0"))
        name, start = label[1].lower().decode().replace(" ", "_").replace("txt", "text"), label.end()
        if name == "text":
            break
    if name:
        value = line[start:]
        found.setdefault(name, value.rstrip(b"\0") if name == "text" else value.strip(b" \0"))
    return found

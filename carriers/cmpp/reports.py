"""The status report that is the content of a DELIVER with Registered_Delivery 1 (CMPP 2.0/3.0, DELIVER)."""

from __future__ import annotations

import struct
from dataclasses import dataclass

from carriers.cmpp.message_id import hex_form
from carriers.cmpp.pdu import field_text
from gateway.core.errors import LocalProtocolError, MalformedPdu

_FIXED = struct.Struct(">Q7s10s10s")
_SEQUENCE = struct.Struct(">L")
LEAST_OCTETS = _FIXED.size + _SEQUENCE.size

SPECIFIED_WIDTH = 21  # 60 octets in all, as both specifications print it
FIELD_WIDTH = 32  # 71 octets in all, as many 3.0 gateways send it


@dataclass(frozen=True, slots=True)
class Report:
    """What a gateway says became of a submit; text fields are trimmed as in `pdu`."""

    msg_id: int  # of the submit
    stat: bytes
    submit_time: bytes = b""  # YYMMDDHHMM, Beijing time; empty or malformed from some gateways
    done_time: bytes = b""
    dest_terminal_id: bytes = b""
    smsc_sequence: int = 0

    @property
    def word(self) -> str:
        """Stat for people and tables: some gateways fill it up with spaces."""
        return field_text(self.stat).strip()

    def encode(self, width: int = SPECIFIED_WIDTH) -> bytes:
        """The content of the DELIVER; `width`, that of Dest_terminal_Id, is 21 or 32."""
        for name, value, most in (
            ("Stat", self.stat, 7),
            ("Submit_time", self.submit_time, 10),
            ("Done_time", self.done_time, 10),
            ("Dest_terminal_Id", self.dest_terminal_id, width),
        ):
            if len(value) > most:
                raise LocalProtocolError(f"{name} of a report has more than {most} octets")
        try:
            return b"".join((
                _FIXED.pack(self.msg_id, self.stat, self.submit_time, self.done_time),
                self.dest_terminal_id.ljust(width, b"\0"),
                _SEQUENCE.pack(self.smsc_sequence),
            ))  # fmt: skip
        except struct.error as error:
            raise LocalProtocolError(f"a number of a report does not fit its field: {error}") from None

    @classmethod
    def decode(cls, content: bytes) -> Report:
        """The report in the content of a DELIVER.

        The width of the number follows from the length: 21 with 60 octets, 32 with 71, and whatever lies
        between the times and the last four octets with any other. Raises MalformedPdu below 39 octets.
        """
        if len(content) < LEAST_OCTETS:
            raise MalformedPdu(f"a report of {len(content)} octets ends inside", field="Msg_Content")
        msg_id, stat, submit_time, done_time = _FIXED.unpack_from(content)
        (smsc_sequence,) = _SEQUENCE.unpack_from(content, len(content) - _SEQUENCE.size)
        number = content[_FIXED.size : -_SEQUENCE.size]
        return cls(
            msg_id=msg_id,
            stat=stat.rstrip(b"\0"),
            submit_time=submit_time.rstrip(b"\0"),
            done_time=done_time.rstrip(b"\0"),
            dest_terminal_id=number.rstrip(b"\0"),
            smsc_sequence=smsc_sequence,
        )

    def __str__(self) -> str:
        return (
            f"id {hex_form(self.msg_id)} stat {self.word} submitted {field_text(self.submit_time)}"
            f" done {field_text(self.done_time)} to {field_text(self.dest_terminal_id)}"
            f" smsc {self.smsc_sequence}"
        )

"""What all PDUs share, and what all responses share: the header, the optional parameters, the way of the
codec.

What is read is written again to the same octets, so odd but readable PDUs keep their oddities: `trailing`
holds octets behind the last optional parameter, `has_body` tells whether a response had a body at all.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from typing import Any, ClassVar, Self

from carriers.smpp import tlv
from carriers.smpp.constants import HEADER_OCTETS
from carriers.smpp.layout import HEADER, Layout
from gateway.core.errors import LocalProtocolError, MalformedPdu


@dataclass(frozen=True, slots=True)
class Pdu:
    """What every PDU has: the header's numbers and the optional parameters in the order they came."""

    name: ClassVar[str]
    command_id: ClassVar[int]
    layout: ClassVar[Layout] = ()

    sequence_number: int = field(default=0, kw_only=True)
    command_status: int = field(default=0, kw_only=True)
    tlvs: tuple[tlv.Tlv, ...] = field(default=(), kw_only=True)
    trailing: bytes = field(default=b"", kw_only=True)

    def encode(self, sequence_number: int | None = None) -> bytes:
        """The octets of the PDU, with that sequence number instead of its own when one is given.

        Raises LocalProtocolError, naming the field, for a string over its maximum or a number out of its
        range.
        """
        return self._with_header(self._body(), sequence_number)

    def _body(self) -> bytes:
        return b"".join([it.write(getattr(self, it.name)) for it in self.layout])

    def _with_header(self, body: bytes, sequence_number: int | None) -> bytes:
        if self.tlvs:
            body += tlv.encode(self.tlvs)
        body += self.trailing
        if sequence_number is None:
            sequence_number = self.sequence_number
        try:
            head = HEADER.pack(HEADER_OCTETS + len(body), self.command_id, self.command_status, sequence_number)
        except struct.error as error:
            raise LocalProtocolError("a number of the header takes more than 32 bits") from error
        return head + body

    @classmethod
    def read(cls, data: bytes, command_status: int, sequence_number: int) -> Self:
        """The PDU whose whole octets these are, the header already judged. Raises MalformedPdu."""
        at = HEADER_OCTETS
        values: dict[str, Any] = {}
        for it in cls.layout:
            values[it.name], at = it.read(data, at)
        tlvs, at = tlv.decode(data, at)
        return cls(
            sequence_number=sequence_number,
            command_status=command_status,
            tlvs=tlvs,
            trailing=data[at:],
            **values,
        )


@dataclass(frozen=True, slots=True)
class Response(Pdu):
    """What every response has. Its body may be missing, and mostly is when it brings an error."""

    has_body: bool = field(default=True, kw_only=True)

    def _body(self) -> bytes:
        if self.has_body:
            return b"".join([it.write(getattr(self, it.name)) for it in self.layout])
        if self.tlvs:
            raise LocalProtocolError("a response without body has no optional parameters")
        return b""

    @classmethod
    def read(cls, data: bytes, command_status: int, sequence_number: int) -> Self:
        """The response; one that brings an error is taken whatever its body, which then is in `trailing`."""
        # super() without arguments does not survive the second class that slots=True makes.
        parent: Any = super(Response, cls)
        if cls.layout and len(data) == HEADER_OCTETS:
            return cls(sequence_number=sequence_number, command_status=command_status, has_body=False)
        try:
            return parent.read(data, command_status, sequence_number)  # type: ignore[no-any-return]
        except MalformedPdu:
            if not command_status:
                raise
            return cls(
                sequence_number=sequence_number,
                command_status=command_status,
                has_body=False,
                trailing=data[HEADER_OCTETS:],
            )

"""The body of submit_sm and deliver_sm, which is nearly all of the traffic, with its fast way through the codec."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Self

from carriers.smpp import tlv
from carriers.smpp.base import Pdu
from carriers.smpp.constants import HEADER_OCTETS
from carriers.smpp.layout import HEADER, CString, Layout, Number, Text
from gateway.core.errors import LocalProtocolError, MalformedPdu

SOURCE: Layout = (Number("source_addr_ton"), Number("source_addr_npi"), CString("source_addr", 21))
DEST: Layout = (Number("dest_addr_ton"), Number("dest_addr_npi"), CString("destination_addr", 21))
MESSAGE: Layout = (
    Number("esm_class"),
    Number("protocol_id"),
    Number("priority_flag"),
    CString("schedule_delivery_time", 17),
    CString("validity_period", 17),
    Number("registered_delivery"),
    Number("replace_if_present_flag"),
    Number("data_coding"),
    Number("sm_default_msg_id"),
    Text("short_message"),
)


@dataclass(frozen=True, slots=True)
class ShortMessage(Pdu):
    """The fields that submit_sm and deliver_sm share, and their fast way through the codec."""

    layout = (CString("service_type", 6), *SOURCE, *DEST, *MESSAGE)
    service_type: str = ""
    source_addr_ton: int = 0
    source_addr_npi: int = 0
    source_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0
    destination_addr: str = ""
    esm_class: int = 0
    protocol_id: int = 0
    priority_flag: int = 0
    schedule_delivery_time: str = ""
    validity_period: str = ""
    registered_delivery: int = 0
    replace_if_present_flag: int = 0
    data_coding: int = 0
    sm_default_msg_id: int = 0
    short_message: bytes = b""

    def encode(self, sequence_number: int | None = None) -> bytes:
        """As `Pdu.encode`: the whole body but its text is one string, packed at once."""
        service_type = self.service_type
        source = self.source_addr
        destination = self.destination_addr
        schedule = self.schedule_delivery_time
        validity = self.validity_period
        text = self.short_message
        strings = f"{service_type}{source}{destination}{schedule}{validity}"
        try:
            if (
                len(service_type) > 5
                or len(source) > 20
                or len(destination) > 20
                or len(schedule) > 16
                or len(validity) > 16
                or "\0" in strings
            ):
                raise ValueError
            body = (
                f"{service_type}\0{chr(self.source_addr_ton)}{chr(self.source_addr_npi)}{source}\0"
                f"{chr(self.dest_addr_ton)}{chr(self.dest_addr_npi)}{destination}\0"
                f"{chr(self.esm_class)}{chr(self.protocol_id)}{chr(self.priority_flag)}{schedule}\0{validity}\0"
                f"{chr(self.registered_delivery)}{chr(self.replace_if_present_flag)}{chr(self.data_coding)}"
                f"{chr(self.sm_default_msg_id)}{chr(len(text))}"
            ).encode("latin-1")
            if not self.tlvs and not self.trailing:
                return (
                    HEADER.pack(
                        HEADER_OCTETS + len(body) + len(text),
                        self.command_id,
                        self.command_status,
                        self.sequence_number if sequence_number is None else sequence_number,
                    )
                    + body
                    + text
                )
        except (ValueError, OverflowError):
            # Something is out of its bounds: the slow way finds out what and says so.
            body, text = b"".join([it.write(getattr(self, it.name)) for it in self.layout]), b""
        except struct.error as error:
            raise LocalProtocolError("a number of the header takes more than 32 bits") from error
        return self._with_header(body + text, sequence_number)

    @classmethod
    def read(cls, data: bytes, command_status: int, sequence_number: int) -> Self:
        """As `Pdu.read`, with the layout written out."""
        # A frozen dataclass pays a method call for every field it is made with, two microseconds for these.
        # The draft has the same slots, takes plain assignments, and becomes the frozen class when all is in
        # place.
        pdu: Any = _new(_Draft)
        at = HEADER_OCTETS
        name = "service_type"
        try:
            end = data.index(0, at)
            if end - at > 5:
                raise MalformedPdu("string longer than 5", offset=at, field=name)
            pdu.service_type = str(data[at:end], "latin-1") if end > at else ""
            name = "source_addr"
            at = end + 3
            end = data.index(0, at)
            if end - at > 20:
                raise MalformedPdu("string longer than 20", offset=at, field=name)
            pdu.source_addr_ton = data[at - 2]
            pdu.source_addr_npi = data[at - 1]
            pdu.source_addr = str(data[at:end], "latin-1")
            name = "destination_addr"
            at = end + 3
            end = data.index(0, at)
            if end - at > 20:
                raise MalformedPdu("string longer than 20", offset=at, field=name)
            pdu.dest_addr_ton = data[at - 2]
            pdu.dest_addr_npi = data[at - 1]
            pdu.destination_addr = str(data[at:end], "latin-1")
            name = "schedule_delivery_time"
            at = end + 4
            end = data.index(0, at)
            if end - at > 16:
                raise MalformedPdu("string longer than 16", offset=at, field=name)
            pdu.esm_class = data[at - 3]
            pdu.protocol_id = data[at - 2]
            pdu.priority_flag = data[at - 1]
            pdu.schedule_delivery_time = str(data[at:end], "latin-1") if end > at else ""
            name = "validity_period"
            at = end + 1
            end = data.index(0, at)
            if end - at > 16:
                raise MalformedPdu("string longer than 16", offset=at, field=name)
            pdu.validity_period = str(data[at:end], "latin-1") if end > at else ""
            name = "sm_length"
            at = end + 6
            end = at + data[at - 1]
        except (ValueError, IndexError) as error:
            raise MalformedPdu("PDU ends too early", offset=min(at, len(data)), field=name) from error
        size = len(data)
        if end > size:
            raise MalformedPdu("sm_length runs past the end", offset=at - 1, field="short_message")
        pdu.registered_delivery = data[at - 5]
        pdu.replace_if_present_flag = data[at - 4]
        pdu.data_coding = data[at - 3]
        pdu.sm_default_msg_id = data[at - 2]
        pdu.short_message = data[at:end]
        if end == size:
            pdu.tlvs = ()
            pdu.trailing = b""
        else:
            pdu.tlvs, end = tlv.decode(data, end)
            pdu.trailing = data[end:]
        pdu.command_status = command_status
        pdu.sequence_number = sequence_number
        pdu.__class__ = cls
        return pdu  # type: ignore[no-any-return]


class _Draft(ShortMessage):
    """A ShortMessage being made."""

    __slots__ = ()
    # Both, or the interpreter goes through the frozen class's methods all the same: they share one slot.
    __setattr__ = object.__setattr__
    __delattr__ = object.__delattr__


_new = object.__new__

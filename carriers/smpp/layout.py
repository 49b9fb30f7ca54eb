"""The mandatory fields of SMPP bodies: how each kind of field is read and written."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Any, Protocol

from gateway.core.errors import LocalProtocolError, MalformedPdu


class Field(Protocol):
    """One field of a body. `read` raises MalformedPdu, `write` LocalProtocolError, both with the field's name."""

    @property
    def name(self) -> str:
        """The field's name in the specification."""

    def read(self, data: bytes, at: int) -> tuple[Any, int]:
        """The value that begins at octet `at` of the PDU, and where the next field begins."""

    def write(self, value: Any) -> bytes:
        """The octets of the value."""


@dataclass(frozen=True, slots=True)
class CString:
    """A C-octet string of at most `size` octets with its 0x00.

    Octets beyond ASCII are read as Latin-1, so that what is written again is what came.
    """

    name: str
    size: int

    def read(self, data: bytes, at: int) -> tuple[str, int]:
        end = data.find(0, at)
        if end < 0:
            raise MalformedPdu("string without end", offset=at, field=self.name)
        if end - at >= self.size:
            raise MalformedPdu(f"string longer than {self.size - 1}", offset=at, field=self.name)
        return data[at:end].decode("latin-1"), end + 1

    def write(self, value: str) -> bytes:
        if len(value) >= self.size:
            raise LocalProtocolError(f"{self.name} takes at most {self.size - 1} characters, not {len(value)}")
        try:
            octets = value.encode("latin-1")
        except UnicodeEncodeError as error:
            raise LocalProtocolError(f"{self.name} takes ASCII characters only") from error
        if 0 in octets:
            raise LocalProtocolError(f"{self.name} cannot hold the octet 0x00")
        return octets + b"\0"


@dataclass(frozen=True, slots=True)
class Number:
    """An unsigned big-endian integer of `octets` octets."""

    name: str
    octets: int = 1

    def read(self, data: bytes, at: int) -> tuple[int, int]:
        end = at + self.octets
        if end > len(data):
            raise MalformedPdu("PDU ends too early", offset=at, field=self.name)
        return int.from_bytes(data[at:end], "big"), end

    def write(self, value: int) -> bytes:
        try:
            return value.to_bytes(self.octets, "big")
        except OverflowError as error:
            raise LocalProtocolError(f"{self.name} takes {self.octets} octets, not the number {value}") from error


@dataclass(frozen=True, slots=True)
class Text:
    """sm_length and as many octets: 0-254 in 3.4, 255 in 5.0."""

    name: str

    def read(self, data: bytes, at: int) -> tuple[bytes, int]:
        if at >= len(data):
            raise MalformedPdu("PDU ends too early", offset=at, field="sm_length")
        end = at + 1 + data[at]
        if end > len(data):
            raise MalformedPdu("sm_length runs past the end", offset=at, field=self.name)
        return data[at + 1 : end], end

    def write(self, value: bytes) -> bytes:
        if len(value) > 255:
            raise LocalProtocolError(f"{self.name} takes at most 255 octets, not {len(value)}")
        return bytes((len(value),)) + value


@dataclass(frozen=True, slots=True)
class DestinationAddress:
    """One phone of a submit_multi (dest_flag 1)."""

    destination_addr: str = ""
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0


@dataclass(frozen=True, slots=True)
class DistributionList:
    """One list, kept by the SMSC, of a submit_multi (dest_flag 2)."""

    dl_name: str = ""


@dataclass(frozen=True, slots=True)
class UnsuccessfulDelivery:
    """One phone a submit_multi could not be taken for, and the status that says why."""

    destination_addr: str = ""
    error_status_code: int = 0
    dest_addr_ton: int = 0
    dest_addr_npi: int = 0


_TON, _NPI = Number("dest_addr_ton"), Number("dest_addr_npi")
_ADDRESS, _LIST = CString("destination_addr", 21), CString("dl_name", 21)
_FLAG, _CODE = Number("dest_flag"), Number("error_status_code", 4)


def _read_address(data: bytes, at: int) -> tuple[int, int, str, int]:
    ton, at = _TON.read(data, at)
    npi, at = _NPI.read(data, at)
    address, at = _ADDRESS.read(data, at)
    return ton, npi, address, at


def _write_address(it: DestinationAddress | UnsuccessfulDelivery) -> bytes:
    return _TON.write(it.dest_addr_ton) + _NPI.write(it.dest_addr_npi) + _ADDRESS.write(it.destination_addr)


@dataclass(frozen=True, slots=True)
class Destinations:
    """number_of_dests and as many phones or lists (3.4 section 4.5.1)."""

    name: str
    count: Number = Number("number_of_dests")

    def read(self, data: bytes, at: int) -> tuple[tuple[DestinationAddress | DistributionList, ...], int]:
        number, at = self.count.read(data, at)
        found: list[DestinationAddress | DistributionList] = []
        for _ in range(number):
            flag, behind = _FLAG.read(data, at)
            if flag == 1:
                ton, npi, address, at = _read_address(data, behind)
                found.append(DestinationAddress(address, ton, npi))
            elif flag == 2:
                dl_name, at = _LIST.read(data, behind)
                found.append(DistributionList(dl_name))
            else:
                raise MalformedPdu(f"dest_flag {flag}", offset=at, field="dest_flag")
        return tuple(found), at

    def write(self, value: tuple[DestinationAddress | DistributionList, ...]) -> bytes:
        return self.count.write(len(value)) + b"".join(
            b"\1" + _write_address(it) if isinstance(it, DestinationAddress) else b"\2" + _LIST.write(it.dl_name)
            for it in value
        )


@dataclass(frozen=True, slots=True)
class Unsuccessful:
    """no_unsuccess and as many phones with the status of each (3.4 section 4.5.2)."""

    name: str
    count: Number = Number("no_unsuccess")

    def read(self, data: bytes, at: int) -> tuple[tuple[UnsuccessfulDelivery, ...], int]:
        number, at = self.count.read(data, at)
        found = []
        for _ in range(number):
            ton, npi, address, at = _read_address(data, at)
            code, at = _CODE.read(data, at)
            found.append(UnsuccessfulDelivery(address, code, ton, npi))
        return tuple(found), at

    def write(self, value: tuple[UnsuccessfulDelivery, ...]) -> bytes:
        return self.count.write(len(value)) + b"".join(
            _write_address(it) + _CODE.write(it.error_status_code) for it in value
        )


Layout = tuple[Field, ...]

HEADER = struct.Struct(">IIII")

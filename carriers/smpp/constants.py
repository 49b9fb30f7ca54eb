"""The numbers of SMPP that more than one module needs (3.4 issue 1.2, sections 3.2, 5.1 and 5.2)."""

from __future__ import annotations

HEADER_OCTETS = 16

#: message_payload is limited to 65535 octets by its length field, a submit_multi adds about 6000; twice that
#: is room for every PDU a peer can mean, and a bound for one that means harm.
MAX_PDU_OCTETS = 131072

MAX_SEQUENCE = 0x7FFFFFFF
VERSION_3_4 = 0x34

ESM_TYPE_MASK = 0x3C
ESM_RECEIPT = 0x04
ESM_INTERMEDIATE = 0x20
ESM_UDHI = 0x40

RESPONSE_BIT = 0x80000000

CODING_DEFAULT = 0x00
CODING_ASCII = 0x01
CODING_LATIN1 = 0x03
CODING_BINARY = 0x04
CODING_UCS2 = 0x08

TON_UNKNOWN, TON_INTERNATIONAL, TON_ALPHANUMERIC = 0, 1, 5
NPI_UNKNOWN, NPI_ISDN = 0, 1

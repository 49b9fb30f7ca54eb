"""Errors of the MMS codec: one for octets and values that are no MMS, one for the PDUs it does not do."""

from __future__ import annotations

from gateway.core.errors import MalformedPdu


class MmsFormatError(MalformedPdu):
    """The octets are no MMS PDU, or these values make none; `reason`, `offset` and `field` say what and where."""


class UnsupportedPdu(MmsFormatError):
    """A PDU of the network mailbox (MMBox), or of a type no version up to 1.3 has; answer "unsupported message"."""

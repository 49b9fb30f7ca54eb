"""Every error the hub raises on purpose; the docstring of a class is its default message and says the remedy."""

from __future__ import annotations


class CaiyouError(Exception):
    """Something the hub was asked for cannot be done."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or (self.__doc__ or type(self).__name__).strip())


class MalformedPdu(CaiyouError):
    """The peer sent bytes that are no PDU of this protocol; the line it came on cannot be trusted further."""

    def __init__(self, reason: str, *, offset: int = 0, field: str = "") -> None:
        where = f" at octet {offset}" + (f" ({field})" if field else "")
        super().__init__(f"{reason}{where}")
        self.reason = reason
        self.offset = offset  # octets from the start of the PDU
        self.field = field


class LocalProtocolError(CaiyouError):
    """We broke the protocol: a request was made in a state that does not allow it."""


class NotEncodable(CaiyouError):
    """The text has characters that this alphabet does not hold; choose UCS-2."""


class ConfigError(CaiyouError):
    """The configuration cannot be used; the message names the file and the key."""


class NotFound(CaiyouError):
    """There is nothing under that name."""


class Conflict(CaiyouError):
    """That key was used before with other content; use a new key for a new message."""


class Refused(CaiyouError):
    """The hub will not do this; the message says why."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code  # a word the API gives to programs


class StoreUnavailable(CaiyouError):
    """The store cannot take anything now (disk full, database away); what was asked has not been done, try later."""


class BadRequest(CaiyouError):
    """The request cannot be understood; the message names the field."""

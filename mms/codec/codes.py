"""Values of MMS headers that stand for something: types of PDUs, versions, statuses (OMA-TS-MMS_ENC-V1_3, section 7.3).

Values that a later version added come out as the nearest one known here, where there is one.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final


class PduType(enum.IntEnum):
    """X-Mms-Message-Type."""

    SEND_REQ = 0x80
    SEND_CONF = 0x81
    NOTIFICATION_IND = 0x82
    NOTIFYRESP_IND = 0x83
    RETRIEVE_CONF = 0x84
    ACKNOWLEDGE_IND = 0x85
    DELIVERY_IND = 0x86
    READ_REC_IND = 0x87
    READ_ORIG_IND = 0x88
    FORWARD_REQ = 0x89
    FORWARD_CONF = 0x8A
    MBOX_STORE_REQ = 0x8B
    MBOX_STORE_CONF = 0x8C
    MBOX_VIEW_REQ = 0x8D
    MBOX_VIEW_CONF = 0x8E
    MBOX_UPLOAD_REQ = 0x8F
    MBOX_UPLOAD_CONF = 0x90
    MBOX_DELETE_REQ = 0x91
    MBOX_DELETE_CONF = 0x92
    MBOX_DESCR = 0x93
    DELETE_REQ = 0x94
    DELETE_CONF = 0x95
    CANCEL_REQ = 0x96
    CANCEL_CONF = 0x97

    @property
    def title(self) -> str:
        """As specifications spell it: "m-send-req"."""
        return "m-" + self.name.lower().replace("_", "-")


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """X-Mms-MMS-Version."""

    major: int  # 1 to 7
    minor: int  # 0 to 14

    @classmethod
    def of(cls, text: str) -> Version:
        """The version of a text like "1.2". Raises ValueError."""
        major, _, minor = text.partition(".")
        version = cls(int(major), int(minor or 0))
        if not (1 <= version.major <= 7 and 0 <= version.minor <= 14):
            raise ValueError(f"{text[:20]!r} is no version")
        return version

    def __str__(self) -> str:
        return f"{self.major}.{self.minor}"


V1_0: Final = Version(1, 0)
V1_1: Final = Version(1, 1)
V1_2: Final = Version(1, 2)
V1_3: Final = Version(1, 3)

#: X-Mms-Message-Class; any other token is a class too.
PERSONAL: Final = "personal"
ADVERTISEMENT: Final = "advertisement"
INFORMATIONAL: Final = "informational"
AUTO: Final = "auto"
CLASSES: Final = (PERSONAL, ADVERTISEMENT, INFORMATIONAL, AUTO)  # from 80


class Code(enum.IntEnum):
    """A value of one octet."""

    @property
    def title(self) -> str:
        """In lower case with hyphens."""
        return self.name.lower().replace("_", "-")


class Priority(Code):
    """X-Mms-Priority."""

    LOW = 0x80
    NORMAL = 0x81
    HIGH = 0x82


class Status(Code):
    """X-Mms-Status: what became of a message at its recipient."""

    EXPIRED = 0x80
    RETRIEVED = 0x81
    REJECTED = 0x82
    DEFERRED = 0x83
    UNRECOGNISED = 0x84
    INDETERMINATE = 0x85
    FORWARDED = 0x86
    UNREACHABLE = 0x87

    @classmethod
    def _missing_(cls, value: object) -> Status | None:
        return cls.INDETERMINATE if _is_code(value) else None


class ReadStatus(Code):
    """X-Mms-Read-Status."""

    READ = 0x80
    DELETED_UNREAD = 0x81


class ReplyCharging(Code):
    """X-Mms-Reply-Charging: whether the sender pays the answer."""

    REQUESTED = 0x80
    REQUESTED_TEXT_ONLY = 0x81
    ACCEPTED = 0x82
    ACCEPTED_TEXT_ONLY = 0x83


class ContentClass(Code):
    """X-Mms-Content-Class (OMA-TS-MMS-CONF)."""

    TEXT = 0x80
    IMAGE_BASIC = 0x81
    IMAGE_RICH = 0x82
    VIDEO_BASIC = 0x83
    VIDEO_RICH = 0x84
    MEGAPIXEL = 0x85
    CONTENT_BASIC = 0x86
    CONTENT_RICH = 0x87


class RetrievalMode(Code):
    """X-Mms-Recommended-Retrieval-Mode."""

    MANUAL = 0x80


class CancelStatus(Code):
    """X-Mms-Cancel-Status."""

    RECEIVED = 0x80
    CORRUPTED = 0x81


class ResponseStatus(Code):
    """X-Mms-Response-Status: what a centre says to what it was sent."""

    OK = 0x80
    OLD_UNSPECIFIED = 0x81
    OLD_SERVICE_DENIED = 0x82
    OLD_FORMAT_CORRUPT = 0x83
    OLD_ADDRESS_UNRESOLVED = 0x84
    OLD_NOT_FOUND = 0x85
    OLD_NETWORK_PROBLEM = 0x86
    OLD_CONTENT_NOT_ACCEPTED = 0x87
    OLD_UNSUPPORTED_MESSAGE = 0x88
    TRANSIENT_FAILURE = 0xC0
    TRANSIENT_ADDRESS_UNRESOLVED = 0xC1
    TRANSIENT_NOT_FOUND = 0xC2
    TRANSIENT_NETWORK_PROBLEM = 0xC3
    PARTIAL_SUCCESS = 0xC4
    PERMANENT_FAILURE = 0xE0
    SERVICE_DENIED = 0xE1
    FORMAT_CORRUPT = 0xE2
    ADDRESS_UNRESOLVED = 0xE3
    NOT_FOUND = 0xE4
    CONTENT_NOT_ACCEPTED = 0xE5
    REPLY_CHARGING_LIMITATIONS_NOT_MET = 0xE6
    REPLY_CHARGING_REQUEST_NOT_ACCEPTED = 0xE7
    REPLY_CHARGING_FORWARDING_DENIED = 0xE8
    REPLY_CHARGING_NOT_SUPPORTED = 0xE9
    ADDRESS_HIDING_NOT_SUPPORTED = 0xEA
    LACK_OF_PREPAID = 0xEB

    @classmethod
    def _missing_(cls, value: object) -> ResponseStatus | None:
        if not _is_code(value):
            return None
        return cls.TRANSIENT_FAILURE if _is_transient(value) else cls.PERMANENT_FAILURE

    @property
    def is_ok(self) -> bool:
        """Whether the message was taken, by some recipients at least."""
        return self in (ResponseStatus.OK, ResponseStatus.PARTIAL_SUCCESS)

    @property
    def is_transient(self) -> bool:
        """Whether to try again later."""
        return self is ResponseStatus.OLD_NETWORK_PROBLEM or _is_transient(self)

    def for_version(self, version: Version) -> ResponseStatus:
        """The same as a client of that version understands it."""
        found = self
        if version < V1_3 and found is ResponseStatus.LACK_OF_PREPAID:
            found = ResponseStatus.SERVICE_DENIED
        if version < V1_2 and found is ResponseStatus.PARTIAL_SUCCESS:
            # An error would make the phone send to everybody again.
            found = ResponseStatus.OK
        return _OLD.get(found, ResponseStatus.OLD_UNSPECIFIED) if version < V1_1 else _NEW.get(found, found)


class RetrieveStatus(Code):
    """X-Mms-Retrieve-Status: why a retrieve.conf has no content, or that it has."""

    OK = 0x80
    TRANSIENT_FAILURE = 0xC0
    TRANSIENT_NOT_FOUND = 0xC1
    TRANSIENT_NETWORK_PROBLEM = 0xC2
    PERMANENT_FAILURE = 0xE0
    SERVICE_DENIED = 0xE1
    NOT_FOUND = 0xE2
    CONTENT_UNSUPPORTED = 0xE3

    @classmethod
    def _missing_(cls, value: object) -> RetrieveStatus | None:
        if not _is_code(value):
            return None
        return cls.TRANSIENT_FAILURE if _is_transient(value) else cls.PERMANENT_FAILURE

    @property
    def is_transient(self) -> bool:
        """Whether to try again later."""
        return _is_transient(self)


def _is_code(value: object) -> bool:
    return isinstance(value, int) and 0x80 <= value <= 0xFF


def _is_transient(value: object) -> bool:
    return isinstance(value, int) and 0xC0 <= value <= 0xDF


_R = ResponseStatus
#: What 1.0 has for the statuses of later versions; everything else is "unspecified".
_OLD: Final = {
    _R.OK: _R.OK,
    _R.TRANSIENT_ADDRESS_UNRESOLVED: _R.OLD_ADDRESS_UNRESOLVED,
    _R.TRANSIENT_NOT_FOUND: _R.OLD_NOT_FOUND,
    _R.TRANSIENT_NETWORK_PROBLEM: _R.OLD_NETWORK_PROBLEM,
    _R.SERVICE_DENIED: _R.OLD_SERVICE_DENIED,
    _R.FORMAT_CORRUPT: _R.OLD_FORMAT_CORRUPT,
    _R.ADDRESS_UNRESOLVED: _R.OLD_ADDRESS_UNRESOLVED,
    _R.NOT_FOUND: _R.OLD_NOT_FOUND,
    _R.CONTENT_NOT_ACCEPTED: _R.OLD_CONTENT_NOT_ACCEPTED,
} | {status: status for status in _R if 0x80 < status <= 0x88}
#: What later versions have for the statuses of 1.0, which they no longer use.
_NEW: Final = {
    _R.OLD_UNSPECIFIED: _R.PERMANENT_FAILURE,
    _R.OLD_SERVICE_DENIED: _R.SERVICE_DENIED,
    _R.OLD_FORMAT_CORRUPT: _R.FORMAT_CORRUPT,
    _R.OLD_ADDRESS_UNRESOLVED: _R.ADDRESS_UNRESOLVED,
    _R.OLD_NOT_FOUND: _R.NOT_FOUND,
    _R.OLD_NETWORK_PROBLEM: _R.TRANSIENT_NETWORK_PROBLEM,
    _R.OLD_CONTENT_NOT_ACCEPTED: _R.CONTENT_NOT_ACCEPTED,
    _R.OLD_UNSUPPORTED_MESSAGE: _R.PERMANENT_FAILURE,
}

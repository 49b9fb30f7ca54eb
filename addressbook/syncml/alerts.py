"""The kinds of synchronisation, and the codes of a status, by their numbers (OMA-TS-DS_Protocol 1.2, section 5)."""

from __future__ import annotations

from enum import IntEnum
from typing import Final


class Kind(IntEnum):
    """What a device, or the server for it, asks for."""

    TWO_WAY = 200
    SLOW = 201
    ONE_WAY_FROM_DEVICE = 202
    REFRESH_FROM_DEVICE = 203
    ONE_WAY_FROM_SERVER = 204
    REFRESH_FROM_SERVER = 205

    @property
    def takes(self) -> bool:
        """Do changes of the device come in?"""
        return self not in (Kind.ONE_WAY_FROM_SERVER, Kind.REFRESH_FROM_SERVER)

    @property
    def gives(self) -> bool:
        """Do changes of the server go out?"""
        return self not in (Kind.ONE_WAY_FROM_DEVICE, Kind.REFRESH_FROM_DEVICE)

    @property
    def is_whole(self) -> bool:
        """Does the device send all it has, so that both sides are compared?"""
        return self in (Kind.SLOW, Kind.REFRESH_FROM_DEVICE)

    @property
    def needs_anchors(self) -> bool:
        """Is it about what happened since the last one?"""
        return self in (Kind.TWO_WAY, Kind.ONE_WAY_FROM_DEVICE, Kind.ONE_WAY_FROM_SERVER)


DISPLAY: Final = 100
#: Of a notification: two-way, one-way and refresh from the device, the same from the server.
BY_SERVER: Final = 206
RESULT: Final = 221
NEXT_MESSAGE: Final = 222
NO_END_OF_DATA: Final = 223
SUSPEND: Final = 224
RESUME: Final = 225


class Code(IntEnum):
    """What became of a command."""

    OK = 200
    ADDED = 201
    MERGED = 207
    DEVICE_WON = 208
    NOT_DELETED = 211
    AUTHENTICATED = 212
    CHUNK_TAKEN = 213
    BAD_REQUEST = 400
    WRONG_CREDENTIALS = 401
    FORBIDDEN = 403
    NOT_FOUND = 404
    NOT_SUPPORTED = 406
    NO_CREDENTIALS = 407
    INCOMPLETE = 412
    TOO_LARGE = 413
    UNKNOWN_TYPE = 415
    LATER = 417
    EXISTS = 418
    SERVER_WON = 419
    FULL = 420
    WRONG_SIZE = 424
    FAILED = 500
    WRONG_VERSION = 505
    REFRESH_REQUIRED = 508
    WRONG_PROTOCOL = 513

    @property
    def is_good(self) -> bool:
        """Was it done?"""
        return self < Code.BAD_REQUEST

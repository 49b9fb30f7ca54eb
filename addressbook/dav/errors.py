"""Why a request is refused, in the words of WebDAV: a status, and the condition that was not met (RFC 4918 16)."""

from __future__ import annotations

from gateway.core.errors import CaiyouError


class DavError(CaiyouError):
    """A CardDAV request that is refused."""

    def __init__(self, status: int, detail: str, condition: str = "", href: str = "") -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.condition = condition  # `{namespace}local`; "" where the status says it all
        self.href = href  # the resource that is in the way; "" where none is


def malformed(detail: str) -> DavError:
    """A body that cannot be understood."""
    return DavError(400, detail)

"""What went wrong, as the API says it: RFC 9457 documents with a word for programs and a remedy for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

from gateway.core.book import BookFull, CardTooLarge, NotAllowed, Precondition, TokenDead
from gateway.core.errors import BadRequest, CaiyouError, Conflict, NotFound, Refused, StoreUnavailable

#: Seconds after which a client may come again when the store is away.
STORE_RETRY_S: Final = 2


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field that cannot be used."""

    field: str  # path from the top of the document: messages[3].to
    what: str  # what is wrong
    remedy: str  # what to do


class Problem(CaiyouError):
    """A request that is answered with an error."""

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        remedy: str,
        *,
        errors: Sequence[FieldError] = (),
        retry_after_s: int = 0,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code  # a word for programs
        self.detail = detail
        self.remedy = remedy
        self.errors = tuple(errors)
        self.retry_after_s = retry_after_s  # 0 = not said

    def document(self) -> dict[str, Any]:
        """The problem as a JSON document (RFC 9457 3)."""
        found: dict[str, Any] = {
            "type": f"urn:caiyou:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "remedy": self.remedy,
        }
        if self.retry_after_s:
            found["retry_after_s"] = self.retry_after_s
        if self.errors:
            found["errors"] = [
                {"field": error.field, "what": error.what, "remedy": error.remedy} for error in self.errors
            ]
        return found


def invalid(errors: Sequence[FieldError]) -> Problem:
    """Fields that cannot be used."""
    first = errors[0]
    more = f" (and {len(errors) - 1} more)" if len(errors) > 1 else ""
    return Problem(422, "invalid", f"{first.field}: {first.what}{more}", first.remedy, errors=errors)


def bad_json(reason: str) -> Problem:
    """A body that is no JSON."""
    return Problem(400, "bad_json", f"the body is no JSON: {reason}", "Send one JSON object, encoded as UTF-8.")


def missing(what: str) -> Problem:
    """Nothing is there under that name, or it belongs to somebody else."""
    return Problem(404, "not_found", f"there is no {what}", "Check the id; you can only see what is your own.")


def too_many(detail: str, retry_after_s: int) -> Problem:
    """The client asks faster than it may."""
    return Problem(429, "too_many", detail, f"Try again in {retry_after_s} s.", retry_after_s=retry_after_s)


def explain(error: CaiyouError) -> Problem:
    """The problem an error of the hub is told as."""
    words = str(error)
    if isinstance(error, Problem):
        return error
    if isinstance(error, StoreUnavailable):
        return Problem(
            503,
            "store_unavailable",
            words,
            "Nothing was done; send the same request again, with the same key.",
            retry_after_s=STORE_RETRY_S,
        )
    if isinstance(error, BadRequest):
        field, colon, what = words.partition(": ")
        if colon and field.replace("_", "").replace(".", "").isalnum():
            return invalid([FieldError(field, what, "Change this field and send the request again.")])
        return Problem(422, "invalid", words, "Change the request and send it again.")
    if isinstance(error, Precondition):
        return Problem(412, "changed", words, "Read the contact again, and make your change to what it is now.")
    if isinstance(error, Conflict):
        return Problem(409, "conflict", words, "Use another key or name.")
    if isinstance(error, NotFound):
        return Problem(404, "not_found", words, "Check the id.")
    if isinstance(error, Refused):
        return Problem(403, error.code, words, "The hub will not do this; ask its administrator.")
    if isinstance(error, NotAllowed):
        return Problem(403, "read_only", words, "Ask its owner to share it for writing.")
    if isinstance(error, BookFull):
        return Problem(507, "book_full", words, "Delete contacts, or ask the administrator for a larger book.")
    if isinstance(error, CardTooLarge):
        return Problem(413, "too_large", words, "Take a smaller photo.")
    if isinstance(error, TokenDead):
        return Problem(410, "too_old", words, "Read the whole book again, from revision 0.")
    return Problem(500, "internal", "the hub could not do this", "Try again; tell the administrator if it stays so.")

"""Problem documents (RFC 9457), and how errors of the hub become them."""

from __future__ import annotations

import orjson
import pytest

from gateway.core.errors import BadRequest, CaiyouError, Conflict, NotFound, Refused, StoreUnavailable
from gateway.web.answers import problem_answer
from gateway.web.problems import explain, missing, too_many
from gateway.web.tokens import forbidden, unauthorised


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (StoreUnavailable("disk full"), 503, "store_unavailable"),
        (BadRequest("senders: this is a list"), 422, "invalid"),
        (BadRequest("This is no mail address: it is too long."), 422, "invalid"),
        (Conflict("the account is there already"), 409, "conflict"),
        (NotFound("there is no mail 5"), 404, "not_found"),
        (Refused("bad_url", "url: this is no URL"), 403, "bad_url"),
        (CaiyouError("secret inner words"), 500, "internal"),
        (missing("rule 5"), 404, "not_found"),
        (unauthorised("no token"), 401, "unauthorised"),
        (forbidden("send"), 403, "scope_missing"),
        (too_many("slowly", 7), 429, "too_many"),
    ],
)
def test_every_error_has_a_document_with_a_remedy(error: CaiyouError, status: int, code: str) -> None:
    answer = problem_answer(explain(error))
    assert answer.status == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert isinstance(answer.body, bytes)
    document = orjson.loads(answer.body)
    assert document["status"] == status
    assert document["code"] == code
    assert document["type"] == f"urn:caiyou:problem:{code}"
    assert document["title"]
    assert document["detail"]
    assert document["remedy"]
    assert "secret inner words" not in answer.body.decode()


def test_the_field_of_a_bad_request_is_named() -> None:
    document = explain(BadRequest("quiet_from: this is a time of day such as 22:30.")).document()
    assert document["errors"][0]["field"] == "quiet_from"
    assert document["errors"][0]["what"] == "this is a time of day such as 22:30."


def test_when_to_come_again() -> None:
    assert problem_answer(too_many("slowly", 7)).headers["Retry-After"] == "7"
    assert problem_answer(explain(StoreUnavailable("away"))).headers["Retry-After"] == "2"
    assert problem_answer(unauthorised("no token")).headers["WWW-Authenticate"] == 'Bearer realm="caiyou"'

"""Answers of the web door: JSON, problems, text, pages, each with the headers that keep a browser from harm."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Final

import orjson
from aiohttp import web

from gateway.web.problems import Problem

_SAFE: Final = (
    ("X-Content-Type-Options", "nosniff"),
    ("Referrer-Policy", "no-referrer"),
    ("X-Frame-Options", "DENY"),
    ("Cache-Control", "no-store"),
    ("Server", "caiyou"),
)
_NOTHING: Final = ("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
_OURS: Final = (
    "Content-Security-Policy",
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'; object-src 'none'",
)
JSON_HEADERS: Final = (("Content-Type", "application/json"), _NOTHING, *_SAFE)
_PROBLEM: Final = (("Content-Type", "application/problem+json"), _NOTHING, *_SAFE)
_TEXT: Final = (_NOTHING, *_SAFE)
#: Of a file that is handed out as it is.
FILE_HEADERS: Final = _TEXT
_PAGE: Final = (("Content-Type", "text/html; charset=utf-8"), _OURS, *_SAFE)


def json_answer(document: Any, status: int = 200) -> web.Response:
    """A JSON document."""
    return web.Response(body=orjson.dumps(document), status=status, headers=JSON_HEADERS)


def problem_answer(problem: Problem) -> web.Response:
    """A problem document (RFC 9457)."""
    answer = web.Response(body=orjson.dumps(problem.document()), status=problem.status, headers=_PROBLEM)
    if problem.retry_after_s:
        answer.headers["Retry-After"] = str(problem.retry_after_s)
    if problem.status == 401:
        answer.headers["WWW-Authenticate"] = 'Bearer realm="caiyou"'
    return answer


def text_answer(text: str | bytes, status: int = 200, content_type: str = "text/plain; charset=utf-8") -> web.Response:
    """A plain text, or octets of a named type."""
    body = text.encode() if isinstance(text, str) else text
    return web.Response(body=body, status=status, headers=(("Content-Type", content_type), *_TEXT))


def page_answer(html: str, status: int = 200) -> web.Response:
    """A page for people."""
    return web.Response(body=html.encode(), status=status, headers=_PAGE)


def asset_answer(data: bytes, content_type: str) -> web.Response:
    """A file of ours that pages use; browsers keep it for an hour."""
    answer = text_answer(data, content_type=content_type)
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


def moved_answer(where: str) -> web.Response:
    """Look there instead."""
    return web.Response(status=303, headers=(("Location", where), *_TEXT))


def iso(at_ms: int | None) -> str | None:
    """A moment as ISO 8601 in UTC, to the millisecond."""
    if not at_ms:
        return None
    return datetime.fromtimestamp(at_ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

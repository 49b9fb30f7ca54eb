"""Bodies that are forms with files (multipart/form-data, RFC 7578): read as they come, and no further than allowed."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Final

from aiohttp import BodyPartReader, MultipartReader, web

from gateway.web.asking import Api, check_encoding, too_large, too_slow
from gateway.web.problems import FieldError, Problem, invalid
from mms.content import Part

MAX_FIELDS: Final = 200
#: Octets for the lines around each field.
_AROUND: Final = 1024


@dataclass(frozen=True, slots=True)
class Form:
    """What came."""

    fields: tuple[tuple[str, str], ...]  # name and value, in their order
    files: tuple[Part, ...]


def is_form(request: web.BaseRequest) -> bool:
    """Whether the body says that it is a form with files."""
    return request.headers.get("Content-Type", "").lower().startswith("multipart/form-data")


async def read_form(api: Api, request: web.BaseRequest, *, media: int, words: int, files: int) -> Form:
    """The form; at most so many octets of files and of everything else, and so many files. Raises Problem."""
    check_encoding(request)
    limit = media + words + (MAX_FIELDS + files) * _AROUND
    if (request.content_length or 0) > limit:
        raise too_large(limit)
    try:
        async with asyncio.timeout(api.body_seconds(limit)):
            return await _read(MultipartReader(request.headers, request.content), media, words, files)
    except TimeoutError:
        raise too_slow() from None
    except (ValueError, AssertionError, LookupError, RuntimeError, web.HTTPException) as error:
        raise Problem(400, "bad_form", f"the body is no form: {error}", "Send multipart/form-data.") from None


async def _read(reader: MultipartReader, media: int, words: int, most_files: int) -> Form:
    fields: list[tuple[str, str]] = []
    files: list[Part] = []
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or not part.name:
            raise Problem(400, "bad_form", "a part of the form has no name, or parts of its own", "Send plain fields.")
        if part.filename is None:
            if len(fields) >= MAX_FIELDS:
                raise invalid([FieldError("body", f"more than {MAX_FIELDS} fields", "Send fewer.")])
            data = await _octets(part, words)
            words -= len(data)
            fields.append((part.name, _text(part.name, data)))
        else:
            if len(files) >= most_files:
                raise invalid([FieldError(part.name[:64], f"more than {most_files} files", "Send fewer.")])
            data = await _octets(part, media)
            if not data:
                raise invalid([FieldError(part.name[:64], "the file is empty", "Send its octets.")])
            media -= len(data)
            kind = part.headers.get("Content-Type", "").partition(";")[0].strip().lower()[:100]
            files.append(Part(kind or "application/octet-stream", data, part.filename[:100]))
    return Form(tuple(fields), tuple(files))


async def _octets(part: BodyPartReader, room: int) -> bytes:
    found = bytearray()
    while chunk := await part.read_chunk():
        if len(found) + len(chunk) > room:
            raise Problem(413, "too_large", f"the form holds more than {room} octets more", "Send less at once.")
        found += chunk
    return bytes(found)


def _text(name: str, data: bytes) -> str:
    try:
        return data.decode()
    except UnicodeDecodeError:
        raise invalid([FieldError(name[:64], "it is no UTF-8", "Send text as UTF-8.")]) from None

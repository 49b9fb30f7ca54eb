"""One request of a browser: who asks, in which language, what was filled in; and the answers pages give."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from aiohttp import web
from aiohttp.multipart import BodyPartReader

from gateway.core.accounts import Account
from gateway.core.errors import BadRequest, NotFound
from gateway.core.sessions import Role, Session
from gateway.store.desk import Desk
from gateway.web.answers import page_answer
from gateway.web.site.looks import render
from gateway.web.site.services import Services
from gateway.web.site.words import Words, words

#: Scripts, styles, pictures and frames of our own, and nothing else: no inline script, nobody frames us.
CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "frame-src 'self'; media-src 'self' blob:; manifest-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
MAX_FIELDS: Final = 2000
MAX_FILES: Final = 50
_FLASH: Final = "caiyou_said"


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form. Name and type are what the browser says."""

    name: str
    media_type: str
    data: bytes


@dataclass(slots=True)
class Form:
    """What was filled in; later fields of a name win in `get`."""

    fields: list[tuple[str, str]] = field(default_factory=list)
    uploads: list[tuple[str, Upload]] = field(default_factory=list)

    def get(self, name: str, default: str = "") -> str:
        """The value of a field."""
        return next((value for key, value in reversed(self.fields) if key == name), default)

    def all(self, name: str) -> list[str]:
        """All values of a field."""
        return [value for key, value in self.fields if key == name]

    def has(self, name: str) -> bool:
        """Whether a box was ticked."""
        return any(key == name for key, _ in self.fields)

    def files(self, name: str) -> list[Upload]:
        """The files of a field; empty ones left out."""
        return [upload for key, upload in self.uploads if key == name and (upload.name or upload.data)]


@dataclass(slots=True)
class Visit:
    """One request. `session` and `account` are None for strangers."""

    desk: Desk
    request: web.BaseRequest
    names: Mapping[str, str]
    address: str  # network address of the browser
    is_private: bool  # it came by TLS
    language: str
    services: Services
    area: str = "site"  # whose page it is; its words go before others
    session: Session | None = None
    account: Account | None = None
    role: Role = Role.MEMBER
    form: Form = field(default_factory=Form)

    @property
    def words(self) -> Words:
        """The language of the page."""
        return words(self.language, self.area)

    @property
    def member(self) -> Account:
        """Who is signed in; only for routes that ask for it."""
        assert self.account is not None, "the route asks for a member"
        return self.account

    @property
    def zone(self) -> str:
        """The time zone times are shown in."""
        return self.account.zone if self.account is not None else "Asia/Shanghai"

    def query(self, name: str, default: str = "") -> str:
        """A value of the query, at most 1000 characters of it."""
        return self.request.query.get(name, default)[:1000]

    def number(self, name: str) -> int:
        """A piece of the path that must be a number. Raises NotFound."""
        text = self.names[name]
        if not (text.isascii() and text.isdigit() and len(text) <= 19):
            raise NotFound("There is no such page.")
        return int(text)

    def say(self, text: str, **values: object) -> str:
        """A text of the page's language, with its values."""
        said = self.words.gettext(text)
        return said % values if values else said

    # --- answers --------------------------------------------------------------------------------------------

    def page(self, template: str, status: int = 200, **values: Any) -> web.Response:
        """A page by a template below templates/web."""
        answer = page_answer(self.part(template, **values), status)
        answer.headers["Content-Security-Policy"] = CSP
        if self.request.cookies.get(_FLASH):
            answer.del_cookie(_FLASH, path="/")
        return answer

    def part(self, template: str, **values: Any) -> str:
        """The HTML of a template, with what every page needs."""
        return render(
            template,
            self.words,
            visit=self,
            account=self.account,
            role=self.role.value,
            csrf=self.session.csrf if self.session is not None else "",
            said=_flash(self.request.cookies.get(_FLASH, "")),
            path=self.request.path,
            now_ms=self.desk.now_ms(),
            moment=self._moment,
            full_moment=lambda at_ms: self.words.full_moment(at_ms, self.zone),
            **values,
        )

    def move(self, where: str, said: str = "") -> web.Response:
        """Look there instead; `said` stands on top of the next page, once."""
        answer = web.Response(
            status=303,
            headers=(("Location", where), ("Cache-Control", "no-store"), ("Referrer-Policy", "no-referrer")),
        )
        if said:
            answer.set_cookie(
                _FLASH, quote(said[:300]), path="/", httponly=True, samesite="Lax", secure=self.is_private, max_age=60
            )
        return answer

    def _moment(self, at_ms: int | None) -> str:
        return self.words.moment(at_ms, self.zone, self.desk.now_ms())

    # --- what was filled in ---------------------------------------------------------------------------------

    async def read_form(self, max_octets: int) -> None:
        """Read what was filled in. Raises BadRequest for what is no form, or too large."""
        kind = self.request.content_type
        if kind == "multipart/form-data":
            self.form = await _multipart(self.request, max_octets)
        elif kind == "application/x-www-form-urlencoded" or not self.request.can_read_body:
            octets = await _octets(self.request, max_octets)
            try:
                self.form = Form(
                    parse_qsl(octets.decode(), keep_blank_values=True, max_num_fields=MAX_FIELDS, errors="strict")
                )
            except ValueError as error:
                raise BadRequest("The form cannot be read.") from error
        else:
            raise BadRequest("A form is wanted.")

    def is_ours(self) -> bool:
        """Whether the form was filled in on a page of ours, in this session."""
        origin = self.request.headers.get("Origin", "")
        if origin and origin != "null" and urlsplit(origin).netloc != self.request.host:
            return False
        if self.request.headers.get("Sec-Fetch-Site", "same-origin") not in ("same-origin", "none"):
            return False
        if self.session is None:
            return True  # nobody's rights are used
        given = self.request.headers.get("X-Csrf", "") or self.form.get("csrf")
        return hmac.compare_digest(given.encode("utf-8", "replace"), self.session.csrf.encode())


def _flash(value: str) -> str:
    return unquote(value)[:300]


async def _octets(request: web.BaseRequest, limit: int) -> bytes:
    found = bytearray()
    async for chunk in request.content.iter_chunked(65_536):
        found += chunk
        if len(found) > limit:
            raise BadRequest("The form is too large.")
    return bytes(found)


async def _multipart(request: web.BaseRequest, limit: int) -> Form:
    form, size = Form(), 0
    try:
        async for part in await request.multipart():
            if not isinstance(part, BodyPartReader) or len(form.fields) > MAX_FIELDS or len(form.uploads) > MAX_FILES:
                raise BadRequest("The form cannot be read.")
            data = bytearray()
            while chunk := await part.read_chunk(65_536):
                data += chunk
                size += len(chunk)
                if size > limit:
                    raise BadRequest("The files are too large together.")
            name = part.name or ""
            if part.filename is not None:
                kind = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0].strip().lower()
                form.uploads.append((name, Upload(_plain(part.filename), kind[:100], bytes(data))))
            else:
                form.fields.append((name, data.decode("utf-8", "replace")))
    except ValueError as error:
        raise BadRequest("The form cannot be read.") from error
    return form


def _plain(name: str) -> str:
    """The name of a file without a path."""
    return name.replace("\\", "/").rpartition("/")[2][:255]

"""SyncML (OMA DS 1.0 to 1.2): the room of the web door where old phones find the members' address books.

A message is answered with HTTP 200 whatever is in it; what a phone may not do it is told inside. A session is let in by
name and password once; its later messages come to an address of their own (RespURI), which nobody else knows.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version as installed_version
from typing import Final

from aiohttp import web

from addressbook.dav.errors import DavError
from addressbook.dav.headers import Credentials as NameAndPassword
from addressbook.syncml import documents
from addressbook.syncml.alerts import Code
from addressbook.syncml.auth import decoded, fits, name_and_password
from addressbook.syncml.commands import BASIC, MD5, Challenge, Header, Message
from addressbook.syncml.documents import Form
from addressbook.syncml.giving import contact_id_of as id_of
from addressbook.syncml.giving import name_of
from addressbook.syncml.reading import message_of
from addressbook.syncml.session import MAX_MESSAGE, Exchange, octets_of, refusal
from addressbook.syncml.tokens import Version
from gateway.core.errors import MalformedPdu, NotFound, StoreUnavailable
from gateway.store.desk import BooksOfStore, Desk
from gateway.store.sync_devices import SyncDevice
from gateway.web.dav_login import Logins, TooManyLogins
from gateway.web.limits import Buckets

#: Messages a second of one address, and at once.
RATE, BURST = 50.0, 400.0
#: Seconds a phone may take to send a message, and after which a session without a message is over.
BODY_TIMEOUT_S: Final = 120.0
SESSION_S: Final = 3_600
#: Octets of a message over what we ask for: phones do not keep to it.
_MOST: Final = 2 * MAX_MESSAGE
_NONCE_OCTETS: Final = 16
_PARAMETER: Final = "s"
_STORE_RETRY_S: Final = 5


@dataclass(frozen=True, slots=True)
class Admitted:
    """Who a message is from."""

    account_id: int
    sync_device_id: int | None  # None: to be found by the name it gives itself
    token: str = ""  # "": by password
    nonce: str = ""  # Base64, for the next digest


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a message is not let in."""

    code: Code
    challenge: Challenge


class SyncmlRoom:
    """Answers at /syncml."""

    def __init__(self, desk: Desk, *, address_of: Callable[[web.BaseRequest], str], clock: Callable[[], float]) -> None:
        self._desk = desk
        self._address_of = address_of
        self._clock = clock
        self._logins = Logins(desk, clock, door="syncml")
        self._rates = Buckets(BURST)
        self._maker_version = installed_version("caiyou")

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request."""
        if request.method != "POST":
            return _plain(405, "Address books for phones, by SyncML.", Allow="POST")
        form = documents.form_of(request.headers.get("Content-Type", ""))
        if form is None:
            return _plain(415, "application/vnd.syncml+wbxml or application/vnd.syncml+xml is taken here")
        if wait_s := self._rates.take(self._address_of(request), RATE, self._clock()):
            return _plain(429, "too many messages", **{"Retry-After": str(wait_s)})
        octets = await _body(request)
        if octets is None:
            return _plain(413, f"a message has at most {_MOST} octets")
        try:
            document = documents.read(octets, form)
            message = message_of(document.root)
        except MalformedPdu as error:
            self._desk.journal.peer_misbehaved("syncml", str(error))
            return _plain(400, str(error))
        try:
            answered = await self._serve(request, message, octets, document.version, form)
        except TooManyLogins as error:
            return _plain(429, error.detail, **{"Retry-After": str(error.retry_after_s)})
        except DavError as error:
            return _plain(error.status, error.detail)
        except StoreUnavailable as error:
            return _plain(503, str(error), **{"Retry-After": str(_STORE_RETRY_S)})
        return web.Response(
            body=answered,
            content_type=form.content_type,
            headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", "Server": "caiyou"},
        )

    async def _serve(
        self, request: web.BaseRequest, message: Message, octets: bytes, version: Version, form: Form
    ) -> bytes:
        header = message.header
        if header.protocol not in [f"SyncML/{one}" for one in Version]:
            return octets_of(refusal(message, Code.WRONG_PROTOCOL), form, version)
        if header.version not in list(Version):
            return octets_of(refusal(message, Code.WRONG_VERSION), form, version)
        admitted = await self._admit(request, header, self._address_of(request))
        if isinstance(admitted, Refused):
            return octets_of(refusal(message, admitted.code, admitted.challenge), form, version)
        digest = hashlib.sha256(octets).hexdigest()[:32]
        where = _respond_to(request, header)
        return await self._desk.commit(
            lambda books: self._exchange(books, admitted, message, digest, Version(header.version), form, where)
        )

    # --- who it is --------------------------------------------------------------------------------------------

    async def _admit(self, request: web.BaseRequest, header: Header, address: str) -> Admitted | Refused:
        token = request.query.get(_PARAMETER, "")
        if token and header.credentials is None:
            found = await self._desk.read(lambda books: _by_token(books, token, header))
            if found is not None:
                return found
        given = header.credentials
        if given is None:
            return await self._refused(Code.NO_CREDENTIALS, header, "")
        if given.type == MD5:
            admitted = await self._by_digest(header, address)
        else:
            admitted = await self._by_password(header, address)
        return admitted or await self._refused(Code.WRONG_CREDENTIALS, header, given.type)

    async def _by_digest(self, header: Header, address: str) -> Admitted | None:
        """Digests need a secret that is kept as it is: those of devices are, those of members are not."""
        given = header.credentials
        assert given is not None
        devices = await self._devices(header, header.source.name)
        if not devices:
            return None  # it is told to show the password itself
        self._logins.bar(header.source.name, address)
        for device in devices:
            nonce = decoded(device.nonce) or b""
            if fits(given, header.source.name, device.secret, nonce):
                new = base64.b64encode(secrets.token_bytes(_NONCE_OCTETS)).decode()
                return Admitted(device.account_id, device.id, nonce=new)
        self._logins.count_wrong(header.source.name, address)
        return None

    async def _by_password(self, header: Header, address: str) -> Admitted | None:
        given = None if header.credentials is None else name_and_password(header.credentials)
        if given is None:
            return None
        name, password = given
        for device in await self._devices(header, name):
            if hmac.compare_digest(device.secret.encode(), password.encode("utf-8", "replace")):
                return Admitted(device.account_id, device.id)
        login = await self._logins.find(NameAndPassword(name, password), address)
        return None if login is None else Admitted(login.account.id, None)

    async def _refused(self, code: Code, header: Header, type_: str) -> Refused:
        """A device that has a secret of its own, and shows a digest or nothing, is asked for a digest."""
        if type_ in ("", MD5):
            ids = [one.id for one in await self._devices(header, header.source.name)]
            if ids:
                nonce = base64.b64encode(secrets.token_bytes(_NONCE_OCTETS)).decode()
                await self._desk.commit(lambda books: books.sync_devices.set_nonce(ids, nonce))
                return Refused(code, Challenge(MD5, nonce))
        return Refused(code, Challenge(BASIC))

    async def _devices(self, header: Header, name: str) -> list[SyncDevice]:
        """The devices of a member that have secrets, and may be the one that asks."""
        known = await self._desk.read(lambda books: _with_secret(books, name))
        return [one for one in known if one.device_id in ("", header.source.uri)]

    # --- what it says -----------------------------------------------------------------------------------------

    def _exchange(
        self,
        books: BooksOfStore,
        admitted: Admitted,
        message: Message,
        digest: str,
        version: Version,
        form: Form,
        where: str,
    ) -> bytes:
        devices, header = books.sync_devices, message.header
        if admitted.sync_device_id is None:
            device = devices.come(admitted.account_id, header.source.uri)
        else:
            device = devices.claim(admitted.sync_device_id, header.source.uri)
        _, abilities, state = devices.get(device.id)
        if (header.session_id, digest) == (state.session_id, state.digest):
            return state.reply  # it has not heard the answer
        if header.session_id != state.session_id or (not admitted.token and header.message_id == "1"):
            state = state.begun(header.session_id, f"{name_of(device.id)}.{secrets.token_urlsafe(16)}", books.now_ms)
        shelf = books.shelf(device)
        exchange = Exchange(
            state,
            abilities,
            shelf,
            version,
            form,
            respond_to=f"{where}?{_PARAMETER}={state.token}",
            anchor=str(books.now_ms),
            by_password=not admitted.token,
            challenge=Challenge(MD5, admitted.nonce) if admitted.nonce else None,
            maker_version=self._maker_version,
        )
        octets = octets_of(exchange.answer(message), form, version)
        state.digest, state.reply, state.seen_ms = digest, octets, books.now_ms
        if admitted.nonce:
            devices.set_nonce([device.id], admitted.nonce)
        devices.keep(device.id, exchange.device, state)
        return octets


def _by_token(books: BooksOfStore, token: str, header: Header) -> Admitted | None:
    sync_device_id = id_of(token.partition(".")[0])
    if sync_device_id is None:
        return None
    try:
        device, _, state = books.sync_devices.get(sync_device_id)
    except NotFound:
        return None
    is_mine = (device.device_id, state.session_id) == (header.source.uri[:255], header.session_id)
    if not is_mine or not hmac.compare_digest(state.token.encode(), token.encode("utf-8", "replace")):
        return None
    if books.now_ms - state.seen_ms > SESSION_S * 1000:
        return None
    account = books.accounts.by_id(device.account_id)
    if account is None or not books.accounts.is_active(account.id):
        return None
    return Admitted(account.id, device.id, token)


def _with_secret(books: BooksOfStore, name: str) -> list[SyncDevice]:
    """The devices of an active member that have secrets of their own."""
    account = books.accounts.by_address(name)
    if account is None or not books.accounts.is_active(account.id):
        return []
    return [one for one in books.sync_devices.of(account.id) if one.secret]


def _respond_to(request: web.BaseRequest, header: Header) -> str:
    """Where the session's later messages go: where the first went, as the phone calls it."""
    target = header.target.uri.partition("?")[0]
    if target.startswith(("http://", "https://")):
        return target
    return f"{request.scheme}://{request.host}{request.path}"


async def _body(request: web.BaseRequest) -> bytes | None:
    """The body, bounded in time; None for one that is too large. Raises DavError 408, 415."""
    if "Content-Encoding" in request.headers:
        raise DavError(415, "the body is compressed")
    if (request.content_length or 0) > _MOST:
        return None
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT_S):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > _MOST:
                    return None
    except TimeoutError:
        raise DavError(408, "the body did not come in time") from None
    return bytes(body)


def _plain(status: int, text: str, **headers: str) -> web.Response:
    return web.Response(status=status, text=text + "\n", headers={"Server": "caiyou", **headers})

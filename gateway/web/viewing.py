"""Who may see the pages for people: those at this machine, and those who show a token once and then carry a cookie."""

from __future__ import annotations

import ipaddress
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Final, Protocol

from aiohttp import web

from gateway.core.accounts import Token
from gateway.core.errors import ConfigError
from gateway.web.asking import Api
from gateway.web.problems import Problem
from gateway.web.tokens import MAX_SECRET, bearer, forbidden

COOKIE: Final = "caiyou_status"
SESSION_S: Final = 12 * 3600
MAX_SESSIONS: Final = 1000
#: Headers that tell of somebody behind the peer.
_FORWARDED: Final = ("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Real-IP", "Via")
_LOCAL_NAMES: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Proxies:
    """The proxies whose word about their clients counts."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: list[_Network] = []
        for entry in trusted:
            try:
                self._trusted.append(ipaddress.ip_network(entry))
            except ValueError as error:
                raise ConfigError(f"trusted_proxies: {entry!r} is no address or network") from error

    def trusts(self, address: str) -> bool:
        """Whether this is one of them."""
        if not self._trusted:
            return False
        try:
            ip = ipaddress.ip_address(address.partition("%")[0])
        except ValueError:
            return False
        return any(ip in network for network in self._trusted)

    def is_private(self, request: web.BaseRequest) -> bool:
        """Whether the client reached us, or a trusted proxy of ours, by TLS."""
        if request.secure:
            return True
        return self.trusts(request.remote or "") and request.headers.get("X-Forwarded-Proto") == "https"

    def address_of(self, request: web.BaseRequest) -> str:
        """The address a request comes from: the peer, or what trusted proxies say, read from the right."""
        address = request.remote or ""
        if not self.trusts(address):
            return address
        for hop in reversed(request.headers.get("X-Forwarded-For", "").split(",")[-20:]):
            hop = hop.strip()
            if not hop:
                continue
            address = hop
            if not self.trusts(hop):
                break
        return address

    def is_here(self, request: web.BaseRequest) -> bool:
        """Whether somebody at this machine asks, and not through a proxy, and not a page of elsewhere in a browser.

        The Host header is looked at because a name of elsewhere may be pointed at 127.0.0.1 (DNS rebinding).
        """
        try:
            if not ipaddress.ip_address(request.remote or "").is_loopback:
                return False
        except ValueError:
            return False
        if any(name in request.headers for name in _FORWARDED):
            return False
        host = request.headers.get("Host", "")
        name = host.rpartition(":")[0] if host.rpartition(":")[2].isdigit() else host
        return name.lower() in _LOCAL_NAMES


class Client(Protocol):
    """What can be told of whoever sends a request."""

    def address_of(self, request: web.BaseRequest) -> str: ...
    def is_private(self, request: web.BaseRequest) -> bool: ...


class Viewers:
    """Sessions of people who showed a token; the token is asked for again each time, so that revoking ends them."""

    def __init__(self, api: Api, proxies: Proxies, clock: Callable[[], float]) -> None:
        self._api = api
        self._proxies = proxies
        self._clock = clock
        self._sessions: OrderedDict[str, tuple[float, str]] = OrderedDict()  # cookie -> (ends, secret)

    async def check(self, request: web.BaseRequest) -> None:
        """Return when the one who asks may look. Raises Problem."""
        if self._proxies.is_here(request):
            return
        session = self._sessions.get(request.cookies.get(COOKIE, ""))
        if session is not None and session[0] > self._clock():
            _may_look(await self._api.check(session[1], self._proxies.address_of(request)))
            return
        secret = bearer(request.headers.get("Authorization"))
        _may_look(await self._api.check(secret, self._proxies.address_of(request)))

    async def enter(self, request: web.BaseRequest, secret: str) -> str:
        """Open a session for who shows a token, and return the value of its cookie. Raises Problem."""
        _may_look(await self._api.check(secret[:MAX_SECRET], self._proxies.address_of(request)))
        value = secrets.token_urlsafe(32)
        self._sessions[value] = (self._clock() + SESSION_S, secret)
        if len(self._sessions) > MAX_SESSIONS:
            self._sessions.popitem(last=False)
        return value


def _may_look(token: Token) -> None:
    if not token.scopes & {"read", "admin"}:
        raise forbidden("read")


def wants_page(problem: Problem, request: web.BaseRequest) -> bool:
    """Whether a refusal is better told by a page than by a document."""
    return problem.status in (401, 403) and "text/html" in request.headers.get("Accept", "")

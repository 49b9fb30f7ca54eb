"""Where the hub may connect to on behalf of members: never into its own network.

A name is resolved once, by us; private, loopback, link-local, reserved and multicast addresses are struck out, and the
connection goes to what is left. So a name that points elsewhere a moment later (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Collection, Mapping
from typing import Final

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from gateway.core.errors import Refused

MAX_URL: Final = 1024
MAX_REDIRECTS: Final = 3

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_NAT64: Final = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in the last 32 bits


def is_public(address: str) -> bool:
    """Whether an IP address lies in the Internet, and not in somebody's own network."""
    try:
        ip: _Address = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour
        if inner is None and ip.teredo is not None:
            inner = ip.teredo[1]
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def check_url(text: object, *, allow_private: bool) -> str:
    """The URL a webhook may have. Raises Refused with what is wrong."""
    if not isinstance(text, str) or not 1 <= len(text) <= MAX_URL or not text.isprintable():
        raise Refused("bad_url", f"url: this is a text of at most {MAX_URL} characters")
    try:
        url = URL(text)
        host, port = url.host, url.port
    except ValueError:
        raise Refused("bad_url", "url: this is no URL") from None
    if url.scheme not in ("http", "https") or not host or not port:
        raise Refused("bad_url", "url: write https://host/path")
    if url.user is not None or url.password is not None:
        raise Refused("bad_url", "url: leave out name and password; calls are signed instead")
    inside = host == "localhost" or host.endswith(".localhost") or (_is_ip(host) and not is_public(host))
    if inside and not allow_private:
        raise Refused("private_address", "url: the hub does not call addresses of private networks")
    return str(url)


def _is_ip(host: str) -> bool:
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True


class GuardedResolver(AbstractResolver):
    """Resolves names to public addresses only."""

    def __init__(self, *, allow_private: bool) -> None:
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """The addresses of a host. Raises OSError when it has none that may be called."""
        found = await asyncio.get_running_loop().getaddrinfo(
            host, port, type=socket.SOCK_STREAM, family=family, flags=socket.AI_ADDRCONFIG
        )
        allowed = [
            ResolveResult(
                hostname=host,
                host=address[0],
                port=port,
                family=kind,
                proto=proto,
                flags=socket.AI_NUMERICHOST | socket.AI_NUMERICSERV,
            )
            for kind, _, proto, _, address in found
            if isinstance(address[0], str) and (self._allow_private or is_public(address[0]))
        ]
        if not allowed:
            raise OSError(f"{host} has no public address; private networks are not called")
        return allowed

    async def close(self) -> None:
        """Nothing is held."""


def guarded_client(*, allow_private: bool, limit: int, headers: Mapping[str, str]) -> aiohttp.ClientSession:
    """A client for addresses that strangers have named; `limit` connections at once."""
    connector = aiohttp.TCPConnector(
        limit=limit, resolver=GuardedResolver(allow_private=allow_private), use_dns_cache=False
    )
    return aiohttp.ClientSession(
        connector=connector,
        headers=headers,
        cookie_jar=aiohttp.DummyCookieJar(),
        auto_decompress=False,  # a small answer must not become a large one
        trust_env=False,
    )


async def fetched(
    client: aiohttp.ClientSession,
    address: str,
    *,
    allow_private: bool,
    max_octets: int,
    what: str,
    refusal: str,
    ports: Collection[int] | None = None,
) -> bytes:
    """The octets at an address; every redirect is looked at like the address itself.

    `what` names it in refusals, `refusal` is their code where the answer is none; `ports` are those that may be called,
    None for all. Raises Refused, and what the client raises.
    """
    for _ in range(1 + MAX_REDIRECTS):
        checked = URL(check_url(address, allow_private=allow_private))
        if ports is not None and checked.port not in ports:
            raise Refused("bad_port", f"port {checked.port} is not called for {what}s")
        async with client.get(checked, allow_redirects=False) as answer:
            if answer.status in (301, 302, 303, 307, 308):
                address = str(answer.url.join(URL(answer.headers.get("Location", ""))))
                continue
            if answer.status != 200:
                raise Refused(refusal, f"the answer is {answer.status}")
            octets = bytearray()
            async for chunk in answer.content.iter_chunked(65_536):
                octets += chunk
                if len(octets) > max_octets:
                    raise Refused("too_large", f"the {what} has more than {max_octets} octets")
            return bytes(octets)
    raise Refused("redirects", f"more than {MAX_REDIRECTS} redirects")

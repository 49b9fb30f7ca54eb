"""Which servers take the mail of a domain: MX records, an A or AAAA record in their place, or nobody (RFC 5321 5.1)."""

from __future__ import annotations

import asyncio
import ipaddress
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import dns.asyncresolver
import dns.exception
import dns.rdatatype
import dns.resolver

#: Servers and addresses tried for one mail; more would keep a place busy for an hour.
MAX_HOSTS = 5
MAX_ADDRESSES = 3


@dataclass(frozen=True, slots=True)
class Host:
    """A server to try."""

    name: str
    addresses: tuple[str, ...]
    port: int = 25


class NoRoute(Exception):
    """There is nobody to give the mail to; `answer` is in the form of a reply, its first digit says for how long."""

    def __init__(self, answer: str) -> None:
        super().__init__(answer)
        self.answer = answer


class Routes(Protocol):
    """Where the relay asks."""

    async def hosts_of(self, domain: str) -> Sequence[Host]:
        """The servers to try, best first. Raises NoRoute."""


class DnsRoutes:
    """Routes from the DNS.

    A server named like us, and what stands behind it in the list, is left out: mail for us would go in circles.
    Addresses that lead back into this machine are left out too, unless `allow_loopback`.
    """

    def __init__(
        self, hostname: str, *, port: int = 25, allow_loopback: bool = False, nameservers: Sequence[str] = ()
    ) -> None:
        self._hostname = hostname.rstrip(".").lower()
        self._port = port
        self._allow_loopback = allow_loopback
        self._resolver = dns.asyncresolver.Resolver(configure=not nameservers)
        for server in nameservers:
            address, _, at_port = server.rpartition(":") if server.count(":") == 1 else (server, "", "53")
            self._resolver.nameservers = [*self._resolver.nameservers, address]
            self._resolver.port = int(at_port)
        self._resolver.lifetime = 20.0

    async def hosts_of(self, domain: str) -> Sequence[Host]:
        """See Routes."""
        if domain.startswith("["):
            return [self._literal(domain)]
        names = await self._exchangers(domain)
        found = await asyncio.gather(*(self._addresses(name) for name in names[:MAX_HOSTS]))
        hosts = [Host(name, addresses, self._port) for name, addresses in zip(names, found, strict=False) if addresses]
        if hosts:
            return hosts
        raise NoRoute(f"450 4.4.4 No server of {domain} has an address that can be used")

    async def _exchangers(self, domain: str) -> list[str]:
        """Names of servers by preference, those of equal preference in random order."""
        try:
            answer = await self._resolver.resolve(domain, "MX")
        except dns.resolver.NXDOMAIN as error:
            raise NoRoute(f"550 5.1.2 The domain {domain} does not exist") from error
        except dns.resolver.NoAnswer:
            return [domain]
        except dns.exception.DNSException as error:
            raise NoRoute(f"451 4.4.3 The servers of {domain} could not be looked up") from error
        records = sorted((record.preference, random.random(), record.exchange) for record in answer)  # noqa: S311
        names: list[tuple[int, str]] = [
            (preference, exchange.to_text(omit_final_dot=True).lower()) for preference, _, exchange in records
        ]
        if [name for _, name in names] in ([""], ["."], ["@"]):
            raise NoRoute(f"556 5.1.10 The domain {domain} takes no mail")  # null MX, RFC 7505
        ours = [preference for preference, name in names if name == self._hostname]
        if ours:
            names = [(preference, name) for preference, name in names if preference < min(ours)]
            if not names:
                raise NoRoute(f"554 5.4.6 The mail for {domain} leads back to this server")
        return [name for _, name in names]

    async def _addresses(self, name: str) -> tuple[str, ...]:
        found: list[str] = []
        for kind in (dns.rdatatype.A, dns.rdatatype.AAAA):
            try:
                answer = await self._resolver.resolve(name, kind)
            except dns.exception.DNSException:
                continue
            found += [record.address for record in answer if self._is_usable(record.address)]
        return tuple(found[:MAX_ADDRESSES])

    def _literal(self, domain: str) -> Host:
        address = domain.strip("[]").removeprefix("IPv6:").removeprefix("ipv6:")
        try:
            if self._is_usable(address):
                return Host(domain, (address,), self._port)
        except ValueError:
            pass
        raise NoRoute(f"550 5.1.2 Mail cannot be sent to {domain}")

    def _is_usable(self, address: str) -> bool:
        ip = ipaddress.ip_address(address)
        if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
            return False
        return self._allow_loopback or not ip.is_loopback


@dataclass(frozen=True, slots=True)
class SmartHost:
    """Everything goes through one server."""

    host: str
    port: int

    async def hosts_of(self, domain: str) -> Sequence[Host]:
        """See Routes."""
        return [Host(self.host, (self.host,), self.port)]

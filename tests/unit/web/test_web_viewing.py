"""Who is at this machine, and whom a proxy speaks for."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from gateway.core.errors import ConfigError
from gateway.web.viewing import Proxies


def request(remote: str, **headers: str) -> Any:
    return SimpleNamespace(remote=remote, headers={name.replace("_", "-"): value for name, value in headers.items()})


@pytest.mark.parametrize(
    ("asked", "here"),
    [
        (request("127.0.0.1", Host="127.0.0.1:8080"), True),
        (request("::1", Host="[::1]:8080"), True),
        (request("127.0.0.1", Host="localhost"), True),
        (request("127.0.0.1", Host="evil.example:8080"), False),  # DNS rebinding
        (request("127.0.0.1"), False),
        (
            request("127.0.0.1", Host="localhost", **{"X-Forwarded-For": "203.0.113.5"}),
            False,
        ),  # a proxy at this machine
        (request("192.0.2.1", Host="localhost"), False),
        (request("", Host="localhost"), False),
    ],
)
def test_who_is_here(asked: Any, here: bool) -> None:
    assert Proxies(()).is_here(asked) is here


@pytest.mark.parametrize(
    ("remote", "forwarded", "client"),
    [
        ("10.0.0.1", "203.0.113.5", "203.0.113.5"),
        ("10.0.0.1", "1.1.1.1, 203.0.113.5", "203.0.113.5"),  # what the client itself wrote does not count
        ("10.0.0.1", "203.0.113.5, 10.0.0.2", "203.0.113.5"),
        ("10.0.0.1", "", "10.0.0.1"),
        ("192.0.2.9", "203.0.113.5", "192.0.2.9"),
    ],
)
def test_whom_a_proxy_speaks_for(remote: str, forwarded: str, client: str) -> None:
    assert Proxies(("10.0.0.0/8",)).address_of(request(remote, **{"X-Forwarded-For": forwarded})) == client


def test_a_wrong_proxy_is_a_wrong_configuration() -> None:
    with pytest.raises(ConfigError, match="trusted_proxies"):
        Proxies(("my-proxy",))

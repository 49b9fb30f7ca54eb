"""Where webhooks may point."""

from __future__ import annotations

import pytest

from gateway.core.errors import Refused
from gateway.web.egress import GuardedResolver, check_url, is_public


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.8.8.8", "0.0.0.0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1",
        "192.0.2.1", "198.18.0.1", "224.0.0.1", "240.0.0.1", "255.255.255.255", "::", "::1", "fe80::1", "fe80::1%eth0",
        "fc00::1", "fd00:ec2::254", "ff02::1", "::ffff:127.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a9fe:a9fe::1", "2001:db8::1", "not an address", "",
    ],
)  # fmt: skip
def test_inner_addresses_are_not_public(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "223.5.5.5", "2400:3200::1", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_addresses_of_the_internet_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "url",
    [
        "", "hooks.example.org", "ftp://example.org/", "file:///etc/passwd", "http://", "https://a:b@example.org/",
        "http://user@example.org/", "http://127.0.0.1/", "http://[::1]:8080/", "http://169.254.169.254/latest/meta-data",
        "http://localhost:8080/", "http://x.localhost/", "http://example.org:99999/", "http://exa\nmple.org/",
        "https://example.org/" + "a" * 1024, None, 5, ["https://example.org/"],
    ],
)  # fmt: skip
def test_urls_that_are_refused(url: object) -> None:
    with pytest.raises(Refused) as caught:
        check_url(url, allow_private=False)
    assert str(caught.value).startswith("url: ")


@pytest.mark.parametrize("url", ["https://hooks.example.org/a?b=c", "http://8.8.8.8:8080/x"])
def test_urls_that_pass(url: str) -> None:
    assert check_url(url, allow_private=False) == url


def test_private_networks_where_they_are_allowed() -> None:
    assert check_url("http://127.0.0.1:9000/x", allow_private=True) == "http://127.0.0.1:9000/x"


@pytest.mark.parametrize("name", ["127.0.0.1", "2130706433", "0x7f000001", "127.1"])
async def test_other_spellings_of_inner_addresses_are_seen_when_resolved(name: str) -> None:
    with pytest.raises(OSError, match=r"no public address|Name or service"):
        await GuardedResolver(allow_private=False).resolve(name, 80)


async def test_the_address_that_was_checked_is_the_one_given() -> None:
    found = await GuardedResolver(allow_private=True).resolve("127.0.0.1", 80)
    assert [(entry["host"], entry["port"]) for entry in found] == [("127.0.0.1", 80)]

"""Links and profiles that set a phone up."""

from __future__ import annotations

import plistlib
from urllib.parse import unquote, urlsplit

import pytest

from addressbook.dav.set_up import Access, apple_profile, davx5_link

USER, PASSWORD = "ann+x@example.cn", "cy_a/b:c@d"


@pytest.mark.parametrize(
    ("page_url", "url", "scheme"),
    [
        ("https://mail.example.cn", "https://mail.example.cn/dav/", "davx5"),
        ("https://mail.example.cn:8443/m", "https://mail.example.cn:8443/dav/", "davx5"),
        ("http://192.0.2.1:8080", "http://192.0.2.1:8080/dav/", "carddav"),
        ("https://[2001:db8::1]", "https://[2001:db8::1]/dav/", "davx5"),
    ],
)
def test_addresses(page_url: str, url: str, scheme: str) -> None:
    access = Access.at(page_url, USER, PASSWORD)
    assert access.url == url
    link = urlsplit(davx5_link(access))
    assert (link.scheme, unquote(link.username or ""), unquote(link.password or "")) == (scheme, USER, PASSWORD)
    assert link.path == "/dav/"
    assert PASSWORD not in repr(access)


def test_a_profile() -> None:
    access = Access.at("https://mail.example.cn", USER, PASSWORD)
    profile = plistlib.loads(apple_profile(access, "彩邮"))
    (payload,) = profile["PayloadContent"]
    assert profile["PayloadType"] == "Configuration"
    assert payload["PayloadType"] == "com.apple.carddav.account"
    assert (payload["CardDAVHostName"], payload["CardDAVPort"], payload["CardDAVUseSSL"]) == (
        "mail.example.cn", 443, True,
    )  # fmt: skip
    assert (payload["CardDAVUsername"], payload["CardDAVPassword"]) == (USER, PASSWORD)
    assert payload["CardDAVPrincipalURL"] == "/dav/principals/ann%2Bx@example.cn/"
    assert payload["PayloadUUID"] != profile["PayloadUUID"]
    # Installed again it takes the place of the first.
    again = plistlib.loads(apple_profile(Access.at("https://mail.example.cn", USER, "other"), "彩邮"))
    assert again["PayloadUUID"] == profile["PayloadUUID"]

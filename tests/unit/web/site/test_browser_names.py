"""Short names of browsers."""

from __future__ import annotations

import pytest

from gateway.web.site.agents import browser_of


@pytest.mark.parametrize(
    ("agent", "name"),
    [
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:130.0) Gecko/20100101 Firefox/130.0", "Firefox 130 · Windows"),
        (
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 "
                "Safari/537.36 Edg/130.0.0.0"
            ),
            "Edge 130 · Windows",
        ),
        (
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
                "Version/18.0 Mobile/15E148 Safari/604.1"
            ),
            "Safari 18 · iPhone",
        ),
        (
            (
                "Mozilla/5.0 (Linux; Android 13; M2012K11AC) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 "
                "Chrome/116.0.0.0 Mobile Safari/537.36 MicroMessenger/8.0.49"
            ),
            "WeChat 8 · Android",
        ),
        ("Nokia6230i/2.0 (03.25) Profile/MIDP-2.0", "Nokia6230i/2.0 (03.25) Profile/MIDP-2.0"),
        ("x" * 200, "x" * 40),
        ("", ""),
    ],
)
def test_names(agent: str, name: str) -> None:
    assert browser_of(agent) == name

"""The status page: languages, remedies, and that nothing in it is taken for markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.web.health import Figures
from gateway.web.status import ASSETS, asset, language_of, login_page, remedy_key, status_page
from templates import engine

NOW_MS = 1_750_000_000_000
EVIL = "<script>alert(1)</script>"


def link(name: str, state: str, last_error: str = "") -> Mapping[str, Any]:
    return {
        "name": name, "protocol": "smpp", "state": state, "since_ms": NOW_MS - 7_500_000, "last_error": last_error,
    }  # fmt: skip


def page(figures: Figures, language: str = "en", trouble: str = "") -> str:
    rates = {("submitted", "sim"): 1234.4}
    return status_page(figures, rates, trouble=trouble, lag_s=0.012, now_ms=NOW_MS, language=language)


def test_both_languages_have_the_same_words() -> None:
    english, chinese = engine.load("web", "en"), engine.load("web", "zh")
    assert {key: sorted(set(text.fields)) for key, text in english.items()} == {
        key: sorted(set(text.fields)) for key, text in chinese.items()
    }


@pytest.mark.parametrize(
    ("wanted", "accepted", "language"),
    [
        ("", "", "en"),
        ("zh", "en", "zh"),
        ("xx", "zh-CN,zh;q=0.9,en;q=0.8", "zh"),
        ("", "fr, en;q=0.5, zh;q=0.7", "zh"),
        ("", "zh;q=0, en", "en"),
        ("", "zh;q=nonsense", "en"),
        ("", ",,,;q=,", "en"),
    ],
)
def test_the_language(wanted: str, accepted: str, language: str) -> None:
    assert language_of(wanted, accepted) == language


@pytest.mark.parametrize(
    ("state", "code", "key"),
    [
        ("failed", "ESME_RINVDSTADR (11)", "remedy_number"),
        ("failed", "UNDELIV", "remedy_number"),
        ("failed", "MK:0001", "remedy_number"),
        ("failed", "ESME_RINVSRCADR (10)", "remedy_sender"),
        ("failed", "REJECTD", "remedy_blocked"),
        ("failed", "MBBLACK", "remedy_blocked"),
        ("failed", "ESME_RINVMSGLEN (1)", "remedy_length"),
        ("failed", "EXPIRED", "remedy_expired"),
        ("expired", "", "remedy_expired"),
        ("failed", "vendor 0x00000401", "remedy_other"),
    ],
)
def test_remedies(state: str, code: str, key: str) -> None:
    assert remedy_key(state, code) == key
    assert key in engine.load("web", "en")


def test_what_is_well_is_said() -> None:
    html = page(Figures(NOW_MS, (link("sim", "up"),), {("sim", "queued"): 12345}))
    assert "Everything works." in html
    assert "12,345" in html
    assert "1,234" in html
    assert "2 h" in html
    assert "Nothing has failed of late." in html


def test_what_is_not_well_is_said() -> None:
    html = page(Figures(NOW_MS, (link("a", "up"), link("b", "down", "refused: password"))))
    assert "1 of 2 links are down." in html
    assert "refused: password" in html
    assert "存储无法写入：disk full" in page(Figures(), "zh", "disk full")


def test_numbers_are_masked_and_markup_is_not_taken() -> None:
    failure = {
        "id": 7, "recipient": "+8613800138000", "state": "failed", "code": EVIL, "settled_ms": None,
        "created_ms": NOW_MS,
    }  # fmt: skip
    html = page(Figures(NOW_MS, (link(EVIL, "down", EVIL),), failures=(failure,)))
    assert EVIL not in html
    assert "13800138000" not in html
    assert "+86138****8000" in html
    assert "caiyou trace 7 tells the whole story." in html


def test_no_page_needs_anything_from_elsewhere_or_inline() -> None:
    for html in (page(Figures()), login_page("zh")):
        assert "http://" not in html
        assert "https://" not in html
        assert "style=" not in html
        assert "<script>" not in html
        assert "onclick" not in html
    for name in ASSETS:
        assert asset(name)
        assert b"http" not in asset(name).replace(b"http-equiv", b"")

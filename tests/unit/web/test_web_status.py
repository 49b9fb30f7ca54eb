"""The status page: languages, remedies, and that nothing in it is taken for markup."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from gateway.core.alarms import Alarm, AlarmState, Kind
from gateway.core.link_figures import LinkReading
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
    return status_page(figures, trouble=trouble, lag_s=0.012, now_ms=NOW_MS, language=language)


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
    reading = LinkReading(
        rate=1234.4, in_flight=7, window=32, answers={"accepted": 90, "temporary": 4, "permanent": 6},
        times=(0, 0, 0, 80, 20, *[0] * 7), hour_accepted=50, hour_delivered=49,
    )  # fmt: skip
    figures = Figures(NOW_MS, (link("sim", "up"),), {("sim", "queued"): 12345}, readings={"sim": reading})
    html = page(figures)
    for value in ("7 / 32", "≤ 100 ms", "98 %", ">90<", ">10<"):
        assert value in html, value
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


@pytest.mark.parametrize(
    ("state", "colour", "english", "chinese"),
    [
        ("up", "good", "up", "已连接"),
        ("connecting", "wait", "connecting", "连接中"),
        ("draining", "wait", "draining", "排空中"),
        ("paused", "wait", "paused", "已暂停"),
        ("down", "bad", "down", "已断开"),
        ("unserved", "bad", "served by no process", "无进程服务"),
    ],
)
def test_a_state_has_a_colour_and_a_word(state: str, colour: str, english: str, chinese: str) -> None:
    for language, word in (("en", english), ("zh", chinese)):
        html = page(Figures(NOW_MS, (link("sim", state),)), language)
        assert f'class="dot {colour}"' in html
        assert f'<strong class="{colour}">{word}</strong>' in html
    assert ("1 of 1 links are down." in page(Figures(NOW_MS, (link("sim", state),)))) is (colour == "bad")


def test_alarms_breakers_and_modems_are_seen_at_one_look() -> None:
    alarm = Alarm(Kind.SIM_SPENT, EVIL, "5 left", AlarmState.OPEN, NOW_MS - 7_200_000)
    parts = {
        "modem-1": {"up": 1, "signal": 21, "score": 0.873, "sent_today": 1200, "left": 30, "warned": 1},
        EVIL: {"up": 0, "signal": -1, "score": 0, "sent_today": 0, "left": -1, "warned": 0},
    }
    figures = Figures(
        NOW_MS,
        (link("pool", "up"),),
        readings={"pool": LinkReading(parts=parts)},
        breakers={"pool": [""]},
        alarms=(alarm,),
    )
    html = page(figures)
    assert "All links are up; open alarms: 1." in html
    assert "nearly spent: 5 left" in html
    assert EVIL not in html
    assert "left alone: it fails too often" in html
    assert 'class="dot wait" title="up"' in html  # nearly spent, but it works
    assert "modem-1</th><td>-71 dBm</td><td>1,200</td><td>30</td><td>87 %</td>" in html
    assert "<td>–</td><td>0</td><td>∞</td><td>0 %</td>" in html
    assert "即将用尽：5 left" in page(figures, "zh")


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

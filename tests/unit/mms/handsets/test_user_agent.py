"""User-Agents of phones as they are seen on the wire, and what they are taken for."""

from __future__ import annotations

import pytest

from gateway.core.errors import BadRequest
from mms.handsets.catalogue import Entry, Level, built_in
from mms.handsets.user_agent import AgentIndex, device_of, recognise

#: What phones call themselves, from manuals and logs in public forums.
SEEN = [
    ("Nokia6610/1.0 (5.63) Profile/MIDP-1.0 Configuration/CLDC-1.0", "nokia-6610"),
    ("Nokia6610I/1.0 (3.10) Profile/MIDP-1.0 Configuration/CLDC-1.0", "nokia-6610i"),
    ("Nokia7650/1.0 Symbian-QP/6.1 Nokia/2.1", "nokia-7650"),
    ("Nokia9999/1.0", "nokia"),
    ("Mozilla/5.0 (SymbianOS/9.2; U; Series60/3.1 NokiaN95/11.0.026; Profile MIDP-2.0)", "nokia-n95"),
    ("Mozilla/5.0 (SymbianOS/9.2; U; Series60/3.1 NokiaXX/11.0.026; Profile/MIDP-2.0)", "nokia-s60-3"),
    ("SonyEricssonT610/R201 Profile/MIDP-1.0 Configuration/CLDC-1.0", "sony-ericsson-t610"),
    ("SonyEricssonK750i/R1CA Browser/SEMC-Browser/4.2 Profile/MIDP-2.0", "sony-ericsson-k750"),
    ("SIE-S55/04 UP.Browser/5.0.2.1.102 (GUI)", "siemens-s55"),
    ("SIE-XX99/1.0", "siemens"),
    ("SAMSUNG-SGH-E700/BSI2.0 UP.Browser/6.1.0.6.d.2 (GUI) MMP/1.0", "samsung-e700"),
    ("SEC-SGHE700", "samsung-e700"),
    ("MOT-V3/0E.40.3CR MIB/2.2.1 Profile/MIDP-2.0", "motorola-v3"),
    ("MOT-T720/S_G_05.30.0CR MIB/2.0", "motorola-t720"),
    ("LG-KE970/V10a Teleca/WAP2.0", "lg-ke970"),
    ("BlackBerry8300/4.2.2 Profile/MIDP-2.0 Configuration/CLDC-1.1 VendorID/102", "blackberry-8300"),
    ("Mozilla/4.0 (compatible; MSIE 4.01; Windows CE; PPC; 240x320)", "windows-mobile-5"),
    ("MAUI WAP Browser", "mtk"),
    ("Unheard-Of-1/1.0 Profile/MIDP-1.0 Configuration/CLDC-1.0", "colour-2003"),
    ("Unheard-Of-2/1.0 UP.Browser/6.1.0.6 Profile/MIDP-2.0 Configuration/CLDC-1.1", "colour-2005"),
    ("ZTE-U V880/1.0 Linux/2.6.32 Android/2.2", "zte-blade"),
    ("Android-Mms/2.0", "android"),
    ("Mozilla/5.0 (Linux; U; Android 1.6; zh-cn; unheard of)", "android-1"),
    ("Mozilla/5.0 (Linux; U; Android 2.3.4; zh-cn; HTC Desire Build/GRJ22)", "htc-desire"),
    ("Mozilla/5.0 (Linux; U; Android 4.1.1; zh-cn; MI 2 Build/JRO03L)", "xiaomi-mi-2"),
    ("Mozilla/5.0 (Linux; Android 10; SM-G973F) AppleWebKit/537.36", "samsung-galaxy-s10"),
    ("SAMSUNG SM-G960U MMS", "galaxy-today"),
    ("SAMSUNG-SM-G900A", "samsung-galaxy-s5"),
    ("Dalvik/2.1.0 (Linux; U; Android 13; 2211133C Build/TKQ1.220905.001)", "xiaomi-13"),
    ("Mozilla/5.0 (Linux; Android 16; not in any list)", "android-9"),
    ("Mozilla/5.0 (iPhone; CPU iPhone OS 16_0 like Mac OS X) AppleWebKit/605.1.15", "iphone-1170"),
    ("Mozilla/5.0 (iPhone; U; CPU like Mac OS X; en) AppleWebKit/420+", "iphone-2g"),
    ("iPhone4,1 iOS/6.0", "iphone-4s"),
    ("Mozilla/5.0 (Mobile; Nokia 8110 4G; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "nokia-8110-4g"),
    ("Mozilla/5.0 (Mobile; unheard of; rv:48.0) Gecko/48.0 Firefox/48.0 KAIOS/2.5", "kaios"),
]  # fmt: skip


@pytest.mark.parametrize(("user_agent", "key"), SEEN, ids=[key for _, key in SEEN])
def test_phones_are_recognised(user_agent: str, key: str) -> None:
    found = recognise(user_agent)
    assert found is not None
    assert found.key == key
    assert found.pattern in built_in().entries[key].agents


@pytest.mark.parametrize(
    "user_agent",
    [
        "",
        "curl/8.0",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0",
        "/" * 600,
        "\x00\uffff",
    ],
)
def test_what_is_no_phone_is_taken_for_none(user_agent: str) -> None:
    assert recognise(user_agent) is None


@pytest.mark.parametrize("entry", built_in().entries.values(), ids=lambda entry: entry.key)
def test_every_pattern_leads_to_its_entry(entry: Entry) -> None:
    for pattern in entry.agents:
        found = recognise(pattern.removesuffix("*") + "/1.0")
        assert found is not None
        if entry.level is Level.MODEL:
            assert found.key == entry.key


def entry(key: str, level: Level, *agents: str, year: int = 2005) -> Entry:
    return Entry(key, level, key, "", year, agents, {})


@pytest.mark.parametrize(
    ("user_agent", "key"),
    [
        ("Acme-X/1", "maker"),
        ("Acme T9", "young"),
        ("Acme T1", "one"),
        ("acme_t1", "maker"),  # one word, not two
        ("Acme T1 Plus", "one-plus"),
        ("Acme Q7", "open"),
        ("Acme QX7", "open-longer"),
        ("Other MIDP-2.0", "time"),
    ],
)
def test_a_model_goes_before_a_family_and_the_longer_name_before_the_shorter(user_agent: str, key: str) -> None:
    index = AgentIndex(
        [
            entry("time", Level.CLASS, "MIDP-2.0", year=2020),
            entry("maker", Level.FAMILY, "Acme*"),
            entry("young", Level.FAMILY, "Acme T*", year=2010),
            entry("one", Level.MODEL, "Acme T1"),
            entry("one-plus", Level.MODEL, "Acme T1 Plus", year=2004),
            entry("open", Level.MODEL, "Acme Q*"),
            entry("open-longer", Level.MODEL, "Acme QX*", year=2004),
        ]
    )
    found = index.recognise(user_agent)
    assert found is not None
    assert found.key == key


def test_two_entries_with_one_pattern_are_refused() -> None:
    with pytest.raises(BadRequest, match="stands at one as well"):
        AgentIndex([entry("one", Level.MODEL, "Acme-1"), entry("two", Level.MODEL, "ACME1")])
    with pytest.raises(BadRequest, match="too short"):
        AgentIndex([entry("one", Level.MODEL, "*")])


@pytest.mark.parametrize(
    ("before", "after", "same"),
    [
        ("Nokia6610/1.0 (5.63)", "Nokia6610/1.0 (6.10) Profile/MIDP-1.0", True),
        ("Nokia6610/1.0", "Nokia6230/2.0", False),
        (
            "Mozilla/5.0 (Linux; Android 11; Foo One Build/A1.2)",
            "Mozilla/5.0 (Linux; Android 12; Foo One Build/B7.1)",
            True,
        ),
        ("Mozilla/5.0 (Linux; Android 12; Foo One)", "Mozilla/5.0 (Linux; Android 12; Foo Two)", False),
        ("Acme-1/1.0", "Acme-2/1.0", False),
    ],
)
def test_an_update_is_no_new_device(before: str, after: str, same: bool) -> None:
    assert (device_of(before) == device_of(after)) is same

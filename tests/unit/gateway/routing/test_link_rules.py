"""What links ask of senders and texts, read from JSON and applied to messages."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway.core.content import Place, read_template
from gateway.core.errors import BadRequest
from gateway.core.lists import Refusal
from gateway.core.profiles import LinkRules, Profile, profile_json, read_profile
from gateway.core.senders import CountryRules, SenderRules
from gateway.core.text import Alphabet


@pytest.mark.parametrize(
    ("rules", "sender", "country", "expected"),
    [
        (SenderRules(), "", "CN", ""),
        (SenderRules(), "10690001123", "CN", "10690001123"),
        (SenderRules(), "Caiyou", "CN", "Caiyou"),
        (SenderRules(), "+4915112345678", "DE", "+4915112345678"),
        (SenderRules(), "much-too-long", "DE", None),
        (SenderRules(), "1" * 21, "CN", None),
        (SenderRules(alphanumeric=False), "Caiyou", "DE", None),
        (SenderRules(countries={"CN": CountryRules(alphanumeric=False)}), "Caiyou", "CN", None),
        (SenderRules(countries={"CN": CountryRules(alphanumeric=False)}), "Caiyou", "DE", "Caiyou"),
        (SenderRules(allowed=("10690001", "Caiyou")), "10690001", "CN", "10690001"),
        (SenderRules(allowed=("10690001", "Caiyou")), "1069000142", "CN", "1069000142"),
        (SenderRules(allowed=("10690001", "Caiyou"), extension_digits=1), "1069000142", "CN", None),
        (SenderRules(allowed=("10690001", "Caiyou")), "Caiyou", "DE", "Caiyou"),
        (SenderRules(allowed=("10690001", "Caiyou")), "Caiyou2", "DE", None),  # a name has no extension
        (SenderRules(allowed=("10690001",)), "10690002", "CN", None),
        (SenderRules(allowed=("10690001",)), "", "CN", ""),
        (SenderRules(forced="10690001"), "Caiyou", "CN", "10690001"),
        (SenderRules(forced="10690001"), "", "CN", "10690001"),
        (SenderRules(forced="10690001"), "1069000107", "CN", "1069000107"),
        (SenderRules(forced="10690001", extension_digits=1), "1069000107", "CN", "10690001"),
        (SenderRules(forced="Caiyou"), "Caiyou1", "DE", "Caiyou"),
        (SenderRules(forced="Caiyou", countries={"US": CountryRules(forced="12025550100")}), "", "US", "12025550100"),
    ],
)
def test_senders(rules: SenderRules, sender: str, country: str, expected: str | None) -> None:
    found = rules.apply(sender, country)
    if expected is None:
        assert isinstance(found, Refusal)
        assert found.code == "sender_not_allowed"
        assert sender in found.rule
    else:
        assert found == expected


def test_the_signature_counts_into_the_segments() -> None:
    rules = LinkRules(Profile(signature_place=Place.FRONT, signature="彩邮"))
    dressed = rules.dress("", "好" * 66, "CN")
    assert not isinstance(dressed, Refusal)
    assert (dressed.text[:4], dressed.segments) == ("【彩邮】", 1)
    longer = rules.dress("", "好" * 67, "CN")
    assert not isinstance(longer, Refusal)
    assert longer.segments == 2
    latin = rules.dress("", "hello", "CN")
    assert not isinstance(latin, Refusal)
    assert latin.alphabet is Alphabet.UCS2


def test_a_link_that_cannot_carry_it_refuses() -> None:
    for profile, text, words in (
        (Profile(unicode=False), "你好", "GSM 7-bit"),
        (Profile(long=False), "x" * 161, "2 segments"),
        (Profile(long=False, signature_place=Place.BACK, signature="彩邮"), "好" * 67, "2 segments"),
    ):
        refusal = LinkRules(profile).dress("", text, "CN")
        assert isinstance(refusal, Refusal)
        assert refusal.code == "link_cannot"
        assert words in refusal.rule
    assert not isinstance(LinkRules(Profile(unicode=False)).dress("", "plain", "CN"), Refusal)


def test_templates_are_compared_without_the_signature() -> None:
    rules = LinkRules(
        Profile(templates_required=True, signature_place=Place.BACK), (read_template("验证码{code}，请勿告诉他人"),)
    )
    dressed = rules.dress("", "【彩邮】验证码123，请勿告诉他人", "CN")
    assert not isinstance(dressed, Refusal)
    assert dressed.text == "验证码123，请勿告诉他人【彩邮】"
    refusal = rules.dress("", "促销", "CN")
    assert isinstance(refusal, Refusal)
    assert refusal.code == "no_template"


def test_profiles_survive_json() -> None:
    profile = Profile(
        long=False, allowed_senders=("106", "Caiyou"), signature_place=Place.FRONT, signature="彩邮",
        countries={"CN": CountryRules(False, "10690001")}, templates_required=True,
    )  # fmt: skip
    assert read_profile(json.loads(json.dumps(profile_json(profile)))) == profile
    assert profile_json(Profile()) == {}


@pytest.mark.parametrize(
    ("values", "name"),
    [
        ({"colour": 1}, "colour"),
        ({"long": "yes"}, "long"),
        ({"long": 1}, "long"),
        ({"extension_digits": True}, "extension_digits"),
        ({"extension_digits": 21}, "extension_digits"),
        ({"allowed_senders": "106"}, "allowed_senders"),
        ({"allowed_senders": ["way too long a name"]}, "allowed_senders"),
        ({"signature_place": "middle"}, "signature_place"),
        ({"signature_place": []}, "signature_place"),
        ({"signature": "【彩邮】"}, "signature"),
        ({"forced_sender": "x" * 12}, "forced_sender"),
        ({"countries": []}, "countries"),
        ({"countries": {"CN": 1}}, "countries"),
        ({"countries": {"CHN": {}}}, "countries"),
        ({"countries": {"CN": {"more": 1}}}, "countries"),
    ],
)
def test_a_wrong_rule_is_named(values: dict[str, Any], name: str) -> None:
    with pytest.raises(BadRequest, match=name):
        read_profile(values)


@pytest.mark.parametrize(
    ("profile", "octets", "code"),
    [
        (Profile(), 133, ""),
        (Profile(), 1000, ""),
        (Profile(unicode=False), 133, ""),
        (Profile(long=False), 133, ""),
        (Profile(long=False), 134, "link_cannot"),
        (Profile(binary=False), 1, "link_cannot"),
        (Profile(templates_required=True), 1, "no_template"),
        (Profile(alphanumeric=False), 1, "sender_not_allowed"),
    ],
)
def test_data(profile: Profile, octets: int, code: str) -> None:
    found = LinkRules(profile).dress_data("Caiyou", bytes(octets), "CN", has_port=True)
    if code:
        assert isinstance(found, Refusal)
        assert found.code == code
    else:
        assert found == ("Caiyou", "", Alphabet.BINARY, 1 if octets == 133 else 8)

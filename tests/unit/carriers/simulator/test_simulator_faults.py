"""Faults as people and programs set them."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from carriers.simulator.bubbles import words
from carriers.simulator.command import _parser, config_of
from carriers.simulator.faults import Faults, longest_prefix
from gateway.core.errors import BadRequest, ConfigError


@pytest.mark.parametrize(
    ("name", "given", "kept"),
    [
        ("answer_delay_s", "0.5", 0.5), ("answer_delay_s", 1, 1.0), ("throttle_every_n", "10", 10),
        ("unknown_status", "0x4a5", 0x4A5), ("silent", "on", True), ("silent", False, False),
        ("silent", "false", False), ("report_width", 71, 71), ("id_form", "hex-decimal", "hex-decimal"),
        ("report_state", "139=UNDELIV, 1351=EXPIRED", {"139": "UNDELIV", "1351": "EXPIRED"}),
        ("report_state", {"139": "CB:0007"}, {"139": "CB:0007"}), ("report_state", "", {}),
        ("refuse_numbers", "139=0x0b", {"139": 11}), ("refuse_numbers", '{"139": 11}', {"139": 11}),
    ],
)  # fmt: skip
def test_values_as_typed_and_as_json(name: str, given: Any, kept: Any) -> None:
    faults = Faults()
    faults.change({name: given})
    value = getattr(faults, name)
    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("name", "given"),
    [
        ("nothing", 1), ("answer_delay_s", "soon"), ("answer_delay_s", -1), ("answer_delay_s", "nan"),
        ("answer_delay_s", "inf"), ("throttle_every_n", True), ("throttle_every_n", None), ("silent", "perhaps"),
        ("silent", []), ("report_width", 61), ("id_form", "octal"), ("id_form", []), ("report_state", "139"),
        ("report_state", {"139": "TOO LONG"}), ("report_state", {"139": 1}), ("report_state", [1]),
        ("refuse_numbers", "139=x"), ("refuse_numbers", '{"139"'), ("refuse_numbers", "[" * 99_999),
        ("refuse_numbers", {str(it): 1 for it in range(1001)}), ("throttle_every_n", "9" * 5000),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_and_changes_nothing(name: str, given: Any) -> None:
    faults = Faults()
    with pytest.raises(BadRequest):
        faults.change({"answer_twice": True, name: given})
    assert faults == Faults()


def test_values_give_everything_back() -> None:
    faults = Faults(throttle_every_n=3, report_state={"1": "X"}, silent=True)
    copy = Faults()
    copy.change(faults.values())
    assert copy == faults


def test_every_fault_has_words_in_every_language() -> None:
    for language in ("zh", "en"):
        assert {f"fault_{it.name}" for it in fields(Faults)} <= set(words(language))


@pytest.mark.parametrize(
    ("prefix", "number", "found"),
    [("138", "+8613800138000", True), ("86138", "+8613800138000", True), ("+86138", "+8613800138000", True),
     ("138", "13800138000", True), ("139", "+8613800138000", False), ("44", "+447700900123", True)],
)  # fmt: skip
def test_prefixes_with_and_without_country_code(prefix: str, number: str, found: bool) -> None:
    assert longest_prefix({prefix: 1}, number) == (1 if found else None)


def test_options_of_the_command_reach_the_configuration() -> None:
    options = _parser().parse_args([
        "--smpp-port", "0", "--count-only", "--report-delay-s", "0", "--silent", "--report-state", "139=EXPIRED",
        "--account", "smpp:me:pw:10690001", "--account", "cmpp:900002:s", "--throttle-every-n", "7",
    ])  # fmt: skip
    config = config_of(options)
    assert (config.smpp_port, config.count_only, config.report_delay_s) == (0, True, 0.0)
    assert (config.cmpp_port, config.smgp_port, config.sgip_port, config.web_port) == (7890, 8890, 8801, 8088)
    assert (config.faults.silent, config.faults.throttle_every_n) == (True, 7)
    assert config.faults.report_state == {"139": "EXPIRED"}
    assert [(it.name, it.access_number) for it in config.accounts] == [("me", "10690001"), ("900002", "")]


@pytest.mark.parametrize("account", ["http:a:b", "smpp", "smpp::b", "smpp:a:b:c:d"])
def test_accounts_that_make_no_sense(account: str) -> None:
    with pytest.raises(ConfigError):
        config_of(_parser().parse_args(["--account", account]))

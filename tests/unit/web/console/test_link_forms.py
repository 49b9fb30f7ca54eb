"""Options of links as forms: what is as without them is left out, secrets are never shown and stay when left empty."""

from __future__ import annotations

import pytest

from gateway.config import read_tables
from gateway.core.errors import BadRequest, ConfigError
from gateway.rooms import link_shelf
from gateway.web.console.link_form import choices_of, fields, read_form, shown

SHELF = link_shelf(read_tables({"link": [{"name": "old", "protocol": "smpp", "host": "h"}]}, "test"))


def form(protocol: str, **given: str) -> dict[str, str]:
    return {field.option.name: field.value for field in fields(SHELF, protocol, {})} | given


@pytest.mark.parametrize("protocol", sorted(SHELF.options))
def test_a_form_that_is_left_alone_says_nothing(protocol: str) -> None:
    """The page shows defaults as they are understood again: a form without a change is a table without an option."""
    table = read_form(SHELF, protocol, "a", form(protocol).get, {})
    required = {option.name for option in SHELF.options[protocol] if option.default == "" and not choices_of(option)}
    assert set(table) - {"name", "protocol"} <= required


def test_what_is_filled_in_is_the_table_of_the_file() -> None:
    given = form("smpp", host="10.0.0.7", password="secret", window="64", tls="true", bind="receiver", rate_per_s="2.5")
    table = read_form(SHELF, "smpp", "cmcc-1", given.get, {})
    assert table == {
        "name": "cmcc-1", "protocol": "smpp", "host": "10.0.0.7", "password": "secret", "window": 64, "tls": True,
        "bind": "receiver", "rate_per_s": 2.5,
    }  # fmt: skip
    SHELF.check(table)
    again = {field.option.name: field.value for field in fields(SHELF, "smpp", table)}
    assert again["window"] == "64"
    assert again["password"] == ""


def test_lists_are_divided_by_commas_or_blanks() -> None:
    table = read_form(SHELF, "mm1", "m", form("mm1", page_url="http://x.cn", tell_again_minutes="5, 10  20").get, {})
    assert table["tell_again_minutes"] == [5, 10, 20]
    SHELF.check(table)


def test_a_secret_stays_and_is_never_shown() -> None:
    before = {"name": "a", "protocol": "smpp", "host": "h", "password": "secret"}
    kept = read_form(SHELF, "smpp", "a", form("smpp", host="other").get, before)
    assert (kept["host"], kept["password"]) == ("other", "secret")
    changed = read_form(SHELF, "smpp", "a", form("smpp", host="other", password="new").get, before)
    assert changed["password"] == "new"
    assert "secret" not in str(shown(before, SHELF.options["smpp"]))
    assert shown(before, SHELF.options["smpp"])["password"] == "*"


@pytest.mark.parametrize("name", ["", "two words", "x" * 33, "../x", "<b>", "-x", "a/b"])
def test_names_that_cannot_be(name: str) -> None:
    with pytest.raises(BadRequest):
        read_form(SHELF, "smpp", name, form("smpp", host="h").get, {})


def test_values_that_cannot_be() -> None:
    with pytest.raises(BadRequest):
        read_form(SHELF, "smpp", "a", form("smpp", host="h", window="many").get, {})
    with pytest.raises(BadRequest):
        read_form(SHELF, "telepathy", "a", {}.get, {})  # type: ignore[arg-type]
    with pytest.raises(ConfigError):
        SHELF.check(
            read_form(SHELF, "cmpp", "a", form("cmpp", host="h", sp_id="900001", secret="s", version="9").get, {})
        )

"""What a SIM may send."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from carriers.gsm import sims
from carriers.gsm.answers import Identity
from carriers.gsm.config import GsmConfig, terms_of
from carriers.gsm.sims import HOUR_MS, SimBook, SimTerms, read_terms
from gateway.config import read_link
from gateway.core.errors import ConfigError

NOW = datetime(2026, 11, 30, 23, 30, tzinfo=UTC)


def ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)


def sent(segments: int, terms: SimTerms, *, at: datetime = NOW, book: SimBook | None = None) -> int | None:
    return sims.allowance(terms, sims.counted(book or SimBook(), segments, at), at)


@pytest.mark.parametrize(
    ("day", "month", "segments", "left"),
    [(0, 0, 5, None), (5, 0, 0, 5), (5, 0, 4, 1), (5, 0, 5, 0), (5, 0, 9, 0), (9, 4, 3, 1), (4, 9, 3, 1), (0, 7, 7, 0)],
)
def test_caps(day: int, month: int, segments: int, left: int | None) -> None:
    assert sent(segments, SimTerms(day_cap=day, month_cap=month)) == left


def test_a_day_begins_anew_and_a_month_goes_on() -> None:
    terms = SimTerms(day_cap=10, month_cap=15)
    book = sims.counted(SimBook(), 10, NOW - timedelta(days=2))
    assert sims.allowance(terms, book, NOW - timedelta(days=2)) == 0
    assert sims.allowance(terms, book, NOW) == 5
    book = sims.counted(book, 5, NOW)
    assert (book.sent_today, book.sent_month) == (5, 15)
    assert "cap of 15" in sims.obstacle(terms, book, NOW)
    next_month = NOW + timedelta(hours=1)
    assert sims.allowance(terms, book, next_month) == 10
    assert sims.opened(book, next_month) == SimBook("2026-12-01", "2026-12")


def test_what_was_refused_is_struck_off_and_never_below_nothing() -> None:
    book = sims.counted(sims.counted(SimBook(), 1, NOW), -1, NOW)
    assert (book.sent_today, book.sent_month) == (0, 0)
    later = NOW + timedelta(days=1)  # handed over before midnight, refused after it
    assert sims.counted(book, -1, later).sent_today == 0


def test_a_barred_sim_rests_for_hours() -> None:
    terms = SimTerms(ban_after=3, ban_h=2)
    book = SimBook()
    for _ in range(2):
        book = sims.refused(terms, book, 10, ms(NOW))
    assert sims.obstacle(terms, book, NOW) == ""
    assert sims.refused(terms, book, 38, ms(NOW)) == book  # the network's trouble, not the SIM's
    assert sims.taken(book).refusals == 0
    book = sims.refused(terms, book, 8, ms(NOW))
    assert "barred" in sims.obstacle(terms, book, NOW)
    assert sims.obstacle(terms, book, NOW + timedelta(hours=1, minutes=59))
    assert sims.obstacle(terms, book, NOW + timedelta(hours=2)) == ""
    assert sims.refused(SimTerms(ban_after=0), SimBook(refusals=99), 10, ms(NOW)).banned_until_ms == 0


@pytest.mark.parametrize(
    ("pattern", "answer", "amount"),
    [
        ("", "Balance 12.50 CNY", 12.5),
        ("", "Ваш баланс -3,20 р.", -3.2),
        (r"余额(\d+\.\d\d)元", "尊敬的客户,您的余额35.20元,积分900", 35.2),
        (r"余额(\d+)元", "no amount 5", None),
        (r"balance \S+", "your balance 7 is", 7.0),
        ("", "try again later", None),
        ("(a)?b", "b", None),
        ("", "9" * 500, float("9" * 200)),
    ],
)
def test_a_balance_in_what_the_network_says(pattern: str, answer: str, amount: float | None) -> None:
    assert sims.balance_in(SimTerms(balance_pattern=pattern), answer) == amount


def test_a_balance_is_asked_for_now_and_then() -> None:
    terms = SimTerms(balance_code="*100#", balance_every_h=2, balance_least=5)
    book = SimBook()
    assert sims.wants_balance(terms, book, ms(NOW))
    book = sims.asked(book, ms(NOW))
    assert not sims.wants_balance(terms, book, ms(NOW) + 2 * HOUR_MS - 1)
    assert sims.wants_balance(terms, book, ms(NOW) + 2 * HOUR_MS)
    assert sims.wants_balance(terms, book, ms(NOW) - 1)  # the clock was set back
    assert not sims.wants_balance(SimTerms(), book, ms(NOW) + 99 * HOUR_MS)
    assert sims.obstacle(terms, book, NOW) == ""
    assert "below 5" in sims.obstacle(terms, sims.with_balance(book, 4.9), NOW)
    assert sims.obstacle(terms, sims.with_balance(book, 5.0), NOW) == ""


def test_a_sim_that_expires() -> None:
    terms = SimTerms(expires="2026-12-10", warn_days=10)
    assert sims.warning(terms, SimBook(), NOW) == "it expires on 2026-12-10"
    assert sims.warning(terms, SimBook(), NOW - timedelta(days=1)) == ""
    assert sims.obstacle(terms, SimBook(), datetime(2026, 12, 10, 23, tzinfo=UTC)) == ""
    assert sims.obstacle(terms, SimBook(), datetime(2026, 12, 11, tzinfo=UTC)) == "it expired on 2026-12-10"


def test_a_cap_that_is_nearly_reached_is_told_of() -> None:
    terms = SimTerms(day_cap=100)
    assert sims.warning(terms, sims.counted(SimBook(), 90, NOW), NOW) == ""
    assert sims.warning(terms, sims.counted(SimBook(), 91, NOW), NOW) == "9 segments are left of its cap"
    assert "is reached" in sims.warning(terms, sims.counted(SimBook(), 100, NOW), NOW)
    assert "below 5" in sims.warning(SimTerms(balance_least=5), sims.with_balance(SimBook(), 1), NOW)


def test_a_book_is_kept_as_text() -> None:
    book = SimBook("2026-11-30", "2026-11", 3, 40, 1, 12345, 3.5, 99)
    assert SimBook.from_json(book.to_json()) == book
    newer = json.dumps({**json.loads(book.to_json()), "of another version": 1})
    assert SimBook.from_json(newer) == book


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        "null",
        "1",
        '{"sent_today": "9"}',
        '{"sent_today": -1}',
        '{"day": 5}',
        '{"balance": "x"}',
        "[" * 9999,
    ],
    ids=lambda text: text[:20],
)
def test_a_book_that_cannot_be_read_is_empty(text: str) -> None:
    assert SimBook.from_json(text) == SimBook()


def test_terms_from_a_table() -> None:
    base = SimTerms(day_cap=5)
    terms = read_terms({"prefixes": ["139"], "rest_s": 2, "expires": date(2027, 1, 31)}, base)
    assert terms == SimTerms(day_cap=5, prefixes=("139",), rest_s=2.0, expires="2027-01-31")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"daycap": 1}, "there is no option 'daycap'"),
        ({"day_cap": True}, "must be a int"),
        ({"day_cap": "9"}, "must be a int"),
        ({"prefixes": "139"}, "must be a tuple"),
        ({"prefixes": [139]}, "must be a tuple"),
        ({"day_cap": -1}, "not below 0"),
        ({"balance_every_h": 0}, "more than 0"),
        ({"balance_pattern": "("}, "cannot be read"),
        ({"expires": "soon"}, "cannot be read"),
    ],
)
def test_terms_that_cannot_be(table: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words.replace("(", "\\(")):
        read_terms(table, SimTerms())


def test_the_terms_of_a_sim_are_those_with_the_longest_name() -> None:
    config = GsmConfig(
        ports=("/dev/ttyUSB0",),
        sims={"5678": {"price": 2}, "345678": {"day_cap": 7}, "all": {"price": 1}, "+8613800138000": {"day_cap": 9}},
    )
    terms = config.terms()
    assert terms_of(terms, Identity(iccid="8986001234")).price == 1.0
    assert terms_of(terms, Identity(iccid="89860005678")).price == 2.0
    assert terms_of(terms, Identity(iccid="898600345678")) == SimTerms(day_cap=7, price=1.0)
    assert terms_of(terms, Identity(imsi="460001345678")).day_cap == 7
    assert terms_of(terms, Identity(iccid="1", number="+8613800138000")).day_cap == 9
    assert terms_of(terms, Identity()).price == 1.0


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"ports": ()}, "where are the modems"),
        ({"ports": ("ttyUSB0",)}, "begin with /"),
        ({"poll_s": 0.0}, "more than 0"),
        ({"late_s": -1.0}, "not below 0"),
        ({"tries": 0}, "at least 1"),
        ({"region": "XX"}, "one of"),
        ({"zone": "Mars"}, "no time zone"),
        ({"pins": {"1": 1234}}, "a PIN is text"),
        ({"sims": {"x": {}}}, "named by 4 digits"),
        ({"sims": {"123": {}}}, "named by 4 digits"),
        ({"sims": {"1234": 5}}, "must be a table"),
        ({"sims": {"1234": {"pin": "1"}}}, "sims.1234: there is no option"),
    ],
    ids=lambda it: str(it)[:30],
)
def test_a_pool_that_cannot_be(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        GsmConfig(**({"ports": ("/dev/ttyUSB0",)} | options))


def test_pins() -> None:
    config = GsmConfig(ports=("/dev/a",), pin="1111")
    assert config.settings("/dev/a").pin == "1111"
    config = GsmConfig(ports=("/dev/*",), pin="1111", pins={"/dev/a": "2222", "861234": "3333"})
    assert config.settings("/dev/a").pin == "2222"
    assert config.settings("/dev/b").pin == ""  # it may be the one with a PIN of its own: a wrong one is never tried
    assert config.pin_of("861234") == "3333"
    assert config.pin_of("869999") == "1111"
    assert "1111" not in repr(config)
    assert "3333" not in repr(config)


def test_devices_on_usb() -> None:
    config = GsmConfig(usb=("12d1:*", "0123ABC"))
    assert config.wants_usb("12d1:1506", "1-1/")
    assert config.wants_usb("2c7c:0125", "1-1.2/0123ABC")
    assert not config.wants_usb("2c7c:0125", "1-1.2/")
    assert GsmConfig(usb=("*",)).wants_usb("2c7c:0125", "1-1/")


def test_a_pool_in_the_file() -> None:
    table = {"name": "modems", "protocol": "gsm", "usb": ["12d1:*"], "sims": {"01234567": {"day_cap": 9}}}
    entry = read_link(table, "caiyou.toml [[link]] 1")
    assert entry.group == "modems"
    assert entry.options.terms()["01234567"].day_cap == 9
    with pytest.raises(ConfigError, match=r"\(modems\): sims.01: a SIM is named"):
        read_link(table | {"sims": {"01": {}}}, "caiyou.toml [[link]] 1")

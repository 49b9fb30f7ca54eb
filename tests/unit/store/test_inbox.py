"""SMS from phones: resends dropped, parts put together however they come, repeated references kept apart."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

import pytest

from gateway.core.messages import Concat, IncomingSms
from gateway.core.text import Alphabet
from gateway.store.inbox import MISSING, PART_PATIENCE_MS, RESEND_WINDOW_MS, SAME_WORDS_WINDOW_MS
from tests.fakes.desk import PHONE, Bench


def sms(text: str, carrier_id: str = "", part: tuple[int, int, int] | None = None, **more: Any) -> IncomingSms:
    concat = Concat(*part) if part else None
    values = {"sender": PHONE, "recipient": "10657000", **more}
    return IncomingSms(carrier_id, values["sender"], values["recipient"], text, Alphabet.UCS2, concat)


def file(bench: Bench, message: IncomingSms, link: str = "a", group: str = "a") -> str | None:
    filed = bench.run(lambda b: b.inbox.file(link, group, message, message.sender))
    return None if filed is None else filed.text


def test_a_whole_sms_is_given_out_once_however_often_it_comes(bench: Bench) -> None:
    assert file(bench, sms("你好", "m1")) == "你好"
    assert file(bench, sms("你好", "m1")) is None
    assert file(bench, sms("你好", "m1"), link="a2") is None  # the other line of the same account
    bench.clock.ms += RESEND_WINDOW_MS
    assert file(bench, sms("你好", "m1")) is None
    (inbox_id,) = bench.ask(lambda b: b.inbox.from_number(PHONE))
    assert bench.steps(inbox_id) == ["arrived", "resent", "resent", "resent"]


def test_an_id_used_again_after_the_window_is_a_new_sms(bench: Bench) -> None:
    assert file(bench, sms("one", "m1")) == "one"
    bench.clock.ms += RESEND_WINDOW_MS + 1
    assert file(bench, sms("two", "m1")) == "two"


@pytest.mark.parametrize(
    "other", [sms("x", "m2"), sms("x", "m1", sender="+8613900000000"), sms("x", "m1", part=(7, 2, 1))]
)
def test_another_id_phone_or_part_is_no_resend(bench: Bench, other: IncomingSms) -> None:
    file(bench, sms("x", "m1"))
    before = len(bench.ask(lambda b: b.tx.connection.exec_driver_sql("SELECT id FROM inbox").all()))
    file(bench, other)
    assert len(bench.ask(lambda b: b.tx.connection.exec_driver_sql("SELECT id FROM inbox").all())) == before + 1


def test_the_same_group_of_another_carrier_knows_nothing_of_it(bench: Bench) -> None:
    assert file(bench, sms("x", "m1")) == "x"
    assert file(bench, sms("x", "m1"), link="b", group="b") == "x"


def test_without_an_id_the_same_words_count_as_a_resend_for_a_short_while(bench: Bench) -> None:
    assert file(bench, sms("是")) == "是"
    assert file(bench, sms("是")) is None
    assert file(bench, sms("否")) == "否"
    bench.clock.ms += SAME_WORDS_WINDOW_MS + 1
    assert file(bench, sms("是")) == "是"


@pytest.mark.parametrize("order", list(itertools.permutations((1, 2, 3))))
def test_parts_are_joined_in_whatever_order_they_come(bench: Bench, order: tuple[int, ...]) -> None:
    words = {1: "一", 2: "二", 3: "三"}
    came = [file(bench, sms(words[n], f"m{n}", (7, 3, n))) for n in order]
    assert came == [None, None, "一二三"]
    (whole,) = bench.ask(lambda b: b.inbox.from_number(PHONE))
    assert bench.ask(lambda b: b.inbox.get(whole)["text"]) == "一二三"


def test_a_part_sent_again_completes_nothing(bench: Bench) -> None:
    assert file(bench, sms("一", "m1", (7, 2, 1))) is None
    assert file(bench, sms("一", "m1", (7, 2, 1))) is None
    bench.clock.ms += SAME_WORDS_WINDOW_MS + 1
    assert file(bench, sms("一", "m1b", (7, 2, 1))) is None
    assert file(bench, sms("二", "m2", (7, 2, 2))) == "一二"
    assert file(bench, sms("二", "m2", (7, 2, 2))) is None


def test_parts_are_joined_across_a_restart(bench: Bench) -> None:
    file(bench, sms("一", "m1", (7, 2, 1)))
    after = Bench(bench.store, clock=bench.clock, node=1)
    assert file(after, sms("二", "m2", (7, 2, 2))) == "一二"
    after.close()


def test_phones_numbers_and_totals_are_kept_apart(bench: Bench) -> None:
    file(bench, sms("一", "m1", (7, 2, 1)))
    assert file(bench, sms("x", "m2", (7, 2, 2), sender="+8613900000000")) is None
    assert file(bench, sms("x", "m3", (7, 2, 2), recipient="10657001")) is None
    assert file(bench, sms("x", "m4", (7, 3, 2))) is None
    assert file(bench, sms("x", "m5", (8, 2, 2))) is None
    assert file(bench, sms("二", "m6", (7, 2, 2))) == "一二"


@pytest.mark.parametrize("order", [(1, 2, 3), (1, 3, 2), (2, 1, 3), (2, 3, 1)])
def test_a_reference_that_comes_again_mixes_nothing(bench: Bench, order: tuple[int, ...]) -> None:
    """The third part of the old SMS was lost on the way."""
    file(bench, sms("old1", "m1", (7, 3, 1)))
    file(bench, sms("old2", "m2", (7, 3, 2)))
    bench.clock.pass_s(3600)
    assert [file(bench, sms(f"new{n} ", f"n{n}", (7, 3, n))) for n in order][-1] == "new1 new2 new3 "


def test_parts_too_old_are_not_looked_at(bench: Bench) -> None:
    file(bench, sms("old", "m1", (7, 2, 1)))
    bench.clock.ms += RESEND_WINDOW_MS + 1
    assert file(bench, sms("new", "m2", (7, 2, 2))) is None


@pytest.mark.parametrize("part", [(7, 2, 0), (7, 2, 3), (7, 2, 255)])
def test_a_part_with_a_number_that_cannot_be_joins_nothing(bench: Bench, part: tuple[int, int, int]) -> None:
    assert file(bench, sms("?", "m0", part)) is None
    assert file(bench, sms("一", "m1", (7, 2, 1))) is None
    assert file(bench, sms("二", "m2", (7, 2, 2))) == "一二"


def test_any_character_and_any_length_is_filed(bench: Bench) -> None:
    odd = sms("a\0b\ud83d", "m" * 90, sender="+" + "8" * 40, recipient="9" * 40)
    assert file(bench, odd) == "a\ufffdb\ufffd"


async def test_one_sms_on_two_lines_in_one_batch_is_filed_once(bench: Bench) -> None:
    came = await asyncio.gather(
        *(
            bench.desk.commit(lambda b, link=link: b.inbox.file(link, "a", sms("x", "m1"), PHONE))
            for link in ("a", "a2")
        )
    )
    assert [filed is not None for filed in came] == [True, False]
    await bench.desk.close()


def overdue(bench: Bench) -> list[str]:
    bench.clock.ms += PART_PATIENCE_MS + 1
    assert bench.ask(lambda b: b.inbox.overdue())
    given = [filed.text for filed in bench.run(lambda b: b.inbox.give_up_parts())]
    assert not bench.ask(lambda b: b.inbox.overdue())
    return given


@pytest.mark.parametrize(
    ("came", "text"),
    [
        ({1: "a", 2: "b"}, f"ab{MISSING}"),
        ({2: "b"}, f"{MISSING}b{MISSING}"),
        ({3: "c"}, f"{MISSING}c"),
        ({1: "a", 3: "c"}, f"a{MISSING}c"),
    ],
)
def test_what_came_of_a_long_sms_is_given_out_after_an_hour(bench: Bench, came: dict[int, str], text: str) -> None:
    for number, words in came.items():
        assert file(bench, sms(words, f"m{number}", part=(7, 3, number))) is None
    assert not bench.ask(lambda b: b.inbox.overdue())
    assert overdue(bench) == [text]
    (whole,) = bench.ask(lambda b: b.inbox.from_number(PHONE))
    assert bench.steps(whole) == ["joined"]


def test_the_last_part_that_came_counts_for_the_wait(bench: Bench) -> None:
    file(bench, sms("a", "m1", part=(7, 3, 1)))
    bench.clock.ms += PART_PATIENCE_MS
    file(bench, sms("b", "m2", part=(7, 3, 2)))
    bench.clock.ms += PART_PATIENCE_MS
    assert not bench.ask(lambda b: b.inbox.overdue())
    assert overdue(bench) == [f"ab{MISSING}"]


def test_a_part_that_comes_after_the_wait_is_given_out_by_itself(bench: Bench) -> None:
    file(bench, sms("a", "m1", part=(7, 2, 1)))
    assert overdue(bench) == [f"a{MISSING}"]
    file(bench, sms("b", "m2", part=(7, 2, 2)))
    assert overdue(bench) == [f"{MISSING}b"]


def test_two_messages_under_one_reference_are_given_out_apart(bench: Bench) -> None:
    file(bench, sms("old", "m1", part=(7, 3, 1)))
    file(bench, sms("new", "m2", part=(7, 3, 1)))
    file(bench, sms("er", "m3", part=(7, 3, 2)))
    assert overdue(bench) == [f"old{MISSING}", f"newer{MISSING}"]


def test_an_older_message_under_the_reference_is_not_lost_when_a_newer_one_is_whole(bench: Bench) -> None:
    file(bench, sms("old", "m1", part=(7, 2, 1)))
    file(bench, sms("new", "m2", part=(7, 2, 1)))
    assert file(bench, sms("er", "m3", part=(7, 2, 2))) == "newer"
    assert overdue(bench) == [f"old{MISSING}"]

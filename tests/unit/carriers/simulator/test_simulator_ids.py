"""Ids: none twice, in a second, a range or a restart."""

from __future__ import annotations

from datetime import timedelta

import pytest

from carriers.cmpp.message_id import MessageId, group_ids
from carriers.simulator.ids import CmppIds, SmppIds, smpp_forms
from tests.unit.carriers.simulator.operator_bench import BEGIN


def test_cmpp_ids_follow_the_layout() -> None:
    assert MessageId.unpack(CmppIds(79101).take(BEGIN)) == MessageId(1, 2, 3, 4, 5, 79101, 0)


def test_more_than_65536_in_one_second_borrow_the_next() -> None:
    ids = CmppIds(1)
    taken = [ids.take(BEGIN) for _ in range(70_000)]
    assert len(set(taken)) == 70_000
    assert MessageId.unpack(taken[-1]).second == 6
    later = [ids.take(BEGIN + timedelta(seconds=1)) for _ in range(70_000)]
    assert not set(taken) & set(later)


def test_ranges_do_not_overlap_and_do_not_wrap() -> None:
    ids = CmppIds(1)
    taken: set[int] = set()
    for count in [99] * 700 + [1, 99]:
        group = set(group_ids(ids.take(BEGIN, count), count))
        assert len(group) == count
        assert not taken & group
        taken |= group


def test_a_clock_set_back_makes_no_id_twice() -> None:
    ids = CmppIds(1)
    assert ids.take(BEGIN) != ids.take(BEGIN - timedelta(seconds=5))


def test_smpp_ids_of_a_later_start_are_others() -> None:
    first, second = SmppIds(BEGIN), SmppIds(BEGIN + timedelta(seconds=1))
    assert not {first.take() for _ in range(10_000)} & {second.take() for _ in range(10_000)}


@pytest.mark.parametrize(
    ("form", "forms"),
    [("hex", ("2A3F9D01", "2A3F9D01")), ("decimal", ("708812033", "708812033")),
     ("hex-decimal", ("2A3F9D01", "708812033")), ("decimal-hex", ("708812033", "2A3F9D01"))],
)  # fmt: skip
def test_forms_of_smpp_ids(form: str, forms: tuple[str, str]) -> None:
    assert smpp_forms(0x2A3F9D01, form) == forms
    answered, _ = smpp_forms(SmppIds(BEGIN).take(), form, short=True)
    assert len(answered) <= 8

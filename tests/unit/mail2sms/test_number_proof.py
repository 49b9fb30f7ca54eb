"""Proof of a number: limits per number and per account, tries, times, and nothing told that should not be."""

from __future__ import annotations

import pytest

from gateway.core.accounts import Account
from gateway.core.outbox import Priority, Purpose
from mail2sms.proof import ProofResult, finish_proof, prove_by_sms, start_proof
from tests.fakes.mail2sms import ANN, ANN_PHONE, BOB, BOB_PHONE, STRANGER, World

CODE = "482913"


def start(world: World, account_id: int = BOB, number: str = BOB_PHONE) -> ProofResult:
    return start_proof(world.books, account_id, number, CODE)


def finish(world: World, code: str = CODE) -> ProofResult:
    return finish_proof(world.books, BOB, BOB_PHONE, code)


def test_a_code_is_sent_and_proves() -> None:
    world = World()
    assert start(world) is ProofResult.SENT
    (sms,) = world.books.outbox.sent
    assert CODE in sms.text
    assert (sms.recipient, sms.purpose, sms.priority, sms.validity_s) == (BOB_PHONE, Purpose.CODE, Priority.URGENT, 600)
    assert world.books.phones.proved(BOB) is None
    assert finish(world) is ProofResult.PROVED
    assert world.books.phones.proved(BOB) == BOB_PHONE
    assert finish(world) is ProofResult.EXPIRED


def test_where_the_route_signs_the_code_goes_out_unsigned() -> None:
    signed, unsigned = World(), World(route_signs=True)
    for world in (signed, unsigned):
        signature = world.config.fixed_signature
        assert start_proof(world.books, BOB, BOB_PHONE, CODE, signature=signature) is ProofResult.SENT
    assert signed.books.outbox.sent[0].text == "[Caiyou] " + unsigned.books.outbox.sent[0].text


def test_the_code_is_not_kept() -> None:
    world = World()
    start(world)
    digest = world.books.phones.get(BOB, BOB_PHONE).code_digest
    world.later(minutes=1)
    start(world)
    again = world.books.phones.get(BOB, BOB_PHONE).code_digest
    assert CODE not in (digest, again)
    assert digest != again
    assert len(digest) == 64


def test_a_code_lives_ten_minutes() -> None:
    world = World()
    start(world)
    world.later(minutes=10)
    assert finish(world) is ProofResult.EXPIRED
    assert world.books.phones.proved(BOB) is None


def test_five_wrong_codes_end_the_proof() -> None:
    world = World()
    start(world)
    assert [finish(world, f"{n:06}") for n in range(5)] == [ProofResult.WRONG] * 5
    assert finish(world) is ProofResult.TOO_MANY
    start(world)
    assert finish(world) is ProofResult.PROVED


@pytest.mark.parametrize("code", ["", "482914", "48291", "4829130", "482913\x00", "四八二九一三", "482913" * 1000])
def test_wrong_is_wrong(code: str) -> None:
    world = World()
    start(world)
    assert finish(world, code) is ProofResult.WRONG


def test_three_codes_in_ten_minutes_and_five_a_day() -> None:
    world = World()
    assert [start(world) for _ in range(4)] == [ProofResult.SENT] * 3 + [ProofResult.TOO_MANY]
    world.later(minutes=11)
    assert [start(world) for _ in range(3)] == [ProofResult.SENT] * 2 + [ProofResult.TOO_MANY]
    world.later(hours=23)
    assert start(world) is ProofResult.TOO_MANY
    world.later(hours=1)
    assert start(world) is ProofResult.SENT
    assert len(world.books.outbox.sent) == 6


def test_the_limit_of_a_number_holds_over_accounts() -> None:
    world = World()
    for n in range(100, 110):
        world.books.accounts.all[n] = Account(n, f"u{n}@hub.cn", "", "zh", "Asia/Shanghai", 20)
    assert [start(world, account_id=n) for n in range(100, 105)].count(ProofResult.SENT) == 3
    assert start(world, number=STRANGER) is ProofResult.SENT


def test_the_limit_of_an_account_holds_over_numbers() -> None:
    world = World()
    numbers = [f"+861380000000{n}" for n in range(10)]
    results = []
    for number in numbers:
        results.append(start(world, number=number))
        world.later(minutes=11)
    assert results == [ProofResult.SENT] * 5 + [ProofResult.TOO_MANY] * 5
    assert start(world, account_id=ANN, number=numbers[9]) is ProofResult.SENT


def test_a_proof_that_succeeded_does_not_reset_the_limit() -> None:
    world = World()
    for _ in range(3):
        start(world)
        finish(world)
    assert start(world) is ProofResult.TOO_MANY


def test_the_answer_does_not_tell_whose_number_it_is() -> None:
    world = World()
    assert start(world, number=ANN_PHONE) is start(world, number=STRANGER) is ProofResult.SENT
    assert finish_proof(world.books, BOB, STRANGER, "1") is ProofResult.WRONG
    assert finish_proof(world.books, BOB, "+8613300133000", "1") is ProofResult.EXPIRED


@pytest.mark.parametrize("number", ["10086", "106575208878", "13900139000", "+861012345678", "", "x", "+8612345678901"])
def test_only_mobiles_get_codes(number: str) -> None:
    world = World()
    assert start(world, number=number) is ProofResult.NO_PHONE
    assert not world.books.outbox.sent


def test_codes_count_neither_as_notices_nor_as_conversations() -> None:
    world = World()
    world.rule()
    start(world, account_id=ANN, number=ANN_PHONE)
    assert world.books.notices.count_sent(ANN, 0) == 0
    assert world.books.notices.last_to(ANN_PHONE) is None


def test_by_sms_the_code_says_which_account() -> None:
    world = World()
    start_proof(world.books, ANN, STRANGER, "111111")
    start_proof(world.books, BOB, STRANGER, "222222")
    assert prove_by_sms(world.books, STRANGER, "222222") == BOB
    assert prove_by_sms(world.books, STRANGER, "222222") is None
    assert world.books.phones.get(ANN, STRANGER).code_tries == 2
    assert prove_by_sms(world.books, STRANGER, "111111") == ANN


def test_by_sms_five_wrong_codes_end_it_too() -> None:
    world = World()
    start(world)
    for n in range(5):
        assert prove_by_sms(world.books, BOB_PHONE, f"{n:06}") is None
    assert prove_by_sms(world.books, BOB_PHONE, CODE) is None

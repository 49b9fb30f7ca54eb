"""The operator with a fake clock: phones, reports, repeats, and who gets what phones write."""

from __future__ import annotations

import pytest

from carriers.simulator.config import Account
from carriers.simulator.operator import Operator
from gateway.core.errors import BadRequest, NotFound
from gateway.core.messages import Concat
from tests.unit.carriers.simulator.operator_bench import CMPP, PHONE, SMPP, FakeLine, operator_of, submission


def bound(operator: Operator, account: Account = SMPP, **options: int) -> FakeLine:
    line = FakeLine(account, **options)
    operator.join(line, 0.0, receives=True)
    return line


def test_phone_gets_the_text_and_the_report_follows_after_its_delay() -> None:
    operator, facts = operator_of(report_delay_s=0.2)
    line = bound(operator)
    operator.take(submission(), line, 1.0)
    assert [it.text for it in operator.handsets[PHONE].texts] == ["你好"]
    operator.tick(1.19)
    assert line.got == []
    assert operator.next_due() == 1.2
    operator.tick(1.2)
    assert line.words == ["DELIVRD"]
    assert operator.open_reports() == 1
    operator.acknowledged(line.got[0], 1.3)
    assert operator.open_reports() == 0
    assert operator.handsets[PHONE].texts[0].word == "DELIVRD"
    assert [it.name for it in facts] == ["bound", "segment", "received", "reported"]


@pytest.mark.parametrize(
    ("wants", "word", "reports"),
    [(0, "DELIVRD", 0), (1, "DELIVRD", 1), (1, "UNDELIV", 1), (2, "DELIVRD", 0), (2, "EXPIRED", 1),
     (3, "DELIVRD", 1), (3, "REJECTD", 0)],
)  # fmt: skip
def test_a_report_goes_out_only_as_it_is_wanted(wants: int, word: str, reports: int) -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    operator.faults.report_state = {"138": word}
    line = bound(operator)
    operator.take(submission(wants=wants), line, 0.0)
    operator.tick(0.0)
    assert line.words == [word] * reports


def test_state_is_chosen_by_the_longest_beginning_of_the_number() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    operator.faults.report_state = {"13": "UNDELIV", "1390": "EXPIRED", "+44": "CB:0007"}
    line = bound(operator)
    for to in ("13800138000", "8613900139000", "+447700900123", "15000000000"):
        operator.take(submission(to=to), line, 0.0)
    operator.tick(0.0)
    assert line.words == ["UNDELIV", "EXPIRED", "CB:0007", "DELIVRD"]


def test_reports_wait_until_somebody_may_receive_and_keep_their_order() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    transmitter = FakeLine(SMPP)
    operator.join(transmitter, 0.0, receives=False)
    for index in range(5):
        operator.take(submission(f"{index}", carrier_id=f"{index}"), transmitter, 0.0)
    operator.tick(0.1)
    assert transmitter.got == []
    receiver = bound(operator, room=2)
    assert [it.message.submission.carrier_id for it in receiver.got] == ["0", "1"]
    receiver.room = 3
    operator.acknowledged(receiver.got[0], 0.2)
    assert [it.message.submission.carrier_id for it in receiver.got] == ["0", "1", "2", "3", "4"]


def test_what_a_lost_line_had_goes_first_on_the_next() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    first = bound(operator, room=2)
    for index in range(3):
        operator.take(submission(f"{index}", carrier_id=f"{index}"), first, 0.0)
    operator.tick(0.0)
    operator.leave(first, "cut")
    operator.lost(first.got, 0.1)
    second = bound(operator)
    assert [it.message.submission.carrier_id for it in second.got] == ["0", "1", "2"]
    assert [it.sends for it in second.got] == [2, 2, 1]


def test_refused_deliveries_come_three_times_and_not_a_fourth() -> None:
    operator, _ = operator_of(report_delay_s=0.0, repeat_s=60.0)
    line = bound(operator)
    operator.take(submission(), line, 0.0)
    now = 0.0
    for sends in (1, 2, 3):
        operator.tick(now)
        assert len(line.got) == sends
        assert operator.open_reports() == 1
        operator.refused(line.got[-1], 8, now)
        operator.tick(now + 59.9)
        assert len(line.got) == sends
        now += 60.0
    operator.tick(now + 600)
    assert len(line.got) == 3
    assert operator.counters.deliveries_given_up == 1
    assert operator.open_reports() == 0


def test_the_same_message_twice_is_told_as_repeated() -> None:
    operator, facts = operator_of()
    line = bound(operator)
    place = Concat(7, 2, 1)
    for message in (
        submission("a"),
        submission("a", concat=place),  # another place
        submission("a", sender="106570001"),  # another sender
        submission("a", to="13900139000"),  # another phone
        submission("b"),
    ):
        operator.take(message, line, 0.0)
    assert operator.counters.repeated == 0
    operator.take(submission("a", to="+86 138 0013 8000"), line, 0.0)
    assert operator.counters.repeated == 1
    assert [it.values["repeated"] for it in facts if it.name == "segment"] == [False] * 5 + [True]


def test_count_only_keeps_counters_and_finds_repeats_but_no_texts() -> None:
    operator, facts = operator_of(count_only=True, report_delay_s=0.0)
    line = bound(operator)
    for text in ("a", "b", "a"):
        operator.take(submission(text), line, 0.0)
    operator.tick(0.0)
    assert operator.handsets == {}
    assert operator.messages == {}
    assert facts == []
    assert (operator.counters.accepted, operator.counters.repeated, len(line.got)) == (3, 1, 3)


def test_throttling_every_third_submit_lasts_as_long_as_told() -> None:
    operator, _ = operator_of()
    line = bound(operator)
    operator.change_faults({"throttle_every_n": 3, "throttle_for_s": 1.0}, 0.0)
    codes = [operator.judge(line, "1", ("13800138000",), now) for now in (0.0, 0.1, 0.2, 0.3, 1.1, 1.25)]
    assert codes == [None, None, -1, -1, -1, -1]  # the sixth begins it anew
    assert operator.judge(line, "1", ("13800138000",), 2.3) is None
    operator.change_faults({"throttle_every_n": 0, "throttle_for_s": 5}, 10.0)
    assert operator.judge(line, "1", ("13800138000",), 14.9) == -1
    assert operator.judge(line, "1", ("13800138000",), 15.0) is None
    assert operator.counters.throttled == 5


def test_numbers_are_refused_with_their_code() -> None:
    operator, _ = operator_of()
    line = bound(operator)
    operator.faults.refuse_numbers = {"139": 0x0B, "1391": 99}
    numbers = ("13800138000", "8613900139000", "+8613910139000")
    assert [operator.judge(line, "1", (it,), 0.0) for it in numbers] == [None, 0x0B, 99]
    assert operator.judge(line, "1", numbers, 0.0) == 0x0B  # one bad number refuses a group
    operator.faults.unknown_status = 0x4A5
    assert operator.judge(line, "1", ("13800138000",), 0.0) == 0x4A5


@pytest.mark.parametrize(
    ("fault", "words"), [("report_twice", ["DELIVRD", "DELIVRD"]), ("report_never", []), ("", ["DELIVRD"])]
)
def test_report_faults(fault: str, words: list[str]) -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    line = bound(operator)
    if fault:
        operator.change_faults({fault: True}, 0.0)
    operator.take(submission(), line, 0.0)
    operator.tick(1.0)
    assert line.words == words


def test_report_before_response_is_delivered_while_the_submit_is_taken() -> None:
    operator, _ = operator_of(report_delay_s=9.0)
    line = bound(operator)
    operator.change_faults({"report_before_response": "on"}, 0.0)
    operator.take(submission(), line, 0.0)
    assert line.words == ["DELIVRD"]


def test_report_elsewhere_uses_the_other_line_when_there_is_one() -> None:
    operator, _ = operator_of(report_delay_s=0.0)
    origin = bound(operator)
    operator.change_faults({"report_elsewhere": True}, 0.0)
    operator.take(submission("1"), origin, 0.0)
    operator.tick(0.0)
    assert len(origin.got) == 1
    other = bound(operator)
    for index in range(4):
        operator.take(submission(f"x{index}"), origin, 0.0)
    operator.tick(0.0)
    assert (len(origin.got), len(other.got)) == (1, 4)


def test_phones_answer_whoever_wrote_last() -> None:
    operator, _ = operator_of()
    line = bound(operator)
    operator.take(submission(sender="10657000888"), line, 0.0)
    text = operator.say("13800138000", "退订", None, 0.0)
    assert (text.peer, line.written[0].to, line.written[0].number) == ("10657000888", "10657000888", PHONE)
    assert text.word == ""
    operator.acknowledged(line.got[0], 0.0)
    assert text.word == "taken"


def test_long_answers_go_in_segments_and_are_taken_when_all_are() -> None:
    operator, _ = operator_of()
    line = bound(operator)
    text = operator.say("13800138000", "长" * 140, "10657000", 0.0)
    assert [it.concat for it in line.written] == [Concat(1, 3, 1), Concat(1, 3, 2), Concat(1, 3, 3)]
    for delivery in line.written[:2]:
        operator.acknowledged(delivery, 0.0)
    assert text.word == ""
    operator.acknowledged(line.written[2], 0.0)
    assert text.word == "taken"


@pytest.mark.parametrize(
    ("to", "account"),
    [("10657000", "smpp-a"), ("1065700012", "smpp-a"), ("10657000999", "cmpp-b"), ("106570009991", "cmpp-b")],
)
def test_the_longest_access_number_decides(to: str, account: str) -> None:
    accounts = (Account("smpp", "smpp-a", "x"), Account("cmpp", "cmpp-b", "y", "10657000999"))
    operator, _ = operator_of(accounts=accounts)
    assert operator.account_of(to) == account


def test_a_name_as_sender_can_be_answered_by_the_account_that_used_it() -> None:
    operator, _ = operator_of()
    line = bound(operator, CMPP)
    with pytest.raises(NotFound):
        operator.account_of("BANK")
    operator.take(submission(sender="BANK"), line, 0.0)
    operator.say("13800138000", "TD", None, 0.0)
    assert line.written[0].to == "BANK"


def test_of_two_accounts_with_one_number_the_one_that_is_there_gets_it() -> None:
    operator, _ = operator_of()
    operator.say("13800138000", "early", None, 0.0)  # nobody is there: the first that comes has it
    cmpp = bound(operator, CMPP)
    operator.say("13800138000", "late", None, 0.0)
    assert [it.text.text for it in cmpp.written] == ["early", "late"]
    assert bound(operator, SMPP).got == []


def test_of_two_accounts_with_one_number_the_one_that_wrote_to_the_phone_gets_its_answer() -> None:
    operator, _ = operator_of()
    smpp, cmpp = bound(operator, SMPP), bound(operator, CMPP)
    operator.take(submission(sender="1065700001", to="13800138000"), smpp, 0.0)
    operator.take(submission(sender="1065700001", to="13900139000"), cmpp, 0.0)
    operator.say("13800138000", "to smpp", None, 0.0)
    operator.say("13900139000", "to cmpp", None, 0.0)
    assert [it.text.text for it in smpp.written] == ["to smpp"]
    assert [it.text.text for it in cmpp.written] == ["to cmpp"]
    operator.leave(smpp, "gone")
    operator.say("13800138000", "to whoever is there", None, 0.0)
    assert [it.text.text for it in cmpp.written] == ["to cmpp", "to whoever is there"]


@pytest.mark.parametrize(
    ("number", "text", "wrong"),
    [("13800138000", "", BadRequest), ("nobody", "x", BadRequest), ("13800138000", "x" * 10_001, BadRequest),
     ("13800138000", "\ud83d", BadRequest)],
)  # fmt: skip
def test_what_no_phone_can_say(number: str, text: str, wrong: type[Exception]) -> None:
    operator, _ = operator_of()
    with pytest.raises(wrong):
        operator.say(number, text, None, 0.0)
    assert operator.counters.messages_written == 0


def test_handsets_are_bounded() -> None:
    operator, _ = operator_of(keep_handsets=2, keep_texts=3)
    line = bound(operator)
    for number in ("13800138001", "13800138002", "13800138003"):
        for index in range(5):
            operator.take(submission(f"{index}", to=number), line, 0.0)
    assert list(operator.handsets) == ["+8613800138002", "+8613800138003"]
    assert [it.text for it in operator.handsets["+8613800138003"].texts] == ["2", "3", "4"]


def test_dropping_lines_tells_how_many_there_were() -> None:
    operator, _ = operator_of()
    lines = [bound(operator), bound(operator, CMPP)]
    assert operator.drop_lines() == 2
    assert all(it.is_dropped for it in lines)

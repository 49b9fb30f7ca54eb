import pytest
from modem_pair import Pair, submit

from carriers.gsm.errors import Remedy
from carriers.gsm.events import Blocked, LateReference, Lost, ModemSettings, Ready, SendAnswered
from carriers.gsm.modem import MAX_TPDU
from carriers.simulator.modem import ModemConfig
from carriers.simulator.modem_dialects import DIALECTS
from gateway.core.errors import LocalProtocolError
from gateway.core.messages import Outcome


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_message_goes_out(dialect, piece):
    pair = Pair(ModemConfig(dialect=dialect), piece=piece).ready()
    answered = pair.send("hello")
    assert (answered.outcome, answered.reference, answered.tag) == (Outcome.ACCEPTED, 0, 1)
    assert [(it.recipient, it.text) for it in pair.emulator.sent] == [("+8613900139000", "hello")]


def test_the_length_counts_the_tpdu_alone():
    pair = Pair().ready()
    tpdu = submit("hello")
    pair.modem.send(tpdu, pair.now, smsc=bytes.fromhex("91683108100005F0"))
    pair.run(5)
    assert pair.commands("AT+CMGS") == [f"AT+CMGS={len(tpdu)}"]
    assert pair.emulator.sent[0].tpdu == tpdu


def test_one_message_at_a_time():
    pair = Pair().ready()
    pair.modem.send(submit(), pair.now, 1)
    assert not pair.modem.can_send
    with pytest.raises(LocalProtocolError):
        pair.modem.send(submit(), pair.now, 2)
    pair.run(5)
    assert pair.modem.can_send


def test_nothing_is_written_between_the_prompt_and_the_answer():
    pair = Pair().ready()
    pair.modem.send(submit(), pair.now)
    pair.pump()
    pair.emulator.say("+8613900139000", "in between", pair.now)
    pair.modem.look(pair.now)
    pair.modem.cancel_ussd(pair.now)
    pair.run(2)
    ours = [it.octets for it in pair.log if it.is_ours]
    assert len(ours) == 2  # the command, and the text
    pair.run(5)
    assert pair.one(SendAnswered).outcome is Outcome.ACCEPTED
    assert pair.texts() == ["in between"]


def test_what_is_no_submit_is_not_sent():
    pair = Pair().ready()
    for octets in (b"", b"\1", b"\0" * 10, b"\1" * (MAX_TPDU + 1)):
        with pytest.raises(LocalProtocolError):
            pair.modem.send(octets, pair.now)


def test_the_prompt_never_comes():
    pair = Pair().ready()
    pair.faults.prompts_missing = 1
    answered = pair.send(seconds=12)
    assert answered.outcome is Outcome.TEMPORARY  # nothing was handed over
    assert b"\x1b" in b"".join(it.octets for it in pair.log if it.is_ours)
    pair.forget()
    assert pair.send().outcome is Outcome.ACCEPTED


def test_the_prompt_comes_unsaid_and_the_next_command_is_no_text():
    pair = Pair().ready()
    pair.faults.prompts_unsaid = 1
    assert pair.send(seconds=12).outcome is Outcome.TEMPORARY
    pair.forget()
    assert pair.send("second").outcome is Outcome.ACCEPTED
    assert [it.text for it in pair.emulator.sent] == ["second"]


def test_the_answer_never_comes():
    pair = Pair(settings=ModemSettings(send_timeout_s=30)).ready()
    pair.faults.answers_missing = 1
    answered = pair.send(seconds=40)
    assert answered.outcome is Outcome.UNCERTAIN
    assert len(pair.emulator.sent) == 1
    pair.forget()
    assert pair.send().reference == 1


def test_a_late_reference_is_not_taken_for_the_next_answer():
    pair = Pair(settings=ModemSettings(send_timeout_s=10)).ready()
    pair.faults.late_answer_to["AT+CMGS="] = 8.0  # sent after 3 s, told after 11 s
    pair.modem.send(submit("first"), pair.now, "first")
    pair.run(13)
    assert pair.one(SendAnswered).outcome is Outcome.UNCERTAIN
    assert pair.one(LateReference) == LateReference("first", 0)
    pair.forget()
    answered = pair.send("second", tag="second")
    assert (answered.reference, answered.tag) == (1, "second")
    assert [it.text for it in pair.emulator.sent] == ["first", "second"]


def test_an_ok_without_a_reference_is_no_answer():
    pair = Pair().ready()
    pair.modem.send(submit(), pair.now)
    pair.modem.receive(b"\r\n> ", pair.now)
    pair.modem.receive(b"\r\nOK\r\n", pair.now)
    assert pair.modem.is_sending
    pair.modem.receive(b"\r\n+CMGS: 7\r\n\r\nOK\r\n", pair.now)
    pair.events += pair.modem.events()
    assert pair.one(SendAnswered).reference == 7


def test_a_late_reference_in_front_of_the_next_prompt():
    pair = Pair(settings=ModemSettings(send_timeout_s=10)).ready()
    pair.faults.answers_missing = 1
    pair.modem.send(submit("first"), pair.now, "first")
    pair.run(12)
    pair.forget()
    pair.modem.send(submit("second"), pair.now, "second")
    assert pair.modem.data_to_send().startswith(b"AT+CMGS=")
    pair.modem.receive(b"\r\n+CMGS: 0\r\n\r\nOK\r\n\r\n> ", pair.now)
    assert pair.modem.data_to_send().endswith(b"\x1a")
    pair.modem.receive(b"\r\n+CMGS: 1\r\n\r\nOK\r\n", pair.now)
    pair.events += pair.modem.events()
    assert pair.one(LateReference) == LateReference("first", 0)
    assert (pair.one(SendAnswered).tag, pair.one(SendAnswered).reference) == ("second", 1)


@pytest.mark.parametrize(
    ("code", "outcome", "remedy"),
    [
        ("21", Outcome.PERMANENT, Remedy.GIVE_UP),
        ("38", Outcome.TEMPORARY, Remedy.RETRY),
        ("50", Outcome.TEMPORARY, Remedy.OTHER_MODEM),
        ("330", Outcome.TEMPORARY, Remedy.OTHER_MODEM),
        ("332", Outcome.UNCERTAIN, Remedy.UNCERTAIN),
        ("500", Outcome.TEMPORARY, Remedy.RETRY),
        ("Network timeout", Outcome.UNCERTAIN, Remedy.UNCERTAIN),
        ("something new", Outcome.TEMPORARY, Remedy.OTHER_MODEM),
    ],
)
def test_errors_on_demand(code, outcome, remedy):
    pair = Pair().ready()
    pair.faults.refuse_messages.append(code)
    answered = pair.send()
    assert (answered.outcome, answered.code.remedy) == (outcome, remedy)
    pair.forget()
    assert pair.send().outcome is Outcome.ACCEPTED


def test_a_maker_who_speaks_in_words():
    pair = Pair(ModemConfig(dialect="wavecom")).ready()
    pair.faults.refuse_messages.append("331")
    assert pair.send().code.number == 331


def test_an_error_without_a_number():
    pair = Pair().ready()
    pair.emulator.numeric_errors = False
    pair.faults.refuse_messages.append("331")
    answered = pair.send()
    assert (answered.outcome, answered.code.family) == (Outcome.TEMPORARY, "")


def test_a_modem_that_dislikes_a_kept_link_is_not_asked_for_it_again():
    pair = Pair().ready()
    pair.faults.dislikes_kept_link = True
    pair.modem.send(submit(), pair.now, 1, more_follow=True)
    pair.run(5)
    assert pair.one(SendAnswered).code.number == 500
    pair.forget()
    pair.modem.send(submit(), pair.now, 2, more_follow=True)
    pair.run(5)
    assert pair.one(SendAnswered).outcome is Outcome.ACCEPTED
    assert not pair.commands("AT+CMMS=1")


def test_the_sim_is_locked_while_sending():
    pair = Pair().ready()
    pair.emulator.sim.pin = "4711"
    answered = pair.send(seconds=10)
    assert (answered.outcome, answered.code.remedy) == (Outcome.TEMPORARY, Remedy.ILL)
    assert pair.one(Blocked)


def test_references_come_round_after_256():
    pair = Pair(ModemConfig(send_s=0.0)).ready()
    references = []
    for number in range(258):
        pair.modem.send(submit(), pair.now, number)
        pair.run(0.25)
        references += [it.reference for it in pair.the(SendAnswered)]
        pair.forget()
    assert references == [*range(256), 0, 1]


def test_the_report_comes_before_the_reference():
    pair = Pair().ready()
    pair.faults.report_first = True
    answered = pair.send(wants_report=True)
    assert answered.outcome is Outcome.ACCEPTED
    kinds = [type(it).__name__ for it in pair.events]
    assert kinds.index("PduArrived") < kinds.index("SendAnswered")
    assert pair.reports()[0].tpdu[1] == answered.reference


def test_an_answer_within_which_a_message_is_announced():
    pair = Pair().ready()
    pair.emulator.say("+8613900139000", "kept", pair.now)
    pair.run(1)
    pair.confirm_all()
    pair.forget()
    pair.faults.announces_nothing = True
    pair.emulator.say("+8613900139000", "announced within", pair.now)
    pair.faults.said_within["AT+CMGS="] = '+CMTI: "ME",1'
    assert pair.send().reference == 0
    assert pair.texts() == ["announced within"]


def test_the_answer_breaks_off():
    pair = Pair(settings=ModemSettings(send_timeout_s=20)).ready()
    pair.faults.half_answer_to = "AT+CMGS="
    assert pair.send(seconds=30).outcome is Outcome.UNCERTAIN
    pair.forget()
    assert pair.send().outcome is Outcome.ACCEPTED


def test_the_modem_hangs_while_it_sends():
    pair = Pair(settings=ModemSettings(send_timeout_s=20)).ready()
    pair.modem.send(submit(), pair.now, "tag")
    pair.run(1)
    pair.emulator.deafen(1000, pair.now)
    pair.run(40)
    assert pair.one(SendAnswered).outcome is Outcome.UNCERTAIN
    assert pair.one(Lost)


def test_the_modem_hangs_before_it_sends():
    pair = Pair().ready()
    pair.emulator.deafen(1000, pair.now)
    answered = pair.send(seconds=40)
    assert answered.outcome is Outcome.TEMPORARY
    assert pair.one(Lost)


def test_the_modem_is_deaf_for_a_while():
    pair = Pair().ready()
    pair.emulator.deafen(6, pair.now)
    assert pair.send(seconds=20).outcome is Outcome.TEMPORARY
    assert not pair.was_lost
    pair.forget()
    assert pair.send().outcome is Outcome.ACCEPTED


@pytest.mark.parametrize(("after_s", "outcome"), [(0.0, Outcome.TEMPORARY), (1.0, Outcome.UNCERTAIN)])
def test_the_modem_vanishes(after_s, outcome):
    pair = Pair().ready()
    pair.modem.send(submit(), pair.now, "tag")
    if after_s:
        pair.run(after_s)
    pair.emulator.vanish()
    pair.modem.port_lost("it is gone")
    pair.pump()
    assert pair.one(SendAnswered).outcome is outcome
    assert pair.events[-1] == Lost("it is gone")
    pair.modem.port_lost("again")
    pair.modem.close()
    pair.run(10)
    assert pair.events[-1] == Lost("it is gone")
    assert not pair.modem.data_to_send()


def test_it_starts_again_while_it_sends():
    pair = Pair().ready()
    pair.modem.send(submit(), pair.now, "tag")
    pair.run(1)
    pair.emulator.power_on(pair.now)
    pair.run(10)
    assert pair.one(SendAnswered).outcome is Outcome.UNCERTAIN
    assert pair.the(Ready)


def test_a_modem_that_forgot_pdu_mode_is_set_up_anew():
    pair = Pair().ready()
    pair.emulator.pdu_mode = False
    pair.faults.half_answer_to = "AT+CSQ"
    pair.modem.look(pair.now)
    pair.run(20)
    assert pair.the(Ready)
    assert pair.emulator.pdu_mode

"""What modems say at the wrong time, to no question, in halves; and that nothing they say does harm."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from modem_pair import PHONE, Pair, submit

from carriers.gsm.events import (
    Called,
    Lost,
    Misbehaved,
    ModemSettings,
    PduArrived,
    Ready,
    SendAnswered,
    UssdAnswered,
    UssdFailed,
)
from carriers.gsm.modem import Modem
from carriers.gsm.ussd import Form, Step
from carriers.simulator.modem import ModemConfig
from carriers.simulator.modem_dialects import DIALECTS
from gateway.core.errors import BadRequest, LocalProtocolError
from gateway.core.messages import Outcome


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_notices_of_the_maker_in_every_answer(dialect, piece):
    pair = Pair(ModemConfig(dialect=dialect), piece=piece)
    pair.faults.chatters = True
    pair.start()
    identity = pair.one(Ready).identity
    assert (identity.imei, identity.iccid) == ("861234050000017", "89860012345678901234")
    assert pair.send().outcome is Outcome.ACCEPTED
    pair.emulator.say(PHONE, "through the noise", pair.now)
    pair.run(2)
    assert pair.texts() == ["through the noise"]
    assert not pair.complaints()


@pytest.mark.parametrize(
    "command", ["ATE0", "AT+CGMI", "AT+CPIN?", "AT+CIMI", "AT+CSMS", "AT+CPMS", "AT+CNMI", "AT+CREG?"]
)
def test_half_an_answer_and_then_silence(command):
    pair = Pair()
    pair.faults.half_answer_to = command
    pair.start(40)
    assert pair.the(Ready)
    assert pair.send().outcome is Outcome.ACCEPTED


def test_half_a_listing_and_then_silence():
    pair = Pair()
    for number in range(4):
        pair.emulator.say(PHONE, f"stored {number}", pair.now)
    pair.faults.half_answer_to = "AT+CMGL"
    pair.start(120)
    pair.run(60)
    assert sorted(set(pair.texts())) == [f"stored {it}" for it in range(4)]
    assert len(pair.texts()) == 4


def test_a_change_of_registration_within_the_answer_about_it():
    pair = Pair().ready()
    pair.faults.said_within["AT+CREG?"] = '+CREG: 5,"1A2B","0C3D"'
    pair.emulator.registration = 5
    pair.modem.look(pair.now)
    pair.run(2)
    assert pair.modem.health.registration.name == "ROAMING"


def test_a_late_error_is_not_the_next_command_s():
    pair = Pair().ready()
    pair.emulator.deafen(5.4, pair.now)  # the question about the signal is not heard
    pair.modem.look(pair.now)
    while not (said := pair.modem.data_to_send()).startswith(b"AT\r"):
        pair.emulator.receive(said, pair.now)
        pair.now += 0.25
        pair.modem.tick(pair.now)
    pair.modem.receive(b"\r\nOK\r\n", pair.now)
    pair.forget()
    pair.modem.tick(pair.now + 0.1)
    pair.modem.receive(b"\r\nERROR\r\n", pair.now + 0.1)  # now it is answered after all
    pair.run(3)
    ours = [it for it in pair.log if it.is_ours]
    theirs = [it for it in pair.log if not it.is_ours]
    assert ours[0].octets == b"AT+CMGF?\r"
    assert len(ours) == len(theirs)  # each command has its own answer
    assert [it.is_ours for it in pair.log[::2]] == [True] * len(ours)


def test_a_storage_that_is_full_is_looked_through_once_in_a_while():
    pair = Pair().ready()
    for _ in range(40):
        pair.modem.receive(b"\r\n+SMS FULL\r\n", pair.now)
        pair.run(0.5)
    assert len(pair.commands("AT+CMGL")) <= 6  # two storages, three times in 20 s


def test_the_modem_hangs():
    pair = Pair().ready()
    pair.emulator.deafen(1000, pair.now)
    pair.run(120)
    assert pair.one(Lost).reason == "the modem does not answer any more"
    assert not pair.modem.can_send


def test_the_modem_is_deaf_between_two_looks():
    pair = Pair().ready()
    pair.emulator.deafen(30, pair.now)
    pair.run(200)
    assert not pair.was_lost
    assert pair.modem.can_send


def test_a_call_is_hung_up():
    pair = Pair().ready()
    for _ in range(3):
        pair.emulator.call()
        pair.run(1)
    assert pair.the(Called) == [Called("")]
    assert pair.commands("ATH") == ["ATH"]


def test_a_balance():
    pair = Pair().ready()
    pair.modem.ussd("*100#", pair.now, "tag")
    pair.run(3)
    assert pair.one(UssdAnswered) == UssdAnswered("tag", Step.DONE, "Balance 12.50")


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("text", ["Balance 12.50", "余额 12.50 元", "1234567"])
def test_ussd_with_every_make(dialect, text):
    pair = Pair(ModemConfig(dialect=dialect)).ready()
    pair.emulator.ussd_answers["*101#"] = (0, text)
    pair.modem.ussd("*101#", pair.now)
    pair.run(3)
    assert pair.one(UssdAnswered).text == text


@pytest.mark.parametrize("piece", [0, 1])
def test_a_text_of_several_lines(piece):
    pair = Pair(piece=piece).ready()
    pair.emulator.ussd_answers["*1#"] = (1, "1 balance\n2 top up\nOK?")
    pair.modem.ussd("*1#", pair.now)
    pair.run(3)
    assert pair.one(UssdAnswered).text == "1 balance\n2 top up\nOK?"
    assert not pair.complaints()


def test_a_text_that_never_ends():
    pair = Pair().ready()
    pair.modem.receive(b'\r\n+CUSD: 0,"begun\r\nand gone on\r\n', pair.now)
    assert pair.send().outcome is Outcome.ACCEPTED
    assert pair.complaints() == ["a text without end"]
    pair.modem.receive(b'+CUSD: 0,"begun\r\n' + b"line\r\n" * 100, pair.now)
    pair.run(61)
    assert pair.modem.can_send


def test_ussd_waits_for_its_turn_without_growing_old():
    pair = Pair(settings=ModemSettings(ussd_timeout_s=5)).ready()
    pair.faults.late_answer_to["AT+CMGS="] = 20.0
    pair.modem.send(submit(), pair.now)
    pair.modem.ussd("*100#", pair.now, "tag")
    pair.run(30)
    assert pair.one(UssdAnswered).text == "Balance 12.50"


def test_ussd_that_is_cancelled_before_its_turn_is_not_said():
    pair = Pair().ready()
    pair.modem.send(submit(), pair.now)
    pair.modem.ussd("*100#", pair.now, "tag")
    pair.modem.cancel_ussd(pair.now)
    pair.run(10)
    assert not pair.commands("AT+CUSD=1")


def test_noise_is_told_of_but_not_without_end():
    pair = Pair().ready()
    pair.modem.receive(b"noise 13900139000\r\n" * 500, pair.now)
    pair.run(1)
    assert len(pair.complaints()) == 10
    assert not any("139" in it or "noise" in it for it in pair.complaints())
    assert pair.the(Misbehaved)[0].line == "noise 13900139000"
    pair.run(60)
    pair.modem.receive(b"again\r\n", pair.now)
    pair.run(1)
    assert len(pair.complaints()) == 11


def test_a_menu_is_answered():
    pair = Pair().ready()
    pair.emulator.ussd_answers |= {"*123#": (1, "1 balance 2 top up"), "1": (0, "12.50")}
    pair.modem.ussd("*123#", pair.now)
    pair.run(3)
    assert pair.one(UssdAnswered).step is Step.ASKS
    pair.modem.ussd("1", pair.now)
    pair.run(3)
    assert pair.the(UssdAnswered)[-1].text == "12.50"


def test_ussd_in_the_form_the_modem_wants():
    pair = Pair(ModemConfig(dialect="huawei"), ModemSettings(ussd_form="")).start()
    pair.modem._session.form = Form.PLAIN  # a stick that does not say it is Huawei's
    pair.modem.ussd("*100#", pair.now)
    pair.run(5)
    assert pair.one(UssdAnswered).text == "Balance 12.50"


def test_ussd_that_nobody_knows():
    pair = Pair().ready()
    pair.modem.ussd("*999#", pair.now)
    pair.run(3)
    assert pair.one(UssdAnswered).step is Step.UNSUPPORTED


def test_ussd_without_answer_ends_in_time():
    pair = Pair(settings=ModemSettings(ussd_timeout_s=10)).ready()
    pair.emulator.say_ussd = lambda code, now: None
    pair.modem.ussd("*100#", pair.now, "tag")
    with pytest.raises(LocalProtocolError):
        pair.modem.ussd("*100#", pair.now)
    pair.run(12)
    assert pair.one(UssdFailed) == UssdFailed("tag", "no answer in time")
    assert pair.commands("AT+CUSD=2")


def test_ussd_is_cancelled():
    pair = Pair().ready()
    pair.modem.ussd("*100#", pair.now, "tag")
    pair.modem.cancel_ussd(pair.now)
    assert pair.modem.events() == [UssdFailed("tag", "cancelled")]
    pair.run(1)
    assert pair.commands("AT+CUSD=2")


def test_ussd_that_the_network_begins():
    pair = Pair().ready()
    pair.emulator.ask_by_ussd("Buy a ring tone?")
    pair.run(1)
    assert pair.one(UssdAnswered) == UssdAnswered(None, Step.ASKS, "Buy a ring tone?")


def test_ussd_ends_with_the_modem():
    pair = Pair().ready()
    pair.modem.ussd("*100#", pair.now, "tag")
    pair.modem.port_lost("gone")
    assert pair.modem.events() == [UssdFailed("tag", "gone"), Lost("gone")]


def test_what_is_no_code_is_refused():
    pair = Pair().ready()
    with pytest.raises(BadRequest):
        pair.modem.ussd('"; AT+CMGD=1,4', pair.now)
    pair.modem.ussd("*100#", pair.now)


def test_sending_while_ussd_waits():
    pair = Pair().ready()
    pair.emulator.say_ussd = lambda code, now: None
    pair.modem.ussd("*100#", pair.now)
    pair.run(1)
    assert pair.send().outcome is Outcome.ACCEPTED


def test_garbage_at_any_time():
    pair = Pair().ready()
    pair.modem.receive(bytes(range(256)) * 40, pair.now)
    pair.run(1)
    assert pair.send().outcome is Outcome.ACCEPTED
    assert any("without end" in it for it in [*pair.complaints(), "a line without end"])


def test_a_flood_without_line_ends_is_bounded():
    pair = Pair().ready()
    for _ in range(200):
        pair.modem.receive(b"x" * 4096, pair.now)
    assert len(pair.modem._dialogue._reader._buffer) <= 8192
    pair.modem.receive(b"\r\n", pair.now)
    pair.run(1)
    assert pair.send().outcome is Outcome.ACCEPTED


def test_a_flood_of_lines_within_an_answer_is_bounded():
    pair = Pair().ready()
    pair.emulator.deafen(5, pair.now)
    pair.modem.look(pair.now)
    pair.modem.receive(b"+CREG: 1,1\r\n" * 100_000, pair.now)
    assert len(pair.modem._dialogue._in_flight.lines) <= 2048


WORDS = st.sampled_from([
    b"\r\n", b"OK\r\n", b"\r\nERROR\r\n", b"> ", b"\r\n> ", b"+CMGS: 1\r\n", b'+CMTI: "ME",1\r\n', b"+CMT: ,24\r\n",
    b"+CDS: 24\r\n", b"0011\r\n", b"+CREG: 1\r\n", b"+CREG: 0,1\r\n", b"+CPIN: READY\r\n", b"+CPIN: SIM PUK\r\n",
    b"+CMS ERROR: 500\r\n", b"+CME ERROR: 10\r\n", b"RING\r\n", b"RDY\r\n", b"+CMGL: 1,0,,24\r\n", b"+CPMS: 1,2\r\n",
    b'+CUSD: 1,"AA",15\r\n', b"861234050000017\r\n", b"AT\r", b"\x00\xff", b"+CMGF: 0\r\n", b"+CMGF: 1\r\n",
])  # fmt: skip


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.one_of(WORDS, st.binary(max_size=20)), st.floats(0, 30)), max_size=60))
def test_whatever_comes_each_message_is_answered_once_and_nothing_raises(said):
    modem = Modem(ModemSettings(start_tries=2, hung_tries=1, sim_tries=2))
    modem.start(0.0)
    now, sent, answered = 0.0, 0, []
    for octets, pause in said:
        modem.receive(octets, now)
        now += pause
        modem.tick(now)
        modem.data_to_send()
        if modem.can_send:
            modem.send(submit(), now, sent)
            sent += 1
        for event in modem.events():
            if isinstance(event, SendAnswered):
                answered.append(event.tag)
            elif isinstance(event, PduArrived):
                modem.confirm(event.receipt, now=now)
    modem.close()
    answered += [it.tag for it in modem.events() if isinstance(it, SendAnswered)]
    assert answered == list(range(sent))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.one_of(WORDS, st.binary(max_size=20)), st.floats(0, 3)), max_size=30), st.integers(1, 9))
def test_a_ready_modem_survives_what_comes_between(said, piece):
    pair = Pair(ModemConfig(send_s=0.5), ModemSettings(send_timeout_s=10), piece=piece).ready()
    tags = 0
    for octets, pause in said:
        if pair.modem.can_send:
            pair.modem.send(submit(), pair.now, tags)
            tags += 1
        pair.modem.receive(octets, pair.now)
        pair.run(pause)
    pair.run(120)
    assert [it.tag for it in pair.the(SendAnswered)] == list(range(tags))
    if not pair.was_lost and pair.modem.can_send:
        pair.forget()
        assert pair.send(seconds=30).outcome is Outcome.ACCEPTED

import pytest
from modem_pair import Pair

from carriers.gsm.events import Blocked, Cause, HealthChanged, Lost, ModemSettings, Ready
from carriers.gsm.modem import Modem, State
from carriers.gsm.startup import PinMemory
from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_dialects import DIALECTS
from carriers.simulator.modem_sim import Sim
from gateway.core.errors import LocalProtocolError

IMEI, CARD = "861234050000017", "89860012345678901234"


@pytest.mark.parametrize("piece", [0, 1, 7])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_every_make_comes_up(dialect, piece):
    pair = Pair(ModemConfig(dialect=dialect), piece=piece).start()
    identity = pair.one(Ready).identity
    assert identity.key == f"{IMEI}-{CARD}"
    assert identity.imsi == "460001234567890"
    assert identity.smsc == "+8613800100500"
    assert identity.manufacturer.strip().lower().startswith(dialect[:6])
    health = pair.the(HealthChanged)[-1].health
    assert (health.signal, health.dbm, health.operator) == (20, -73, "CHINA MOBILE")
    assert pair.modem.can_send
    assert not pair.complaints()


def test_each_command_waits_for_the_answer_to_the_one_before():
    pair = Pair().start()
    for ours, theirs in zip(pair.log[1::2], pair.log[2::2], strict=False):
        assert ours.octets.count(b"\r") <= 1
        assert ours.is_ours is not theirs.is_ours


def test_echo_stays_on():
    pair = Pair()
    pair.faults.echo_stays_on = True
    pair.start()
    assert pair.one(Ready).identity.imei == IMEI
    assert pair.send().reference == 0
    assert not pair.complaints()


def test_a_prompt_hangs_from_the_program_before():
    pair = Pair().power_on()
    pair.emulator.receive(b"AT+CMGS=20\r", pair.now)
    pair.emulator.data_to_send()
    pair.modem.start(pair.now)
    pair.run(8)
    assert pair.the(Ready)
    assert not pair.emulator.sent


def test_the_modem_still_starts_itself():
    pair = Pair(ModemConfig(boot_s=12.0)).start(30)
    assert pair.one(Ready).identity.imei == IMEI


def test_it_starts_again_while_it_is_set_up():
    pair = Pair().power_on()
    pair.faults.late_answer_to["AT+CGMM"] = 2.0
    pair.modem.start(pair.now)
    pair.run(1)
    pair.emulator.power_on(pair.now)
    pair.run(20)
    assert len(pair.the(Ready)) == 1
    assert pair.emulator.notices[1] == 1


def test_it_starts_again_and_again():
    pair = Pair().power_on()
    pair.modem.start(pair.now)
    for _ in range(60):
        pair.run(1)
        pair.emulator.power_on(pair.now)
    pair.run(20)
    assert pair.the(Ready)
    assert pair.modem.can_send


def test_nobody_is_there():
    modem = Modem(ModemSettings(start_tries=3))
    modem.start(0.0)
    written = b""
    for tick in range(100):
        modem.tick(tick * 0.25)
        written += modem.data_to_send()
    assert modem.events() == [Lost("the modem does not answer any more")]
    assert written.count(b"AT") == 3
    assert modem.is_lost


def test_the_sim_is_busy_for_a_while():
    pair = Pair()
    pair.faults.sim_busy = 5
    pair.start(20)
    assert pair.one(Ready).identity.iccid == CARD


def test_the_sim_never_becomes_ready():
    pair = Pair(settings=ModemSettings(sim_tries=3))
    pair.faults.sim_busy = 1000
    pair.start(40)
    assert pair.one(Blocked).cause is Cause.SIM_FAILURE


def test_no_sim():
    pair = Pair(ModemConfig(sim=Sim(is_inserted=False))).start()
    assert pair.one(Blocked).cause is Cause.NO_SIM
    assert not pair.modem.can_send


def test_a_sim_is_put_in():
    pair = Pair(ModemConfig(sim=Sim(is_inserted=False))).start()
    pair.emulator.sim.is_inserted = True
    pair.run(70)
    assert pair.the(Ready)


def test_a_sim_is_pulled_out():
    pair = Pair().ready()
    pair.emulator.sim.is_inserted = False
    pair.modem.receive(b"\r\n+CPIN: NOT INSERTED\r\n", pair.now)
    pair.run(8)
    assert pair.one(Blocked).cause is Cause.NO_SIM


def test_the_pin_is_asked_for_and_right():
    pair = Pair(ModemConfig(sim=Sim(pin="4711")), ModemSettings(pin="4711")).start(15)
    assert pair.the(Ready)
    assert pair.commands("AT+CPIN=") == ['AT+CPIN="4711"']


def test_no_pin_is_configured():
    pair = Pair(ModemConfig(sim=Sim(pin="4711"))).start()
    assert pair.one(Blocked).cause is Cause.PIN_NEEDED
    assert not pair.commands("AT+CPIN=")


@pytest.mark.parametrize("pin", ["12", "123456789", "12a4", '1"23', "１２３４"])
def test_what_is_no_pin_is_not_tried(pin):
    pair = Pair(ModemConfig(sim=Sim(pin="4711")), ModemSettings(pin=pin)).start()
    assert pair.one(Blocked).cause is Cause.PIN_NEEDED
    assert not pair.commands("AT+CPIN=")


def test_a_wrong_pin_is_never_tried_twice():
    sim = Sim(pin="4711")
    pair = Pair(ModemConfig(sim=sim), ModemSettings(pin="0000")).start()
    assert pair.one(Blocked).cause is Cause.PIN_WRONG
    pair.run(300)  # it is looked at again every minute
    for _ in range(3):  # and plugged in again, and again
        again = Pair(settings=ModemSettings(pin="0000"), pins=pair.pins, emulator=EmulatedModem(ModemConfig(sim=sim)))
        again.start()
        assert again.one(Blocked).cause is Cause.PIN_WRONG
    assert sim.tries_left == 2
    assert len(pair.the(Blocked)) == 1


def test_a_wrong_pin_is_not_tried_on_the_same_sim_in_another_modem():
    sim = Sim(pin="4711")
    pair = Pair(ModemConfig(sim=sim), ModemSettings(pin="0000")).start()
    other = EmulatedModem(ModemConfig(sim=sim, imei="350000000000006"))
    again = Pair(settings=ModemSettings(pin="0000"), pins=pair.pins, emulator=other).start()
    assert again.one(Blocked).cause is Cause.PIN_WRONG
    assert sim.tries_left == 2


def test_another_pin_may_be_tried_after_a_wrong_one():
    pins = PinMemory()
    sim = Sim(pin="4711")
    Pair(ModemConfig(sim=sim), ModemSettings(pin="0000"), pins=pins).start()
    pair = Pair(ModemConfig(sim=sim), ModemSettings(pin="4711"), pins=pins).start(15)
    assert pair.the(Ready)


def test_the_last_tries_of_a_pin_are_for_people():
    sim = Sim(pin="4711", tries_left=2)
    pair = Pair(ModemConfig(dialect="quectel", sim=sim), ModemSettings(pin="4711")).start()
    assert "only 2 tries" in pair.one(Blocked).reason
    assert sim.tries_left == 2


def test_the_sim_asks_for_its_puk():
    pair = Pair(ModemConfig(sim=Sim(pin="4711", tries_left=0)), ModemSettings(pin="4711")).start()
    assert pair.one(Blocked).cause is Cause.PUK_NEEDED
    assert not pair.commands("AT+CPIN=")


def test_the_pin_does_not_appear_where_it_could_be_logged():
    assert "4711" not in repr(ModemSettings(pin="4711"))


def test_every_form_of_notices_is_tried():
    pair = Pair()
    pair.faults.notices_refused = 4
    pair.start()
    assert pair.commands("AT+CNMI=")[-1] == "AT+CNMI=1,1,0,1,0"
    assert pair.modem.set_up.notices == "1,1,0,1,0"


def test_all_notices_refused_and_messages_come_all_the_same():
    pair = Pair()
    pair.faults.notices_refused = 1000
    pair.ready()
    pair.emulator.say("+8613900139000", "found by looking", pair.now)
    pair.run(70)
    assert pair.texts() == ["found by looking"]


def test_not_registered():
    pair = Pair(ModemConfig(registration=2)).start()
    assert pair.the(Ready)
    assert not pair.modem.can_send
    with pytest.raises(LocalProtocolError):
        pair.modem.send(b"\1\0", pair.now)


def test_registration_is_lost_and_comes_back():
    pair = Pair().ready()
    pair.emulator.register(2, pair.now)
    pair.run(1)
    assert not pair.modem.can_send
    pair.emulator.register(5, pair.now)
    pair.run(1)
    assert pair.modem.can_send
    assert [it.health.registration.name for it in pair.the(HealthChanged)] == ["SEARCHING", "ROAMING"]


def test_signal_is_looked_at_every_minute():
    pair = Pair().ready()
    pair.emulator.signal = 3
    pair.run(61)
    assert pair.the(HealthChanged)[-1].health.signal == 3
    pair.emulator.signal = 99
    pair.modem.look(pair.now)
    pair.run(2)
    assert pair.the(HealthChanged)[-1].health.signal is None


def test_a_modem_starts_again_by_itself():
    pair = Pair().ready()
    pair.emulator.power_on(pair.now)
    pair.run(10)
    assert pair.the(Ready)
    assert pair.emulator.notices == (2, 1, 0, 1, 0)


def test_a_reset_switches_the_radio_off_and_on():
    pair = Pair().ready()
    pair.modem.reset(pair.now)
    pair.run(20)
    assert pair.commands("AT+CFUN") == ["AT+CFUN=0", "AT+CFUN=1"]
    assert pair.modem.state is State.READY


def test_a_modem_is_started_once():
    pair = Pair().ready()
    with pytest.raises(LocalProtocolError):
        pair.modem.start(pair.now)

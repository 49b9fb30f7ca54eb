"""Modems: whatever comes from one, nothing raises, time is bounded, and what was to be sent is answered once."""

from __future__ import annotations

from collections.abc import Iterator

from carriers.gsm.events import ModemSettings, PduArrived, SendAnswered, UssdAnswered, UssdFailed
from carriers.gsm.modem import Modem
from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_dialects import DIALECTS
from tests.fuzz.target import Target, assert_storable, at_most, records, script

SAID, TIME, SEND, USSD, SAID_ASIDE, DO = range(6)
_SUBMIT = bytes.fromhex("01000B91683109109300F00000") + b"\x05\xe8\x32\x9b\xfd\x06"
_SECONDS = 2.0


def check(data: bytes) -> None:
    with at_most(_SECONDS):
        _check_alone(data)
    if data:
        with at_most(_SECONDS):
            _check_with_emulator(list(DIALECTS)[data[0] % len(DIALECTS)], data[1:])


def _check_alone(data: bytes) -> None:
    """The octets are what the modem says."""
    modem = Modem(ModemSettings(pin="1234", start_tries=2, hung_tries=1, sim_tries=2))
    modem.start(0.0)
    now, sent, asked = 0.0, 0, 0
    answered: list[object] = []
    told: list[object] = []
    for what, octets in records(data):
        match what % 6:
            case 0:
                modem.receive(octets, now)
            case 1:
                now += len(octets) or 0.3
                modem.tick(now)
            case 2 if modem.can_send:
                modem.send(_SUBMIT, now, sent)
                sent += 1
            case 3 if modem.state == "ready" and len(told) == asked:
                modem.ussd("*100#", now, asked)
                asked += 1
            case 4:
                modem.receive_notices(octets, now)
            case _:
                modem.look(now)
        modem.data_to_send()
        for event in modem.events():
            match event:
                case SendAnswered():
                    answered.append(event.tag)
                    assert_storable(event.reason)
                case UssdAnswered():
                    assert_storable(event.text)
                    told += [event.tag] if event.tag is not None else []
                case UssdFailed():
                    told.append(event.tag)
                case PduArrived():
                    modem.confirm(event.receipt, now=now)
    modem.close()
    left = modem.events()
    answered += [it.tag for it in left if isinstance(it, SendAnswered)]
    told += [it.tag for it in left if isinstance(it, UssdFailed)]
    assert answered == list(range(sent))
    assert told == list(range(asked))


def _check_with_emulator(dialect: str, data: bytes) -> None:
    """The octets are what a program says to the emulated modem."""
    modem = EmulatedModem(ModemConfig(dialect=dialect, send_s=0.5))
    modem.power_on(0.0)
    now = 0.0
    for what, octets in records(data):
        if what % 3 == 0:
            modem.receive(octets, now)
        elif what % 3 == 1:
            now += len(octets)
            modem.tick(now)
        else:
            modem.say("+8613900139000", octets.decode("latin-1")[:200], now)
        modem.data_to_send()


def seeds() -> Iterator[bytes]:
    ready = [
        (TIME, b""),
        (SAID, b"\r\nOK\r\n"),
        (TIME, b""),
        (SAID, b"OK\r\n" * 6),  # echo, errors, four names
        (SAID, b"+CPIN: READY\r\nOK\r\n"),
        (SAID, b"460001234567890\r\nOK\r\n89860012345678901234\r\nOK\r\n"),
        (SAID, b"OK\r\n" * 5),  # CSMS, CMGF, CSCA, CNUM, CSCS
        (SAID, b'OK\r\n+CREG: 1,1\r\nOK\r\nERROR\r\nERROR\r\n+CSQ: 20,99\r\nOK\r\n+COPS: 0,0,"x"\r\nOK\r\n'),
        (SAID, b'+CPMS: ("SM"),("SM"),("SM")\r\nOK\r\n+CPMS: 0,9,0,9,0,9\r\nOK\r\n'),
        (SAID, b"OK\r\nOK\r\n+CPMS: 0,9\r\nOK\r\nOK\r\n"),
    ]
    yield script(*ready, (SEND, b""), (SAID, b"\r\n> "), (SAID, b"+CMGS: 1\r\nOK\r\n"), (USSD, b""))
    yield script(*ready, (SAID, b'+CMTI: "SM",1\r\n'), (SAID, b"+CMGR: 0,,24\r\n07911326040000F00400\r\nOK\r\n"))
    yield script(
        *ready, (SAID, b"+CMT: ,24\r\n0004000000\r\n"), (SAID_ASIDE, b"+CREG: 5\r\n"), (DO, b""), (TIME, b"x" * 70)
    )
    for number in range(len(DIALECTS)):
        yield bytes((number,)) + script(
            (0, b'ATE0\rAT+CMEE=1\rAT+CMGF=0\rAT+CNMI=2,1,0,1,0\rAT+CPMS="SM","SM","SM"\r'),
            (0, b"AT+CMGS=18\r" + _SUBMIT.hex().encode() + b"\x1a"),
            (2, b"hello"),
            (1, b"xx"),
            (0, b'AT+CMGL=4\rAT+CMGR=1\rAT+CMGD=1\rAT+CUSD=1,"*100#",15\rAT+CPIN="1"\r'),
        )


TARGET = Target(
    check,
    seeds,
    words=(
        b"+CMS ERROR: ", b"+CME ERROR: ", b"+CMTI: ", b"+CMT: ", b"+CDS: ", b"+CMGS: ", b"+CMGL: ", b"+CMGR: ",
        b"+CREG: ", b"+CPIN: ", b"+CPMS: ", b"+CUSD: ", b"RDY", b"RING", b"OK\r\n", b"ERROR\r\n", b"\r\n> ",
        b"\x1a", b"\x1b", b"+CMGF: ", b"+CSQ: ", b"SIM PIN", b"SIM PUK",
    ),
)  # fmt: skip

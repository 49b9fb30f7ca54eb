"""`caiyou modem`: the modems that are plugged in, one asked for its name, sent with, listened to; without the hub."""

from __future__ import annotations

import argparse
import asyncio
import getpass
from collections.abc import Callable
from typing import TypeVar

from carriers.gsm.answers import Identity
from carriers.gsm.discovery import devices, options_of
from carriers.gsm.events import (
    Blocked,
    Called,
    HealthChanged,
    Lost,
    Misbehaved,
    ModemEvent,
    ModemSettings,
    PduArrived,
    Ready,
    SendAnswered,
    UssdAnswered,
    UssdFailed,
)
from carriers.gsm.modem import Modem
from carriers.gsm.port import ModemPort, PortOptions
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.translate import incoming_of, report_of, submit_of
from carriers.gsm.ussd import Step
from gateway.core.errors import MalformedPdu, Refused
from gateway.core.messages import Outcome, Segment
from gateway.core.phone import mask, normalise
from gateway.core.text import choose, split

E = TypeVar("E")
_REGISTRATION_S = 60.0
_REPORT = 2  # message type of SMS-STATUS-REPORT


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the group."""
    modem = commands.add_parser("modem", help="GSM modems on serial ports").add_subparsers(
        metavar="ACTION", required=True
    )
    listing = modem.add_parser("list", help="modems that are plugged in, with their ports")
    listing.set_defaults(run=_list)

    probe = modem.add_parser("probe", help="who a modem and its SIM are, and how they are")
    _add_port(probe)
    probe.set_defaults(run=_probe)

    send = modem.add_parser("send", help="send an SMS with one modem, past the outbox")
    _add_port(send)
    send.add_argument("number")
    send.add_argument("text")
    send.set_defaults(run=_send)

    code = modem.add_parser("ussd", help="say a code like *100# to the network")
    _add_port(code)
    code.add_argument("code")
    code.add_argument("answers", nargs="*", help="what to answer where the network asks, in order")
    code.set_defaults(run=_ussd)

    watch = modem.add_parser("watch", help="show what a modem says; deletes nothing")
    _add_port(watch)
    watch.add_argument("--reveal", action="store_true", help="show numbers and texts in clear")
    watch.set_defaults(run=_watch)


def _add_port(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("port", help="like /dev/ttyUSB2; the hub must not be using it")
    parser.add_argument("--baud", type=int, default=PortOptions("").baud, help="of a real serial line")
    parser.add_argument("--rtscts", action="store_true", help="hardware flow control")
    parser.add_argument("--ask-pin", action="store_true", help="ask for the SIM's PIN; it is tried once")


class _Session:
    """One modem on its port for the time of a command."""

    def __init__(self, options: argparse.Namespace, hear: Callable[[ModemEvent], None] | None = None) -> None:
        pin = getpass.getpass("PIN: ") if options.ask_pin else ""
        self.modem = Modem(ModemSettings(pin=pin))
        port = PortOptions(options.port, baud=options.baud, rtscts=options.rtscts)
        self.port = ModemPort(port, self.modem, self._take)
        self._hear = hear
        self._events: asyncio.Queue[ModemEvent] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> _Session:
        self._task = asyncio.create_task(self.port.run())
        return self

    async def __aexit__(self, *error: object) -> None:
        await self.port.stop()
        if self._task is not None:
            await self._task

    def _take(self, events: list[ModemEvent]) -> None:
        for event in events:
            if self._hear is not None:
                self._hear(event)
            self._events.put_nowait(event)

    async def next(self, kind: type[E]) -> E:
        """The next event of a kind. Raises Refused when the modem is lost or blocked before."""
        while True:
            event = await self._events.get()
            if isinstance(event, kind):
                return event
            if isinstance(event, Lost):
                raise Refused("modem", event.reason)
            if isinstance(event, Blocked):
                raise Refused("modem", f"{event.cause}: {event.reason}")
            if isinstance(event, UssdFailed):
                raise Refused("modem", event.reason)

    async def lost(self) -> str:
        """Why it was lost, when it is."""
        while not isinstance(event := await self._events.get(), Lost):
            continue
        return event.reason


def _list(options: argparse.Namespace) -> None:
    async def work() -> None:
        found = await devices()
        for device in found:
            chosen = await options_of(device)
            commands = chosen.path if chosen is not None else "none answers AT, or another program uses them"
            print(f"{device.title} {device.ports[0].maker} at {device.key}: {commands}")
            for port in device.ports:
                print(f"    {port.path} {port.interface}")
        if not found:
            print("no modem is plugged in by USB; modems on other serial ports are named in the configuration")

    asyncio.run(work())


def _probe(options: argparse.Namespace) -> None:
    async def work() -> None:
        async with _Session(options) as session:
            identity = (await session.next(Ready)).identity
            await session.next(HealthChanged)
            for line in _described(identity, session.modem):
                print(line)

    asyncio.run(work())


def _described(identity: Identity, modem: Modem) -> list[str]:
    health, found = modem.health, modem.set_up
    strength = "unknown" if health.dbm is None else f"{health.dbm} dBm"
    lines = [
        f"modem     {identity.manufacturer} {identity.model} {identity.revision}",
        f"key       {identity.key}",
        f"IMSI      {identity.imsi}",
        f"number    {identity.number or 'the SIM does not know it'}",
        f"centre    {identity.smsc or 'none'}",
        f"network   {health.registration.name.lower()} {health.operator}, signal {strength}",
        f"storage   {health.storage} {health.used} of {health.total}",
    ]
    if found is not None:
        lines += [
            f"notices   {found.notices or 'none: storages are looked through every minute'}",
            f"acknowledges each message: {'yes' if found.acknowledges else 'no'}",
            *(f"refused   {it}" for it in found.refused),
        ]
    return lines


def _send(options: argparse.Namespace) -> None:
    number = normalise(options.number) or options.number
    alphabet = choose(options.text)
    parts = split(options.text, alphabet)
    segments = [
        Segment(0, place, len(parts), "", number, part, alphabet, reference=1) for place, part in enumerate(parts, 1)
    ]
    tpdus = [submit_of(segment).encode() for segment in segments]

    async def work() -> None:
        async with _Session(options) as session:
            await session.next(Ready)
            try:
                async with asyncio.timeout(_REGISTRATION_S):
                    while not session.modem.can_send:
                        await session.next(HealthChanged)
            except TimeoutError:
                raise Refused("modem", "it is not registered with a network") from None
            for place, tpdu in enumerate(tpdus, 1):
                session.modem.send(tpdu, session.port.now, more_follow=place < len(tpdus))
                session.port.flush()
                answered = await session.next(SendAnswered)
                if answered.outcome is not Outcome.ACCEPTED:
                    raise Refused("modem", f"segment {place} of {len(tpdus)}: {answered.outcome}, {answered.reason}")
                print(f"segment {place} of {len(tpdus)}: accepted, reference {answered.reference}")

    asyncio.run(work())


def _ussd(options: argparse.Namespace) -> None:
    async def work() -> None:
        async with _Session(options) as session:
            await session.next(Ready)
            for code in [options.code, *options.answers]:
                session.modem.ussd(code, session.port.now)
                session.port.flush()
                answered = await session.next(UssdAnswered)
                print(answered.text or answered.step.name.lower().replace("_", " "))
                if answered.step is not Step.ASKS:
                    return
            session.modem.cancel_ussd(session.port.now)
            session.port.flush()

    asyncio.run(work())


def _watch(options: argparse.Namespace) -> None:
    def show(event: ModemEvent) -> None:
        print(_told(event, reveal=options.reveal), flush=True)

    async def work() -> None:
        async with _Session(options, show) as session:
            raise Refused("modem", await session.lost())

    asyncio.run(work())


def _told(event: ModemEvent, *, reveal: bool) -> str:
    match event:
        case Ready(identity):
            return f"ready: {identity.manufacturer} {identity.model}, {identity.key}"
        case Blocked(cause, reason):
            return f"blocked: {cause}, {reason}"
        case HealthChanged(health):
            return (
                f"health: {health.registration.name.lower()} {health.operator}, signal {health.dbm} dBm,"
                f" {health.storage} {health.used} of {health.total}"
            )
        case PduArrived():
            return _told_pdu(event, reveal=reveal)
        case Called(number):
            return f"call: {number if reveal else mask(number)}"
        case UssdAnswered(_, step, text):
            return f"ussd: {step.name.lower()} {text if reveal else f'{len(text)} characters'}"
        case Misbehaved(reason, line):
            return f"misbehaved: {reason} {line if reveal else ''}".rstrip()
        case Lost(reason):
            return f"lost: {reason}"
        case _:
            return type(event).__name__


def _told_pdu(arrived: PduArrived, *, reveal: bool) -> str:
    try:
        if arrived.tpdu[0] & 3 == _REPORT:
            report = report_of(StatusReport.decode(arrived.tpdu))
            to = report.recipient if reveal else mask(report.recipient)
            return f"report: reference {report.carrier_id} to {to}: {report.state}"
        sms = incoming_of(Deliver.decode(arrived.tpdu))
    except MalformedPdu as error:
        return f"a PDU that cannot be read: {error}"
    sender = sms.sender if reveal else mask(sms.sender)
    return f"message from {sender}: {sms.text if reveal else f'{len(sms.text)} characters'}"

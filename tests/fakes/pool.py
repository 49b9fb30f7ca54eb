"""A whole hub with a pool of emulated modems on pseudo-terminals, which can be plugged in and pulled out."""

from __future__ import annotations

import contextlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from carriers.gsm.config import GsmConfig
from carriers.gsm.pool import PoolLink
from carriers.link import LinkBasics
from carriers.simulator.modem import EmulatedModem, ModemConfig
from carriers.simulator.modem_faults import ModemFaults
from carriers.simulator.modem_network import Sent as OnAir
from carriers.simulator.modem_pty import PtyModem
from carriers.simulator.modem_sim import Sim
from gateway.core.events import SmsReceived
from gateway.core.ids import IdSource
from gateway.core.mails import MailFacts
from gateway.core.outbox import FINAL, NewSms, Purpose, State
from gateway.core.routing import Route, Router
from gateway.dispatcher import Dispatcher
from gateway.inbound import Inbound
from gateway.journal import Journal
from gateway.lane import LinkPolicy
from gateway.store.blobs import Blobs
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.desk import Desk
from gateway.store.link_memory import StoredMemory
from tests.fakes.hub import QUICK, RESEND, FastClock, Sent, until


def keeps_reports() -> dict[str, Any]:
    """A modem that loses no report when it is pulled out or nobody listens: stored, and there before the answer."""
    return {"dialect": "wavecom", "faults": ModemFaults(report_first=True)}


def sim_of(number: int) -> Sim:
    """The SIM of the modem of this number."""
    return Sim(f"898600123456{number:08}", f"46000{number:010}", f"+8613800138{number:03}")


class Board:
    """The machine the modems are plugged into: ports with fixed names in a directory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.modems: dict[int, EmulatedModem] = {}  # every one there ever was; what they sent stays known
        self.plugged: dict[int, PtyModem] = {}
        folder.mkdir(exist_ok=True)

    @property
    def pattern(self) -> str:
        return str(self.folder / "modem-*")

    def plug(self, number: int, port: str = "", *, faults: ModemFaults | None = None, **options: Any) -> EmulatedModem:
        """Plug in the modem of this number, at a port named after it when none is given."""
        modem = self.modems.get(number)
        if modem is None or options:
            config = {"send_s": 0.1, "report_s": 0.1, "imei": f"86123405{number:07}", "sim": sim_of(number)} | options
            self.modems[number] = modem = EmulatedModem(ModemConfig(**config), faults)
        modem.is_gone = False
        pty = self.plugged[number] = PtyModem(modem, self.folder / (port or f"modem-{number}"))
        pty.start()
        return modem

    async def pull(self, number: int) -> None:
        """Pull it out."""
        await self.plugged.pop(number).close()

    async def pull_all(self) -> None:
        for number in list(self.plugged):
            await self.pull(number)

    def sent(self) -> list[OnAir]:
        """What all modems have sent."""
        return [sent for modem in self.modems.values() for sent in modem.sent]

    def copies(self) -> Counter[tuple[str, str, str]]:
        """How often each segment went out: by recipient, text and header."""
        return Counter(
            (
                sent.recipient,
                sent.text,
                str(sent.submit.user_data.content(sent.submit.dcs).elements),
            )
            for sent in self.sent()
        )


@dataclass
class PoolHub:
    """What a test looks at and turns."""

    board: Board
    desk: Desk
    dispatcher: Dispatcher
    link: PoolLink
    journal: Journal
    incoming: list[SmsReceived] = field(default_factory=list)
    _count: int = 0

    async def send(self, texts: Sequence[str], *, prefix: str = "+86138", **more: Any) -> list[Sent]:
        """Put messages in, each to a phone of its own."""
        numbered = []
        for text in texts:
            self._count += 1
            numbered.append((f"{prefix}{20_000_000 + self._count}", text))

        def work(books: Any) -> list[Sent]:
            return [Sent(books.outbox.add(NewSms(to, text, Purpose.API, **more)), to, text) for to, text in numbered]

        return await self.desk.commit(work)

    def states(self, sent: Sequence[Sent]) -> Counter[State]:
        return Counter(State(self.row(one)["state"]) for one in sent)

    def row(self, one: Sent) -> Any:
        return self.desk.read_now(lambda books: books.outbox.get(one.id))

    def steps(self, one: Sent) -> list[str]:
        return [step.step for step in self.desk.read_now(lambda books: books.timeline.of([one.id]))[one.id]]

    async def ended(self, sent: Sequence[Sent], *, within_s: float = 20.0) -> None:
        await until(lambda: self.states(sent).keys() <= FINAL, within_s, lambda: self.told(sent))

    async def up(self, modems: int = 1, *, within_s: float = 10.0) -> None:
        """Wait until so many modems may send."""
        await until(
            lambda: self.link.is_up and sum(it.may_send for it in self.link.modems()) >= modems, within_s,
            lambda: str(self.link.modems()),
        )  # fmt: skip

    def told(self, sent: Sequence[Sent]) -> str:
        late = [one for one in sent if self.states([one]).keys() - FINAL][:5]
        return "\n".join(
            [f"{one.id} {self.row(one)['state']}: {' '.join(self.steps(one))}" for one in late]
            + [f"{self.link.state} room {self.link.room() if self.link.is_up else 0}"]
            + [str(it) for it in self.link.modems()]
        )

    def check(self, sent: Sequence[Sent]) -> int:
        """All delivered; how many segments went out more than once, which only doubt excuses."""
        assert self.states(sent) == {State.DELIVERED: len(sent)}, self.told(sent)
        doubled = 0
        by_number = {one.number: one for one in sent}
        for (recipient, text, _), count in self.board.copies().items():
            if count > 1 and recipient in by_number:
                doubled += count - 1
                assert "uncertain" in self.steps(by_number[recipient]), (text, self.steps(by_number[recipient]))
        return doubled


@contextlib.asynccontextmanager
async def open_pool(
    folder: Path,
    board: Board,
    *,
    speed: float = 20.0,
    policy: LinkPolicy = RESEND,
    sims: dict[str, Any] | None = None,
    clock: Any = None,
    rate_per_s: float = 0.0,
    **options: Any,
) -> AsyncIterator[PoolHub]:
    """A hub with its store in `folder` and a pool of what is on the board, now and later."""
    store = open_store(StoreConfig(data_dir=str(folder)))
    create_tables(store)
    journal, router, fast = Journal(), Router(), FastClock(speed)
    incoming: list[SmsReceived] = []
    desk = Desk(
        store, Blobs(folder), router, journal, new_id=IdSource(fast), now_ms=fast,
        read_facts=lambda data, now: MailFacts(),
        reactions={SmsReceived: (lambda event, books: incoming.append(event),)},
    )  # fmt: skip
    inbound = Inbound(desk, journal)
    dispatcher = Dispatcher(desk, inbound, journal, "test", look_every_s=0.02, look_after_s=0.02)
    common = {"ports": (board.pattern,), "look_every_s": 0.1, "late_s": 0.5, "quarantine_s": 0.5, "patience_s": 3.0}
    config = GsmConfig(**(common | {"sims": sims or {}} | options))
    memory = StoredMemory(store, "pool", fast)
    basics = LinkBasics("pool", "pool", dispatcher, rate_per_s=rate_per_s, timing=QUICK, memory=memory)
    link = PoolLink(basics, config, clock or (lambda: datetime.now(UTC)))
    dispatcher.add(link, "gsm", policy)
    router.set_routes([Route("", "pool")])
    dispatcher.start()
    try:
        yield PoolHub(board, desk, dispatcher, link, journal, incoming)
    finally:
        await inbound.drain()
        await dispatcher.stop()
        await desk.close()

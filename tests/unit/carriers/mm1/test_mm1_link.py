"""The link over MM1 with a centre that says what the test wants."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from carriers.link import CarriesMms, LinkBasics
from carriers.mm1.config import Mm1Config
from carriers.mm1.link import Mm1Link
from carriers.session import SubmitAnswered
from gateway.core.errors import ConfigError, MalformedPdu, StoreUnavailable
from gateway.core.messages import Outcome, Segment
from gateway.core.text import Alphabet

CONFIG = Mm1Config("http://m.example", window=3)


def segment(number: int, mms: bytes = b"mms") -> Segment:
    return Segment(number, 1, 1, "", "+8613800138000", "", Alphabet.BINARY, mms=mms)


class FakeCentre:
    """Tokens by message id; what is broken or away says so."""

    def __init__(self) -> None:
        self.served: list[str] = []
        self.asked: list[int] = []
        self.is_away = False
        self.go = asyncio.Event()
        self.go.set()

    def serve(self, link: str, config: Any) -> None:
        self.served.append(link)

    async def tell(self, link: str, segments: Sequence[Segment]) -> list[str]:
        await self.go.wait()
        self.asked.append(len(segments))
        if self.is_away:
            raise StoreUnavailable("the disk is full")
        if any(one.mms == b"" for one in segments):
            raise MalformedPdu("nothing is no message")
        return [f"token{one.message_id}" for one in segments]


class Listener:
    def __init__(self) -> None:
        self.answers: list[SubmitAnswered] = []
        self.ready = 0

    def link_events(self, link: Any, events: Sequence[Any]) -> None:
        self.answers += events

    def link_ready(self, link: Any) -> None:
        self.ready += 1

    def link_up(self, link: Any, peer: str) -> None: ...
    def link_down(self, link: Any, reason: str, **more: Any) -> None: ...


@pytest.fixture
async def made() -> Any:
    centre, listener = FakeCentre(), Listener()
    link = Mm1Link(LinkBasics("phones", "phones", listener, 0, centre=centre), CONFIG)  # type: ignore[arg-type]
    task = asyncio.create_task(link.run())
    await asyncio.sleep(0)
    yield link, centre, listener
    await link.stop()
    await task
    assert not link.is_up


async def settled(listener: Listener, count: int) -> list[SubmitAnswered]:
    async with asyncio.timeout(5):
        while len(listener.answers) < count:
            await asyncio.sleep(0)
    return listener.answers


async def test_what_is_on_disk_is_accepted_under_its_token(made: Any) -> None:
    link, centre, listener = made
    assert isinstance(link, CarriesMms)
    assert centre.served == ["phones"]
    for number in (1, 2):
        link.submit(segment(number))
    link.flush()
    answers = await settled(listener, 2)
    assert [(one.outcome, one.carrier_ids) for one in answers] == [
        (Outcome.ACCEPTED, ("token1",)),
        (Outcome.ACCEPTED, ("token2",)),
    ]
    assert centre.asked == [2]
    assert listener.ready == 1


async def test_the_window_is_kept_until_the_books_are_written(made: Any) -> None:
    link, centre, listener = made
    centre.go.clear()
    for number in range(3):
        link.submit(segment(number))
    assert link.room() == 0
    link.flush()
    assert link.room() == 0
    centre.go.set()
    await settled(listener, 3)
    assert link.room() == 3


async def test_a_store_that_is_away_is_for_later(made: Any) -> None:
    link, centre, listener = made
    centre.is_away = True
    link.submit(segment(1))
    link.flush()
    (answer,) = await settled(listener, 1)
    assert (answer.outcome, answer.reason) == (Outcome.TEMPORARY, "the disk is full")


async def test_a_broken_message_takes_no_other_with_it(made: Any) -> None:
    link, _, listener = made
    for number, mms in ((1, b"mms"), (2, b""), (3, b"mms")):
        link.submit(segment(number, mms))
    link.flush()
    answers = await settled(listener, 3)
    assert [one.outcome for one in answers] == [Outcome.ACCEPTED, Outcome.PERMANENT, Outcome.ACCEPTED]


def test_a_link_without_books_is_no_link() -> None:
    with pytest.raises(ConfigError):
        Mm1Link(LinkBasics("phones", "phones", Listener(), 0), CONFIG)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "values",
    [
        {"page_url": "ftp://m.example"},
        {"tell_again_minutes": (0,)},
        {"tell_again_minutes": tuple(range(1, 11))},
        {"give_up_minutes": 0},
        {"window": 0},
    ],
)
def test_options_that_make_no_sense(values: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match=next(iter(values))):
        Mm1Config(**({"page_url": "http://m.example"} | values))

"""The books of the centre, on each database, with a clock that goes on when it is told to."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from carriers.mm1.config import Mm1Config
from gateway.core.events import MessageSettled
from gateway.core.messages import Segment
from gateway.core.mms import NewMms
from gateway.core.outbox import Kind, Purpose
from gateway.core.routing import LinkFacts, Route
from gateway.mmsc.answers import PhoneAnswers, token_in
from gateway.mmsc.centre import Centre
from gateway.mmsc.told_back import ToldBack
from gateway.store.database import Store
from gateway.store.mm1 import Notification
from mms.codec.codes import ResponseStatus, Status
from mms.codec.pdu import AcknowledgeInd, DeleteReq, NotificationInd, NotifyRespInd, RetrieveConf, decode
from mms.codec.push import Push
from mms.content import Body, Part
from tests.fakes.desk import PHONE, Bench

PDU = RetrieveConf(
    body=Body((Part("text/plain", b"hello", "a.txt", "", "utf-8"),)), date_s=1, sender="10657000", subject="hello"
).encode()
CONFIG = Mm1Config("http://m.example", push_link="a")
MINUTE, HOUR, DAY = 60, 3600, 86_400


class Books:
    """A hub with a link over MM1."""

    def __init__(self, store: Store) -> None:
        self.bench = Bench(store)
        self.bench.router.set_routes([Route("", "a", preference=1), Route("", "phones", preference=2)])
        self.bench.router.set_link("phones", LinkFacts(up=True, mms=True))
        self.centre = Centre(self.bench.desk, {"phones": CONFIG})
        self.answers = PhoneAnswers(self.bench.desk)

    async def told(self) -> tuple[int, str]:
        """An MMS whose phone is told; its id and token."""
        run = self.bench.run
        blob = run(lambda books: books.keep(PDU))
        message = NewMms(PHONE, blob, 9, Purpose.API, account_id=1, link="phones")
        message_id = run(lambda books: books.mms.add(message))
        run(lambda books: books.mms.claim("one", 10, 60))
        run(lambda books: books.mms.fitted(message_id, blob=blob, handset="unknown", receipt="", story=""))
        (claimed,) = self.bench.claim("phones")
        (token,) = await self.centre.tell("phones", [segment(message_id, claimed.recipient)])
        self.bench.send(claimed, token, link="phones")
        return message_id, token

    def one(self, token: str) -> Notification:
        found = self.bench.ask(lambda books: books.mm1.get(token))
        assert found is not None
        return found

    def pushes(self) -> list[NotificationInd]:
        rows = [row for row in self.bench.everything().values() if row.kind == Kind.DATA]
        found = [decode(Push.decode(row.data).data) for row in sorted(rows, key=lambda row: row.id)]
        return [one for one in found if isinstance(one, NotificationInd)]

    def wait(self, seconds: float) -> None:
        """Let time pass, and look after what is due then."""
        self.bench.clock.pass_s(seconds)
        while self.bench.ask(self.centre.has_due):
            self.bench.run(self.centre.pass_time)


def segment(message_id: int, number: str = PHONE) -> Segment:
    return Segment(message_id, 1, 1, "", number, "", "binary", validity_s=7 * DAY, mms=PDU)  # type: ignore[arg-type]


@pytest.fixture
def hub(store: Store) -> Iterator[Books]:
    made = Books(store)
    yield made
    made.bench.close()


async def test_never_more_than_five_times_and_never_for_ever(hub: Books) -> None:
    message_id, token = await hub.told()
    at = {}
    for minute in range(15, 8 * 24 * 60, 15):
        before = len(hub.pushes())
        hub.wait(15 * MINUTE)
        if len(hub.pushes()) > before:
            at[len(hub.pushes())] = minute
    assert at == {2: 15, 3: 75, 4: 315, 5: 1035}
    assert {one.transaction_id for one in hub.pushes()} == {token}
    assert len({one.content_location for one in hub.pushes()}) == 1
    assert (hub.bench.state(message_id), hub.one(token).state) == ("expired", "expired")
    assert hub.bench.row(message_id)["code"] == "not fetched"


async def test_one_that_is_told_already_is_not_told_again(hub: Books) -> None:
    message_id, token = await hub.told()
    assert await hub.centre.tell("phones", [segment(message_id)]) == [token]
    await hub.answers.take(AcknowledgeInd(transaction_id=token), None)
    assert await hub.centre.tell("phones", [segment(message_id)]) == [token]
    assert len(hub.pushes()) == 1


async def test_what_was_retrieved_is_delivered_once_and_told_no_more(hub: Books) -> None:
    message_id, token = await hub.told()
    for _ in range(2):
        await hub.answers.take(NotifyRespInd(transaction_id=token, status=Status.RETRIEVED), None)
    assert hub.bench.state(message_id) == "delivered"
    assert hub.bench.steps(message_id).count("report") == 1
    hub.wait(7 * DAY)
    assert len(hub.pushes()) == 1


async def test_a_fetch_without_a_word_counts_after_a_while_and_is_never_told_again(hub: Books) -> None:
    message_id, token = await hub.told()
    hub.bench.run(
        lambda books: books.mm1.update(token, ["told"], state="fetched", next_ms=books.now_ms + 10 * MINUTE * 1000)
    )
    hub.wait(9 * MINUTE)
    assert hub.bench.state(message_id) == "accepted"
    hub.wait(2 * MINUTE)
    assert hub.bench.state(message_id) == "delivered"
    hub.wait(7 * DAY)
    assert len(hub.pushes()) == 1


async def test_a_phone_that_wants_to_fetch_later_is_left_alone_until_a_day_before_the_end(hub: Books) -> None:
    message_id, token = await hub.told()
    await hub.answers.take(NotifyRespInd(transaction_id=token, status=Status.DEFERRED), None)
    hub.wait(5.9 * DAY)
    assert len(hub.pushes()) == 1
    hub.wait(0.2 * DAY)
    assert len(hub.pushes()) == 2
    await hub.answers.take(NotifyRespInd(transaction_id=token, status=Status.DEFERRED), None)
    hub.wait(0.8 * DAY)
    assert (len(hub.pushes()), hub.bench.state(message_id)) == (2, "accepted")
    hub.wait(0.2 * DAY)
    assert (len(hub.pushes()), hub.bench.state(message_id)) == (2, "expired")


async def test_who_fetches_after_it_was_given_up_has_it_delivered_after_all(hub: Books) -> None:
    message_id, token = await hub.told()
    for _ in range(6):
        hub.wait(DAY)
    assert hub.bench.state(message_id) == "expired"
    await hub.answers.take(AcknowledgeInd(transaction_id=token), None)
    assert (hub.bench.state(message_id), hub.one(token).state) == ("delivered", "done")


@pytest.mark.parametrize(("state", "pushes", "end"), [("failed", 1, "failed"), ("delivered", 2, "accepted")])
async def test_a_number_that_no_push_reaches_is_told_no_more(hub: Books, state: str, pushes: int, end: str) -> None:
    message_id, token = await hub.told()
    (push,) = hub.bench.claim("a")
    assert push.id == hub.one(token).push_id
    hub.bench.send(push, "p1")
    hub.bench.report(("p1", state))
    hub.wait(16 * MINUTE)
    assert (len(hub.pushes()), hub.bench.state(message_id)) == (pushes, end)


async def test_rejected_and_deleted(hub: Books) -> None:
    rejected, token = await hub.told()
    await hub.answers.take(NotifyRespInd(transaction_id=token, status=Status.UNRECOGNISED), None)
    assert hub.bench.row(rejected)["code"] == "Unrecognised"
    deleted, token = await hub.told()
    locations = (f"http://m.example/mm1/{token}", "http://m.example/mm1/nothing")
    conf = await hub.answers.delete(DeleteReq(transaction_id="t", locations=locations))
    assert (conf.response_status, conf.locations) == (ResponseStatus.NOT_FOUND, locations[1:])
    assert hub.bench.state(deleted) == "failed"


async def test_answers_that_name_nothing_of_ours_change_nothing(hub: Books) -> None:
    message_id, _ = await hub.told()
    for token in ("nothing", "x" * 500, "' OR 1=1"):
        await hub.answers.take(NotifyRespInd(transaction_id=token, status=Status.RETRIEVED), None)
    assert hub.bench.state(message_id) == "accepted"


async def test_a_link_that_is_gone_makes_nobody_wait_for_ever(hub: Books) -> None:
    message_id, _ = await hub.told()
    hub.centre = Centre(hub.bench.desk, {})
    for _ in range(6 * 24):
        hub.wait(HOUR)
    assert (len(hub.pushes()), hub.bench.state(message_id)) == (1, "accepted")
    for _ in range(25):
        hub.wait(HOUR)
    assert hub.bench.state(message_id) == "expired"


@pytest.mark.parametrize("text", ["abc", "<abc>", "http://m.example/mm1/abc", "http://m.example/mm1/abc/"])
def test_a_token_is_found_in_whatever_phones_write(text: str) -> None:
    assert token_in(text) == "abc"


def test_a_delivered_message_of_others_tells_no_phone(hub: Books) -> None:
    event = MessageSettled(1, 1, "delivered", "")
    hub.bench.run(lambda books: ToldBack(CONFIG).settled(event, books))
    assert not hub.bench.everything()

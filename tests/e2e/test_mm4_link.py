"""Two MMS centres on this machine, each with a link to the other; and mails of centres that are not ours."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest

from carriers.mm4.config import Mm4Config
from carriers.mm4.link import Mm4Link
from gateway.core.messages import Outcome, ReportState
from mms.codec.mm4 import DeliveryReport, MmStatus, ReadReport, ReadStatus
from mms.incoming import ReadState
from tests.fakes.mm4 import BODY, Noted, free_port, make_link, segment, until
from tests.unit.mms.codec.mm4_mails import GO_DELIVERY, MBUNI_FORWARD, MBUNI_READ, SLOPPY_FORWARD, as_sent

A, B = "mms.a.example", "mms.b.example"


@dataclass(slots=True)
class Centre:
    link: Mm4Link
    noted: Noted
    config: Mm4Config


@contextlib.asynccontextmanager
async def running(*centres: Centre) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(centre.link.run()) for centre in centres]
    try:
        await until(lambda: all(centre.link.is_up for centre in centres))
        yield
    finally:
        for centre in centres:
            await centre.link.stop()
        await asyncio.gather(*tasks)


def pair(**changes: Any) -> tuple[Centre, Centre]:
    """Two centres; the changes are those of the first."""
    ports = {A: free_port(), B: free_port()}
    made = []
    for own, peer in ((A, B), (B, A)):
        config = Mm4Config(
            peer_domain=peer, own_domain=own, host="127.0.0.1", port=ports[peer], listen_port=ports[own],
            listen_allow=("127.0.0.0/8",), answer_timeout_s=5.0,
        )  # fmt: skip
        if own == A:
            config = replace(config, **changes)
        noted = Noted()
        made.append(Centre(make_link(config, noted), noted, config))
    return made[0], made[1]


def hand_in(config: Mm4Config, mail: bytes, *recipients: str, sender: str = "system@mmsc.a.example") -> tuple[int, str]:
    """Bring a mail to a centre as anybody may; the last reply."""
    with smtplib.SMTP("127.0.0.1", config.listen_port, timeout=10) as client:
        try:
            client.sendmail(sender, recipients, mail)
        except smtplib.SMTPDataError as error:
            return error.smtp_code, str(error.smtp_error)
        except smtplib.SMTPRecipientsRefused as error:
            return next(iter(error.recipients.values()))[0], ""
        except smtplib.SMTPSenderRefused as error:
            return error.smtp_code, ""
    return 250, ""


async def test_an_mms_goes_over_and_is_answered() -> None:
    a, b = pair()
    async with running(a, b):
        a.link.submit(segment())
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
        (arrived,) = b.noted.mms
    assert (answer.outcome, answer.carrier_ids, answer.reason) == (Outcome.ACCEPTED, (f"1.1@{A}",), "")
    mms = arrived.mms
    assert mms.body == BODY
    assert (mms.sender, mms.recipients, mms.subject) == ("10657000", ("+447900000001",), "生日快乐")
    assert (mms.carrier_id, mms.transaction_id) == (f"1.1@{A}", "1.1")
    assert mms.mms.delivery_report
    assert mms.mms.expires_ms - mms.date_ms == 3_600_000
    assert not a.noted.misbehaviour + b.noted.misbehaviour


async def test_reports_come_back() -> None:
    a, b = pair()
    async with running(a, b):
        report = DeliveryReport(
            "r1", f"1.1@{A}", "+447900000001", ("10657000",), originator_system=b.config.system, status=MmStatus.EXPIRED
        )
        b.link.tell(report)
        b.link.tell(ReadReport("r2", f"1.1@{A}", "+447900000001", ("10657000",), status=ReadStatus.DELETED))
        (read,) = await until(lambda: a.noted.reads)
        (told,) = await until(lambda: a.noted.reports)
    assert (told.report.carrier_id, told.report.state) == (f"1.1@{A}", ReportState.EXPIRED)
    assert (read.report.state, read.report.recipient) == (ReadState.DELETED, "+447900000001")


async def test_many_at_once_keep_to_the_window() -> None:
    a, b = pair(window=8, parallel=3)
    async with running(a, b):
        submitted = 0
        while submitted < 60:
            while a.link.room() and submitted < 60:
                submitted += 1
                a.link.submit(segment(submitted))
                assert a.link.room() <= 7
            a.link.flush()
            await asyncio.sleep(0.005)
        await until(lambda: len(a.noted.answers) == 60)
    assert {answer.outcome for answer in a.noted.answers} == {Outcome.ACCEPTED}
    assert len({arrived.mms.carrier_id for arrived in b.noted.mms}) == 60


async def test_what_is_never_answered_is_sent_again_and_then_uncertain() -> None:
    a, b = pair(answer_timeout_s=0.1, resends=2)
    b = Centre(make_link(replace(b.config, port=free_port()), b.noted), b.noted, b.config)  # its answers get lost
    tasks = [asyncio.create_task(centre.link.run()) for centre in (a, b)]
    try:
        await until(lambda: a.link.is_up)
        a.link.submit(segment())
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
        assert (answer.outcome, answer.carrier_ids) == (Outcome.UNCERTAIN, (f"1.1@{A}",))
        assert [arrived.mms.carrier_id for arrived in b.noted.mms] == [f"1.1@{A}"] * 3  # known again by its id
    finally:
        await a.link.stop()
        await b.link.stop()
        await asyncio.gather(*tasks)


async def test_a_refused_second_copy_leaves_the_first_uncertain() -> None:
    a, b = pair(answer_timeout_s=0.1, resends=1)
    b = Centre(make_link(replace(b.config, port=free_port()), b.noted), b.noted, b.config)  # its answers get lost
    tasks = [asyncio.create_task(centre.link.run()) for centre in (a, b)]
    try:
        await until(lambda: a.link.is_up)
        a.link.submit(segment())
        a.link.flush()
        await until(lambda: b.noted.mms)
        b.noted.accept = False  # the second copy gets 451
        (answer,) = await until(lambda: a.noted.answers)
        assert (answer.outcome, answer.code) == (Outcome.UNCERTAIN, 451)
    finally:
        await a.link.stop()
        await b.link.stop()
        await asyncio.gather(*tasks)


async def test_what_the_store_cannot_take_comes_again_later() -> None:
    a, b = pair()
    b.noted.accept = False
    async with running(a, b):
        a.link.submit(segment())
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
    assert (answer.outcome, answer.code) == (Outcome.TEMPORARY, 451)


async def test_without_confirmation_the_mail_server_s_word_is_enough() -> None:
    a, b = pair(confirmed=False)
    async with running(a, b):
        a.link.submit(segment())
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
        assert answer.outcome is Outcome.ACCEPTED
    assert not b.noted.misbehaviour


async def test_a_recipient_of_another_domain_is_refused_for_good() -> None:
    a, b = pair()
    async with running(a, b):
        a.link.submit(segment(recipient="someone@else.example"))
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
    assert (answer.outcome, answer.code) == (Outcome.PERMANENT, 550)
    assert not b.noted.mms


async def test_a_server_that_goes_away_takes_the_link_down_and_up_again() -> None:
    a, b = pair(failures=1)
    serving_a, serving_b = (asyncio.create_task(centre.link.run()) for centre in (a, b))
    await until(lambda: a.link.is_up and b.link.is_up)
    await b.link.stop()
    await serving_b
    try:
        a.link.submit(segment(1))
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
        assert answer.outcome is Outcome.TEMPORARY
        await until(lambda: a.noted.downs)
        assert a.link.room() == 0
        async with running(b):
            await until(lambda: a.link.is_up)
            a.link.submit(segment(2))
            a.link.flush()
            _, answer = await until(lambda: len(a.noted.answers) == 2 and a.noted.answers)
            assert answer.outcome is Outcome.ACCEPTED
    finally:
        await a.link.stop()
        await serving_a


async def test_stop_gives_answers_time_and_what_has_none_is_uncertain() -> None:
    a, b = pair()
    b.noted.accept = None
    async with running(a, b):
        a.link.submit(segment(1))
        a.link.flush()
        await until(lambda: b.noted.mms)
        stopping = asyncio.create_task(a.link.stop())
        await asyncio.sleep(0.05)
        b.link.acknowledge(b.noted.mms[0].receipt, accepted=True, line=0)
        await stopping
        assert [answer.outcome for answer in a.noted.answers] == [Outcome.ACCEPTED]
    a, b = pair()
    b.noted.accept = None
    async with running(a, b):
        a.link.submit(segment(1))
        a.link.flush()
        await until(lambda: b.noted.mms)
    assert [answer.outcome for answer in a.noted.answers] == [Outcome.UNCERTAIN]


async def test_logins() -> None:
    a, b = pair(user="a", password="pw")
    right = replace(b.config, listen_user="a", listen_password="pw")
    b = Centre(make_link(right, b.noted), b.noted, right)
    async with running(a, b):
        a.link.submit(segment())
        a.link.flush()
        (answer,) = await until(lambda: a.noted.answers)
        assert answer.outcome is Outcome.ACCEPTED
        assert await asyncio.to_thread(hand_in, right, as_sent(MBUNI_FORWARD), "1@mms.b.example") == (530, "")


@pytest.mark.parametrize(
    ("mail", "recipient", "code"),
    [
        (MBUNI_FORWARD, f"+15551230001/TYPE=PLMN@{B}", 250),
        (MBUNI_FORWARD, f"+15551230001@{B}", 250),
        (SLOPPY_FORWARD, f"4422@{B}", 250),
        (GO_DELIVERY, f"system-user@{B}", 250),
        (MBUNI_READ, f"+15551230001/TYPE=PLMN@{B}", 250),
        (MBUNI_FORWARD, "+15551230001/TYPE=PLMN@elsewhere.example", 550),
        (b"Subject: no MM4\n\nhello\n", f"system-user@{B}", 554),
    ],
)
async def test_what_other_centres_bring(mail: bytes, recipient: str, code: int) -> None:
    a, b = pair()
    async with running(a, b):
        reply, _ = await asyncio.to_thread(hand_in, b.config, as_sent(mail), recipient)
        assert reply == code
        if code == 250 and mail is not MBUNI_READ:  # which wants no answer; the others' go to hosts that are not here
            refused = await until(lambda: b.noted.misbehaviour)
            assert "550 5.7.1 This centre is mms.a.example" in refused[0]
    assert len(b.noted.mms) + len(b.noted.reports) + len(b.noted.reads) == (code == 250)
    if b.noted.mms:
        assert b.noted.mms[0].mms.recipients == (recipient.partition("@")[0].partition("/")[0],)


async def test_strangers_are_not_heard() -> None:
    a, b = pair()
    deaf = replace(b.config, listen_allow=("192.0.2.0/24",))
    b = Centre(make_link(deaf, b.noted), b.noted, deaf)
    tasks = [asyncio.create_task(b.link.run())]
    try:
        await until(lambda: b.noted.downs)  # a does not run
        with pytest.raises((smtplib.SMTPServerDisconnected, ConnectionError)):
            await asyncio.to_thread(hand_in, deaf, as_sent(MBUNI_FORWARD), f"1@{B}")
    finally:
        await b.link.stop()
        await asyncio.gather(*tasks)
    assert "127.0.0.1" in b.noted.misbehaviour[0]
    assert not a.noted.mms

"""Mail leaves: to servers the DNS names, through a smart host, again later, or back to its sender."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
import email
import email.policy
import ssl
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from gateway.core.accounts import Account
from gateway.core.errors import ConfigError, StoreUnavailable
from gateway.mail.relay import RelayConfig, RelayLoop
from gateway.mail.routes import DnsRoutes, NoRoute
from tests.fakes.certificates import Certificate, make_certificate
from tests.fakes.mail_hub import DOMAIN, Hub, open_hub
from tests.fakes.mail_peer import Peer, open_name_server, open_peer

MAIL = b"From: Anna <anna@mail.example>\r\nMessage-ID: <1@mail.example>\r\nSubject: out\r\n\r\n.dot\r\nbody\r\n"
ANNA = f"anna@{DOMAIN}"
FAR = {("far.example", "MX"): ["10 mx.far.example."], ("mx.far.example", "A"): ["127.0.0.1"]}
CONFIG = RelayConfig(hostname="mx.mail.example", allow_loopback=True, look_every_s=0.05, connect_timeout_s=2)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Hub]:
    async with open_hub(tmp_path) as opened:
        yield opened


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls-out"))


def queue(hub: Hub, *recipients: str, sender: str = ANNA, data: bytes = MAIL, age_s: int = 0) -> list[int]:
    """A mail in the queue; returns the ids of its entries."""
    blob = hub.desk.blobs.put_now(hub.desk.new_id(), data)

    def work(books: Any) -> list[int]:
        ids = books.queue_relay(sender=sender, recipients=recipients, blob=blob)
        return list(ids)

    ids = hub.desk.run_now(work)
    if age_s:
        import sqlalchemy as sa

        from gateway.store.schema import relay

        made_ms = hub.desk.now_ms() - age_s * 1000
        hub.desk.run_now(lambda books: books.tx.execute(sa.update(relay).values(created_ms=made_ms)))
    return ids


def entry(hub: Hub, entry_id: int) -> dict[str, Any]:
    return dict(hub.desk.read_now(lambda books: books.relay.get(entry_id)))


async def until(check: Callable[[], bool]) -> None:
    async with asyncio.timeout(10):
        while not check():
            await asyncio.sleep(0.01)


async def settled(hub: Hub, *ids: int) -> list[dict[str, Any]]:
    """The rows once no entry is on its way any more."""
    await until(lambda: all(entry(hub, an_id)["answer"] and entry(hub, an_id)["state"] != "sending" for an_id in ids))
    return [entry(hub, an_id) for an_id in ids]


@contextlib.asynccontextmanager
async def relay(hub: Hub, config: RelayConfig = CONFIG) -> AsyncIterator[RelayLoop]:
    loop = RelayLoop(hub.desk, config, owner="test", spread=lambda: 0.5)
    await loop.start()
    try:
        yield loop
    finally:
        await loop.stop()


@contextlib.asynccontextmanager
async def far(
    hub: Hub, peer: Peer, config: RelayConfig = CONFIG, records: dict[tuple[str, str], list[str]] = FAR
) -> AsyncIterator[RelayLoop]:
    """The relay, a name server, and one server for far.example."""
    async with open_peer(peer), open_name_server(records) as nameserver:
        config = dataclasses.replace(config, port=peer.port, nameservers=(nameserver,))
        async with relay(hub, config) as loop:
            yield loop


def bounces(hub: Hub, account: Account) -> list[email.message.EmailMessage]:
    found = []
    for row in hub.folder(account):
        assert row["envelope_sender"] == ""
        message = email.message_from_bytes(hub.body(row), policy=email.policy.default)
        assert message.get_content_type() == "multipart/report"
        found.append(message)
    return found  # type: ignore[return-value]


def status_of(message: Any) -> dict[str, str]:
    groups = list(message.iter_parts())[1].get_payload()
    return dict(groups[1].items())


# --- delivered ----------------------------------------------------------------------------------------------------


async def test_one_transaction_for_all_recipients_of_a_domain(hub: Hub) -> None:
    peer = Peer()
    ids = queue(hub, "a@far.example", "b@far.example")
    async with far(hub, peer):
        rows = await settled(hub, *ids)
    (mail,) = peer.mails
    assert mail.sender == f"MAIL FROM:<{ANNA}> SIZE={len(MAIL)}"
    assert mail.recipients == ["a@far.example", "b@far.example"]
    assert mail.data == MAIL
    assert [row["state"] for row in rows] == ["delivered"] * 2
    assert rows[0]["answer"] == "250 2.0.0 taken"
    assert peer.commands[0] == "EHLO mx.mail.example"
    assert hub.folder(hub.add("anna")) == []


async def test_new_mail_wakes_the_relay(hub: Hub) -> None:
    peer = Peer()
    async with far(hub, peer, dataclasses.replace(CONFIG, look_every_s=60)):
        blob = hub.desk.blobs.put_now(hub.desk.new_id(), MAIL)
        await hub.desk.commit(lambda books: books.queue_relay(sender=ANNA, recipients=["a@far.example"], blob=blob))
        await until(lambda: len(peer.mails) == 1)


async def test_several_mails_share_a_connection_and_a_domain_its_places(hub: Hub) -> None:
    peer = Peer(before_data_reply=lambda: asyncio.sleep(0.002))
    ids = [queue(hub, f"r{number}@far.example")[0] for number in range(150)]
    async with far(hub, peer, dataclasses.replace(CONFIG, connections_per_domain=2)):
        rows = await settled(hub, *ids)
    assert {row["state"] for row in rows} == {"delivered"}
    assert len(peer.mails) == 150
    assert peer.connections <= 5
    assert peer.most_at_once <= 2


async def test_tls_is_used_when_offered_whoever_signed_it(hub: Hub, certificate: Certificate) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    peer = Peer(tls=context)
    async with far(hub, peer):
        await settled(hub, *queue(hub, "a@far.example"))
    assert [mail.encrypted for mail in peer.mails] == [True]


async def test_broken_tls_is_no_reason_to_keep_the_mail(hub: Hub) -> None:
    peer = Peer(offers=("STARTTLS",), answers={"STARTTLS": "454 4.7.0 no"})
    async with far(hub, peer):
        await settled(hub, *queue(hub, "a@far.example"))
    assert [(mail.encrypted, mail.connection) for mail in peer.mails] == [(False, 2)]


async def test_tls_that_is_demanded_and_cannot_be_checked_keeps_the_mail(hub: Hub, certificate: Certificate) -> None:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate.certificate, certificate.key)
    peer = Peer(tls=context)
    async with far(hub, peer, dataclasses.replace(CONFIG, tls="starttls")):
        (row,) = await settled(hub, *queue(hub, "a@far.example"))
    assert row["state"] == "queued"
    assert peer.mails == []


async def test_a_server_of_the_old_kind_is_greeted_with_helo(hub: Hub) -> None:
    peer = Peer(answers={"EHLO": "502 5.5.1 what"})
    async with far(hub, peer):
        (row,) = await settled(hub, *queue(hub, "a@far.example"))
    assert row["state"] == "delivered"
    assert "HELO mx.mail.example" in peer.commands


async def test_everything_goes_through_the_smart_host(hub: Hub) -> None:
    peer = Peer(offers=("AUTH PLAIN",), answers={"AUTH": "235 2.7.0 in"})
    async with open_peer(peer):
        config = dataclasses.replace(
            CONFIG, smart_host="127.0.0.1", smart_host_port=peer.port, smart_host_user="u", smart_host_password="p"
        )
        async with relay(hub, config):
            await settled(hub, *queue(hub, "a@far.example", "b@near.example"))
    (mail,) = peer.mails
    assert mail.recipients == ["a@far.example", "b@near.example"]
    assert any(command.startswith("AUTH PLAIN ") for command in peer.commands)


async def test_the_next_server_is_tried_when_the_first_is_away(hub: Hub) -> None:
    records = {
        ("far.example", "MX"): ["10 dead.far.example.", "20 mx.far.example.", "30 none.far.example."],
        ("dead.far.example", "A"): ["127.0.0.2"],
        ("mx.far.example", "A"): ["127.0.0.1"],
    }
    peer = Peer()
    async with far(hub, peer, records=records):
        (row,) = await settled(hub, *queue(hub, "a@far.example"))
    assert row["state"] == "delivered"


async def test_a_domain_without_mx_is_its_own_server(hub: Hub) -> None:
    peer = Peer()
    async with far(hub, peer, records={("far.example", "A"): ["127.0.0.1"]}):
        (row,) = await settled(hub, *queue(hub, "a@far.example"))
    assert row["state"] == "delivered"


# --- refused ------------------------------------------------------------------------------------------------------


async def test_each_recipient_has_its_own_answer_and_the_sender_one_report(hub: Hub) -> None:
    anna = hub.add("anna")
    peer = Peer(answers={"RCPT TO:<no@": "550 5.1.1 no such user", "RCPT TO:<later@": "451 4.7.1 greylisted"})
    ids = queue(hub, "a@far.example", "no@far.example", "later@far.example", "no@far.example")
    async with far(hub, peer):
        rows = await settled(hub, *ids)
    assert [row["state"] for row in rows] == ["delivered", "failed", "queued", "failed"]
    assert rows[2]["answer"] == "451 4.7.1 greylisted"
    assert 50_000 < rows[2]["due_ms"] - hub.desk.now_ms() <= 60_000
    assert [mail.recipients for mail in peer.mails] == [["a@far.example"]]
    (report,) = bounces(hub, anna)
    status = status_of(report)
    assert status["Final-Recipient"] == "rfc822; no@far.example"
    assert status["Status"] == "5.1.1"
    assert status["Action"] == "failed"
    assert status["Remote-MTA"] == "dns; mx.far.example"
    assert status["Diagnostic-Code"] == "smtp; 550 5.1.1 no such user"
    assert "<1@mail.example>" in list(report.iter_parts())[2].get_content()


@pytest.mark.parametrize(
    ("answers", "state"),
    [
        ({"MAIL": "550 5.7.1 not you"}, "failed"),
        ({"MAIL": "451 4.7.1 later"}, "queued"),
        ({"MAIL": "421 4.3.2 closing"}, "queued"),
        ({"DATA": "554 5.5.1 no"}, "failed"),
        ({"DATA": "451 4.3.0 no"}, "queued"),
        ({".": "554 5.7.1 spam"}, "failed"),
        ({".": "452 4.3.1 full"}, "queued"),
        ({".": "close"}, "queued"),
        ({"RCPT": "close"}, "queued"),
        ({"EHLO": "close"}, "queued"),
        ({"RCPT": "250 ok\r\n250 and one too many"}, "queued"),
    ],
)
async def test_what_an_answer_means(hub: Hub, answers: dict[str, str], state: str) -> None:
    anna = hub.add("anna")
    async with far(hub, Peer(answers=answers)):
        (row,) = await settled(hub, *queue(hub, "a@far.example"))
    assert row["state"] == state
    assert len(bounces(hub, anna)) == (state == "failed")


async def test_a_server_that_is_not_ready_is_tried_later(hub: Hub) -> None:
    async with far(hub, Peer(greeting="554 5.3.2 not today")):
        (row,) = await settled(hub, *queue(hub, "a@far.example"))
    assert row["state"] == "queued"
    assert "not today" in row["answer"]


async def test_a_utf8_address_needs_a_server_that_takes_it(hub: Hub) -> None:
    anna = hub.add("anna")
    async with far(hub, Peer()):
        (row,) = await settled(hub, *queue(hub, "用户@far.example"))
    assert row["state"] == "failed"
    assert row["answer"].startswith("553 5.6.7")
    assert len(bounces(hub, anna)) == 1
    peer = Peer(offers=("SMTPUTF8", "8BITMIME"))
    async with far(hub, peer):
        (row,) = await settled(hub, *queue(hub, "用户@far.example", data="Subject: 你\r\n\r\n".encode()))
    assert row["state"] == "delivered"
    assert peer.mails[0].sender == f"MAIL FROM:<{ANNA}> BODY=8BITMIME SMTPUTF8"


async def test_a_mail_whose_time_is_over_is_given_back(hub: Hub) -> None:
    import sqlalchemy as sa

    from gateway.store.schema import relay as table

    anna = hub.add("anna")
    ids = queue(hub, "a@far.example")
    soon = hub.desk.now_ms() + 30_000
    hub.desk.run_now(lambda books: books.tx.execute(sa.update(table).values(expires_ms=soon)))
    async with far(hub, Peer(answers={"RCPT": "451 4.7.1 later"})):
        (row,) = await settled(hub, *ids)
    assert row["state"] == "failed"
    (report,) = bounces(hub, anna)
    assert status_of(report)["Status"] == "4.7.1"


async def test_who_has_the_null_path_is_never_told(hub: Hub) -> None:
    hub.add("anna")
    async with far(hub, Peer(answers={"RCPT": "550 5.1.1 no"})):
        (row,) = await settled(hub, *queue(hub, "a@far.example", sender=""))
    assert row["state"] == "failed"
    assert hub.events == []
    assert hub.desk.read_now(lambda books: books.relay.depth()) == 0


async def test_a_report_to_a_sender_elsewhere_goes_by_the_relay_with_the_null_path(hub: Hub) -> None:
    peer = Peer(answers={"RCPT TO:<no@": "550 5.1.1 no"})
    async with far(hub, peer):
        await settled(hub, *queue(hub, "no@far.example", sender="s@far.example"))
        await until(lambda: len(peer.mails) == 1)
    (mail,) = peer.mails
    assert mail.sender.startswith("MAIL FROM:<>")
    assert mail.recipients == ["s@far.example"]


async def test_a_sender_is_told_once_of_a_long_delay(hub: Hub) -> None:
    anna = hub.add("anna")
    ids = queue(hub, "a@far.example", age_s=5 * 3600)
    async with far(hub, Peer(answers={"RCPT": "451 4.7.1 later"})):
        await settled(hub, *ids)
        (report,) = bounces(hub, anna)
        assert status_of(report)["Action"] == "delayed"
        assert status_of(report)["Will-Retry-Until"]

        def due_again(books: Any) -> None:
            import sqlalchemy as sa

            from gateway.store.schema import relay as table

            books.tx.execute(sa.update(table).values(due_ms=0, answer=""))

        await hub.desk.commit(due_again)
        (row,) = await settled(hub, *ids)
    assert row["attempt"] == 2
    assert len(bounces(hub, anna)) == 1


async def test_our_own_domain_is_never_connected_to(hub: Hub) -> None:
    anna = hub.add("anna")
    peer = Peer()
    records = {(DOMAIN, "MX"): ["10 mx.far.example."], ("mx.far.example", "A"): ["127.0.0.1"]}
    async with far(hub, peer, records=records):
        (row,) = await settled(hub, *queue(hub, f"nobody@{DOMAIN}"))
    assert row["state"] == "failed"
    assert row["answer"].startswith("554 5.4.6")
    assert peer.connections == 0
    assert len(bounces(hub, anna)) == 1


async def test_a_mail_whose_body_is_gone_is_given_back(hub: Hub) -> None:
    hub.add("anna")
    ids = queue(hub, "a@far.example")
    for path in hub.blobs():
        path.unlink()
    async with far(hub, Peer()):
        (row,) = await settled(hub, *ids)
    assert row["state"] == "failed"
    assert row["answer"].startswith("554 5.3.0")


# --- crashes ------------------------------------------------------------------------------------------------------


async def test_what_an_earlier_run_was_sending_is_sent(hub: Hub) -> None:
    ids = queue(hub, "a@far.example")
    await hub.desk.commit(lambda books: books.relay.claim("the run before", 10))
    peer = Peer()
    async with far(hub, peer):
        await settled(hub, *ids)
    assert len(peer.mails) == 1


async def test_a_stop_in_the_middle_of_a_trip_keeps_what_was_delivered(hub: Hub) -> None:
    peer = Peer()
    hang = asyncio.Event()

    async def hold() -> None:
        if peer.mails:
            await hang.wait()

    peer.before_data_reply = hold
    ids = queue(hub, "a@far.example") + queue(hub, "b@far.example")
    async with far(hub, peer):
        await until(lambda: len(peer.mails) == 1 and peer.commands[-1] == "DATA")
    assert sorted(entry(hub, an_id)["state"] for an_id in ids) == ["delivered", "sending"]
    hang.set()


async def test_a_store_that_fails_after_delivery_is_asked_again(hub: Hub, monkeypatch: pytest.MonkeyPatch) -> None:
    from gateway.mail import relay as module

    monkeypatch.setattr(module, "STORE_PAUSE_S", 0.01)
    commit, failures = hub.desk.commit, [3]
    peer = Peer()

    async def failing(work: Any) -> Any:
        if peer.mails and failures[0]:
            failures[0] -= 1
            raise StoreUnavailable
        return await commit(work)

    monkeypatch.setattr(hub.desk, "commit", failing)
    ids = queue(hub, "a@far.example")
    async with far(hub, peer):
        (row,) = await settled(hub, *ids)
    assert row["state"] == "delivered"
    assert failures == [0]
    assert len(peer.mails) == 1


# --- routes -------------------------------------------------------------------------------------------------------

ZONE = {
    ("two.example", "MX"): ["20 b.two.example.", "10 a.two.example."],
    ("a.two.example", "A"): ["192.0.2.1"],
    ("b.two.example", "A"): ["192.0.2.2"],
    ("b.two.example", "AAAA"): ["2001:db8::2"],
    ("null.example", "MX"): ["0 ."],
    ("backup.example", "MX"): ["10 a.two.example.", "20 mx.mail.example.", "30 b.two.example."],
    ("self.example", "MX"): ["10 MX.mail.example."],
    ("inside.example", "MX"): ["10 lo.example."],
    ("lo.example", "A"): ["127.0.0.1"],
    ("broken.example", "MX"): ["SERVFAIL"],
    ("empty.example", "TXT"): ["x"],
}


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("two.example", [("a.two.example", ("192.0.2.1",)), ("b.two.example", ("192.0.2.2", "2001:db8::2"))]),
        ("a.two.example", [("a.two.example", ("192.0.2.1",))]),
        ("backup.example", [("a.two.example", ("192.0.2.1",))]),
        ("[192.0.2.7]", [("[192.0.2.7]", ("192.0.2.7",))]),
        ("[IPv6:2001:db8::7]", [("[IPv6:2001:db8::7]", ("2001:db8::7",))]),
    ],
)
async def test_routes(domain: str, expected: list[tuple[str, tuple[str, ...]]]) -> None:
    async with open_name_server(ZONE) as nameserver:
        hosts = await DnsRoutes("mx.mail.example", nameservers=[nameserver]).hosts_of(domain)
    assert [(host.name, host.addresses) for host in hosts] == expected


@pytest.mark.parametrize(
    ("domain", "answer"),
    [
        ("null.example", "556 5.1.10"),
        ("nowhere.example", "550 5.1.2"),
        ("self.example", "554 5.4.6"),
        ("inside.example", "450 4.4.4"),
        ("broken.example", "451 4.4.3"),
        ("empty.example", "450 4.4.4"),
        ("[127.0.0.1]", "550 5.1.2"),
        ("[300.0.0.1]", "550 5.1.2"),
    ],
)
async def test_no_route(domain: str, answer: str) -> None:
    async with open_name_server(ZONE) as nameserver:
        routes = DnsRoutes("mx.mail.example", nameservers=[nameserver])
        with pytest.raises(NoRoute) as caught:
            await routes.hosts_of(domain)
    assert caught.value.answer.startswith(answer)


async def test_a_wrong_setting_is_a_config_error(hub: Hub) -> None:
    with pytest.raises(ConfigError, match=r"relay\.tls"):
        RelayLoop(hub.desk, RelayConfig(tls="always"), owner="test")

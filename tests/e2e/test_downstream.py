"""Peers on real sockets: they send through the hub to the operator's phones, and get their reports and answers."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from carriers.cmpp.message_id import group_ids
from carriers.cmpp.reports import Report
from carriers.smpp import pdu, status, tlv
from carriers.smpp.layout import DestinationAddress
from gateway.core.outbox import State
from gateway.store.database import StoreConfig
from tests.fakes.downstream import open_hub, until

PHONE = "+8613800138000"


async def test_a_submit_reaches_the_phone_and_its_receipt_comes_back(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer()
        client = await hub.smpp()
        answer = await client.submit("8613800138000", source_addr_ton=0, dest_addr_ton=1, dest_addr_npi=1)
        assert answer.command_status == 0
        (receipt,) = await until(lambda: client.receipts)
        assert hub.texts(PHONE) == ["hello"]
        assert (receipt.id, receipt.stat, receipt.err, receipt.text) == (answer.message_id, "DELIVRD", "000", "hello")
        (delivery,) = client.deliveries
        assert delivery.source_addr == "8613800138000"
        assert delivery.source_addr_ton == 1
        assert delivery.destination_addr == "10657000"
        assert tlv.text(delivery.tlvs, tlv.RECEIPTED_MESSAGE_ID) == answer.message_id
        assert tlv.integer(delivery.tlvs, tlv.MESSAGE_STATE) == 2
        await until(lambda: hub.count("peer_delivered") == 1)
        row = await hub.app.desk.read(lambda books: books.outbox.get(int(answer.message_id)))
        assert (row["state"], row["purpose"]) == (State.DELIVERED, "peer")
        await asyncio.sleep(0.1)
        assert await hub.open() == {"parts": 0, "messages": 0, "deliveries": 0}


async def test_parts_go_on_as_one_message_and_every_id_gets_its_receipt(store_config: StoreConfig) -> None:
    text = "明天上午九点在五楼会议室开会，请带材料。" * 6
    pieces = [text[at : at + 67] for at in range(0, len(text), 67)]
    async with open_hub(store_config) as hub:
        await hub.add_peer()
        client = await hub.smpp()
        parts = [
            client.submit(
                "13800138000",
                bytes((5, 0, 3, 77, len(pieces), number)) + piece.encode("utf-16-be"),
                esm_class=0x40,
                data_coding=8,
            )
            for number, piece in reversed(list(enumerate(pieces, 1)))
        ]
        answers = await asyncio.gather(*parts)
        assert [answer.command_status for answer in answers] == [0] * len(pieces)
        await until(lambda: len(client.receipts) == len(pieces))
        assert hub.texts(PHONE) == [text]
        assert {one.id for one in client.receipts} == {answer.message_id for answer in answers}


async def test_a_group_over_cmpp_gets_a_report_for_every_phone(store_config: StoreConfig) -> None:
    phones = ["13800138001", "13800138002", "13800138003"]
    for version in (0x20, 0x30):
        async with open_hub(store_config) as hub:
            if version == 0x20:
                await hub.add_peer("900001")
            client = await hub.cmpp(version=version)
            answer = await client.submit(*phones, octets="你好".encode("utf-16-be"), msg_fmt=8, service_id=b"HELLO")
            assert answer.result == 0
            await until(lambda: len(client.deliveries) == 3)  # noqa: B023
            found = {}
            for deliver in client.deliveries:
                assert deliver.registered_delivery == 1
                assert deliver.service_id == b"HELLO"
                report = Report.decode(deliver.msg_content)
                assert report.word == "DELIVRD"
                found[report.dest_terminal_id.decode()] = report.msg_id
            assert found == dict(zip(phones, group_ids(answer.msg_id, 3), strict=True))
            assert len(client.deliveries[0].msg_content) == (60 if version == 0x20 else 71)
            assert hub.texts("+8613800138002")[-1] == "你好"


async def test_submit_multi_says_which_phones_it_was_not_taken_for(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(prefixes=("+86138",))
        client = await hub.smpp()
        places = [DestinationAddress(number, 1, 1) for number in ("8613800138000", "8613900139000", "123")]
        answer: Any = await client.ask(
            pdu.SubmitMulti(dest_addresses=tuple(places), short_message=b"to all", registered_delivery=1)
        )
        assert answer.command_status == 0
        assert [(one.destination_addr, one.error_status_code) for one in answer.unsuccess_sme] == [
            ("8613900139000", status.RINVDSTADR),
            ("123", status.RINVDSTADR),
        ]
        (receipt,) = await until(lambda: client.receipts)
        assert receipt.id == answer.message_id


async def test_what_phones_write_goes_to_the_peer_and_to_nobody_else(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(numbers=("1065700088",))
        client = await hub.smpp(bind=pdu.BindReceiver)
        hub.say(PHONE, "好的，" * 40, "1065700088")
        await until(lambda: len(client.deliveries) == 2)
        text = b"".join(
            one.short_message[6:] for one in sorted(client.deliveries, key=lambda one: one.short_message[5])
        ).decode("utf-16-be")
        assert text == "好的，" * 40
        assert {one.source_addr for one in client.deliveries} == {"8613800138000"}
        assert {one.destination_addr for one in client.deliveries} == {"1065700088"}
        await asyncio.sleep(0.1)
        assert hub.texts(PHONE) == []  # no "no mail was found" from the hub


async def test_deliveries_wait_for_a_bind_and_survive_a_restart(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer()
        sender = await hub.smpp(bind=pdu.BindTransmitter)
        ids = [(await sender.submit("13800138000", b"%d" % n)).message_id for n in range(20)]
        for _ in range(500):
            if (await hub.open())["deliveries"] == 20:
                break
            await asyncio.sleep(0.02)
        assert sender.deliveries == []
        # The first receiver does not answer, the second refuses: nothing is lost by either.
        deaf = await hub.smpp(bind=pdu.BindReceiver, answer_with=None)
        await until(lambda: len(deaf.deliveries) == 20)
        await deaf.close()
        assert (await hub.open())["deliveries"] == 20
    async with open_hub(store_config) as hub:
        receiver = await hub.smpp(bind=pdu.BindReceiver)
        await until(lambda: len(receiver.receipts) == 20)
        assert [one.id for one in receiver.receipts] == ids  # in their order
        await until(lambda: hub.count("peer_delivered") == 20)
    async with open_hub(store_config) as hub:
        assert (await hub.open())["deliveries"] == 0


async def test_what_is_on_a_connection_is_sent_once_and_goes_on_another_when_that_breaks(
    store_config: StoreConfig,
) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(window=5, numbers=("1065700088",))
        deaf = await hub.smpp(bind=pdu.BindReceiver, answer_with=None)
        for number in range(8):
            hub.say(PHONE, f"text {number}", "1065700088")
        await until(lambda: len(deaf.deliveries) == 5)
        await asyncio.sleep(1.3)  # the sender of deliveries looks again every second
        assert len(deaf.deliveries) == 5
        other = await hub.smpp(bind=pdu.BindReceiver)
        await until(lambda: len(other.deliveries) == 3)
        await deaf.close()
        await until(lambda: len(other.deliveries) == 8, 3)
        assert {one.short_message for one in other.deliveries} == {b"text %d" % number for number in range(8)}
        await until(lambda: hub.count("peer_delivered") == 8)
        await asyncio.sleep(1.3)
        assert len(other.deliveries) == 8


async def test_what_a_peer_declines_comes_again_later(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(numbers=("1065700088",))
        client = await hub.smpp(answer_with=status.RX_T_APPN)
        hub.say(PHONE, "first", "1065700088")
        await until(lambda: hub.count("peer_declined"))
        hub.say(PHONE, "second", "1065700088")
        client.answer_with = 0
        await until(lambda: len(client.deliveries) == 2)
        assert client.deliveries[1].short_message == b"second"  # the first holds nothing up
        await until(lambda: len(client.deliveries) == 3, 8)  # after five seconds
        assert client.deliveries[2].short_message == b"first"
        await until(lambda: hub.count("peer_delivered") == 2)


async def test_refusals_in_the_codes_of_smpp(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(senders=("1065*",), prefixes=("+86138",), balance=3, refund=True)
        client = await hub.smpp()
        assert (await client.submit("13800138000", source_addr="ACME")).command_status == status.RINVSRCADR
        assert (await client.submit("13900139000")).command_status == status.RINVDSTADR
        assert (await client.submit("13800138000", data_coding=5)).command_status == 0x104
        assert (await client.submit("13800138000", validity_period="soon")).command_status == status.RINVEXPIRY
        assert (await client.submit("13800138000", b"x" * 200)).command_status == 0
        assert (await client.submit("13800138000", b"y" * 200)).command_status == 0x0400
        assert (await client.submit("13800138000", b"z")).command_status == 0
        assert (await hub.peer()).balance == 0
        await hub.app.desk.commit(lambda books: books.stops.stop("+8613800138000", "TD"))
        await hub.change_peer(balance=None)
        assert (await client.submit("13800138000")).command_status == status.RINVDSTADR


async def test_a_full_queue(store_config: StoreConfig) -> None:
    async with open_hub(store_config, downstream={"queue_limit": 2}) as hub:
        await hub.add_peer()
        client = await hub.smpp()
        for _ in range(2):
            later = await client.submit("13800138000", schedule_delivery_time="000000010000000R")
            assert later.command_status == 0
        await hub.app.downstream._count()
        assert (await client.submit("13800138000")).command_status == status.RMSGQFUL


async def test_a_rate_throttles(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(rate_per_s=10)
        client = await hub.smpp()
        answers = await asyncio.gather(*[client.submit("13800138000") for _ in range(40)])
        codes = [answer.command_status for answer in answers]
        assert 10 <= codes.count(0) <= 15
        assert codes.count(status.RTHROTTLED) == 40 - codes.count(0)


@pytest.mark.parametrize(
    ("fields", "password", "code"),
    [
        ({}, "wrong", status.RINVPASWD),
        ({"protocols": ("cmpp",)}, "secret08", status.RINVSYSID),
        ({"enabled": False}, "secret08", status.RINVSYSID),
        ({"networks": ("192.0.2.0/24",)}, "secret08", status.RBINDFAIL),
    ],
)
async def test_who_is_not_let_in(store_config: StoreConfig, fields: dict[str, Any], password: str, code: int) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(**fields)
        await hub.smpp(password=password, expect=code)


async def test_binds_are_counted_and_guessing_ends(store_config: StoreConfig) -> None:
    async with open_hub(store_config, downstream={"failed_logins": 2}) as hub:
        await hub.add_peer(binds=2)
        await hub.smpp()
        await hub.smpp()
        await hub.smpp(expect=status.RALYBND)
        await hub.smpp(name="nobody", expect=status.RINVSYSID)
        await hub.cmpp(secret="wrong", name="kite", expect=3)
        await hub.smpp(password="wrong", expect=status.RBINDFAIL)


async def test_a_peer_switched_off_is_sent_away(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer()
        client = await hub.smpp()
        await hub.change_peer(enabled=False)
        await until(lambda: client.closed)
        await hub.smpp(expect=status.RINVSYSID)


async def test_hostile_octets_end_the_connection_and_nothing_else(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer()
        client = await hub.smpp()
        for port in (hub.smpp_port, hub.cmpp_port):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(b"\xff" * 4096)
            async with asyncio.timeout(5):
                while await reader.read(4096):
                    pass
            writer.close()
        assert hub.count("peer_misbehaved") == 2
        assert (await client.submit("13800138000")).command_status == 0


async def test_query_and_cancel(store_config: StoreConfig) -> None:
    async with open_hub(store_config) as hub:
        await hub.add_peer(balance=5, refund=True)
        client = await hub.smpp()
        later = await client.submit("13800138000", schedule_delivery_time="000000010000000R")
        asked: Any = await client.ask(pdu.QuerySm(later.message_id, source_addr="10657000"))
        assert (asked.command_status, asked.message_state) == (0, 1)
        assert (await client.ask(pdu.CancelSm(message_id=later.message_id))).command_status == 0
        (receipt,) = await until(lambda: client.receipts)
        assert (receipt.id, receipt.stat) == (later.message_id, "DELETED")
        asked = await client.ask(pdu.QuerySm(later.message_id, source_addr="10657000"))
        assert asked.message_state == 4
        assert (await hub.peer()).balance == 5
        assert (await client.ask(pdu.CancelSm(message_id=later.message_id))).command_status == 0x11
        assert (await client.ask(pdu.QuerySm("12"))).command_status == 0x67

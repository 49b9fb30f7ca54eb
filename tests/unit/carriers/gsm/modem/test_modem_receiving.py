from dataclasses import replace

import pytest
from modem_pair import PHONE, Pair

from carriers.gsm.events import HealthChanged, Kind, ModemSettings, PduArrived, Ready
from carriers.gsm.tpdu import header
from carriers.gsm.tpdu.deliver import Deliver
from carriers.simulator.modem import ACKNOWLEDGEMENT_S, ModemConfig
from carriers.simulator.modem_dialects import DIALECTS
from carriers.simulator.modem_storage import Stored


@pytest.mark.parametrize("piece", [0, 1])
@pytest.mark.parametrize("dialect", DIALECTS)
def test_a_message_comes_in_and_is_deleted_when_it_is_confirmed(dialect, piece):
    pair = Pair(ModemConfig(dialect=dialect), piece=piece).ready()
    pair.emulator.say(PHONE, "你好", pair.now)
    pair.run(1)
    arrived = pair.one(PduArrived)
    assert pair.texts() == ["你好"]
    assert arrived.kind is Kind.STORED
    assert arrived.smsc.hex() == "91683108100005f0"
    assert not pair.commands("AT+CMGD")
    pair.confirm_all()
    assert len(pair.commands("AT+CMGD")) == 1
    assert not any(pair.emulator.storages.places.values())


def test_nothing_is_deleted_that_was_not_confirmed():
    pair = Pair().ready()
    for text in ("one", "two", "three"):
        pair.emulator.say(PHONE, text, pair.now)
    pair.run(1)
    second = pair.the(PduArrived)[1]
    pair.modem.confirm(second.receipt, now=pair.now)
    pair.run(1)
    assert pair.commands("AT+CMGD") == ["AT+CMGD=2"]
    pair.modem.confirm(second.receipt, now=pair.now)  # twice does no harm
    pair.run(200)
    assert pair.commands("AT+CMGD") == ["AT+CMGD=2"]
    assert pair.texts() == ["one", "two", "three"]  # and nothing is given twice


def test_what_could_not_be_put_on_disk_is_given_again():
    pair = Pair().ready()
    pair.emulator.say(PHONE, "again", pair.now)
    pair.run(1)
    pair.modem.put_back(pair.one(PduArrived).receipt)
    pair.run(61)
    assert pair.texts() == ["again", "again"]
    pair.confirm_all()
    assert pair.commands("AT+CMGD") == ["AT+CMGD=1"]


def test_storages_are_emptied_at_the_start():
    pair = Pair()
    for name in ("ME", "SM"):
        pair.emulator.storages.receiving = name
        pair.emulator.say(PHONE, f"lay in {name}", pair.now)
    pair.start()
    assert sorted(pair.texts()) == ["lay in ME", "lay in SM"]
    pair.confirm_all()
    assert pair.emulator.storages.places == {"ME": {}, "SM": {}}


def test_what_was_not_deleted_before_a_crash_is_given_again_with_the_same_fingerprint():
    pair = Pair().ready()
    pair.emulator.say(PHONE, "committed", pair.now)
    pair.run(1)
    before = pair.one(PduArrived)
    again = Pair(emulator=pair.emulator, now=pair.now)
    again.modem.start(again.now)
    again.run(8)
    assert again.one(PduArrived).fingerprint == before.fingerprint


def test_receipts_of_an_earlier_start_delete_nothing():
    pair = Pair().ready()
    pair.emulator.say(PHONE, "first", pair.now)
    pair.run(1)
    old = pair.one(PduArrived).receipt
    pair.emulator.power_on(pair.now)
    pair.emulator.storages.places["ME"].clear()
    pair.run(10)
    pair.emulator.say(PHONE, "another, in the same place", pair.now)
    pair.run(1)
    pair.modem.confirm(old, now=pair.now)
    pair.run(1)
    assert len(pair.emulator.storages.places["ME"]) == 1


def test_messages_of_others_are_left_alone():
    pair = Pair().power_on()
    draft = bytes.fromhex("000100039171F10000")
    pair.emulator.storages.places["ME"][4] = Stored(2, draft)
    pair.emulator.storages.places["ME"][5] = Stored(3, draft)
    pair.modem.start(pair.now)
    pair.run(100)
    assert not pair.the(PduArrived)
    assert set(pair.emulator.storages.places["ME"]) == {4, 5}


def test_a_message_that_is_announced_twice_is_given_once():
    pair = Pair().ready()
    pair.emulator.say(PHONE, "once", pair.now)
    pair.modem.receive(b'\r\n+CMTI: "ME",1\r\n\r\n+CMTI: "ME",1\r\n', pair.now)
    pair.run(1)
    pair.modem.receive(b'\r\n+CMTI: "ME",1\r\n', pair.now)
    pair.run(1)
    assert pair.texts() == ["once"]


def test_an_index_that_is_not_there():
    pair = Pair().ready()
    pair.modem.receive(b'\r\n+CMTI: "ME",9\r\n', pair.now)
    pair.modem.receive(b'\r\n+CMTI: "XX",9\r\n', pair.now)
    pair.run(2)
    assert not pair.the(PduArrived)
    assert pair.modem.can_send


def test_notices_that_are_lost():
    pair = Pair().ready()
    pair.faults.announces_nothing = True
    pair.emulator.say(PHONE, "unannounced", pair.now)
    pair.run(5)
    assert not pair.texts()
    pair.run(60)
    assert pair.texts() == ["unannounced"]


def test_a_notice_in_the_middle_of_a_listing():
    pair = Pair()
    pair.emulator.storages.receiving = "SM"
    for number in range(3):
        pair.emulator.say(PHONE, f"stored {number}", pair.now)
    pair.faults.said_within["AT+CMGL"] = '+CMTI: "SM",1'
    pair.start()
    assert pair.texts() == ["stored 0", "stored 1", "stored 2"]
    assert any(b"+CMGL: 1" in it.octets and b"+CMTI" in it.octets for it in pair.log)


def test_a_notice_between_a_header_and_its_pdu():
    pair = Pair().ready()
    pair.modem.look(pair.now)
    while not (ours := pair.modem.data_to_send()).startswith(b"AT+CMGL"):
        pair.emulator.receive(ours, pair.now)
        pair.modem.receive(pair.emulator.data_to_send(), pair.now)
    tpdus = pair.emulator.network.messages(PHONE, "listed", pair.now, concat_reference=0)
    tpdus += pair.emulator.network.messages(PHONE, "direct", pair.now, concat_reference=0)
    listed, direct = (f"00{it.hex().upper()}".encode() for it in tpdus)
    pair.modem.receive(b"\r\n+CMGL: 1,0,,24\r\n+CMT: ,24\r\n" + direct + b"\r\n" + listed + b"\r\n\r\nOK\r\n", pair.now)
    pair.events += pair.modem.events()
    assert pair.texts() == ["direct", "listed"]


def test_many_notices_at_once_are_one_look():
    pair = Pair().ready()
    for number in range(30):
        pair.emulator.say(PHONE, str(number), pair.now)
    pair.run(3)
    assert sorted(pair.texts(), key=int) == [str(it) for it in range(30)]
    assert len(pair.commands("AT+CMGR")) <= 1
    pair.confirm_all()
    assert not pair.emulator.storages.places["ME"]


def test_a_message_that_comes_itself_within_another_answer():
    pair = Pair().ready()
    tpdu = pair.emulator.network.messages(PHONE, "itself", pair.now, concat_reference=0)[0]
    pair.faults.said_within["AT+CSQ"] = f"+CMT: ,{len(tpdu)}\r\n00{tpdu.hex().upper()}"
    pair.modem.look(pair.now)
    pair.run(2)
    assert pair.texts() == ["itself"]
    assert pair.one(PduArrived).kind is Kind.MESSAGE


def test_a_direct_message_is_acknowledged_when_it_is_on_disk():
    pair = Pair().ready()
    pair.emulator.notices = (2, 2, 0, 1, 0)
    pair.emulator.say(PHONE, "direct", pair.now)
    pair.emulator.say(PHONE, "waits for the first", pair.now)
    pair.run(2)
    assert pair.texts() == ["direct"]
    assert not pair.commands("AT+CNMA")
    pair.modem.confirm(pair.the(PduArrived)[0].receipt, now=pair.now)
    pair.run(1)
    assert pair.commands("AT+CNMA") == ["AT+CNMA"]
    assert pair.texts() == ["direct", "waits for the first"]


def test_a_direct_report_that_is_not_confirmed_comes_again():
    pair = Pair().ready()
    pair.send(wants_report=True, seconds=8)
    first = pair.reports()[0]
    pair.modem.put_back(first.receipt)
    pair.run(ACKNOWLEDGEMENT_S + 1)
    assert pair.emulator.notices[3] == 0  # the modem hands nothing over any more
    while len(pair.reports()) == 1:  # until it is told to again
        pair.run(1)
    assert pair.reports()[1].tpdu == first.tpdu
    pair.modem.confirm(first.receipt, now=pair.now)  # too late for this one
    assert not pair.commands("AT+CNMA")
    pair.modem.confirm(pair.reports()[1].receipt, now=pair.now)
    pair.run(ACKNOWLEDGEMENT_S + 61)
    assert len(pair.reports()) == 2
    assert pair.commands("AT+CNMA") == ["AT+CNMA"]


def test_reports_that_are_stored_elsewhere():
    pair = Pair(ModemConfig(dialect="wavecom")).ready()
    pair.send(wants_report=True, seconds=8)
    assert pair.reports()[0].receipt.storage == "SR"
    pair.confirm_all()
    assert pair.emulator.storages.places["SR"] == {}


def test_a_long_message_out_of_order():
    pair = Pair().ready()
    pair.emulator.say(PHONE, "x" * 160 + "y" * 160, pair.now, turns=(2, 0, 1))
    pair.run(2)
    parts = [Deliver.decode(it.tpdu) for it in pair.the(PduArrived)]
    places = [header.concat_of(it.user_data.content(it.dcs).elements) for it in parts]
    assert [(it.total, it.number) for it in places] == [(3, 3), (3, 1), (3, 2)]


@pytest.mark.parametrize("dialect", ["huawei", "simcom", "quectel"])
def test_a_full_storage_is_told_and_emptied(dialect):
    pair = Pair(ModemConfig(dialect=dialect), ModemSettings(storages=("SM",))).ready()
    size = pair.emulator.storages.capacity["SM"]
    for number in range(size + 3):
        pair.emulator.say(PHONE, str(number), pair.now)
    pair.run(5)
    assert len(pair.texts()) == size
    assert any(it.health.is_full for it in pair.the(HealthChanged))
    pair.confirm_all()
    pair.run(5)
    assert len(pair.texts()) == size + 3  # what had no room comes in behind


def test_what_is_no_pdu_is_told_once_and_stays():
    pair = Pair().power_on()
    pair.emulator.storages.places["ME"][1] = Stored(1, b"\x20\x01")
    pair.emulator.say(PHONE, "good", pair.now)
    pair.modem.start(pair.now)
    pair.run(200)
    assert pair.texts() == ["good"]
    assert len(pair.complaints()) == 1
    assert 1 in pair.emulator.storages.places["ME"]


def test_a_header_without_its_pdu():
    pair = Pair().ready()
    pair.modem.receive(b"\r\n+CMT: ,24\r\n\r\nERROR\r\n", pair.now)
    pair.run(1)
    assert not pair.the(PduArrived)
    assert any("no PDU behind" in it for it in pair.complaints())


def test_a_pdu_that_is_none():
    pair = Pair().ready()
    pair.modem.receive(b"\r\n+CMT: ,24\r\nFF00\r\n", pair.now)
    pair.run(1)
    assert any("is no PDU" in it for it in pair.complaints())


def test_notices_come_on_the_second_port():
    pair = Pair().ready()
    pair.faults.announces_nothing = True
    pair.emulator.say(PHONE, "told elsewhere", pair.now)
    pair.modem.receive_notices(b"\r\n^RSSI:17\r\n\r\n+CMT", pair.now)
    pair.modem.receive_notices(b'I: "ME",1\r\n', pair.now)
    pair.run(1)
    assert pair.texts() == ["told elsewhere"]


def test_a_modem_that_has_no_storages_to_choose_from():
    pair = Pair()
    pair.emulator.dialect = replace(pair.emulator.dialect, refused=(*pair.emulator.dialect.refused, "AT+CPMS"))
    pair.emulator.say(PHONE, "there all the same", pair.now)
    pair.start()
    assert pair.the(Ready)
    assert pair.texts() == ["there all the same"]
    pair.confirm_all()
    assert pair.commands("AT+CMGD") == ["AT+CMGD=1"]

"""From the hub's values to TPDUs and back; the table of TP-ST."""

from __future__ import annotations

import pytest

from carriers.gsm.tpdu.address import NATIONAL, Address
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.header import Element, ports_element
from carriers.gsm.tpdu.modem_pdu import ModemPdu
from carriers.gsm.tpdu.status import STATUSES, Fate, status_of
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.translate import incoming_of, report_of, submit_of
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Relative
from gateway.core.errors import NotEncodable
from gateway.core.messages import Concat, DeliveryReport, ReportState, Segment
from gateway.core.text import Alphabet, split

NOW = Timestamp(bytes.fromhex("62115221000023"))  # 2026-11-25T12:00:00+08:00


def segment(text: str = "", alphabet: Alphabet = Alphabet.GSM7, **more: object) -> Segment:
    values = {"number": 1, "total": 1} | more
    return Segment(1, sender="", recipient="+8613800138000", text=text, alphabet=alphabet, **values)  # type: ignore[arg-type]


def test_a_segment_as_a_modem_wants_it() -> None:
    digits, octets = ModemPdu(submit_of(segment("验证码 1", Alphabet.UCS2, validity_s=86_400), 7)).encode()
    assert digits == "00" + "31" + "07" + "0D91683108108300F0" + "0008" + "A7" + "0A" + "9A8C8BC178010020" + "0031"
    assert octets == len(digits) // 2 - 1


def test_what_a_segment_asks_for() -> None:
    plain = submit_of(segment("hi", want_report=False))
    assert (plain.wants_report, plain.validity, plain.dcs, plain.user_data.has_header) == (False, None, 0, False)
    asked = submit_of(segment("hi", validity_s=301), message_class=0)
    assert (asked.wants_report, asked.validity, asked.dcs) == (True, Relative(1), 0x10)
    service = submit_of(segment("hi")._replace(recipient="10086"), bare_type=NATIONAL)
    assert service.destination == Address.of("10086", bare_type=NATIONAL)


@pytest.mark.parametrize(
    ("alphabet", "text", "dcs"),
    [
        (Alphabet.ASCII, "hi", 0),
        (Alphabet.ASCII, "`", 8),
        (Alphabet.LATIN1, "é", 0),
        (Alphabet.LATIN1, "ê", 8),
        (Alphabet.GBK, "您好", 8),
        (Alphabet.UCS2, "hi", 8),
    ],
)
def test_alphabets_that_the_air_does_not_know(alphabet: Alphabet, text: str, dcs: int) -> None:
    submit = submit_of(segment(text, alphabet))
    assert submit.dcs == dcs
    assert submit.user_data.content(dcs).text == text


@pytest.mark.parametrize(("alphabet", "text"), [(Alphabet.GSM7, "abc€ {x} " * 50), (Alphabet.UCS2, "彩邮😀" * 50)])
@pytest.mark.parametrize("reference", [0xFF, 0x100])
def test_a_long_sms_to_the_air_and_back(alphabet: Alphabet, text: str, reference: int) -> None:
    parts = split(text, alphabet, reference_octets=1 if reference < 256 else 2)
    back = []
    for number, part in enumerate(parts, 1):
        submit = submit_of(segment(part, alphabet, number=number, total=len(parts), reference=reference))
        sms = incoming_of(
            Deliver(submit.destination, NOW, submit.user_data, submit.dcs), recipient="+861", carrier_id="x"
        )
        assert sms.concat == Concat(reference, len(parts), number)
        assert (sms.sender, sms.recipient, sms.carrier_id, sms.alphabet) == ("+8613800138000", "+861", "x", alphabet)
        back.append(sms.text)
    assert len(parts) > 2
    assert "".join(back) == text


def test_binary_segments() -> None:
    udh = b"\x05\x04" + ports_element(2948, 9200).octets
    submit = submit_of(segment(alphabet=Alphabet.BINARY, data=b"\1\2", udh=udh, total=2, number=2, reference=9))
    assert (submit.dcs, submit.user_data.octets.hex()) == (4, "0b" + "0003090202" + udh.hex() + "0102")
    sms = incoming_of(Deliver(submit.destination, NOW, submit.user_data, submit.dcs))
    assert (sms.text, sms.data, sms.alphabet, sms.concat) == ("", b"\1\2", Alphabet.BINARY, Concat(9, 2, 2))


@pytest.mark.parametrize(
    "wrong",
    [
        segment("x" * 161),
        segment("x" * 154, total=2),
        segment("中"),
        segment("x", number=3, total=2),
        segment("x", number=0),
        segment("x", total=2, reference=65536),
        segment(alphabet=Alphabet.BINARY, data=bytes(141)),
        segment(alphabet=Alphabet.BINARY, data=b"x", udh=b"\x05\x04\x0b"),
        segment("x")._replace(recipient="1" * 21),
    ],
)
def test_segments_without_room(wrong: Segment) -> None:
    with pytest.raises(NotEncodable):
        submit_of(wrong)


def test_septets_and_national_text_as_they_came() -> None:
    data = UserData.of_text("ğ€", Alphabet.GSM7, (Element(0x24, b"\1"),))
    sms = incoming_of(Deliver(Address.of("Banka"), NOW, data))
    assert (sms.sender, sms.text, sms.alphabet, sms.data) == ("Banka", "ğ€", Alphabet.GSM7, b"\x1bg\x1be")
    flash = incoming_of(Deliver(Address.of("1"), NOW, UserData(2, b"\xff\xff"), 0x2C))
    assert (flash.text, flash.alphabet, flash.data) == ("", Alphabet.BINARY, b"\xff\xff")


def test_a_report() -> None:
    report = StatusReport(24, Address.of("+8613800138000"), NOW, NOW, 0x43)
    assert report_of(report) == DeliveryReport(
        "24",
        ReportState.FAILED,
        "43",
        "+8613800138000",
        "2026-11-25T12:00:00+08:00",
        "reference 24 to +8613800138000 sent 2026-11-25T12:00:00+08:00 done 2026-11-25T12:00:00+08:00"
        " status 43: not obtainable",
    )
    assert report_of(StatusReport(0, Address.of("1"), NOW, Timestamp(bytes(7)), 0)).done_at == "00" * 7


@pytest.mark.parametrize(
    ("numbers", "fate", "state"),
    [
        ([0x00, 0x01, 0x02, *range(0x10, 0x20)], Fate.DELIVERED, ReportState.DELIVERED),
        ([*range(0x20, 0x26), *range(0x30, 0x40)], Fate.TRYING, ReportState.ENROUTE),
        ([0x46], Fate.FAILED_PERMANENT, ReportState.EXPIRED),
        ([*range(0x40, 0x46), 0x47, 0x48, 0x49, *range(0x50, 0x60)], Fate.FAILED_PERMANENT, ReportState.FAILED),
        ([*range(0x60, 0x66), *range(0x70, 0x80)], Fate.FAILED_TEMPORARY, ReportState.FAILED),
        # Reserved in every range: to be taken for 0x63.
        ([*range(0x03, 0x10), *range(0x26, 0x30), *range(0x4A, 0x50), *range(0x66, 0x70), *range(0x80, 0x100)],
         Fate.FAILED_TEMPORARY, ReportState.FAILED),
    ],
)  # fmt: skip
def test_states(numbers: list[int], fate: Fate, state: ReportState) -> None:
    for number in numbers:
        status = status_of(number)
        assert (status.number, status.fate, status.state) == (number, fate, state), hex(number)
        assert status.meaning


def test_every_state_is_in_one_row_of_the_test_above() -> None:
    assert [status.number for status in STATUSES] == list(range(256))

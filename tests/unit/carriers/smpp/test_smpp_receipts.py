import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.smpp import receipts, status, tlv
from gateway.core.messages import Outcome, ReportState

LINE = "id:2A3F9D01 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:hello id:9"


@pytest.mark.parametrize(
    ("text", "id_", "stat", "err", "done"),
    [
        (LINE, "2A3F9D01", "DELIVRD", "000", "2601011201"),
        (LINE.upper().replace("DELIVRD", "delivrd"), "2A3F9D01", "delivrd", "000", "2601011201"),
        ("stat:UNDELIV err:069 id:007 Text:", "007", "UNDELIV", "069", ""),
        ("id:abc-1 stat:EXPIRED", "abc-1", "EXPIRED", "", ""),
        ("id: 12 sub: 001 Done_Date: 260101120155 stat: REJECTD err: 00A", "12", "REJECTD", "00A", "260101120155"),
        ("id:12,stat:FAILED,donedate:1", "12", "FAILED", "", "1"),
        ("", "", "", "", ""),
        ("id:1 \u017ftat:DELIVRD \u017fubmit date:1", "1", "", "", ""),
        ("\u0131d:1 \u0130D:2 id:3\u3000stat:DELIVRD", "3", "DELIVRD", "", ""),
    ],
)
def test_text(text, id_, stat, err, done):
    parts = receipts.parse(text)
    assert (parts.id, parts.stat, parts.err, parts.done_date) == (id_, stat, err, done)


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    receipts.read(text, (), 4, "")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("DELIVRD", ReportState.DELIVERED), ("delivered", ReportState.DELIVERED), ("EXPIRED", ReportState.EXPIRED),
        ("DELETED", ReportState.FAILED), ("UNDELIV", ReportState.FAILED), ("REJECTD", ReportState.FAILED),
        ("FAILED", ReportState.FAILED), ("SKIPPED", ReportState.FAILED), ("ACCEPTD", ReportState.ENROUTE),
        ("UNKNOWN", ReportState.ENROUTE), ("ENROUTE", ReportState.ENROUTE), ("BUFFERD", ReportState.ENROUTE),
    ],
)  # fmt: skip
def test_states(word, state):
    report = receipts.read(f"id:1 stat:{word}", (), 4, "")
    assert report.state is state


def test_parameters_come_before_text():
    tlvs = (tlv.Tlv(0x1E, b"00AB"), tlv.Tlv(0x427, b"\x05"), tlv.Tlv(0x423, b"\x03\x00\x0b"))
    report = receipts.read("id:77 stat:DELIVRD", tlvs, 4, "")
    assert (report.carrier_id, report.state, report.code) == ("ab", ReportState.FAILED, "DELIVRD:11")
    assert receipts.read("id:77 stat:DELIVRD", (), 0x20, "").state is ReportState.ENROUTE


@pytest.mark.parametrize("blank", [b"", b"\0", b" \0", b"\t"])
def test_a_blank_parameter_leaves_the_id_to_the_text(blank):
    assert receipts.read("id:77 stat:DELIVRD", (tlv.Tlv(0x1E, blank),), 4, "").carrier_id == "77"
    assert receipts.read("stat:DELIVRD", (tlv.Tlv(0x1E, blank),), 4, "") is None


@pytest.mark.parametrize("reported_id", ["2A3F9D01\0", "2A3F9D01"])
def test_id_with_and_without_its_end(reported_id):
    report = receipts.read("", (tlv.Tlv(0x1E, reported_id.encode()),), 4, "")
    assert report.carrier_id == "2a3f9d01"


@pytest.mark.parametrize(
    ("answered", "reported", "form", "found"),
    [
        ("2A3F9D01", "2a3f9d01", "as-is", True),
        ("0000123", "123", "as-is", True),
        ("123", "0000123", "as-is", True),
        ("2A3F9D01", "708812033", "as-is", False),
        ("2A3F9D01", "708812033", "hex-submit", True),
        ("2A3F9D01", "0708812033", "any", True),
        ("708812033", "2A3F9D01", "decimal-submit", True),
        ("708812033", "002a3f9d01", "any", True),
        ("708812033", "2A3F9D01", "hex-submit", False),
        ("a-b_C", "A-B_c", "as-is", True),
        ("000", "0", "as-is", True),
    ],
)
def test_id_forms(answered, reported, form, found):
    forms = receipts.id_forms(answered, form)
    assert forms[0] == answered
    assert len(set(forms)) == len(forms)
    assert (receipts.normal_form(reported) in forms) is found


@given(st.text(max_size=64), st.sampled_from(["as-is", "hex-submit", "decimal-submit", "any"]))
def test_any_id_has_its_normal_form(message_id, form):
    assert receipts.normal_form(message_id) in receipts.id_forms(message_id, form)


def test_statuses():
    assert status.look_up(0) == ("ESME_ROK", Outcome.ACCEPTED)
    assert status.look_up(0x58).outcome is status.look_up(0x14).outcome is Outcome.THROTTLED
    assert status.look_up(1375) == ("reserved 0x0000055f", Outcome.PERMANENT)
    assert status.look_up(0x4FF).name == "vendor 0x000004ff"

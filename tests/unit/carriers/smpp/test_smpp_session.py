import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.session import (
    Bound,
    Closed,
    LoginRefused,
    Misbehaved,
    ReportArrived,
    SmsArrived,
    SubmitAnswered,
)
from carriers.smpp import pdu, receipts, tlv
from carriers.smpp.carrier import SmppConfig, SmppSession
from carriers.smpp.translate import relative_time
from gateway.core.errors import ConfigError, LocalProtocolError
from gateway.core.messages import Concat, Outcome, ReportState, Segment
from gateway.core.text import Alphabet
from tests.unit.carriers.smpp.smpp_wire import carrier, let_in, pump


def segment(text="hello", **changes):
    values = {
        "message_id": 1, "number": 1, "total": 1, "sender": "", "recipient": "+8613800138000", "text": text,
        "alphabet": Alphabet.GSM7,
    }  # fmt: skip
    return Segment(**(values | changes))


def line(**settings):
    settings = {"host": "smsc", "system_id": "esme01", "password": "pw123456", "access_number": "10690001"} | settings
    session, smsc = SmppSession(SmppConfig(**settings)), carrier()
    session.start(0.0)
    let_in(session, smsc)
    assert session.events() == [Bound("SMSC", "3.4")]
    return session, smsc


def submitted(session, smsc, *segments):
    for it in segments:
        session.submit(it, 0.0)
    pump(session, smsc)
    return [event.request for event in smsc.events()]


def test_submit_and_answer():
    session, smsc = line()
    one = segment(validity_s=90_061)
    (request,) = submitted(session, smsc, one)
    assert request == pdu.SubmitSm(
        source_addr_npi=1, source_addr="10690001", dest_addr_ton=1, dest_addr_npi=1,
        destination_addr="8613800138000", validity_period="000001010101000R", registered_delivery=1,
        short_message=b"hello", sequence_number=request.sequence_number,
    )  # fmt: skip
    smsc.respond(request, pdu.SubmitSmResp("2A3F9D01"))
    pump(session, smsc)
    assert session.events() == [SubmitAnswered(one, Outcome.ACCEPTED, ("2A3F9D01", "2a3f9d01"))]


@pytest.mark.parametrize(
    ("code", "outcome"),
    [(0x58, Outcome.THROTTLED), (0x14, Outcome.THROTTLED), (0x0B, Outcome.PERMANENT), (0x08, Outcome.TEMPORARY),
     (1375, Outcome.PERMANENT)],
)  # fmt: skip
def test_refused_submit(code, outcome):
    session, smsc = line()
    (request,) = submitted(session, smsc, segment())
    smsc.respond(request, pdu.SubmitSmResp(command_status=code, has_body=False))
    pump(session, smsc)
    (answer,) = session.events()
    assert (answer.outcome, answer.code) == (outcome, code)
    assert answer.reason


def test_window_expiry_and_lost_line():
    session, _ = line(window=2)
    session.submit(segment(message_id=1), 0.0)
    session.submit(segment(message_id=2), 20.0)
    with pytest.raises(LocalProtocolError):
        session.submit(segment(message_id=3), 20.0)
    session.tick(30.0)
    session.connection_lost()
    session.connection_lost()
    first, second, closed = session.events()
    assert [(it.segment.message_id, it.outcome) for it in (first, second)] == [
        (1, Outcome.UNCERTAIN), (2, Outcome.UNCERTAIN)]  # fmt: skip
    assert isinstance(closed, Closed)
    assert session.free_window == 0
    with pytest.raises(LocalProtocolError):
        session.submit(segment(), 31.0)


def test_text_the_alphabet_lacks_is_permanent_and_nothing_is_sent():
    session, _ = line()
    session.submit(segment("验证码"), 0.0)
    session.submit(segment("x" * 300), 0.0)
    assert [event.outcome for event in session.events()] == [Outcome.PERMANENT] * 2
    assert session.data_to_send() == b""


@pytest.mark.parametrize(
    ("settings", "reference", "esm_class", "octets"),
    [
        ({}, 0xCC, 0x40, "050003cc0201" + b"hi".hex()),
        ({}, 0x1CC, 0x40, "06080401cc0201" + b"hi".hex()),
        ({"wide_reference": True}, 0xCC, 0x40, "06080400cc0201" + b"hi".hex()),
        ({"long_message": "sar"}, 0x1CC, 0, b"hi".hex()),
    ],
)
def test_segments_of_a_long_sms(settings, reference, esm_class, octets):
    session, smsc = line(**settings)
    (request,) = submitted(session, smsc, segment("hi", total=2, reference=reference))
    assert (request.esm_class, request.short_message.hex()) == (esm_class, octets)
    sar = [tlv.integer(request.tlvs, tag) for tag in (0x020C, 0x020E, 0x020F)]
    assert sar == ([reference, 2, 1] if esm_class == 0 else [None] * 3)
    smsc.send_request(pdu.DeliverSm(esm_class=esm_class, short_message=request.short_message, tlvs=request.tlvs), 0.0)
    pump(session, smsc)
    (event,) = session.events()
    assert (event.sms.text, event.sms.concat) == ("hi", Concat(reference, 2, 1))


def test_payload_and_binary_and_codings():
    session, smsc = line(long_message="payload")
    long, binary, ucs2, name, latin = submitted(
        session, smsc,
        segment("x" * 300),
        segment("", alphabet=Alphabet.BINARY, data=b"\1\2", udh=bytes.fromhex("05040b8423f0")),
        segment("二", alphabet=Alphabet.UCS2, want_report=False),
        segment(sender="INFO"),
        segment("é", alphabet=Alphabet.LATIN1, recipient="13800138000"),
    )  # fmt: skip
    assert (long.short_message, tlv.find(long.tlvs, tlv.MESSAGE_PAYLOAD)) == (b"", b"x" * 300)
    assert (binary.esm_class, binary.data_coding, binary.short_message.hex()) == (0x40, 4, "0605040b8423f00102")
    assert (ucs2.data_coding, ucs2.short_message, ucs2.registered_delivery) == (8, b"\x4e\x8c", 0)
    assert (name.source_addr_ton, name.source_addr_npi, name.source_addr) == (5, 0, "INFO")
    assert (latin.data_coding, latin.short_message, latin.dest_addr_ton) == (3, b"\xe9", 0)


@pytest.mark.parametrize(
    ("coding", "octets", "text", "alphabet"),
    [
        (0x00, b"a\0\x1b\x65", "a@€", Alphabet.GSM7),
        (0x01, b"abc", "abc", Alphabet.ASCII),
        (0x03, b"\xe9", "é", Alphabet.LATIN1),
        (0x04, b"\0\1", "", Alphabet.BINARY),
        (0x06, b"\xbf", "П", Alphabet.UCS2),
        (0x08, b"\x90\x00\x8b\xa2", "退订", Alphabet.UCS2),
        (0x0F, "退订".encode("gbk"), "退订", Alphabet.GBK),
        (0x10, b"a", "a", Alphabet.GSM7),
        (0x18, b"\x90\x00", "退", Alphabet.UCS2),
        (0xF0, b"a", "a", Alphabet.GSM7),
        (0xF5, b"a", "", Alphabet.BINARY),
    ],
)
def test_arriving_sms(coding, octets, text, alphabet):
    session, smsc = line()
    for request in (
        pdu.DeliverSm(source_addr="8613800138000", data_coding=coding, short_message=octets),
        pdu.DataSm(source_addr="8613800138000", data_coding=coding, tlvs=(tlv.make("message_payload", octets),)),
    ):
        smsc.send_request(request, 0.0)
        pump(session, smsc)
        (event,) = session.events()
        assert isinstance(event, SmsArrived)
        assert (event.sms.text, event.sms.alphabet, event.sms.data) == (text, alphabet, octets)
        session.acknowledge(event.receipt, accepted=True)
        pump(session, smsc)
        assert smsc.events()[0].response.command_status == 0


def test_not_accepted_asks_for_it_again_and_only_once():
    session, smsc = line()
    smsc.send_request(pdu.DeliverSm(short_message=b"x"), 0.0)
    pump(session, smsc)
    (event,) = session.events()
    session.acknowledge(event.receipt, accepted=False)
    session.acknowledge(event.receipt, accepted=True)
    pump(session, smsc)
    (answer,) = smsc.events()
    assert answer.response.command_status == 0x64
    session.connection_lost()
    session.acknowledge(event.receipt, accepted=True)
    assert session.data_to_send() == b""


@pytest.mark.parametrize(("with_tlvs", "with_text"), [(True, True), (True, False), (False, True)])
def test_report_before_the_answer(with_tlvs, with_text):
    session, smsc = line()
    (request,) = submitted(session, smsc, segment())
    text, tlvs = receipts.write("2A3F9D01", 2, submitted="2601011200", done="2601011201", text="hello")
    smsc.send_request(
        pdu.DeliverSm(
            source_addr="8613800138000", esm_class=4, short_message=text if with_text else b"",
            tlvs=tlvs if with_tlvs else (),
        ), 0.0,
    )  # fmt: skip
    smsc.respond(request, pdu.SubmitSmResp("2A3F9D01"))
    pump(session, smsc)
    report, answer = session.events()
    assert isinstance(report, ReportArrived)
    assert report.report.carrier_id in answer.carrier_ids
    assert (report.report.state, report.report.code) == (ReportState.DELIVERED, "DELIVRD")
    assert report.report.recipient == "8613800138000"


def test_receipts_in_disguise_and_without_id():
    session, smsc = line()
    forged = b"id:1 sub:001 dlvrd:001 submit date:2601011200 done date:2601011201 stat:DELIVRD err:000 text:"
    smsc.send_request(pdu.DeliverSm(short_message=forged), 0.0)
    smsc.send_request(pdu.DeliverSm(tlvs=(tlv.make("receipted_message_id", "1"), tlv.make("message_state", 5))), 0.0)
    smsc.send_request(pdu.DeliverSm(esm_class=4, short_message=b"what?"), 0.0)
    pump(session, smsc)
    sms, report, wrong = session.events()
    assert isinstance(sms, SmsArrived)
    assert report.report.state is ReportState.FAILED
    assert isinstance(wrong, Misbehaved)
    assert [event.response.command_status for event in smsc.events()] == [0]


@pytest.mark.parametrize(("code", "permanent"), [(0x0E, True), (0x0F, True), (0x0D, False), (0x05, False)])
def test_login_refused(code, permanent):
    session, smsc = SmppSession(SmppConfig("smsc")), carrier()
    session.start(0.0)
    pump(session, smsc)
    smsc.events()
    smsc.refuse_bind(code)
    pump(session, smsc)
    refused, closed = session.events()
    assert (refused.code, refused.permanent) == (code, permanent)
    assert isinstance(refused, LoginRefused)
    assert isinstance(closed, Closed)


def test_bind_kinds_and_leave():
    for bind, room in (("receiver", 0), ("transmitter", 32), ("transceiver", 32)):
        session, smsc = line(bind=bind)
        assert session.free_window == room
        session.close(0.0)
        pump(session, smsc)
        assert session.events() == [Closed("unbound")]


def test_config_hides_the_password_and_refuses_nonsense():
    assert "geheim" not in repr(SmppConfig("smsc", password="geheim"))
    for key, value in (("bind", "both"), ("source_ton", "x"), ("dest_npi", "256"), ("system_id", "x" * 16),
                       ("window", 0), ("long_message", "no"), ("registered_delivery", 300)):  # fmt: skip
        with pytest.raises(ConfigError, match=key):
            SmppConfig("smsc", **{key: value})


@pytest.mark.parametrize(
    ("seconds", "text"), [(1, "000000000001000R"), (604800, "000007000000000R"), (86400 * 400, "001130000000000R")]
)
def test_relative_time(seconds, text):
    assert relative_time(seconds) == text


@given(
    st.integers(0, 255), st.integers(0, 255), st.binary(max_size=100),
    st.lists(st.tuples(st.sampled_from(sorted(tlv.PARAMETERS)), st.binary(max_size=8)), max_size=5),
)  # fmt: skip
def test_any_delivery_becomes_an_event(esm_class, coding, octets, tlvs):
    session, _ = line()
    request = pdu.DeliverSm(
        esm_class=esm_class, data_coding=coding, short_message=octets, tlvs=tuple(tlv.Tlv(*it) for it in tlvs)
    )
    session.receive(request.encode(5), 0.0)
    assert len(session.events()) == 1


def test_settings_reach_the_wire():
    session, smsc = SmppSession(SmppConfig("smsc", address_range="^106")), carrier()
    session.start(0.0)
    pump(session, smsc)
    assert smsc.events()[0].request.address_range == "^106"
    session, smsc = line(default_alphabet="latin1", long_message="payload", message_id_form="hex-submit")
    latin, long, service = submitted(
        session, smsc, segment("é"), segment("é" * 141), segment(service="WAP"),
    )  # fmt: skip
    assert (latin.data_coding, latin.short_message) == (0, b"\xe9")
    assert (long.short_message, len(tlv.find(long.tlvs, tlv.MESSAGE_PAYLOAD))) == (b"", 141)
    assert service.service_type == "WAP"
    smsc.respond(latin, pdu.SubmitSmResp("1F"))
    smsc.respond(long, pdu.GenericNack())
    pump(session, smsc)
    answer, nack = session.events()
    assert "31" in answer.carrier_ids
    assert nack.outcome is Outcome.UNCERTAIN


def test_waiting_messages_in_ucs2_and_places_that_make_no_sense():
    session, smsc = line()
    smsc.send_request(pdu.DeliverSm(data_coding=0xE0, short_message=b"\x90\x00"), 0.0)
    smsc.send_request(pdu.DeliverSm(esm_class=0x40, short_message=bytes.fromhex("050003010203") + b"x"), 0.0)
    pump(session, smsc)
    waiting, senseless = session.events()
    assert waiting.sms.text == "退"
    assert (senseless.sms.concat, senseless.sms.text) == (None, "x")

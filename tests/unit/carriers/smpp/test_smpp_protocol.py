import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.smpp import pdu, status
from carriers.smpp.constants import MAX_SEQUENCE
from carriers.smpp.protocol import (
    BindAccepted,
    BindRefused,
    BindRequested,
    Limits,
    LineClosed,
    PeerErred,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
    SmppProtocol,
)
from carriers.smpp.states import Role, State
from gateway.core.errors import LocalProtocolError
from tests.unit.carriers.smpp.smpp_wire import let_in, pump


def ends(bind=pdu.BindTransceiver, limits=None):
    esme, smsc = SmppProtocol(Role.ESME, limits), SmppProtocol(Role.SMSC, limits)
    esme.send_request(bind("esme01", "pw"), 0.0)
    let_in(esme, smsc)
    assert esme.events() == [BindAccepted("SMSC", 0x34)]
    return esme, smsc


def only(events, kind):
    (event,) = events
    assert isinstance(event, kind)
    return event


def sent(line):
    """The PDUs the line wants to send."""
    data, found = line.data_to_send(), []
    while data:
        length = int.from_bytes(data[:4], "big")
        found.append(pdu.decode(data[:length]))
        data = data[length:]
    return found


@pytest.mark.parametrize(
    ("bind", "state"),
    [
        (pdu.BindReceiver, State.BOUND_RX),
        (pdu.BindTransmitter, State.BOUND_TX),
        (pdu.BindTransceiver, State.BOUND_TRX),
    ],
)
def test_bind(bind, state):
    esme, smsc = ends(bind)
    assert esme.state is smsc.state is state
    assert esme.peer_takes_tlvs
    assert smsc.peer_takes_tlvs


def test_bind_of_an_older_peer_is_told_no_version():
    esme, smsc = SmppProtocol(Role.ESME), SmppProtocol(Role.SMSC)
    esme.send_request(pdu.BindTransmitter("old", interface_version=0), 0.0)
    let_in(esme, smsc)
    assert esme.events() == [BindAccepted("SMSC", 0)]
    assert not smsc.peer_takes_tlvs


def test_bind_refused_closes_both():
    esme, smsc = SmppProtocol(Role.ESME), SmppProtocol(Role.SMSC)
    esme.send_request(pdu.BindTransceiver("esme01", "wrong"), 0.0)
    pump(esme, smsc)
    only(smsc.events(), BindRequested)
    smsc.refuse_bind(status.RINVPASWD)
    pump(esme, smsc)
    assert esme.events() == [BindRefused(0x0E), LineClosed("bind refused")]
    assert esme.is_closed
    assert smsc.is_closed


@pytest.mark.parametrize("accepts", [True, False])
def test_a_decision_after_the_line_closed_is_no_error(accepts):
    smsc = SmppProtocol(Role.SMSC)
    smsc.receive(pdu.BindTransceiver("esme01").encode(1) + b"\0\0\0\1", 0.0)
    assert [type(event) for event in smsc.events()] == [BindRequested, PeerErred, LineClosed]
    assert sent(smsc) == [pdu.GenericNack(command_status=status.RINVCMDLEN)]
    if accepts:
        smsc.accept_bind("SMSC")
    else:
        smsc.refuse_bind(status.RINVPASWD)
    assert smsc.is_closed
    assert smsc.data_to_send() == b""


def test_second_bind_is_refused_and_the_session_stays():
    _esme, smsc = ends()
    smsc.receive(pdu.BindTransceiver("x").encode(77), 0.0)
    assert sent(smsc) == [pdu.BindTransceiverResp(sequence_number=77, command_status=5, has_body=False)]
    assert smsc.state is State.BOUND_TRX


def test_answers_in_any_order():
    esme, smsc = ends()
    messages = [pdu.SubmitSm(short_message=bytes((n,))) for n in range(3)]
    sequences = [esme.send_request(message, 0.0) for message in messages]
    pump(esme, smsc)
    requests = [event.request for event in smsc.events()]
    for request in reversed(requests):
        smsc.respond(request, pdu.SubmitSmResp(f"id{request.short_message[0]}"))
        smsc.respond(request, pdu.SubmitSmResp("twice"))
    pump(esme, smsc)
    answers = esme.events()
    assert [(a.request, a.response.message_id, a.sequence_number) for a in answers] == [
        (messages[n], f"id{n}", sequences[n]) for n in (2, 1, 0)
    ]
    assert esme.strays == 0


def test_window_and_expiry_and_late_and_doubled_answers():
    esme, smsc = ends(limits=Limits(window=2, response_timeout_s=10, enquire_link_s=0))
    first = esme.send_request(pdu.SubmitSm(), 0.0)
    esme.send_request(pdu.SubmitSm(), 5.0)
    assert esme.free_window == 0
    with pytest.raises(LocalProtocolError, match="wait"):
        esme.send_request(pdu.SubmitSm(), 5.0)
    esme.tick(9.9)
    assert esme.events() == []
    esme.tick(10.0)
    assert only(esme.events(), RequestExpired).sequence_number == first
    assert esme.free_window == 1
    pump(esme, smsc)
    late, other = (event.request for event in smsc.events())
    smsc.respond(late, pdu.SubmitSmResp("late"))
    smsc.respond(other, pdu.SubmitSmResp("good"))
    data = smsc.data_to_send()
    esme.receive(data + data, 11.0)
    assert only(esme.events(), ResponseReceived).response.message_id == "good"
    assert esme.strays == 3


@pytest.mark.parametrize("role", list(Role))
def test_what_a_role_or_state_forbids(role):
    line = SmppProtocol(role)
    with pytest.raises(LocalProtocolError):
        line.send_request(pdu.SubmitSm() if role is Role.ESME else pdu.DeliverSm(), 0.0)
    esme, smsc = ends(pdu.BindReceiver)
    with pytest.raises(LocalProtocolError):
        (esme if role is Role.ESME else smsc).send_request(pdu.SubmitSm(), 0.0)


@pytest.mark.parametrize(
    ("bind", "request_", "to"),
    [
        (pdu.BindReceiver, pdu.SubmitSm(), "smsc"),
        (pdu.BindTransmitter, pdu.DeliverSm(), "esme"),
        (pdu.BindTransceiver, pdu.DeliverSm(), "smsc"),
        (None, pdu.SubmitSm(), "smsc"),
        (None, pdu.Unbind(), "smsc"),
    ],
)
def test_wrong_state_gets_its_own_response(bind, request_, to):
    esme, smsc = ends(bind) if bind else (SmppProtocol(Role.ESME), SmppProtocol(Role.SMSC))
    line = smsc if to == "smsc" else esme
    line.receive(request_.encode(9), 0.0)
    only(line.events(), PeerErred)
    (answer,) = sent(line)
    assert (answer.name, answer.command_status, answer.sequence_number) == (f"{request_.name}_resp", 4, 9)
    assert not line.is_closed


def test_unknown_command_is_nacked_and_the_session_goes_on():
    _esme, smsc = ends()
    smsc.receive(bytes.fromhex("00000012000102000000000000000042ffff"), 0.0)
    assert sent(smsc) == [pdu.GenericNack(command_status=3, sequence_number=0x42)]
    smsc.receive(bytes.fromhex("00000010 80010200 00000000 00000043"), 0.0)
    assert sent(smsc) == []
    assert smsc.state is State.BOUND_TRX


@pytest.mark.parametrize("length", [0, 15, 131073, 0xFFFFFFFF])
def test_impossible_length_is_nacked_and_closes(length):
    esme, _smsc = ends()
    esme.send_request(pdu.SubmitSm(), 0.0)
    esme.data_to_send()
    esme.receive(length.to_bytes(4, "big") + bytes(12), 0.0)
    assert [type(event) for event in esme.events()] == [PeerErred, RequestExpired, LineClosed]
    assert sent(esme) == [pdu.GenericNack(command_status=2)]


@pytest.mark.parametrize(
    ("octets", "code"),
    [
        ("00000022 00000004 00000000 00000005" + "00 0000 00 0000 00 000000 00 00 00000000 05 61", 0x01),
        ("00000025 00000004 00000000 00000005" + "00 0000 00 0000 00 000000 00 00 00000000 00 04240005", 0xC0),
        ("00000018 00000004 00000000 00000005" + "313233343536 3700", 0x15),
    ],
)
def test_malformed_request_gets_its_own_response(octets, code):
    _, smsc = ends()
    smsc.receive(bytes.fromhex(octets), 0.0)
    assert sent(smsc) == [pdu.SubmitSmResp(command_status=code, sequence_number=5, has_body=False)]
    assert smsc.state is State.BOUND_TRX


def test_malformed_response_expires_its_request():
    esme, _ = ends()
    sequence = esme.send_request(pdu.SubmitSm(), 0.0)
    esme.receive(pdu.SubmitSmResp("ab").encode(sequence)[:-1].replace(b"\x13", b"\x12", 1), 0.0)
    assert [type(event) for event in esme.events()] == [PeerErred, RequestExpired]


def test_nack_answers_the_request():
    esme, _ = ends()
    sequence = esme.send_request(pdu.SubmitSm(), 0.0)
    esme.receive(pdu.GenericNack(command_status=3).encode(sequence), 0.0)
    assert only(esme.events(), ResponseReceived).response.command_status == 3


@pytest.mark.parametrize("leaves_first", [Role.ESME, Role.SMSC])
def test_unbind(leaves_first):
    esme, smsc = ends()
    one, other = (esme, smsc) if leaves_first is Role.ESME else (smsc, esme)
    one.unbind(0.0)
    with pytest.raises(LocalProtocolError):
        one.send_request(pdu.DataSm(), 0.0)
    pump(one, other)
    assert one.events() == [LineClosed("unbound")]
    assert other.events() == [LineClosed("the peer unbound")]


def test_unbind_is_answered_after_what_we_owe():
    esme, smsc = ends()
    esme.send_request(pdu.SubmitSm(), 0.0)
    esme.unbind(0.0)
    pump(esme, smsc)
    request = only(smsc.events(), RequestReceived).request
    with pytest.raises(LocalProtocolError):
        smsc.send_request(pdu.DeliverSm(), 0.0)
    smsc.respond(request, pdu.SubmitSmResp("7"))
    pump(esme, smsc)
    assert [type(event) for event in esme.events()] == [ResponseReceived, LineClosed]
    assert smsc.is_closed


def test_unbind_without_answer_ends():
    esme, _smsc = ends()
    esme.unbind(1.0)
    esme.tick(5.9)
    assert not esme.is_closed
    esme.tick(6.0)
    assert only(esme.events(), LineClosed).reason == "unbind was not answered"


def test_silence_is_asked_about_and_any_octet_proves_life():
    limits = Limits(enquire_link_s=30, response_timeout_s=10)
    esme, _ = ends(limits=limits)
    esme.tick(29.0)
    assert sent(esme) == []
    esme.tick(30.0)
    assert [it.name for it in sent(esme)] == ["enquire_link"]
    esme.receive(b"\0", 39.0)  # the first octet of something large
    esme.tick(41.0)
    assert not esme.is_closed
    esme.tick(69.0)
    assert [it.name for it in sent(esme)] == ["enquire_link"]
    esme.tick(79.0)
    assert only(esme.events(), LineClosed).reason == "the peer gives no sign of life"


def test_enquire_link_is_answered():
    esme, smsc = ends(limits=Limits(enquire_link_s=30))
    esme.tick(30.0)
    pump(esme, smsc, 30.0)
    esme.tick(59.0)
    assert (esme.strays, esme.events(), esme.data_to_send()) == (0, [], b"")


def test_session_init_and_inactivity_and_unanswered_bind():
    lonely = SmppProtocol(Role.SMSC, now=100.0)
    lonely.tick(130.0)
    assert only(lonely.events(), LineClosed).reason == "no bind in time"
    unheard = SmppProtocol(Role.ESME)
    unheard.send_request(pdu.BindReceiver(), 0.0)
    unheard.tick(30.0)
    assert only(unheard.events(), LineClosed).reason == "bind was not answered"
    esme, smsc = ends(limits=Limits(inactivity_s=600, enquire_link_s=0))
    smsc.tick(600.0)
    pump(smsc, esme, 600.0)
    assert esme.is_closed
    assert smsc.is_closed


def test_outbind_leads_to_a_bind():
    esme, smsc = SmppProtocol(Role.ESME), SmppProtocol(Role.SMSC)
    smsc.send_request(pdu.Outbind("SMSC", "pw"), 0.0)
    pump(esme, smsc)
    assert only(esme.events(), RequestReceived).request.system_id == "SMSC"
    esme.send_request(pdu.BindReceiver("esme"), 0.0)
    let_in(esme, smsc)
    assert smsc.state is State.BOUND_RX


def test_sequence_wraps_to_one():
    esme, _ = ends()
    esme._sequence = MAX_SEQUENCE - 1
    assert [esme.send_request(pdu.SubmitSm(), 0.0) for _ in range(3)] == [MAX_SEQUENCE, 1, 2]


@given(st.sampled_from(list(Role)), st.booleans(), st.lists(st.binary(max_size=80), max_size=5))
def test_hostile_octets_never_raise(role, bound, chunks):
    line = ends()[role is Role.SMSC] if bound else SmppProtocol(role)
    for now, chunk in enumerate(chunks):
        line.receive(chunk, float(now))
        line.tick(float(now))
        line.events()
        line.data_to_send()


@given(
    st.sampled_from(list(Role)),
    st.lists(
        st.tuples(st.sampled_from([*sorted(pdu.PDUS), 0x111]), st.integers(0, 4), st.binary(max_size=60)), max_size=6
    ),
)
def test_hostile_pdus_never_raise(role, frames):
    line = ends()[role is Role.SMSC]
    if role is Role.ESME:
        line.send_request(pdu.SubmitSm(), 0.0)
    for command_id, sequence, body in frames:
        line.receive(b"".join(n.to_bytes(4, "big") for n in (16 + len(body), command_id, 0, sequence)) + body, 0.0)
    line.tick(1000.0)
    line.connection_lost()
    assert isinstance(line.events()[-1], LineClosed)


def test_a_number_in_use_is_not_taken_twice():
    _, smsc = ends()
    smsc.receive(pdu.SubmitSm().encode(9) * 2, 0.0)
    assert [type(event) for event in smsc.events()] == [RequestReceived, PeerErred]
    esme, _ = ends()
    first = esme.send_request(pdu.SubmitSm(), 0.0)
    esme._sequence = first - 1
    assert esme.send_request(pdu.SubmitSm(), 0.0) == first + 1


def test_a_bind_while_another_is_decided():
    smsc = SmppProtocol(Role.SMSC)
    smsc.receive(pdu.BindReceiver("a").encode(1) + pdu.BindTransmitter("b").encode(2), 0.0)
    assert [type(event) for event in smsc.events()] == [BindRequested, PeerErred]
    assert sent(smsc) == [pdu.BindTransmitterResp(sequence_number=2, command_status=5, has_body=False)]
    smsc.accept_bind("SMSC")
    assert smsc.state is State.BOUND_RX


def test_query_needs_a_transmitter_and_alerts_come_from_the_carrier():
    esme, smsc = ends(pdu.BindReceiver)
    with pytest.raises(LocalProtocolError):
        esme.send_request(pdu.QuerySm("1"), 0.0)
    smsc.send_request(pdu.AlertNotification(source_addr="138"), 0.0)
    pump(esme, smsc)
    assert only(esme.events(), RequestReceived).request.source_addr == "138"

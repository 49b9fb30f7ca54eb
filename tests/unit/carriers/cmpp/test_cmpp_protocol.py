"""Both sides of a connection on one wire."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.cmpp import login
from carriers.cmpp.codec import decode, encode
from carriers.cmpp.events import (
    Ended,
    LoggedIn,
    LoginFailed,
    LoginRequested,
    PeerMisbehaved,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
)
from carriers.cmpp.pdu import (
    ActiveTest,
    ActiveTestResp,
    Cancel,
    CancelResp,
    Connect,
    ConnectResp,
    Deliver,
    DeliverResp,
    Pdu,
    Query,
    QueryResp,
    Route,
    Submit,
    SubmitResp,
    Terminate,
    TerminateResp,
    Version,
)
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.rules import Role, Settings
from carriers.connection import State
from gateway.core.errors import LocalProtocolError
from tests.unit.carriers.cmpp.cmpp_vectors import VECTORS

BEIJING = timezone(timedelta(hours=8))
MOMENT = datetime(2026, 2, 6, 2, 6, 9, tzinfo=BEIJING)
SECRET = "gw#Secret9"
MESSAGE = Submit(dest_terminal_id=(b"13800138000",), msg_content=b"hello")
both = pytest.mark.parametrize("version", list(Version))


class Wire:
    """A provider and a gateway joined without delay; `lost` throws away what the gateway says."""

    def __init__(self, version: int = Version.V3, **settings: object) -> None:
        self.now = 1000.0
        self.provider = CmppProtocol(Role.PROVIDER, Settings(**settings))  # type: ignore[arg-type]
        self.gateway = CmppProtocol(Role.GATEWAY, Settings(**settings))  # type: ignore[arg-type]
        self.version = version
        self.lost = False

    def pump(self) -> None:
        while True:
            up, down = self.provider.data_to_send(), self.gateway.data_to_send()
            if not up and not down:
                return
            self.gateway.receive(up, self.now)
            self.provider.receive(b"" if self.lost else down, self.now)

    def ask(self) -> None:
        self.gateway.await_login(self.now)
        self.provider.log_in("901234", SECRET, self.version, MOMENT, self.now)
        self.pump()

    def open(self) -> Wire:
        self.ask()
        (asked,) = self.gateway.events()
        assert isinstance(asked, LoginRequested)
        assert login.is_genuine_source(asked.connect, SECRET.encode())
        assert self.gateway.accept_login(SECRET.encode())
        self.pump()
        (let_in,) = self.provider.events()
        assert isinstance(let_in, LoggedIn)
        assert let_in.is_genuine
        return self

    def submit(self, pdu: Pdu = MESSAGE, tag: object = None) -> int:
        sequence_id = self.provider.send_request(pdu, self.now, tag)
        self.pump()
        return sequence_id

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.provider.tick(self.now)
        self.pump()


@both
def test_a_conversation(version: Version) -> None:
    wire = Wire(version).open()
    assert wire.provider.version is wire.gateway.version is version
    first, second = wire.submit(tag="a"), wire.submit(tag="b")
    asked = wire.gateway.events()
    assert [event.sequence_id for event in asked if isinstance(event, RequestReceived)] == [first, second]
    wire.gateway.respond(second, SubmitResp(2**64 - 1, 0))
    wire.gateway.respond(first, SubmitResp(1, 8))
    wire.pump()
    assert wire.provider.events() == [
        ResponseReceived(MESSAGE, SubmitResp(2**64 - 1, 0), "b"),
        ResponseReceived(MESSAGE, SubmitResp(1, 8), "a"),
    ]
    deliver = Deliver(msg_id=7, src_terminal_id=b"13800138000", msg_content=b"hi")
    number = wire.gateway.send_request(deliver, wire.now, "tag")
    wire.pump()
    assert wire.provider.events() == [RequestReceived(number, deliver)]
    wire.provider.respond(number, DeliverResp(7, 0))
    wire.pump()
    assert wire.gateway.events() == [ResponseReceived(deliver, DeliverResp(7, 0), "tag")]
    for question, answer in ((Query(time=b"20260101"), QueryResp(mo_fl=1)), (Cancel(5), CancelResp(1))):
        number = wire.submit(question)
        wire.gateway.respond(number, answer)
        wire.pump()
        assert wire.provider.events() == [ResponseReceived(question, answer, None)]
    assert wire.provider.stray_responses == wire.gateway.stray_responses == 0


def test_numbers_of_both_sides_do_not_meet() -> None:
    wire = Wire().open()
    wire.submit()
    deliver = Deliver(msg_id=9)
    up = wire.provider.send_request(MESSAGE, wire.now, "up")
    down = [wire.gateway.send_request(deliver, wire.now, index) for index in range(4)]
    assert up in down
    wire.pump()
    wire.gateway.respond(up, SubmitResp(1, 0))
    wire.provider.respond(up, DeliverResp(9, 0))
    wire.pump()
    assert ResponseReceived(MESSAGE, SubmitResp(1, 0), "up") in wire.provider.events()
    assert ResponseReceived(deliver, DeliverResp(9, 0), down.index(up)) in wire.gateway.events()


@both
def test_a_refused_login(version: Version) -> None:
    wire = Wire(version)
    wire.ask()
    wire.gateway.events()
    wire.gateway.refuse_login(3)
    frame = wire.gateway.data_to_send()
    assert len(frame) == (30 if version is Version.V2 else 33)
    assert decode(frame, version)[1] == ConnectResp(3, bytes(16), 0x30)
    wire.provider.receive(frame, wire.now)
    failed, ended = wire.provider.events()
    assert failed == LoginFailed(3, 0x30)
    assert isinstance(ended, Ended)
    assert wire.gateway.is_closed
    assert wire.provider.is_closed


def test_a_version_above_the_gateways_is_told_the_highest() -> None:
    wire = Wire(Version.V3, version_octet=0x21)
    wire.ask()
    wire.gateway.events()
    assert not wire.gateway.accept_login(SECRET.encode())
    wire.pump()
    assert wire.provider.events()[0] == LoginFailed(4, 0x21)
    assert wire.gateway.is_closed


@pytest.mark.parametrize(("octet", "size"), [(0x7F, 33), (0x40, 33), (0x10, 30)])
def test_a_version_without_layout_is_refused(octet: int, size: int) -> None:
    gateway = CmppProtocol(Role.GATEWAY)
    connect = login.connect_request("901234", SECRET, octet, MOMENT)
    gateway.receive(encode(connect, 1, Version.V2), 0)
    assert gateway.events() == [LoginRequested(connect, None)]
    assert not gateway.accept_login(SECRET.encode())
    assert len(gateway.data_to_send()) == size


def test_a_2_1_login_speaks_2_x() -> None:
    wire = Wire(0x21).open()
    assert wire.provider.version is wire.gateway.version is Version.V2


def test_an_answer_in_the_other_layout_is_a_failed_login() -> None:
    wire = Wire(Version.V3)
    wire.provider.log_in("901234", SECRET, 0x30, MOMENT, 0)
    wire.provider.receive(encode(ConnectResp(0, bytes(16), 0x20), 1, Version.V2), 0)
    misbehaved, failed, ended = wire.provider.events()
    assert isinstance(misbehaved, PeerMisbehaved)
    assert failed == LoginFailed(4, 0x20)
    assert isinstance(ended, Ended)


@pytest.mark.parametrize("pdu", [MESSAGE, ActiveTest(), Terminate(), Cancel(1), Route(0x10)], ids=repr)
def test_a_request_before_the_login_ends_the_connection(pdu: Pdu) -> None:
    gateway = CmppProtocol(Role.GATEWAY)
    gateway.receive(encode(pdu, 1, Version.V2), 0)
    assert isinstance(gateway.events()[-1], Ended)
    assert gateway.data_to_send() == b""


def test_a_request_behind_an_unanswered_connect_ends_the_connection() -> None:
    gateway = CmppProtocol(Role.GATEWAY)
    gateway.receive(VECTORS[3].frame + encode(MESSAGE, 2, Version.V3), 0)
    assert isinstance(gateway.events()[-1], Ended)


def test_a_decision_after_the_connection_ended_is_no_error() -> None:
    wire = Wire()
    wire.gateway.await_login(wire.now)
    wire.provider.log_in("901234", SECRET, Version.V3, MOMENT, wire.now)
    wire.gateway.receive(wire.provider.data_to_send() + encode(MESSAGE, 2, Version.V3), wire.now)
    assert [type(event) for event in wire.gateway.events()] == [LoginRequested, PeerMisbehaved, Ended]
    assert not wire.gateway.accept_login(SECRET.encode())
    wire.gateway.refuse_login(3)
    assert wire.gateway.is_closed
    assert wire.gateway.data_to_send() == b""


def test_logins_have_their_time() -> None:
    wire = Wire()
    wire.ask()
    wire.provider.tick(wire.now + 59)
    assert not wire.provider.is_closed
    wire.provider.tick(wire.now + 60)
    assert wire.provider.events() == [Ended("no login in time")]
    gateway = CmppProtocol(Role.GATEWAY)
    gateway.await_login(0)
    gateway.tick(60)
    assert gateway.events() == [Ended("no login in time")]


def test_the_window() -> None:
    wire = Wire(window=2).open()
    assert wire.provider.free_window == 2
    first = wire.submit()
    wire.submit()
    assert wire.provider.free_window == 0
    with pytest.raises(LocalProtocolError, match="window"):
        wire.provider.send_request(MESSAGE, wire.now)
    wire.gateway.respond(first, SubmitResp(1, 0))
    wire.pump()
    assert wire.provider.free_window == 1


def test_a_peer_beyond_its_window_is_told_to_slow_down() -> None:
    wire = Wire(window=5, peer_window=3).open()
    for tag in range(4):
        wire.submit(tag=tag)
    (answer,) = wire.provider.events()
    assert answer == ResponseReceived(MESSAGE, SubmitResp(0, 8), 3)
    events = wire.gateway.events()
    assert sum(isinstance(event, RequestReceived) for event in events) == 3
    assert sum(isinstance(event, PeerMisbehaved) for event in events) == 1


def test_a_submit_is_not_sent_twice_by_default() -> None:
    wire = Wire(active_test_s=1e9).open()
    wire.submit(tag="x")
    wire.pass_time(59.9)
    assert wire.provider.events() == []
    wire.pass_time(0.1)
    assert wire.provider.events() == [RequestExpired(MESSAGE, "x", "no answer in time")]
    assert wire.provider.free_window == 16
    (asked,) = wire.gateway.events()
    assert isinstance(asked, RequestReceived)
    wire.gateway.respond(asked.sequence_id, SubmitResp(1, 0))
    wire.pump()
    assert wire.provider.events() == []
    assert wire.provider.stray_responses == 1


def test_resends_carry_the_same_number_and_are_handed_up_once() -> None:
    wire = Wire(submit_resends=2, active_test_s=1e9).open()
    number = wire.submit(tag="x")
    for _ in range(2):
        wire.pass_time(60)
    assert wire.provider.events() == []
    (asked,) = wire.gateway.events()
    assert asked == RequestReceived(number, MESSAGE)
    assert wire.gateway.repeated_requests == 2
    wire.lost = True
    wire.gateway.respond(number, SubmitResp(77, 0))
    wire.pump()
    wire.lost = False
    wire.pass_time(60)
    assert wire.provider.events() == [RequestExpired(MESSAGE, "x", "no answer in time")]


def test_all_that_is_overdue_is_sent_again() -> None:
    wire = Wire(submit_resends=1, active_test_s=1e9).open()
    frames = encode(MESSAGE, wire.submit(), Version.V3) + encode(MESSAGE, wire.submit(), Version.V3)
    wire.provider.tick(wire.now + 60)
    assert wire.provider.data_to_send() == frames
    wire.provider.tick(wire.now + 119)
    assert wire.provider.data_to_send() == b""
    wire.provider.tick(wire.now + 120)
    assert [type(event) for event in wire.provider.events()] == [RequestExpired] * 2


def test_a_repeated_request_is_answered_from_memory_only_when_it_was_taken() -> None:
    wire = Wire(active_test_s=1e9).open()
    frame = encode(MESSAGE, 500, Version.V3)
    wire.gateway.receive(frame, wire.now)
    wire.gateway.events()
    wire.gateway.respond(500, SubmitResp(0, 8))
    wire.gateway.receive(frame, wire.now)
    assert wire.gateway.events() == [RequestReceived(500, MESSAGE)]
    wire.gateway.respond(500, SubmitResp(42, 0))
    wire.gateway.data_to_send()
    wire.gateway.receive(frame, wire.now)
    assert wire.gateway.events() == []
    assert decode(wire.gateway.data_to_send(), Version.V3) == (500, SubmitResp(42, 0))
    other = Submit(dest_terminal_id=(b"139",), msg_content=b"other text")
    wire.gateway.receive(encode(other, 500, Version.V3), wire.now)
    assert wire.gateway.events() == [RequestReceived(500, other)]


def test_a_number_used_again_before_the_answer_is_told() -> None:
    wire = Wire().open()
    wire.gateway.receive(encode(MESSAGE, 5, Version.V3) + encode(Submit(), 5, Version.V3), wire.now)
    first, second = wire.gateway.events()
    assert first == RequestReceived(5, MESSAGE)
    assert isinstance(second, PeerMisbehaved)


def test_responses_to_nothing_are_counted() -> None:
    wire = Wire().open()
    number = wire.submit()
    for pdu in (DeliverResp(1, 0), ActiveTestResp(), TerminateResp(), CancelResp(0), ConnectResp(0)):
        wire.provider.receive(encode(pdu, number, Version.V3), wire.now)
    wire.provider.receive(encode(SubmitResp(1, 0), number + 1, Version.V3), wire.now)
    assert wire.provider.stray_responses == 6
    assert wire.provider.events() == []
    for _ in range(2):
        wire.provider.receive(encode(SubmitResp(1, 0), number, Version.V3), wire.now)
    assert wire.provider.stray_responses == 7
    assert len(wire.provider.events()) == 1


def test_silence_is_asked_about_and_ends_after_three_questions() -> None:
    wire = Wire().open()
    wire.pass_time(29)
    assert wire.provider.data_to_send() == b""
    wire.lost = True
    wire.pass_time(1)
    for _ in range(2):
        wire.provider.tick(wire.now + 59)
        assert wire.provider.data_to_send() == b""
        wire.pass_time(60)
        assert wire.provider.events() == []
    wire.pass_time(60)
    assert wire.provider.events() == [Ended("the peer left 3 active tests unanswered")]


def test_any_octet_shows_that_the_peer_is_there() -> None:
    wire = Wire().open()
    wire.lost = True
    wire.pass_time(30)
    for octet in encode(MESSAGE, 900, Version.V3)[:20]:
        wire.now += 55
        wire.provider.receive(bytes((octet,)), wire.now)
        wire.provider.tick(wire.now)
        assert wire.provider.data_to_send() == b""
    assert not wire.provider.is_closed


@pytest.mark.parametrize("size", [12, 13])
def test_both_lengths_of_the_answer_to_an_active_test(size: int) -> None:
    wire = Wire().open()
    wire.provider.tick(wire.now + 30)
    number, pdu = decode(wire.provider.data_to_send(), Version.V3)
    assert pdu == ActiveTest()
    wire.provider.receive(encode(ActiveTestResp(0 if size == 13 else None), number, Version.V3), wire.now + 31)
    assert (wire.provider.events(), wire.provider.stray_responses) == ([], 0)


def test_leaving_in_order() -> None:
    wire = Wire().open()
    wire.provider.leave(wire.now)
    assert wire.provider.free_window == 0
    wire.pump()
    assert wire.provider.events() == [Ended("left in order")]
    assert wire.gateway.events() == [Ended("the peer took leave")]


def test_the_leave_waits_for_what_was_asked_before() -> None:
    wire = Wire().open()
    number = wire.submit(tag="x")
    wire.provider.leave(wire.now)
    wire.pump()
    assert not wire.provider.is_closed
    assert wire.gateway.free_window == 0
    wire.gateway.respond(number, SubmitResp(1, 0))
    wire.pump()
    assert wire.provider.events() == [
        ResponseReceived(MESSAGE, SubmitResp(1, 0), "x"),
        Ended("left in order"),
    ]


def test_a_leave_that_is_not_granted_ends_by_itself() -> None:
    wire = Wire().open()
    wire.submit(tag="x")
    wire.provider.leave(wire.now)
    wire.pump()
    wire.gateway.tick(wire.now)
    wire.gateway.tick(wire.now + 5)
    assert isinstance(wire.gateway.events()[-1], Ended)
    assert decode(wire.gateway.data_to_send(), Version.V3)[1] == TerminateResp()
    wire.provider.tick(wire.now + 5)
    assert wire.provider.events() == [
        RequestExpired(MESSAGE, "x", "no leave granted in time"),
        Ended("no leave granted in time"),
    ]


def test_leaving_before_the_login() -> None:
    wire = Wire()
    wire.provider.log_in("901234", SECRET, 0x30, MOMENT, 0)
    wire.provider.leave(0)
    assert wire.provider.events() == [Ended("left before the login")]


@both
def test_a_malformed_body_is_answered_and_the_line_goes_on(version: Version) -> None:
    wire = Wire(version).open()
    frame = bytearray(encode(MESSAGE, 6, version))
    frame[-1 - (8 if version is Version.V2 else 20) - 5] = 6  # Msg_Length
    wire.gateway.receive(bytes(frame) + encode(MESSAGE, 7, version), wire.now)
    wrong, asked = wire.gateway.events()
    assert isinstance(wrong, PeerMisbehaved)
    assert asked == RequestReceived(7, MESSAGE)
    assert decode(wire.gateway.data_to_send(), version) == (6, SubmitResp(0, 4))
    short = encode(Deliver(msg_id=3), 8, version)[:20]
    wire.provider.receive(len(short).to_bytes(4, "big") + short[4:], wire.now)
    assert decode(wire.provider.data_to_send(), version) == (8, DeliverResp(3, 1))
    wire.provider.receive(bytes.fromhex("0000000c 00000099 00000001"), wire.now)
    assert [type(event) for event in wire.provider.events()] == [PeerMisbehaved] * 2
    assert wire.provider.state is State.OPEN


def test_an_impossible_length_ends_the_connection() -> None:
    wire = Wire().open()
    wire.submit(tag="x")
    wire.provider.receive(bytes(12), wire.now)
    misbehaved, expired, ended = wire.provider.events()
    assert isinstance(misbehaved, PeerMisbehaved)
    assert isinstance(expired, RequestExpired)
    assert isinstance(ended, Ended)
    wire.provider.receive(VECTORS[17].frame, wire.now)
    wire.provider.tick(wire.now + 1000)
    wire.provider.respond(1, DeliverResp(0, 0))
    assert wire.provider.events() == []


def test_requests_that_are_not_for_this_side() -> None:
    wire = Wire().open()
    for pdu in (MESSAGE, Connect(b"", bytes(16), 0x30, 0), Query(), Route(0x11)):
        wire.provider.receive(encode(pdu, 1, Version.V3), wire.now)
    assert [type(event) for event in wire.provider.events()] == [PeerMisbehaved] * 4
    assert wire.provider.data_to_send() == b""


def test_wrong_calls() -> None:
    wire = Wire()
    with pytest.raises(LocalProtocolError):
        wire.provider.send_request(MESSAGE, 0)
    with pytest.raises(LocalProtocolError):
        wire.gateway.log_in("901234", SECRET, 0x30, MOMENT, 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.await_login(0)
    with pytest.raises(LocalProtocolError):
        wire.provider.log_in("901234", SECRET, 0x40, MOMENT, 0)
    with pytest.raises(LocalProtocolError):
        wire.gateway.accept_login(b"")
    wire.open()
    with pytest.raises(LocalProtocolError):
        wire.provider.log_in("901234", SECRET, 0x30, MOMENT, 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.send_request(Deliver(), 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.respond(1, DeliverResp(0, 0))
    number = wire.submit()
    with pytest.raises(LocalProtocolError):
        wire.gateway.respond(number, DeliverResp(0, 0))
    wire.gateway.respond(number, SubmitResp(0, 0))
    with pytest.raises(LocalProtocolError):
        wire.gateway.respond(number, SubmitResp(0, 0))


def test_sequence_numbers_wrap() -> None:
    wire = Wire().open()
    wire.provider._sequence_id = 0xFFFFFFFE
    assert [wire.submit() for _ in range(3)] == [0xFFFFFFFF, 0, 1]


def test_a_number_that_still_waits_is_passed_over() -> None:
    wire = Wire().open()
    number = wire.submit()
    wire.provider._sequence_id = number - 1
    assert wire.submit() == number + 1


def test_questions_without_answers_are_not_kept_for_ever() -> None:
    wire = Wire().open()
    for _ in range(20):
        wire.now += 31
        wire.provider.tick(wire.now)
        wire.provider.receive(encode(ActiveTest(), 1, Version.V3), wire.now)
    assert len(wire.provider._tests) == 1


def test_answers_are_remembered_for_a_while_only() -> None:
    wire = Wire().open()
    for _ in range(100):
        number = wire.submit()
        wire.gateway.respond(number, SubmitResp(1, 0))
        wire.pump()
    assert len(wire.gateway._served._answers) == 64


def test_no_heartbeat_before_the_login() -> None:
    wire = Wire()
    wire.gateway.await_login(wire.now)
    wire.provider.log_in("901234", SECRET, 0x30, MOMENT, wire.now)
    assert len(wire.provider.data_to_send()) == 39
    for side in (wire.provider, wire.gateway):
        side.tick(wire.now + 31)
        assert side.data_to_send() == b""


def test_an_answer_to_another_login_is_none() -> None:
    wire = Wire()
    wire.provider.log_in("901234", SECRET, 0x30, MOMENT, wire.now)
    wire.provider.receive(encode(ConnectResp(0), 2, Version.V3), wire.now)
    assert (wire.provider.state, wire.provider.stray_responses) == (State.LOGIN, 1)


def test_a_broken_answer_to_a_login_that_a_gateway_never_made() -> None:
    wire = Wire()
    wire.ask()
    wire.gateway.receive(bytes.fromhex("0000000d 80000001 00000001 00"), wire.now)
    assert [type(event) for event in wire.gateway.events()] == [LoginRequested, PeerMisbehaved, Ended]


def test_a_status_beyond_one_octet_is_cut_in_2_x() -> None:
    wire = Wire(Version.V2)
    wire.ask()
    wire.gateway.refuse_login(300)
    wire.pump()
    assert wire.provider.events()[0] == LoginFailed(255, 0x30)


def test_what_comes_behind_a_terminate_is_not_taken() -> None:
    wire = Wire().open()
    wire.submit()
    wire.gateway.events()
    behind = encode(Terminate(), 90, Version.V3) + encode(MESSAGE, 91, Version.V3)
    wire.gateway.receive(behind, wire.now)
    assert wire.gateway.events() == []


pieces = st.lists(st.one_of(st.sampled_from([vector.frame for vector in VECTORS]), st.binary(max_size=60)), max_size=6)


@given(pieces, st.sampled_from(Role), st.booleans(), st.integers(1, 50))
def test_hostile_bytes_never_raise(chunks: list[bytes], role: Role, is_open: bool, size: int) -> None:
    wire = Wire()
    if is_open:
        wire.open()
        wire.submit()
    target = wire.provider if role is Role.PROVIDER else wire.gateway
    data = b"".join(chunks)
    for start in range(0, len(data), size):
        target.receive(data[start : start + size], wire.now)
        target.tick(wire.now)
    target.tick(wire.now + 61)
    events = target.events()
    ends = [event for event in events if isinstance(event, Ended)]
    assert len(ends) <= 1
    assert not ends or events[-1] is ends[0]
    assert target.is_closed == bool(ends)

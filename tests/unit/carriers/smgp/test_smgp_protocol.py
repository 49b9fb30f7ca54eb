"""Both sides of a connection on one wire."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.connection import State
from carriers.smgp import login
from carriers.smgp.codec import decode, encode
from carriers.smgp.events import (
    Ended,
    LoggedIn,
    LoginFailed,
    LoginRequested,
    PeerMisbehaved,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
)
from carriers.smgp.pdu import (
    NO_MSG_ID,
    ActiveTest,
    ActiveTestResp,
    Deliver,
    DeliverResp,
    Exit,
    ExitResp,
    Forward,
    ForwardResp,
    Login,
    LoginMode,
    LoginResp,
    Pdu,
    Query,
    QueryResp,
    Request,
    Route,
    Submit,
    SubmitResp,
    Unread,
)
from carriers.smgp.protocol import SmgpProtocol
from carriers.smgp.rules import Role, Settings
from gateway.core.errors import LocalProtocolError
from tests.unit.carriers.smgp.smgp_vectors import VECTORS

BEIJING = timezone(timedelta(hours=8))
MOMENT = datetime(2026, 2, 6, 2, 6, 9, tzinfo=BEIJING)
SECRET = "gw#Secret9"
MESSAGE = Submit(dest_term_id=(b"18900000000",), msg_content=b"hello")
MSG_ID = bytes.fromhex("01006101161700012345")
OTHER_ID = bytes.fromhex("0000ff06121423277475")


class Wire:
    """A provider and a gateway joined without delay; `lost` throws away what the gateway says."""

    def __init__(self, mode: LoginMode = LoginMode.BOTH, version: int = 0x30, **settings: Any) -> None:
        self.now = 1000.0
        self.mode = mode
        self.version = version
        self.provider = SmgpProtocol(Role.PROVIDER, Settings(**settings))
        self.gateway = SmgpProtocol(Role.GATEWAY, Settings(**settings))
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
        self.provider.log_in("10650001", SECRET, self.mode, self.version, MOMENT, self.now)
        self.pump()

    def open(self) -> Wire:
        self.ask()
        (asked,) = self.gateway.events()
        assert isinstance(asked, LoginRequested)
        assert login.is_genuine_client(asked.login, SECRET.encode())
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


def test_a_conversation() -> None:
    wire = Wire().open()
    first, second = wire.submit(tag="a"), wire.submit(tag="b")
    asked = wire.gateway.events()
    assert [event.sequence_id for event in asked if isinstance(event, RequestReceived)] == [first, second]
    wire.gateway.respond(second, SubmitResp(OTHER_ID, 0))
    wire.gateway.respond(first, SubmitResp(NO_MSG_ID, 1))
    wire.pump()
    assert wire.provider.events() == [
        ResponseReceived(MESSAGE, SubmitResp(OTHER_ID, 0), "b"),
        ResponseReceived(MESSAGE, SubmitResp(NO_MSG_ID, 1), "a"),
    ]
    deliver = Deliver(msg_id=MSG_ID, src_term_id=b"18900000000", msg_content=b"hi")
    number = wire.gateway.send_request(deliver, wire.now, "tag")
    wire.pump()
    assert wire.provider.events() == [RequestReceived(number, deliver)]
    wire.provider.respond(number, DeliverResp(MSG_ID, 0))
    wire.pump()
    assert wire.gateway.events() == [ResponseReceived(deliver, DeliverResp(MSG_ID, 0), "tag")]
    question, answer = Query(query_time=b"20260101"), QueryResp(mo_fl=1)
    number = wire.submit(question)
    wire.gateway.respond(number, answer)
    wire.pump()
    assert wire.provider.events() == [ResponseReceived(question, answer, None)]
    assert wire.provider.stray_responses == wire.gateway.stray_responses == 0


def test_gateways_forward_to_one_another() -> None:
    near, far = SmgpProtocol(Role.GATEWAY), Wire().open().gateway
    forward = Forward(MSG_ID, b"010061", msg_content=b"hi")
    with pytest.raises(LocalProtocolError):
        near.send_request(forward, 0)
    far.receive(encode(forward, 3), 1000.0)
    assert far.events() == [RequestReceived(3, forward)]
    far.respond(3, ForwardResp(MSG_ID, 0))
    assert decode(far.data_to_send()) == (3, ForwardResp(MSG_ID, 0))


def test_numbers_of_both_sides_do_not_meet() -> None:
    wire = Wire().open()
    wire.submit()
    deliver = Deliver(msg_id=MSG_ID)
    up = wire.provider.send_request(MESSAGE, wire.now, "up")
    down = [wire.gateway.send_request(deliver, wire.now, index) for index in range(4)]
    assert up in down
    wire.pump()
    wire.gateway.respond(up, SubmitResp(OTHER_ID, 0))
    wire.provider.respond(up, DeliverResp(MSG_ID, 0))
    wire.pump()
    assert ResponseReceived(MESSAGE, SubmitResp(OTHER_ID, 0), "up") in wire.provider.events()
    assert ResponseReceived(deliver, DeliverResp(MSG_ID, 0), down.index(up)) in wire.gateway.events()


# The login.


def test_a_refused_login() -> None:
    wire = Wire()
    wire.ask()
    wire.gateway.events()
    wire.gateway.refuse_login(21)
    frame = wire.gateway.data_to_send()
    assert frame == VECTORS[3].frame
    wire.provider.receive(frame, wire.now)
    failed, ended = wire.provider.events()
    assert failed == LoginFailed(21, 0x30)
    assert isinstance(ended, Ended)
    assert wire.gateway.is_closed
    assert wire.provider.is_closed


def test_a_version_above_the_gateways_is_told_the_highest() -> None:
    wire = Wire(version_octet=0x13)
    wire.ask()
    wire.gateway.events()
    assert not wire.gateway.accept_login(SECRET.encode())
    wire.pump()
    assert wire.provider.events()[0] == LoginFailed(22, 0x13)
    assert wire.gateway.is_closed


def test_a_login_mode_that_does_not_exist_is_refused() -> None:
    gateway = SmgpProtocol(Role.GATEWAY)
    request = Login(b"10650001", bytes(16), 3, 206020609, 0x30)
    gateway.receive(encode(request, 1), 0)
    assert gateway.events() == [LoginRequested(request)]
    assert not gateway.accept_login(SECRET.encode())
    assert decode(gateway.data_to_send()) == (1, LoginResp(10))


@pytest.mark.parametrize(
    ("client", "server", "agreed"), [(0x30, 0x30, 0x30), (0x13, 0x30, 0x13), (0x30, 0x13, 0x13), (0x30, 0, 0x30)]
)
def test_the_version_is_the_lower_one(client: int, server: int, agreed: int) -> None:
    wire = Wire(version=client)
    wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, client, MOMENT, 0)
    wire.provider.receive(encode(LoginResp(0, bytes(16), server), 1), 0)
    (let_in,) = wire.provider.events()
    assert isinstance(let_in, LoggedIn)
    assert not let_in.is_genuine
    assert wire.provider.version == agreed


@pytest.mark.parametrize(
    ("version", "setting", "octets"), [(0x30, True, 152), (0x30, False, 152), (0x13, True, 152), (0x13, False, 146)]
)
def test_fixed_fee_is_left_out_where_both_sides_are_told_so(version: int, setting: bool, octets: int) -> None:
    wire = Wire(version=version, fixed_fee_in_1_3=setting).open()
    wire.provider.send_request(MESSAGE, wire.now)
    frame = wire.provider.data_to_send()
    assert len(frame) == octets
    wire.gateway.receive(frame, wire.now)
    (asked,) = wire.gateway.events()
    assert isinstance(asked, RequestReceived)
    assert asked.pdu == MESSAGE


def test_an_answer_that_cannot_be_read_is_a_failed_login() -> None:
    wire = Wire()
    wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, 0)
    wire.provider.receive(bytes.fromhex("0000001e800000010000000100") + bytes(17), 0)
    misbehaved, failed, ended = wire.provider.events()
    assert isinstance(misbehaved, PeerMisbehaved)
    assert failed == LoginFailed(10, 0)
    assert isinstance(ended, Ended)


def test_a_login_that_cannot_be_read_is_refused() -> None:
    gateway = SmgpProtocol(Role.GATEWAY)
    gateway.await_login(0)
    gateway.receive(bytes.fromhex("0000001000000001000000070000aaaa"), 0)
    assert [type(event) for event in gateway.events()] == [PeerMisbehaved, Ended]
    assert decode(gateway.data_to_send()) == (7, LoginResp(10))


@pytest.mark.parametrize(
    "pdu", [MESSAGE, ActiveTest(), Exit(), Query(), Unread(Request.PAYMENT_AFFIRM)], ids=lambda pdu: type(pdu).__name__
)
def test_a_request_before_the_login_ends_the_connection(pdu: Pdu) -> None:
    gateway = SmgpProtocol(Role.GATEWAY)
    gateway.receive(encode(pdu, 1), 0)
    assert isinstance(gateway.events()[-1], Ended)
    assert gateway.data_to_send() == b""


def test_a_decision_after_the_connection_ended_is_no_error() -> None:
    wire = Wire()
    wire.gateway.await_login(wire.now)
    wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, wire.now)
    wire.gateway.receive(wire.provider.data_to_send() + encode(MESSAGE, 2), wire.now)
    assert [type(event) for event in wire.gateway.events()] == [LoginRequested, PeerMisbehaved, Ended]
    assert not wire.gateway.accept_login(SECRET.encode())
    wire.gateway.refuse_login(21)
    assert wire.gateway.is_closed
    assert wire.gateway.data_to_send() == b""


def test_logins_have_their_time() -> None:
    wire = Wire()
    wire.ask()
    wire.provider.tick(wire.now + 59)
    assert not wire.provider.is_closed
    wire.provider.tick(wire.now + 60)
    assert wire.provider.events() == [Ended("no login in time")]
    gateway = SmgpProtocol(Role.GATEWAY)
    gateway.await_login(0)
    gateway.tick(60)
    assert gateway.events() == [Ended("no login in time")]


def test_an_answer_to_another_login_is_none() -> None:
    wire = Wire()
    wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, wire.now)
    wire.provider.receive(encode(LoginResp(0), 2), wire.now)
    assert (wire.provider.state, wire.provider.stray_responses) == (State.LOGIN, 1)


def test_no_heartbeat_before_the_login() -> None:
    wire = Wire()
    wire.gateway.await_login(wire.now)
    wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, wire.now)
    assert len(wire.provider.data_to_send()) == 42
    for side in (wire.provider, wire.gateway):
        side.tick(wire.now + 31)
        assert side.data_to_send() == b""


# Login modes.


@pytest.mark.parametrize(
    ("mode", "up", "down"), [(LoginMode.SEND, 16, 0), (LoginMode.RECEIVE, 0, 16), (LoginMode.BOTH, 16, 16)]
)
def test_what_a_login_mode_allows(mode: LoginMode, up: int, down: int) -> None:
    wire = Wire(mode).open()
    assert wire.gateway.mode is mode
    assert (wire.provider.free_window, wire.gateway.free_window) == (up, down)
    for side, request, room in ((wire.provider, MESSAGE, up), (wire.gateway, Deliver(), down)):
        if room:
            side.send_request(request, wire.now)
        else:
            with pytest.raises(LocalProtocolError, match="login mode"):
                side.send_request(request, wire.now)
    number = wire.submit(Query())
    assert wire.gateway.events()[-1] == RequestReceived(number, Query())


def test_a_submit_on_a_connection_that_receives_is_refused() -> None:
    wire = Wire(LoginMode.RECEIVE).open()
    wire.gateway.receive(encode(MESSAGE, 5), wire.now)
    (event,) = wire.gateway.events()
    assert isinstance(event, PeerMisbehaved)
    assert decode(wire.gateway.data_to_send()) == (5, SubmitResp(NO_MSG_ID, 11))


def test_a_delivery_on_a_connection_that_sends_is_taken_and_told_of() -> None:
    wire = Wire(LoginMode.SEND).open()
    wire.provider.receive(encode(Deliver(), 5), wire.now)
    misbehaved, asked = wire.provider.events()
    assert isinstance(misbehaved, PeerMisbehaved)
    assert asked == RequestReceived(5, Deliver())


# Window, numbers, repeats.


def test_the_window() -> None:
    wire = Wire(window=2).open()
    assert wire.provider.free_window == 2
    first = wire.submit()
    wire.submit()
    assert wire.provider.free_window == 0
    with pytest.raises(LocalProtocolError, match="window"):
        wire.provider.send_request(MESSAGE, wire.now)
    wire.gateway.respond(first, SubmitResp(MSG_ID, 0))
    wire.pump()
    assert wire.provider.free_window == 1


def test_a_peer_beyond_its_window_is_told_to_slow_down() -> None:
    wire = Wire(window=5, peer_window=3, busy_status=200).open()
    for tag in range(4):
        wire.submit(tag=tag)
    (answer,) = wire.provider.events()
    assert answer == ResponseReceived(MESSAGE, SubmitResp(NO_MSG_ID, 200), 3)
    events = wire.gateway.events()
    assert sum(isinstance(event, RequestReceived) for event in events) == 3
    assert sum(isinstance(event, PeerMisbehaved) for event in events) == 1
    for number in range(4):
        wire.provider.receive(encode(Deliver(msg_id=MSG_ID), number), wire.now)
    assert decode(wire.provider.data_to_send()) == (3, DeliverResp(MSG_ID, 1))


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
    wire.gateway.respond(asked.sequence_id, SubmitResp(MSG_ID, 0))
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
    wire.gateway.respond(number, SubmitResp(MSG_ID, 0))
    wire.pump()
    wire.lost = False
    wire.pass_time(60)
    assert wire.provider.events() == [RequestExpired(MESSAGE, "x", "no answer in time")]


def test_deliveries_are_sent_three_times() -> None:
    wire = Wire(active_test_s=1e9).open()
    wire.gateway.send_request(Deliver(), wire.now, "x")
    frame = wire.gateway.data_to_send()
    for _ in range(2):
        wire.now += 60
        wire.gateway.tick(wire.now)
        assert wire.gateway.data_to_send() == frame
    wire.gateway.tick(wire.now + 60)
    assert wire.gateway.data_to_send() == b""
    assert wire.gateway.events() == [RequestExpired(Deliver(), "x", "no answer in time")]


def test_all_that_is_overdue_is_sent_again() -> None:
    wire = Wire(submit_resends=1, active_test_s=1e9).open()
    frames = encode(MESSAGE, wire.submit()) + encode(MESSAGE, wire.submit())
    wire.provider.tick(wire.now + 60)
    assert wire.provider.data_to_send() == frames
    wire.provider.tick(wire.now + 119)
    assert wire.provider.data_to_send() == b""
    wire.provider.tick(wire.now + 120)
    assert [type(event) for event in wire.provider.events()] == [RequestExpired] * 2


def test_a_repeated_request_is_answered_from_memory_only_when_it_was_taken() -> None:
    wire = Wire(active_test_s=1e9).open()
    frame = encode(MESSAGE, 500)
    wire.gateway.receive(frame, wire.now)
    wire.gateway.events()
    wire.gateway.respond(500, SubmitResp(NO_MSG_ID, 1))
    wire.gateway.receive(frame, wire.now)
    assert wire.gateway.events() == [RequestReceived(500, MESSAGE)]
    wire.gateway.respond(500, SubmitResp(MSG_ID, 0))
    wire.gateway.data_to_send()
    wire.gateway.receive(frame, wire.now)
    assert wire.gateway.events() == []
    assert decode(wire.gateway.data_to_send()) == (500, SubmitResp(MSG_ID, 0))
    other = Submit(dest_term_id=(b"189",), msg_content=b"other text")
    wire.gateway.receive(encode(other, 500), wire.now)
    assert wire.gateway.events() == [RequestReceived(500, other)]


def test_a_number_used_again_before_the_answer_is_told() -> None:
    wire = Wire().open()
    wire.gateway.receive(encode(MESSAGE, 5) + encode(Submit(), 5), wire.now)
    first, second = wire.gateway.events()
    assert first == RequestReceived(5, MESSAGE)
    assert isinstance(second, PeerMisbehaved)


def test_responses_to_nothing_are_counted() -> None:
    wire = Wire().open()
    number = wire.submit()
    strays = (
        DeliverResp(MSG_ID, 0), ActiveTestResp(), ExitResp(), QueryResp(), LoginResp(0), Route(0x80000011, (0,)),
        Unread(0x8000000A),
    )  # fmt: skip
    for pdu in strays:
        wire.provider.receive(encode(pdu, number), wire.now)
    wire.provider.receive(encode(SubmitResp(MSG_ID, 0), number + 1), wire.now)
    assert wire.provider.stray_responses == 8
    assert wire.provider.events() == []
    for _ in range(2):
        wire.provider.receive(encode(SubmitResp(MSG_ID, 0), number), wire.now)
    assert wire.provider.stray_responses == 9
    assert len(wire.provider.events()) == 1


def test_sequence_numbers_wrap() -> None:
    wire = Wire().open()
    wire.provider._sequence_id = 0xFFFFFFFE
    assert [wire.submit() for _ in range(3)] == [0xFFFFFFFF, 0, 1]


def test_a_number_that_still_waits_is_passed_over() -> None:
    wire = Wire().open()
    number = wire.submit()
    wire.provider._sequence_id = number - 1
    assert wire.submit() == number + 1


def test_answers_are_remembered_for_a_while_only() -> None:
    wire = Wire().open()
    for _ in range(100):
        number = wire.submit()
        wire.gateway.respond(number, SubmitResp(MSG_ID, 0))
        wire.pump()
    assert len(wire.gateway._served._answers) == 64


# The heartbeat.


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


def test_the_gateway_asks_as_well() -> None:
    wire = Wire().open()
    wire.gateway.tick(wire.now + 30)
    number, asked = decode(wire.gateway.data_to_send())
    assert asked == ActiveTest()
    wire.provider.receive(encode(asked, number), wire.now + 30)
    assert decode(wire.provider.data_to_send()) == (number, ActiveTestResp())


def test_any_octet_shows_that_the_peer_is_there() -> None:
    wire = Wire().open()
    wire.lost = True
    wire.pass_time(30)
    for octet in encode(MESSAGE, 900)[:20]:
        wire.now += 55
        wire.provider.receive(bytes((octet,)), wire.now)
        wire.provider.tick(wire.now)
        assert wire.provider.data_to_send() == b""
    assert not wire.provider.is_closed


@pytest.mark.parametrize("reserved", [None, 0])
def test_both_lengths_of_the_answer_to_an_active_test(reserved: int | None) -> None:
    wire = Wire().open()
    wire.provider.tick(wire.now + 30)
    number, pdu = decode(wire.provider.data_to_send())
    assert pdu == ActiveTest()
    wire.provider.receive(encode(ActiveTestResp(reserved), number), wire.now + 31)
    assert (wire.provider.events(), wire.provider.stray_responses) == ([], 0)


def test_questions_without_answers_are_not_kept_for_ever() -> None:
    wire = Wire().open()
    for _ in range(20):
        wire.now += 31
        wire.provider.tick(wire.now)
        wire.provider.receive(encode(ActiveTest(), 1), wire.now)
    assert len(wire.provider._tests) == 1


# The leave.


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
    wire.gateway.respond(number, SubmitResp(MSG_ID, 0))
    wire.pump()
    assert wire.provider.events() == [
        ResponseReceived(MESSAGE, SubmitResp(MSG_ID, 0), "x"),
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
    assert decode(wire.gateway.data_to_send())[1] == ExitResp()
    wire.provider.tick(wire.now + 5)
    assert wire.provider.events() == [
        RequestExpired(MESSAGE, "x", "no leave granted in time"),
        Ended("no leave granted in time"),
    ]


def test_leaving_before_the_login() -> None:
    wire = Wire()
    wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, 0)
    wire.provider.leave(0)
    assert wire.provider.events() == [Ended("left before the login")]


def test_what_comes_behind_an_exit_is_not_taken() -> None:
    wire = Wire().open()
    wire.submit()
    wire.gateway.events()
    wire.gateway.receive(encode(Exit(), 90) + encode(MESSAGE, 91), wire.now)
    assert wire.gateway.events() == []


# What should not come.


def test_a_malformed_body_is_answered_and_the_line_goes_on() -> None:
    wire = Wire().open()
    frame = bytearray(encode(MESSAGE, 6))
    frame[117 + 21] = 60  # MsgLength
    wire.gateway.receive(bytes(frame) + encode(MESSAGE, 7), wire.now)
    wrong, asked = wire.gateway.events()
    assert isinstance(wrong, PeerMisbehaved)
    assert asked == RequestReceived(7, MESSAGE)
    assert decode(wire.gateway.data_to_send()) == (6, SubmitResp(NO_MSG_ID, 36))
    for size, msg_id in ((30, MSG_ID), (15, MSG_ID[:3] + bytes(7))):
        short = encode(Deliver(msg_id=MSG_ID), 8)[:size]
        wire.provider.receive(len(short).to_bytes(4, "big") + short[4:], wire.now)
        assert decode(wire.provider.data_to_send()) == (8, DeliverResp(msg_id, 10))
    wire.provider.receive(bytes.fromhex("0000000c 00000099 00000001"), wire.now)
    assert [type(event) for event in wire.provider.events()] == [PeerMisbehaved] * 3
    assert wire.provider.state is State.OPEN


def test_an_impossible_length_ends_the_connection() -> None:
    wire = Wire().open()
    wire.submit(tag="x")
    wire.provider.receive(bytes(12), wire.now)
    misbehaved, expired, ended = wire.provider.events()
    assert isinstance(misbehaved, PeerMisbehaved)
    assert isinstance(expired, RequestExpired)
    assert isinstance(ended, Ended)
    wire.provider.receive(VECTORS[9].frame, wire.now)
    wire.provider.tick(wire.now + 1000)
    wire.provider.respond(1, DeliverResp(MSG_ID, 0))
    assert wire.provider.events() == []


def test_requests_that_are_not_for_this_side() -> None:
    wire = Wire().open()
    for pdu in (MESSAGE, Login(b"", bytes(16), 2, 0, 0x30), Query(), Forward(), Route(0x08, (b"", b"")), Unread(0x0A)):
        wire.provider.receive(encode(pdu, 1), wire.now)
    assert [type(event) for event in wire.provider.events()] == [PeerMisbehaved] * 6
    assert wire.provider.data_to_send() == b""


def test_wrong_calls() -> None:
    wire = Wire()
    with pytest.raises(LocalProtocolError):
        wire.provider.send_request(MESSAGE, 0)
    with pytest.raises(LocalProtocolError):
        wire.gateway.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.await_login(0)
    with pytest.raises(LocalProtocolError):
        wire.provider.log_in("106500012", SECRET, LoginMode.BOTH, 0x30, MOMENT, 0)
    with pytest.raises(LocalProtocolError):
        wire.gateway.accept_login(b"")
    wire.open()
    with pytest.raises(LocalProtocolError):
        wire.provider.log_in("10650001", SECRET, LoginMode.BOTH, 0x30, MOMENT, 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.send_request(Deliver(), 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.send_request(Submit(msg_content=bytes(256)), 0)
    with pytest.raises(LocalProtocolError):
        wire.provider.respond(1, DeliverResp(MSG_ID, 0))
    number = wire.submit()
    with pytest.raises(LocalProtocolError):
        wire.gateway.respond(number, DeliverResp(MSG_ID, 0))
    wire.gateway.respond(number, SubmitResp(MSG_ID, 0))
    with pytest.raises(LocalProtocolError):
        wire.gateway.respond(number, SubmitResp(MSG_ID, 0))


pieces = st.lists(st.one_of(st.sampled_from([vector.frame for vector in VECTORS]), st.binary(max_size=60)), max_size=6)


@given(pieces, st.sampled_from(Role), st.sampled_from([None, *LoginMode]), st.integers(1, 50))
def test_hostile_bytes_never_raise(chunks: list[bytes], role: Role, mode: LoginMode | None, size: int) -> None:
    wire = Wire(mode or LoginMode.BOTH)
    if mode is not None:
        wire.open()
        wire.submit(MESSAGE if mode is not LoginMode.RECEIVE else Query())
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

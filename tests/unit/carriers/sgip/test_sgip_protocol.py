"""Both sides of a connection against each other: login, window, repeats, time-outs, leave, and bytes nobody meant."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.connection import State
from carriers.sgip import status
from carriers.sgip.client import SgipClient
from carriers.sgip.codec import decode, encode
from carriers.sgip.events import (
    Ended,
    Event,
    LoggedIn,
    LoginFailed,
    LoginRequested,
    PeerMisbehaved,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
)
from carriers.sgip.pdu import (
    Bind,
    BindResp,
    CheckUser,
    Deliver,
    DeliverResp,
    Hop,
    Pdu,
    Report,
    ReportResp,
    Route,
    Submit,
    SubmitResp,
    Trace,
    TraceResp,
    Unbind,
    UnbindResp,
    UserRpt,
    UserRptResp,
)
from carriers.sgip.rules import ANSWER_OF, RIGHTS, ClientSettings, LoginType, ServerSettings
from carriers.sgip.sequence import pack
from carriers.sgip.server import SgipServer
from gateway.core.errors import LocalProtocolError
from tests.unit.carriers.sgip.sgip_vectors import VECTORS

ALL = frozenset(LoginType)
SUBMIT = Submit(user_numbers=(b"8613001125453",), message_content=b"hello")
REPORT = Report(pack(1, 2, 3), user_number=b"8613001125453")
SAMPLES: dict[type[Pdu], Pdu] = {
    Submit: SUBMIT,
    Deliver: Deliver(message_content=b"hi"),
    Report: REPORT,
    UserRpt: UserRpt(user_condition=1),
    Trace: Trace(pack(1, 2, 3)),
    CheckUser: CheckUser(),
}
ANSWERS: dict[type[Pdu], Pdu] = {
    Submit: SubmitResp(0),
    Deliver: DeliverResp(0),
    Report: ReportResp(0),
    UserRpt: UserRptResp(0),
    Trace: TraceResp((Hop(0),)),
}


def numbers() -> Callable[[], bytes]:
    counter: Iterator[int] = iter(range(1, 10**6))
    return lambda: pack(3010092008, 301151218, next(counter))


class Pair:
    """A client and a server on one wire."""

    def __init__(
        self,
        login_type: LoginType = LoginType.SP_TO_SMG,
        serves: frozenset[LoginType] = ALL,
        client: ClientSettings | None = None,
        server: ServerSettings | None = None,
    ) -> None:
        self.now = 100.0
        self.client = SgipClient(numbers(), client)
        self.server = SgipServer(serves, server)
        self.server.await_login(self.now)
        self.client.log_in(login_type, b"spuser", b"sppass", self.now)

    def up(self) -> list[Event]:
        self.server.receive(self.client.data_to_send(), self.now)
        return self.server.events()

    def down(self) -> list[Event]:
        self.client.receive(self.server.data_to_send(), self.now)
        return self.client.events()

    def open(self) -> Pair:
        (requested,) = self.up()
        assert isinstance(requested, LoginRequested)
        assert requested.bind == Bind(self.client.login_type or 0, b"spuser", b"sppass")
        assert self.server.accept_login(self.now)
        assert self.down() == [LoggedIn()]
        return self

    def ask(self, pdu: Pdu, tag: object = None) -> RequestReceived:
        self.client.send_request(pdu, self.now, tag)
        (received,) = self.up()
        assert isinstance(received, RequestReceived)
        return received

    def pass_time(self, seconds: float) -> None:
        self.now += seconds
        self.client.tick(self.now)
        self.server.tick(self.now)


def frames_of(data: bytes) -> list[tuple[bytes, Pdu]]:
    found = []
    while data:
        size = int.from_bytes(data[:4], "big")
        found.append(decode(data[:size]))
        data = data[size:]
    return found


@pytest.mark.parametrize(
    ("login_type", "kind"),
    [(login_type, kind) for login_type, kinds in RIGHTS.items() for kind in sorted(kinds, key=lambda it: it.__name__)],
)
def test_what_a_login_type_allows_goes_and_is_answered(login_type: LoginType, kind: type[Pdu]) -> None:
    pair = Pair(login_type).open()
    received = pair.ask(SAMPLES[kind], tag="mine")
    assert received.pdu == SAMPLES[kind]
    assert pair.server.pending == 1
    pair.server.respond(received.sequence_id, ANSWERS[kind])
    assert pair.down() == [ResponseReceived(SAMPLES[kind], ANSWERS[kind], "mine")]
    assert pair.server.pending == 0


@pytest.mark.parametrize("login_type", list(LoginType))
@pytest.mark.parametrize("kind", list(SAMPLES))
def test_what_a_login_type_does_not_allow(login_type: LoginType, kind: type[Pdu]) -> None:
    if kind in RIGHTS.get(login_type, ()):
        return
    pair = Pair(login_type).open()
    with pytest.raises(LocalProtocolError, match="not allowed"):
        pair.client.send_request(SAMPLES[kind], pair.now)
    sequence = pack(9, 9, 9)
    pair.server.receive(encode(SAMPLES[kind], sequence), pair.now)
    (misbehaved,) = pair.server.events()
    assert isinstance(misbehaved, PeerMisbehaved)
    ((answered, answer),) = frames_of(pair.server.data_to_send())
    assert answered == sequence
    assert type(answer) is ANSWER_OF[kind]
    result = answer.hops[0].result if isinstance(answer, TraceResp) else answer.result  # type: ignore[union-attr]
    assert result == status.LOGIN_TYPE_WRONG
    assert not pair.server.is_closed


def test_commands_of_the_name_server_are_answered_with_an_error() -> None:
    pair = Pair().open()
    pair.server.receive(encode(Route(0x06, b"x" * 50), pack(9, 9, 9)), pair.now)
    assert isinstance(pair.server.events()[0], PeerMisbehaved)
    assert frames_of(pair.server.data_to_send()) == [(pack(9, 9, 9), Route(0x80000006, b"\x04" + bytes(8)))]


@pytest.mark.parametrize("result", [1, 3, 4, 11, 88, 300])
def test_a_refused_login_ends_both_sides(result: int) -> None:
    pair = Pair()
    pair.up()
    pair.server.refuse_login(result)
    assert [type(event) for event in pair.server.events()] == [Ended]
    failed, ended = pair.down()
    assert failed == LoginFailed(min(result, 255))
    assert isinstance(ended, Ended)
    assert pair.client.free_window == 0


def test_a_login_type_that_is_not_served() -> None:
    pair = Pair(LoginType.SP_TO_SMG, frozenset({LoginType.SMG_TO_SP}))
    assert [type(event) for event in pair.up()] == [PeerMisbehaved, Ended]
    assert pair.down()[0] == LoginFailed(status.LOGIN_TYPE_WRONG)


def test_an_unknown_login_type() -> None:
    server = SgipServer(ALL)
    server.receive(encode(Bind(77, b"x", b"y"), pack(1, 1, 1)), 0.0)
    assert frames_of(server.data_to_send()) == [(pack(1, 1, 1), BindResp(status.LOGIN_TYPE_WRONG))]
    assert server.is_closed


def test_a_second_bind_is_answered_and_the_connection_stays() -> None:
    pair = Pair().open()
    pair.server.receive(encode(Bind(1, b"spuser", b"sppass"), pack(5, 5, 5)), pair.now)
    assert frames_of(pair.server.data_to_send()) == [(pack(5, 5, 5), BindResp(status.LOGIN_REPEATED))]
    assert pair.server.state is State.OPEN


@pytest.mark.parametrize("pdu", [*SAMPLES.values(), Unbind()])
def test_nothing_may_be_asked_before_the_login(pdu: Pdu) -> None:
    server = SgipServer(ALL)
    server.receive(encode(pdu, pack(1, 1, 1)), 0.0)
    assert [type(event) for event in server.events()] == [PeerMisbehaved, Ended]
    assert server.data_to_send() == b""


def test_names_and_passwords_of_full_width() -> None:
    client, server = SgipClient(numbers()), SgipServer(ALL)
    client.log_in(LoginType.SP_TO_SMG, b"n" * 16, b"p" * 16, 0.0)
    server.receive(client.data_to_send(), 0.0)
    assert server.events() == [LoginRequested(Bind(1, b"n" * 16, b"p" * 16))]
    with pytest.raises(LocalProtocolError):
        SgipClient(numbers()).log_in(LoginType.SP_TO_SMG, b"n" * 17, b"", 0.0)


def test_the_window_bounds_and_opens_again() -> None:
    pair = Pair(client=ClientSettings(window=3)).open()
    for index in range(3):
        pair.client.send_request(SUBMIT, pair.now, index)
    assert pair.client.free_window == 0
    with pytest.raises(LocalProtocolError, match="window"):
        pair.client.send_request(SUBMIT, pair.now)
    received = pair.up()
    for event in reversed(received):
        assert isinstance(event, RequestReceived)
        pair.server.respond(event.sequence_id, SubmitResp(0))
    assert [event.tag for event in pair.down() if isinstance(event, ResponseReceived)] == [2, 1, 0]
    assert pair.client.free_window == 3


def test_more_than_the_servers_window_is_busy_and_may_come_again() -> None:
    pair = Pair(server=ServerSettings(window=2)).open()
    numbers = [pair.client.send_request(SUBMIT, pair.now, index) for index in range(3)]
    events = pair.up()
    assert [type(event) for event in events] == [RequestReceived, RequestReceived, PeerMisbehaved]
    (busy,) = pair.down()
    assert isinstance(busy, ResponseReceived)
    assert (busy.tag, busy.response) == (2, SubmitResp(status.NODE_BUSY))
    first = events[0]
    assert isinstance(first, RequestReceived)
    pair.server.respond(first.sequence_id, SubmitResp(0))
    pair.down()
    pair.client.send_request(SUBMIT, pair.now, sequence=numbers[2])
    assert isinstance(pair.up()[0], RequestReceived)


def test_a_repeat_is_answered_alike_and_not_taken_twice() -> None:
    pair = Pair().open()
    received = pair.ask(SUBMIT)
    frame = encode(SUBMIT, received.sequence_id)
    pair.server.receive(frame, pair.now)
    assert pair.server.events() == []
    assert pair.server.data_to_send() == b""
    pair.server.respond(received.sequence_id, SubmitResp(0))
    answer = pair.server.data_to_send()
    pair.server.receive(frame, pair.now)
    assert pair.server.data_to_send() == answer
    assert pair.server.events() == []
    assert pair.server.repeated_requests == 2


def test_a_number_used_again_with_another_content() -> None:
    pair = Pair().open()
    received = pair.ask(SUBMIT)
    other = encode(Submit(user_numbers=(b"1",)), received.sequence_id)
    pair.server.receive(other, pair.now)
    assert isinstance(pair.server.events()[0], PeerMisbehaved)
    assert pair.server.data_to_send() == b""
    pair.server.respond(received.sequence_id, SubmitResp(0))
    pair.server.data_to_send()
    pair.server.receive(other, pair.now)
    assert frames_of(pair.server.data_to_send()) == [(received.sequence_id, SubmitResp(status.SEQUENCE_ILLEGAL))]


def test_what_was_refused_is_looked_at_again() -> None:
    pair = Pair(LoginType.SMG_TO_SP).open()
    received = pair.ask(REPORT)
    pair.server.respond(received.sequence_id, ReportResp(status.NODE_BUSY))
    pair.down()
    pair.client.send_request(REPORT, pair.now, sequence=received.sequence_id)
    assert pair.up() == [received]


def test_answers_are_remembered_for_a_while_only() -> None:
    pair = Pair(client=ClientSettings(window=100)).open()
    first = pair.ask(SUBMIT)
    pair.server.respond(first.sequence_id, SubmitResp(0))
    for _ in range(64):
        pair.server.respond(pair.ask(SUBMIT).sequence_id, SubmitResp(0))
    pair.server.receive(encode(SUBMIT, first.sequence_id), pair.now)
    assert pair.server.events() == [first]


def test_a_request_without_answer_is_given_up() -> None:
    pair = Pair(client=ClientSettings(response_timeout_s=30.0)).open()
    sequence = pair.client.send_request(SUBMIT, pair.now, "tag")
    pair.client.data_to_send()
    pair.pass_time(29.9)
    assert pair.client.events() == []
    pair.pass_time(0.2)
    assert pair.client.events() == [RequestExpired(SUBMIT, "tag", "no answer in time")]
    pair.client.receive(encode(SubmitResp(0), sequence), pair.now)
    assert pair.client.events() == []
    assert pair.client.stray_responses == 1


def test_a_server_that_is_silent_altogether_is_taken_for_dead() -> None:
    pair = Pair(client=ClientSettings(response_timeout_s=30.0)).open()
    pair.pass_time(1.0)
    pair.client.send_request(SUBMIT, pair.now, "first")
    pair.pass_time(1.0)
    pair.client.send_request(SUBMIT, pair.now, "second")
    pair.pass_time(29.0)
    first, second, ended = pair.client.events()
    assert isinstance(ended, Ended)
    assert [event.tag for event in (first, second) if isinstance(event, RequestExpired)] == ["first", "second"]


def test_a_server_that_answers_something_lives() -> None:
    pair = Pair(client=ClientSettings(response_timeout_s=30.0)).open()
    pair.pass_time(1.0)
    pair.client.send_request(SUBMIT, pair.now, "first")
    pair.up()
    received = pair.ask(SUBMIT, "second")
    pair.server.respond(received.sequence_id, SubmitResp(0))
    pair.pass_time(1.0)
    pair.down()
    pair.pass_time(29.0)
    (expired,) = pair.client.events()
    assert isinstance(expired, RequestExpired)
    assert expired.tag == "first"
    assert not pair.client.is_closed


def test_a_request_is_sent_again_with_its_number() -> None:
    pair = Pair(client=ClientSettings(submit_resends=1, response_timeout_s=10.0)).open()
    sequence = pair.client.send_request(SUBMIT, pair.now, "tag")
    frame = pair.client.data_to_send()
    assert frames_of(frame) == [(sequence, SUBMIT)]
    pair.pass_time(10.0)
    assert pair.client.data_to_send() == frame
    assert pair.client.events() == []
    pair.pass_time(10.0)
    (expired,) = pair.client.events()
    assert isinstance(expired, RequestExpired)
    assert expired.tag == "tag"


def test_deliveries_are_sent_again_by_themselves() -> None:
    pair = Pair(LoginType.SMG_TO_SP, client=ClientSettings(response_timeout_s=10.0)).open()
    pair.client.send_request(REPORT, pair.now)
    frame = pair.client.data_to_send()
    for _ in range(2):
        pair.pass_time(10.0)
        assert pair.client.data_to_send() == frame
    pair.pass_time(10.0)
    assert isinstance(pair.client.events()[0], RequestExpired)


def test_the_window_fills_in_the_order_of_deadlines() -> None:
    pair = Pair(client=ClientSettings(submit_resends=1, response_timeout_s=10.0)).open()
    pair.client.send_request(SUBMIT, pair.now, "early")
    pair.pass_time(5.0)
    pair.client.send_request(SUBMIT, pair.now, "late")
    pair.pass_time(5.0)  # early goes again
    pair.pass_time(5.0)  # late goes again
    pair.pass_time(5.0)
    assert [event.tag for event in pair.client.events() if isinstance(event, RequestExpired)] == ["early"]


def test_no_answer_to_the_login_ends_it() -> None:
    pair = Pair(client=ClientSettings(response_timeout_s=30.0))
    pair.pass_time(30.0)
    assert pair.client.events() == [Ended("no login in time")]


def test_a_caller_who_does_not_log_in() -> None:
    server = SgipServer(ALL, ServerSettings(login_timeout_s=30.0))
    server.await_login(0.0)
    server.tick(29.0)
    assert not server.is_closed
    server.tick(30.0)
    assert server.events() == [Ended("no login in time")]


def test_silence_ends_it_unless_we_owe_an_answer() -> None:
    pair = Pair(server=ServerSettings(idle_s=60.0)).open()
    pair.pass_time(59.0)
    received = pair.ask(SUBMIT)
    pair.pass_time(61.0)
    assert not pair.server.is_closed
    pair.server.respond(received.sequence_id, SubmitResp(0))
    pair.server.tick(pair.now)
    assert pair.server.events() == [Ended("nothing heard for 60 s")]


def test_silence_may_be_allowed() -> None:
    pair = Pair(server=ServerSettings(idle_s=0.0)).open()
    pair.pass_time(1e6)
    assert not pair.server.is_closed


def test_leave_in_order() -> None:
    pair = Pair().open()
    pair.client.leave(pair.now)
    assert pair.up() == [Ended("the client took leave")]
    assert pair.down() == [Ended("left in order")]


def test_leave_waits_for_what_is_open() -> None:
    pair = Pair().open()
    received = pair.ask(SUBMIT, "mine")
    pair.client.leave(pair.now)
    assert pair.up() == []
    with pytest.raises(LocalProtocolError):
        pair.client.send_request(SUBMIT, pair.now)
    pair.server.respond(received.sequence_id, SubmitResp(0))
    assert [type(event) for event in pair.down()] == [ResponseReceived, Ended]


def test_leave_does_not_wait_for_ever() -> None:
    pair = Pair(server=ServerSettings(leave_timeout_s=5.0), client=ClientSettings(leave_timeout_s=20.0)).open()
    pair.ask(SUBMIT, "mine")
    pair.client.leave(pair.now)
    pair.up()
    pair.pass_time(1.0)
    assert not pair.server.is_closed
    pair.pass_time(5.0)
    assert pair.server.is_closed
    expired, ended = pair.down()
    assert expired == RequestExpired(SUBMIT, "mine", "left in order")
    assert isinstance(ended, Ended)


def test_leave_without_answer() -> None:
    pair = Pair(client=ClientSettings(leave_timeout_s=5.0)).open()
    pair.client.leave(pair.now)
    pair.pass_time(5.0)
    assert pair.client.events() == [Ended("no leave granted in time")]


def test_leave_before_the_login() -> None:
    pair = Pair()
    pair.client.leave(pair.now)
    assert pair.client.events() == [Ended("left before the login")]


def test_a_server_that_takes_leave_is_answered() -> None:
    pair = Pair().open()
    pair.client.receive(encode(Unbind(), pack(7, 7, 7)), pair.now)
    assert pair.client.events() == [Ended("the server took leave")]
    assert frames_of(pair.client.data_to_send()) == [(pack(7, 7, 7), UnbindResp())]


def test_a_request_from_the_side_that_answers_is_skipped() -> None:
    pair = Pair().open()
    pair.client.receive(encode(Deliver(), pack(7, 7, 7)), pair.now)
    assert isinstance(pair.client.events()[0], PeerMisbehaved)
    assert pair.client.data_to_send() == b""
    assert pair.client.state is State.OPEN


def test_a_lost_connection_gives_up_everything() -> None:
    pair = Pair().open()
    pair.client.send_request(SUBMIT, pair.now, "tag")
    pair.client.connection_lost()
    expired, ended = pair.client.events()
    assert isinstance(expired, RequestExpired)
    assert expired.tag == "tag"
    assert ended == Ended("connection lost")
    pair.client.connection_lost()
    pair.client.tick(1e9)
    pair.client.receive(b"anything", 0.0)
    assert pair.client.events() == []


def test_a_closed_server_does_nothing() -> None:
    pair = Pair().open()
    received = pair.ask(SUBMIT)
    pair.server.close("enough")
    assert pair.server.events() == [Ended("enough")]
    pair.server.respond(received.sequence_id, SubmitResp(0))
    pair.server.refuse_login(1)
    assert not pair.server.accept_login(0.0)
    pair.server.tick(1e9)
    assert pair.server.data_to_send() == b""
    assert pair.server.events() == []


@pytest.mark.parametrize(
    ("frame", "answer"),
    [
        (encode(SUBMIT, pack(4, 4, 4))[:-1], SubmitResp(status.LENGTH_WRONG)),
        (encode(SUBMIT, pack(4, 4, 4)) + b"x", SubmitResp(status.LENGTH_WRONG)),
        (encode(SUBMIT, pack(4, 4, 4))[:30], SubmitResp(status.FORMAT_WRONG)),
        (encode(Trace(pack(1, 1, 1)), pack(4, 4, 4)) + b"x", TraceResp((Hop(status.LENGTH_WRONG),))),
    ],
)
def test_a_request_whose_inside_is_wrong_is_answered(frame: bytes, answer: Pdu) -> None:
    pair = Pair().open()
    pair.server.receive(len(frame).to_bytes(4, "big") + frame[4:], pair.now)
    assert [type(event) for event in pair.server.events()] == [PeerMisbehaved]
    assert frames_of(pair.server.data_to_send()) == [(pack(4, 4, 4), answer)]
    pair.ask(SUBMIT)


@pytest.mark.parametrize(
    "frame",
    [
        b"\xde\xad\xbe\xef" * 8,
        b"\0\0\0\x13" + bytes(40),
        b"\0\0\x2e\xe7" + bytes(40),
        b"\0\0\0\x14\0\0\x70\x01" + bytes(12),
        b"\0\0\0\x15\0\0\0\x02" + bytes(13),
        b"\0\0\0\x15\x80\0\0\x03" + bytes(13),
    ],
)
def test_what_cannot_be_read_ends_the_servers_side(frame: bytes) -> None:
    pair = Pair().open()
    pair.server.receive(frame, pair.now)
    assert [type(event) for event in pair.server.events()] == [PeerMisbehaved, Ended]


def test_an_answer_that_cannot_be_read_ends_the_clients_side() -> None:
    pair = Pair().open()
    pair.client.send_request(SUBMIT, pair.now, "tag")
    pair.client.receive(b"\0\0\0\x15\x80\0\0\x03" + bytes(13), pair.now)
    assert [type(event) for event in pair.client.events()] == [PeerMisbehaved, RequestExpired, Ended]


def test_a_request_that_cannot_be_read_is_skipped_by_the_client() -> None:
    pair = Pair().open()
    pair.client.receive(b"\0\0\0\x15\0\0\0\x03" + bytes(13), pair.now)
    assert [type(event) for event in pair.client.events()] == [PeerMisbehaved]
    assert pair.client.free_window == 32


def test_an_answer_of_another_kind_is_none() -> None:
    pair = Pair().open()
    sequence = pair.client.send_request(SUBMIT, pair.now)
    pair.client.receive(encode(DeliverResp(0), sequence), pair.now)
    assert pair.client.events() == []
    assert pair.client.stray_responses == 1
    pair.server.receive(encode(SubmitResp(0), sequence), pair.now)
    assert isinstance(pair.server.events()[0], PeerMisbehaved)


def test_calls_that_make_no_sense() -> None:
    pair = Pair().open()
    with pytest.raises(LocalProtocolError):
        pair.client.log_in(LoginType.SP_TO_SMG, b"", b"", 0.0)
    with pytest.raises(LocalProtocolError):
        pair.server.await_login(0.0)
    with pytest.raises(LocalProtocolError):
        pair.server.accept_login(0.0)
    with pytest.raises(LocalProtocolError):
        pair.server.respond(pack(1, 2, 3), SubmitResp(0))
    received = pair.ask(SUBMIT)
    with pytest.raises(LocalProtocolError):
        pair.server.respond(received.sequence_id, DeliverResp(0))
    with pytest.raises(LocalProtocolError, match="waits"):
        pair.client.send_request(SUBMIT, pair.now, sequence=received.sequence_id)


def test_the_frames_of_others_octet_by_octet_through_both_sides() -> None:
    """A whole conversation of vectors: what a client of another make sends, our server takes."""
    frames = {vector.name.split()[0]: vector.frame for vector in VECTORS}
    server = SgipServer(ALL)
    for octet in frames["G1"]:
        server.receive(bytes((octet,)), 0.0)
    assert isinstance(server.events()[0], LoginRequested)
    server.accept_login(0.0)
    assert server.data_to_send() == frames["G2"]
    for octet in frames["G6"]:
        server.receive(bytes((octet,)), 0.0)
    (received,) = server.events()
    assert isinstance(received, RequestReceived)
    server.respond(received.sequence_id, SubmitResp(0))
    assert server.data_to_send() == frames["G8"]
    server.receive(frames["G14"], 0.0)
    assert server.data_to_send() == frames["G15"]


STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("raw"), st.binary(max_size=60)),
        st.tuples(st.just("frame"), st.sampled_from([vector.frame for vector in VECTORS])),
        st.tuples(st.just("tick"), st.integers(0, 40)),
        st.tuples(st.just("ask"), st.none()),
        st.tuples(st.just("answer"), st.integers(0, 200)),
        st.tuples(st.just("leave"), st.none()),
    ),
    max_size=20,
)


@given(STEPS, st.booleans())
def test_every_request_is_settled_once_whatever_comes(steps: list[tuple[str, Any]], opened: bool) -> None:
    client, server = SgipClient(numbers(), ClientSettings(window=3)), SgipServer(ALL, ServerSettings(window=3))
    server.await_login(0.0)
    client.log_in(LoginType.SMG_TO_SMG, b"a", b"b", 0.0)
    now, asked, settled, pending = 0.0, 0, 0, []
    for step, value in [("ask", None)] * opened + steps:
        if step in ("raw", "frame"):
            client.receive(value, now)
            server.receive(value, now)
        elif step == "tick":
            now += value
            client.tick(now)
            server.tick(now)
        elif step == "ask" and client.free_window:
            client.send_request(SUBMIT, now)
            asked += 1
        elif step == "answer" and pending:
            event = pending.pop()
            server.respond(event.sequence_id, ANSWERS[type(event.pdu)])
        elif step == "leave":
            client.leave(now)
        for event in server.events():
            if isinstance(event, LoginRequested):
                server.accept_login(now)
            elif isinstance(event, RequestReceived):
                pending.append(event)
        server.receive(client.data_to_send(), now)
        client.receive(server.data_to_send(), now)
        settled += sum(isinstance(event, ResponseReceived | RequestExpired) for event in client.events())
    client.connection_lost()
    settled += sum(isinstance(event, ResponseReceived | RequestExpired) for event in client.events())
    assert settled == asked

"""A peer that speaks CMPP: the gateway's side of one connection."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from carriers.cmpp import login, status
from carriers.cmpp.events import (
    Ended,
    Event,
    LoginRequested,
    PeerMisbehaved,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
)
from carriers.cmpp.message_id import MessageIdSource, group_ids
from carriers.cmpp.pdu import (
    Cancel,
    CancelResp,
    Connect,
    Deliver,
    DeliverResp,
    Fwd,
    FwdResp,
    Query,
    QueryResp,
    Submit,
    SubmitResp,
    Version,
    field_text,
)
from carriers.cmpp.protocol import CmppProtocol
from carriers.cmpp.reports import FIELD_WIDTH, SPECIFIED_WIDTH, Report
from carriers.cmpp.rules import Role, Settings
from carriers.message_format import alphabet_of
from carriers.user_data import concat_element, with_header
from gateway.core import text
from gateway.core.peers import Denial, Destination, Refusal, Submitted
from gateway.core.text import Alphabet
from gateway.downstream import content, reports
from gateway.downstream.config import DownstreamCmppConfig
from gateway.downstream.content import NotTaken
from gateway.downstream.line import Answers, Door, Line
from gateway.downstream.times import local_time, moment_ms, stamp
from gateway.store.peer_deliveries import Delivery

#: 9 to 13 are defined by 3.0 and are "other errors" to a 2.0 peer; from 100 on they are the gateway's own.
NO_BALANCE: Final = 100
AGAINST_A_RULE: Final = 101
CODES: Final[dict[Refusal, int]] = {
    Refusal.THROTTLED: status.FLOW_CONTROL,
    Refusal.QUEUE_FULL: status.FLOW_CONTROL,
    Refusal.BALANCE: NO_BALANCE,
    Refusal.SENDER: 10,
    Refusal.RECIPIENT: 13,
    Refusal.STOPPED: 13,
    Refusal.LENGTH: 6,
    Refusal.CONTENT: status.STRUCTURE_WRONG,
    Refusal.RULE: AGAINST_A_RULE,
    Refusal.STRUCTURE: status.STRUCTURE_WRONG,
    # The only number that says "later".
    Refusal.UNAVAILABLE: status.FLOW_CONTROL,
}
DENIALS: Final[dict[Denial, int]] = {
    Denial.UNKNOWN: status.SOURCE_ADDRESS_ILLEGAL,
    Denial.SECRET: status.AUTHENTICATION_FAILED,
    Denial.ADDRESS: status.SOURCE_ADDRESS_ILLEGAL,
    Denial.TOO_MANY: status.OTHER_LOGIN_ERROR,
    Denial.TOO_OFTEN: status.OTHER_LOGIN_ERROR,
}
MOST_DESTINATIONS: Final = 99


class CmppIds:
    """Fresh Msg_Ids, one by one or as the group of a submit to several phones."""

    def __init__(self, config: DownstreamCmppConfig) -> None:
        self._source = MessageIdSource(config.gateway_code)
        self._offset_h = config.clock_offset_h

    def take(self, now_ms: int, count: int = 1) -> tuple[int, ...]:
        """So many ids that follow one another."""
        moment = local_time(now_ms, self._offset_h)
        while True:
            ids = tuple(self._source.next(moment) for _ in range(count))
            if ids == group_ids(ids[0], count):
                return ids


class CmppLine(Line):
    """One connection."""

    protocol = "cmpp"

    def __init__(self, door: Door, address: str, config: DownstreamCmppConfig, ids: CmppIds, now: float) -> None:
        super().__init__(door, address)
        self._config = config
        self._ids = ids
        self._protocol = CmppProtocol(
            Role.GATEWAY,
            Settings(response_timeout_s=config.login_s, active_test_s=config.active_test_s, other_resends=0),
        )
        self._protocol.await_login(now)

    @property
    def room(self) -> int:
        return self._protocol.free_window if self.receives and not self.is_over else 0

    def receive(self, data: bytes, now: float) -> None:
        self._protocol.receive(data, now)
        self._follow()

    def tick(self, now: float) -> None:
        self._protocol.tick(now)
        self._follow()

    def data_to_send(self) -> bytes:
        self._follow()  # an answer given meanwhile may have been the last that a farewell waited for
        return self._protocol.data_to_send()

    def leave(self, now: float) -> None:
        self._protocol.leave(now)
        self._follow()

    def lose(self) -> list[Delivery]:
        self.is_over = True
        self._protocol.connection_lost()
        lost = [event.tag for event in self._protocol.events() if isinstance(event, RequestExpired)]
        return [delivery for delivery in lost if isinstance(delivery, Delivery)]

    def deliver(self, delivery: Delivery, now: float) -> None:
        body = delivery.body
        request = self._report(body) if body["kind"] == "report" else self._written(delivery)
        self._protocol.send_request(request, now, tag=delivery)

    # --- what the peer does -----------------------------------------------------------------------------------

    def _follow(self) -> None:
        while events := self._protocol.events():  # what is done about one may bring others
            for event in events:
                if isinstance(event, RequestReceived):
                    self._take(event)
                else:
                    self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case ResponseReceived(response=DeliverResp(result=result), tag=Delivery() as delivery):
                if result == status.OK:
                    self._door.delivered(self, delivery)
                else:
                    self._door.declined(self, delivery, result)
            case RequestExpired(tag=Delivery() as delivery):
                self._door.returned(self, [delivery])
            case LoginRequested(connect=connect):
                self._decide(connect)
            case PeerMisbehaved(reason=reason):
                self._door.misbehaved(self, reason)
            case Ended(reason=reason):
                self.reason = self.reason or reason
                self.is_over = True
            case _:
                pass

    def _decide(self, connect: Connect) -> None:
        found = self._door.admit(
            self,
            field_text(connect.source_addr),
            lambda peer: login.is_genuine_source(connect, peer.secret.encode()),
        )
        if isinstance(found, Denial):
            self._protocol.refuse_login(DENIALS[found])
            return
        self._protocol.settings = replace(
            self._protocol.settings,
            window=found.window,
            peer_window=2 * found.window,
            response_timeout_s=self._config.response_timeout_s,
        )
        if not self._protocol.accept_login(found.secret.encode()):
            return
        self.peer = found
        self.receives = True
        self._door.joined(self)

    def _take(self, event: RequestReceived) -> None:
        match event.pdu:
            case Submit():
                self._submit(event.sequence_id, event.pdu)
            case Query():
                # Its counters are of no use without the billing they belong to; zeros are what gateways give.
                query = event.pdu
                self._protocol.respond(event.sequence_id, QueryResp(query.time, query.query_type, query.query_code))
            case Cancel():
                self._protocol.respond(event.sequence_id, CancelResp(1))  # its Msg_Id is not kept for that
            case Fwd():
                fwd = event.pdu
                self._protocol.respond(
                    event.sequence_id, FwdResp(fwd.msg_id, fwd.pk_total, fwd.pk_number, status.OTHER_ERROR)
                )
            case _:
                pass

    def _submit(self, sequence_id: int, request: Submit) -> None:
        try:
            numbers = request.dest_terminal_id
            if not 1 <= len(numbers) <= MOST_DESTINATIONS:
                raise NotTaken(Refusal.STRUCTURE)
            self._may_take(len(numbers))
            submitted = self._submitted(request)
        except NotTaken as error:
            self._door.refused(self, error.refusal)
            self._protocol.respond(sequence_id, SubmitResp(0, CODES[error.refusal]))
            return
        except ValueError:
            self._door.refused(self, Refusal.STRUCTURE)
            self._protocol.respond(sequence_id, SubmitResp(0, status.STRUCTURE_WRONG))
            return

        def answer(answers: Answers) -> None:
            refusal = answers[0]
            if refusal is not None:
                self._protocol.respond(sequence_id, SubmitResp(0, CODES[refusal]))
            else:
                self._protocol.respond(sequence_id, SubmitResp(int(submitted.destinations[0].handed), status.OK))

        self._hand_in(submitted, answer)

    def _submitted(self, request: Submit) -> Submitted:
        """The submit in the hub's words. Raises NotTaken; ValueError for its times."""
        peer = self._inside
        found = content.read(
            request.msg_content,
            alphabet_of(request.msg_fmt, peer.alphabet),
            has_header=bool(request.tp_udhi & 1),
            max_segments=self._door.max_segments,
        )
        source = field_text(request.src_id)
        sender = self._sender(source)
        written = [field_text(number) for number in request.dest_terminal_id]
        recipients = [self._recipient(number) for number in written]
        now_ms = self._door.now_ms()
        not_before_ms = moment_ms(field_text(request.at_time), now_ms) or 0
        until_ms = moment_ms(field_text(request.valid_time), now_ms)
        validity_s = None if until_ms is None else max(60, (until_ms - max(not_before_ms, now_ms)) // 1000)
        terms = {"source": source, "service": field_text(request.service_id)}
        return Submitted(
            peer,
            tuple(
                Destination(self._door.new_id(), recipient, str(msg_id), terms | {"dest": number})
                for recipient, number, msg_id in zip(
                    recipients, written, self._ids.take(now_ms, len(written)), strict=True
                )
            ),
            sender,
            found.text,
            found.concat,
            1 if request.registered_delivery == 1 else 0,
            validity_s,
            not_before_ms,
            data=found.data,
            port=found.port,
            source_port=found.source_port,
        )

    # --- what the peer is told --------------------------------------------------------------------------------

    def _report(self, body: Mapping[str, Any]) -> Deliver:
        terms = body["terms"]
        offset_h = self._config.clock_offset_h
        # The specification prints 21 for both versions; of those that speak 3.0 most expect the 32 of its numbers.
        width = FIELD_WIDTH if self._protocol.version is Version.V3 else SPECIFIED_WIDTH
        number = terms["dest"].encode("ascii", "replace")[:width]
        report = Report(
            msg_id=int(body["handed"]),
            stat=reports.vendor_word(body["state"], body["code"]).encode(),
            submit_time=stamp(body["submitted_ms"], offset_h).encode(),
            done_time=stamp(body["done_ms"], offset_h).encode(),
            dest_terminal_id=number,
        )
        return Deliver(
            msg_id=self._ids.take(self._door.now_ms())[0],
            dest_id=terms["source"].encode("ascii", "replace")[:21],
            service_id=terms.get("service", "").encode("ascii", "replace")[:10],
            src_terminal_id=number[:SPECIFIED_WIDTH],
            registered_delivery=1,
            msg_content=report.encode(width),
        )

    def _written(self, delivery: Delivery) -> Deliver:
        """The DELIVER of what a phone wrote, or of one part of it; sent again it has the same Msg_Id."""
        body = delivery.body
        alphabet = Alphabet(body["alphabet"])
        octets = text.encode(body["text"], alphabet)
        is_long = body["total"] > 1
        if is_long:
            octets = with_header(concat_element(body["reference"], body["total"], body["number"]), octets)
        sender = body["sender"].removeprefix("+86").removeprefix("+")
        return Deliver(
            msg_id=delivery.id,
            dest_id=body["recipient"].encode("ascii", "replace")[:21],
            tp_udhi=1 if is_long else 0,
            msg_fmt=8 if alphabet is Alphabet.UCS2 else 15 if alphabet is Alphabet.GBK else 0,
            src_terminal_id=sender.encode("ascii", "replace")[:21],
            msg_content=octets,
        )

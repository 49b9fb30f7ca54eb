"""A peer that speaks SMPP: the message centre's side of one session."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from carriers.smpp import pdu, receipts, status, tlv
from carriers.smpp.base import Pdu, Response
from carriers.smpp.constants import (
    CODING_DEFAULT,
    CODING_UCS2,
    ESM_RECEIPT,
    ESM_UDHI,
    NPI_ISDN,
    TON_ALPHANUMERIC,
    TON_INTERNATIONAL,
    TON_UNKNOWN,
)
from carriers.smpp.layout import DestinationAddress, UnsuccessfulDelivery
from carriers.smpp.protocol import (
    BindRequested,
    Event,
    Limits,
    LineClosed,
    PeerErred,
    RequestExpired,
    RequestReceived,
    ResponseReceived,
    SmppProtocol,
)
from carriers.smpp.states import Role, State
from carriers.smpp.translate import alphabet_of, concat_in_tlvs, ports_in_tlvs
from gateway.core import outbox, text
from gateway.core.peers import Denial, Destination, Peer, Refusal, Submitted
from gateway.core.text import Alphabet
from gateway.downstream import content, reports
from gateway.downstream.config import DownstreamSmppConfig
from gateway.downstream.content import NotTaken
from gateway.downstream.line import Answers, Door, Line
from gateway.downstream.times import moment_ms, stamp
from gateway.store.peer_deliveries import Delivery

Submit = pdu.SubmitSm | pdu.DataSm | pdu.SubmitMulti

#: 3.4 leaves 0x0400 to 0x04FF to the message centre (section 5.1.3).
NO_BALANCE: Final = 0x0400
AGAINST_A_RULE: Final = 0x0401
_RINVESMCLASS, _RINVDCS = status.CODES["ESME_RINVESMCLASS"], status.CODES["ESME_RINVDCS"]
CODES: Final[dict[Refusal, int]] = {
    Refusal.THROTTLED: status.RTHROTTLED,
    Refusal.QUEUE_FULL: status.RMSGQFUL,
    Refusal.BALANCE: NO_BALANCE,
    Refusal.SENDER: status.RINVSRCADR,
    Refusal.RECIPIENT: status.RINVDSTADR,
    Refusal.STOPPED: status.RINVDSTADR,
    Refusal.LENGTH: status.RINVMSGLEN,
    Refusal.CONTENT: _RINVDCS,
    Refusal.RULE: AGAINST_A_RULE,
    Refusal.STRUCTURE: _RINVESMCLASS,
    Refusal.UNAVAILABLE: status.RSYSERR,
}
DENIALS: Final[dict[Denial, int]] = {
    Denial.UNKNOWN: status.RINVSYSID,
    Denial.SECRET: status.RINVPASWD,
    Denial.ADDRESS: status.RBINDFAIL,
    Denial.TOO_MANY: status.RALYBND,
    Denial.TOO_OFTEN: status.RBINDFAIL,
}
#: Alphabets of other countries and pictures (section 5.2.19), which the hub has no text for.
_FOREIGN: Final = frozenset({0x05, 0x06, 0x07, 0x09, 0x0A, 0x0D, 0x0E})
_STATE_NUMBERS: Final = {word: number for number, word in receipts.STATE_WORDS.items()}
_ENROUTE: Final = 1
_TIME_TO_LIVE: Final = 0x0017  # qos_time_to_live, seconds (section 5.3.2.9)


class SmppLine(Line):
    """One session."""

    protocol = "smpp"

    def __init__(self, door: Door, address: str, config: DownstreamSmppConfig, now: float) -> None:
        super().__init__(door, address)
        self._config = config
        self._protocol = SmppProtocol(
            Role.SMSC,
            Limits(
                session_init_s=config.login_s,
                enquire_link_s=config.enquire_link_s,
                response_timeout_s=config.response_timeout_s,
            ),
            now=now,
        )
        self._out: dict[int, Delivery] = {}  # without response, by sequence number

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
        self._protocol.unbind(now)
        self._follow()

    def lose(self) -> list[Delivery]:
        self.is_over = True
        self._protocol.connection_lost()
        lost = list(self._out.values())
        self._out.clear()
        return lost

    def deliver(self, delivery: Delivery, now: float) -> None:
        body = delivery.body
        request = self._receipt(body) if body["kind"] == "report" else self._written(body)
        self._out[self._protocol.send_request(request, now)] = delivery

    # --- what the peer does -----------------------------------------------------------------------------------

    def _follow(self) -> None:
        while events := self._protocol.events():  # what is done about one may bring others
            for event in events:
                if isinstance(event, RequestReceived):
                    self._take(event.request)
                else:
                    self._note(event)

    def _note(self, event: Event) -> None:
        match event:
            case ResponseReceived(response=response, sequence_number=sequence):
                delivery = self._out.pop(sequence, None)
                if delivery is None:
                    return
                if response.command_status:
                    self._door.declined(self, delivery, response.command_status)
                else:
                    self._door.delivered(self, delivery)
            case RequestExpired(sequence_number=sequence):
                delivery = self._out.pop(sequence, None)
                if delivery is not None:
                    self._door.returned(self, [delivery])
            case BindRequested(request=bind):
                self._decide(bind)
            case PeerErred(reason=reason):
                self._door.misbehaved(self, reason)
            case LineClosed(reason=reason):
                self.reason = self.reason or reason
                self.is_over = True
            case _:
                pass

    def _decide(self, bind: pdu.Bind) -> None:
        found = self._door.admit(self, bind.system_id, lambda peer: proves(peer, bind.password))
        if isinstance(found, Denial):
            self._protocol.refuse_bind(DENIALS[found])
            return
        self._protocol.limits = replace(self._protocol.limits, window=found.window)
        self._protocol.accept_bind(self._config.system_id)
        if self._protocol.is_closed:
            return
        self.peer = found
        self.receives = self._protocol.state in (State.BOUND_RX, State.BOUND_TRX)
        self._door.joined(self)

    def _take(self, request: Pdu) -> None:
        match request:
            case pdu.SubmitSm() | pdu.DataSm() | pdu.SubmitMulti():
                self._submit(request)
            case pdu.QuerySm():
                self._query(request)
            case pdu.CancelSm():
                self._cancel(request)
            case pdu.ReplaceSm():
                # What waits may be on its way already, and a long SMS is cut anew: cancel it and send another.
                self._protocol.respond(request, pdu.ReplaceSmResp(command_status=status.CODES["ESME_RREPLACEFAIL"]))
            case _:
                pass

    def _submit(self, request: Submit) -> None:
        if self._protocol.bound_as is State.BOUND_RX:  # data_sm is allowed both ways in every bound state
            self._refuse(request, status.RINVBNDSTS)
            return
        try:
            if not isinstance(request, pdu.SubmitMulti):
                recipient = request.destination_addr
                places = [(request.dest_addr_ton, request.dest_addr_npi, recipient)]
            else:
                places = _places(request)
            self._may_take(len(places))
            submitted, refused = self._submitted(request, places)
        except NotTaken as error:
            self._door.refused(self, error.refusal)
            self._refuse(request, CODES[error.refusal])
            return
        except ValueError:
            self._refuse(request, status.RINVEXPIRY)
            return
        if not submitted.destinations:
            self._answer(request, submitted, (), refused)
            return
        self._hand_in(submitted, lambda answers: self._answer(request, submitted, answers, refused))

    def _submitted(
        self, request: Submit, places: list[tuple[int, int, str]]
    ) -> tuple[Submitted, list[UnsuccessfulDelivery]]:
        """The submit in the hub's words, and destinations that are none. Raises NotTaken; ValueError for its times."""
        peer = self._inside
        found = self._content(request, peer)
        sender = self._sender(request.source_addr)
        now_ms = self._door.now_ms()
        validity_s, not_before_ms = None, 0
        if isinstance(request, pdu.DataSm):
            validity_s = tlv.integer(request.tlvs, _TIME_TO_LIVE)
        else:
            not_before_ms = moment_ms(request.schedule_delivery_time, now_ms) or 0
            until_ms = moment_ms(request.validity_period, now_ms)
            if until_ms is not None:
                validity_s = max(60, (until_ms - max(not_before_ms, now_ms)) // 1000)
        terms = {
            "source": request.source_addr,
            "source_ton": request.source_addr_ton,
            "source_npi": request.source_addr_npi,
        }
        destinations: list[Destination] = []
        refused: list[UnsuccessfulDelivery] = []
        handed = ""
        for ton, npi, number in places:
            try:
                recipient = self._recipient(
                    "+" + number if ton == TON_INTERNATIONAL and not number.startswith("+") else number
                )
            except NotTaken as error:
                if not isinstance(request, pdu.SubmitMulti):
                    raise
                refused.append(UnsuccessfulDelivery(number, CODES[error.refusal], ton, npi))
                continue
            submit_id = self._door.new_id()
            handed = handed or str(submit_id)
            place = {"dest": number, "dest_ton": ton, "dest_npi": npi}
            destinations.append(Destination(submit_id, recipient, handed, terms | place))
        return (
            Submitted(
                peer,
                tuple(destinations),
                sender,
                found.text,
                found.concat,
                request.registered_delivery & 3,
                validity_s,
                not_before_ms,
                all_or_none=False,
                data=found.data,
                port=found.port,
                source_port=found.source_port,
            ),
            refused,
        )

    def _content(self, request: Submit, peer: Peer) -> content.Content:
        octets = b"" if isinstance(request, pdu.DataSm) else request.short_message
        tlvs = request.tlvs
        if tlvs and not octets:
            octets = tlv.find(tlvs, tlv.MESSAGE_PAYLOAD) or b""
        alphabet = alphabet_of(request.data_coding, peer.alphabet)
        if request.data_coding in _FOREIGN or (alphabet is Alphabet.BINARY and _is_for_sim(request.data_coding)):
            raise NotTaken(Refusal.CONTENT)
        found = content.read(
            octets,
            alphabet,
            has_header=bool(request.esm_class & ESM_UDHI),
            max_segments=self._door.max_segments,
        )
        if tlvs and found.concat is None:
            found = found._replace(concat=concat_in_tlvs(tlvs))
        if tlvs and found.port is None:
            ports = ports_in_tlvs(tlvs)
            if ports is not None and not found.data:
                raise NotTaken(Refusal.CONTENT)  # a text for a program
            if ports is not None:
                found = found._replace(port=ports.destination, source_port=ports.source)
        return found

    def _answer(
        self, request: Submit, submitted: Submitted, answers: Answers, refused: list[UnsuccessfulDelivery]
    ) -> None:
        if isinstance(request, pdu.SubmitMulti):
            for place, refusal in zip(submitted.destinations, answers, strict=True):
                if refusal is not None:
                    address = place.terms["dest"]
                    ton, npi = place.terms["dest_ton"], place.terms["dest_npi"]
                    refused.append(UnsuccessfulDelivery(address, CODES[refusal], ton, npi))
            taken = submitted.destinations[0].handed if any(answer is None for answer in answers) else ""
            self._protocol.respond(request, pdu.SubmitMultiResp(taken, tuple(refused)))
            return
        refusal = answers[0]
        if refusal is not None:
            self._refuse(request, CODES[refusal])
        elif isinstance(request, pdu.SubmitSm):
            self._protocol.respond(request, pdu.SubmitSmResp(submitted.destinations[0].handed))
        else:
            self._protocol.respond(request, pdu.DataSmResp(submitted.destinations[0].handed))

    def _refuse(self, request: Submit, code: int) -> None:
        kinds: dict[type, type[Response]] = {
            pdu.SubmitSm: pdu.SubmitSmResp,
            pdu.DataSm: pdu.DataSmResp,
            pdu.SubmitMulti: pdu.SubmitMultiResp,
        }
        self._protocol.respond(request, kinds[type(request)](command_status=code, has_body=False))

    # --- questions about messages -----------------------------------------------------------------------------

    def _query(self, request: pdu.QuerySm) -> None:
        failed = pdu.QuerySmResp(command_status=status.CODES["ESME_RQUERYFAIL"], has_body=False)

        def answer(row: Mapping[Any, Any] | None) -> None:
            if row is None:
                self._protocol.respond(request, failed)
                return
            state = outbox.State(row["state"])
            number, final = _ENROUTE, ""
            if state in outbox.FINAL:
                number = _STATE_NUMBERS[reports.word(state, row["code"] or "")]
                final = f"{stamp(row['settled_ms'] or 0, 0.0)}00000+"
            self._protocol.respond(request, pdu.QuerySmResp(request.message_id, final, number, 0))

        submit_id = _submit_id(request.message_id)
        if submit_id is None:
            self._protocol.respond(request, failed)
        else:
            self._door.look_up(self, submit_id, answer)

    def _cancel(self, request: pdu.CancelSm) -> None:
        failed = status.CODES["ESME_RCANCELFAIL"]
        submit_id = _submit_id(request.message_id)
        if submit_id is None:  # "all of this source and destination" too
            self._protocol.respond(request, pdu.CancelSmResp(command_status=failed))
            return
        self._door.cancel(
            self,
            submit_id,
            lambda done: self._protocol.respond(request, pdu.CancelSmResp(command_status=0 if done else failed)),
        )

    # --- what the peer is told --------------------------------------------------------------------------------

    def _receipt(self, body: Mapping[str, Any]) -> pdu.DeliverSm:
        terms = body["terms"]
        word = reports.word(body["state"], body["code"])
        offset_h = self._config.clock_offset_h
        octets, tlvs = receipts.write(
            body["handed"],
            _STATE_NUMBERS[word],
            submitted=stamp(body["submitted_ms"], offset_h),
            done=stamp(body["done_ms"], offset_h),
            error=reports.error_number(body["state"], body["code"]),
            text=body["text"],
        )
        return pdu.DeliverSm(
            source_addr_ton=terms.get("dest_ton", TON_UNKNOWN),
            source_addr_npi=terms.get("dest_npi", NPI_ISDN),
            source_addr=terms["dest"][:20],
            dest_addr_ton=terms.get("source_ton", TON_UNKNOWN),
            dest_addr_npi=terms.get("source_npi", NPI_ISDN),
            destination_addr=terms["source"][:20],
            esm_class=ESM_RECEIPT,
            short_message=octets,
            tlvs=tlvs if self._protocol.peer_takes_tlvs else (),
        )

    def _written(self, body: Mapping[str, Any]) -> pdu.DeliverSm:
        """The deliver_sm of what a phone wrote, or of one part of it."""
        alphabet = Alphabet(body["alphabet"])
        octets = text.encode(body["text"], alphabet)
        is_long = body["total"] > 1
        if is_long:
            octets = bytes((5, 0, 3, body["reference"], body["total"], body["number"])) + octets
        sender = body["sender"]
        is_international = sender.startswith("+")
        is_number = sender.removeprefix("+").isdecimal()
        return pdu.DeliverSm(
            source_addr_ton=TON_INTERNATIONAL if is_international else TON_UNKNOWN if is_number else TON_ALPHANUMERIC,
            source_addr_npi=NPI_ISDN if is_number else 0,
            source_addr=sender.removeprefix("+")[:20],
            dest_addr_npi=NPI_ISDN,
            destination_addr=body["recipient"][:20],
            esm_class=ESM_UDHI if is_long else 0,
            data_coding=CODING_UCS2 if alphabet is Alphabet.UCS2 else CODING_DEFAULT,
            short_message=octets,
        )


def proves(peer: Peer, password: str) -> bool:
    """Whether a password is the peer's; takes as long for a wrong one."""
    return hmac.compare_digest(peer.secret.encode(), password.encode("latin-1", "replace"))


def _places(request: pdu.SubmitMulti) -> list[tuple[int, int, str]]:
    """The destinations of a submit_multi. Raises NotTaken for a distribution list: the hub keeps none."""
    places = []
    for it in request.dest_addresses:
        if not isinstance(it, DestinationAddress):
            raise NotTaken(Refusal.RECIPIENT)
        places.append((it.dest_addr_ton, it.dest_addr_npi, it.destination_addr))
    return places


def _is_for_sim(data_coding: int) -> bool:
    """Whether a data_coding of message class 2: a program of the SIM, to which it would not get as plain data."""
    return data_coding >> 4 in (0x1, 0xF) and data_coding & 3 == 2


def _submit_id(message_id: str) -> int | None:
    is_id = message_id.isascii() and message_id.isdecimal() and len(message_id) < 20
    return int(message_id) if is_id else None

"""Our side of one connection to an SGIP gateway, on which we submit, in the words of the hub."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from carriers.connection_session import ConnectionSession
from carriers.session import Bound, LoginRefused, SubmitAnswered
from carriers.sgip import events, status
from carriers.sgip.client import SgipClient
from carriers.sgip.config import SgipConfig
from carriers.sgip.events import Event
from carriers.sgip.outgoing import submit_of
from carriers.sgip.pdu import Submit, SubmitResp
from carriers.sgip.rules import ClientSettings, LoginType
from carriers.sgip.sequence import hex_form
from gateway.core.messages import Outcome, Segment

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

__all__ = ["SgipConfig", "SgipSession", "Unanswered"]


_REMEMBERED_SUBMITS = 10_000


class Unanswered:
    """Submits that were never answered, so that they can be sent again as they were, number and all.

    By the number a gateway knows a message it has already: it answers again and does not send it twice (SGIP 1.2,
    repeated sequence numbers). At most 10000 are kept, the oldest go first.
    """

    def __init__(self) -> None:
        self._submits: OrderedDict[tuple[int, int], tuple[bytes, Submit]] = OrderedDict()

    def keep(self, segment: Segment, sequence: bytes, submit: Submit) -> None:
        """Nobody knows whether the gateway has it."""
        self._submits[segment.message_id, segment.number] = (sequence, submit)
        if len(self._submits) > _REMEMBERED_SUBMITS:
            self._submits.popitem(last=False)

    def take(self, segment: Segment) -> tuple[bytes, Submit] | None:
        """What the segment was sent as before, if that was not answered."""
        return self._submits.pop((segment.message_id, segment.number), None)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A segment under the number it was sent with."""

    segment: Segment
    sequence: bytes
    is_repeat: bool


class SgipSession(ConnectionSession[Event]):
    """A CarrierSession for the submitting direction of SGIP 1.2; what phones write and reports come by other calls.

    `sequences` and `unanswered` are shared by all connections of a link. `wall_clock` (aware) is asked for the validity
    of a message.
    """

    def __init__(
        self,
        config: SgipConfig,
        sequences: Callable[[], bytes],
        unanswered: Unanswered,
        wall_clock: Callable[[], datetime],
    ) -> None:
        self._config = config
        self._unanswered = unanswered
        self._sequences = sequences
        self._wall_clock = wall_clock
        self._client = SgipClient(
            sequences,
            ClientSettings(
                window=config.window,
                response_timeout_s=config.response_timeout_s,
                submit_resends=config.submit_resends,
            ),
        )
        super().__init__(self._client)

    def start(self, now: float) -> None:
        """Queue the BIND."""
        name, password = self._config.login_name.encode(), self._config.password.encode()
        self._client.log_in(LoginType.SP_TO_SMG, name, password, now)

    def acknowledge(self, receipt: object, *, accepted: bool) -> None:
        """Nothing is delivered on this connection."""

    def _send(self, segment: Segment, now: float) -> None:
        before = self._unanswered.take(segment)
        if before is None:
            sequence, submit = self._sequences(), submit_of(segment, self._config, self._wall_clock())
        else:
            sequence, submit = before
        tag = _Sent(segment, sequence, is_repeat=before is not None)
        self._client.send_request(submit, now, tag, sequence=sequence)

    def _take(self, event: Event) -> None:
        match event:
            case events.ResponseReceived(response=SubmitResp() as response, tag=_Sent() as sent):
                self._events.append(_answered(sent, response))
            case events.RequestExpired(request=Submit() as submit, tag=_Sent() as sent, reason=reason):
                self._unanswered.keep(sent.segment, sent.sequence, submit)
                self._events.append(SubmitAnswered(sent.segment, Outcome.UNCERTAIN, reason=reason))
            case events.LoggedIn():
                self._events.append(Bound(peer=self._config.host, version="1.2"))
            case events.LoginFailed(result=number):
                code = status.result(number)
                permanent = code.outcome is Outcome.PERMANENT
                self._events.append(LoginRefused(number, code.meaning, permanent))


def _answered(sent: _Sent, response: SubmitResp) -> SubmitAnswered:
    code = status.result(response.result)
    ids = (hex_form(sent.sequence),)
    if sent.is_repeat and code.number == status.SEQUENCE_ILLEGAL:
        # It was sent twice and the gateway has seen the number: it has the message.
        return SubmitAnswered(sent.segment, Outcome.ACCEPTED, ids, code.number, "taken before")
    carrier_ids = ids if code.outcome is Outcome.ACCEPTED else ()
    return SubmitAnswered(sent.segment, code.outcome, carrier_ids, code.number, code.meaning)

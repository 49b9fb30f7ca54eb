"""The session states of SMPP and who may send what in which, as data (3.4 section 2.2 and 2.3, 5.0 section 2.4)."""

from __future__ import annotations

import enum
from typing import Final

from carriers.smpp import pdu, status


class Role(enum.StrEnum):
    """Which end of the line we are."""

    ESME = "esme"  # the service provider, who binds
    SMSC = "smsc"  # the carrier


class State(enum.StrEnum):
    """Where a session stands, named from the ESME's side."""

    OPEN = "open"
    BOUND_TX = "bound_tx"
    BOUND_RX = "bound_rx"
    BOUND_TRX = "bound_trx"
    UNBINDING = "unbinding"
    CLOSED = "closed"


_OPEN: Final = frozenset({State.OPEN})
_SUBMIT: Final = frozenset({State.BOUND_TX, State.BOUND_TRX})
_RECEIVE: Final = frozenset({State.BOUND_RX, State.BOUND_TRX})
BOUND: Final = _SUBMIT | _RECEIVE

#: Request -> who may send it, and in which states. replace_sm is TX only in the table of 3.4; 5.0 and all
#: peers take it in TRX too. enquire_link is answered in every state, as in 5.0.
PERMITTED: Final[dict[int, tuple[frozenset[Role], frozenset[State]]]] = {
    kind.command_id: (frozenset(roles), states)
    for kind, roles, states in (
        (pdu.BindReceiver, {Role.ESME}, _OPEN),
        (pdu.BindTransmitter, {Role.ESME}, _OPEN),
        (pdu.BindTransceiver, {Role.ESME}, _OPEN),
        (pdu.Outbind, {Role.SMSC}, _OPEN),
        (pdu.Unbind, {Role.ESME, Role.SMSC}, BOUND),
        (pdu.EnquireLink, {Role.ESME, Role.SMSC}, BOUND | _OPEN),
        (pdu.SubmitSm, {Role.ESME}, _SUBMIT),
        (pdu.SubmitMulti, {Role.ESME}, _SUBMIT),
        (pdu.QuerySm, {Role.ESME}, _SUBMIT),
        (pdu.CancelSm, {Role.ESME}, _SUBMIT),
        (pdu.ReplaceSm, {Role.ESME}, _SUBMIT),
        (pdu.DeliverSm, {Role.SMSC}, _RECEIVE),
        (pdu.AlertNotification, {Role.SMSC}, _RECEIVE),
        (pdu.DataSm, {Role.ESME, Role.SMSC}, BOUND),
    )
}

#: Bind request -> the state it leads to.
BOUND_AS: Final[dict[int, State]] = {
    pdu.BindReceiver.command_id: State.BOUND_RX,
    pdu.BindTransmitter.command_id: State.BOUND_TX,
    pdu.BindTransceiver.command_id: State.BOUND_TRX,
}

#: Requests that have no response.
UNANSWERED: Final = frozenset({pdu.Outbind.command_id, pdu.AlertNotification.command_id})

#: A field that cannot be read -> the status its own response says so with.
FIELD_STATUS: Final[dict[str, int]] = {
    "system_id": status.RINVSYSID,
    "password": status.RINVPASWD,
    "system_type": status.RINVSYSTYP,
    "service_type": status.RINVSERTYP,
    "source_addr": status.RINVSRCADR,
    "destination_addr": status.RINVDSTADR,
    "number_of_dests": status.RINVNUMDESTS,
    "dest_flag": status.RINVDESTFLAG,
    "dl_name": status.RINVDLNAME,
    "message_id": status.RINVMSGID,
    "schedule_delivery_time": status.RINVSCHED,
    "validity_period": status.RINVEXPIRY,
    "sm_length": status.RINVMSGLEN,
    "short_message": status.RINVMSGLEN,
    "tlvs": status.RINVOPTPARSTREAM,
}

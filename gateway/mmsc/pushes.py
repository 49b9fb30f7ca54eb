"""The SMS that a phone's MMS program reads: told of an MMS, and what became of one it sent. Pure."""

from __future__ import annotations

import dataclasses
from typing import Final

from carriers.mm1.config import Mm1Config
from gateway.core import data_sms
from gateway.core.data_sms import WAP_PUSH_PORT
from gateway.core.outbox import NewSms, Priority, Purpose
from mms.codec.codes import V1_0, Version
from mms.codec.headers import Moment
from mms.codec.layout import Pdu
from mms.codec.pdu import NotificationInd
from mms.codec.push_contents import push_of_notification
from mms.handsets.handset import Handset

#: Characters of a subject in a notification.
MAX_SUBJECT: Final = 20
#: How long an SMS centre may keep a notification, seconds; the phone is told again by us.
MAX_VALIDITY_S: Final = 172_800


def version_of(handset: Handset) -> Version:
    """The version of MMS a handset speaks; 1.0 where the catalogue has none."""
    try:
        return Version.of(handset.mms_version)
    except ValueError:
        return V1_0


def notification(
    config: Mm1Config,
    told: NotificationInd,
    recipient: str,
    validity_s: int,
) -> NewSms:
    """The SMS that tells a phone.

    Where leaving out the subject saves a segment it is left out, and then the sender, unless the link keeps it: phones
    show who wrote before they fetch, and what is from "unknown" is not fetched.
    """
    full = dataclasses.replace(told, subject=told.subject[:MAX_SUBJECT])
    tries = [full, dataclasses.replace(full, subject="")]
    if not config.keep_sender:
        tries.append(dataclasses.replace(full, subject="", sender=""))
    pushes = [_octets(config, one) for one in tries]
    # The first of those with the fewest segments says the most.
    octets = min(pushes, key=lambda one: data_sms.count(len(one), has_port=True))
    return _sms(config, recipient, octets, validity_s)


def report(config: Mm1Config, pdu: Pdu, recipient: str, key: str) -> NewSms:
    """The SMS with a delivery or read report (m-delivery-ind, m-read-orig-ind)."""
    return dataclasses.replace(_sms(config, recipient, _octets(config, pdu), MAX_VALIDITY_S), key=key)


def moment(at_ms: int) -> Moment:
    """A time as PDUs have it."""
    return Moment(at_ms // 1000)


def _octets(config: Mm1Config, pdu: Pdu) -> bytes:
    push = push_of_notification(pdu.encode())
    return dataclasses.replace(push, by_name=not config.short_push).encode()


def _sms(config: Mm1Config, recipient: str, octets: bytes, validity_s: int) -> NewSms:
    return NewSms(
        recipient, "", Purpose.PUSH, sender=config.push_sender, priority=Priority.NORMAL, link=config.push_link,
        validity_s=max(60, min(MAX_VALIDITY_S, validity_s)), data=octets, port=WAP_PUSH_PORT,
    )  # fmt: skip

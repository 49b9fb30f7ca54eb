"""The ledger: one line per billable fact."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Fact(enum.StrEnum):
    """What is billed."""

    SMS_SENT = "sms-sent"  # a carrier accepted a segment
    SMS_RECEIVED = "sms-received"
    MMS_SENT = "mms-sent"  # a carrier accepted an MMS
    MMS_RECEIVED = "mms-received"
    MAIL_STORED = "mail-stored"
    REFUND = "refund"


@dataclass(frozen=True, slots=True)
class LedgerLine:
    """One billable fact."""

    account_id: int
    fact: Fact
    message_id: int
    segment: int = 0
    link: str = ""
    party: str = ""  # the other side: number or address
    units: int = 1
    price: int = 0  # millionths of the currency unit

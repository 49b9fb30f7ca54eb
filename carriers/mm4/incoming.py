"""What the other centre brings, in the hub's own words. Pure."""

from __future__ import annotations

import datetime

from carriers.mm4.status import REPORT_STATES
from gateway.core import messages
from mms.codec.mm4 import DeliveryReport, Forward, ReadReport, ReadStatus
from mms.incoming import IncomingMms, ReadState
from mms.incoming import ReadReport as MmsReadReport
from mms.terms import MmsHeaders


def mms_of(forward: Forward, recipients: tuple[str, ...], now: datetime.datetime) -> IncomingMms:
    """An MMS for these recipients, whom the envelope named; its header is for people alone."""
    sent = forward.date or now
    expiry = forward.expiry
    if isinstance(expiry, datetime.timedelta):
        expiry = sent + min(expiry, datetime.timedelta(days=366))
    named = {*forward.recipients, *forward.cc}
    return IncomingMms(
        carrier_id=forward.mms_id,
        sender=forward.sender,
        recipients=recipients,
        body=forward.body,
        subject=forward.subject,
        # Of those who were named, not of those who were not: they are not to be disclosed.
        cc=tuple(sorted(named - set(recipients))),
        transaction_id=forward.transaction_id,
        date_ms=milliseconds(forward.date),
        mms=MmsHeaders(
            message_class=forward.message_class,
            priority=forward.priority,
            delivery_report=forward.delivery_report,
            read_report=forward.read_reply,
            sender_visible=forward.sender_visible,
            expires_ms=milliseconds(expiry),
            mms_id=forward.mms_id,
        ),
    )


def report_of(report: DeliveryReport) -> messages.DeliveryReport:
    """What became of an MMS of ours."""
    return messages.DeliveryReport(
        carrier_id=report.mms_id,
        state=REPORT_STATES[report.status],
        code=report.status.value,
        recipient=report.sender,
        done_at=report.date.isoformat() if report.date else "",
        text=" ".join(filter(None, (report.extension, report.text))),
    )


def read_report_of(report: ReadReport) -> MmsReadReport:
    """Whether it was read."""
    state = ReadState.READ if report.status is ReadStatus.READ else ReadState.DELETED
    return MmsReadReport(report.mms_id, state, report.sender, report.status.value)


def milliseconds(moment: datetime.datetime | None) -> int:
    """Unix milliseconds; 0 for no moment, and for one before 1970."""
    return max(0, round(moment.timestamp() * 1000)) if moment else 0

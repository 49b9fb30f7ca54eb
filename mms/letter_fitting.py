"""A letter made into the message a phone gets: read, fitted, encoded. Loads the libraries that read media."""

from __future__ import annotations

from gateway.core.errors import BadRequest
from gateway.mail.mime.headers import Priority as MailPriority
from mms.assembly import content_of
from mms.codec.codes import Priority
from mms.codec.pdu import RetrieveConf
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.letters import read_letter
from mms.media.fitting import fit
from mms.media.pictures import MediaRefused

#: Characters of a subject: old phones show forty.
MAX_SUBJECT = 80

_PRIORITIES = {
    MailPriority.HIGH: Priority.HIGH,
    MailPriority.NORMAL: Priority.NORMAL,
    MailPriority.LOW: Priority.LOW,
}


def fit_letter(job: FittingJob) -> Fitted:
    """The message for the job's handset. Raises MessageRefused, with a reason for its sender."""
    try:
        letter = read_letter(job.letter)
        fitted = fit(content_of(letter.body), job.handset, max_octets=job.max_octets)
    except (BadRequest, MediaRefused) as error:
        raise MessageRefused(str(error)) from error
    pdu = RetrieveConf(
        body=fitted.body,
        date_s=job.date_ms // 1000,
        sender=job.sender,
        to=(job.recipient,),
        subject=letter.subject[:MAX_SUBJECT],
        message_class=letter.mms.message_class.value,
        priority=_PRIORITIES.get(letter.mms.priority, Priority.NORMAL),
        delivery_report=False,
        read_report=letter.mms.read_report,
    )
    return Fitted(pdu.encode(), fitted.plan.to_json(), fitted.plan.story())

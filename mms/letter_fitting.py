"""A letter made into the message a phone gets: read, fitted, encoded. Loads the libraries that read media."""

from __future__ import annotations

from dataclasses import replace

from gateway.core.errors import BadRequest, NotFound, Refused
from gateway.mail.mime.headers import Priority as MailPriority
from mms.assembly import assemble, content_of
from mms.cards.card import Card
from mms.cards.composition import compose
from mms.codec.codes import Priority
from mms.codec.pdu import RetrieveConf
from mms.content import Content
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.handsets.handset import Handset
from mms.letters import Letter, read_letter, write_letter
from mms.media.fitting import HEADERS, HEADROOM, fit
from mms.media.pictures import MediaRefused

#: Characters of a subject: old phones show forty.
MAX_SUBJECT = 80

_PRIORITIES = {
    MailPriority.HIGH: Priority.HIGH,
    MailPriority.NORMAL: Priority.NORMAL,
    MailPriority.LOW: Priority.LOW,
}


def fit_letter(job: FittingJob) -> Fitted:
    """The message for the job's handset, or its letter drawn. Raises MessageRefused, with a reason for its sender."""
    try:
        letter = read_letter(job.letter)
        content = _content(letter, job.handset, job.max_octets)
        if job.as_letter:
            drawn = replace(letter, body=assemble(content, screen=job.handset.screen, charset=""))
            return Fitted(write_letter(drawn), "", "")
        fitted = fit(content, job.handset, max_octets=job.max_octets)
    except (BadRequest, NotFound, Refused, MediaRefused) as error:
        raise MessageRefused(str(error)) from error
    pdu = RetrieveConf(
        body=fitted.body,
        date_s=job.date_ms // 1000,
        sender=job.sender,
        to=(job.recipient,) if job.recipient else (),
        subject=letter.subject[:MAX_SUBJECT],
        message_class=letter.mms.message_class.value,
        priority=_PRIORITIES.get(letter.mms.priority, Priority.NORMAL),
        delivery_report=False,
        read_report=letter.mms.read_report,
    )
    return Fitted(pdu.encode(), fitted.plan.to_json(), fitted.plan.story())


def _content(letter: Letter, handset: Handset, max_octets: int) -> Content:
    """What the letter shows; a card is drawn for the very handset, and not made smaller from a drawing for another."""
    content = content_of(letter.body)
    if letter.source is None:
        return content
    card = Card.from_json(letter.source)
    room = int(max_octets * (1 - HEADROOM)) - HEADERS
    return compose(card, handset, room, media=[part for part in content.parts if part.name == card.photo])

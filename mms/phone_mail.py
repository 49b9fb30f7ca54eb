"""Mail to a phone that carries pictures, sound or film goes out as an MMS (mission A5)."""

from __future__ import annotations

from gateway.core.events import PhoneMailArrived
from gateway.core.mms import NewMms
from gateway.core.outbox import Purpose
from gateway.core.ports import Books
from mms.assembly import assemble
from mms.config import MmsConfig
from mms.content import Content, Medium
from mms.letters import Letter, write_letter
from mms.mail_mapping.reading import mms_of_mail

#: The screen a letter is laid out for before anybody knows the phone.
SCREEN = (640, 480)
_SHOWN = frozenset({Medium.IMAGE, Medium.AUDIO, Medium.VIDEO})


class PhoneMms:
    """Makes MMS of mails for phones."""

    def __init__(self, config: MmsConfig) -> None:
        self._config = config

    def send(
        self, event: PhoneMailArrived, books: Books, *, account_id: int, sender: str, from_name: str, key: str | None
    ) -> int | None:
        """Queue the MMS of a mail; None for a mail that is words alone, which an SMS says as well.

        `sender` is the number the phone shows and answers to. The caller has checked the right to send.
        """
        if not self._config.from_mail:
            return None
        made = mms_of_mail(event.content)
        if not has_media(made.content):
            return None
        letter = write_letter(
            Letter(
                subject=made.subject,
                sender=event.envelope_sender,
                recipients=(event.number,),
                body=assemble(made.content, screen=SCREEN, charset=""),
                date_ms=event.received_ms or books.now_ms,
                message_id=f"<{books.new_id()}.mms@{event.recipient.rpartition('@')[2]}>",
            )
        )
        message_id = books.mms.add(
            NewMms(
                recipient=event.number,
                letter=books.keep(letter),
                size_octets=len(letter),
                purpose=Purpose.PHONE_MAIL,
                subject=made.subject,
                account_id=account_id,
                sender=sender,
                from_name=from_name,
                mail_id=event.mail_id,
                key=key,
                tag=event.recipient[:128],
            )
        )
        for left_out in made.left_out[:20]:
            books.timeline.step(message_id, "left-out", f"{left_out.media_type}, {left_out.size_octets} octets")
        return message_id


def has_media(content: Content) -> bool:
    """Whether there is anything to see or hear."""
    return any(part.medium in _SHOWN or part.is_locked for part in content.parts)

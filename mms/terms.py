"""What an MMS asks of those who carry it, whatever it travels by. Pure."""

from __future__ import annotations

import enum
from dataclasses import dataclass

from gateway.mail.mime.headers import Priority


class MessageClass(enum.StrEnum):
    """What kind of message the sender calls an MMS (X-Mms-Message-Class)."""

    PERSONAL = "Personal"
    ADVERTISEMENT = "Advertisement"
    INFORMATIONAL = "Informational"
    AUTO = "Auto"  # written by a program: no program answers it


@dataclass(frozen=True, slots=True)
class MmsHeaders:
    """What an MMS asks of those who carry it. Times are Unix milliseconds, 0 = not said."""

    message_class: MessageClass = MessageClass.PERSONAL
    priority: Priority = Priority.NORMAL
    delivery_report: bool = False
    read_report: bool = False
    #: The phone is to see who wrote.
    sender_visible: bool = True
    expires_ms: int = 0
    deliver_at_ms: int = 0
    #: The id under which the MMS centre knows it (X-Mms-Message-ID).
    mms_id: str = ""

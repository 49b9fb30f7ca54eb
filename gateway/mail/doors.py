"""The doors for mail of one process, opened and closed together."""

from __future__ import annotations

from gateway.mail.intake import Door, LmtpConfig, LmtpDoor, SmtpConfig, SmtpDoor
from gateway.mail.recipients import Directory
from gateway.mail.submission import SubmissionConfig, SubmissionDoor
from gateway.store.desk import Desk


class MailDoors:
    """SMTP, LMTP and submission, each only when it is configured."""

    def __init__(
        self,
        desk: Desk,
        *,
        smtp: SmtpConfig | None = None,
        lmtp: LmtpConfig | None = None,
        submission: SubmissionConfig | None = None,
    ) -> None:
        directory = Directory(desk)
        self.smtp = None if smtp is None else SmtpDoor(desk, directory, smtp)
        self.lmtp = None if lmtp is None else LmtpDoor(desk, directory, lmtp)
        self.submission = None if submission is None else SubmissionDoor(desk, directory, submission)
        self._doors: list[tuple[Door, str, int]] = [
            (door, config.host, config.port)
            for door, config in ((self.smtp, smtp), (self.lmtp, lmtp), (self.submission, submission))
            if door is not None and config is not None
        ]

    async def start(self) -> None:
        """Open every door. Raises ConfigError when a port is taken."""
        for door, host, port in self._doors:
            await door.open(host, port)

    async def stop(self) -> None:
        """Close every door; returns when nothing is being filed any more."""
        for door, _, _ in self._doors:
            await door.close()

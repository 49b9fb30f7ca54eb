"""The journal: one method per business fact, a log line and a counter each. Nothing secret, nothing in clear.

Numbers are masked; texts of messages never come here. Counters are plain integers (`gateway.web.metrics` shows them).
"""

from __future__ import annotations

import logging
from collections import Counter

from gateway.core.phone import mask

_log = logging.getLogger("caiyou")


class Journal:
    """Counters and log lines of one process."""

    def __init__(self) -> None:
        self.counts: Counter[tuple[str, str]] = Counter()  # (fact, where) -> how often

    def count(self, fact: str, where: str = "", times: int = 1) -> None:
        """Count something too frequent for a log line."""
        self.counts[fact, where] += times

    def _tell(self, level: int, fact: str, where: str = "", **ids: object) -> None:
        self.counts[fact, where] += 1
        if _log.isEnabledFor(level):
            _log.log(level, fact, extra={"facts": {"where": where, **ids} if where else ids})

    # --- links ----------------------------------------------------------------------------------------------

    def link_up(self, link: str, peer: str) -> None:
        """A carrier let us in."""
        self._tell(logging.INFO, "link_up", link, peer=peer)

    def link_down(self, link: str, reason: str, retry_in_s: float) -> None:
        """A line to a carrier is gone."""
        self._tell(logging.WARNING, "link_down", link, reason=reason, retry_in_s=round(retry_in_s, 1))

    def login_refused(self, link: str, reason: str) -> None:
        """A carrier does not let us in."""
        self._tell(logging.ERROR, "login_refused", link, reason=reason)

    def peer_misbehaved(self, link: str, reason: str) -> None:
        """A carrier sent something wrong."""
        self._tell(logging.WARNING, "peer_misbehaved", link, reason=reason)

    def throttled(self, link: str, pause_s: float) -> None:
        """A carrier said: too fast."""
        self._tell(logging.WARNING, "throttled", link, pause_s=round(pause_s, 2))

    def rerouted(self, link: str, messages: int) -> None:
        """Messages that waited for a link that is down go over other links now."""
        self._tell(logging.WARNING, "rerouted", link, messages=messages)

    def alarm(self, kind: str, subject: str, word: str) -> None:
        """Something is wrong, still is, or is over."""
        self._tell(logging.INFO if word == "cleared" else logging.ERROR, f"alarm_{word}", kind, subject=subject)

    def trace_began(self, link: str, file: str) -> None:
        """The octets of a link's line are written down."""
        self._tell(logging.WARNING, "trace_began", link, file=file)

    def trace_ended(self, link: str, reason: str) -> None:
        """They are no more."""
        self._tell(logging.WARNING, "trace_ended", link, reason=reason)

    def recovered(self, link: str, messages: int) -> None:
        """After a start: messages that were being sent when the hub stopped."""
        self._tell(logging.WARNING, "recovered", link, messages=messages)

    def strays_removed(self, files: int) -> None:
        """Files that a hub which was killed left behind are gone."""
        self._tell(logging.INFO, "strays_removed", files=files)

    # --- peers ----------------------------------------------------------------------------------------------

    def peer_joined(self, peer: str, protocol: str, address: str) -> None:
        """A platform that sends through us logged in."""
        self._tell(logging.INFO, "peer_joined", peer, protocol=protocol, address=address)

    def peer_left(self, peer: str, protocol: str, reason: str) -> None:
        """A connection of a platform that sends through us is gone."""
        self._tell(logging.INFO, "peer_left", peer, protocol=protocol, reason=reason)

    # --- messages -------------------------------------------------------------------------------------------

    def message_arrived(self, link: str, sender: str, inbox_id: int, kind: str) -> None:
        """A phone sent us an SMS or MMS."""
        self._tell(logging.INFO, f"{kind}_arrived", link, sender=mask(sender), inbox_id=inbox_id)

    def mail_filed(self, mail_id: int, size: int) -> None:
        """A mail is in a mailbox."""
        self._tell(logging.DEBUG, "mail_filed", mail_id=mail_id, size=size)

    def mail_refused(self, reason: str, peer: str) -> None:
        """A mail was not taken in."""
        self._tell(logging.INFO, "mail_refused", reason, peer=peer)

    def mail_relayed(self, relay_id: int, domain: str) -> None:
        """Another server took a mail."""
        self._tell(logging.INFO, "mail_relayed", relay_id=relay_id, domain=domain)

    def mail_bounced(self, relay_id: int, domain: str) -> None:
        """A mail could not be sent on; its sender is told."""
        self._tell(logging.WARNING, "mail_bounced", relay_id=relay_id, domain=domain)

    def reaction_failed(self, reaction: str, error: str) -> None:
        """Something that should follow from an event did not; it is kept and tried again."""
        self._tell(logging.ERROR, "reaction_failed", reaction, error=error)

    def store_failed(self, error: str) -> None:
        """The store took nothing."""
        self._tell(logging.ERROR, "store_failed", error=error)

    def webhook_failed(self, call_id: int, answer: str) -> None:
        """A webhook did not take a call."""
        self._tell(logging.INFO, "webhook_failed", call_id=call_id, answer=answer)

    def login_failed(self, door: str, peer: str) -> None:
        """Somebody gave a wrong name or password."""
        self._tell(logging.WARNING, "login_failed", door, peer=peer)

    def task_failed(self, task: str, error: str) -> None:
        """A loop of the hub met an error it did not expect; it goes on."""
        self._tell(logging.ERROR, "task_failed", task, error=error)

"""How MMS go out, and what happens to those a phone cannot show."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.errors import ConfigError
from gateway.core.mms import Way


@dataclass(frozen=True, slots=True)
class MmsConfig:
    """MMS to phones, and mailboxes opened for numbers."""

    #: The way for phones of which nothing is known: mailbox (an SMS with a link), or mms (then those that refuse or
    #: never fetch it get the mailbox).
    unknown_phones: Way = Way.MAILBOX
    #: Domain in which mailboxes are opened for numbers; empty: the first domain of this hub.
    domain: str = ""
    #: How the web door is reached from phones; links in SMS begin with it. Short saves a segment.
    page_url: str = "http://localhost:8080"
    #: The number MMS and the SMS about them come from; empty = each link's own number.
    access_number: str = ""
    #: Days in which an MMS is to be looked at on its page; then the mailbox is suspended and the sender told.
    look_within_days: int = 7
    #: Days after which a mailbox whose owner has never come is purged.
    purge_after_days: int = 90
    #: Octets a mailbox opened for a number may hold.
    mailbox_octets: int = 5_242_880
    #: Minutes in which a number is told of waiting MMS once at most.
    notice_pause_minutes: int = 10
    #: A mail to a phone's address that carries pictures, sound or film goes out as an MMS, not as an SMS.
    from_mail: bool = True
    #: What phones write to make a card: a number behind the access number, or the whole of an SMS.
    card_code: str = "8878"
    #: Cards a day that one phone may send.
    cards_per_day: int = 10
    #: Minutes without a word after which the making of a card by SMS is given up.
    dialogue_minutes: int = 30
    #: Addresses of operators' gateways whose word about a phone's number (X-MSISDN …) is taken.
    mm1_gateways: tuple[str, ...] = ()
    #: Minutes after which an MMS that a phone fetched here and never acknowledged counts as delivered.
    mm1_acknowledge_minutes: int = 10
    #: Octets of an MMS where neither phone nor link says less.
    max_octets: int = 307_200
    #: Octets of an MMS that tells of a mail.
    notice_octets: int = 102_400
    #: Octets of all media of an MMS as handed in.
    max_source_octets: int = 33_554_432
    #: MMS that are fitted at the same time; each takes a process and a core.
    workers: int = 2
    #: Seconds in which one MMS must be fitted.
    fit_timeout_s: int = 120
    #: Broker of the Celery workers that fit MMS ("amqp://…", "redis://…"); empty: this process does it itself.
    broker: str = ""

    def __post_init__(self) -> None:
        if not self.page_url.startswith(("http://", "https://")):
            raise ConfigError('page_url must begin with "http://" or "https://"')
        if not 1 <= self.look_within_days <= self.purge_after_days:
            raise ConfigError("look_within_days must be at least 1 and at most purge_after_days")
        if self.card_code and not (self.card_code.isascii() and self.card_code.isdigit() and len(self.card_code) >= 3):
            raise ConfigError("card_code must be at least three digits: shorter ones are extensions of conversations")
        if self.workers < 1:
            raise ConfigError("workers must be at least 1")
        if min(self.max_octets, self.notice_octets) < 10_240:
            raise ConfigError("max_octets and notice_octets must be at least 10240")

"""What a link to phones over MM1 can be told."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.errors import ConfigError

#: Tellings of one MMS, the first among them: phones that were told ten times have been told.
MAX_TELLINGS = 10


@dataclass(frozen=True, slots=True)
class Mm1Config:
    """This hub as the MMS centre of phones."""

    #: How phones reach the web door of this hub over HTTP; short, for it stands in the notification.
    page_url: str
    #: The link that carries notifications; empty: as routes say.
    push_link: str = ""
    #: The sender of notifications; empty: the link's own number.
    push_sender: str = ""
    #: Name the content type of notifications by its number, which saves 34 octets; some old phones then see nothing.
    short_push: bool = False
    #: Keep who wrote in a notification also where that takes a second SMS; without it phones show "unknown".
    keep_sender: bool = True
    #: Minutes after which a phone that has not fetched is told again, one after the other.
    tell_again_minutes: tuple[int, ...] = (15, 60, 240, 720)
    #: Minutes after the last telling when an MMS that was not fetched is given up.
    give_up_minutes: int = 1440
    #: MMS under way to the books at once.
    window: int = 64

    def __post_init__(self) -> None:
        if not self.page_url.startswith(("http://", "https://")):
            raise ConfigError('page_url must begin with "http://" or "https://"')
        if len(self.tell_again_minutes) >= MAX_TELLINGS or any(minutes < 1 for minutes in self.tell_again_minutes):
            raise ConfigError(f"tell_again_minutes: fewer than {MAX_TELLINGS} pauses of a minute or more")
        if self.give_up_minutes < 1:
            raise ConfigError("give_up_minutes must be at least 1")
        if self.window < 1:
            raise ConfigError("window must be at least 1")

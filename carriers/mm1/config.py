"""What a link to phones over MM1 can be told."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Mm1Config:
    """This hub as the MMS centre of phones."""

    #: How phones reach the web door of this hub over HTTP; short, for it stands in the notification.
    page_url: str
    #: The link that carries notifications; empty: as routes say.
    push_link: str = ""
    #: The sender of notifications; empty: the link's own number.
    push_sender: str = ""
    #: Minutes after which a phone that has not fetched is told again, one after the other.
    tell_again_minutes: tuple[int, ...] = (15, 60, 240, 720)
    #: MMS under way to the books at once.
    window: int = 64

    def __post_init__(self) -> None:
        if not self.page_url.startswith(("http://", "https://")):
            raise ConfigError('page_url must begin with "http://" or "https://"')
        if len(self.tell_again_minutes) > 10 or any(minutes < 1 for minutes in self.tell_again_minutes):
            raise ConfigError("tell_again_minutes: at most 10 pauses of a minute or more")
        if self.window < 1:
            raise ConfigError("window must be at least 1")

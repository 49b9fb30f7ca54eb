"""What of a mail is decoration, and why. Pure.

Nothing is dropped that could be the photo: a picture by its name alone only in a mail through that carrier's gateway,
or when it stands in the page beside a larger one; by its size only when nobody could see anything on it.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from gateway.mail.mime.reader import Attachment, MailContent
from mms.carrier_decorations import rules
from mms.carrier_decorations.picture_size import size_of
from mms.carrier_decorations.rules import Carrier, Rules
from mms.letter_view import digest_of

#: A picture with a side of so few pixels shows nothing: it counts readers or keeps a distance.
TINY: Final = 4
#: A picture in the page this much longer than wide is a line, if it is no wider than so many pixels: no panorama.
LINE_RATIO: Final = 12
MAX_LINE: Final = 32
#: Longest line that can be a footer, characters; and of a text, how many lines at its end are looked at for one.
MAX_FOOTER: Final = 120
FOOTER_LINES: Final = 4


@dataclass(frozen=True, slots=True)
class Dropped:
    """A picture that is left out."""

    name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Decorations:
    """What is to be left out of one mail."""

    #: Whose gateway it came through; "" = nobody's that is known.
    carrier: str = ""
    #: Digests of the pictures (`mms.letter_view.digest_of`).
    digests: frozenset[str] = frozenset()
    dropped: tuple[Dropped, ...] = ()
    _carrier: Carrier | None = None
    _rules: Rules | None = field(default=None, repr=False)

    def words(self, text: str) -> str:
        """The text without adverts and footers."""
        if self._rules is None:
            return text
        lines = text.split("\n")
        adverts = self._carrier.adverts if self._carrier else None
        if adverts is not None:
            for place, line in enumerate(lines):
                if adverts.fullmatch(line.strip()[:500]):
                    lines = lines[:place]
                    break
        return "\n".join(self._without_footer(lines)).strip()

    def subject(self, subject: str) -> str:
        """The subject, or "" for one that a gateway made up."""
        is_made_up = self._rules is not None and subject.strip().lower() in self._rules.subjects
        return "" if is_made_up else subject

    def _without_footer(self, lines: list[str]) -> list[str]:
        """A footer is at the end, alone on its line; an answer quoted below it is no concern of ours."""
        assert self._rules is not None
        footers = self._rules.footers
        kept = list(lines)
        while kept and not kept[-1].strip():
            kept.pop()
        for place in range(max(0, len(kept) - FOOTER_LINES), len(kept)):
            line = kept[place].strip()
            if footers is not None and 0 < len(line) <= MAX_FOOTER and footers.fullmatch(line):
                return kept[:place]
        return kept


NONE: Final = Decorations()


def decorations_of(mail: MailContent, among: Rules | None = None) -> Decorations:
    """What of this mail is decoration, by the rules that come with the hub or others."""
    among = among or rules.load()
    carrier = among.carrier_of(mail.headers.from_.address.rpartition("@")[2].lower().rstrip("."))
    pictures = [(one, one.content()) for one in mail.attachments if one.type.startswith("image/")]
    largest = max((_area(data) for _, data in pictures), default=0)
    dropped: dict[str, Dropped] = {}
    for attachment, data in pictures:
        content_id = attachment.content_id
        in_page = attachment.is_inline or (bool(content_id) and f"cid:{content_id}" in mail.html)
        reason = _why(attachment, data, carrier, among, largest, in_page=in_page)
        if reason:
            dropped[digest_of(data)] = Dropped(attachment.name, reason)
    return Decorations(carrier.name if carrier else "", frozenset(dropped), tuple(dropped.values()), carrier, among)


def _why(
    attachment: Attachment, data: bytes, carrier: Carrier | None, among: Rules, largest: int, *, in_page: bool
) -> str:
    """Why a picture is decoration; "" when it is not."""
    names = [name for name in (attachment.name, attachment.content_id.partition("@")[0]) if name]
    size = size_of(data)
    if size is not None and min(size) > 0:  # some GIFs give none for the whole, and each frame its own
        if min(size) < TINY:
            return "nobody could see anything on it"
        if max(size) >= LINE_RATIO * min(size) and min(size) <= MAX_LINE and in_page:
            return "it is a line"
    if carrier is not None and carrier.pictures is not None and any(map(carrier.pictures.fullmatch, names)):
        return f"{carrier.name} puts it into every mail"
    is_smaller = 0 < _area(data) * 2 <= largest
    may_be = is_smaller and (in_page or carrier is not None)
    if may_be and among.pictures is not None and any(map(among.pictures.fullmatch, names)):
        return "its name is that of a decoration, and a larger picture is there"
    return ""


def _area(data: bytes) -> int:
    size = size_of(data)
    return size[0] * size[1] if size else 0

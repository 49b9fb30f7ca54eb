"""Which sender a message may show on a link: the link's own number, an extension of it, or a name. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from gateway.core.lists import Refusal

#: Longest name that phones show (3GPP TS 23.040 9.1.2.5: 11 characters of 7 bits).
MAX_NAME: Final = 11
#: Longest number with its extension (E.164 has 15 digits; 106 access numbers have up to 20).
MAX_NUMBER: Final = 20


@dataclass(frozen=True, slots=True)
class CountryRules:
    """What a country asks on top of the link."""

    alphanumeric: bool = True
    forced: str = ""


@dataclass(frozen=True, slots=True)
class SenderRules:
    """The senders of a link; without any rule everything is shown as asked."""

    allowed: tuple[str, ...] = ()  # numbers and names that may be shown; empty: any
    forced: str = ""  # shown whatever was asked; a number keeps the extension that was asked
    extension_digits: int = MAX_NUMBER  # digits that may follow an allowed or forced number
    alphanumeric: bool = True  # names may be shown
    countries: Mapping[str, CountryRules] = field(default_factory=dict)  # by ISO country

    def apply(self, sender: str, country: str) -> str | Refusal:
        """The sender to show to a phone of this country, or why there is none; "" is the link's own."""
        local = self.countries.get(country, _NOTHING_MORE)
        forced = local.forced or self.forced
        if forced:
            extension = sender.removeprefix(forced) if sender.startswith(forced) else ""
            if extension.isdigit() and len(extension) <= self.extension_digits and _is_number(forced):
                return forced + extension
            return forced
        if not sender:
            return ""
        if not _is_number(sender):
            if not (self.alphanumeric and local.alphanumeric):
                where = f" to {country}" if self.alphanumeric else ""
                return Refusal("sender_not_allowed", f"names as senders are not allowed{where}: {sender}")
            if len(sender) > MAX_NAME:
                return Refusal("sender_not_allowed", f"a name as sender has at most {MAX_NAME} characters: {sender}")
        elif len(sender) > MAX_NUMBER:
            return Refusal("sender_not_allowed", f"a number as sender has at most {MAX_NUMBER} digits: {sender}")
        if self.allowed and not any(self._fits(sender, allowed) for allowed in self.allowed):
            return Refusal("sender_not_allowed", f"{sender} is none of the senders of this link")
        return sender

    def _fits(self, sender: str, allowed: str) -> bool:
        if sender == allowed:
            return True
        extension = sender[len(allowed) :]
        return (
            _is_number(allowed)
            and sender.startswith(allowed)
            and extension.isdigit()
            and len(extension) <= self.extension_digits
        )


_NOTHING_MORE: Final = CountryRules()


def _is_number(text: str) -> bool:
    return text.removeprefix("+").isdigit()

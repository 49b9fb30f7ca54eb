"""What the options of CMPP, SGIP and SMGP accounts must be, said once."""

from __future__ import annotations

from datetime import timedelta, timezone
from typing import TYPE_CHECKING

from carriers.message_format import CHINESE_ALPHABETS, PLAIN_ALPHABETS
from carriers.numbers import NUMBER_FORMS
from gateway.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: Choices that every account has.
_COMMON_CHOICES: dict[str, tuple[object, ...]] = {
    "number_form": NUMBER_FORMS,
    "chinese_alphabet": CHINESE_ALPHABETS,
    "ascii_as": PLAIN_ALPHABETS,
}


def check_choices(options: object, choices: Mapping[str, tuple[object, ...]]) -> None:
    """Raises ConfigError, naming the key, for a value that is none of its choices."""
    for key, allowed in {**_COMMON_CHOICES, **choices}.items():
        if getattr(options, key) not in allowed:
            raise ConfigError(f"{key} must be one of {', '.join(map(str, allowed))}")


def check_widths(options: object, widths: Mapping[str, int]) -> None:
    """Raises ConfigError, naming the key, for a text that its field of so many octets has no room for."""
    for key, width in widths.items():
        value = getattr(options, key)
        if not value.isascii() or len(value) > width or "\0" in value:
            raise ConfigError(f"{key} must be at most {width} ASCII characters")


def clock_zone(clock_offset_h: float) -> timezone:
    """The zone of a gateway's clock; raises ConfigError for hours that no zone has."""
    if not -12 <= clock_offset_h <= 14:
        raise ConfigError("clock_offset_h must be -12 to 14")
    return timezone(timedelta(hours=clock_offset_h))

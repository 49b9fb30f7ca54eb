"""Notice rules: which mails a member wants told by SMS, and how. Pure.

A rule is kept as a small mapping (`read_rule`, `write_rule`); `matches` asks cheap things first and the text of the
mail only when a keyword needs it.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from gateway.core.errors import BadRequest
from gateway.core.phone import is_mobile, normalise

MAX_PATTERNS: Final = 100
MAX_PATTERN: Final = 320  # characters
MAX_SEGMENTS: Final = 10
MAX_CAP: Final = 1000
MAX_MINUTES: Final = 24 * 60
MAX_SIGNATURE: Final = 20

#: Digests: never, of what had to be held back, or every so many minutes.
DIGEST_OFF: Final = "off"
DIGEST_WHEN_HELD: Final = "when held"

#: What a mail is told as.
AS_SMS: Final = "sms"
AS_MMS: Final = "mms"

_CLOCK: Final = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True, slots=True)
class Rule:
    """When a mail is told, and how; the defaults tell every mail that lands in the inbox."""

    senders: tuple[str, ...] = ()  # addresses, @domains, parts of names, or addresses with * and ?; none = all
    high_only: bool = False
    keywords: tuple[str, ...] = ()  # in subject or body; none = all
    all_keywords: bool = False  # every keyword must be there, not just one
    folder: str = "INBOX"  # "" = any
    contacts_only: bool = False  # only people in the member's address book
    lists: bool = False  # mails of mailing lists too
    segments: int = 1
    signature: str = ""  # "" = that of the hub
    allow_codes: bool = False  # one-time codes and passwords may be shown
    quiet_from: str = ""  # "HH:MM" in the member's zone; "" = no quiet hours
    quiet_until: str = ""
    wake_high: bool = False  # urgent mails are told in quiet hours and outside digests
    wake_senders: tuple[str, ...] = ()  # and so are mails of these
    daily_cap: int = 0  # SMS a day; 0 = the account's own cap alone
    digest: str | int = DIGEST_OFF  # "off", "when held", or every so many minutes
    thread_minutes: int = 0  # at most one SMS about a conversation in so many minutes
    number: str = ""  # E.164; "" = the number proved last
    told_as: str = AS_SMS  # "mms": with more of the text and the first pictures, where the phone shows MMS


@dataclass(frozen=True, slots=True)
class Facts:
    """What a rule may ask about a mail; what costs something is asked only when needed."""

    address: str  # of the sender, lower case
    name: str
    subject: str
    folder: str
    is_high: bool
    is_list: bool
    contact: Callable[[], str | None]  # the sender's name in the member's address book
    text: Callable[[], str]  # the body as text


def read_rule(settings: Mapping[str, Any]) -> Rule:
    """The rule in these settings. Raises BadRequest that names the setting."""
    unknown = sorted(set(settings) - _NAMES)
    if unknown:
        raise BadRequest(f"{unknown[0]}: a rule has no such setting; it has {', '.join(sorted(_NAMES))}.")
    values = {name: _READERS[name](name, value) for name, value in settings.items()}
    rule = Rule(**values)
    if bool(rule.quiet_from) != bool(rule.quiet_until):
        raise BadRequest("quiet_from: quiet hours need both a beginning and an end.")
    if rule.quiet_from and rule.quiet_from == rule.quiet_until:
        raise BadRequest("quiet_until: quiet hours cannot end when they begin.")
    return rule


def write_rule(rule: Rule) -> dict[str, Any]:
    """The settings of a rule, fit for JSON; what is as by default is left out."""
    return {
        name: list(value) if isinstance(value, tuple) else value
        for name in _ORDER
        if (value := getattr(rule, name)) != getattr(_DEFAULT, name)
    }


def matches(rule: Rule, facts: Facts) -> bool:
    """Does this rule want the mail told?"""
    if rule.folder and rule.folder != facts.folder:
        return False
    if rule.high_only and not facts.is_high:
        return False
    if facts.is_list and not rule.lists:
        return False
    if rule.senders and not fits(rule.senders, facts.address, facts.name, facts.contact):
        return False
    if rule.contacts_only and facts.contact() is None:
        return False
    return not rule.keywords or _has_keywords(rule, facts)


def wakes(rule: Rule, facts: Facts) -> bool:
    """May this mail be told in quiet hours and outside digests?"""
    if rule.wake_high and facts.is_high:
        return True
    return bool(rule.wake_senders) and fits(rule.wake_senders, facts.address, facts.name, facts.contact)


def fits(
    patterns: Sequence[str], address: str, name: str = "", contact: Callable[[], str | None] = lambda: None
) -> bool:
    """Is this person one of those meant? Case does not count."""
    address, name = address.lower(), name.lower()
    for pattern in patterns:
        wanted = pattern.lower()
        if "*" in wanted or "?" in wanted:
            if fnmatch.fnmatchcase(address, wanted if "@" in wanted else f"{wanted}@*"):
                return True
        elif wanted.startswith("@"):
            if address.endswith(wanted):
                return True
        elif "@" in wanted:
            if address == wanted:
                return True
        elif wanted in name or wanted in address.partition("@")[0] or wanted in (contact() or "").lower():
            return True
    return False


def _has_keywords(rule: Rule, facts: Facts) -> bool:
    subject = facts.subject.casefold()
    missing = [word for keyword in rule.keywords if (word := keyword.casefold()) not in subject]
    if not missing or (not rule.all_keywords and len(missing) < len(rule.keywords)):
        return True
    text = facts.text().casefold()
    return (all if rule.all_keywords else any)(word in text for word in missing)


# --- settings -----------------------------------------------------------------------------------------------------


def _flag(name: str, value: Any) -> bool:
    if not isinstance(value, bool):
        raise BadRequest(f"{name}: this is true or false.")
    return value


def _words(name: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list | tuple) or len(value) > MAX_PATTERNS:
        raise BadRequest(f"{name}: this is a list of at most {MAX_PATTERNS} texts.")
    return tuple(_text(name, item, 1, MAX_PATTERN).strip() for item in value)


def _text(name: str, value: Any, least: int, most: int) -> str:
    if not isinstance(value, str) or not value.isprintable() or not least <= len(value.strip()) <= len(value) <= most:
        raise BadRequest(f"{name}: this is a text of {least} to {most} printable characters.")
    return value


def _short_text(most: int) -> Callable[[str, Any], str]:
    return lambda name, value: _text(name, value, 0, most)


def _whole(least: int, most: int) -> Callable[[str, Any], int]:
    def read(name: str, value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise BadRequest(f"{name}: this is a whole number from {least} to {most}.")
        return value

    return read


def _clock(name: str, value: Any) -> str:
    if not isinstance(value, str) or (value and not _CLOCK.fullmatch(value)):
        raise BadRequest(f"{name}: this is a time of day such as 22:30.")
    return value


def _digest(name: str, value: Any) -> str | int:
    if value in (DIGEST_OFF, DIGEST_WHEN_HELD) and isinstance(value, str):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= MAX_MINUTES:
        return value
    raise BadRequest(f'{name}: this is "{DIGEST_OFF}", "{DIGEST_WHEN_HELD}" or minutes from 1 to {MAX_MINUTES}.')


def _told_as(name: str, value: Any) -> str:
    if value not in (AS_SMS, AS_MMS) or not isinstance(value, str):
        raise BadRequest(f'{name}: this is "{AS_SMS}" or "{AS_MMS}".')
    return value


def _number(name: str, value: Any) -> str:
    if value == "":
        return ""
    number = normalise(value) if isinstance(value, str) else None
    if number is None or not is_mobile(number):
        raise BadRequest(f"{name}: this is no mobile number.")
    return number


_READERS: Final[dict[str, Callable[[str, Any], Any]]] = {
    "senders": _words,
    "high_only": _flag,
    "keywords": _words,
    "all_keywords": _flag,
    "folder": _short_text(255),
    "contacts_only": _flag,
    "lists": _flag,
    "segments": _whole(1, MAX_SEGMENTS),
    "signature": _short_text(MAX_SIGNATURE),
    "allow_codes": _flag,
    "quiet_from": _clock,
    "quiet_until": _clock,
    "wake_high": _flag,
    "wake_senders": _words,
    "daily_cap": _whole(0, MAX_CAP),
    "digest": _digest,
    "thread_minutes": _whole(0, MAX_MINUTES),
    "number": _number,
    "told_as": _told_as,
}
_ORDER: Final = tuple(field.name for field in fields(Rule))
_NAMES: Final = frozenset(_ORDER)
_DEFAULT: Final = Rule()

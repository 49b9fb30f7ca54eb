"""What a link can carry, and what it asks of senders and texts. Pure; kept as JSON, one object a link."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from gateway.core import data_sms
from gateway.core import text as sms_text
from gateway.core.content import MAX_SIGNATURE, Place, Template, place_signature, split_signature
from gateway.core.errors import BadRequest
from gateway.core.lists import Refusal
from gateway.core.senders import CountryRules, SenderRules
from gateway.core.text import Alphabet

MAX_SENDERS: Final = 1000
MAX_COUNTRIES: Final = 300


class Dressed(NamedTuple):
    """A message as a link is to send it."""

    sender: str
    text: str
    alphabet: Alphabet
    segments: int


@dataclass(frozen=True, slots=True)
class Profile:
    """One link. Without a profile a link carries everything and asks nothing."""

    #: Several segments for one text.
    long: bool = True
    #: Texts beyond the GSM 7-bit alphabet.
    unicode: bool = True
    #: Data SMS: octets instead of text.
    binary: bool = True
    #: Delivery reports; a message that wants one goes to a link without only when there is no other.
    report: bool = True
    #: Senders that may be shown: numbers and names; empty: any.
    allowed_senders: tuple[str, ...] = ()
    #: The sender shown whatever was asked.
    forced_sender: str = ""
    #: Digits that may follow an allowed or forced number.
    extension_digits: int = 20
    #: Names may be shown as senders.
    alphanumeric: bool = True
    #: ISO country -> {"alphanumeric": false, "forced": "10690001"}.
    countries: Mapping[str, CountryRules] = field(default_factory=dict)
    #: Where the signature 【…】 stands: as-is, front, back, or none (the carrier puts it there).
    signature_place: Place = Place.AS_IS
    #: The signature of texts that have none, without brackets.
    signature: str = ""
    #: Only texts that fit one of the link's templates are taken.
    templates_required: bool = False

    @property
    def senders(self) -> SenderRules:
        """The rules for senders."""
        return SenderRules(
            self.allowed_senders, self.forced_sender, self.extension_digits, self.alphanumeric, self.countries
        )


class LinkRules:
    """The profile of a link with its templates, ready to be applied to messages."""

    def __init__(self, profile: Profile, templates: tuple[Template, ...] = ()) -> None:
        self.profile = profile
        self.templates = templates
        self._senders = profile.senders

    def dress(self, sender: str, text: str, country: str) -> Dressed | Refusal:
        """The message as this link is to send it, or which rule of the link refuses it."""
        profile = self.profile
        shown = self._senders.apply(sender, country)
        if isinstance(shown, Refusal):
            return shown
        if profile.templates_required:
            body = split_signature(text, profile.signature_place).body
            if not any(template.fits(body) for template in self.templates):
                return Refusal("no_template", f"the text fits none of the {len(self.templates)} templates of the link")
        placed = place_signature(text, profile.signature_place, profile.signature)
        alphabet = sms_text.choose(placed)
        if alphabet is Alphabet.UCS2 and not profile.unicode:
            return Refusal("link_cannot", "the link carries the GSM 7-bit alphabet only")
        segments = len(sms_text.split(placed, alphabet))
        if segments > 1 and not profile.long:
            return Refusal("link_cannot", f"the link carries no long texts, and this one has {segments} segments")
        return Dressed(shown, placed, alphabet, segments)

    def dress_data(self, sender: str, data: bytes, country: str, *, has_port: bool) -> Dressed | Refusal:
        """The same for a data SMS; its text is empty."""
        profile = self.profile
        shown = self._senders.apply(sender, country)
        if isinstance(shown, Refusal):
            return shown
        if not profile.binary:
            return Refusal("link_cannot", "the link carries text only")
        if profile.templates_required:
            return Refusal("no_template", "the link takes what fits a template, and data fits none")
        segments = data_sms.count(len(data), has_port=has_port)
        if segments > 1 and not profile.long:
            return Refusal("link_cannot", f"the link carries no long messages, and this one has {segments} segments")
        return Dressed(shown, "", Alphabet.BINARY, segments)


def read_profile(values: Mapping[str, Any]) -> Profile:
    """A profile from parsed JSON. Raises BadRequest naming the key."""
    kinds = {name: type(getattr(Profile(), name)) for name in Profile.__dataclass_fields__}
    unknown = sorted(set(values) - set(kinds))
    if unknown:
        raise BadRequest(f"{unknown[0]}: there is no such rule; the rules are {', '.join(kinds)}")
    read: dict[str, Any] = {}
    for name, value in values.items():
        if name == "countries":
            read[name] = _countries(value)
        elif name == "allowed_senders":
            if not isinstance(value, list) or len(value) > MAX_SENDERS or not all(_is_sender(one) for one in value):
                raise BadRequest(f"{name}: give a list of at most {MAX_SENDERS} numbers and names")
            read[name] = tuple(value)
        elif name == "signature_place":
            if value not in list(Place):
                raise BadRequest(f"{name}: give one of {', '.join(Place)}")
            read[name] = Place(value)
        elif type(value) is not kinds[name]:
            raise BadRequest(f"{name}: {value!r:.40} is no {kinds[name].__name__}")
        else:
            read[name] = value
    profile = Profile(**read)
    if profile.forced_sender and not _is_sender(profile.forced_sender):
        raise BadRequest("forced_sender: a number of at most 20 digits, or a name of at most 11 characters")
    if not 0 <= profile.extension_digits <= 20:
        raise BadRequest("extension_digits: give 0 to 20")
    if len(profile.signature) > MAX_SIGNATURE or set(profile.signature) & set("【】"):
        raise BadRequest(f"signature: at most {MAX_SIGNATURE} characters, without the brackets")
    return profile


def profile_json(profile: Profile) -> dict[str, Any]:
    """What differs from a link without a profile, as JSON values."""
    plain = Profile()
    found: dict[str, Any] = {}
    for name in Profile.__dataclass_fields__:
        value = getattr(profile, name)
        if value != getattr(plain, name):
            found[name] = (
                {country: dataclasses.asdict(rules) for country, rules in value.items()}
                if name == "countries"
                else list(value)
                if isinstance(value, tuple)
                else value
            )
    return found


def _is_sender(value: object) -> bool:
    return (
        isinstance(value, str)
        and value.isprintable()
        and (0 < len(value) <= 11 or (value.isdigit() and len(value) <= 20))
    )


def _countries(value: object) -> dict[str, CountryRules]:
    if not isinstance(value, dict) or len(value) > MAX_COUNTRIES:
        raise BadRequest('countries: give an object like {"CN": {"alphanumeric": false}}')
    found = {}
    for country, rules in value.items():
        alphanumeric = rules.get("alphanumeric", True) if isinstance(rules, dict) else None
        forced = rules.get("forced", "") if isinstance(rules, dict) else None
        if (
            not isinstance(alphanumeric, bool)
            or not (forced == "" or _is_sender(forced))
            or set(rules) - {"alphanumeric", "forced"}
            or len(country) != 2
        ):
            raise BadRequest(f"countries: {country!r:.8} has rules other than alphanumeric and forced")
        found[country.upper()] = CountryRules(alphanumeric, str(forced))
    return found

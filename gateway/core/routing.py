"""Which link an SMS takes, and how it looks there: everything the router knows, and what follows from it for a message.

Whose the number is (`numbering`), who may be written to (`lists`), which lines fit in which order (`ranking`), how the
links do (`health`), what each asks of senders and texts (`profiles`), how fast messages may go (`shaping`). Pure: what
is known comes in by the `set_…` and `note_…` methods, the time as an argument.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from gateway.core import data_sms
from gateway.core import text as sms_text
from gateway.core.content import ForbiddenWords, WordCheck
from gateway.core.health import Health
from gateway.core.lists import Lists, Refusal
from gateway.core.lookups import Lookups
from gateway.core.messages import Outcome, ReportState
from gateway.core.numbering import Numbering, NumberRange
from gateway.core.outbox import Kind, NewSms
from gateway.core.profiles import Dressed, LinkRules
from gateway.core.ranking import Equals, LinkFacts, Rank, rank
from gateway.core.routes import Enquiry, Line, Route, RouteTable
from gateway.core.shaping import Limit, Shaping
from gateway.core.text import Alphabet

__all__ = ["Known", "LinkFacts", "Plan", "Route", "Router", "enquiry_of"]

#: Beginnings of so many characters are few enough to be remembered: +86138.
SHORT: Final = 7
#: Rankings and prices remembered; more are forgotten all at once.
MAX_REMEMBERED: Final = 65_536


_NOBODY: Final = Equals((), ())


class Plan(NamedTuple):
    """How a message is to go. Without a link it waits for one; with a refusal it must not go at all."""

    link: str
    sender: str
    text: str
    alphabet: Alphabet
    segments: int
    refusal: Refusal | None = None


@dataclass(frozen=True, slots=True)
class Known:
    """What the books tell a router; parts that are None are as they were."""

    version: int
    routes: Sequence[Route] | None = None
    rules: Mapping[str, LinkRules] | None = None
    lists: Lists | None = None
    words: Sequence[str] = ()
    limits: Sequence[Limit] = ()
    built_in: Sequence[NumberRange] = ()  # of the table that comes with the hub, the first time
    ranges: Sequence[NumberRange] = ()  # imported
    ported: Sequence[tuple[str, str]] = ()  # (number, operator), a page of them
    ported_upto: int = 0  # where the next page begins
    has_more: bool = False  # there is another page of ported numbers


class Router:
    """The routing table, the numbers and the state of the links, as this process knows them."""

    def __init__(self) -> None:
        self.numbering = Numbering()
        self.health = Health()
        self.shaping = Shaping()
        self.lists = Lists()
        self.words: WordCheck | None = None
        self.lookups: Lookups | None = None  # set when there is somebody who can be asked where numbers are
        self.rules: Mapping[str, LinkRules] = {}
        self.version = -1  # of what was learnt from the books
        self.ported_upto = 0
        self._table = RouteTable()
        self._price_table = RouteTable()
        self._links: dict[str, LinkFacts] = {}
        self.carries_mms = False  # whether any link carries MMS
        self._ranked: dict[tuple[tuple[int, ...], str, bool], tuple[Equals, ...]] = {}
        self._ranked_at = 0  # version of the health they were made by
        self._beginnings: dict[tuple[str, bool], Equals] = {}  # of numbers, with those that go first for them
        self._is_short = True  # routes go by short beginnings alone
        self._asks_nothing = True  # no list, no word, no rule of a link
        self._facts: dict[str, Mapping[str, LinkFacts]] = {}  # by operator, made with `_ranked`
        self._prices: dict[tuple[tuple[int, ...], str], int] = {}

    # --- what it is told --------------------------------------------------------------------------------------

    def set_routes(self, routes: Iterable[Route]) -> None:
        """Use another routing table from now on."""
        self._table = RouteTable(routes)
        # What a segment costs must be known where the message is not: conditions on it count only among equals.
        self._price_table = RouteTable(
            replace(route, sender="", account_id=0, purpose="", tag="", hours="", preference=route.conditions)
            for route in self._table.routes
        )
        self._prices = {}
        self._forget()

    def set_rules(self, rules: Mapping[str, LinkRules]) -> None:
        """Use these rules of links, by link."""
        self.rules = rules
        self._forget()

    def set_lists(self, lists: Lists, words: Iterable[str] = ()) -> None:
        """Use these lists of numbers and words."""
        self.lists = lists
        check = ForbiddenWords(words)
        self.words = None if check.is_empty else check
        self._forget()

    def set_link(self, name: str, facts: LinkFacts) -> None:
        """Note how a link is."""
        if self._links.get(name) != facts:
            self._links[name] = facts
            self.carries_mms = any(facts.mms for facts in self._links.values())
            self._forget()

    def drop_link(self, name: str) -> None:
        """Forget a link that is gone for good: no route leads over it any more."""
        self._links.pop(name, None)
        self.carries_mms = any(facts.mms for facts in self._links.values())
        self.health.forget(name)
        self._forget()

    def learn(self, known: Known, default: Sequence[Route]) -> None:
        """Take in what the books tell; `default` stands in for an empty routing table."""
        self.numbering.port(known.ported)
        self.ported_upto = known.ported_upto
        if known.routes is not None and known.lists is not None:
            self.numbering.set_ranges(known.ranges, known.built_in)
            self.set_rules(known.rules or {})
            self.set_lists(known.lists, known.words)
            self.shaping.set_limits(known.limits)
            self.set_routes(known.routes or default)
        elif not any(route.id for route in self._table.routes) and tuple(default) != self._table.routes:
            self.set_routes(default)  # links came or went
        self.version = known.version

    def note_answers(self, link: str, answers: Iterable[tuple[str, Outcome, bool]], now_s: float) -> None:
        """Note what a link answered: (recipient, outcome, report wanted)."""
        self.health.answered(link, answers, self.operator_of, now_s)

    def note_reports(self, link: str, reports: Iterable[tuple[str, ReportState]], now_s: float) -> None:
        """Note what a link reported: (recipient as the carrier wrote it, state)."""
        self.health.reported(link, reports, self.operator_of, now_s)

    # --- questions ----------------------------------------------------------------------------------------------

    @property
    def links(self) -> Mapping[str, LinkFacts]:
        """The links known, by name."""
        return self._links

    @property
    def routes(self) -> Sequence[Route]:
        """The routing table."""
        return self._table.routes

    def operator_of(self, number: str) -> str:
        """The operator of a number as a carrier writes it: with or without "+" and country code."""
        if number[:1] != "+":
            number = "+86" + number if len(number) == 11 and number[:1] == "1" else "+" + number
        return self.numbering.whose(number)[1] if number[1:].isdigit() else ""

    def choose(self, recipient: str, tried: Collection[str] = ()) -> str:
        """The best link for a number of which nothing more is known; "" when no route fits."""
        return self._first(enquiry_of(self, recipient), tried)

    def plan(
        self, sms: NewSms, message_id: int = 0, now_ms: int = 0, *, domain_id: int = 0, tried: Collection[str] = ()
    ) -> Plan:
        """The link for a message and what is sent on it; or which rule refuses it."""
        if self.lookups is not None and sms.recipient[:1] == "+":
            self.lookups.want(sms.recipient, now_ms)
        if sms.kind is Kind.MMS:
            return self._plan_mms(sms, message_id, now_ms, domain_id, tried)
        if self._asks_nothing and not sms.data:
            text = sms.text
            alphabet = sms_text.choose(text)
            link = sms.link or self._quick(sms, message_id, now_ms, tried)
            return Plan(link, sms.sender, text, alphabet, len(sms_text.split(text, alphabet)))
        refusal = self.refusal(sms, domain_id)
        if refusal is not None:
            return _refused(sms, refusal)
        enquiry = enquiry_of(self, sms.recipient, sms, message_id, now_ms)
        refusals: list[Refusal] = []
        links = [sms.link] if sms.link else [one.route.link for one in self.in_order(enquiry, tried)]
        for link in links:
            dressed = self.dress(link, sms, enquiry.country)
            if isinstance(dressed, Refusal):
                refusals.append(Refusal(dressed.code, f"link {link}: {dressed.rule}"))
                continue
            self._probe(link, enquiry.operator)
            return Plan(link, *dressed)
        if refusals:
            return _refused(sms, refusals[0])
        return Plan("", *_undressed(sms))

    def _plan_mms(self, sms: NewSms, message_id: int, now_ms: int, domain_id: int, tried: Collection[str]) -> Plan:
        """The link for an MMS: routes are the same, links are those that carry MMS; their rules for senders hold."""
        refusal = self.refusal(sms, domain_id)
        if refusal is not None:
            return _refused(sms, refusal)
        enquiry = enquiry_of(self, sms.recipient, sms, message_id, now_ms)
        lines = self._table.fitting(enquiry)
        ranked = rank(enquiry, lines, self._facts_of(enquiry.operator, mms=True), tried=tried)
        refusals: list[Refusal] = []
        for link in [sms.link] if sms.link else [one.route.link for one in _flat(ranked, message_id)]:
            rules = self.rules.get(link)
            shown = sms.sender if rules is None else rules.profile.senders.apply(sms.sender, enquiry.country)
            if isinstance(shown, Refusal):
                refusals.append(Refusal(shown.code, f"link {link}: {shown.rule}"))
                continue
            return Plan(link, shown, sms.text, Alphabet.BINARY, 1)
        if refusals:
            return _refused(sms, refusals[0])
        return Plan("", *_undressed(sms))

    def refusal(self, sms: NewSms, domain_id: int = 0) -> Refusal | None:
        """Why a message may go by no link at all; None when it may."""
        refusal = self.lists.refusal(sms.recipient, sms.account_id, domain_id)
        if refusal is None and self.words is not None:
            word = self.words.forbidden(sms.text)
            if word is not None:
                refusal = Refusal("forbidden_word", f"the text holds the forbidden word {word}")
        return refusal

    def dress(self, link: str, sms: NewSms, country: str) -> Dressed | Refusal:
        """The message as a link sends it, or which rule of the link refuses it."""
        rules = self.rules.get(link)
        if sms.data:
            facts = self._links.get(link)
            if facts is not None and not facts.data:
                return Refusal("link_cannot", "the link carries text only")
            if rules is not None:
                return rules.dress_data(sms.sender, sms.data, country, has_port=sms.port is not None)
        return _undressed(sms) if rules is None else rules.dress(sms.sender, sms.text, country)

    def fitting(self, enquiry: Enquiry) -> list[Line]:
        """The lines that fit a message, in no order."""
        return self._table.fitting(enquiry)

    def ranked(self, enquiry: Enquiry, tried: Collection[str] = ()) -> tuple[Equals, ...]:
        """The lines that fit, best first; see `gateway.core.ranking.rank`."""
        health = self.health
        if self._ranked_at != health.version:
            self._forget()
            self._ranked_at = health.version
        operator = enquiry.operator if health.has_trouble else ""
        if tried:
            return rank(enquiry, self._table.fitting(enquiry), self.facts(operator), tried=tried)
        remembered = self._ranked  # held here: another thread may forget it meanwhile, and with it what follows
        key, _ = self._table.find(enquiry)
        found = remembered.get((key, operator, enquiry.want_report))
        if found is None:
            if len(remembered) >= MAX_REMEMBERED:
                remembered.clear()
            found = rank(enquiry, self._table.fitting(enquiry), self.facts(operator))
            remembered[key, operator, enquiry.want_report] = found
        return found

    def in_order(self, enquiry: Enquiry, tried: Collection[str] = ()) -> list[Rank]:
        """The lines in the order this message tries them; half-open links get their few messages."""
        if self.health.has_trouble:
            for link in self.health.half_open_links():
                if link not in tried and self.health.may_probe(link, enquiry.operator):
                    lines = self._table.fitting(enquiry)
                    ranked = rank(enquiry, lines, self.facts(enquiry.operator), tried=tried, probe=link)
                    found = _flat(ranked, enquiry.message_id)
                    if found and found[0].route.link == link:
                        return found
        return _flat(self.ranked(enquiry, tried), enquiry.message_id)

    def facts(self, operator: str) -> Mapping[str, LinkFacts]:
        """How the links that carry SMS are for messages to an operator."""
        remembered = self._facts
        found = remembered.get(operator)
        if found is None:
            found = remembered[operator] = self._facts_of(operator, mms=False)
        return found

    def facts_of(self, link: str, operator: str) -> LinkFacts | None:
        """How one link is for messages to an operator, whatever it carries."""
        known = self._links.get(link)
        return None if known is None else self._facts_of(operator, mms=known.mms)[link]

    def _facts_of(self, operator: str, *, mms: bool) -> dict[str, LinkFacts]:
        health = self.health
        return {
            name: replace(
                facts,
                breaker=health.breaker(name, operator) if health.knows(name) else facts.breaker,
                score=health.score(name) if health.knows(name) else facts.score,
                report=facts.report and (name not in self.rules or self.rules[name].profile.report),
            )
            for name, facts in tuple(self._links.items())
            if facts.mms is mms
        }

    def price(self, recipient: str, link: str) -> int:
        """What a segment to a recipient costs on a link, in millionths of the currency unit."""
        country, operator = self.numbering.whose(recipient)
        enquiry = Enquiry(recipient, country, operator)
        remembered = self._prices
        key = self._price_table.find(enquiry)[0], link
        found = remembered.get(key)
        if found is None:
            if len(remembered) >= MAX_REMEMBERED:
                remembered.clear()
            lines = self._price_table.fitting(enquiry)
            found = min(((line.order, line.route.cost) for line in lines if line.route.link == link), default=((), 0))[
                1
            ]
            remembered[key] = found
        return found

    def _quick(self, sms: NewSms, message_id: int, now_ms: int, tried: Collection[str]) -> str:
        """The link for a message that no rule looks at; most are answered by the beginning of their number."""
        if not self._is_short or tried or self.health.version != self._ranked_at or self.health.has_trouble:
            if self._table.is_plain:
                return self._first(Enquiry(sms.recipient, want_report=sms.want_report, message_id=message_id), tried)
            return self._first(enquiry_of(self, sms.recipient, sms, message_id, now_ms), tried)
        remembered = self._beginnings
        key = sms.recipient[: self._table.longest], sms.want_report
        first = remembered.get(key)
        if first is None:
            if len(remembered) >= MAX_REMEMBERED:
                remembered.clear()
            ranked = self.ranked(Enquiry(sms.recipient, want_report=sms.want_report))
            first = remembered[key] = ranked[0] if ranked else _NOBODY
        if len(first.ranks) == 1:
            return first.ranks[0].route.link
        return first.first(message_id).route.link if first.ranks else ""

    def _first(self, enquiry: Enquiry, tried: Collection[str]) -> str:
        if self.health.has_trouble:
            if not enquiry.operator:
                country, operator = self.numbering.whose(enquiry.recipient)
                enquiry = enquiry._replace(country=country, operator=operator)
            found = self.in_order(enquiry, tried)
            if not found:
                return ""
            self._probe(found[0].route.link, enquiry.operator)
            return found[0].route.link
        ranked = self.ranked(enquiry, tried)
        if not ranked:
            return ""
        return ranked[0].first(enquiry.message_id).route.link

    def _probe(self, link: str, operator: str) -> None:
        if self.health.has_trouble:
            self.health.take_probe(link, operator)

    def _forget(self) -> None:
        self._ranked = {}
        self._facts = {}
        self._beginnings = {}
        self._is_short = self._table.is_plain and self._table.longest <= SHORT
        self._asks_nothing = self.lists.is_empty and self.words is None and not self.rules


def enquiry_of(
    router: Router, recipient: str, sms: NewSms | None = None, message_id: int = 0, now_ms: int = 0
) -> Enquiry:
    """A message as routes look at it."""
    country, operator = router.numbering.whose(recipient)
    if sms is None:
        return Enquiry(recipient, country, operator, message_id=message_id, minute=now_ms // 60_000)
    return Enquiry(
        recipient, country, operator, sms.sender, sms.account_id, sms.purpose.value, sms.tag,
        max(now_ms, sms.not_before_ms) // 60_000, sms.want_report, message_id,
    )  # fmt: skip


def _flat(ranked: Sequence[Equals], message_id: int) -> list[Rank]:
    return [one for equals in ranked for one in equals.in_turn(message_id)]


def _undressed(sms: NewSms) -> Dressed:
    if sms.kind is Kind.MMS:
        return Dressed(sms.sender, sms.text, Alphabet.BINARY, 1)
    if sms.data:
        segments = data_sms.count(len(sms.data), has_port=sms.port is not None)
        return Dressed(sms.sender, "", Alphabet.BINARY, segments)
    alphabet = sms_text.choose(sms.text)
    return Dressed(sms.sender, sms.text, alphabet, len(sms_text.split(sms.text, alphabet)))


def _refused(sms: NewSms, refusal: Refusal) -> Plan:
    return Plan("", *_undressed(sms), refusal)

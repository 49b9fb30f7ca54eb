"""The answer of a provider: how a description says where things stand in it, and what it means for each SMS."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, NamedTuple

from carriers.http import document, pattern
from carriers.http.document import Path
from carriers.http.tables import Table
from carriers.http.values import same_number
from gateway.core.errors import BadRequest, ConfigError
from gateway.core.messages import Outcome

#: Octets of an answer that are read.
MAX_ANSWER: Final = 1_000_000
FORMATS: Final = ("json", "text", "none")
#: What a code can mean: an outcome, or that we are not let in.
MEANINGS: Final = (*(outcome.value for outcome in Outcome), "refused")
#: However long a provider wants us to rest, after this it is asked again.
LONGEST_REST_S: Final = 3600.0
#: Longest reason that is passed on.
MAX_REASON: Final = 200

#: HTTP statuses where the provider's own code says nothing (RFC 9110 section 15, RFC 6585 section 4). A gateway that
#: failed, or a server that broke, may have passed the request on: nobody knows. Redirections and addresses that are not
#: there say that the link is set up wrong, not that the SMS is.
STATUSES: Final[Mapping[int, str]] = {
    301: "refused",
    302: "refused",
    303: "refused",
    307: "refused",
    308: "refused",
    401: "refused",
    403: "refused",
    404: "refused",
    405: "refused",
    407: "refused",
    408: "uncertain",
    425: "temporary",
    429: "throttled",
    500: "uncertain",
    501: "permanent",
    502: "uncertain",
    503: "temporary",
    504: "uncertain",
}


class Answer(NamedTuple):
    """What an HTTP answer says, as far as HTTP goes."""

    status: int
    body: bytes
    retry_after_s: float | None = None


class Verdict(NamedTuple):
    """What became of one SMS of a request."""

    outcome: Outcome
    carrier_ids: tuple[str, ...] = ()
    code: int = 0
    reason: str = ""
    is_refused: bool = False  # the provider does not let us in; the outcome is TEMPORARY


@dataclass(frozen=True, slots=True)
class ResponsePlan:
    """Where things stand in an answer."""

    format: str
    pattern: re.Pattern[str] | None
    items: Path | None
    ids: tuple[Path, ...]
    codes_at: tuple[Path, ...]
    reasons: tuple[Path, ...]
    recipient: tuple[Path, ...]
    error_codes: tuple[Path, ...]
    error_reasons: tuple[Path, ...]
    own_id: bool  # reports name our id
    several_ids: bool  # the items are the segments of one SMS
    codes: Mapping[str, str]
    statuses: Mapping[int, str]

    def verdicts(self, answer: Answer, recipients: Sequence[str], own_ids: Sequence[str]) -> list[Verdict]:
        """One for each recipient, in order. Never raises: what cannot be read is UNCERTAIN where it may be a yes."""
        try:
            found = self._document(answer)
        except BadRequest as error:
            return [self._unread(answer, str(error))] * len(recipients)
        items = self.items.find(found) if self.items is not None else None
        if not isinstance(items, list) or not items:
            item = found if self.items is None else {}
            one = self._verdict(answer, item, found, own_ids[0])
            return [one._replace(carrier_ids=(own,)) if one.carrier_ids and self.own_id else one for own in own_ids]
        if self.several_ids:
            return [self._whole(answer, items, found, own_ids[0])] * len(recipients)
        by_number = (
            {same_number(document.first(self.recipient, item)): item for item in items} if self.recipient else {}
        )
        verdicts = []
        for place, (number, own) in enumerate(zip(recipients, own_ids, strict=True)):
            item = by_number.get(same_number(number), items[place] if len(items) == len(recipients) else None)
            if item is None:
                verdicts.append(Verdict(Outcome.UNCERTAIN, code=answer.status, reason="the answer does not tell of it"))
            else:
                verdicts.append(self._verdict(answer, item, found, own))
        return verdicts

    def _whole(self, answer: Answer, items: Sequence[Any], found: Any, own: str) -> Verdict:
        """Of an SMS whose segments are told of one by one: the first that is not accepted decides."""
        each = [self._verdict(answer, item, found, own) for item in items]
        worst = next((one for one in each if one.outcome is not Outcome.ACCEPTED), each[0])
        if worst.outcome is not Outcome.ACCEPTED:
            return worst
        return worst._replace(carrier_ids=tuple(dict.fromkeys(it for one in each for it in one.carrier_ids)))

    def _document(self, answer: Answer) -> Any:
        if self.format == "json":
            return document.read_json(answer.body)
        if self.pattern is None:
            return {}
        text = answer.body[: pattern.MAX_TEXT * 4].decode("utf-8", "replace")[: pattern.MAX_TEXT].strip()
        match = self.pattern.match(text)
        if match is None:
            raise BadRequest("the answer does not fit the pattern")
        return {name: value for name, value in match.groupdict().items() if value is not None}

    def _verdict(self, answer: Answer, item: Any, found: Any, own: str) -> Verdict:
        code = document.first(self.codes_at, item) or document.first(self.error_codes, found)
        reason = document.first(self.reasons, item) or document.first(self.error_reasons, found)
        carrier_id = own if self.own_id else document.first(self.ids, item)
        meaning = self._meaning(code) if code else self.statuses.get(answer.status)
        if meaning is None:
            says_yes = 200 <= answer.status < 300
            if code and says_yes:
                meaning = "permanent"
            elif says_yes:
                # Without a code the id is the sign of success, where the provider gives one.
                meaning = "accepted" if carrier_id or not self.ids else "uncertain"
            else:
                meaning = _by_status(answer)
        if meaning == "accepted":
            return Verdict(Outcome.ACCEPTED, (carrier_id,) if carrier_id else ())
        return _refusal(meaning, answer.status, code, reason or f"HTTP {answer.status}")

    def _meaning(self, code: str) -> str | None:
        """What a code means: as it stands, then the longest beginning with a * behind it."""
        if code in self.codes:
            return self.codes[code]
        for length in range(len(code), -1, -1):
            meaning = self.codes.get(code[:length] + "*")
            if meaning is not None:
                return meaning
        return None

    def _unread(self, answer: Answer, reason: str) -> Verdict:
        meaning = self.statuses.get(answer.status)
        if meaning is None:
            meaning = "uncertain" if 200 <= answer.status < 300 else _by_status(answer)
        if meaning == "accepted":
            meaning = "uncertain"
        return _refusal(meaning, answer.status, "", f"HTTP {answer.status}, {reason}")


def retry_after_s(text: str, now: datetime) -> float | None:
    """Seconds that a Retry-After asks for (RFC 9110 section 10.2.3), at most LONGEST_REST_S; None for nonsense."""
    if re.fullmatch("[0-9]{1,9}", text):
        return min(float(text), LONGEST_REST_S)
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return None
    if until.tzinfo is None:
        return None
    return min(max(0.0, (until - now).total_seconds()), LONGEST_REST_S)


def _by_status(answer: Answer) -> str:
    if answer.status == 503 and answer.retry_after_s is not None:
        return "throttled"
    return STATUSES.get(answer.status, "uncertain" if answer.status >= 500 else "permanent")


def _refusal(meaning: str, status: int, code: str, reason: str) -> Verdict:
    is_refused = meaning == "refused"
    outcome = Outcome.TEMPORARY if is_refused else Outcome(meaning)
    number = int(code) if re.fullmatch("-?[0-9]{1,9}", code) else status
    words = reason if not code or str(number) == code else f"{code}: {reason}"
    return Verdict(outcome, code=number, reason=" ".join(words.split())[:MAX_REASON], is_refused=is_refused)


def read(table: Table) -> ResponsePlan:
    """Read `[response]`. Raises ConfigError."""
    form = table.word("format", FORMATS, "json")
    items = table.text("items", "")
    text = table.text("pattern", "")

    def paths(key: str) -> tuple[Path, ...]:
        return tuple(document.path(it, table.at(key)) for it in table.texts(key))

    if (form == "text") != bool(text):
        raise ConfigError(f'{table.where}: format = "text" and pattern go together')
    plan = ResponsePlan(
        format=form,
        pattern=pattern.compile_pattern(text, table.at("pattern")) if text else None,
        items=document.path(items, table.at("items")) if items else None,
        ids=paths("id"),
        codes_at=paths("code"),
        reasons=paths("reason"),
        recipient=paths("recipient"),
        error_codes=paths("error_code"),
        error_reasons=paths("error_reason"),
        own_id=table.flag("own_id"),
        several_ids=table.flag("several_ids"),
        codes=_meanings(table, "codes"),
        statuses={_status(table, key): word for key, word in _meanings(table, "statuses").items()},
    )
    table.done()
    if plan.own_id and plan.ids:
        raise ConfigError(f"{table.where}: id is the provider's, own_id ours; take one")
    if plan.codes_at and not plan.codes:
        raise ConfigError(f"{table.where}: code needs a table [response.codes] that says what codes mean")
    return plan


def _meanings(table: Table, key: str) -> dict[str, str]:
    found = table.words(key)
    for code, word in found.items():
        if word not in MEANINGS:
            raise ConfigError(f"{table.at(key)}.{code} must be one of {', '.join(MEANINGS)}, not {word!r}")
    return found


def _status(table: Table, key: str) -> int:
    if not re.fullmatch("[1-5][0-9]{2}", key):
        raise ConfigError(f"{table.at('statuses')}: {key!r} is no HTTP status")
    return int(key)

"""Webhooks: how a description says what a provider tells us, and what is read from one such request.

Nothing of it is believed before its check: the signature where the description has one, the token and the address by
the shell. A request that cannot be read is a `Turned` with a 4xx; of one that can, items that make no sense are told of
and the others taken, because asking for it again would bring the same.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from carriers.http import document, request, signing, template
from carriers.http.document import Path
from carriers.http.signing import Fields, Step
from carriers.http.tables import Table
from carriers.http.template import Slot, Template
from carriers.http.values import same_number
from gateway.core import text as sms_text
from gateway.core.errors import BadRequest, CaiyouError, ConfigError
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, ReportState

KINDS: Final = ("report", "sms")
FORMATS: Final = ("form", "json", "query")
STATES: Final = (*(state.value for state in ReportState), "skip")
#: Items in one request; the largest documented push has 500.
MAX_ITEMS: Final = 1000
#: Longest of any field that is kept as it came; texts are bounded by the body.
MAX_FIELD: Final = 500

_REPORT_FIELDS: Final = ("id", "state", "code", "recipient", "done_at", "text")
_SMS_FIELDS: Final = (
    "id", "sender", "recipient", "text", "text_ucs2_hex", "coding", "concat_reference", "concat_total", "concat_number",
)  # fmt: skip
_NAME = re.compile(r"[a-z][a-z0-9_-]*")


class Call(NamedTuple):
    """A request of a provider to us."""

    method: str
    query: str  # as it came
    headers: Mapping[str, str]  # names in small letters
    body: bytes
    url: str  # as the provider knows it, with the query


class Turned(CaiyouError):
    """A request that is not taken, with the HTTP status it is answered with."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Told(NamedTuple):
    """What a request told."""

    found: tuple[DeliveryReport | IncomingSms, ...]
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Check:
    """How the signature of a request is checked."""

    steps: tuple[Step, ...]
    given: Template  # where the provider puts its signature
    ours: Template
    when: str  # name of the option without which nothing is checked; "" = always


@dataclass(frozen=True, slots=True)
class Webhook:
    """One address the provider calls."""

    name: str  # the last part of its path
    kind: str
    methods: tuple[str, ...]
    format: str
    charset: str
    inner: str  # the form field that holds JSON
    items: Path | None
    fields: Mapping[str, tuple[Path | Template, ...]]
    states: Mapping[str, str]
    codings: Mapping[str, str]  # what `coding` says -> charset of the text, whose octets came as ISO 8859-1
    check: Check | None
    status: int
    content_type: str
    answer: str

    def read(self, call: Call, options: Mapping[str, str], *, shared_ids: bool = False) -> Told:
        """What the request tells. Raises Turned."""
        if call.method not in self.methods:
            raise Turned(405, f"{call.method} is not among {', '.join(self.methods)}")
        try:
            query = document.read_form(call.query, self.charset)
            is_form = self.format == "form"
            form = document.read_form(call.body.decode("ascii", "replace"), self.charset) if is_form else []
            root = self._root(call, query, form)
        except BadRequest as error:
            raise Turned(400, str(error)) from error
        self._check(call, options, query, form, root)
        items = self.items.find(root) if self.items is not None else [root]
        if not isinstance(items, list):
            raise Turned(400, "there is no list of items where the description says")
        if len(items) > MAX_ITEMS:
            raise Turned(413, f"more than {MAX_ITEMS} items")
        found: list[DeliveryReport | IncomingSms] = []
        problems: list[str] = []
        for item in items:
            if not isinstance(item, dict):
                problems.append(f"{self.name}: an item is no object")
                continue
            try:
                one = self._report(item, options, shared_ids) if self.kind == "report" else self._sms(item, options)
            except BadRequest as error:
                problems.append(f"{self.name}: {error}")
                continue
            if one is not None:
                found.append(one)
        return Told(tuple(found), tuple(problems))

    def option_of_check(self) -> str:
        """The option without which nothing is checked; "" when there is no check or it is always made."""
        return self.check.when if self.check is not None else ""

    def _root(self, call: Call, query: Sequence[tuple[str, str]], form: Sequence[tuple[str, str]]) -> Any:
        if self.format == "json":
            return document.read_json(call.body)
        fields = dict(query) | dict(form)
        if not self.inner:
            return fields
        if self.inner not in fields:
            raise BadRequest(f"there is no field {self.inner}")
        return document.read_json_in_field(fields[self.inner])

    def _check(
        self,
        call: Call,
        options: Mapping[str, str],
        query: Sequence[tuple[str, str]],
        form: Sequence[tuple[str, str]],
        root: Any,
    ) -> None:
        check = self.check
        if check is None or (check.when and not options.get(f"option:{check.when}")):
            return
        flat = [(key, document.scalar(value)) for key, value in root.items()] if isinstance(root, dict) else []
        fields = Fields(query, flat if self.format == "json" or self.inner else form)
        steps = (*(step.over.names | step.key.names for step in check.steps), check.given.names, check.ours.names)
        values = dict(options) | {
            "url": call.url,
            "method": call.method,
            "query": call.query,
            "body": call.body.decode("utf-8", "replace"),
        }
        known = dict(fields.of("all"))
        for name in frozenset[str]().union(*steps):
            kind, _, rest = name.partition(":")
            if kind == "header":
                values[name] = call.headers.get(rest.lower(), "")
            elif kind == "field":
                values[name] = known.get(rest, "")
        values |= signing.sign(check.steps, values, fields)
        given = check.given.render(values)
        if not given or not signing.same(check.ours.render(values), given):
            raise Turned(403, f"{self.name}: the signature is not right")

    def _field(self, name: str, item: Any, options: Mapping[str, str]) -> str:
        """A field of an item, "" where it says nothing; text around fields that say nothing is nothing."""
        for source in self.fields.get(name, ()):
            if isinstance(source, Path):
                text = document.scalar(source.find(item))
            else:
                values = {
                    it: document.scalar(item.get(it.removeprefix("field:"))) for it in source.names if it not in options
                }
                text = source.render({**options, **values}) if not values or any(values.values()) else ""
            if text:
                return text
        return ""

    def _report(self, item: Any, options: Mapping[str, str], shared_ids: bool) -> DeliveryReport | None:
        word = self._field("state", item, options)
        if not word:
            raise BadRequest("a report says no state")
        state = self.states.get(word, self.states.get("*"))
        if state == "skip":
            return None
        if state is None:
            raise BadRequest(f"a report says {word[:64]!r}, of which the description knows nothing")
        carrier_id = self._field("id", item, options)[:MAX_FIELD]
        if not carrier_id:
            raise BadRequest("a report names no SMS")
        recipient = self._field("recipient", item, options)[:MAX_FIELD]
        return DeliveryReport(
            carrier_id=shared_id(carrier_id, recipient) if shared_ids else carrier_id,
            state=ReportState(state),
            code=(self._field("code", item, options) or word)[:MAX_FIELD],
            recipient=recipient,
            done_at=self._field("done_at", item, options)[:MAX_FIELD],
            text=self._field("text", item, options)[:MAX_FIELD],
        )

    def _sms(self, item: Any, options: Mapping[str, str]) -> IncomingSms:
        sender = self._field("sender", item, options)[:MAX_FIELD]
        if not sender:
            raise BadRequest("an SMS names no sender")
        text = self._field("text", item, options)
        digits = self._field("text_ucs2_hex", item, options)
        if digits:
            try:
                text = bytes.fromhex(digits).decode("utf-16-be", "replace")
            except ValueError as error:
                raise BadRequest("the text of an SMS is no hexadecimal") from error
        charset = self.codings.get(self._field("coding", item, options), self.codings.get("*"))
        if charset is not None:
            text = text.encode("iso-8859-1", "replace").decode(charset, "replace")
        return IncomingSms(
            carrier_id=self._field("id", item, options)[:MAX_FIELD],
            sender=sender,
            recipient=self._field("recipient", item, options)[:MAX_FIELD],
            text=text,
            alphabet=sms_text.choose(text),
            concat=self._concat(item, options),
        )

    def _concat(self, item: Any, options: Mapping[str, str]) -> Concat | None:
        reference, total, number = (
            self._field(name, item, options) for name in ("concat_reference", "concat_total", "concat_number")
        )
        if not (reference and re.fullmatch("[0-9]{1,3}", total) and re.fullmatch("[0-9]{1,3}", number)):
            return None
        if not 1 <= int(number) <= int(total) <= 255:
            return None
        is_small = re.fullmatch("[0-9]{1,5}", reference) is not None and int(reference) <= 0xFFFF
        place = int(reference) if is_small else zlib.crc32(reference.encode("utf-8", "replace")) & 0xFFFF
        return Concat(place, int(total), int(number))


def shared_id(carrier_id: str, recipient: str) -> str:
    """The id of one SMS of a request whose SMS all have the same."""
    return f"{carrier_id}/{same_number(recipient)}"


# --- read ----------------------------------------------------------------------------------------------------------


def read(table: Table, options: Collection[str]) -> Webhook:
    """Read one `[[webhook]]`; `options` are the names templates may use. Raises ConfigError."""
    name = table.text("name")
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{table.at('name')}: the name of a webhook is small letters, digits, - and _")
    kind = table.word("kind", KINDS)
    form = table.word("format", FORMATS)
    answer = table.table("answer")
    inner = table.text("inner", "")
    items = table.text("items", "")
    hook = Webhook(
        name=name,
        kind=kind,
        methods=table.texts("method") or ("GET" if form == "query" else "POST",),
        format=form,
        charset=table.word("charset", request.CHARSETS, "utf-8"),
        inner=inner,
        items=document.path(items.removesuffix("[*]"), table.at("items")) if items else None,
        fields=_read_fields(table.table("fields"), _REPORT_FIELDS if kind == "report" else _SMS_FIELDS, options),
        states=_read_states(table, kind),
        codings=_read_codings(table),
        check=_read_check(table.table("check"), options),
        status=answer.number("status", 200, 200, 299),
        content_type=answer.text("content_type", "text/plain; charset=utf-8"),
        answer=answer.text("body", ""),
    )
    answer.done()
    table.done()
    if inner and form == "json":
        raise ConfigError(f"{table.at('inner')}: only a form or a query has a field with JSON in it")
    needed = ("id", "state") if kind == "report" else ("sender", "recipient")
    missing = next((field for field in needed if field not in hook.fields), None)
    if missing is not None:
        raise ConfigError(f"{table.where}: [webhook.fields] needs {missing}")
    return hook


def _read_fields(
    table: Table, known: Sequence[str], options: Collection[str]
) -> dict[str, tuple[Path | Template, ...]]:
    found: dict[str, tuple[Path | Template, ...]] = {}
    for key in known:
        sources = table.texts(key)
        if sources:
            found[key] = tuple(_read_source(it, table.at(key), options) for it in sources)
    table.done()
    return found


def _read_source(text: str, where: str, options: Collection[str]) -> Path | Template:
    if "{" not in text:
        return document.path(text, where)
    parsed = template.parse(text, None, where)
    _known_names(parsed, where, options, ("field:",))
    return parsed


def _read_states(table: Table, kind: str) -> dict[str, str]:
    states = table.words("states")
    for word, state in states.items():
        if state not in STATES:
            raise ConfigError(f"{table.at('states')}.{word} must be one of {', '.join(STATES)}, not {state!r}")
    if (kind == "report") != bool(states):
        raise ConfigError(f"{table.where}: a report, and nothing else, needs [webhook.states]")
    return states


def _read_codings(table: Table) -> dict[str, str]:
    codings = table.words("codings")
    for word, charset in codings.items():
        if charset not in request.CHARSETS:
            raise ConfigError(f"{table.at('codings')}.{word} must be one of {', '.join(request.CHARSETS)}")
    if codings and table.text("charset", "") != "iso-8859-1":
        raise ConfigError(f'{table.where}: [webhook.codings] needs charset = "iso-8859-1", which keeps the octets')
    return codings


def _read_check(table: Table, options: Collection[str]) -> Check | None:
    if not table.names():
        return None
    given = template.parse(table.text("given"), None, table.at("given"))
    steps_table = table.tables("sign")
    names = set(options) | {"url", "method", "query", "body", "sorted"}
    fields = [slot for it in steps_table for slot in _slots(it)]
    steps = request.read_steps(steps_table, names | set(fields))
    ours = template.parse(table.text("ours"), None, table.at("ours"))
    when = table.text("when", "")
    table.done()
    signatures = {f"sign:{step.name}" for step in steps}
    _known_names(given, table.at("given"), names, ("field:", "header:"))
    _known_names(ours, table.at("ours"), names | signatures, ("field:", "header:"))
    if when and f"option:{when}" not in options:
        raise ConfigError(f"{table.at('when')}: there is no option {when!r}")
    return Check(steps, given, ours, when)


def _slots(table: Table) -> list[str]:
    """The fields and headers that a step of a check names; which there are is known when a request comes."""
    texts = (table.text("over", ""), table.text("key", ""))
    parts = (part for text in texts for part in template.parse(text, None, table.where).parts)
    return [part.name for part in parts if isinstance(part, Slot) and part.name.startswith(("field:", "header:"))]


def _known_names(parsed: Template, where: str, known: Collection[str], open_kinds: tuple[str, ...]) -> None:
    unknown = next(
        (name for name in sorted(parsed.names) if name not in known and not name.startswith(open_kinds)), None
    )
    if unknown is not None:
        raise ConfigError(f"{where}: there is no value {unknown!r}; the values are {', '.join(sorted(known))}")

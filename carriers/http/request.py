"""The request of a description: how it is read from its table, and how one is made for what is to be sent."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from carriers.http import signing, template
from carriers.http.signing import Fields, Sorting, Step
from carriers.http.tables import Table
from carriers.http.template import Escape, Slot, Template
from carriers.http.values import REQUEST_VALUES, SIGNED_VALUES
from gateway.core.errors import ConfigError

METHODS: Final = ("GET", "POST", "PUT")
CHARSETS: Final = ("utf-8", "gbk", "utf-16-be", "iso-8859-1")
#: How values are escaped in a body that is a template.
BODY_ESCAPES: Final[dict[str, Escape]] = {
    "json": template.in_json,
    "xml": template.in_xml,
    "percent": template.percent,
    "none": template.plain,
}
#: Depth of a JSON body.
MAX_DEPTH: Final = 12

_BASE_URL = re.compile(r"https?://[A-Za-z0-9.\-_]+(?::[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](?::[0-9]{1,5})?")
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_NAME = re.compile(r"[a-z][a-z0-9_]*")


class Request(NamedTuple):
    """A request as it goes out; the URL is escaped already."""

    method: str
    url: str
    headers: tuple[tuple[str, str], ...]
    body: bytes


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a header."""

    name: str
    value: Template
    is_optional: bool = False  # left out when it is empty

    @property
    def is_signature(self) -> bool:
        """Whether it holds a signature: then it is no part of what is signed."""
        return any(name.startswith("sign:") for name in self.value.names)


@dataclass(frozen=True, slots=True)
class Words:
    """A value in the provider's own words: what `of` says, looked up; "*" stands for everything else."""

    of: Template
    table: Mapping[str, str]

    def look_up(self, values: Mapping[str, str]) -> str:
        """The word for these values, "" when there is none."""
        return self.table.get(self.of.render(values), self.table.get("*", ""))


@dataclass(frozen=True, slots=True)
class JsonLeaf:
    """A value in a JSON body: text, a number (`{name|int}`), or a list (`{recipients|list}`)."""

    value: Template
    kind: str  # text | int | list


@dataclass(frozen=True, slots=True)
class RequestPlan:
    """How requests to a provider are made."""

    method: str
    base: Template
    path: Template
    headers: tuple[Field, ...]
    query: tuple[Field, ...]
    form: tuple[Field, ...]
    json: Any  # a tree of dicts, lists, JsonLeaf and constants; None without one
    body: Template | None
    escape: str
    charset: str
    content_type: str
    steps: tuple[Step, ...]
    words: Mapping[str, Words]  # by `value:<name>`
    takes_data: bool  # whether a binary SMS can go

    def base_url(self, options: Mapping[str, str], override: str = "") -> str:
        """Scheme and host. Raises ConfigError for what is none."""
        url = (override or self.base.render(options)).removesuffix("/")
        if not _BASE_URL.fullmatch(url):
            raise ConfigError(f"base_url: {url!r} is not https:// and a host, with a port where it needs one")
        return url

    def build(self, base_url: str, values: Mapping[str, str]) -> Request:
        """The request for these values."""
        known = dict(values)
        known |= {name: words.look_up(known) for name, words in self.words.items()}
        path = self.path.render(known, template.percent)
        query = _rendered(self.query, known, signed=False)
        form = _rendered(self.form, known, signed=False)
        body = self._body(known, form)
        if self.steps:
            known |= {
                "method": self.method,
                "host": base_url.partition("://")[2].lower(),
                "path": path,
                "query": self._encode(query),
                "body": body,
                "content_type": self.content_type,
            }
            known |= signing.sign(self.steps, known, Fields(query, form))
            query += _rendered(self.query, known, signed=True)
            if self.form:
                form += _rendered(self.form, known, signed=True)
                body = self._encode(form)
        headers = tuple(
            (field.name, value)
            for field in self.headers
            if (value := field.value.render(known, template.in_header)) or not field.is_optional
        )
        if self.content_type:
            headers += (("Content-Type", self.content_type),)
        url = base_url + path + ("?" + self._encode(query) if query else "")
        return Request(self.method, url, headers, body.encode(self.charset, "replace"))

    def _body(self, known: Mapping[str, str], form: Sequence[tuple[str, str]]) -> str:
        if self.json is not None:
            return json.dumps(_tree(self.json, known), ensure_ascii=False, separators=(",", ":"))
        if self.body is not None:
            return self.body.render(known, BODY_ESCAPES[self.escape])
        return self._encode(form)

    def _encode(self, fields: Sequence[tuple[str, str]]) -> str:
        """Fields as a query or a form; a space as %20, which both read."""
        return "&".join(f"{self._quote(name)}={self._quote(value)}" for name, value in fields)

    def _quote(self, text: str) -> str:
        return quote(text, safe="", encoding=self.charset, errors="replace")


def _rendered(fields: Sequence[Field], known: Mapping[str, str], *, signed: bool) -> list[tuple[str, str]]:
    return [
        (field.name, value)
        for field in fields
        if field.is_signature is signed and ((value := field.value.render(known)) or not field.is_optional)
    ]


def _tree(node: Any, known: Mapping[str, str]) -> Any:
    if isinstance(node, dict):
        found = {key: _tree(value, known) for key, value in node.items()}
        return {key.removesuffix("?"): value for key, value in found.items() if not (key[-1] == "?" and value == "")}
    if isinstance(node, list):
        return [_tree(item, known) for item in node]
    if not isinstance(node, JsonLeaf):
        return node
    text = node.value.render(known)
    if node.kind == "list":
        return text.split(",")
    if node.kind == "int" and re.fullmatch("-?[0-9]{1,18}", text):
        return int(text)
    return text


# --- read ----------------------------------------------------------------------------------------------------------


def read(table: Table, given: Collection[str], values: Collection[str] = REQUEST_VALUES) -> RequestPlan:
    """Read `[request]`; `given` are the names of options and webhooks, `values` the others. Raises ConfigError."""
    known = frozenset(values) | frozenset(given)
    words = _read_words(table.table("values"), known)
    known |= words.keys()
    options = frozenset(name for name in given if name.startswith("option:"))
    steps = read_steps(table.tables("sign"), known | frozenset(SIGNED_VALUES))
    signatures = frozenset(f"sign:{step.name}" for step in steps)
    tree = table.tree("json")
    body = table.text("body", "")
    escape = table.word("escape", BODY_ESCAPES, "none") if not body else table.word("escape", BODY_ESCAPES)
    plan = RequestPlan(
        method=table.word("method", METHODS, "POST"),
        base=template.parse(table.text("base"), options, table.at("base")),
        path=template.parse(table.text("path", "/"), known, table.at("path")),
        headers=_fields(table, "headers", known | signatures),
        query=_fields(table, "query", known | signatures),
        form=_fields(table, "form", known | signatures),
        json=None if tree is None else _read_tree(tree, known, table.at("json"), 0),
        body=template.parse(body, known, table.at("body")) if body else None,
        escape=escape,
        charset=table.word("charset", CHARSETS, "utf-8"),
        content_type=table.text("content_type", ""),
        steps=steps,
        words=words,
        takes_data="{data_hex" in repr(tree) + body + repr(table.words("form")) + repr(table.words("query")),
    )
    table.done()
    bodies = [name for name, it in (("form", plan.form), ("json", tree), ("body", body)) if it]
    if len(bodies) > 1:
        raise ConfigError(f"{table.where}: {' and '.join(bodies)} cannot both be the body")
    if bodies and plan.method == "GET":
        raise ConfigError(f"{table.where}: GET has no body; put the fields into [request.query]")
    for field in plan.headers:
        if not _HEADER_NAME.fullmatch(field.name):
            raise ConfigError(f"{table.at('headers')}: {field.name!r} is no name of a header")
    if plan.content_type or not bodies:
        return plan
    kinds = {"form": "application/x-www-form-urlencoded", "json": "application/json", "body": "text/plain"}
    charset = f"; charset={plan.charset}" if bodies[0] != "form" or plan.charset != "utf-8" else ""
    return _with_content_type(plan, kinds[bodies[0]] + charset)


def _with_content_type(plan: RequestPlan, content_type: str) -> RequestPlan:
    values = {name: getattr(plan, name) for name in RequestPlan.__dataclass_fields__}
    return RequestPlan(**(values | {"content_type": content_type}))


def _read_words(table: Table, known: Collection[str]) -> dict[str, Words]:
    found: dict[str, Words] = {}
    for name in table.names():
        one = table.table(name)
        of = template.parse(one.text("of"), known, one.at("of"))
        found[f"value:{name}"] = Words(of, {key: one.text(key) for key in one.names() if key != "of"})
    return found


def _fields(table: Table, key: str, known: Collection[str]) -> tuple[Field, ...]:
    return tuple(
        Field(name.removesuffix("?"), template.parse(text, known, f"{table.at(key)}.{name}"), name.endswith("?"))
        for name, text in table.words(key).items()
    )


def _read_tree(node: Any, known: Collection[str], where: str, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ConfigError(f"{where}: nested more than {MAX_DEPTH} deep")
    if isinstance(node, dict):
        return {key: _read_tree(value, known, f"{where}.{key}", depth + 1) for key, value in node.items() if key}
    if isinstance(node, list):
        return [_read_tree(item, known, where, depth + 1) for item in node]
    if not isinstance(node, str):
        if isinstance(node, bool | int | float):
            return node
        raise ConfigError(f"{where}: {node!r} is nothing JSON has")
    value = template.parse(node, known, where, ("int", "list"))
    kinds = [word for part in value.parts if isinstance(part, Slot) for word in part.filters if word in ("int", "list")]
    if not kinds:
        return JsonLeaf(value, "text")
    part = value.parts[0]
    if len(value.parts) != 1 or not isinstance(part, Slot) or part.filters[-1] != kinds[0] or len(kinds) > 1:
        raise ConfigError(f"{where}: |{kinds[0]} is the last filter of a value that stands alone")
    return JsonLeaf(Template((Slot(part.name, part.filters[:-1]),)), kinds[0])


def read_steps(tables: Sequence[Table], known: Collection[str]) -> tuple[Step, ...]:
    """Read the steps of a signature; each may use those before it. Raises ConfigError."""
    names = set(known)
    steps: list[Step] = []
    for table in tables:
        name = table.text("name")
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{table.at('name')}: names of steps are small letters, digits and _")
        algorithm = table.word("algorithm", signing.ALGORITHMS)
        sorting = _read_sorting(table)
        over = template.parse(table.text("over"), names, table.at("over"))
        if ("sorted" in over.names) != (sorting is not None):
            raise ConfigError(f"{table.where}: {{sorted}} in over and the key sorted go together")
        key = table.text("key", None if algorithm.startswith("hmac-") else "")
        steps.append(
            Step(
                name=name,
                algorithm=algorithm,
                over=over,
                key=template.parse(key, names, table.at("key")),
                key_form=table.word("key_form", signing.KEY_FORMS, "text"),
                encoding=table.word("encoding", signing.ENCODINGS, "hex"),
                sorting=sorting,
            )
        )
        table.done()
        names.add(f"sign:{name}")
    return tuple(steps)


def _read_sorting(table: Table) -> Sorting | None:
    source = table.text("sorted", "")
    pair = template.parse(table.text("pair", "{key}={value}"), ("key", "value"), table.at("pair"))
    separator = table.text("separator", "&")
    escape = table.word("sort_escape", signing.SORT_ESCAPES, "percent")
    without = frozenset(table.texts("without"))
    if not source:
        return None
    if source not in signing.SOURCES:
        raise ConfigError(f"{table.at('sorted')} must be one of {', '.join(signing.SOURCES)}, not {source!r}")
    return Sorting(source, pair, separator, escape, without)

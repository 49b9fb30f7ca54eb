"""A description: how one provider is asked and understood, read from TOML. No code belongs to a provider.

docs/http-providers.md is the reference of the format. Everything is checked when it is read: names in templates, paths,
patterns, words; what is wrong is a ConfigError that names file and key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path as FilePath
from typing import Any, Final

from carriers.http import callback, poll, request, response
from carriers.http.callback import Webhook
from carriers.http.poll import Poll
from carriers.http.request import RequestPlan
from carriers.http.response import ResponsePlan
from carriers.http.tables import Table
from gateway.core.errors import ConfigError

#: Octets of a description; the longest of ours has a tenth of it.
MAX_SIZE: Final = 100_000
#: Recipients in one request, whatever a description says.
MAX_BATCH: Final = 1000

_NAME = re.compile(r"[a-z][a-z0-9_]*")


@dataclass(frozen=True, slots=True)
class ProviderOption:
    """Something the description wants to be told."""

    name: str
    text: str
    default: str | None  # None: it must be given


@dataclass(frozen=True, slots=True)
class Description:
    """One provider."""

    source: str
    title: str
    options: tuple[ProviderOption, ...]
    request: RequestPlan
    response: ResponsePlan
    webhooks: tuple[Webhook, ...]
    polls: tuple[Poll, ...]
    batch: int  # recipients in one request at most
    ids_are_shared: bool  # the SMS of one request have one id; reports tell them apart by the recipient

    def option_values(self, given: Mapping[str, Any]) -> dict[str, str]:
        """The options by `option:<name>`. Raises ConfigError, naming the option."""
        known = {option.name: option for option in self.options}
        unknown = sorted(set(given) - set(known))
        if unknown:
            raise ConfigError(f"options: {self.title} has no {unknown[0]!r}; its options are {', '.join(known)}")
        values = {}
        for option in self.options:
            value = given.get(option.name, option.default)
            if value is None:
                raise ConfigError(f"options: {option.name} is needed: {option.text}")
            if not isinstance(value, str):
                raise ConfigError(f"options: {option.name} must be text, not {type(value).__name__}; put it in quotes")
            values[f"option:{option.name}"] = value
        return values


def ours() -> list[str]:
    """The names of the descriptions that come with the hub."""
    folder = resources.files("carriers.http.providers")
    return sorted(item.name.removesuffix(".toml") for item in folder.iterdir() if item.name.endswith(".toml"))


def load(provider: str) -> Description:
    """The description of that name, or in that file when it has a slash or ends in .toml. Raises ConfigError."""
    if "/" in provider or provider.endswith(".toml"):
        source = provider
        try:
            data = FilePath(provider).read_bytes()
        except OSError as error:
            raise ConfigError(f"provider: {provider} cannot be read: {error.strerror}") from error
    else:
        source = f"{provider}.toml"
        if provider not in ours():
            raise ConfigError(
                f"provider: there is no description {provider!r}; there are {', '.join(ours())}, "
                "and the path of a file of your own will do"
            )
        data = resources.files("carriers.http.providers").joinpath(source).read_bytes()
    if len(data) > MAX_SIZE:
        raise ConfigError(f"{source}: more than {MAX_SIZE} octets are no description")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{source}: octet {error.start} is no UTF-8") from error
    return read(text, source)


def read(text: str, source: str) -> Description:
    """Read a description; `source` is what errors call it. Raises ConfigError."""
    try:
        tables = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise ConfigError(f"{source}: {error}") from error
    table = Table(tables, source)
    options = _options(table.table("options"))
    names = frozenset(f"option:{option.name}" for option in options)
    webhook_tables = table.tables("webhook")
    hook_names = frozenset(f"webhook:{it.text('name')}" for it in webhook_tables)
    found = Description(
        source=source,
        title=table.text("title"),
        options=options,
        request=request.read(table.table("request"), names | hook_names),
        response=response.read(table.table("response")),
        webhooks=tuple(callback.read(it, names | {"access_number"}) for it in webhook_tables),
        polls=tuple(poll.read(it, names) for it in table.tables("poll")),
        batch=table.number("batch", 1, 1, MAX_BATCH),
        ids_are_shared=table.flag("ids_are_shared"),
    )
    table.done()
    doubled = [hook.name for hook in found.webhooks]
    if len(set(doubled)) != len(doubled):
        raise ConfigError(f"{source} [[webhook]]: two have the same name")
    return found


def _options(table: Table) -> tuple[ProviderOption, ...]:
    options = []
    for name in table.names():
        if not _NAME.fullmatch(name):
            raise ConfigError(f"{table.at(name)}: names of options are small letters, digits and _")
        one = table.table(name)
        default = one.text("default", "") if "default" in one.names() else None
        options.append(ProviderOption(name, one.text("text"), default))
        one.done()
    table.done()
    return tuple(options)

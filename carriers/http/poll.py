"""Questions for reports and SMS, where a provider wants to be asked: what is asked, and what the answer tells."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from carriers.http import callback, request
from carriers.http.callback import Call, Told, Turned, Webhook
from carriers.http.request import RequestPlan
from carriers.http.response import Answer
from carriers.http.tables import Table
from carriers.http.values import MOMENT_VALUES
from gateway.core.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Poll:
    """One question."""

    request: RequestPlan
    told: Webhook  # how its answer is read

    @property
    def name(self) -> str:
        """What the journal calls it."""
        return self.told.name

    def read(self, answer: Answer, options: Mapping[str, str], *, shared_ids: bool) -> Told:
        """What the answer tells. Raises Turned."""
        if not 200 <= answer.status < 300:
            raise Turned(answer.status, f"HTTP {answer.status}")
        return self.told.read(Call("POST", "", {}, answer.body, ""), options, shared_ids=shared_ids)


def read(table: Table, options: Collection[str]) -> Poll:
    """Read one `[[poll]]`: a `[poll.request]`, and fields as of a webhook. Raises ConfigError."""
    plan = request.read(table.table("request"), options, MOMENT_VALUES)
    told = callback.read(table, {*options, "access_number"})
    if told.format != "json" or told.check is not None or told.inner or told.methods != ("POST",):
        raise ConfigError(f'{table.where}: format = "json", and none of method, inner, check')
    return Poll(plan, told)

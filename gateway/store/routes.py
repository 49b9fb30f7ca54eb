"""What the router is told: the routing table, the rules of links, rates; and how links do, for other processes.

Every change counts `routing_version` up; who has learnt a version asks for more only when there is another.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import sqlalchemy as sa

from gateway.core.content import Template, read_template
from gateway.core.errors import Conflict, NotFound
from gateway.core.health import Condition
from gateway.core.lists import Lists
from gateway.core.profiles import LinkRules, Profile, profile_json, read_profile
from gateway.core.routes import Route, checked
from gateway.core.routing import Known
from gateway.core.shaping import Limit
from gateway.store.database import Transaction
from gateway.store.lists import NumberLists
from gateway.store.numbering import Numbers, built_in
from gateway.store.schema import (
    accounts,
    link_health,
    link_profiles,
    link_templates,
    rate_limits,
    routes,
    routing_version,
)

_FIELDS: Final = (
    "prefix", "link", "cost", "preference", "weight",
    "operator", "country", "sender", "account_id", "purpose", "tag", "hours", "id",
)  # fmt: skip
_CONDITIONS: Final = ("prefix", "link", "operator", "country", "sender", "account_id", "purpose", "tag", "hours")
_VERSION: Final = sa.select(routing_version.c.version)
_DOMAIN: Final = sa.select(accounts.c.domain_id).where(accounts.c.id == sa.bindparam("account_id"))


class Routes:
    """Routes and what belongs to them within one transaction."""

    def __init__(self, tx: Transaction, new_id: Callable[[], int], now_ms: int) -> None:
        self._tx = tx
        self._new_id = new_id
        self._now_ms = now_ms

    # --- for routers --------------------------------------------------------------------------------------------

    def version(self) -> int:
        """Counts up with every change."""
        return int(self._tx.ask(_VERSION, {}).scalar() or 0)

    def changed(self) -> None:
        """Tell the routers that there is something new; belongs into the transaction of the change."""
        if not self._tx.execute(sa.update(routing_version).values(version=routing_version.c.version + 1)).rowcount:
            self._tx.execute(sa.insert(routing_version), {"id": 1, "version": 1})

    def known(self, version: int, ported_upto: int) -> Known:
        """What a router of that version does not know yet."""
        now = self.version()
        numbers = Numbers(self._tx, self._new_id, self._now_ms)
        ported, upto, has_more = numbers.ported_since(ported_upto)
        if now == version:
            return Known(version, ported=ported, ported_upto=upto, has_more=has_more)
        lists = NumberLists(self._tx, self._new_id, self._now_ms)
        return Known(
            now,
            routes=self.all(),
            rules=self.rules(),
            lists=Lists(lists.entries()),
            words=lists.words(),
            limits=self.limits(),
            built_in=built_in() if version < 0 else (),
            ranges=numbers.ranges(),
            ported=ported,
            ported_upto=upto,
            has_more=has_more,
        )

    def domain_of(self, account_id: int) -> int:
        """The domain of an account; 0 for the hub itself."""
        return int(self._tx.ask(_DOMAIN, {"account_id": account_id}).scalar() or 0)

    # --- routes -------------------------------------------------------------------------------------------------

    def all(self) -> list[Route]:
        """The routing table, by beginning and preference."""
        rows = self._tx.read(sa.select(routes).order_by(routes.c.prefix, routes.c.preference, routes.c.id)).mappings()
        return [Route(**{name: row[name] for name in _FIELDS}) for row in rows]

    def page(self, beginning: str, after: tuple[str, int, int], limit: int) -> list[Route]:
        """Lines whose prefix begins so, in the order of `all`, behind (prefix, preference, id)."""
        r = routes.c
        rows = self._tx.read(
            sa.select(routes)
            .where(
                r.prefix.startswith(beginning, autoescape=True),
                sa.tuple_(r.prefix, r.preference, r.id) > sa.tuple_(*map(sa.literal, after)),
            )
            .order_by(r.prefix, r.preference, r.id)
            .limit(limit)
        ).mappings()
        return [Route(**{name: row[name] for name in _FIELDS}) for row in rows]

    def siblings(self, prefix: str, limit: int = 200) -> list[Route]:
        """Lines of exactly this prefix, in the order of `all`."""
        r = routes.c
        rows = self._tx.read(
            sa.select(routes).where(r.prefix == prefix).order_by(r.preference, r.id).limit(limit)
        ).mappings()
        return [Route(**{name: row[name] for name in _FIELDS}) for row in rows]

    def is_empty(self) -> bool:
        """Whether there is no line at all: every number goes over every link then."""
        return self._tx.read(sa.select(routes.c.id).limit(1)).first() is None

    def get(self, route_id: int) -> Route:
        """One line. Raises NotFound."""
        row = self._tx.read(sa.select(routes).where(routes.c.id == route_id)).mappings().first()
        if row is None:
            raise NotFound(f"there is no route {route_id}")
        return Route(**{name: row[name] for name in _FIELDS})

    def add(self, route: Route) -> int:
        """Add a line; returns its id. Raises BadRequest, and Conflict for the same link and conditions once more."""
        checked(route)
        self._claim_conditions(route)
        route_id = self._new_id()
        self._tx.execute(sa.insert(routes), {name: getattr(route, name) for name in _FIELDS} | {"id": route_id})
        self.changed()
        return route_id

    def change(self, route: Route) -> None:
        """Write a line anew under its id. Raises BadRequest, NotFound and Conflict."""
        checked(route)
        self.get(route.id)
        self._claim_conditions(route)
        self._tx.execute(
            sa.update(routes).where(routes.c.id == route.id).values({name: getattr(route, name) for name in _FIELDS})
        )
        self.changed()

    def remove(self, route_id: int) -> None:
        """Take a line away. Raises NotFound."""
        if not self._tx.execute(sa.delete(routes).where(routes.c.id == route_id)).rowcount:
            raise NotFound(f"there is no route {route_id}")
        self.changed()

    def replace_all(self, wanted: Iterable[Route]) -> None:
        """Replace the routing table."""
        self._tx.execute(sa.delete(routes))
        rows = [
            {name: getattr(route, name) for name in _FIELDS} | {"id": self._new_id()}
            for route in {replace(checked(route), id=0): None for route in wanted}
        ]
        if rows:
            self._tx.execute(sa.insert(routes), rows)
        self.changed()

    def _claim_conditions(self, route: Route) -> None:
        same = self._tx.read(
            sa.select(routes.c.id).where(*(routes.c[name] == getattr(route, name) for name in _CONDITIONS))
        ).scalar()
        if same is not None and same != route.id:
            raise Conflict(f"route {same} has the same link and conditions; change that one")

    # --- rules of links -----------------------------------------------------------------------------------------

    def rules(self) -> dict[str, LinkRules]:
        """The rules of every link that has any."""
        profiles = {row.link: read_profile(json.loads(row.settings)) for row in self._tx.read(sa.select(link_profiles))}
        templates: dict[str, list[Template]] = {}
        for link, template in self.templates():
            templates.setdefault(link, []).append(template)
        return {
            link: LinkRules(profiles.get(link, Profile()), tuple(templates.get(link, ())))
            for link in sorted(profiles.keys() | templates.keys())
        }

    def set_profile(self, link: str, profile: Profile) -> None:
        """Write the profile of a link; one that asks nothing is taken away."""
        self._tx.execute(sa.delete(link_profiles).where(link_profiles.c.link == link))
        settings = profile_json(profile)
        if settings:
            self._tx.execute(
                sa.insert(link_profiles), {"link": link, "settings": json.dumps(settings, ensure_ascii=False)}
            )
        self.changed()

    def templates(self) -> list[tuple[str, Template]]:
        """(link, template), oldest first."""
        rows = self._tx.read(sa.select(link_templates).order_by(link_templates.c.link, link_templates.c.id))
        return [(row.link, read_template(row.pattern, row.id)) for row in rows]

    def add_template(self, link: str, pattern: str) -> int:
        """Approve a text for a link; returns the template's id. Raises BadRequest."""
        template_id = self._new_id()
        read_template(pattern)
        self._tx.execute(sa.insert(link_templates), {"id": template_id, "link": link, "pattern": pattern})
        self.changed()
        return template_id

    def remove_template(self, template_id: int) -> None:
        """Take an approved text away. Raises NotFound."""
        if not self._tx.execute(sa.delete(link_templates).where(link_templates.c.id == template_id)).rowcount:
            raise NotFound(f"there is no template {template_id}")
        self.changed()

    # --- rates --------------------------------------------------------------------------------------------------

    def limits(self) -> list[Limit]:
        """Every rate."""
        rows = self._tx.read(sa.select(rate_limits).order_by(rate_limits.c.kind, rate_limits.c.value))
        return [Limit(row.kind, row.value, row.per_s, row.burst) for row in rows]

    def set_limit(self, limit: Limit) -> None:
        """Set a rate; 0 takes it away."""
        self._tx.execute(
            sa.delete(rate_limits).where(rate_limits.c.kind == limit.kind, rate_limits.c.value == limit.value)
        )
        if limit.per_s > 0:
            self._tx.execute(sa.insert(rate_limits), {**limit._asdict(), "id": self._new_id()})
        self.changed()

    # --- health -------------------------------------------------------------------------------------------------

    def note_health(self, conditions: Sequence[tuple[str, str, Condition]]) -> None:
        """Write how the links of this process do, in place of what was written of them."""
        names = sorted({link for link, _, _ in conditions})
        self._tx.execute(sa.delete(link_health).where(link_health.c.link.in_(names)))
        rows = [
            {
                "link": link,
                "operator": operator,
                "breaker": condition.breaker.value,
                "score": condition.score,
                "figures": json.dumps({"why": condition.why, **condition.figures()._asdict()}),
                "noted_ms": self._now_ms,
            }
            for link, operator, condition in conditions
        ]
        if rows:
            self._tx.execute(sa.insert(link_health), rows)

    def health(self) -> list[Mapping[str, Any]]:
        """How links do, as the processes that serve them last said."""
        rows = self._tx.read(sa.select(link_health).order_by(link_health.c.link, link_health.c.operator)).mappings()
        return [{**row, "figures": json.loads(row["figures"])} for row in rows]


def _profile(settings: str) -> Profile:
    """A profile from the books; rules of a newer version are not known here and left out."""
    values = json.loads(settings)
    return read_profile({name: value for name, value in values.items() if name in Profile.__dataclass_fields__})

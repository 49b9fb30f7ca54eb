"""Why a message goes where it goes, as one object for programs and as lines for people. Pure; it decides nothing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from gateway.core.health import Breaker
from gateway.core.lists import Refusal
from gateway.core.numbering import Ported
from gateway.core.outbox import NewSms
from gateway.core.ranking import LinkFacts, considered, rank
from gateway.core.routes import Route
from gateway.core.routing import Router, enquiry_of

#: Routes told of; a table may have hundreds of thousands.
MAX_ROUTES = 200


def explain(
    router: Router,
    sms: NewSms,
    *,
    now_ms: int,
    message_id: int = 0,
    domain_id: int = 0,
    ported: Ported | None = None,
    health: Sequence[Mapping[str, Any]] = (),
    ups: Mapping[str, bool] | None = None,
) -> dict[str, Any]:
    """What the router would do with a message now, and why; nothing is taken or counted by asking.

    `ported` is what the books say of the number, `health` and `ups` what the processes that serve the links last wrote
    of them: they stand in for what this process has not seen itself.
    """
    owner = router.numbering.owner(sms.recipient)
    enquiry = enquiry_of(router, sms.recipient, sms, message_id, now_ms)
    if ported is not None:
        range_operator = "" if owner.line is None else owner.line.operator
        enquiry = enquiry._replace(operator=ported.operator or range_operator)
    refusal = router.refusal(sms, domain_id)
    facts = _facts(router, enquiry.operator, health, ups or {})
    ranked = rank(enquiry, router.fitting(enquiry), facts)
    candidates = considered(enquiry, router.routes, ranked, facts)
    routes: list[dict[str, Any]] = []
    chosen: dict[str, Any] | None = None
    refusals: list[Refusal] = []
    for candidate in candidates[:MAX_ROUTES]:
        link = candidate.route.link
        entry: dict[str, Any] = {
            "route": candidate.route.id,
            "link": link,
            "place": candidate.place or None,
            "reason": candidate.reason,
            "conditions": _conditions(candidate.route),
            "cost": candidate.route.cost,
        }
        if candidate.place:
            dressed = router.dress(link, sms, enquiry.country)
            if isinstance(dressed, Refusal):
                entry["refused"] = dressed._asdict()
                refusals.append(Refusal(dressed.code, f"link {link}: {dressed.rule}"))
            elif chosen is None and refusal is None:
                price = router.price(sms.recipient, link)
                chosen = {
                    "link": link,
                    "sender": dressed.sender,
                    "text": dressed.text,
                    "alphabet": dressed.alphabet.value,
                    "segments": dressed.segments,
                    "price_per_segment": price,
                    "price": price * dressed.segments,
                }
        routes.append(entry)
    if refusal is None and chosen is None and refusals:
        refusal = refusals[0]
    limits = router.shaping.buckets_for(sms.recipient, enquiry.operator, sms.account_id)
    return {
        "number": sms.recipient,
        "at": datetime.fromtimestamp(now_ms / 1000, UTC).isoformat(),
        "country": owner.country,
        "operator": enquiry.operator,
        "range": None if owner.line is None else {**owner.line._asdict(), "imported": owner.imported},
        "ported": ported._asdict() if ported is not None and ported.operator else None,
        "refused": None if refusal is None else refusal._asdict(),
        "chosen": chosen,
        "routes": routes,
        "routes_in_all": len(router.routes),
        "rates": [
            {**bucket.limit._asdict(), "next": max(0.0, round((bucket.turn_ms(now_ms) - now_ms) / 1000, 3))}
            for bucket in limits
        ],
        "health": [
            {
                "link": row["link"],
                "operator": row["operator"],
                "breaker": row["breaker"],
                "score": row["score"],
                **row["figures"],
            }
            for row in health
            if row["operator"] in ("", enquiry.operator)
        ],
    }


def _facts(
    router: Router, operator: str, health: Sequence[Mapping[str, Any]], ups: Mapping[str, bool]
) -> dict[str, LinkFacts]:
    found = dict(router.facts(operator))
    for name, facts in found.items():
        if router.health.knows(name):
            continue
        states = [row for row in health if row["link"] == name and row["operator"] in ("", operator)]
        breakers = {row["breaker"] for row in states}
        worst = next((word for word in (Breaker.OPEN, Breaker.HALF_OPEN) if word in breakers), facts.breaker)
        score = next((row["score"] for row in states if not row["operator"]), facts.score)
        found[name] = replace(facts, up=ups.get(name, facts.up), breaker=worst, score=score)
    return found


def as_lines(found: Mapping[str, Any]) -> list[str]:
    """An explanation for people."""
    lines = [f"{found['number']} at {found['at']}"]
    whose = f"{found['country'] or 'no country known'}, operator {found['operator'] or 'not known'}"
    line, ported = found["range"], found["ported"]
    if line is not None:
        imported = " (imported)" if line["imported"] else ""
        whose += f": {line['prefix']} is {line['kind']} {line['operator']}".rstrip()
        whose += f", {line['source']}, {line['dated']}{imported}"
    lines.append(whose)
    if ported is not None:
        lines.append(f"ported to {ported['operator']}: {ported['source']}, {ported['dated']}")
    chosen, refused = found["chosen"], found["refused"]
    if refused is not None:
        lines.append(f"REFUSED {refused['code']}: {refused['rule']}")
    elif chosen is None:
        lines.append("no route fits: it would wait for one")
    else:
        lines.append(
            f"goes over {chosen['link']}, from {chosen['sender'] or 'the number of the link'}, "
            f"{chosen['segments']} segment(s) {chosen['alphabet']}, price {chosen['price']} millionths"
        )
        lines.append(f"text: {chosen['text']}")
    lines.append(f"routes ({found['routes_in_all']} in all):")
    for entry in found["routes"]:
        place = f"{entry['place']}." if entry["place"] else "-"
        asks = ", ".join(f"{name} {value}" for name, value in entry["conditions"].items()) or "every number"
        refused = f"; refused: {entry['refused']['rule']}" if "refused" in entry else ""
        lines.append(f"  {place:4} {entry['link']:16} {asks} [{entry['route']}]: {entry['reason']}{refused}")
    for rate in found["rates"]:
        wait = f", next in {rate['next']} s" if rate["next"] else ""
        lines.append(f"rate: {rate['kind']} {rate['value']}: {rate['per_s']:g} segments/s, burst {rate['burst']}{wait}")
    for row in found["health"]:
        of = f" for {row['operator']}" if row["operator"] else ""
        why = f" ({row['why']})" if row["why"] else ""
        lines.append(
            f"health: {row['link']}{of}: score {row['score']}, breaker {row['breaker']}{why}; of {row['submits']} "
            f"submits {row['errors']} not taken, {row['refused']} refused; {row['delivered']} delivered, "
            f"{row['undelivered']} not, {row['unreported']} never reported"
        )
    return lines


def _conditions(route: Route) -> dict[str, Any]:
    names = ("prefix", "operator", "country", "sender", "account_id", "purpose", "tag", "hours")
    return {name.removesuffix("_id"): value for name in names if (value := getattr(route, name))}

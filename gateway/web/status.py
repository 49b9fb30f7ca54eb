"""The status page: how the links are, what waits, what failed and what to do about it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Any, Final

import jinja2

from gateway.core.alarms import Alarm
from gateway.core.link_figures import TIMES_S, LinkReading
from gateway.core.messages import Outcome
from gateway.core.phone import mask
from gateway.owner import node_of
from gateway.web.health import Figures
from templates import engine

ASSETS: Final = {
    "status.css": "text/css; charset=utf-8",
    "status.js": "text/javascript; charset=utf-8",
    "pickup.css": "text/css; charset=utf-8",
}

_PAGES: Final = jinja2.Environment(
    loader=jinja2.PackageLoader("templates", "web"),
    autoescape=True,
    undefined=jinja2.StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
#: Which colour a state has; one that is not here is bad.
_COLOURS: Final = {"up": "good", "connecting": "wait", "draining": "wait", "paused": "wait"}
#: What a carrier's code hints at, the first that fits: words in the code -> key of the remedy.
_HINTS: Final = (
    (("DSTADR", "UNDELIV", "ABSENT", "UNKNOWN", "NOTEXIST", "MK:", "MI:"), "remedy_number"),
    (("SRCADR", "SRC_ADDR", "SENDER"), "remedy_sender"),
    (("BLACK", "REJECT", "PROHIBIT", "UNAUTH", "DENIED", "KEYWORD", "SIGN"), "remedy_blocked"),
    (("MSGLEN", "DCS", "PARLEN"), "remedy_length"),
    (("EXPIRE", "VALIDITY"), "remedy_expired"),
)


def language_of(wanted: str, accepted: str) -> str:
    """The language of a page: what is asked for, else the browser's first that we have, else English."""
    if wanted in engine.LANGUAGES:
        return wanted
    ranked: list[tuple[float, int, str]] = []
    for place, entry in enumerate(accepted.split(",")[:20]):
        name, _, quality = entry.partition(";q=")
        language = name.strip().lower()[:2]
        try:
            weight = float(quality) if quality else 1.0
        except ValueError:
            weight = 0.0
        if language in engine.LANGUAGES and weight > 0:
            ranked.append((-weight, place, language))
    return min(ranked)[2] if ranked else engine.FALLBACK


def remedy_key(state: str, code: str) -> str:
    """Which remedy fits a message that failed so."""
    word = code.upper()
    for signs, key in _HINTS:
        if any(sign in word for sign in signs):
            return key
    return "remedy_expired" if state == "expired" else "remedy_other"


def status_page(
    figures: Figures,
    *,
    trouble: str,
    lag_s: float,
    now_ms: int,
    language: str,
) -> str:
    """The page as HTML."""
    words = _words(language)
    links = [_link(row, figures, now_ms, language) for row in figures.links]
    down = sum(link["colour"] == "bad" for link in links)
    verdict_words = words["all_well"]
    if trouble:
        verdict_words = _say(language, "store_trouble", words=trouble)
    elif down:
        verdict_words = _say(language, "links_down", count=down, total=len(links))
    elif figures.alarms:
        verdict_words = _say(language, "alarms_open", count=len(figures.alarms))
    submitted = sum(reading.rate for reading in figures.readings.values())
    waiting = sum(count for (_, state), count in figures.depth.items() if state == "queued")
    unrouted = figures.depth.get(("", "queued"), 0)
    values = [
        (words["sms_waiting"], f"{waiting:,}"),
        (words["mail_waiting"], f"{figures.relay:,}"),
        (words["calls_waiting"], f"{figures.webhooks:,}"),
        (words["taken_rate"], f"{submitted:,.0f}"),
        (words["lag"], f"{lag_s * 1000:.0f} ms"),
    ]
    if unrouted:
        values.insert(1, (words["no_route"], f"{unrouted:,}"))
    return _PAGES.get_template("status.html").render(
        language=language,
        words=words,
        as_of=_say(language, "as_of", time=datetime.fromtimestamp(now_ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")),
        verdict="bad" if trouble or down or figures.alarms else "good",
        verdict_words=verdict_words,
        links=links,
        alarms=[_alarm(alarm, now_ms, language) for alarm in figures.alarms],
        figures=[{"label": label, "value": value} for label, value in values],
        failures=[_failure(row, now_ms, language) for row in figures.failures],
    )


def render(file: str, language: str, **values: Any) -> str:
    """Any page, with its words as `words`."""
    return _PAGES.get_template(file).render(language=language, words=_words(language), **values)


def login_page(language: str) -> str:
    """What somebody without a token sees."""
    return _PAGES.get_template("login.html").render(language=language, words=_words(language))


@functools.cache
def asset(name: str) -> bytes:
    """A file the pages use."""
    return resources.files("templates").joinpath("web", name).read_bytes()


def _link(row: Mapping[str, Any], figures: Figures, now_ms: int, language: str) -> dict[str, Any]:
    name, state = row["name"], row["state"]
    words = _words(language)
    depth, reading = figures.depth, figures.readings.get(name, LinkReading())
    errors = sum(count for outcome, count in reading.answers.items() if outcome != Outcome.ACCEPTED)
    node = node_of(row.get("lease_by", ""))
    age_s = figures.queue_age_s(name)
    return {
        "name": name,
        "protocol": row["protocol"],
        "state": state if f"state_{state}" in words else "down",
        "state_words": words.get(f"state_{state}", state),
        "colour": _COLOURS.get(state, "bad"),
        "since": _ago(row["since_ms"], now_ms, language),
        "process": "" if node is None else str(node),
        "left_alone": name in figures.breakers,
        "last_error": row["last_error"] if state in ("down", "unserved") else "",
        "parts": [_part(part, values, words) for part, values in sorted(reading.parts.items())],
        "figures": [
            {"label": words[label], "value": value}
            for label, value in (
                ("waiting", f"{depth.get((name, 'queued'), 0):,}"),
                ("oldest", _ago(now_ms - int(age_s * 1000), now_ms, language) if age_s else "–"),
                ("under_way", f"{depth.get((name, 'sending'), 0) + depth.get((name, 'uncertain'), 0):,}"),
                ("rate", f"{reading.rate:,.0f}"),
                ("window", f"{reading.in_flight} / {reading.window}" if reading.window else f"{reading.in_flight}"),
                ("answer_time", _middle(reading)),
                ("accepted", f"{reading.answers.get(Outcome.ACCEPTED, 0):,}"),
                ("refused", f"{errors:,}"),
                ("reported", _percent(reading)),
            )
        ],
    }


def _part(name: str, values: Mapping[str, float], words: Mapping[str, str]) -> dict[str, str]:
    """A modem of a pool; a figure of -1 is not known, or knows no limit."""
    state = "up" if values.get("up") else "down"
    signal, left = values.get("signal", -1), values.get("left", -1)
    return {
        "name": name,
        "state": words[f"state_{state}"],
        "colour": "wait" if values.get("warned") and state == "up" else _COLOURS.get(state, "bad"),
        "signal": "–" if signal < 0 else f"{-113 + 2 * signal:.0f} dBm",  # TS 27.007 8.5
        "today": f"{values.get('sent_today', 0):,.0f}",
        "left": "∞" if left < 0 else f"{left:,.0f}",
        "health": f"{100 * values.get('score', 0):.0f} %",
    }


def _middle(reading: LinkReading) -> str:
    """The class in which the middle of the answer times lies."""
    half, seen = sum(reading.times) / 2, 0
    for upper_s, count in zip((*TIMES_S, None), reading.times, strict=True):
        seen += count
        if count and seen >= half:
            return f"> {TIMES_S[-1]:g} s" if upper_s is None else f"≤ {upper_s * 1000:g} ms"
    return "–"


def _percent(reading: LinkReading) -> str:
    """How many of the SMS accepted in the last hour were reported as delivered."""
    return f"{100 * reading.hour_delivered / reading.hour_accepted:.0f} %" if reading.hour_accepted else "–"


def _alarm(alarm: Alarm, now_ms: int, language: str) -> dict[str, str]:
    what = engine.sms_texts(language).render(
        f"alarm_{alarm.kind.value.replace('-', '_')}", subject=alarm.subject, detail=alarm.detail or "–"
    )
    return {"words": what, "since": _ago(alarm.since_ms, now_ms, language)}


def _failure(row: Mapping[str, Any], now_ms: int, language: str) -> dict[str, str]:
    state = row["state"]
    return {
        "id": str(row["id"]),
        "number": mask(row["recipient"]),
        "state": _words(language).get(state, state),
        "when": _ago(row["settled_ms"] or row["created_ms"], now_ms, language),
        "code": row["code"],
        "remedy": _say(language, remedy_key(state, row["code"]), id=row["id"]),
    }


def _ago(since_ms: int, now_ms: int, language: str) -> str:
    seconds = max(0, now_ms - since_ms) // 1000
    for key, size in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * size:
            return _say(language, key, count=seconds // size)
    return _say(language, "seconds", count=seconds)


@functools.cache
def _templates(language: str) -> dict[str, engine.Template]:
    return engine.load("web", engine.FALLBACK) | engine.load("web", language)


@functools.cache
def _words(language: str) -> dict[str, str]:
    """Texts that have no fields."""
    return {key: template.fill({}) for key, template in _templates(language).items() if not template.fields}


def _say(language: str, key: str, **fields: object) -> str:
    return _templates(language)[key].fill(fields)

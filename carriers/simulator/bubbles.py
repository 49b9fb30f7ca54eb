"""What people see of the simulator in a browser, as HTML; every value is escaped on its way in."""

from __future__ import annotations

import functools
import string
import tomllib
from html import escape
from importlib import resources
from typing import TYPE_CHECKING

from templates.engine import FALLBACK, LANGUAGES

if TYPE_CHECKING:
    from carriers.simulator.handsets import Handset, Text
    from carriers.simulator.operator import Operator

_SHOWN_HANDSETS = 24
_SHOWN_TEXTS = 40
_SHOWN_COUNTERS = (
    "submits_per_s", "submits", "accepted", "refused", "throttled", "repeated", "open_reports",
    "reports_acknowledged", "messages_written", "messages_acknowledged", "lines",
)  # fmt: skip


@functools.cache
def words(language: str) -> dict[str, str]:
    """The words of the page in that language."""
    source = resources.files("carriers.simulator").joinpath("pages", "words.toml").read_text("utf-8")
    found: dict[str, dict[str, str]] = tomllib.loads(source)
    return found[FALLBACK] | found[language]


@functools.cache
def _page() -> string.Template:
    return string.Template(resources.files("carriers.simulator").joinpath("pages", "page.html").read_text("utf-8"))


def language_of(accept: str) -> str:
    """The first language of an Accept-Language header that the page has; by order, weights are not looked at."""
    for item in accept[:200].lower().split(","):
        language = item.strip()[:2]
        if language in LANGUAGES:
            return language
    return FALLBACK


def whole_page(operator: Operator, language: str) -> str:
    """The page as a browser gets it first."""
    said = words(language)
    return _page().substitute(
        language=escape("zh-CN" if language == "zh" else language),
        title=escape(said["title"]),
        faults_title=escape(said["faults"]),
        apply=escape(said["apply"]),
        drop=escape(said["drop"]),
        hint=escape(said["hint"]),
        faults=_faults(operator, said),
        phones=fragment(operator, language),
    )


def fragment(operator: Operator, language: str) -> str:
    """Counters and phones, which change all the time."""
    said = words(language)
    tally = operator.tally()
    counters = "".join(
        f'<div><dt>{escape(said[name])}</dt><dd data-counter="{name}">{escape(str(tally[name]))}</dd></div>'
        for name in _SHOWN_COUNTERS
    )
    handsets = sorted(operator.handsets.values(), key=_latest, reverse=True)
    phones = "".join(_phone(it, said) for it in handsets[:_SHOWN_HANDSETS])
    more = len(handsets) - _SHOWN_HANDSETS
    note = f'<p class="note">{escape(said["more"].format(count=more))}</p>' if more > 0 else ""
    empty = "" if phones else f'<p class="note">{escape(said["empty"])}</p>'
    return f'<dl class="counters">{counters}</dl><div class="phones">{phones}</div>{note}{empty}'


def _phone(handset: Handset, said: dict[str, str]) -> str:
    number = escape(handset.number)
    bubbles = "".join(_bubble(it, said) for it in list(handset.texts)[-_SHOWN_TEXTS:])
    answer = escape(said["answer"].format(number=handset.number))
    return (
        f'<section class="phone" aria-label="{number}"><header><span class="ear"></span><h2>{number}</h2></header>'
        f'<ol class="talk" tabindex="0">{bubbles}</ol>'
        f'<form method="post" action="/say"><input type="hidden" name="number" value="{number}">'
        f'<input name="text" required maxlength="1000" autocomplete="off" placeholder="{escape(said["write"])}" '
        f'aria-label="{answer}"><button>{escape(said["send"])}</button></form></section>'
    )


def _bubble(text: Text, said: dict[str, str]) -> str:
    side = "mine" if text.from_phone else "theirs"
    notes = [escape(f"{text.at:%H:%M:%S}")]
    if text.total > 1:
        got = text.taken if text.from_phone else len({it.concat.number for it in text.segments if it.concat})
        notes.append(escape(f"{got}/{text.total}"))
    if text.ports:
        notes.append(escape(said["port"].format(port=text.ports.destination)))
    repeats = sum(it.repeated for it in text.segments)
    if repeats:
        notes.append(f'<b class="bad">{escape(said["again"])} ×{repeats}</b>')
    word = text.word
    if word:
        kind = "good" if word in ("DELIVRD", "taken") else "bad"
        notes.append(f'<b class="{kind}">{escape(said.get(word, word))}</b>')
    return (
        f'<li class="{side}"><span class="peer">{escape(text.peer)}</span>'
        f'<p dir="auto">{escape(text.text)}</p><small>{" · ".join(notes)}</small></li>'
    )


def _faults(operator: Operator, said: dict[str, str]) -> str:
    rows = []
    for name, value in operator.faults.values().items():
        label = f"<span>{escape(said['fault_' + name])}<code>{escape(name)}</code></span>"
        if isinstance(value, bool):
            field = f'<input type="checkbox" name="{name}" value="on"{" checked" if value else ""}>'
        elif isinstance(value, int | float):
            step = "any" if isinstance(value, float) else "1"
            field = f'<input type="number" min="0" step="{step}" name="{name}" value="{escape(f"{value:g}")}">'
        else:
            shown = value if isinstance(value, str) else ",".join(f"{key}={it}" for key, it in value.items())
            field = f'<input name="{name}" value="{escape(shown)}">'
        rows.append(f"<label>{label}{field}</label>")
    return "".join(rows)


def _latest(handset: Handset) -> float:
    return handset.texts[-1].at.timestamp() if handset.texts else 0.0

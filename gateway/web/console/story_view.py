"""The story of a message as a time line: steps in order with what lies between, and a strip that shows where time went.

Pure. Numbers are masked unless they are asked for.
"""

from __future__ import annotations

import itertools
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.core.phone import mask
from gateway.core.stories import Step, Story
from gateway.web.site.words import N_

#: How a step looks, by its word; one that is not here looks plain.
_TONES: Final = {
    **dict.fromkeys(("delivered", "filed", "read", "fetched", "relayed", "arrived", "joined"), "good"),
    **dict.fromkeys(("failed", "expired", "relay-failed", "bounced"), "bad"),
    **dict.fromkeys(
        ("retry", "uncertain", "relay-retry", "relay-delayed", "deferred", "late-answer", "resend"), "wait"
    ),
    **dict.fromkeys(("sending", "resent"), "line"),
    **dict.fromkeys(("accepted", "answer"), "carrier"),
    "cancelled": "plain",
}
STEPS: Final = {
    "queued": N_("put into the outbox"),
    "routed": N_("got its link"),
    "sending": N_("goes out"),
    "accepted": N_("taken by the carrier"),
    "answer": N_("answered by the carrier"),
    "delivered": N_("on the phone"),
    "failed": N_("failed"),
    "expired": N_("its time ran out"),
    "cancelled": N_("taken back"),
    "uncertain": N_("no answer came"),
    "retry": N_("tried again later"),
    "report": N_("a report came"),
    "filed": N_("filed in the mailbox"),
    "told": N_("told by SMS"),
    "notice": N_("told by SMS"),
    "relay": N_("waits for the other server"),
    "relayed": N_("taken by the other server"),
    "relay-retry": N_("tried again later"),
    "relay-failed": N_("refused by the other server"),
    "relay-delayed": N_("late"),
    "bounced": N_("sent back"),
    "arrived": N_("came from the phone"),
    "joined": N_("put together from its parts"),
    "read": N_("read"),
    "fitted": N_("fitted to the phone"),
    "in-mailbox": N_("waits in a mailbox"),
    "fetched": N_("fetched by the phone"),
    "to-phone": N_("goes to a phone"),
    "waits": N_("waits"),
    "released": N_("goes on"),
    "peer": N_("from a peer"),
    "reminder": N_("a reminder"),
}
KINDS: Final = {"sms": N_("SMS"), "mms": N_("MMS"), "mail": N_("Mail"), "incoming": N_("From a phone")}
STATES: Final = {
    "queued": N_("waits"),
    "sending": N_("is being sent"),
    "accepted": N_("taken by the carrier"),
    "delivered": N_("delivered"),
    "failed": N_("failed"),
    "expired": N_("ran out of time"),
    "uncertain": N_("uncertain"),
    "cancelled": N_("taken back"),
    "filed": N_("filed"),
    "whole": N_("arrived"),
    "joined": N_("arrived in parts"),
}
FACTS: Final = {
    "to": N_("To"),
    "from": N_("From"),
    "account": N_("Account"),
    "purpose": N_("Purpose"),
    "link": N_("Link"),
    "sender": N_("Sender"),
    "alphabet": N_("Alphabet"),
    "segments": N_("Segments"),
    "attempt": N_("Attempts"),
    "code": N_("Last word of the carrier"),
    "tag": N_("Tag"),
    "way": N_("Goes as"),
    "handset": N_("Handset"),
    "subject": N_("Subject"),
    "size_octets": N_("Size"),
    "message_id": N_("Message-ID"),
    "text": N_("Text"),
    "data": N_("Data"),
}
_TEXTS: Final = ("text", "data", "subject")
_NUMBERS: Final = re.compile(r"\+[0-9]{7,15}|(?<![0-9])1[3-9][0-9]{9}(?![0-9])")
#: The strip, in its own units.
STRIP_WIDTH: Final = 1000.0
#: Steps drawn; a message that is tried for days has hundreds.
MAX_STEPS: Final = 300


@dataclass(frozen=True, slots=True)
class Moment:
    """One step, and how long it took to come to it."""

    at_ms: int
    after: str  # since the step before: "0.4 s"; "" for the first
    step: str
    detail: str
    tone: str  # good | bad | wait | line | carrier | plain


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time between two steps, on the strip: longer times are wider, though not in proportion."""

    x: float
    width: float
    tone: str  # of the step it follows
    step: str
    lasts: str


@dataclass(frozen=True, slots=True)
class StoryView:
    """A story, ready to be shown."""

    id: int
    kind: str
    state: str
    tone: str
    facts: tuple[tuple[str, Any], ...]  # name as in FACTS, value
    moments: tuple[Moment, ...]  # oldest first
    strip: tuple[Stretch, ...]
    lasts: str  # from the first step to the last
    segments: tuple[dict[str, Any], ...]
    related: tuple[int, ...]


def view(story: Story, *, reveal: bool = False) -> StoryView:
    """How a story is shown; `reveal` shows numbers and texts."""

    def show(value: Any) -> Any:
        return value if reveal or not isinstance(value, str) else _NUMBERS.sub(lambda found: mask(found[0]), value)

    steps = [*reversed(story.steps)]
    steps.sort(key=lambda step: step.at_ms)  # other processes write too, by clocks of their own
    del steps[MAX_STEPS:]
    facts = tuple(
        (name, show(value))
        for name in FACTS
        if (value := story.facts.get(name)) not in (None, "", 0, False) and (reveal or name not in _TEXTS)
    )
    segments = tuple(
        {name: show(value) for name, value in segment.items() if name != "reports"}
        | {"reports": tuple(segment.get("reports", ()))}
        for segment in story.segments
    )
    return StoryView(
        story.subject_id,
        story.kind,
        story.state,
        tone_of_state(story.state),
        facts,
        tuple(
            Moment(
                step.at_ms,
                "" if before is None else lasts((step.at_ms - before.at_ms) / 1000),
                step.step,
                show(step.detail),
                _TONES.get(step.step, "plain"),
            )
            for before, step in zip([None, *steps], steps, strict=False)
        ),
        strip(steps),
        lasts((steps[-1].at_ms - steps[0].at_ms) / 1000) if len(steps) > 1 else "",
        segments,
        story.related,
    )


def tone_of_state(state: str) -> str:
    """How a state looks."""
    tones = {"delivered": "good", "filed": "good", "whole": "good", "joined": "good", "failed": "bad", "expired": "bad"}
    return tones.get(state, "wait" if state in ("queued", "uncertain") else "carrier")


def strip(steps: Sequence[Step]) -> tuple[Stretch, ...]:
    """Where the time went, from left to right; steps at one moment share a place."""
    spans = [
        (earlier.step, (later.at_ms - earlier.at_ms) / 1000)
        for earlier, later in itertools.pairwise(steps)
        if later.at_ms > earlier.at_ms
    ]
    # A millisecond and an hour are to be seen side by side.
    weights = [math.log10(1 + seconds * 1000) for _, seconds in spans]
    whole = sum(weights)
    found, x = [], 0.0
    for (step, seconds), weight in zip(spans, weights, strict=True):
        width = STRIP_WIDTH * weight / whole
        tone = _TONES.get(step, "plain")
        found.append(Stretch(round(x, 1), round(width, 1), tone, step, lasts(seconds)))
        x += width
    return tuple(found)


def lasts(seconds: float) -> str:
    """A length of time in two units at most: "340 ms", "1.5 s", "3 min 20 s", "2 d 4 h"."""
    seconds = max(0.0, seconds)
    if seconds < 1:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 60:
        return f"{seconds:.1f} s"
    for size, unit, small, part in ((86_400, "d", 3600, "h"), (3600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            rest = int(seconds % size // small)
            return f"{int(seconds // size)} {unit}" + (f" {rest} {part}" if rest else "")
    raise AssertionError("a minute or more was left")

"""Stories as lines for people: what it is, what became of it, and each step with its time. Pure.

Numbers are masked and texts left out unless they are asked for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, tzinfo
from typing import Any, Final

from gateway.core.phone import mask
from gateway.core.stories import Story

_TITLES: Final = {"sms": "SMS", "mms": "MMS", "mail": "Mail", "incoming": "SMS from a phone"}
_STATES: Final = {
    "queued": "waits for its link and its time",
    "sending": "is being sent",
    "accepted": "the carrier took it; no report that it arrived yet",
    "delivered": "the phone has it",
    "failed": "it will not arrive",
    "expired": "its time ran out",
    "uncertain": "a submit was sent and no answer came",
    "cancelled": "taken back before it was sent",
    "filed": "lies in its mailbox",
    "whole": "arrived",
    "joined": "arrived in parts, put together",
    "part": "one part of a long SMS",
    "done": "one part of a long SMS, put together with the others",
}
_LABELS: Final = {
    "to": "to", "from": "from", "account": "for", "purpose": "purpose", "link": "link", "sender": "sender",
    "kind": "kind", "alphabet": "alphabet", "segments": "segments", "attempt": "attempts", "code": "last word",
    "tag": "tag", "port": "to port", "source_port": "from port", "size_octets": "octets", "message_id": "Message-ID",
    "maybe_twice": "maybe twice", "text": "text", "data": "data",
    "way": "goes as", "handset": "for handset",
    "subject": "subject", "thread_id": "conversation", "placed": "in the Maildir",
}  # fmt: skip
_NUMBERS: Final = re.compile(r"\+[0-9]{7,15}|(?<![0-9])1[3-9][0-9]{9}(?![0-9])")


def render(story: Story, zone: tzinfo, *, reveal: bool = False) -> str:
    """The story as lines, newest step first; `reveal` shows numbers and texts."""
    show = _plain if reveal else _masked
    what = _STATES.get(story.state, "in a state this version does not know")
    lines = [f"{_TITLES.get(story.kind, story.kind)} {story.subject_id}: {story.state}, {what}"]
    for name, label in _LABELS.items():
        value = story.facts.get(name)
        if value in (None, "", 0, False) or (name in ("text", "data", "subject") and not reveal):
            continue
        lines.append(f"  {label + ':':<16}{show(_word(value))}")
    lines += [f"  {_segment(segment, zone, show)}" for segment in story.segments]
    if story.related:
        lines.append(f"  {'see also:':<16}{', '.join(str(other) for other in story.related)}")
    width = max((len(step.step) for step in story.steps), default=0)
    for step in story.steps:
        lines.append(f"  {_when(step.at_ms, zone)}  {step.step:<{width}}  {show(step.detail)}".rstrip())
    if not story.steps:
        lines.append("  no steps are kept of it")
    return "\n".join(lines)


def render_all(stories: Sequence[Story], zone: tzinfo, *, reveal: bool = False) -> str:
    """Several stories, a blank line between them."""
    return "\n\n".join(render(story, zone, reveal=reveal) for story in stories)


def _segment(segment: Mapping[str, Any], zone: tzinfo, show: Callable[[str], str]) -> str:
    if "number" not in segment:
        answer = f": {segment['answer']}" if segment.get("answer") else ""
        return show(f"sent on to {segment['to']}: {segment['state']}, attempt {segment['attempt']}{answer}")
    words = f"segment {segment['number']}: {segment['state']}"
    if segment["carrier_id"]:
        words += f", carrier's id {segment['carrier_id']}"
    if segment["code"]:
        words += f", {segment['code']}"
    for report in segment["reports"]:
        words += f"\n    {_when(report['at_ms'], zone)}  report: {report['state']} ({report['code']})"
    return words


def _when(at_ms: int, zone: tzinfo) -> str:
    return datetime.fromtimestamp(at_ms / 1000, zone).isoformat(" ", "milliseconds")


def _word(value: object) -> str:
    return "yes" if value is True else str(value)


def _plain(words: str) -> str:
    return words


def _masked(words: str) -> str:
    return _NUMBERS.sub(lambda found: mask(found[0]), words)

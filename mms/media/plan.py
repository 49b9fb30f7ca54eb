"""What fitting did to an MMS, step by step: for people in words, for programs as JSON. Pure."""

from __future__ import annotations

import enum
import json
import re
from dataclasses import asdict, dataclass
from typing import Any, Final


class What(enum.StrEnum):
    """What happened to a part."""

    KEPT = "kept"  # as it came
    MADE = "made"  # into something the phone shows
    LOST = "lost"  # it does not arrive


@dataclass(frozen=True, slots=True)
class Step:
    """What became of one part."""

    part: str  # its name in the content
    what: What
    before: str  # "4000x3000 image/jpeg, 3.4 MB"
    after: str = ""  # "640x480 image/jpeg, quality 71, 96 KB"; "" when it is lost
    #: Keys of REASONS, in the order they hold.
    reasons: tuple[str, ...] = ()


#: Why, in both languages; {} takes nothing: a reason says all there is to say.
REASONS: Final[dict[str, tuple[str, str]]] = {
    "locked": ("版权保护，原样发送", "protected: left as it is"),
    "metadata": ("已去除地点、设备等信息", "what it told of place and maker is gone"),
    "screen": ("按手机屏幕缩小", "made as large as the phone shows"),
    "budget": ("压缩到手机可接收的大小", "made small enough for the phone to take"),
    "format": ("转换为手机支持的格式", "made into a format the phone shows"),
    "colours": ("减少颜色", "fewer colours"),
    "frames": ("减少动画帧数", "fewer frames, each longer"),
    "still": ("动画变为静止图片", "it does not move any more"),
    "poster": ("手机不能播放视频，只发一张画面", "the phone plays no film: one picture of it"),
    "cut": ("已截短", "cut short"),
    "transparent": ("透明部分填为白色", "what was transparent is white"),
    "unsupported": ("手机不支持这种格式", "the phone does not take this"),
    "no-room": ("放不下", "there is no room for it"),
    "broken": ("文件损坏或无法识别", "it is damaged, or nobody knows what it is"),
    "split": ("文字较长，分成几页", "a long text, split over pages"),
    "charset": ("转换文字编码", "in characters the phone shows"),
    "tune": ("转换为手机支持的铃声", "made into a tune the phone plays"),
}


#: How a step's facts, which are kept in English, are said in Chinese.
_IN_CHINESE: Final = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (r"\bquality (\d+)", r"质量 \1"),
        (r"\b(\d+) frames\b", r"\1 帧"),
        (r"\b(\d+) colours\b", r"\1 色"),
        (r"\b(\d+) greys\b", r"\1 级灰度"),
        (r"\bblack and white\b", "黑白"),
        (r"\b(\d+) notes\b", r"\1 个音符"),
        (r"\b(\d+) s at ([\d.]+) kbit/s", r"\1 秒，\2 kbit/s"),
        (r"\b(\d+) s\b", r"\1 秒"),
        (", ", "，"),
    )
)


def _in_chinese(facts: str) -> str:
    for pattern, words in _IN_CHINESE:
        facts = pattern.sub(words, facts)
    return facts


@dataclass(frozen=True, slots=True)
class Plan:
    """What became of every part, and how much of the room is used."""

    steps: tuple[Step, ...]
    octets: int
    max_octets: int
    handset: str

    def lines(self, language: str = "en") -> list[str]:
        """A line for every part that is not what it was."""
        column = 0 if language == "zh" else 1
        found = []
        for step in self.steps:
            if step.what is What.KEPT and not step.reasons:
                continue
            why = ("；" if column == 0 else "; ").join(REASONS[reason][column] for reason in step.reasons)
            if column == 0:
                before, after = _in_chinese(step.before), _in_chinese(step.after) or "未发送"
                found.append(f"{step.part}：{before} → {after}" + (f"（{why}）" if why else ""))
            else:
                found.append(f"{step.part}: {step.before} → {step.after or 'not sent'}" + (f" ({why})" if why else ""))
        return found

    @property
    def lost(self) -> tuple[Step, ...]:
        """Parts that do not arrive."""
        return tuple(step for step in self.steps if step.what is What.LOST)

    def story(self) -> str:
        """The same in one English line."""
        changed = "; ".join(self.lines()) or "as it is"
        return f"for {self.handset}, {self.octets} of {self.max_octets} octets: {changed}"

    def to_json(self) -> str:
        """For the books; `from_json` reads it."""
        return json.dumps(asdict(self), ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_json(cls, text: str) -> Plan:
        """A plan as `to_json` wrote it. Raises ValueError for anything else."""
        try:
            document: dict[str, Any] = json.loads(text)
            steps = tuple(
                Step(one["part"], What(one["what"]), one["before"], one["after"], tuple(one["reasons"]))
                for one in document["steps"]
            )
            return cls(steps, int(document["octets"]), int(document["max_octets"]), str(document["handset"]))
        except (KeyError, TypeError) as error:
            raise ValueError("no plan of a fitted MMS") from error


def octets_words(octets: int) -> str:
    """A size as people read it."""
    if octets < 1024:
        return f"{octets} B"
    return f"{octets / 1024:.0f} KB" if octets < 1 << 20 else f"{octets / (1 << 20):.1f} MB"

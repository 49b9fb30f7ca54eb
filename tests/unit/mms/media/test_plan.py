"""What a plan says: the same facts in both languages, and as JSON."""

from __future__ import annotations

import re

import pytest

from mms.content import Content, Part
from mms.handsets.catalogue import resolve
from mms.media.fitting import fit
from mms.media.plan import REASONS, Plan, Step, What
from tests.fakes.media import film, jpeg, moving, sound

STEPS = (
    Step("a.jpg", What.MADE, "4000x3000 image/jpeg, 3.4 MB", "640x480, quality 71, 96 KB", ("screen", "budget")),
    Step("b.gif", What.MADE, "9x9 image/gif, 9 KB", "8x8, 12 frames, 64 colours, 8 KB", ("colours", "frames")),
    Step("c.wav", What.MADE, "audio/wav, 1.2 MB", "14 s at 4.75 kbit/s, 9 KB", ("format", "cut")),
    Step("d.zip", What.LOST, "application/zip, 4 B", "", ("unsupported",)),
    Step("e.txt", What.KEPT, "text/plain, 4 B", "4 B"),
)


def test_in_chinese() -> None:
    assert Plan(STEPS, 9, 10, "x").lines("zh") == [
        "a.jpg：4000x3000 image/jpeg，3.4 MB → 640x480，质量 71，96 KB（按手机屏幕缩小；压缩到手机可接收的大小）",
        "b.gif：9x9 image/gif，9 KB → 8x8，12 帧，64 色，8 KB（减少颜色；减少动画帧数）",
        "c.wav：audio/wav，1.2 MB → 14 秒，4.75 kbit/s，9 KB（转换为手机支持的格式；已截短）",
        "d.zip：application/zip，4 B → 未发送（手机不支持这种格式）",
    ]


def test_in_english_and_in_one_line() -> None:
    plan = Plan(STEPS, 9, 10, "x")
    assert plan.lines()[0] == (
        "a.jpg: 4000x3000 image/jpeg, 3.4 MB → 640x480, quality 71, 96 KB "
        "(made as large as the phone shows; made small enough for the phone to take)"
    )
    assert plan.story().startswith("for x, 9 of 10 octets: a.jpg: ")
    assert Plan((), 1, 2, "x").story().endswith("as it is")
    assert Plan.from_json(plan.to_json()) == plan


@pytest.mark.parametrize("key", ["unknown", "nokia-6610", "mono-2002", "nokia-n73"])
def test_nothing_is_left_in_english(key: str) -> None:
    media = [jpeg((800, 600)), moving((160, 120), 8), sound(3), film(2, (320, 240)), b"PK"]
    parts = tuple(Part("application/x", data, f"{n}.bin") for n, data in enumerate(media))
    for line in fit(Content(parts), resolve(key), max_octets=40_000).plan.lines("zh"):
        assert re.findall(r"(?<![\w/.-])[a-z]{4,}(?![\w/.-])", line.replace("kbit", "")) == []


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"steps":[{}]}', '{"steps":[],"octets":"x"}', "null", "7"])
def test_what_is_no_plan_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match=r".*"):
        Plan.from_json(text)


def test_every_reason_is_said_in_both_languages() -> None:
    assert all(zh and en and not zh.isascii() and en.isascii() for zh, en in REASONS.values())

"""How names are found and sorted by what they sound like."""

from __future__ import annotations

import pytest

from addressbook.pinyin import sort_key, spellings, tokens


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("张三丰", "张 张三 三丰 zhang zhangsanf sanfeng feng zsf sf zsanf zhangs"),
        ("曾志伟", "zengzhi zzw cengzhi zhiwei"),
        ("欧阳娜娜", "ouyang oynn yangna nana"),
        ("尉迟恭", "yuchigong ycg gong"),
        ("吕布", "lvbu lubu lb bu"),
        ("张乐", "zhangle zhangyue zl zy le yue"),
        ("李Lucy", "李 lilu lucy ll"),
        ("José María", "jose maria jm"),
        ("John Q. Public", "john public jqp"),
        ("ＡＢＣ公司", "abc abcgongsi 公司 gongsi"),
    ],
)
def test_what_finds_a_name(name: str, typed: str) -> None:
    found = set(spellings(name))
    assert [word for word in typed.split() if not any(one.startswith(word) for one in found)] == []


@pytest.mark.parametrize("name", ["张三", "John Public"])
def test_what_does_not_find_a_name(name: str) -> None:
    assert not any(one.startswith(("hang", "ublic", "s a", "ohn")) for one in spellings(name))


def test_names_sort_by_sound_syllable_by_syllable() -> None:
    names = ["赵云", "西安", "Anna", "张飞", "先生", "曾国藩", "安娜", "单雄信", "李白"]
    assert sorted(names, key=sort_key) == ["安娜", "Anna", "李白", "单雄信", "西安", "先生", "曾国藩", "张飞", "赵云"]


def test_long_and_odd_names_are_bounded() -> None:
    for name in ("", "  ", "\x00", "🎉", "\ud800", "乐" * 5000, "a " * 5000, "é" * 300):
        found = list(spellings(name))
        assert len(found) <= 1 + 16 * 16
        sort_key(name)
    assert tokens("🎉") == []

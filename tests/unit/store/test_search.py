"""Mails are found by their words: Chinese by pairs, one character by its beginning, letters by theirs; per mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from gateway.core.search_words import Field, SearchText, wanted_of
from gateway.store.database import StoreConfig, create_tables, open_store
from gateway.store.search import Search, open_search

ANNA, BERT = 286286413824000002, 286286413824000005
MAILS = {
    1: ("Zhang San zhang@else.example", "合同评审会议", "各位同事：请提前准备材料，会议室改到五楼。", "合同.docx"),
    2: (
        "李四 li@else.example",
        "Project report",
        "The quarterly numbers are attached; reports follow.",
        "numbers 2026.xlsx",
    ),
    3: ("Ann ann@example.cn", "Re: 合同", "评审会在周三。同意", ""),
    4: ("13900139000", "ＦＵＬＬ　ｗｉｄｔｈ", "Straße 𠮷野家 カタカナ 한국어 abc中文def", "图.png"),
}


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def search(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Search]:
    url = request.getfixturevalue("postgres").url() if request.param == "postgresql" else ""
    store = open_store(StoreConfig(url=url, data_dir=str(tmp_path_factory.mktemp("data"))))
    create_tables(store)
    made = open_search(store)
    assert made.is_empty
    made.add([(mail_id, ANNA, SearchText(*texts)) for mail_id, texts in MAILS.items()])
    made.add([(9, BERT, SearchText(*MAILS[1]))])
    assert not made.is_empty
    yield made
    made.close()
    store.engine.dispose()


@pytest.mark.parametrize(
    ("question", "found"),
    [
        ("会议", [1]),
        ("合同评审", [1]),
        ("合同", [3, 1]),
        ("合 同", [3, 1]),  # two characters that may stand apart
        ("评审会", [3, 1]),
        ("评审会议", [1]),
        ("审会议室", []),
        ("室", [1]),
        ("楼", [1]),  # the last of its run
        ("意", [3]),
        ("report", [2]),
        ("repo", [2]),
        ("REPORTS", [2]),
        ("port", []),
        ('"quarterly numbers"', [2]),
        ('"numbers quarterly"', []),
        ("numbers quarterly", [2]),
        ("quarterly 合同", []),
        ("full width", [4]),
        ("strasse", [4]),
        ("𠮷野", [4]),
        ("カタ", [4]),
        ("한국", [4]),
        ("abc中文", [4]),
        ("中文def", [4]),
        ("abc文", []),
        ("zhang@else.example", [1]),
        ("13900", [4]),
        ("xlsx", [2]),
        ("", []),
        ("!!! ???", []),
        ('" OR rowid > 0 --', []),
        ("NEAR(合同)", []),
        ("'; DROP TABLE mails; --", []),
    ],
)
def test_questions(search: Search, question: str, found: list[int]) -> None:
    assert search.find(ANNA, wanted_of(question)) == found


def test_fields_can_be_asked_alone(search: Search) -> None:
    assert search.find(ANNA, wanted_of("合同", Field.SUBJECT)) == [3, 1]
    assert search.find(ANNA, wanted_of("合同", Field.FILES)) == [1]
    assert search.find(ANNA, wanted_of("合同", Field.BODY)) == []
    assert search.find(ANNA, wanted_of("numbers", Field.FILES)) == [2]
    assert search.find(ANNA, wanted_of("李四", Field.SENDER)) == [2]


def test_mailboxes_are_apart(search: Search) -> None:
    assert search.find(BERT, wanted_of("合同")) == [9]
    assert search.find(BERT, wanted_of("report")) == []


def test_pages_go_on_by_id(search: Search) -> None:
    assert search.find(ANNA, wanted_of("合同"), limit=1) == [3]
    assert search.find(ANNA, wanted_of("合同"), before=3, limit=1) == [1]


def test_what_is_removed_or_changed_is_not_found(search: Search) -> None:
    carl = 5
    search.add([(20 + mail_id, carl, SearchText(*texts)) for mail_id, texts in MAILS.items()])
    search.remove([21, 77])
    assert search.find(carl, wanted_of("合同")) == [23]
    search.add([(23, carl, SearchText("", "changed", "", ""))])
    assert search.find(carl, wanted_of("合同")) == []
    assert search.find(carl, wanted_of("changed")) == [23]
    assert search.find(ANNA, wanted_of("合同")) == [3, 1]
    search.forget([carl, 999])
    assert search.find(carl, wanted_of("changed")) == []
    assert search.find(carl, wanted_of("report")) == []
    assert search.find(ANNA, wanted_of("合同")) == [3, 1]


def test_a_huge_mail_is_no_harm(search: Search) -> None:
    search.add([(30, 7, SearchText("x" * 5000, "字" * 1000, "合同评审" * 50_000, "\0'\\:*&|" * 100))])
    assert search.find(7, wanted_of("合同评审合同")) == [30]


def test_writers_wait_for_each_other(search: Search) -> None:
    def write(mailbox_id: int) -> None:
        for mail_id in range(30):
            search.add([(1000 * mailbox_id + mail_id, mailbox_id, SearchText("", f"word {mail_id}", "合同" * 50, ""))])

    with ThreadPoolExecutor(4) as threads:
        list(threads.map(write, (11, 12, 13, 14)))
    for mailbox_id in (11, 12, 13, 14):
        assert len(search.find(mailbox_id, wanted_of("合同"))) == 30

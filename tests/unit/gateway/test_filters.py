"""Filters of members: which fit, what they make of a mail, and what cannot be one."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.core.errors import BadRequest
from gateway.core.filters import Filter, Incoming, Notice, Verdict, judge, read_filter, readable, write_filter
from gateway.core.mails import MailFacts
from gateway.mail.mime.filtering import incoming_of, may_go_on, sent_on

MAIL = (
    b"From: Li Lei <li@example.org>\r\nTo: Ann <ann@example.cn>\r\nSubject: x\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nThe boat leaves at nine.\r\n'
    b'--b\r\nContent-Type: image/png; name="Lake.png"\r\nContent-Disposition: attachment\r\n\r\nx\r\n--b--\r\n'
)
FACTS = MailFacts("li@example.org", "Li Lei", "合同 No. 7", 0)


def a_filter(*conditions: tuple[str, str, str], **more: Any) -> Filter:
    return read_filter(
        {"conditions": [dict(zip(("field", "how", "value"), one, strict=True)) for one in conditions]} | more
    )


def mail(data: bytes = MAIL) -> Incoming:
    return incoming_of(data, FACTS, "sales@example.cn")


@pytest.mark.parametrize(
    ("conditions", "does_fit"),
    [
        ([], True),
        ([("from", "contains", "LI LEI")], True),
        ([("from", "is", "li@example.org")], True),
        ([("from", "is", "i@example.org")], False),
        ([("to", "contains", "sales@")], True),
        ([("to", "lacks", "ann@")], False),
        ([("subject", "contains", "合同")], True),
        ([("subject", "is", "合同 no. 7")], True),
        ([("body", "contains", "boat")], True),
        ([("body", "lacks", "boat")], False),
        ([("attachment", "exists", "")], True),
        ([("attachment", "contains", ".PNG")], True),
        ([("attachment", "lacks", ".png")], False),
        ([("size", "larger", "1")], False),
        ([("size", "smaller", "1")], True),
        ([("subject", "contains", "合同"), ("body", "contains", "train")], False),
    ],
)
def test_conditions(conditions: list[tuple[str, str, str]], does_fit: bool) -> None:
    verdict = judge([a_filter(*conditions, star=True)], mail())
    assert verdict.flags == ("F" if does_fit else "")


def test_one_of_many_is_enough_when_the_filter_says_so() -> None:
    conditions = [("subject", "contains", "nothing"), ("body", "contains", "boat")]
    assert judge([a_filter(*conditions, is_any=True, folder="Boats")], mail()).folder == "Boats"


def test_filters_add_up_until_one_is_the_last() -> None:
    filters = [
        a_filter(name="a", folder="A", star=True),
        a_filter(("subject", "contains", "nothing"), name="never", is_last=True),
        a_filter(name="b", folder="B", read=True, forward="x@example.org", notice="no", is_last=True),
        a_filter(name="c", forward="y@example.org"),
    ]
    assert judge(filters, mail()) == Verdict("A", "FS", ("x@example.org",), Notice.NEVER, ("a", "b"))


def test_the_text_is_not_read_unless_asked_for() -> None:
    def never() -> str:
        raise AssertionError

    judge([a_filter(("subject", "contains", "z"))], Incoming("", never, "", 1, never, lambda: [never()]))


@pytest.mark.parametrize(
    "settings",
    [
        {"conditions": "x"},
        {"conditions": [{"field": "from", "how": "contains", "value": ""}]},
        {"conditions": [{"field": "size", "how": "larger", "value": "many"}]},
        {"conditions": [{"field": "size", "how": "contains", "value": "1"}]},
        {"conditions": [{"field": "moon", "how": "is", "value": "full"}]},
        {"conditions": [None]},
        {"conditions": [{"field": "from", "how": "is", "value": "a"}] * 21},
        {"folder": "../etc"},
        {"folder": "a.b"},
        {"forward": "nobody"},
        {"name": "a\nb"},
        {"notice": "perhaps"},
    ],
)
def test_what_is_no_filter(settings: dict[str, Any]) -> None:
    with pytest.raises(BadRequest):
        read_filter(settings)
    assert readable([settings, {}]) == [Filter()]


def test_filters_are_kept_as_they_are() -> None:
    one = a_filter(
        ("from", "is", "a@b.cn"), ("attachment", "exists", ""), name="n", folder="F", star=True, notice="yes"
    )
    assert read_filter(write_filter(one)) == one


def test_a_mail_is_sent_on_once_by_each_and_not_for_ever() -> None:
    once = sent_on(MAIL, "ann@example.cn")
    assert may_go_on(MAIL, "ann@example.cn")
    assert not may_go_on(once, "ANN@example.cn")
    assert may_go_on(once, "bob@example.cn")
    for name in "bcde":
        once = sent_on(once, f"{name}@example.cn")
    assert not may_go_on(once, "f@example.cn")

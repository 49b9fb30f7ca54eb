"""What devices send, put into what is kept: what they cannot hold stays, what they were given cut is not cut here."""

from __future__ import annotations

import base64
from dataclasses import replace

import pytest

from addressbook.contact import Address, Contact, Name, Organisation, Photo, Value
from addressbook.device_merge import DeviceMerge, merged_from_device
from addressbook.holding import Held, Holding, assumed, held
from addressbook.vcard.composing import write
from addressbook.vcard.meaning import contact_of

FULL = Contact(
    uid="u1",
    shown="张三",
    name=Name("张", "三", prefix="Dr."),
    nicknames=("小三",),
    organisation=Organisation("彩邮有限公司", ("研发部",)),
    title="工程师",
    numbers=(
        Value("+8613800138000", ("cell",), preferred=True),
        Value("010-12345678", ("work",)),
        Value("021 8765 4321", ("home",)),
        Value("+8613900139000", ("cell",), label="备用"),
    ),
    mails=(Value("zhang@x.example", ("work",)), Value("san@y.example", ("home",))),
    addresses=(Address(street="长安街 1", locality="北京", code="100000", types=("home",)),),
    birthday="1980-05-01",
    note="一个很长很长很长很长的备注",
    categories=("朋友", "同事"),
    photo=Photo(b"\xff\xd8 a photo", "image/jpeg"),
)
KEPT = write(FULL).replace(b"END:VCARD", b"X-KEEP;FOO=bar:what nobody knows\r\nEND:VCARD")
#: A phone of 2005: a name, three numbers of few types, one mail address, a short note.
PHONE = Holding(
    {
        "N": Held(),
        "TEL": Held(max_occur=3, types=frozenset({"cell", "home", "work", "voice", "fax", "pref"})),
        "EMAIL": Held(max_occur=1),
        "NOTE": Held(max_size=18),
    }
)
ALL = assumed(("FN", "NICKNAME", "ORG", "TITLE", "EMAIL", "ADR", "BDAY", "NOTE", "CATEGORIES", "PHOTO", "X-KEEP"))


def as_held(holding: Holding = PHONE, **changes: object) -> bytes:
    """A card of the contact as a device has it that was given it, and changed something."""
    return write(replace(held(FULL, holding), **changes), "2.1")  # type: ignore[arg-type]


def merge(sent: bytes, holding: Holding = PHONE, kept: bytes = KEPT, base: bytes | None = KEPT) -> DeviceMerge:
    return merged_from_device(kept, sent, holding, base)


def test_what_a_device_holds_is_the_part_that_fits() -> None:
    part = held(FULL, PHONE)
    assert [one.value for one in part.numbers] == ["+8613800138000", "010-12345678", "021 8765 4321"]
    assert [one.value for one in part.mails] == ["zhang@x.example"]
    assert part.note == "一个很长很长"
    assert (part.photo, part.addresses, part.categories, part.organisation) == (None, (), (), Organisation())
    assert held(FULL, Holding({"NOTE": Held(max_size=18, no_truncate=True)})).note == ""
    assert held(FULL, Holding({"PHOTO": Held(max_size=3)})).photo is None


def test_what_comes_back_as_it_went_changes_nothing() -> None:
    told = merge(as_held())
    assert (told.card, told.conflicts, told.device_lacks) == (KEPT, frozenset(), False)


@pytest.mark.parametrize(
    ("sent", "changes"),
    [
        ({"name": Name("李", "三")}, {"name": Name("李", "三", prefix="Dr."), "shown": "Dr.李三"}),
        ({"mails": (Value("new@x.example"),)}, {"mails": (Value("new@x.example", ("work",)), FULL.mails[1])}),
        ({"mails": ()}, {"mails": FULL.mails[1:]}),
        ({"note": "短"}, {"note": "短"}),
        ({"note": ""}, {"note": ""}),
        ({"numbers": FULL.numbers[1:3]}, {"numbers": FULL.numbers[1:]}),
        (
            {"numbers": (Value("138 0013 8000", ("cell", "voice")), *FULL.numbers[1:3])},  # only written otherwise
            {},
        ),
        (
            {"numbers": (FULL.numbers[0], Value("010-22223333", ("work",)), FULL.numbers[2])},
            {"numbers": (FULL.numbers[0], Value("010-22223333", ("work",)), *FULL.numbers[2:])},
        ),
        (
            {"numbers": (FULL.numbers[0], replace(FULL.numbers[1], types=("home",)), FULL.numbers[2])},
            {"numbers": (FULL.numbers[0], replace(FULL.numbers[1], types=("home",)), *FULL.numbers[2:])},
        ),
        ({"numbers": (FULL.numbers[0], replace(FULL.numbers[1], types=()), FULL.numbers[2])}, {}),
    ],
    ids=["name", "mail", "no mail", "note", "no note", "no number", "spelling", "number", "type", "type lost"],
)  # fmt: skip
def test_a_device_changes_what_it_holds_and_nothing_else(sent: dict[str, object], changes: dict[str, object]) -> None:
    kept = replace(FULL, shown="Dr.张三")
    card = write(kept)
    wanted = replace(contact_of(card), **changes)  # type: ignore[arg-type]
    told = merge(as_held(**sent), kept=card, base=card)
    assert (contact_of(told.card), told.conflicts) == (wanted, frozenset())


def test_what_is_unknown_stays_to_the_octet() -> None:
    told = merge(as_held(note="短"))
    assert b"\r\nX-KEEP;FOO=bar:what nobody knows\r\n" in told.card
    assert base64.b64encode(b"\xff\xd8 a photo") in told.card.replace(b"\r\n ", b"")


def test_a_device_that_can_hold_all_can_delete_all_but_parts_of_names() -> None:
    bare = write(Contact(uid="u1", shown="张三", name=Name("张", "三"), numbers=FULL.numbers[:1]), "3.0")
    left = merge(bare, ALL)
    assert contact_of(left.card) == Contact(
        uid="u1", shown="张三", name=FULL.name, numbers=FULL.numbers[:1], revised=""
    )
    assert b"X-KEEP" not in left.card


def test_a_device_that_says_nothing_holds_what_it_writes() -> None:
    sent = write(Contact(shown="张三", name=Name("张", "三"), numbers=(Value("10086"),), title="总监"), "2.1")
    left = contact_of(merge(sent, assumed(("N", "FN", "TEL", "TITLE"))).card)
    assert (left.title, left.mails, left.note) == ("总监", FULL.mails, FULL.note)
    assert [one.value for one in left.numbers] == ["10086"] or len(left.numbers) == 1


def test_both_sides_changed() -> None:
    kept = write(replace(FULL, note="here", numbers=(*FULL.numbers[1:], Value("10000"))))
    base = write(FULL)
    sent = as_held(note="there", numbers=(*held(FULL, PHONE).numbers[:2], Value("10086", ("home",))))
    told = merged_from_device(kept, sent, PHONE, base)
    assert told.conflicts == {"note"}
    left = contact_of(told.card)
    assert left.note == "there"
    assert {one.value for one in left.numbers} == {"010-12345678", "10086", "+8613900139000", "10000"}
    assert told.device_lacks
    ours = merged_from_device(kept, sent, PHONE, base, device_wins=False)
    assert (contact_of(ours.card).note, ours.conflicts) == ("here", {"note"})


def test_a_deletion_loses_against_a_change() -> None:
    kept = write(replace(FULL, note="changed here"))
    told = merged_from_device(kept, as_held(note=""), PHONE, write(FULL))
    assert (contact_of(told.card).note, told.conflicts) == ("changed here", {"note"})


def test_without_a_base_values_of_both_are_kept() -> None:
    sent = write(
        Contact(
            shown="张三", name=Name("张", "三"), numbers=(Value("13800138000"), Value("10086")), title="总监",
            categories=("家",),
        ),
        "2.1",
    )  # fmt: skip
    told = merged_from_device(KEPT, sent, ALL, None, device_wins=False)
    left = contact_of(told.card)
    assert [one.value for one in left.numbers] == [*(one.value for one in FULL.numbers), "10086"]
    assert (left.title, left.note, left.categories) == ("工程师", FULL.note, ("朋友", "同事", "家"))
    assert told.conflicts == {"title"}
    assert told.device_lacks


def test_names_that_devices_put_together_are_not_taken_for_changes() -> None:
    kept = write(replace(FULL, shown="老张"))
    sent = write(replace(held(FULL, ALL), shown="三 张", name=Name("张", "三")), "2.1")
    assert contact_of(merged_from_device(kept, sent, ALL, kept).card).shown == "老张"


def test_a_photo_that_was_made_smaller_on_the_way_is_the_same() -> None:
    small = Photo(b"\xff\xd8 small", "image/jpeg")
    sent = as_held(ALL, photo=small)
    assert contact_of(merge(sent, ALL).card).photo == small
    told = merged_from_device(KEPT, sent, ALL, KEPT, is_same_photo=lambda ours, theirs: theirs == small)
    assert contact_of(told.card).photo == FULL.photo


def test_properties_of_other_programs_change_and_go() -> None:
    sent = as_held(ALL).replace(b"END:VCARD", b"X-KEEP:new\r\nX-NEW:first\r\nEND:VCARD")
    card = merge(sent, ALL).card
    assert b"X-KEEP:new\r\n" in card
    assert b"X-NEW:first\r\n" in card

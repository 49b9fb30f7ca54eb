import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.gsm import answers
from carriers.gsm.answers import Identity, Listed, Registration


@pytest.mark.parametrize(
    ("lines", "card"),
    [
        (["89860012345678901234"], "89860012345678901234"),
        (['+CCID: "89860012345678901234"'], "89860012345678901234"),
        (["^ICCID: 8986001234567890123F"], "8986001234567890123"),
        (["+QCCID: 8931440400000000001f"], "8931440400000000001"),
        (["^ICCID: 98680021436587092143"], "89860012345678901234"),  # halves of octets exchanged
        (["+CCID: none"], ""),
        ([], ""),
    ],
)
def test_the_number_of_the_card_in_every_form(lines, card):
    assert answers.iccid(lines) == card


@pytest.mark.parametrize(
    ("line", "is_answer"),
    [
        ("+CREG: 0,1", True),
        ('+CREG: 2,1,"1A2B","0C3D"', True),
        ("+CREG: 1", False),
        ('+CREG: 1,"1A2B","0C3D"', False),
        ("+CEREG: 5", False),
    ],
)
def test_an_answer_and_a_notice_of_registration_are_told_apart(line, is_answer):
    assert answers.answers_a_question(line) is is_answer
    found = answers.registration([line]) if is_answer else answers.noticed_registration(line)
    assert found in (Registration.HOME, Registration.ROAMING)


@pytest.mark.parametrize(("state", "sends"), [(0, 0), (1, 1), (2, 0), (3, 0), (4, 0), (5, 1), (6, 1), (7, 1)])
def test_which_registrations_let_messages_through(state, sends):
    assert Registration(state).is_registered is bool(sends)


@pytest.mark.parametrize(("line", "signal"), [("+CSQ: 17,0", 17), ("+CSQ: 99,99", None), ("+CSQ: x", None), ("", None)])
def test_signal(line, signal):
    assert answers.signal([line] if line else []) == signal


def test_storages_and_how_full_they_are():
    assert answers.storages(['+CPMS: ("SM","ME","SR"),("SM"),("SM","ME")']) == [
        ("SM", "ME", "SR"),
        ("SM",),
        ("SM", "ME"),
    ]
    assert answers.filling(["+CPMS: 3,20,3,20,3,20"]) == [(3, 20)] * 3
    assert answers.filling(['+CPMS: "SM",3,20,"ME",1,50']) == [(3, 20), (1, 50)]


def test_listed_messages_and_what_is_none():
    lines = ["+CMGL: 1,0,,24", "0011", "+CMGL: 2,1,,20", "+CMGL: 3,1,,22", "zz", "stray"]
    assert answers.listed(lines) == [Listed(1, 0, "0011"), Listed(3, 1, "zz")]
    assert answers.read(5, ["+CMGR: 1,,24", "AA"]) == Listed(5, 1, "AA")
    assert answers.read(5, []) is None


def test_places_in_notices():
    assert answers.located('+CMTI: "SM",12') == ("SM", 12)
    assert answers.located("+CMTI: SM") is None
    assert answers.located('+CMTI: "SM",-1') is None


def test_the_key_names_modem_and_sim():
    assert Identity(imei="1", iccid="2", imsi="3").key == "1-2"
    assert Identity(imei="1", imsi="3").key == "1-3"
    assert Identity().key == "?-?"


@given(st.lists(st.text(max_size=40), max_size=5))
def test_no_answer_raises(lines):
    for read in (
        answers.word, answers.digits, answers.iccid, answers.values, answers.own_number, answers.signal,
        answers.registration, answers.storages, answers.filling, answers.listed,
    ):  # fmt: skip
        read(lines)
    answers.read(1, lines)
    for line in lines:
        answers.located(line)
        answers.noticed_registration(line)

import pytest

from carriers.gsm.errors import CME, CMS, OUTCOMES, Remedy, code_of
from gateway.core.messages import Outcome


@pytest.mark.parametrize(
    ("number", "remedy"),
    [
        (21, Remedy.GIVE_UP),
        (41, Remedy.RETRY),
        (192, Remedy.RETRY),
        (208, Remedy.OTHER_MODEM),
        (304, Remedy.GIVE_UP),
        (310, Remedy.ILL),
        (316, Remedy.ILL),
        (322, Remedy.OTHER_MODEM),
        (332, Remedy.UNCERTAIN),
        (500, Remedy.RETRY),
        (515, Remedy.RETRY),
    ],
)
def test_what_to_do_after_an_error(number, remedy):
    assert code_of("CMS", str(number)).remedy is remedy


def test_the_same_number_says_other_things_in_each_family():
    assert code_of("CME", "30").text == "no network service"
    assert code_of("CMS", "30").text == "unknown subscriber"


@pytest.mark.parametrize("family", ["CMS", "CME"])
def test_words_say_what_numbers_say(family):
    for code in (CMS if family == "CMS" else CME).values():
        assert code_of(family, code.text).remedy is code.remedy, code


@pytest.mark.parametrize(
    ("words", "number"),
    [
        ("SIM not inserted", 310),
        ("sim PIN required", 311),
        ("Network Timeout", 332),
        ("No network service", 331),
        ("Invalid PDU mode parameter", 304),
        ('"SIM busy"', 314),
    ],
)
def test_words_are_read_as_makers_write_them(words, number):
    assert code_of("CMS", words).number == number


def test_a_number_of_no_table_is_kept():
    assert code_of("CMS", "200").remedy is Remedy.GIVE_UP
    assert code_of("CMS", "777").remedy is Remedy.OTHER_MODEM
    assert code_of("CME", "9999").number == 9999
    assert code_of("CMS", "1" * 50).number == -1
    assert code_of("CMS", "").number == -1


def test_only_what_no_modem_can_send_is_final():
    assert OUTCOMES[Remedy.GIVE_UP] is Outcome.PERMANENT
    assert {OUTCOMES[it] for it in Remedy if it not in (Remedy.GIVE_UP, Remedy.UNCERTAIN)} == {Outcome.TEMPORARY}

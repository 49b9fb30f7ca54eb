import pytest
from hypothesis import given
from hypothesis import strategies as st

from carriers.gsm import ussd
from carriers.gsm.ussd import Form, Reply, Step
from gateway.core.errors import BadRequest
from gateway.core.text import Alphabet


@pytest.mark.parametrize(
    ("form", "line"),
    [
        (Form.PLAIN, 'AT+CUSD=1,"*100#",15'),
        (Form.PACKED, 'AT+CUSD=1,"AA180C3602",15'),  # as Huawei sticks take it
        (Form.UCS2, 'AT+CUSD=1,"002A0031003000300023",15'),
    ],
)
def test_a_code_in_each_form(form, line):
    assert ussd.command("*100#", form) == line


@pytest.mark.parametrize("code", ["", "*" * 183, 'a"b', "你好", "a\rb"])
def test_what_is_no_code(code):
    with pytest.raises(BadRequest):
        ussd.command(code, Form.PLAIN)


@pytest.mark.parametrize(
    ("line", "form", "reply"),
    [
        ('+CUSD: 0,"Balance 12.50",15', Form.PLAIN, Reply(Step.DONE, "Balance 12.50")),
        ('+CUSD: 0, "Balance", 15', Form.PLAIN, Reply(Step.DONE, "Balance")),
        ('+CUSD: 1,"1. yes\n2. no",15', Form.PLAIN, Reply(Step.ASKS, "1. yes\n2. no")),
        ('+CUSD: 0,"AA180C3602",15', Form.PACKED, Reply(Step.DONE, "*100#")),
        ('+CUSD: 0,"AA180C3602",15', Form.PLAIN, Reply(Step.DONE, "*100#")),
        ('+CUSD: 0,"4F60597D",72', Form.PLAIN, Reply(Step.DONE, "你好")),
        ('+CUSD: 0,"0042006F",15', Form.UCS2, Reply(Step.DONE, "Bo")),
        ('+CUSD: 0,"1234",15', Form.PLAIN, Reply(Step.DONE, "1234")),  # an amount, not octets
        ('+CUSD: 0,"BEEF",15', Form.PLAIN, Reply(Step.DONE, "BEEF")),
        ("+CUSD: 2", Form.PLAIN, Reply(Step.ENDED, "")),
        ("+CUSD: 4", Form.PLAIN, Reply(Step.UNSUPPORTED, "")),
        ("+CUSD: 99", Form.PLAIN, Reply(Step.DONE, "")),
        ("+CUSD:", Form.PLAIN, Reply(Step.DONE, "")),
    ],
)
def test_answers_in_each_form(line, form, reply):
    assert ussd.reply_of(line, form) == reply


@pytest.mark.parametrize("text", ["1234567", "12345678", "123456\r"])
def test_seven_spare_bits_are_filled_with_a_carriage_return(text):
    # TS 23.038 6.1.2.3.1: seven characters leave seven bits, which would read as "@".
    assert ussd.unpacked(ussd.packed(text)) == text
    assert (ussd.packed(text)[-1] >> 1 == 0x0D) is (len(text) == 7)


@given(st.text("0123456789*#abc .", min_size=1, max_size=160))
def test_what_is_packed_is_unpacked(text):
    assert ussd.unpacked(ussd.packed(text)) == text


@pytest.mark.parametrize(
    ("scheme", "alphabet"),
    [
        (0x0F, Alphabet.GSM7),
        (0x00, Alphabet.GSM7),
        (0x11, Alphabet.UCS2),
        (0x44, Alphabet.BINARY),
        (0x48, Alphabet.UCS2),
        (0xF4, Alphabet.BINARY),
        (0xF0, Alphabet.GSM7),
    ],
)
def test_alphabets_of_cell_broadcast_schemes(scheme, alphabet):
    assert ussd.alphabet_of(scheme) is alphabet


@given(st.text(max_size=60), st.sampled_from(Form))
def test_no_answer_raises(text, form):
    ussd.reply_of(f"+CUSD: {text}", form)
    ussd.reply_of(f'+CUSD: 0,"{text}",72', form)

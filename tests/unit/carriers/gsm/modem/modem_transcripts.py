"""The octets of some named tests, for docs/modems.md: `python tests/unit/carriers/gsm/modem/modem_transcripts.py`.

Writes the part of the page between its two marks again.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

from modem_pair import PHONE, Pair, Spoken, submit

from carriers.gsm.events import ModemSettings
from carriers.simulator.modem import ModemConfig
from carriers.simulator.modem_sim import Sim

PAGE = Path(__file__).parents[5] / "docs" / "modems.md"
BEGIN, END = "<!-- transcripts: begin -->\n", "<!-- transcripts: end -->\n"
_SIGNS = {"\r": "<CR>", "\n": "<LF>", "\x1a": "<Ctrl-Z>", "\x1b": "<ESC>"}
_LONG = re.compile(r"[0-9A-F]{28,}")


def every_make_comes_up() -> Pair:
    return Pair(ModemConfig(dialect="wavecom")).start(3)


def the_pin_is_wrong() -> Pair:
    pair = Pair(ModemConfig(dialect="quectel", sim=Sim(pin="4711")), ModemSettings(pin="0000")).start(70)
    pair.log = [it for it in pair.log if b"PIN" in it.octets or b"CPIN" in it.octets]
    return pair


def a_message_goes_out() -> Pair:
    pair = Pair().ready()
    pair.send(wants_report=True, seconds=7)
    pair.confirm_all()
    return pair


def a_message_comes_in() -> Pair:
    pair = Pair().ready()
    pair.emulator.say(PHONE, "你好", pair.now)
    pair.run(1)
    pair.confirm_all()
    return pair


def the_prompt_never_comes() -> Pair:
    pair = Pair().ready()
    pair.faults.prompts_unsaid = 1
    pair.send(seconds=8)
    return pair


def a_late_reference() -> Pair:
    pair = Pair(settings=ModemSettings(send_timeout_s=10)).ready()
    pair.faults.late_answer_to["AT+CMGS="] = 8.0
    pair.modem.send(submit("first"), pair.now, "first")
    return pair.run(13)


def the_report_comes_before_the_reference() -> Pair:
    pair = Pair(ModemConfig(dialect="huawei")).ready()
    pair.faults.report_first = True
    pair.send(wants_report=True)
    pair.confirm_all()
    return pair


def a_notice_in_the_middle_of_a_listing() -> Pair:
    pair = Pair().ready()
    pair.faults.announces_nothing = True
    pair.emulator.say(PHONE, "one", pair.now)
    pair.emulator.say(PHONE, "two", pair.now)
    pair.faults.said_within["AT+CMGL"] = '+CMTI: "ME",1'
    pair.modem._storage.storages = ("ME",)
    pair.modem.look(pair.now)
    pair.run(2)
    pair.log = pair.log[8:]
    return pair


def half_an_answer_and_then_silence() -> Pair:
    pair = Pair().ready()
    pair.faults.half_answer_to = "AT+COPS"
    pair.modem.look(pair.now)
    pair.run(24)
    pair.log = pair.log[4:]
    return pair


def ussd_with_huawei() -> Pair:
    pair = Pair(ModemConfig(dialect="huawei")).ready()
    pair.modem.ussd("*100#", pair.now)
    return pair.run(2)


def the_modem_hangs() -> Pair:
    pair = Pair().ready()
    pair.emulator.deafen(1000, pair.now)
    pair.modem.look(pair.now)
    return pair.run(30)


#: Test it belongs to -> what it plays.
SCENES: dict[str, Callable[[], Pair]] = {
    "test_every_make_comes_up[wavecom]": every_make_comes_up,
    "test_a_wrong_pin_is_never_tried_twice": the_pin_is_wrong,
    "test_a_message_goes_out": a_message_goes_out,
    "test_a_message_comes_in_and_is_deleted_when_it_is_confirmed": a_message_comes_in,
    "test_the_prompt_comes_unsaid_and_the_next_command_is_no_text": the_prompt_never_comes,
    "test_a_late_reference_is_not_taken_for_the_next_answer": a_late_reference,
    "test_the_report_comes_before_the_reference": the_report_comes_before_the_reference,
    "test_a_notice_in_the_middle_of_a_listing": a_notice_in_the_middle_of_a_listing,
    "test_half_an_answer_and_then_silence": half_an_answer_and_then_silence,
    "test_ussd_with_every_make[huawei]": ussd_with_huawei,
    "test_the_modem_hangs": the_modem_hangs,
}


def transcripts() -> str:
    """The part of the page."""
    return "\n".join("\n".join(_scene(name, play())) + "\n" for name, play in SCENES.items())


def _scene(name: str, pair: Pair) -> Iterator[str]:
    yield f"### `{name}`\n"
    yield "```"
    begin = pair.log[0].at
    for spoken in pair.log:
        yield from _lines(spoken, begin)
    told = ", ".join(type(event).__name__ for event in pair.events)
    yield f"       = {told or 'nothing'}"
    yield "```"


def _lines(spoken: Spoken, begin: float) -> Iterator[str]:
    text = "".join(_SIGNS.get(char, char) for char in spoken.octets.decode("latin-1"))
    text = _LONG.sub(lambda found: f"{found[0][:14]}…{found[0][-8:]}", text)
    yield f"{spoken.at - begin:6.2f} {'>' if spoken.is_ours else '<'} {text}"


def page() -> str:
    """The whole page as it should be."""
    before, rest = PAGE.read_text().split(BEGIN)
    return before + BEGIN + transcripts() + rest[rest.index(END) :]


if __name__ == "__main__":
    PAGE.write_text(page())

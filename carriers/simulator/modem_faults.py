"""What an emulated modem does wrong, on demand; every field can be changed while it runs."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class ModemFaults:
    """The switches; the defaults are a modem that does everything right. Counts are used up one by one."""

    #: ATE0 is answered OK and changes nothing.
    echo_stays_on: bool = False
    #: Every answer has one of the maker's notices behind its first line.
    chatters: bool = False
    #: Beginning of a command -> what is said within its next answer, behind the first line; used up.
    said_within: dict[str, str] = field(default_factory=dict)
    #: Beginning of a command whose next answer breaks off in its middle and is never finished; used up.
    half_answer_to: str = ""
    #: Beginning of a command -> seconds its next answer is late; used up.
    late_answer_to: dict[str, float] = field(default_factory=dict)
    #: So many times the modem waits for a text without saying so: what comes is taken for the text.
    prompts_unsaid: int = 0
    #: So many times +CMGS is not even heard.
    prompts_missing: int = 0
    #: So many messages go out and are never answered.
    answers_missing: int = 0
    #: Errors that the next messages are refused with, as they stand behind +CMS ERROR.
    refuse_messages: list[str] = field(default_factory=list)
    #: While +CMMS is on every message is refused with 500, as some Huawei sticks do.
    dislikes_kept_link: bool = False
    #: So many questions to the SIM are answered "SIM busy".
    sim_busy: int = 0
    #: So many forms of +CNMI are refused.
    notices_refused: int = 0
    #: The report on a message comes before its reference number.
    report_first: bool = False
    #: Messages are stored and not announced.
    announces_nothing: bool = False
    #: Reports come with this status (TP-ST).
    report_status: int = 0

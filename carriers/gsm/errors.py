"""What the numbers behind +CMS ERROR and +CME ERROR mean for a message and for the modem: one table each.

Numbers and words: 3GPP TS 27.005 3.2.5 (+CMS; 1-127 from TS 24.011 E-2, 128-255 from TS 23.040 9.2.3.22) and TS 27.007
9.2 (+CME); 512 and up are vendors' (Siemens, Wavecom, Huawei). What to do about them no standard says: that column is
ours, from the meaning and from what operators of modems report.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Final

from gateway.core.messages import Outcome


class Remedy(enum.StrEnum):
    """What to do after an error."""

    RETRY = "retry"  # the same modem, after 10 to 60 s; after three times another one
    OTHER_MODEM = "other_modem"  # this modem or this SIM cannot take it now, another may
    GIVE_UP = "give_up"  # no modem would do better
    ILL = "ill"  # modem or SIM need somebody to look: nothing goes over it before
    UNCERTAIN = "uncertain"  # the message may have reached the centre


OUTCOMES: Final = {
    Remedy.RETRY: Outcome.TEMPORARY,
    Remedy.OTHER_MODEM: Outcome.TEMPORARY,
    Remedy.GIVE_UP: Outcome.PERMANENT,
    Remedy.ILL: Outcome.TEMPORARY,
    Remedy.UNCERTAIN: Outcome.UNCERTAIN,
}


@dataclass(frozen=True, slots=True)
class Code:
    """One error: `family` is CMS, CME, or "" for a bare ERROR, which has the number -1."""

    family: str
    number: int
    text: str
    remedy: Remedy

    @property
    def outcome(self) -> Outcome:
        """What it means for the message that was being sent."""
        return OUTCOMES[self.remedy]

    def __str__(self) -> str:
        return f"+{self.family} ERROR: {self.number} ({self.text})" if self.family else "ERROR"


def _table(family: str, *rows: tuple[int, str, Remedy]) -> dict[int, Code]:
    return {number: Code(family, number, text, remedy) for number, text, remedy in rows}


_R, _O, _G, _I, _U = Remedy.RETRY, Remedy.OTHER_MODEM, Remedy.GIVE_UP, Remedy.ILL, Remedy.UNCERTAIN

CMS: Final = _table(
    "CMS",
    (1, "unassigned number", _G),
    (8, "operator determined barring", _O),
    (10, "call barred", _O),
    (17, "network failure", _R),
    (21, "short message transfer rejected", _G),
    (22, "congestion, or memory full", _O),
    (27, "destination out of service", _R),
    (28, "unidentified subscriber", _G),
    (29, "facility rejected", _O),
    (30, "unknown subscriber", _G),
    (38, "network out of order", _R),
    (41, "temporary failure", _R),
    (42, "congestion", _R),
    (47, "resources unavailable", _R),
    (50, "requested facility not subscribed", _O),
    (69, "requested facility not implemented", _O),
    (81, "invalid short message transfer reference", _G),
    (95, "invalid message, unspecified", _G),
    (96, "invalid mandatory information", _G),
    (97, "message type non-existent or not implemented", _G),
    (98, "message not compatible with the state of the protocol", _G),
    (99, "information element non-existent or not implemented", _G),
    (111, "protocol error, unspecified", _G),
    (127, "interworking, unspecified", _G),
    (128, "telematic interworking not supported", _G),
    (129, "short message type 0 not supported", _G),
    (130, "cannot replace short message", _G),
    (143, "unspecified TP-PID error", _G),
    (144, "data coding scheme not supported", _G),
    (145, "message class not supported", _G),
    (159, "unspecified TP-DCS error", _G),
    (160, "command cannot be actioned", _G),
    (161, "command unsupported", _G),
    (175, "unspecified TP-Command error", _G),
    (176, "TPDU not supported", _G),
    (192, "SC busy", _R),
    (193, "no SC subscription", _O),
    (194, "SC system failure", _R),
    (195, "invalid SME address", _G),
    (196, "destination SME barred", _G),
    (197, "SM rejected, duplicate SM", _G),
    (198, "TP-VPF not supported", _G),
    (199, "TP-VP not supported", _G),
    (208, "(U)SIM SMS storage full", _O),
    (209, "no SMS storage capability in (U)SIM", _O),
    (210, "error in MS", _O),
    (211, "memory capacity exceeded", _O),
    (212, "(U)SIM application toolkit busy", _R),
    (213, "(U)SIM data download error", _O),
    (255, "unspecified error cause", _O),
    (300, "ME failure", _R),
    (301, "SMS service of ME reserved", _R),
    (302, "operation not allowed", _O),
    (303, "operation not supported", _O),
    (304, "invalid PDU mode parameter", _G),
    (305, "invalid text mode parameter", _G),
    (310, "(U)SIM not inserted", _I),
    (311, "(U)SIM PIN required", _I),
    (312, "PH-(U)SIM PIN required", _I),
    (313, "(U)SIM failure", _I),
    (314, "(U)SIM busy", _R),
    (315, "(U)SIM wrong", _I),
    (316, "(U)SIM PUK required", _I),
    (317, "(U)SIM PIN2 required", _I),
    (318, "(U)SIM PUK2 required", _I),
    (320, "memory failure", _O),
    (321, "invalid memory index", _O),
    (322, "memory full", _O),
    (330, "SMSC address unknown", _O),
    (331, "no network service", _R),
    # The modem waited for the centre's answer until its timer ran out (TS 24.011 10.2): the centre may have it.
    (332, "network timeout", _U),
    (340, "no +CNMA acknowledgement expected", _O),
    (500, "unknown error", _R),
    (512, "MM establishment failure", _R),
    (513, "lower layer failure", _R),
    (514, "CP error", _R),
    (515, "busy, or initialisation in progress", _R),
    (516, "command parameter error", _G),
    (517, "SIM application toolkit in progress", _R),
    (527, "RR or MM busy", _R),
    (528, "location update failure", _R),
    (529, "PLMN selection failure", _R),
    (531, "barred by fixed dialling numbers", _O),
    (532, "SIM not ready", _R),
)

CME: Final = _table(
    "CME",
    (0, "phone failure", _R),
    (1, "no connection to phone", _R),
    (2, "phone adaptor link reserved", _R),
    (3, "operation not allowed", _O),
    (4, "operation not supported", _O),
    (5, "PH-SIM PIN required", _I),
    (6, "PH-FSIM PIN required", _I),
    (7, "PH-FSIM PUK required", _I),
    (10, "SIM not inserted", _I),
    (11, "SIM PIN required", _I),
    (12, "SIM PUK required", _I),
    (13, "SIM failure", _I),
    (14, "SIM busy", _R),
    (15, "SIM wrong", _I),
    (16, "incorrect password", _I),
    (17, "SIM PIN2 required", _I),
    (18, "SIM PUK2 required", _I),
    (20, "memory full", _O),
    (21, "invalid index", _O),
    (22, "not found", _O),
    (23, "memory failure", _O),
    (24, "text string too long", _G),
    (25, "invalid characters in text string", _G),
    (26, "dial string too long", _G),
    (27, "invalid characters in dial string", _G),
    (30, "no network service", _R),
    (31, "network timeout", _U),
    (32, "network not allowed - emergency calls only", _I),
    (40, "network personalization PIN required", _I),
    (41, "network personalization PUK required", _I),
    (42, "network subset personalization PIN required", _I),
    (43, "network subset personalization PUK required", _I),
    (44, "service provider personalization PIN required", _I),
    (45, "service provider personalization PUK required", _I),
    (46, "corporate personalization PIN required", _I),
    (47, "corporate personalization PUK required", _I),
    (100, "unknown", _R),
    (103, "illegal MS", _I),
    (106, "illegal ME", _I),
    (107, "GPRS services not allowed", _O),
    (111, "PLMN not allowed", _I),
    (112, "location area not allowed", _O),
    (113, "roaming not allowed in this location area", _O),
    (132, "service option not supported", _O),
    (133, "requested service option not subscribed", _O),
    (134, "service option temporarily out of order", _R),
    (148, "unspecified GPRS error", _R),
    (149, "PDP authentication failure", _O),
    (150, "invalid mobile class", _O),
    (515, "please wait, initialisation in progress", _R),
)

#: What an ERROR without number says: the modem does not know the command or does not like its arguments.
PLAIN: Final = Code("", -1, "error without number", Remedy.OTHER_MODEM)
#: Numbers that pass by themselves within seconds of a start or of the PIN: the SIM is being read.
SIM_BUSY: Final = frozenset({("CME", 14), ("CMS", 314), ("CMS", 515), ("CME", 515), ("CMS", 532), ("CMS", 301)})
#: The unknown error, which some Huawei sticks give to every message while +CMMS is on.
CMS_UNKNOWN: Final = 500
NO_SUCH_INDEX: Final = 321

_FAMILIES: Final = {"CMS": CMS, "CME": CME}


def _bare(text: str) -> str:
    """Words as vendors vary them: case, blanks, signs and the U of (U)SIM gone."""
    return "".join(filter(str.isalnum, text.lower().replace("(u)sim", "sim").replace("usim", "sim")))


_BY_TEXT: Final = {
    family: {_bare(code.text): code for code in reversed(table.values())} for family, table in _FAMILIES.items()
}


def code_of(family: str, what: str) -> Code:
    """The error after `+CMS ERROR:` or `+CME ERROR:`: a number, or words, which some modems say despite +CMEE=1.

    Never raises: a number of no table is retried elsewhere, words of no table have the number -1.
    """
    what = what.strip().strip('"')
    if what.isascii() and what.isdigit() and len(what) <= 5:
        number = int(what)
        known = _FAMILIES[family].get(number)
        if known is not None:
            return known
        # TS 24.011 and TS 23.040 leave gaps: below 256 it is the network's final word, above the vendor's.
        remedy = Remedy.GIVE_UP if family == "CMS" and number < 256 else Remedy.OTHER_MODEM
        return Code(family, number, "unlisted", remedy)
    known = _BY_TEXT[family].get(_bare(what))
    return known or Code(family, -1, what[:80], Remedy.OTHER_MODEM)

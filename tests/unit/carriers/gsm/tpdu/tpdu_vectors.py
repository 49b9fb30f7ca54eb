"""PDUs of modems, each decoded by at least two foreign programs: their octets, and the values they were made from.

Sources: the tests of ofono, ModemManager and python-messaging; what gammu made.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

from carriers.gsm.tpdu.address import Address
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.header import SINGLE_SHIFT, Element, concat_element
from carriers.gsm.tpdu.modem_pdu import Message
from carriers.gsm.tpdu.national import TURKISH
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from carriers.gsm.tpdu.timestamp import Timestamp
from carriers.gsm.tpdu.user_data import UserData
from carriers.gsm.tpdu.validity import Relative
from gateway.core.messages import Concat
from gateway.core.text import Alphabet

GSM7, UCS2 = Alphabet.GSM7, Alphabet.UCS2
SHORT_CODE = 0x85  # network specific number type bits 000, private plan 5: as the carrier wrote it
DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Vector:
    """One PDU with its message centre."""

    name: str
    digits: str
    smsc: str
    message: Message
    text: str = ""
    concat: Concat | None = None


def at(moment: str, hours: float = 0) -> Timestamp:
    return Timestamp.of(datetime.fromisoformat(moment).replace(tzinfo=timezone(timedelta(hours=hours))))


def part(reference: int, total: int, number: int) -> tuple[Element, ...]:
    return (concat_element(reference, total, number),)


def wide_part(reference: int, total: int, number: int) -> tuple[Element, ...]:
    """With a 16-bit reference, however small it is."""
    return (Element(0x08, reference.to_bytes(2, "big") + bytes((total, number))),)


def deliver(
    origin: Address | str,
    sent_at: Timestamp,
    text: str,
    alphabet: Alphabet = GSM7,
    elements: tuple[Element, ...] = (),
    **more: int,
) -> Deliver:
    dcs = more.pop("dcs", 8 if alphabet is UCS2 else 0)
    return Deliver(
        Address.of(origin) if isinstance(origin, str) else origin,
        sent_at,
        UserData.of_text(text, alphabet, elements),
        dcs,
        more.pop("protocol", 0),
        more_waiting=bool(more.pop("more_waiting", 0)),
    )


def with_fill_bit(message: Deliver) -> Deliver:
    """As a message centre that does not clear the bit between an 8-bit reference and the text."""
    data = message.user_data
    octets = data.octets[:6] + bytes((data.octets[6] | 1,)) + data.octets[7:]
    return replace(message, user_data=UserData(data.length, octets, data.has_header))


def submit(
    destination: str,
    text: str,
    alphabet: Alphabet = GSM7,
    elements: tuple[Element, ...] = (),
    *,
    dcs: int | None = None,
    validity: Relative | Timestamp | None = None,
    wants_report: bool = False,
) -> Submit:
    return Submit(
        Address.of(destination),
        UserData.of_text(text, alphabet, elements),
        (8 if alphabet is UCS2 else 0) if dcs is None else dcs,
        validity=validity,
        wants_report=wants_report,
    )


EXTENDED = "Here's a longer message [{with some extended characters}] thrown in, such as £ and ΩΠΨ and §¿ as well."
LONG_1 = (
    "This is a very long test designed to exercise multi part capability. It should show up as one message, not as two,"
    " as the underlying encoding represents "
)
LONG_2 = "that the parts are related to one another. "
VOICEMAIL = (
    "Welkom, bel om uw Voicemail te beluisteren naar +31612001233 (PrePay: *100*1233#)."
    " Voicemail ontvangen is altijd gratis. Voor gebruik van mobiel interne"
)
PASSWORD = (
    "Info SFR - Confidentiel, à ne jamais transmettre -\r\nVoici votre nouveau mot de passe : sw2ced pour gérer votre"
    " compte SFR sur www.sfr.fr ou par téléphone au 963"
)
MAX = Relative(0xFF)
GAMMU, TO_GAMMU = "+15550000000", "+15551230001"

VECTORS = (
    Vector(
        "deliver-gsm7-west-of-utc",
        "07911326040000F0040B911346610089F60000208062917314480CC8F71D14969741F977FD07",
        "+31624000000",
        deliver("+31641600986", at("2002-08-26T19:37:41", -1), "How are you?"),
        "How are you?",
    ),
    Vector(
        "deliver-ucs2",
        "07914306073011F0040B914316709807F2000880604290224080084E2D5174901A8BAF",
        "+34607003110",
        deliver("+34610789702", at("2008-06-24T09:22:04", 2), "中兴通讯", UCS2),
        "中兴通讯",
    ),
    Vector(
        "deliver-from-a-name",
        "0791447758100650040DD0F334FC1CA6970100008080312170224008D4F29CDE0EA7D9",
        "+447785016005",
        deliver("sipgate", at("2008-08-13T12:07:22", 1), "Testmail"),
        "Testmail",
    ),
    Vector(
        "deliver-extension-characters",
        "07912104442961F4040B916171957291F800001120821105050A6AC8B2BC7C9A83C220F6DB7D2ECB41EDF27C1E3E97411BDE06754FD3D1"
        "A0F9BB5D0695F1F4B29B5C2683C6E8B03C3CA697E5F34D6AE303D1D1F2F7DD0D4ABB59A0797D8C0685E7A00028EC26832A960B28EC2683"
        "BE6050780EBA97D96C17",
        "+12404492164",
        deliver("+16175927198", at("2011-02-28T11:50:50", -5), EXTENDED),
        EXTENDED,
    ),
    Vector(
        "deliver-part-1",
        "07912160130320F5440B916171056429F5000021405291650569A00500034C0201A9E8F41C949E83C2207B599E07B1DFEE33885E9ED341"
        "E4F23C7D7697C920FA1B54C697E5E3F4BC0C6AD7D9F434081E96D341E3303C2C4EB3D3F4BC0B94A483E6E8779D4D06CDD1EF3BA80E0785"
        "E7A0B7BB0C6A97E7F3F0B9CC02B9DF7450780EA2DFDF2C50780EA2A3CBA0BA9B5C96B3F369F71954768FDFE4B4FB0C9297E1F2F2BCECA6"
        "CF41",
        "+12063130025",
        with_fill_bit(deliver("+16175046925", at("2012-04-25T19:56:50", -4), LONG_1, elements=part(76, 2, 1))),
        LONG_1,
        Concat(76, 2, 1),
    ),
    Vector(
        "deliver-part-2",
        "07912160130320F6440B916171056429F5000021405291651569320500034C0202E9E8301D44479741F0B09C3E0785E56590BCCC0ED3CB"
        "6410FD0D7ABBCBA0B0FB4D4797E52E10",
        "+12063130026",
        with_fill_bit(deliver("+16175046925", at("2012-04-25T19:56:51", -4), LONG_2, elements=part(76, 2, 2))),
        LONG_2,
        Concat(76, 2, 2),
    ),
    Vector(
        "deliver-part-with-wide-reference",
        "07911356131313F64004850120390011609232239180A006080400100201D7327BFD6EB340E2321BF46E83EA7790F59D1E97DBE1341B44"
        "2F83C465763D3DA797E56537C81D0ECB41AB59CC1693C16031D96C064241E5656838AF03A96230982A269BCD462917C8FA4E8FCBED709A"
        "0D7ABBE9F6B0FB5C7683D27350984D4FABC9A0B33C4C4FCF5D20EBFB2D079DCB62793DBD06D9C36E50FB2D4E97D9A0B49B5E96BBCB",
        "+31653131316",
        deliver(
            Address.of("1002", bare_type=SHORT_CODE),
            at("2011-06-29T23:32:19", 2),
            VOICEMAIL,
            elements=wide_part(16, 2, 1),
            protocol=0x39,
            more_waiting=1,
        ),
        VOICEMAIL,
        Concat(16, 2, 1),
    ),
    Vector(
        "deliver-message-waiting",
        "07913366002020F8040B913366600600F100C83180706174148000",
        "+33660002028",
        deliver("+33660660001", at("2013-08-07T16:47:41", 2), "", dcs=0xC8),
    ),
    Vector(
        "deliver-class-1-accents",
        "07913306091093F0040485810000F111604231805180A049B7F90D9A1AA5A01668F8769BD3E4B29B9E2EB359A03FC85D06A9C3ED707A0E"
        "A2CBC3EE79BB4CA7CBCBA05643617DA7C76990FD4D979741EE77DD5E0ED741ED371D442E83E0E1F9BC0CD281E677D9B84C06C1DF7539E8"
        "5C9097E520FB9B2E2F83C6EF369C5E064D8D52D0BC2E07DDEF77D7DC2C7799E5A0771D040FCB41F402BB0047BFDD6550B80ECAD966",
        "+33609001390",
        deliver(Address.of("1800", bare_type=SHORT_CODE), at("2011-06-24T13:08:15", 2), PASSWORD, dcs=0xF1),
        PASSWORD,
    ),
    Vector(
        "status-delivered",
        "0791538375000075061805810531F1019082416500400190824165004000",
        "+353857000057",
        StatusReport(24, Address.of("50131"), at("2010-09-28T14:56:00", 1), at("2010-09-28T14:56:00", 1), 0x00),
    ),
    Vector(
        "status-trying",
        "07914356060013F1065A098136397339F7219011700463802190117004638030",
        "+34656000311",
        StatusReport(90, Address.of("639337937"), at("2012-09-11T07:40:36", 2), at("2012-09-11T07:40:36", 2), 0x30),
    ),
    Vector(
        "status-not-obtainable",
        "07914306073011F006270B913426565711F7012081111345400120811174054043",
        "+34607003110",
        StatusReport(39, Address.of("+43626575117"), at("2010-02-18T11:31:54", 1), at("2010-02-18T11:47:50", 1), 0x43),
    ),
    Vector(
        "submit-relative-validity",
        "0011000B916407281553F80000AA0AE8329BFD4697D9EC37",
        "",
        submit("+46708251358", "hellohello", validity=Relative.of(4 * DAY_S)),
        "hellohello",
    ),
    Vector(
        "submit-absolute-validity",
        "0019000B914316565811F900000170520251930004E8373B0C",
        "",
        submit("+34616585119", "hola", validity=at("2010-07-25T20:15:39")),
        "hola",
    ),
    Vector(
        "submit-with-report",
        "0031000C910935103254760000A707CDB21C1D168701",
        "",
        submit("+905301234567", "Merhaba", validity=Relative.of(DAY_S), wants_report=True),
        "Merhaba",
    ),
    Vector(
        "submit-class-0",
        "0001000B914356143254F6001006E8721E947F03",
        "",
        submit("+34654123456", "hey yo", dcs=0x10),
        "hey yo",
    ),
    Vector(
        "submit-class-0-of-the-other-group",
        "07915155000000F011000B915155210300F100F0FF056676788E06",
        GAMMU,
        submit(TO_GAMMU, "flash", dcs=0xF0, validity=MAX),
        "flash",
    ),
    Vector(
        "submit-turkish-single-shift",
        "0071000C910935103254760000A71E03240101D84CD39B393B7D22974167BFBBBC99B3409B347B935E03",
        "",
        submit(
            "+905301234567",
            "Şişli'de güneş, ılık",
            elements=(Element(SINGLE_SHIFT, bytes((TURKISH,))),),
            validity=Relative.of(DAY_S),
            wants_report=True,
        ),
        "Şişli'de güneş, ılık",
    ),
    Vector(
        "submit-emoji",
        "07915155000000F011000B915155210300F10008FF0C004800690020D83DDE000021",
        GAMMU,
        submit(TO_GAMMU, "Hi 😀!", UCS2, validity=MAX),
        "Hi 😀!",
    ),
    Vector(
        "submit-ucs2-part-1-one-short",
        "07915155000000F051000B915155210300F10008FF8A050003AF0201" + "0041" * 66,
        GAMMU,
        submit(TO_GAMMU, "A" * 66, UCS2, part(0xAF, 2, 1), validity=MAX),
        "A" * 66,
        Concat(0xAF, 2, 1),
    ),
    Vector(
        "submit-ucs2-part-2-with-the-pair",
        "07915155000000F051000B915155210300F10008FF1E050003AF0202D83DDE00" + "0042" * 10,
        GAMMU,
        submit(TO_GAMMU, "😀BBBBBBBBBB", UCS2, part(0xAF, 2, 2), validity=MAX),
        "😀BBBBBBBBBB",
        Concat(0xAF, 2, 2),
    ),
    Vector(
        "submit-gsm7-part-1-one-short",
        "07915155000000F051000B915155210300F10000FF9F050003AF0201F0" + "783C1E8FC7E3F1" * 18 + "783C1E8FC7E301",
        GAMMU,
        submit(TO_GAMMU, "x" * 152, elements=part(0xAF, 2, 1), validity=MAX),
        "x" * 152,
        Concat(0xAF, 2, 1),
    ),
    Vector(
        "submit-gsm7-part-2-with-the-escape",
        "07915155000000F051000B915155210300F10000FF13050003AF020236E5BC3EAFCFEBF3FABC1E",
        GAMMU,
        submit(TO_GAMMU, "€yzyzyzyzyz", elements=part(0xAF, 2, 2), validity=MAX),
        "€yzyzyzyzyz",
        Concat(0xAF, 2, 2),
    ),
)

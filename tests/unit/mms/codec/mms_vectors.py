"""PDUs of others, each decoded by at least two foreign programs: their octets, and what they say.

Sources: AOSP's codec in a build of android-smsmms; captures and fixtures of OMA MMS-1.3-con that come with mmsd-tng;
Mbuni's codec over Kannel's library.
"""

from __future__ import annotations

from dataclasses import dataclass

from mms.codec.codes import (
    PERSONAL,
    V1_0,
    V1_2,
    V1_3,
    Priority,
    ReadStatus,
    ResponseStatus,
    Status,
)
from mms.codec.headers import Moment
from mms.codec.layout import Pdu
from mms.codec.pdu import (
    AcknowledgeInd,
    DeliveryInd,
    ForwardConf,
    ForwardReq,
    NotificationInd,
    NotifyRespInd,
    ReadOrigInd,
    ReadRecInd,
    RetrieveConf,
    SendConf,
    SendReq,
)
from mms.content import Arrangement, Body, Part

WEEK_S = 604_800


@dataclass(frozen=True, slots=True)
class Vector:
    """One PDU."""

    digits: str
    pdu: Pdu
    #: Why we write it with other octets; "" = with the same.
    differs: str = ""
    #: Octets of its beginnings that are whole PDUs too, since what follows may be left out.
    whole: tuple[int, ...] = ()

    @property
    def octets(self) -> bytes:
        """The PDU."""
        return bytes.fromhex(self.digits)


SMIL = (
    b'<smil><head><layout><root-layout width="160" height="120"/>'
    b'<region id="Image" left="0" top="0" width="160" height="80" fit="meet"/>'
    b'<region id="Text" left="0" top="80" width="160" height="40" fit="scroll"/></layout></head>'
    b'<body><par dur="5000ms"><img src="a.gif" region="Image"/><text src="t.txt" region="Text"/></par></body></smil>'
)
GIF = bytes.fromhex("47494638396101000100800000ffffff00000021f90401000000002c00000000010001000002024401003b")

VECTORS: dict[str, Vector] = {
    "send, related, SMIL, GIF, text": Vector(
        "8c809854316132623363008d9285046553f1008901819718ea2b31353535313233303030312f545950453d504c4d4e009718"
        "ea2b31353535313233303030322f545950453d504c4d4e00960dea4772c3bcc39f6520e298ba008a8088058103093a808f81"
        "86809081841bb38a3c736d696c3e00896170706c69636174696f6e2f736d696c00032f824b1b6170706c69636174696f6e2f"
        "736d696c0085736d696c2e786d6c00c0223c736d696c3e008e736d696c2e786d6c003c736d696c3e3c686561643e3c6c6179"
        "6f75743e3c726f6f742d6c61796f75742077696474683d2231363022206865696768743d22313230222f3e3c726567696f6e"
        "2069643d22496d61676522206c6566743d22302220746f703d2230222077696474683d2231363022206865696768743d2238"
        "3022206669743d226d656574222f3e3c726567696f6e2069643d225465787422206c6566743d22302220746f703d22383022"
        "2077696474683d2231363022206865696768743d22343022206669743d227363726f6c6c222f3e3c2f6c61796f75743e3c2f"
        "686561643e3c626f64793e3c706172206475723d22353030306d73223e3c696d67207372633d22612e676966222072656769"
        "6f6e3d22496d616765222f3e3c74657874207372633d22742e7478742220726567696f6e3d2254657874222f3e3c2f706172"
        "3e3c2f626f64793e3c2f736d696c3e192b089d85612e67696600c0223c696d67313e008e612e676966004749463839610100"
        "0100800000ffffff00000021f90401000000002c00000000010001000002024401003b190c0a8385742e7478740081eac022"
        "3c74313e008e742e7478740048656c6c6f2077c3b6726c64",
        SendReq(
            transaction_id="T1a2b3c",
            version=V1_2,
            date_s=0x6553F100,
            to=("+15551230001", "+15551230002"),
            subject="Grüße ☺",
            message_class=PERSONAL,
            expiry=Moment(WEEK_S, is_relative=True),
            priority=Priority.NORMAL,
            delivery_report=True,
            read_report=False,
            body=Body(
                (
                    Part("application/smil", SMIL, "smil.xml", "smil"),
                    Part("image/gif", GIF, "a.gif", "img1"),
                    Part("text/plain", "Hello wörld".encode(), "t.txt", "t1", "utf-8"),
                ),
                Arrangement.RELATED,
                "smil",
            ),
        ),
        differs="addresses of ASCII in UTF-8",
    ),
    "notify response, deferred": Vector(
        "8c8398774c4a655437544875008d929583",
        NotifyRespInd(transaction_id="wLJeT7THu", version=V1_2, status=Status.DEFERRED),
    ),
    "acknowledge": Vector(
        "8c859831323031363537323338008d929180",
        AcknowledgeInd(transaction_id="1201657238", version=V1_2, report_allowed=True),
        whole=(16,),
    ),
    "read, from the phone": Vector(
        "8c878d928b6d69642d3737406d6d73632e6578616d706c65009718ea2b31353535313233303030312f545950453d504c4d4e"
        "00891a8018ea2b31353535313233303030392f545950453d504c4d4e0085046553f1649b80",
        ReadRecInd(
            version=V1_2,
            message_id="mid-77@mmsc.example",
            to="+15551230001",
            sender="+15551230009",
            date_s=1_700_000_100,
            read_status=ReadStatus.READ,
        ),
        differs="addresses of ASCII in UTF-8",
    ),
    "send answer": Vector(
        "8c818d9398303030303030303030313233343536373839414243444546303132333435363738394142434445460092808b35"
        "4233536d6f35506d6773436b59356d54694a484241406d6d73632e74656c737472612e636f6d00",
        SendConf(
            transaction_id="000000000123456789ABCDEF0123456789ABCDEF",
            version=V1_3,
            response_status=ResponseStatus.OK,
            message_id="5B3Smo5PmgsCkY5mTiJHBA@mmsc.telstra.com",
        ),
        differs="the version before the transaction",
        whole=(48,),
    ),
    "notification, relative": Vector(
        "8c8298774c4a655437544875008d9089178031353535313233303030302f545950453d504c4d4e008a808e025a1d88058103"
        "03f48083687474703a2f2f6d6d736331313a31303032312f6d6d73632f315f313f774c4a65543754487500",
        NotificationInd(
            transaction_id="wLJeT7THu",
            version=V1_0,
            sender="15551230000",
            size_octets=23_069,
            expiry=Moment(259_200, is_relative=True),
            content_location="http://mmsc11:10021/mmsc/1_1?wLJeT7THu",
        ),
    ),
    "retrieve, mixed, us-ascii": Vector(
        "8c84983030303030303030323132008d9385044de8ad319611834d4d532d312e332d636f6e2d323132008918802b33333632"
        "323232323232322f545950453d504c4d4e00972b33333636363536353536352f545950453d504c4d4e0084a3012a3b038381"
        "83c0223c546578745f75732d61736369692e7478743e008e2f746d702f7068706e6a674642560054686520717569636b2062"
        "726f776e20666f78206a756d706564206f76657220746865206c617a7920646f6720313233343536373839302f212829",
        RetrieveConf(
            transaction_id="00000000212",
            version=V1_3,
            date_s=0x4DE8AD31,
            subject="MMS-1.3-con-212",
            sender="+33622222222",
            to=("+33666565565",),
            body=Body(
                (
                    Part(
                        "text/plain",
                        b"The quick brown fox jumped over the lazy dog 1234567890/!()",
                        "/tmp/phpnjgFBV",
                        "Text_us-ascii.txt",
                        "us-ascii",
                    ),
                )
            ),
        ),
        differs="a subject of ASCII behind its character set; a part without the parameter name",
    ),
    "delivery": Vector(
        "8c868d928b6d61766f64692d372d38382d31392d372d39632d36306333313438342d3436393565633437316365009718832b"
        "33333636363536353536352f545950453d504c4d4e00850460bad0569581",
        DeliveryInd(
            version=V1_2,
            message_id="mavodi-7-88-19-7-9c-60c31484-4695ec471ce",
            to="+33666565565",
            date_s=0x60BAD056,
            status=Status.RETRIEVED,
        ),
        differs="an address of ASCII behind its character set",
    ),
    "read, to the sender": Vector(
        "8c888d92972b31353535313233303030392f545950453d504c4d4e008918802b31353535313233303030312f545950453d50"
        "4c4d4e009b808b6d69642d3737406d6d73632e6578616d706c650085046553f1c8",
        ReadOrigInd(
            version=V1_2,
            message_id="mid-77@mmsc.example",
            to="+15551230009",
            sender="+15551230001",
            read_status=ReadStatus.READ,
            date_s=1_700_000_200,
        ),
    ),
    "forward": Vector(
        "8c8998463432008d928918802b31353535313233303030312f545950453d504c4d4e00972b31353535313233303030352f54"
        "5950453d504c4d4e0088068004655d2c4891808680908183687474703a2f2f6d6d73632e6578616d706c652f6d2f39780085"
        "046553f1c88483",
        ForwardReq(
            transaction_id="F42",
            version=V1_2,
            sender="+15551230001",
            to=("+15551230005",),
            expiry=Moment(0x655D2C48),
            report_allowed=True,
            delivery_report=True,
            read_report=False,
            content_location="http://mmsc.example/m/9x",
            date_s=1_700_000_200,
        ),
        differs="a content type though there is no content",
        whole=(99, 105),
    ),
    "forward answer": Vector(
        "8c8a98463432008d9292808b6677642d31406d6d73632e6578616d706c65008483",
        ForwardConf(
            transaction_id="F42", version=V1_2, response_status=ResponseStatus.OK, message_id="fwd-1@mmsc.example"
        ),
        differs="a content type though there is no content",
        whole=(11, 31),
    ),
    "notification, absolute": Vector(
        "8c82985432303234303232392d30303031008d928918802b31353535313233303030312f545950453d504c4d4e0096486f6c"
        "696461792070686f746f0086808a808e0275308806800465e9752c83687474703a2f2f6d6d73632e6578616d706c652e6e65"
        "742f6d2f41624331323300",
        NotificationInd(
            transaction_id="T20240229-0001",
            version=V1_2,
            sender="+15551230001",
            subject="Holiday photo",
            delivery_report=True,
            size_octets=30_000,
            expiry=Moment(0x65E9752C),
            content_location="http://mmsc.example.net/m/AbC123",
        ),
    ),
}

"""Mails of MM4 as other centres write them, with what they mean."""

from __future__ import annotations

import datetime

from mms.codec.mm4 import DeliveryReport, Forward, Message, MmStatus, ReadReport, ReadStatus, Response, Topic
from mms.codec.mm4_mail import write_mm4
from mms.codec.mm4_wire import OWN_HOST, PEER_HOST
from mms.content import SMIL, Arrangement, Body, Part
from mms.terms import MessageClass, Priority

UTC = datetime.UTC

#: Written by Mbuni 1.4.0 (its encoder was run; boundary unquoted, MM1's names beside MM4's).
MBUNI_FORWARD = b"""\
X-Mms-MMS-Version: 1.2
From: +15551230009/TYPE=PLMN
To: +15551230001/TYPE=PLMN
Subject: Hello
X-Mms-Message-Class: Informational
X-Mms-Priority: High
X-Mms-Delivery-Report: Yes
X-Mms-Read-Report: No
Date: Tue, 24 Nov 2026 04:27:49 GMT
MIME-Version: 1.0
Content-Type: multipart/mixed;  boundary=_boundary_1
X-Mms-Message-ID: "MSGID-1"
X-Mms-3GPP-MMS-Version: 5.5.0
X-Mms-Originator-System: system-user@mmsc.a.example
X-Mms-Message-Type: MM4_forward.REQ
X-Mms-Ack-Request: Yes
Sender: +15551230009/TYPE=PLMN@mmsc.a.example
X-Mms-Transaction-ID: "TX-77"

--_boundary_1
Content-Type: text/plain; charset=utf-8
Content-ID: <t1>

Hi there
--_boundary_1--
"""

#: The same; the date is asctime's.
MBUNI_DELIVERY = b"""\
To: +15551230001/TYPE=PLMN
Date: Thu Feb 29 08:05:00 2024
X-Mms-Message-ID: "MSGID-1"
Message-ID: <MSG-7788>
X-Mms-3GPP-MMS-Version: 5.5.0
X-Mms-Originator-System: system-user@mmsc.a.example
From: +15551230009/TYPE=PLMN@mmsc.a.example
X-Mms-MM-Status-Code: Retrieved
X-Mms-Message-Type: MM4_delivery_report.REQ
X-Mms-Ack-Request: Yes
Sender: +15551230001/TYPE=PLMN@mmsc.b.example
X-Mms-Transaction-ID: "TX-78"

"""

MBUNI_READ = (
    MBUNI_DELIVERY.replace(b"X-Mms-MM-Status-Code: Retrieved", b"X-Mms-Read-Status: Read")
    .replace(b"MM4_delivery_report", b"MM4_read_reply_report")
    .replace(b"Ack-Request: Yes", b"Ack-Request: No")
    .replace(b"TX-78", b"TX-79")
)

#: As Mbuni's builder of responses lays it out; the id unquoted, no body.
MBUNI_RESPONSE = b"""\
X-Mms-3GPP-MMS-Version: 5.5.0
X-Mms-Transaction-ID: TX-77
X-Mms-Message-Type: MM4_forward.RES
X-Mms-Message-ID: MSGID-1
X-Mms-Request-Status-Code: Ok
Sender: system-user@mmsc.b.example
To: system-user@mmsc.a.example

"""

#: From the load script of a Polish operator: wrongly cased parameters, expiry in seconds.
POLISH_FORWARD = b"""\
Message-ID: <1.2.JavaMail.mms@mms.domain>
From: +48600100200/TYPE=PLMN
To: +48600100201/TYPE=PLMN
MIME-Version: 1.0
Content-Type: multipart/related;Type="application/smil";Start="<AAAA>"; boundary="----=_Part_0"
Sender: +48600100200/TYPE=PLMN@mms.mnc006.mcc260.gprs
X-Mms-3GPP-MMS-Version: 5.5.0
X-Mms-Message-Type: MM4_forward.REQ
X-Mms-Transaction-ID: "48600100200.1@mms.domain"
X-Mms-Message-ID: "48600100200.1@mms.domain"
X-Mms-Expiry: 600
X-Mms-Message-Class: Personal
X-Mms-Priority: Normal
X-Mms-Sender-Visibility: Show
X-Mms-Read-Reply: No
X-Mms-Ack-Request: Yes
X-Mms-Originator-System: PostMaster@mms.mnc006.mcc260.gprs
X-Mms-Originator-R/S-Delivery-Report: No

------=_Part_0
Content-Type: application/smil; Charset=UTF-8
Content-ID: <AAAA>

<smil/>
------=_Part_0
Content-Type: image/gif
Content-Transfer-Encoding: base64
Content-Location: a.gif

R0lGODlh
------=_Part_0--
"""

#: Field names in wrong case, 1 for Yes, recipients joined by a full stop (an open Python gateway).
SLOPPY_FORWARD = b"""\
x-mms-3gpp-mms-version: 6.10.0
x-mms-message-type: MM4_forward.REQ
x-mms-transaction-id: 12
x-mms-message-id: 34
x-mms-ack-request: 1
x-mms-originator-system: system@gw.example
From: +4411
To: +4422/TYPE=PLMN.+4433/TYPE=PLMN@b.example
Content-Type: text/plain

hi
"""

#: The originator system as a list of words, MM1's name of the status (an open Go centre).
GO_DELIVERY = b"""\
X-Mms-3GPP-MMS-Version: 6.3.0
X-Mms-Message-Type: MM4_delivery_report.REQ
X-Mms-Transaction-ID: T1
X-Mms-Message-ID: M1
X-Mms-Originator-System: system=mmsc@go.example;party=+4411
X-Mms-Status: Rejected
X-Mms-Ack-Request: Yes
From: +4422@go.example
To: +4411/TYPE=PLMN
Date: Tue, 24 Nov 2026 04:27:49 +0800

"""

A_DATE = datetime.datetime(2026, 11, 24, 4, 27, 49, tzinfo=UTC)
LEAP = datetime.datetime(2024, 2, 29, 8, 5, tzinfo=UTC)

VECTORS: dict[str, tuple[bytes, Message]] = {
    "Mbuni forwards": (
        MBUNI_FORWARD,
        Forward(
            transaction_id="TX-77", mms_id="MSGID-1", sender="+15551230009", recipients=("+15551230001",),
            date=A_DATE, originator_system="system-user@mmsc.a.example", ack_request=True, version="5.5.0",
            body=Body((Part("text/plain", b"Hi there", content_id="t1", charset="utf-8"),)),
            subject="Hello", message_class=MessageClass.INFORMATIONAL, priority=Priority.HIGH, delivery_report=True,
        ),
    ),
    "Mbuni reports": (
        MBUNI_DELIVERY,
        DeliveryReport("TX-78", "MSGID-1", "+15551230009", ("+15551230001",), LEAP, "system-user@mmsc.a.example",
                       True, "5.5.0", MmStatus.RETRIEVED),
    ),
    "Mbuni tells of reading": (
        MBUNI_READ,
        ReadReport("TX-79", "MSGID-1", "+15551230009", ("+15551230001",), LEAP, "system-user@mmsc.a.example",
                   False, "5.5.0", ReadStatus.READ),
    ),
    "Mbuni answers": (
        MBUNI_RESPONSE,
        Response(Topic.FORWARD, "TX-77", "MSGID-1", "Ok", "", "system-user@mmsc.b.example",
                 "system-user@mmsc.a.example", "5.5.0"),
    ),
    "Poland forwards": (
        POLISH_FORWARD,
        Forward(
            transaction_id="48600100200.1@mms.domain", mms_id="48600100200.1@mms.domain", sender="+48600100200",
            recipients=("+48600100201",), originator_system="PostMaster@mms.mnc006.mcc260.gprs", version="5.5.0",
            body=Body((Part(SMIL, b"<smil/>", "", "AAAA", "utf-8"), Part("image/gif", b"GIF89a", "a.gif")),
                      Arrangement.RELATED, "AAAA"),
            expiry=datetime.timedelta(seconds=600), message_id="<1.2.JavaMail.mms@mms.domain>",
        ),
    ),
    "a sloppy gateway forwards": (
        SLOPPY_FORWARD,
        Forward("12", "34", "+4411", ("+4422", "+4433"), None, "system@gw.example", True, "6.10.0",
                body=Body((Part("text/plain", b"hi\r\n"),))),
    ),
    "a Go centre reports": (
        GO_DELIVERY,
        DeliveryReport("T1", "M1", "+4422@go.example", ("+4411",),
                       datetime.datetime(2026, 11, 23, 20, 27, 49, tzinfo=UTC), "mmsc@go.example",
                       True, "6.3.0", MmStatus.REJECTED),
    ),
}  # fmt: skip


#: Each of them in our own spelling, which comes back octet for octet.
FRAMES = [write_mm4(message, own_host=OWN_HOST, peer_host=PEER_HOST) for _, message in VECTORS.values()]


def as_sent(mail: bytes) -> bytes:
    """With the line ends of a mail."""
    return mail.replace(b"\n", b"\r\n")

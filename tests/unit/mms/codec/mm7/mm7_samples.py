"""Messages of MM7 as other implementations write them. Where each comes from stands above it."""

from __future__ import annotations

SCHEMA = "http://www.3gpp.org/ftp/Specs/archive/23_series/23.140/schema/"
REL_6_4 = f"{SCHEMA}REL-6-MM7-1-4"
SOAP = "http://schemas.xmlsoap.org/soap/envelope/"

_MBUNI_HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?>\n"
    f'<SOAP-ENV:Envelope xmlns:SOAP-ENV="{SOAP}"><SOAP-ENV:Header>'
    f'<mm7:TransactionID xmlns:mm7="{REL_6_4}" SOAP-ENV:mustUnderstand="1">tx-0001</mm7:TransactionID>'
    "</SOAP-ENV:Header><SOAP-ENV:Body>"
)
_MBUNI_FOOT = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"

#: Written by Mbuni 1.4.0; TimeStamp stands before MessageClass, which is not the order of the schema.
MBUNI_SUBMIT_XML = (
    _MBUNI_HEAD
    + f'<mm7:SubmitReq xmlns:mm7="{REL_6_4}"><mm7:MM7Version>6.8.0</mm7:MM7Version><mm7:SenderIdentification>'
    "<mm7:VASPID>vasp1</mm7:VASPID><mm7:VASID>vas1</mm7:VASID><mm7:SenderAddress><mm7:Number>+15551230009"
    "</mm7:Number></mm7:SenderAddress></mm7:SenderIdentification><mm7:Recipients><mm7:To><mm7:Number>+15551230001"
    "</mm7:Number><mm7:RFC2822Address>bob@example.org</mm7:RFC2822Address></mm7:To></mm7:Recipients>"
    "<mm7:ServiceCode>SVC9</mm7:ServiceCode><mm7:LinkedID>LNK5</mm7:LinkedID>"
    "<mm7:TimeStamp>2024-02-29T08:05:00Z</mm7:TimeStamp><mm7:MessageClass>Informational</mm7:MessageClass>"
    "<mm7:DeliveryReport>true</mm7:DeliveryReport><mm7:ReadReply>false</mm7:ReadReply>"
    '<mm7:Priority>High</mm7:Priority><mm7:Subject>Hello</mm7:Subject><mm7:Content href="cid:c1"/></mm7:SubmitReq>'
    + _MBUNI_FOOT
)
MBUNI_SUBMIT_TYPE = 'multipart/related; type="text/xml"; start="<s1>"; boundary=_b1'
MBUNI_SUBMIT = (
    "--_b1\r\nContent-Type: text/xml\r\nContent-ID: <s1>\r\n\r\n" + MBUNI_SUBMIT_XML + "\r\n"
    "--_b1\r\nContent-Type: text/plain; charset=utf-8\r\nContent-ID: <c1>\r\n\r\nHi there\r\n--_b1--\r\n"
).encode()

#: Written by Mbuni 1.4.0.
MBUNI_SUBMIT_RSP = (
    _MBUNI_HEAD + f'<mm7:SubmitRsp xmlns:mm7="{REL_6_4}"><mm7:MM7Version>6.8.0</mm7:MM7Version><mm7:Status>'
    "<mm7:StatusCode>1000</mm7:StatusCode><mm7:StatusText>Success</mm7:StatusText></mm7:Status>"
    "<mm7:MessageID>MSG-7788</mm7:MessageID></mm7:SubmitRsp>" + _MBUNI_FOOT
).encode()

#: Written by Mbuni 1.4.0 without prefix: Recipient and Sender stand before MessageID, against the schema.
MBUNI_REPORT = (
    _MBUNI_HEAD.replace("mm7:TransactionID xmlns:mm7", "TransactionID xmlns").replace("/mm7:Tr", "/Tr")
    + f'<DeliveryReportReq xmlns="{REL_6_4}"><MM7Version>6.8.0</MM7Version><Recipient><Number>+15551230009</Number>'
    "</Recipient><Sender><Number>+15551230001</Number></Sender><MessageID>MSG-7788</MessageID>"
    "<Date>2024-02-29T08:05:00Z</Date><MMStatus>Retrieved</MMStatus></DeliveryReportReq>" + _MBUNI_FOOT
).encode()
MBUNI_READ = (
    MBUNI_REPORT.replace(b"DeliveryReportReq", b"ReadReplyReq")
    .replace(b"Date>", b"TimeStamp>")
    .replace(b">Retrieved<", b">Read<")
)

#: The shape of a capture of Nokia's MMSC 5.0, with a picture of our own: prefix mm7p6a0, /TYPE=PLMN inside Number,
#: "Content-Id", Type= and Start= with capitals, parts in base64.
NOKIA_DELIVER_TYPE = 'multipart/related; Type="text/xml"; Start="<SOAP>"; boundary="----=_NextPart_outer"'
NOKIA_DELIVER = (
    "------=_NextPart_outer\r\nContent-Type: text/xml\r\nContent-Id: <SOAP>\r\n\r\n"
    f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header><mm7p6a0:TransactionID soap:mustUnderstand="1" '
    f'soap:encodingStyle="" xmlns:mm7p6a0="{REL_6_4}">\n\t4E073C7AQ479306TW26785I371H3M1HA\n\t'
    f'</mm7p6a0:TransactionID></soap:Header><soap:Body><mm7p6a0:DeliverReq xmlns:mm7p6a0="{REL_6_4}">'
    "<mm7p6a0:MM7Version>6.8.0</mm7p6a0:MM7Version><mm7p6a0:MMSRelayServerID>Nokia MMS Center MC5.0"
    "</mm7p6a0:MMSRelayServerID><mm7p6a0:LinkedID>0402105226100000000000000</mm7p6a0:LinkedID><mm7p6a0:Sender>"
    "<mm7p6a0:Number>+3859100010010/TYPE=PLMN</mm7p6a0:Number></mm7p6a0:Sender><mm7p6a0:Recipients><mm7p6a0:To>"
    "<mm7p6a0:Number>88888/TYPE=PLMN</mm7p6a0:Number></mm7p6a0:To></mm7p6a0:Recipients>"
    "<mm7p6a0:TimeStamp>2010-04-02T10:52:26Z</mm7p6a0:TimeStamp><mm7p6a0:Priority>Normal</mm7p6a0:Priority>"
    '<mm7p6a0:Subject>Bomb</mm7p6a0:Subject><mm7p6a0:Content href="cid:57626X20-1VO9-A93941F7"/>'
    "</mm7p6a0:DeliverReq></soap:Body></soap:Envelope>\r\n"
    "------=_NextPart_outer\r\nContent-Id: <57626X20-1VO9-A93941F7>\r\n"
    'Content-Type: multipart/related; Type="application/smil"; Start="<AAAA>"; boundary="----=_-inner"\r\n\r\n'
    "------=_-inner\r\nContent-Type: application/smil; Name=main.smil; Charset=UTF-8\r\nContent-Id: <AAAA>\r\n"
    "Content-Transfer-Encoding: BASE64\r\n\r\nPHNtaWw+PGJvZHkvPjwvc21pbD4=\r\n"
    "------=_-inner\r\nContent-Type: image/gif; Name=Bomb.gif\r\nContent-Location: Bomb.gif\r\n"
    "Content-Transfer-Encoding: base64\r\n\r\nR0lGODlhAQABAAAAACw=\r\n"
    "------=_-inner--\r\n------=_NextPart_outer--\r\n"
).encode()

#: The shape of a fault captured from a centre of Nokia's.
FAULT = (
    f'<soap:Envelope xmlns:soap="{SOAP}"><soap:Header><mm7p6a0:TransactionID soap:mustUnderstand="1" '
    f'soap:encodingStyle="" xmlns:mm7p6a0="{REL_6_4}">123456</mm7p6a0:TransactionID></soap:Header><soap:Body>'
    "<soap:Fault><faultcode>Client</faultcode><faultstring>Client error</faultstring><detail>"
    f'<mm7p6a0:RSErrorRsp xmlns:mm7p6a0="{REL_6_4}"><mm7p6a0:MM7Version>6.8.0</mm7p6a0:MM7Version><mm7p6a0:Status>'
    "<mm7p6a0:StatusCode>4002</mm7p6a0:StatusCode><mm7p6a0:StatusText>Unsupported version</mm7p6a0:StatusText>"
    "</mm7p6a0:Status></mm7p6a0:RSErrorRsp></detail></soap:Fault></soap:Body></soap:Envelope>"
).encode()

#: The shape of another, where the children of Fault have the prefix of SOAP and the transaction id none.
FAULT_WITH_PREFIXES = (
    f'<env:Envelope xmlns:env="{SOAP}"><env:Header><TransactionID xmlns="{SCHEMA}REL-5-MM7-1-3" '
    'env:mustUnderstand="1">0_1500103103727</TransactionID></env:Header><env:Body><env:Fault>'
    "<env:faultcode>env:Client</env:faultcode><env:faultstring>Client error</env:faultstring><env:detail>"
    f'<RSErrorRsp xmlns="{SCHEMA}REL-5-MM7-1-3"><MM7Version>5.3.0</MM7Version><Status><StatusCode>2002</StatusCode>'
    "<StatusText>Address Error</StatusText></Status></RSErrorRsp></env:detail></env:Fault></env:Body></env:Envelope>"
).encode()

_CMCC_XML = (
    f'<?xml version="1.0" encoding="GB2312"?><env:Envelope xmlns:env="{SOAP}"><env:Header><mm7:TransactionID '
    f'xmlns:mm7="{SCHEMA}REL-6-MM7-1-0" env:mustUnderstand="1">1234567890</mm7:TransactionID></env:Header><env:Body>'
    f'<SubmitReq xmlns="{SCHEMA}REL-6-MM7-1-0"><MM7Version>6.3.0</MM7Version><SenderIdentification>'
    "<VASPID>111</VASPID><VASID>4321</VASID><SenderAddress>18910229166</SenderAddress></SenderIdentification>"
    "<Recipients><To><Number>8613111111111</Number></To></Recipients><ServiceCode>1234</ServiceCode>"
    "<DeliveryReport>true</DeliveryReport><ReadReply>true</ReadReply><Subject>{subject}</Subject>"
    "<ChargedParty>Recipient</ChargedParty><ChargedPartyID>8613111111111</ChargedPartyID></SubmitReq>"
    "</env:Body></env:Envelope>"
)
CHINA_MOBILE_TYPE = (
    'multipart/related;boundary="-------------------------------------------------------NextPart_1";'
    'type="text/xml";start="</tnn-200102/mm7-vasp>"'
)


def china_mobile(subject: str = "贺卡") -> bytes:
    """A submit as test programs of China Mobile's VASP interface publish it, with a picture of our own behind it."""
    mark = "---------------------------------------------------------NextPart_1"
    return (
        f"this is a multi-part message in MIME format\r\n\r\n\r\n{mark}\r\n"
        'Content-Type:text/xml;charset="GB2312"\r\nContent-Transfer-Encoding:8bit\r\n'
        "Content-ID:</tnn-200102/mm7-vasp>\r\n\r\n" + _CMCC_XML.replace("{subject}", subject) + f"\r\n{mark}\r\n"
        'Content-Type:multipart/mixed;boundary="inner"\r\nContent-ID:<SaturnPics-01020930>\r\n\r\n'
        "--inner\r\nContent-Type:image/gif;name=a.gif\r\nContent-Transfer-Encoding:8bit\r\nContent-ID:<a.gif>\r\n\r\n"
        f"GIF89a\r\n--inner--\r\n{mark}--\r\n"
    ).encode("gb18030")


#: The shape of a report of China Mobile's centre: TimeStamp in place of Date, a code beside the status.
CHINA_MOBILE_REPORT = (
    f'<?xml version="1.0" encoding="UTF-8"?><env:Envelope xmlns:env="{SOAP}"><env:Header><mm7:TransactionID '
    f'xmlns:mm7="{SCHEMA}REL-6-MM7-1-0" env:mustUnderstand="1">77</mm7:TransactionID></env:Header><env:Body>'
    f'<DeliveryReportReq xmlns="{SCHEMA}REL-6-MM7-1-0"><MM7Version>6.3.0</MM7Version>'
    "<MMSRelayServerID>931100</MMSRelayServerID><MessageID>0324103450100000</MessageID><Recipient><Number>13900000001"
    "</Number></Recipient><Sender>1065712345</Sender><TimeStamp>2014-3-24T10:34:50+08:00</TimeStamp>"
    "<MMStatus>Expired</MMStatus><MMStatusErrorCode>4446</MMStatusErrorCode><StatusText>no</StatusText>"
    "</DeliveryReportReq></env:Body></env:Envelope>"
).encode()

#: The shape of a capture labelled Huawei: the sender twice, as text; a SenderIdentification in a DeliverReq.
HUAWEI_DELIVER = (
    f'<?xml version="1.0"?><env:Envelope xmlns:env="{SOAP}"><env:Header><mm7:TransactionID '
    f'xmlns:mm7="{SCHEMA}REL-5-MM7-1-0" env:mustUnderstand="1">hw-1</mm7:TransactionID></env:Header><env:Body>'
    f'<DeliverReq xmlns="{SCHEMA}REL-5-MM7-1-0"><MM7Version>5.2.0</MM7Version><SenderIdentification><VASPID>88</VASPID>'
    "<SenderAddress>13951900000</SenderAddress></SenderIdentification><MMSRelayServerID>230</MMSRelayServerID>"
    "<Sender>13951900000</Sender><Recipients><To><Number>10658888</Number></To></Recipients>"
    "<ReplyCharging>False</ReplyCharging><ReplyChargingID>1</ReplyChargingID><Subject>hi</Subject>"
    "</DeliverReq></env:Body></env:Envelope>"
).encode()

FRAMES = (
    MBUNI_SUBMIT, MBUNI_SUBMIT_RSP, MBUNI_REPORT, MBUNI_READ, NOKIA_DELIVER, FAULT, FAULT_WITH_PREFIXES, china_mobile(),
    CHINA_MOBILE_REPORT, HUAWEI_DELIVER,
)  # fmt: skip

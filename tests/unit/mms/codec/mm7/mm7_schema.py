"""The rules of the schema of REL-6-MM7-1-4 as a table of their own, for judging what we write.

Each element: its children in order with "" (once), "?" (at most once) or "+" (once or more), or the words its text may
be. Written from the schema, not from our grammar, so that a slip in one shows against the other.
"""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

TEXT = re.compile(r"[^\x00]*")
TOKEN = re.compile(r"\S.*")
BOOLEAN = re.compile("true|false|0|1")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?")
TIME_OR_DURATION = re.compile(TIME.pattern + r"|P(\d+D)?(T(\d+H)?(\d+M)?(\d+S)?)?")
CODE = re.compile(r"\d{4}")

MESSAGES: dict[str, str] = {
    "SubmitReq": "MM7Version SenderIdentification Recipients ServiceCode? LinkedID? MessageClass? TimeStamp? "
    "ReplyCharging? EarliestDeliveryTime? ExpiryDate? DeliveryReport? ReadReply? Priority? Subject? ChargedParty? "
    "ChargedPartyID? DistributionIndicator? DeliveryCondition? ApplicID? ReplyApplicID? AuxApplicInfo? ContentClass? "
    "DRMContent? Content?",
    "SubmitRsp": "MM7Version Status MessageID",
    "DeliverReq": "MM7Version MMSRelayServerID? VASPID? VASID? LinkedID? Sender Recipients? Previouslysentby? "
    "Previouslysentdateandtime? SenderSPI? RecipientSPI? TimeStamp? ReplyChargingID? Priority? Subject? ApplicID? "
    "ReplyApplicID? AuxApplicInfo? UACapabilities? Content?",
    "DeliverRsp": "MM7Version Status ServiceCode?",
    "CancelReq": "MM7Version SenderIdentification MessageID Recipients? ApplicID? ReplyApplicID? AuxApplicInfo?",
    "CancelRsp": "MM7Version Status",
    "ReplaceReq": "MM7Version SenderIdentification MessageID ServiceCode? TimeStamp? ReadReply? EarliestDeliveryTime? "
    "DistributionIndicator? ContentClass? DRMContent? ApplicID? ReplyApplicID? AuxApplicInfo? Content?",
    "ReplaceRsp": "MM7Version Status",
    "DeliveryReportReq": "MM7Version MMSRelayServerID? MessageID Recipient Sender Date MMStatus MMStatusExtension? "
    "StatusText? ApplicID? ReplyApplicID? AuxApplicInfo? UACapabilities?",
    "DeliveryReportRsp": "MM7Version Status",
    "ReadReplyReq": "MM7Version MMSRelayServerID? MessageID Recipient Sender TimeStamp MMStatus StatusText? ApplicID? "
    "ReplyApplicID? AuxApplicInfo?",
    "ReadReplyRsp": "MM7Version Status",
    "RSErrorRsp": "MM7Version Status",
    "VASPErrorRsp": "MM7Version Status",
}
PARTS: dict[str, str] = {
    "SenderIdentification": "VASPID? VASID? SenderAddress?",
    "Recipients": "To? Cc? Bcc?",
    "Status": "StatusCode StatusText Details?",
    "DeliveryCondition": "DC+",
}
ADDRESSED = ("SenderAddress", "Sender", "Recipient")
ADDRESS = ("RFC2822Address", "Number", "ShortCode")
TEXTS: dict[str, re.Pattern[str]] = {
    "MM7Version": re.compile(r"[56]\.\d+\.\d"),
    "MessageClass": re.compile("Personal|Informational|Advertisement|Auto"),
    "TimeStamp": TIME,
    "Date": TIME,
    "EarliestDeliveryTime": TIME_OR_DURATION,
    "ExpiryDate": TIME_OR_DURATION,
    "DeliveryReport": BOOLEAN,
    "ReadReply": BOOLEAN,
    "DistributionIndicator": BOOLEAN,
    "DRMContent": BOOLEAN,
    "Priority": re.compile("Normal|High|Low"),
    "ChargedParty": re.compile("Sender|Recipient|Both|Neither|ThirdParty"),
    "ContentClass": re.compile(
        "text|image-basic|image-rich|video-basic|video-rich|megapixel|content-basic|content-rich"
    ),
    "StatusCode": CODE,
    "MMStatusExtension": re.compile("RejectionByMMSRecipient|RejectionByOtherRS"),
    "Number": TOKEN,
    "ShortCode": TOKEN,
    "RFC2822Address": TOKEN,
    "MessageID": TOKEN,
}
MM_STATUS = {
    "DeliveryReportReq": re.compile(
        "Expired|Retrieved|Rejected|Indeterminate|Forwarded|Unrecognised|Deferred|DeliveryConditionNotMet"
    ),
    "ReadReplyReq": re.compile("Indeterminate|Read|Deleted"),
}
ATTRIBUTES: dict[str, set[str]] = {
    "Content": {"href", "type", "allowAdaptations"},
    "ReplyCharging": {"replyChargingSize", "replyDeadline"},
    "UACapabilities": {"UAProf", "TimeStamp"},
    "RFC2822Address": {"displayOnly", "addressCoding", "id"},
    "Number": {"displayOnly", "addressCoding", "id"},
    "ShortCode": {"displayOnly", "addressCoding", "id"},
}
SOAP = "{http://schemas.xmlsoap.org/soap/envelope/}"


def faults(
    xml: bytes, namespace: str, *, raw_sender: bool = False, content_element: bool = True, report_time: str = "Date"
) -> list[str]:
    """What in the document breaks the rules; the flags are what a dialect is known to do differently."""
    found: list[str] = []
    root = ET.fromstring(xml.decode(re.search(rb'encoding="([^"]+)"', xml)[1].decode()).partition("?>")[2])  # type: ignore[index]
    if root.tag != f"{SOAP}Envelope" or [it.tag for it in root] != [f"{SOAP}Header", f"{SOAP}Body"]:
        return ["no SOAP envelope with header and body"]
    header, body = root
    if [it.tag for it in header] != [f"{{{namespace}}}TransactionID"] or not (header[0].text or "").strip():
        found.append("the header holds no TransactionID of the namespace")
    message = body[0]
    if message.tag == f"{SOAP}Fault":
        if [it.tag for it in message] != ["faultcode", "faultstring", "detail"]:
            found.append("Fault: faultcode, faultstring, detail, without namespace")
        message = message[2][0]
    _judge(message, namespace, found.append, raw_sender, report_time)
    if not content_element and message.find(f"{{{namespace}}}Content") is not None:
        found.append("Content is there")
    return found


def _judge(
    message: ET.Element, namespace: str, blame: Callable[[str], None], raw_sender: bool, report_time: str
) -> None:
    waiting = [(message, message.tag.rpartition("}")[2])]
    for element in message.iter():
        if not element.tag.startswith(f"{{{namespace}}}"):
            blame(f"{element.tag} is not in {namespace}")
    while waiting:
        element, owner = waiting.pop()
        name = element.tag.rpartition("}")[2]
        children = [it.tag.rpartition("}")[2] for it in element]
        waiting += [(it, owner) for it in element]
        if extra := set(element.attrib) - ATTRIBUTES.get(name, set()):
            blame(f"{name}: attributes {extra}")
        if name in MESSAGES or name in PARTS:
            rule = MESSAGES.get(name) or PARTS[name]
            if name == "DeliveryReportReq":
                rule = rule.replace(" Date ", f" {report_time} ")
            pattern = "".join(_repeat(it) for it in rule.split())
            if not re.fullmatch(pattern, "".join(f"{it} " for it in children)):
                blame(f"{name}: {children} is not {rule}")
        elif name in ("To", "Cc", "Bcc"):
            if not children or set(children) - set(ADDRESS):
                blame(f"{name}: {children}")
        elif name in ADDRESSED:
            is_raw = raw_sender and name != "Recipient"
            if is_raw != (not children) or len(children) > 1 or set(children) - set(ADDRESS):
                blame(f"{name}: {children}")
        elif children:
            blame(f"{name}: has children")
        else:
            rule_of_text = MM_STATUS[owner] if name == "MMStatus" else TEXTS.get(name, TEXT)
            if not rule_of_text.fullmatch(element.text or ""):
                blame(f"{name}: {element.text!r}")
            if name == "Content" and not element.get("href", "").startswith("cid:"):
                blame("Content: href")


def _repeat(item: str) -> str:
    name = item.rstrip("?+")
    return f"(?:{name} ){item[len(name) :]}"

"""Frames for every line tool: the vectors of all codecs, in hexadecimal, each with the name of its tool."""

from carriers.cmpp.pdu import Version
from carriers.gsm.tpdu.deliver import Deliver
from carriers.gsm.tpdu.status_report import StatusReport
from carriers.gsm.tpdu.submit import Submit
from tests.unit.addressbook.syncml.vectors import FRAMES as SYNCML_FRAMES
from tests.unit.carriers.cmpp.cmpp_vectors import VECTORS as CMPP_VECTORS
from tests.unit.carriers.gsm.tpdu.tpdu_vectors import VECTORS as TPDU_VECTORS
from tests.unit.carriers.sgip.sgip_vectors import VECTORS as SGIP_VECTORS
from tests.unit.carriers.smgp.smgp_vectors import VECTORS as SMGP_VECTORS
from tests.unit.carriers.smpp.smpp_vectors import VECTORS as SMPP_VECTORS
from tests.unit.mms.codec.mm4_mails import FRAMES as MM4_FRAMES
from tests.unit.mms.codec.mm7.mm7_samples import FRAMES as MM7_FRAMES
from tests.unit.mms.codec.mms_samples import SAMPLES
from tests.unit.mms.codec.mms_vectors import VECTORS as MMS_VECTORS
from tests.unit.mms.codec.push_vectors import PUSHES

TPDU_TOOLS = {Submit: "sms-submit", Deliver: "sms-deliver", StatusReport: "sms-status"}
FRAMES = (
    [("smpp", octets) for octets, _ in SMPP_VECTORS.values()]
    + [("cmpp2", vector.frame.hex()) for vector in CMPP_VECTORS if vector.version is Version.V2]
    + [("cmpp3", vector.frame.hex()) for vector in CMPP_VECTORS if vector.version is Version.V3]
    + [("sgip", vector.frame.hex()) for vector in SGIP_VECTORS]
    + [("smgp", vector.frame.hex()) for vector in SMGP_VECTORS]
    + [("smgp13", vector.frame.hex()) for vector in SMGP_VECTORS if vector.fields["PDU"] != "Submit"]
    + [("mms", vector.digits) for vector in MMS_VECTORS.values()]
    + [("mms", pdu.encode().hex()) for pdu in SAMPLES.values()]
    + [("mm4", frame.hex()) for frame in MM4_FRAMES]
    + [("mm7", frame.hex()) for frame in MM7_FRAMES]
    + [("syncml", frame.hex()) for frame in SYNCML_FRAMES]
    + [("wap-push", vector.octets) for vector in PUSHES.values()]
    + [(TPDU_TOOLS[type(vector.message)], vector.digits.lower()) for vector in TPDU_VECTORS]
)

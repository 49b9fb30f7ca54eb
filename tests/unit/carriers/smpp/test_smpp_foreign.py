"""smpplib as the judge of our codec, both ways, around its known defects."""

import pytest
from smpplib import consts, smpp
from smpplib.client import SimpleSequenceGenerator

from carriers.smpp import pdu, status
from carriers.smpp.tlv import PARAMETERS, make
from tests.unit.carriers.smpp.smpp_vectors import VECTORS


class Numbers:
    """Where smpplib takes its sequence numbers from."""

    sequence_generator = SimpleSequenceGenerator()

    def __init__(self, number):
        self.sequence, self.next_sequence = number, lambda: number


SUBMIT = {
    "service_type": "CMT", "source_addr_ton": 5, "source_addr": "INFO", "dest_addr_ton": 1, "dest_addr_npi": 1,
    "destination_addr": "8613800138000", "esm_class": 0x40, "registered_delivery": 1, "data_coding": 8,
    "validity_period": "000000010000000R", "short_message": bytes.fromhex("050003cc02014e8c"),
}  # fmt: skip


@pytest.mark.parametrize(
    ("theirs", "arguments", "ours"),
    [
        ("bind_transceiver",
         {"system_id": "esme01", "password": "pw123456", "system_type": "VMS", "interface_version": 0x34},
         pdu.BindTransceiver("esme01", "pw123456", "VMS")),
        ("submit_sm", SUBMIT, pdu.SubmitSm(**SUBMIT)),
        ("submit_sm", {"short_message": b"", "message_payload": b"x" * 300},
         pdu.SubmitSm(tlvs=(make("message_payload", b"x" * 300),))),
        ("submit_sm_resp", {"message_id": "2A3F9D01"}, pdu.SubmitSmResp("2A3F9D01")),
        ("query_sm", {"message_id": "2A", "source_addr": "10690001"}, pdu.QuerySm("2A", source_addr="10690001")),
        ("enquire_link", {}, pdu.EnquireLink()),
        ("unbind", {}, pdu.Unbind()),
    ],
)  # fmt: skip
def test_what_smpplib_writes(theirs, arguments, ours):
    made = smpp.make_pdu(theirs, client=Numbers(7), sequence=7, **arguments)
    octets = made.generate()
    assert ours.encode(7) == octets
    assert pdu.decode(octets).encode() == octets


@pytest.mark.parametrize(
    "name", ["bind_transmitter (example of the 3.4 specification)", "bind_transceiver", "bind_transceiver_resp",
             "submit_sm (UCS2, registered)", "submit_sm (SAR TLVs)", "submit_sm (message_payload, 300 octets)",
             "submit_sm_resp", "deliver_sm (delivery receipt)", "deliver_sm (MO, UCS2)", "query_sm"],
)  # fmt: skip
def test_what_smpplib_reads(name):
    ours = VECTORS[name][1]
    theirs = smpp.parse_pdu(ours.encode(), client=Numbers(1), allow_unknown_opt_params=True)
    assert theirs.command == ours.name
    assert theirs.sequence == ours.sequence_number
    for field in ours.layout:
        value = getattr(theirs, field.name)
        mine = getattr(ours, field.name)
        if isinstance(value, bytes) and isinstance(mine, str):
            mine = mine.encode()
        assert (value or 0) == (mine or 0), field.name


def test_statuses_agree():
    theirs = {name[5:]: value for name, value in vars(consts).items() if name.startswith("SMPP_ESME_R")}
    assert len(theirs) > 40
    assert {name: status.CODES.get(name) for name in theirs} == theirs


def test_tags_agree():
    ours = {parameter.name: tag for tag, parameter in PARAMETERS.items()}
    theirs = {name: tag for name, tag in consts.OPTIONAL_PARAMS.items() if name in ours}
    assert len(theirs) > 30
    assert {name: ours[name] for name in theirs} == theirs

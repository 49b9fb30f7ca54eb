"""SMPP PDUs and their octets, each octet string taken from the specification or checked by other codecs."""

from carriers.smpp import pdu
from carriers.smpp.tlv import Tlv

#: name -> (octets in hex, PDU)
VECTORS = {
    "bind_transmitter (example of the 3.4 specification)": (
        "0000002f000000020000000000000001534d50503354455354007365637265743038005355424d4954310000010100",
        pdu.BindTransmitter(
            sequence_number=1,
            system_id="SMPP3TEST",
            password="secret08",
            system_type="SUBMIT1",
            interface_version=0,
            addr_ton=1,
            addr_npi=1,
        ),
    ),
    "bind_transceiver": (
        "0000002800000009000000000000000165736d65303100707731323334353600564d530034000000",
        pdu.BindTransceiver(sequence_number=1, system_id="esme01", password="pw123456", system_type="VMS"),
    ),
    "bind_transceiver_resp": (
        "0000001a800000090000000000000001534d5343000210000134",
        pdu.BindTransceiverResp(sequence_number=1, tlvs=(Tlv(tag=528, value=b"4"),), system_id="SMSC"),
    ),
    "bind_transceiver_resp refused": (
        "00000010800000090000000e00000001",
        pdu.BindTransceiverResp(sequence_number=1, command_status=14, has_body=False),
    ),
    "submit_sm (UCS2, registered)": (
        (
            "00000046000000040000000000000002000500494e464f00010138363133383030313338303030000000000000010008"
            "00149a8c8bc178010020003100320033003400350036"
        ),
        pdu.SubmitSm(
            sequence_number=2,
            source_addr_ton=5,
            source_addr="INFO",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="8613800138000",
            registered_delivery=1,
            data_coding=8,
            short_message=b"\x9a\x8c\x8b\xc1x\x01\x00 \x001\x002\x003\x004\x005\x006",
        ),
    ),
    "submit_sm (UDH part 1/2, default alphabet)": (
        (
            "00000059000000040000000000000003434d540000013130363930303031000101383631333830303133383030300040"
            "00000030303030303030313030303030303052000100000010050003cc020148656c6c6f200047534d"
        ),
        pdu.SubmitSm(
            sequence_number=3,
            service_type="CMT",
            source_addr_npi=1,
            source_addr="10690001",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="8613800138000",
            esm_class=64,
            validity_period="000000010000000R",
            registered_delivery=1,
            short_message=b"\x05\x00\x03\xcc\x02\x01Hello \x00GSM",
        ),
    ),
    "submit_sm (SAR TLVs)": (
        (
            "000000480000000400000000000000040000013130363930303031000101383631333830303133383030300000000000"
            "0000000800024e8c020c000200cc020e000102020f000101"
        ),
        pdu.SubmitSm(
            sequence_number=4,
            tlvs=(Tlv(tag=524, value=b"\x00\xcc"), Tlv(tag=526, value=b"\x02"), Tlv(tag=527, value=b"\x01")),
            source_addr_npi=1,
            source_addr="10690001",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="8613800138000",
            data_coding=8,
            short_message=b"N\x8c",
        ),
    ),
    "submit_sm (message_payload, 300 octets)": (
        (
            "000001660000000400000000000000050000013130363930303031000101383631333830303133383030300000000000"
            "0000000400000424012c000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425"
            "262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f505152535455"
            "565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f808182838485"
            "868788898a8b8c8d8e8f909192939495969798999a9b9c9d9e9fa0a1a2a3a4a5a6a7a8a9aaabacadaeafb0b1b2b3b4b5"
            "b6b7b8b9babbbcbdbebfc0c1c2c3c4c5c6c7c8c9cacbcccdcecfd0d1d2d3d4d5d6d7d8d9dadbdcdddedfe0e1e2e3e4e5"
            "e6e7e8e9eaebecedeeeff0f1f2f3f4f5f6f7f8f9fafbfcfdfeff000102030405060708090a0b0c0d0e0f101112131415"
            "161718191a1b1c1d1e1f202122232425262728292a2b"
        ),
        pdu.SubmitSm(
            sequence_number=5,
            tlvs=(Tlv(0x0424, bytes(i & 255 for i in range(300))),),
            source_addr_npi=1,
            source_addr="10690001",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="8613800138000",
            data_coding=4,
        ),
    ),
    "submit_sm_resp": (
        "00000019800000040000000000000002324133463944303100",
        pdu.SubmitSmResp(sequence_number=2, message_id="2A3F9D01"),
    ),
    "submit_sm_resp throttled": (
        "00000010800000040000005800000003",
        pdu.SubmitSmResp(sequence_number=3, command_status=88, has_body=False),
    ),
    "deliver_sm (delivery receipt)": (
        (
            "000000b80000000500000000000000640001013836313338303031333830303000000131303639303030310004000000"
            "00000000006969643a3241334639443031207375623a30303120646c7672643a303031207375626d697420646174653a"
            "3236303130313132303020646f6e6520646174653a3236303130313132303120737461743a44454c4956524420657272"
            "3a30303020746578743a68656c6c6f001e0009324133463944303100042700010204230003030000"
        ),
        pdu.DeliverSm(
            sequence_number=100,
            tlvs=(
                Tlv(tag=30, value=b"2A3F9D01\x00"),
                Tlv(tag=1063, value=b"\x02"),
                Tlv(tag=1059, value=b"\x03\x00\x00"),
            ),
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="8613800138000",
            dest_addr_npi=1,
            destination_addr="10690001",
            esm_class=4,
            short_message=(
                b"id:2A3F9D01 sub:001 dlvrd:001 submit date:2601011200 "
                b"done date:2601011201 stat:DELIVRD err:000 text:hello"
            ),
        ),
    ),
    "deliver_sm_resp": (
        "0000001180000005000000000000006400",
        pdu.DeliverSmResp(sequence_number=100),
    ),
    "deliver_sm (MO, UCS2)": (
        (
            "0000003a0000000500000000000000650001013836313338303031333830303000000131303639303030310000000000"
            "00000008000490008ba2"
        ),
        pdu.DeliverSm(
            sequence_number=101,
            source_addr_ton=1,
            source_addr_npi=1,
            source_addr="8613800138000",
            dest_addr_npi=1,
            destination_addr="10690001",
            data_coding=8,
            short_message=b"\x90\x00\x8b\xa2",
        ),
    ),
    "enquire_link": (
        "00000010000000150000000000000006",
        pdu.EnquireLink(sequence_number=6),
    ),
    "enquire_link_resp": (
        "00000010800000150000000000000006",
        pdu.EnquireLinkResp(sequence_number=6),
    ),
    "unbind": (
        "00000010000000060000000000000007",
        pdu.Unbind(sequence_number=7),
    ),
    "unbind_resp": (
        "00000010800000060000000000000007",
        pdu.UnbindResp(sequence_number=7),
    ),
    "generic_nack": (
        "00000010800000000000000300000008",
        pdu.GenericNack(sequence_number=8, command_status=3),
    ),
    "query_sm": (
        "000000240000000300000000000000093241334639443031000001313036393030303100",
        pdu.QuerySm(sequence_number=9, message_id="2A3F9D01", source_addr_npi=1, source_addr="10690001"),
    ),
    "query_sm_resp": (
        "0000002c8000000300000000000000093241334639443031003236303130313132303130303033322b000200",
        pdu.QuerySmResp(sequence_number=9, message_id="2A3F9D01", final_date="260101120100032+", message_state=2),
    ),
    "cancel_sm": (
        "0000003500000008000000000000000a00324133463944303100000131303639303030310001013836313338303031333830303000",
        pdu.CancelSm(
            sequence_number=10,
            message_id="2A3F9D01",
            source_addr_npi=1,
            source_addr="10690001",
            dest_addr_ton=1,
            dest_addr_npi=1,
            destination_addr="8613800138000",
        ),
    ),
    "outbind": (
        "0000001c0000000b0000000000000001534d5343006f627061737300",
        pdu.Outbind(sequence_number=1, system_id="SMSC", password="obpass"),
    ),
}

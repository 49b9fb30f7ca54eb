"""What real phones and centres write though the specification does not say so, each with where it was seen."""

import pytest

from mms.codec.codes import V1_0, V1_2, Priority, ResponseStatus, RetrieveStatus, Status, Version
from mms.codec.headers import Moment
from mms.codec.layout import Pdu, Unknown
from mms.codec.pdu import (
    AcknowledgeInd,
    DeleteConf,
    DeliveryInd,
    NotificationInd,
    NotifyRespInd,
    RetrieveConf,
    SendConf,
    SendReq,
    decode,
)
from mms.content import Arrangement, Part

UTF_8 = "ea"


def octets(*pieces: str | bytes) -> bytes:
    """Pieces of hexadecimal and of octets, one behind the other."""
    return b"".join(bytes.fromhex(piece) if isinstance(piece, str) else piece for piece in pieces)


def notification(*others: str | bytes, location: bytes = b"http://m/1", size: str = "8e0164") -> NotificationInd:
    head = octets("8c82 98", b"t\0", "8d92", "8a80", size, "8805810309 3a80", "83", location + b"\0", *others)
    pdu = decode(head)
    assert isinstance(pdu, NotificationInd)
    return pdu


def retrieved(*pieces: str | bytes, headers: str = "") -> RetrieveConf:
    pdu = decode(octets("8c84 98", b"t\0", "8d92", headers, "84", *pieces))
    assert isinstance(pdu, RetrieveConf)
    return pdu


def single_part(*head: str | bytes, data: bytes = b"x") -> Part:
    """The part of a mixed body with these headers."""
    written = octets(*head)
    pdu = retrieved("a3 01", bytes((len(written), len(data))), written, data)
    assert pdu.body is not None
    return pdu.body.parts[0]


def test_a_size_as_a_short_integer() -> None:  # Mbuni, below 128
    assert notification(size="8ee4").size_octets == 100


def test_a_size_with_zeros_in_front() -> None:  # gammu
    assert notification(size="8e 04 00007530").size_octets == 30_000


def test_a_blank_before_the_location() -> None:  # OMA MMS-1.3-con-271
    assert notification(location=b" http://m/1").content_location == "http://m/1"


def test_headers_in_any_order() -> None:  # Telstra writes the version first
    pdu = decode(octets("8c81 9280 8d93 8b", b"m\0", "98", b"t\0"))
    assert pdu == SendConf(transaction_id="t", version=Version(1, 3), response_status=ResponseStatus.OK, message_id="m")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (b"Hi\0", "Hi"),
        (octets("04 83", b"Hi\0"), "Hi"),
        (octets("05", UTF_8, b"\x7f\xc3\xbc\0"), "ü"),
        (octets("04", UTF_8, b"\xc3\xbc\0"), "ü"),  # the quote left out
        (octets("05 02 03e8", b"\x4f\x60"), "你"),  # UCS-2 without a NUL
        (octets("09 02 03f7", b"\xff\xfe\x60\x4f\0\0"), "你"),  # con-214: UTF-16 with a mark, little endian
        (octets("08 02 03e8", b"\0H\0i\0"), "Hi"),
        (octets("06 02 07e9", b"\xc4\xe3\0"), "你"),
        (octets("05 01 71", b"\xc4\xe3\0"), "你"),  # GBK as a long integer of one octet
        (octets("04 f1", b"\xc4\xe3\0"), "你"),
        (octets("06 02 07ea", b"\xa7\x41\0"), "你"),
        (octets("04 80", b"Hi\0"), "Hi"),  # any
        (octets("04 00", b"Hi\0"), "Hi"),
        (octets("05 01 00", b"Hi\0"), "Hi"),
        (octets("06 02 7fff", b"Hi\0"), "Hi"),  # a set that nobody knows
        (octets("03", b"Hi\0"), "Hi"),  # no set at all
        (octets("02", b"Hi"), "Hi"),  # neither set nor end
        (octets("1f 04 83", b"Hi\0"), "Hi"),  # a long length where a short one does
        (octets("07", UTF_8, b"\xef\xbb\xbfHi\0"), "Hi"),  # with a mark
        (octets("04 84", b"\xc4\xe3\0"), "Äã"),  # too short to be sure that Latin-1 is a lie
        (octets("06 84", b"\xc4\xe3\xba\xc3\0"), "你好"),  # GBK labelled as Latin-1
        (b"\xe4\xbd\xa0\0", "你"),  # UTF-8 without any quote
        (b"\x7f\xe4\xbd\xa0\0", "你"),
        (b"\xc4\xe3\xba\xc3\0", "你好"),
        (b"a\tb\r\nc\0", "a b c"),
        (b"\0", ""),
    ],
)
def test_subjects(value: bytes, text: str) -> None:
    assert notification("96", value).subject == text


@pytest.mark.parametrize(
    ("value", "address"),
    [
        (octets("07 80", b"+86/T\0"), "+86/T"),
        (octets("0f 80", b"+861/TYPE=PLMN"[:13] + b"\0"), "+861/TYPE=PLM"),
        (octets("10 80", b"+861/TYPE=PLMN\0"), "+861"),
        (octets("10 80", b"+861/type=plmn\0"), "+861"),
        (octets("12 80 10", UTF_8, b"+861/TYPE=PLMN\0"), "+861"),
        (octets("08 80", b"861380\0"), "861380"),  # no type
        (octets("0d 80", b"86 138-00 1\0"), "86138001"),
        (octets("09 80", b"a@b.com\0"), "a@b.com"),
        (octets("0d 80", b"A <a@b.com>\0"), "a@b.com"),
        (octets("14 80", b"10.0.0.1/TYPE=IPV4\0"), "10.0.0.1"),
        (octets("12 80", b"a/b@c/TYPE=EMAIL\0"), "a/b@c"),  # cut at the last slash, not the first
        (octets("1a 80", b"+861/TYPE=PLMN/TYPE=PLMN\0"), "+861"),
        (octets("12 80", b"<+861/TYPE=PLMN>\0"), "+861"),
        (octets("12 80", b"<+861>/TYPE=PLMN\0"), "+861"),
        (octets("11 80", b"boss/TYPE=ALIAS\0"), "boss/TYPE=ALIAS"),
        (octets("01 81"), ""),
        (b"+861/TYPE=PLMN\0", "+861"),  # neither length nor token
        (octets("0f", b"+861/TYPE=PLMN\0"), "+861"),  # no token
        (octets("01 80"), ""),
        (octets("00"), ""),
    ],
)
def test_senders(value: bytes, address: str) -> None:
    if value == b"\x00":
        assert notification("89", value).unknown == (Unknown("From", b"\0"),)
    assert notification("89", value).sender == address


def test_recipients_in_headers_of_their_own_and_in_a_character_set() -> None:  # AOSP
    pdu = decode(
        octets(
            "8c80 98", b"t\0", "8d92 890181 97", b"10086/TYPE=PLMN\0", "97 06", UTF_8, b"+861\0", "97", b"\0", "84a300"
        )
    )
    assert isinstance(pdu, SendReq)
    assert pdu.to == ("10086", "+861")


def test_a_message_without_sender_date_and_id() -> None:  # SIMPLE.MMS, NowSMS
    pdu = retrieved("83", b"hello")
    assert (pdu.sender, pdu.message_id, pdu.date_s) == ("", "", None)
    assert pdu.body is not None
    assert pdu.body.parts == (Part("text/plain", b"hello"),)
    assert pdu.body.arrangement is Arrangement.MIXED


def test_a_message_that_is_gone() -> None:
    pdu = decode(octets("8c84 98", b"t\0", "8d92 99e2 9a", b"gone\0"))
    assert isinstance(pdu, RetrieveConf)
    assert (pdu.retrieve_status, pdu.retrieve_text, pdu.body) == (RetrieveStatus.NOT_FOUND, "gone", None)


def test_headers_nobody_knows_are_passed_over_by_their_kind() -> None:
    pdu = notification("c581 c6", b"text\0", "c7 02 0102", "c8 1f 03 010203", b"X-Vendor\0value\0", "a2 80")
    assert pdu.unknown == (
        Unknown("X-Vendor", b"value\0"),
        Unknown("0xC5", b"\x81"),
        Unknown("0xC6", b"text\0"),
        Unknown("0xC7", b"\x02\x01\x02"),
        Unknown("0xC8", b"\x1f\x03\x01\x02\x03"),
        Unknown("X-Mms-Store", b"\x80"),
    )
    assert pdu == notification()


def test_an_optional_header_that_makes_no_sense_is_passed_over() -> None:
    pdu = notification("8f90 8685 9d 02 9080 9c", b"no\0")
    assert (pdu.priority, pdu.delivery_report, pdu.reply_charging_deadline, pdu.reply_charging) == (None,) * 4
    assert [name for name, _ in pdu.unknown] == [
        "X-Mms-Priority",
        "X-Mms-Delivery-Report",
        "X-Mms-Reply-Charging-Deadline",
        "X-Mms-Reply-Charging",
    ]


def test_the_first_of_two_headers_counts() -> None:
    pdu = notification("8f80 8f82")
    assert pdu.priority is Priority.LOW
    assert pdu.unknown == (Unknown("X-Mms-Priority", b"\x82"),)


@pytest.mark.parametrize(
    ("value", "status"),
    [
        ("87", ResponseStatus.OLD_CONTENT_NOT_ACCEPTED),
        ("89", ResponseStatus.PERMANENT_FAILURE),
        ("93", ResponseStatus.PERMANENT_FAILURE),  # VectorCore for "too large"
        ("c5", ResponseStatus.TRANSIENT_FAILURE),
        ("df", ResponseStatus.TRANSIENT_FAILURE),
        ("e7", ResponseStatus.REPLY_CHARGING_REQUEST_NOT_ACCEPTED),
        ("ff", ResponseStatus.PERMANENT_FAILURE),
    ],
)
def test_response_statuses_of_other_times(value: str, status: ResponseStatus) -> None:
    pdu = decode(octets("8c81 98", b"t\0", "8d92 92", value))
    assert isinstance(pdu, SendConf)
    assert pdu.response_status is status


def test_statuses_of_other_times() -> None:
    pdu = decode(octets("8c83 98", b"t\0", "8d92 9599"))
    assert isinstance(pdu, NotifyRespInd)
    assert pdu.status is Status.INDETERMINATE
    pdu = decode(octets("8c84 98", b"t\0", "8d92 99c9"))
    assert isinstance(pdu, RetrieveConf)
    assert pdu.retrieve_status is RetrieveStatus.TRANSIENT_FAILURE


@pytest.mark.parametrize(
    ("value", "version"),
    [("90", V1_0), ("92", V1_2), ("94", Version(1, 4)), ("9f", V1_0), (b"1.2\0".hex(), V1_2), ("a0", Version(2, 0))],
)
def test_versions(value: str, version: Version) -> None:
    assert decode(octets("8c85 98", b"t\0", "8d", value)) == AcknowledgeInd(transaction_id="t", version=version)


def test_a_location_and_a_status_behind_the_number_of_a_message() -> None:
    pdu = decode(octets("8c95 98", b"t\0", "8d93 83 0c 81", b"http://m/1\0", "92 02 81 e4"))
    assert isinstance(pdu, DeleteConf)
    assert pdu.locations == ("http://m/1",)
    assert pdu.response_status is ResponseStatus.NOT_FOUND


def test_octets_behind_the_last_header_of_a_report() -> None:  # Mbuni: an empty text where there is no content
    pdu = decode(octets("8c86 8d92 8b", b"m\0", "97", b"+861\0", "85 01 05 95 81", "84 83", b"rest"))
    assert pdu == DeliveryInd(message_id="m", to="+861", date_s=5, status=Status.RETRIEVED)


def test_moments() -> None:
    assert notification("9d 03 81 01 05").reply_charging_deadline == Moment(5, is_relative=True)
    assert notification("9d 02 81 85").reply_charging_deadline == Moment(5, is_relative=True)  # a short integer
    assert notification("9d 06 80 04 65e9752c").reply_charging_deadline == Moment(0x65E9752C)
    assert Moment(5, is_relative=True).at(100) == 105
    assert Moment(5).at(100) == 5


@pytest.mark.parametrize(
    ("head", "charset"),
    [
        ("03 83 81 83", "us-ascii"),
        ("03 83 81 ea", "utf-8"),
        ("05 83 81 02 07ea", "big5"),
        ("04 83 81 01 72", "gb18030"),
        ("03 83 81 80", ""),
        ("05 83 81 02 7fff", ""),
        (octets("14 83", b"charset\0", b"iso-8859-1\0").hex(), "iso-8859-1"),  # Openwave
        (octets("0a 83", b"charset\0", "ea").hex(), "utf-8"),
        (b"text/plain; charset=GB2312\0".hex(), "gb2312"),  # MIME in a text
        (b'text/plain;charset="utf-8"; name=a.txt\0'.hex(), "utf-8"),
    ],
)
def test_character_sets_of_parts(head: str, charset: str) -> None:
    part = single_part(head)
    assert (part.media_type, part.charset) == ("text/plain", charset)


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (octets("08 83 85", b"a.txt\0"), "a.txt"),
        (octets("08 83 97", b"a.txt\0"), "a.txt"),
        (octets("09 83 97", b'"a.txt\0'), "a.txt"),  # Mbuni
        (octets("0a 83 85", b'"a.txt"\0'), "a.txt"),
        (octets("0c 83 85", b'"""a.txt"\0'), "a.txt"),
        (octets("08 83 86", b"a.txt\0"), "a.txt"),
        (octets("83 8e", b"a.txt\0"), "a.txt"),
        (octets("83 8e", b"\x7f\xe4\xbd\xa0.txt\0"), "你.txt"),
        (octets("83", b"Content-Location\0a.txt\0"), "a.txt"),
        (octets("83 ae 08 81 86", b"a.txt\0"), "a.txt"),  # Content-Disposition
        (octets("83 c5 08 81 98", b"a.txt\0"), "a.txt"),
        (octets("07 83 85", b"\xc4\xe3\xba\xc3\0"), "你好"),  # GBK, not even quoted
    ],
)
def test_names_of_parts(head: bytes, name: str) -> None:
    assert single_part(head).name == name


@pytest.mark.parametrize("value", [b'"<a.gif>\0', b"<a.gif>\0", b"a.gif\0", b'"a.gif\0', b'"<a.gif>"\0'])
def test_content_ids(value: bytes) -> None:  # Samsung leaves out the brackets, others the quote
    assert single_part("9d c0", value).content_id == "a.gif"


def test_a_transfer_encoding_that_a_phone_copied_out_of_a_mail() -> None:  # AOSP
    assert single_part("9e c8", b"base64\0", data=b"aGVsbG8=").data == b"hello"
    assert single_part("9e c8", b"base64\0", data=b"*").data == b"*"
    assert single_part("9e", b"Content-Transfer-Encoding\0quoted-printable\0", data=b"a=3Db").data == b"a=b"
    assert single_part("9e c8", b"binary\0", data=b"aGVsbG8=").data == b"aGVsbG8="


def test_headers_of_a_part_that_end_in_rubbish() -> None:
    part = single_part("9e 8e", b"p.jpg\0", "c0 05 01")
    assert (part.media_type, part.name, part.content_id) == ("image/jpeg", "p.jpg", "")


def test_lengths_longer_than_they_need_be() -> None:  # AOSP writes 127 as 80 7F
    pdu = retrieved("a3 01 8001 8002", "9e", b"xy")
    assert pdu.body is not None
    assert pdu.body.parts == (Part("image/jpeg", b"xy"),)


@pytest.mark.parametrize(
    "kind", ["8c", "a3", b"multipart/mixed\0".hex(), b"Application/vnd.wap.multipart.mixed\0".hex()]
)
def test_names_of_multiparts(kind: str) -> None:
    pdu = retrieved(kind, "00")
    assert pdu.body is not None
    assert (pdu.body.parts, pdu.body.arrangement) == ((), Arrangement.MIXED)


SMIL = b"application/smil\0"


@pytest.mark.parametrize(
    ("start", "id_"),
    [
        (b"\x8a<s>\0", b'"<s>\0'),
        (b'\x8a"<s>\0', b'"<s>\0'),  # Mbuni
        (b"\x99<s>\0", b"<s>\0"),
        (b"\x8as\0", b'"<s>\0'),
        (b"\x8as.smil\0", b'"<s>\0'),  # the name in place of the id
        (b"\x8a<nobody>\0", b'"<s>\0'),
        (b"", b'"<s>\0'),
    ],
)
def test_where_a_presentation_starts(start: bytes, id_: bytes) -> None:
    kind = octets("b3", start)
    head = octets(SMIL, "c0", id_, "8e", b"s.smil\0")
    parts = octets("02", "0101", "9e", b"x") + bytes((len(head), 3)) + head + b"abc"
    pdu = retrieved(bytes((len(kind),)), kind, parts)
    assert pdu.body is not None
    assert (pdu.body.arrangement, pdu.body.start) == (Arrangement.RELATED, "s")


def test_a_presentation_in_a_mixed_body() -> None:
    pdu = retrieved("a3 01", bytes((len(SMIL), 3)), SMIL, b"abc")
    assert pdu.body is not None
    assert pdu.body.arrangement is Arrangement.RELATED


def test_the_name_that_the_presentation_says() -> None:
    head = octets("08 9e 85", b"p.jpg\0", "8e", b"/tmp/phpnjgFBV\0")
    smil = b'<img src="p.jpg"/>'
    pdu = retrieved("a3 02", bytes((len(head), 1)), head, b"x", bytes((len(SMIL), len(smil))), SMIL, smil)
    assert pdu.body is not None
    assert pdu.body.parts[0].name == "p.jpg"


def test_parts_inside_parts_are_laid_out() -> None:
    inner = octets("02", "0101 83", b"a", "0101 83", b"b")
    pdu = retrieved("a3 02", bytes((1, len(inner))), "a6", inner, "0101 9e", b"c")
    assert pdu.body is not None
    assert [part.data for part in pdu.body.parts] == [b"a", b"b", b"c"]


def test_octets_behind_the_last_part() -> None:
    pdu = retrieved("a3 01 0101 83", b"a", b"\r\n")
    assert pdu.body is not None
    assert [part.data for part in pdu.body.parts] == [b"a"]


def test_a_class_of_its_own() -> None:
    pdu: Pdu = decode(octets("8c82 98", b"t\0", "8d92", "8a", b"Gold\0", "8e0164 8803810105 83", b"http://m/1\0"))
    assert isinstance(pdu, NotificationInd)
    assert pdu.message_class == "gold"

"""UAProf documents: both vocabularies, their spellings, their errors, and what nobody may send."""

from __future__ import annotations

import pytest

from gateway.core.errors import BadRequest
from mms.handsets.uaprof import MAX_OCTETS, Profile, read_profile, url_in

#: In the shape of the documents of 2003: WAP Forum vocabulary, bags, a component for MMS.
WAP_FORUM = b"""<?xml version="1.0" encoding="UTF-8"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:prf="http://www.wapforum.org/profiles/UAPROF/ccppschema-20010430#"
  xmlns:mms="http://www.wapforum.org/profiles/MMS/ccppschema-20010111#">
 <rdf:Description rdf:ID="Profile">
  <prf:component><rdf:Description rdf:ID="HardwarePlatform">
   <prf:Vendor>Nokia</prf:Vendor><prf:Model>6610</prf:Model>
   <prf:ScreenSize>128x128</prf:ScreenSize><prf:BitsPerPixel>12</prf:BitsPerPixel>
   <prf:ColorCapable>Yes</prf:ColorCapable>
  </rdf:Description></prf:component>
  <prf:component><rdf:Description rdf:ID="SoftwarePlatform">
   <prf:CcppAccept><rdf:Bag><rdf:li>image/png</rdf:li></rdf:Bag></prf:CcppAccept>
  </rdf:Description></prf:component>
  <mms:component><rdf:Description rdf:ID="MmsCharacteristics">
   <mms:MmsMaxMessageSize>46080</mms:MmsMaxMessageSize>
   <mms:MmsMaxImageResolution>640x480</mms:MmsMaxImageResolution>
   <mms:MmsCcppAccept><rdf:Bag>
     <rdf:li>image/jpeg</rdf:li><rdf:li>image/gif</rdf:li><rdf:li>audio/midi</rdf:li>
     <rdf:li>application/vnd.wap.multipart.related</rdf:li>
   </rdf:Bag></mms:MmsCcppAccept>
   <mms:MmsCcppAccept-CharSet><rdf:Bag><rdf:li>US-ASCII</rdf:li><rdf:li>UTF-8</rdf:li></rdf:Bag></mms:MmsCcppAccept-CharSet>
   <mms:MmsVersion>1.0</mms:MmsVersion>
  </rdf:Description></mms:component>
 </rdf:Description>
</rdf:RDF>"""

#: In the shape of later ones: OMA vocabulary, defaults that are overridden, attributes, sizes with units.
OMA = b"""<RDF xmlns="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
  xmlns:p="http://www.openmobilealliance.org/tech/profiles/UAPROF/ccppschema-20021212#"
  xmlns:m="http://www.openmobilealliance.org/tech/profiles/MMS/ccppschema-20050301-MMS1.2#">
 <Description ID="Profile">
  <p:component><Description ID="HardwarePlatform" p:ScreenSize="240 x 320">
   <p:Defaults><Description><p:BitsPerPixel>8</p:BitsPerPixel><p:ColorCapable>No</p:ColorCapable></Description></p:Defaults>
   <p:BitsPerPixel>18</p:BitsPerPixel><p:ColorCapable>Yes</p:ColorCapable>
  </Description></p:component>
  <m:component><Description ID="MmsCharacteristics">
   <m:MmsMaxMessageSize>300 KB</m:MmsMaxMessageSize>
   <m:MmsMaxImageResolution>1600X1200</m:MmsMaxImageResolution>
   <m:MmsCcppAcceptCharSet><Bag><li>utf-8</li></Bag></m:MmsCcppAcceptCharSet>
   <m:MmsCcppAccept><Bag><li>image/*</li><li>video/3gpp</li></Bag></m:MmsCcppAccept>
   <m:MmsVersion><Bag><li>1.0</li><li>1.2</li></Bag></m:MmsVersion>
  </Description></m:component>
 </Description>
</RDF>"""


def test_the_vocabulary_of_the_wap_forum() -> None:
    assert read_profile(WAP_FORUM) == Profile(
        "Nokia",
        "6610",
        {
            "screen": [128, 128],
            "max_image": [640, 480],
            "max_octets": 46_080,
            "colours": 4096,
            "grey": False,
            "mms_version": "1.0",
            "images": ["image/gif", "image/jpeg"],
            "sounds": ["audio/midi"],
            "charsets": ["+us-ascii", "+utf-8"],
            "mms": True,
        },
    )


def test_the_vocabulary_of_oma() -> None:
    found = read_profile(OMA)
    assert found.ignored == ()
    assert found.values == {
        "screen": [240, 320],
        "max_image": [1600, 1200],
        "max_octets": 300 * 1024,
        "colours": 262_144,
        "grey": False,
        "mms_version": "1.2",
        "images": ["+image/gif", "+image/jpeg", "+image/vnd.wap.wbmp"],
        "videos": ["+video/3gpp"],
        "charsets": ["+utf-8"],
        "mms": True,
    }


def one(name: str, value: str) -> Profile:
    return read_profile(f"<r><{name}>{value}</{name}><Vendor>A</Vendor></r>".encode())


@pytest.mark.parametrize(
    ("name", "value", "field", "wanted"),
    [
        ("ScreenSize", "96*65", "screen", [96, 65]),
        ("BitsPerPixel", "65536", "colours", 65_536),
        ("BitsPerPixel", "32", "colours", 16_777_216),
        ("BitsPerPixel", "1", "colours", 2),
        ("ColorCapable", "no", "grey", True),
        ("MmsMaxMessageSize", "30720 bytes", "max_octets", 30_720),
        ("MmsMaxMessageSize", "1M", "max_octets", 1_048_576),
        ("MmsVersion", "2.0", "mms_version", "1.3"),
        ("mmsmaxmessagesize", "102400", "max_octets", 102_400),
    ],
)
def test_values_as_makers_write_them(name: str, value: str, field: str, wanted: object) -> None:
    assert one(name, value).values[field] == wanted


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("ScreenSize", "large"),
        ("ScreenSize", "0x0"),
        ("ScreenSize", "9999x9999"),
        ("BitsPerPixel", "many"),
        ("BitsPerPixel", "0"),
        ("BitsPerPixel", "²"),
        ("ColorCapable", "perhaps"),
        ("MmsMaxMessageSize", "0"),
        ("MmsMaxMessageSize", "2147483647"),
        ("MmsMaxMessageSize", "as you like"),
        ("MmsVersion", "one"),
    ],
)
def test_values_that_cannot_be_are_left_out_and_named(name: str, value: str) -> None:
    found = one(name, value)
    assert found.ignored == (name.lower(),)
    assert set(found.values) <= {"mms"}


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (b"", "no XML"),
        (b"<html><body>not found</body></html>", "no property"),
        (WAP_FORUM[:-40], "no XML"),
        (b"<a>" * 40, "nested too deeply"),
        (b"<r>" + b"<a/>" * 20_001 + b"</r>", "too many elements"),
        (b"<r>" + b" " * MAX_OCTETS + b"</r>", "octets"),
        (b'<!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><r><Model>&b;</Model></r>', "document type"),
        (b'<!DOCTYPE r SYSTEM "file:///etc/passwd"><r><Model>1</Model></r>', "document type"),
        (b'<?xml version="1.0" encoding="no-such"?><r/>', "profile:"),
        (b'<?xml version="1.0" encoding="gb2312"?><r><Model>\xb2\xca</Model></r>', "profile:"),
        (b"\xff\xfe\x00", "no XML"),
    ],
)
def test_documents_that_are_refused(document: bytes, reason: str) -> None:
    with pytest.raises(BadRequest, match=reason):
        read_profile(document)


def test_texts_and_bags_are_bounded() -> None:
    items = "".join(f"<li>image/x{n}</li>" for n in range(1000))
    found = read_profile(f"<r><Model>{'m' * 5000}</Model><MmsCcppAccept>{items}</MmsCcppAccept></r>".encode())
    assert len(found.model) == 64
    assert len(found.values["images"]) <= 128


@pytest.mark.parametrize(
    ("header", "url"),
    [
        ('"http://nds.nokia.com/uaprof/N6610r100.xml"', "http://nds.nokia.com/uaprof/N6610r100.xml"),
        ('"http://a.example/1.xml", "1-abc==", "http://a.example/2.xml"', "http://a.example/1.xml"),
        ("http://wap.sonyericsson.com/UAprof/T610R201.xml;ns=01", "http://wap.sonyericsson.com/UAprof/T610R201.xml"),
        ("ftp://a.example/1.xml", ""),
        ("", ""),
        ('"1-abc=="', ""),
    ],
)
def test_the_address_in_the_header(header: str, url: str) -> None:
    assert url_in(header) == url

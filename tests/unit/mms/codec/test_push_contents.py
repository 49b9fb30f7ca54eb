"""Indications, loadings and settings: documents of others read and written again, dates, keys, JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.core import wbxml
from gateway.core.errors import BadRequest, MalformedPdu, NotEncodable
from gateway.core.wbxml import Element
from mms.codec import provisioning, si, sl
from mms.codec.provisioning import (
    Application,
    Characteristic,
    Database,
    Settings,
    access_point,
    as_json,
    from_json,
    mail_server,
    mms,
    proxy,
    synchronisation,
)
from mms.codec.provisioning_mac import Proof, Security, imsi_key, is_proved, mac_of, prove
from mms.codec.si import ServiceIndication
from mms.codec.sl import ServiceLoading
from tests.unit.mms.codec.push_vectors import (
    INDICATIONS,
    LOADING,
    MAC_IMAP_0042,
    MAC_MMS_1234,
    SETTINGS,
    SETTINGS_IMAP,
    SETTINGS_MMS,
    SI_MAILS,
    SL_CACHE,
    SL_CACHE_KANNEL,
)


@pytest.mark.parametrize(("octets", "indication"), INDICATIONS.items(), ids=["mails", "delete", "dates"])
def test_indications(octets: str, indication: ServiceIndication) -> None:
    assert indication.encode().hex() == octets
    assert indication.encode(version=3).hex() == "03" + octets[2:]
    assert ServiceIndication.decode(bytes.fromhex(octets)) == indication


def test_loadings() -> None:
    assert LOADING.encode(version=3).hex() == SL_CACHE
    for octets in (SL_CACHE, SL_CACHE_KANNEL):
        assert ServiceLoading.decode(bytes.fromhex(octets)) == LOADING
    plain = ServiceLoading("https://example.org/")
    assert plain.encode().hex() == "02066a00850b03" + b"example".hex() + "008801"
    assert ServiceLoading.decode(plain.encode()) == plain


@pytest.mark.parametrize(
    ("moment", "octets"),
    [
        (datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "20231114221320"),
        (datetime(1999, 6, 30, tzinfo=UTC), "19990630"),
        (datetime(2024, 2, 29, 16, 5, tzinfo=timezone(timedelta(hours=8))), "202402290805"),
        (datetime(2000, 10, 10, 10, tzinfo=UTC), "2000101010"),
        (datetime(2000, 10, 10, 0, 0, 7, tzinfo=UTC), "20001010000007"),
        (datetime(206, 1, 1, tzinfo=UTC), "02060101"),
    ],
)
def test_dates(moment: datetime, octets: str) -> None:
    encoded = ServiceIndication("x", created=moment).encode()
    assert bytes((0x0A, 0xC3, len(octets) // 2)) + bytes.fromhex(octets) in encoded
    assert ServiceIndication.decode(encoded).created == moment


def _indication(created: str | bytes, action: str = "signal-low") -> ServiceIndication:
    element = Element("indication", (("created", created), ("action", action)), ("x",))
    return ServiceIndication.decode(wbxml.write(Element("si", content=(element,)), si.DIALECT))


def test_dates_that_others_write() -> None:
    assert _indication("2024-02-29T08:05:00Z").created == datetime(2024, 2, 29, 8, 5, tzinfo=UTC)
    assert _indication("2024-02-29T08:05:00").created == datetime(2024, 2, 29, 8, 5, tzinfo=UTC)
    for octets in (b"", b"\x20", b"\x20\x24\x13\x01", b"\xff" * 7, bytes(8), "soon", "9999-12-31T23:59:59-12:00"):
        assert _indication(octets).created is None


def test_what_cannot_be_written() -> None:
    for indication in (ServiceIndication("a\0b"), ServiceIndication("", action=si.Action.DELETE)):
        with pytest.raises(NotEncodable):
            indication.encode()
    with pytest.raises(NotEncodable):
        ServiceLoading("http://\ud800/").encode()


def test_documents_of_another_kind() -> None:
    for read in (ServiceIndication.decode, ServiceLoading.decode):
        with pytest.raises(MalformedPdu, match="another type"):
            read(bytes.fromhex(SETTINGS_MMS))
    with pytest.raises(MalformedPdu, match="another type"):
        Settings.decode(bytes.fromhex(SI_MAILS))
    other = wbxml.write(Element("indication"), si.DIALECT)
    with pytest.raises(MalformedPdu, match="no service indication"):
        ServiceIndication.decode(other)
    with pytest.raises(MalformedPdu, match="no service loading"):
        ServiceLoading.decode(wbxml.write(Element("sl"), sl.DIALECT))
    with pytest.raises(MalformedPdu, match="no provisioning"):
        Settings.decode(wbxml.write(Element("parm"), provisioning.DIALECT))


_TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)
_URLS = st.builds(
    lambda scheme, host, path: scheme + host + path,
    st.sampled_from(["http://", "http://www.", "https://", "https://www.", "HTTP://", "", "tel:"]),
    st.sampled_from(["example.com", "example.net/", "a.org/.com/", "www.", ""]),
    _TEXTS,
).filter(bool)
_MOMENTS = st.datetimes(timezones=st.just(UTC)).map(lambda moment: moment.replace(microsecond=0))


@given(
    st.builds(
        ServiceIndication,
        _TEXTS,
        _URLS,
        _TEXTS.filter(bool),
        st.none() | _MOMENTS,
        st.none() | _MOMENTS,
        st.sampled_from(si.Action),
    )
)
def test_any_indication(indication: ServiceIndication) -> None:
    assert ServiceIndication.decode(indication.encode()) == indication


@given(st.builds(ServiceLoading, _URLS, st.sampled_from(sl.Action)))
def test_any_loading(loading: ServiceLoading) -> None:
    assert ServiceLoading.decode(loading.encode()) == loading


# --- settings ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("octets", "settings"), SETTINGS.items(), ids=["mms", "imap"])
def test_settings(octets: str, settings: Settings) -> None:
    assert settings.encode().hex() == octets
    assert Settings.decode(bytes.fromhex(octets)) == settings
    assert from_json(as_json(settings)) == settings


@pytest.mark.parametrize(
    ("octets", "pin", "mac"), [(SETTINGS_MMS, "1234", MAC_MMS_1234), (SETTINGS_IMAP, "0042", MAC_IMAP_0042)]
)
def test_a_pin_proves_settings(octets: str, pin: str, mac: str) -> None:
    document = bytes.fromhex(octets)
    proof = prove(document, pin=pin)
    assert proof == Proof(Security.USERPIN, mac)
    assert is_proved(document, proof, pin=pin)
    assert is_proved(document, Proof(Security.USERPIN, mac.lower()), pin=pin)
    assert not is_proved(document, proof, pin="9" + pin)
    assert not is_proved(document + b"\0", proof, pin=pin)


def test_the_number_of_the_sim_proves_settings() -> None:
    assert imsi_key("466923103145252").hex() == "4966291330412525"
    assert imsi_key("123456789012345").hex() == "1932547698103254"
    assert imsi_key("12345678901234").hex() == "11325476981032f4"
    empty = bytes.fromhex("030b6a004501")
    assert prove(empty, imsi="466923103145252") == Proof(Security.NETWPIN, "1AF545FE2823DC9347064450F90FF1BBF957E146")
    both = prove(empty, imsi="466923103145252", pin="1234")
    assert both == Proof(Security.USERNETWPIN, mac_of(empty, bytes.fromhex("4966291330412525") + b"1234"))
    for wrong in ({}, {"pin": "12a4"}, {"imsi": "46 0"}, {"pin": "１２"}):
        with pytest.raises(NotEncodable):
            prove(empty, **wrong)


def test_everything_a_phone_needs_in_one_document() -> None:
    settings = Settings(
        (
            access_point("net", "cmwap", name="移动梦网", login="wap", secret="wap"),
            proxy("proxy", "10.0.0.172", 80, ["net"]),
            mms("http://mmsc.example.net/", name="MMS", to_proxy="proxy"),
            mail_server(Application.SMTP, "mail.example.net", 587, provider="hub", sender="ann@example.net"),
            mail_server(Application.POP3, "mail.example.net", 995, provider="hub", login="ann", secret="x"),
            synchronisation(
                "https://sync.example.net/", [Database("card", "text/x-vcard", "Contacts")], name="彩邮", login="ann"
            ),
        )
    )
    document = settings.encode()
    assert Settings.decode(document) == settings
    assert [one.get("ADDR") for one in settings.applications(Application.MMS)] == ["http://mmsc.example.net/"]
    assert settings.applications(Application.SMTP)[0].get("FROM") == "ann@example.net"
    assert settings.applications(Application.SYNCML)[0].inner[2].get("AACCEPT") == "text/x-vcard"
    assert settings.characteristics[1].inner[0].get("PXADDRTYPE") == "IPV4"
    assert proxy("p", "proxy.example", 8080, []).inner[0].get("PXADDRTYPE") == "ALPHA"
    assert proxy("p", "2001:db8::1", 8080, []).inner[0].get("PXADDRTYPE") == "IPV6"
    assert b"\x06\x85\x01" in document  # value=IPV4 has a token
    assert b"\x05\x03FROM\0" in document  # FROM has none
    assert len(document) < 800


_CHARACTERISTICS: st.SearchStrategy[Characteristic] = st.recursive(
    st.builds(
        Characteristic,
        st.sampled_from(["APPLICATION", "NAPDEF", "PORT", "X-NEW", "CLIENTIDENTITY"]),
        st.lists(
            st.tuples(
                st.sampled_from(["APPID", "NAME", "TO-NAPID", "ADDR", "FROM", "PORTNBR", "HA", "AAUTHLEVEL"]),
                st.none() | st.sampled_from(["w4", "IPV6", "HA", ",", "APPSRV", "HTTP-BASIC"]) | _TEXTS,
            ),
            max_size=5,
        ).map(tuple),
    ),
    lambda inner: st.builds(Characteristic, st.just("APPAUTH"), st.just(()), st.lists(inner, max_size=3).map(tuple)),
    max_leaves=8,
)


@given(st.lists(_CHARACTERISTICS, max_size=4).map(lambda found: Settings(tuple(found))))
def test_any_settings(settings: Settings) -> None:
    assert Settings.decode(settings.encode()) == settings
    assert from_json(as_json(settings)) == settings


@pytest.mark.parametrize(
    "value",
    [
        None,
        [],
        {"version": 1},
        {"characteristics": {}},
        {"characteristics": [1]},
        {"characteristics": [{}]},
        {"characteristics": [{"type": "A", "parameters": {}}]},
        {"characteristics": [{"type": "A", "parameters": [["a"]]}]},
        {"characteristics": [{"type": "A", "parameters": [["a", 1]]}]},
        {"characteristics": [{"type": "A", "characteristics": 1}]},
    ],
)
def test_json_that_is_no_document(value: Any) -> None:
    with pytest.raises(BadRequest):
        from_json(value)


def test_json_is_bounded() -> None:
    value: dict[str, Any] = {"type": "A"}
    for _ in range(20):
        value = {"type": "A", "characteristics": [value]}
    with pytest.raises(BadRequest, match="deep"):
        from_json({"characteristics": [value]})


def test_every_name_of_the_tables_is_read_as_it_is_written() -> None:
    dialect = provisioning.DIALECT
    for (page, code), (name, beginning) in dialect.attributes.items():
        element = Element("parm", ((name, beginning or "other"),))
        octets = wbxml.write(Element("wap-provisioningdoc", content=(element,)), dialect)
        assert wbxml.read(octets, dialect).root.content == (element,)
        if beginning:
            assert code in octets, (page, code)

"""What phones are sent by SMS: settings with everything in them, proved by a PIN."""

from __future__ import annotations

import pytest

from gateway.core.errors import ConfigError
from gateway.web.phone_settings import PhonesConfig, settings_of
from mms.codec.provisioning import Application, Settings
from mms.codec.provisioning_mac import is_proved
from mms.codec.push import Push
from mms.codec.push_contents import content_of, push_of_settings

WHOLE = PhonesConfig(
    smtp="mail.example.cn:25", pop3="mail.example.cn:110", imap="mail.example.cn:143", mmsc="http://hub.example.cn/mm1",
    mms_proxy="10.0.0.172:80", apn="cmwap",
)  # fmt: skip


def test_one_message_sets_up_address_book_mail_and_mms() -> None:
    push = push_of_settings(settings_of(WHOLE, "http://hub.example.cn/", "ann@example.cn", "secret"), pin="123456")
    came = Push.decode(push.encode())
    assert came.proof is not None
    assert is_proved(came.data, came.proof, pin="123456")
    assert not is_proved(came.data, came.proof, pin="123457")
    settings = content_of(came)
    assert isinstance(settings, Settings)
    (sync,) = settings.applications(Application.SYNCML)
    inner = {one.type: one for one in sync.inner}
    assert inner["APPADDR"].get("ADDR") == "http://hub.example.cn/syncml"
    assert (inner["APPAUTH"].get("AAUTHNAME"), inner["APPAUTH"].get("AAUTHSECRET")) == ("ann@example.cn", "secret")
    assert (inner["RESOURCE"].get("URI"), inner["RESOURCE"].get("AACCEPT")) == ("./contacts", "text/x-vcard")
    assert sync.get("TO-NAPID") == "caiyou"
    assert [settings.applications(one)[0].get("PROVIDER-ID") for one in (Application.SMTP, Application.IMAP4)] == [
        "caiyou", "caiyou",
    ]  # fmt: skip
    (mms,) = settings.applications(Application.MMS)
    assert (mms.get("ADDR"), mms.get("TO-PROXY")) == ("http://hub.example.cn/mm1", "caiyou-proxy")
    assert len(push.encode()) < 8 * 128  # eight SMS


def test_the_address_book_alone_fits_into_three_sms() -> None:
    settings = settings_of(PhonesConfig(), "http://hub.example.cn", "ann@example.cn", "abcdefghjkmn")
    assert [one.type for one in settings.characteristics] == ["APPLICATION"]
    assert len(push_of_settings(settings, pin="123456").encode()) <= 3 * 128


def test_what_is_no_server() -> None:
    for wrong in ("mail.example.cn", ":25", "a:b", "a:0", "a:70000", "a:٣"):
        with pytest.raises(ConfigError):
            PhonesConfig(smtp=wrong)
    with pytest.raises(ConfigError):
        PhonesConfig(mmsc="ftp://x")
    PhonesConfig(imap="[2001:db8::1]:143")

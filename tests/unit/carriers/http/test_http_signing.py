"""Signatures against the examples that the providers publish."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from http_examples import Provider, fields, header, invented, ours_changed, provider, query_of, segment

from carriers.http.callback import Turned
from carriers.http.values import Moment

# Aliyun, "HTTP protocol and signature" of dysmsapi 2017-05-25: GET, Format=XML, accessSecret testSecret.
ALIYUN_SIGNATURE = "zJDF+Lrzhj/ThnlvIToysFRq6t4="
# Tencent Cloud, "Signature v3", example of cvm DescribeInstances with the key that ends in EXAMPLE.
TENCENT_PAYLOAD = r'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
TENCENT_SIGNATURE = "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"
# Twilio, "Webhooks security", auth token 12345.
TWILIO_URL = "https://mycompany.com/myapp.php?foo=1&bar=2"
TWILIO_BODY = "CallSid=CA1234567890ABCDE&Caller=%2B14158675309&Digits=1234&From=%2B14158675309&To=%2B18005551212"
TWILIO_SIGNATURE = "RSOYDt4T1cUTdK1PDd93/VVr8B8="
# Vonage, examples of their own client libraries: secret "secret", method MD5 hash.
VONAGE_SIGNATURE = "6af838ef94998832dbfc29020b564830"


def test_aliyun_rpc() -> None:
    it = ours_changed(
        "aliyun",
        {
            'method = "POST"': 'method = "GET"',
            "[request.form]": "[request.query]",
            'Format = "JSON"': 'Format = "XML"',
            'OutId = "{id}"': 'OutId = "123"',
            "{recipients_digits}": "{recipients_national}",
        },
        access_key_id="testId", access_key_secret="testSecret", sign_name="阿里云短信测试专用",
        template_code="SMS_71390007", template_variable="customer",
    )  # fmt: skip
    moment = Moment(datetime(2017, 7, 12, 2, 42, 19, tzinfo=UTC), "45e25e9b-0a6f-4070-8c85-2956eda1b466")
    request = it.request(segment("test", "+8615300000001"), moment=moment)
    assert query_of(request)["Signature"] == ALIYUN_SIGNATURE
    assert query_of(request)["TemplateParam"] == '{"customer":"test"}'
    assert request.body == b""


def test_aliyun_signs_what_it_posts() -> None:
    options = {"access_key_id": "i", "access_key_secret": "s", "sign_name": "签名", "template_code": "SMS_1"}
    one, other = (provider("aliyun", **options).request(segment(text)) for text in ("甲", "乙"))
    assert fields(one.body)["Signature"] != fields(other.body)["Signature"]
    assert fields(one.body) | {"Signature": "", "TemplateParam": ""} == fields(other.body) | {
        "Signature": "", "TemplateParam": "",
    }  # fmt: skip


def test_tencent_tc3() -> None:
    template = TENCENT_PAYLOAD.replace("{", "{{").replace("}", "}}")
    body = f"escape = \"json\"\nbody = '''{template}'''"
    it = ours_changed(
        "tencent",
        {
            "sms.tencentcloudapi.com": "cvm.tencentcloudapi.com",
            "/sms/tc3_request": "/cvm/tc3_request",
            'over = "sms"': 'over = "cvm"',
            '"SendSms"': '"DescribeInstances"',
            "[request.json]": body,
            'PhoneNumberSet = "{recipients|list}"': "", 'SmsSdkAppId = "{option:app_id}"': "",
            '"SignName?" = "{option:sign_name}"': "", 'TemplateId = "{option:template_id}"': "",
            'TemplateParamSet = ["{text}"]': "", '"ExtendCode?" = "{extension}"': "", 'SessionContext = "{id}"': "",
        },
        secret_id="AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE", secret_key="Gu5t9xGARNpq86cd98joQYCN3EXAMPLE",
        app_id="", template_id="",
    )  # fmt: skip
    request = it.request(segment(), moment=Moment(datetime.fromtimestamp(1551113065, UTC), ""))
    assert request.body.decode() == TENCENT_PAYLOAD
    assert header(request, "Authorization") == (
        "TC3-HMAC-SHA256 Credential=AKIDz8krbsJ5yKBZQpn74WFkmLPx3EXAMPLE/2019-02-25/cvm/tc3_request, "
        f"SignedHeaders=content-type;host, Signature={TENCENT_SIGNATURE}"
    )


@pytest.fixture
def twilio() -> Provider:
    return provider("twilio", account_sid="AC1", auth_token="12345")


def test_twilio_basic(twilio: Provider) -> None:
    assert header(twilio.request(segment()), "Authorization") == "Basic QUMxOjEyMzQ1"


@pytest.mark.parametrize("signature", [TWILIO_SIGNATURE, TWILIO_SIGNATURE[:-2] + "9=", "", "RSOYDt4T"])
def test_twilio_webhook(twilio: Provider, signature: str) -> None:
    headers = {"x-twilio-signature": signature} if signature else {}
    if signature == TWILIO_SIGNATURE:
        # It is a voice call in the example: signed rightly, and no SMS.
        told = twilio.told("report", TWILIO_BODY, headers=headers, url=TWILIO_URL)
        assert told == ((), ("report: a report says no state",))
        with pytest.raises(Turned, match="signature"):
            twilio.told("report", TWILIO_BODY + "&x=1", headers=headers, url=TWILIO_URL)
        with pytest.raises(Turned, match="signature"):
            twilio.told("report", TWILIO_BODY, headers=headers, url=TWILIO_URL + "0")
    else:
        with pytest.raises(Turned) as turned:
            twilio.told("report", TWILIO_BODY, headers=headers, url=TWILIO_URL)
        assert turned.value.status == 403


def test_vonage_webhook() -> None:
    it = provider("vonage", api_key="k", api_secret="s", signature_secret="secret")
    good = f'{{"a":"1","b":"2","timestamp":"1461605396","sig":"{VONAGE_SIGNATURE}"}}'
    assert it.told("sms", good) == ((), ("sms: an SMS names no sender",))  # it is signed rightly
    for bad in (good.replace('"2"', '"3"'), good.replace("6af", "6AF"), '{"a":"1"}', "[]", '"x"', "1"):
        with pytest.raises(Turned, match="signature"):
            it.told("sms", bad)
    assert provider("vonage", api_key="k", api_secret="s").told("sms", '{"msisdn":"1","to":"2"}').found


def test_nothing_is_no_signature() -> None:
    text = HASHES.replace("ALGORITHM", "sha1") + (
        '[[webhook]]\nname = "r"\nkind = "report"\nformat = "json"\n[webhook.fields]\nid = "i"\nstate = "s"\n'
        '[webhook.states]\n"*" = "failed"\n[webhook.check]\ngiven = "{header:X-Key}"\nours = "{option:key}"\n'
    )
    body = '{"i":"1","s":"x"}'
    assert invented(text, key="k").told("r", body, headers={"x-key": "k"}).found
    with pytest.raises(Turned, match="signature"):
        invented(text, key="").told("r", body)


HASHES = """
title = "Hashes"
[options]
key = { text = "key" }
[request]
base = "https://sms.example"
[request.headers]
X = "{sign:one}"
[[request.sign]]
name = "one"
algorithm = "ALGORITHM"
encoding = "hex"
key = "{option:key}"
over = "what do ya want for nothing?"
[response]
"""
# RFC 2202 and RFC 4231, test case 2 of each: key "Jefe".
HMACS = {
    "hmac-md5": "750c783e6ab0b503eaa86e310a5db738",
    "hmac-sha1": "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79",
    "hmac-sha256": "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    "hmac-sha512": "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fd"
    "caeab1a34d4a6b4b636e070a38bce737",
}


@pytest.mark.parametrize("algorithm", HMACS)
def test_hmac(algorithm: str) -> None:
    it = invented(HASHES.replace("ALGORITHM", algorithm), key="Jefe")
    assert header(it.request(segment()), "X") == HMACS[algorithm]

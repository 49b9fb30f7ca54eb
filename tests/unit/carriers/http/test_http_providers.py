"""The descriptions that come with the hub, against the requests, answers and callbacks that the providers publish."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from urllib.parse import quote, urlencode

import pytest
from http_examples import Provider, body_json, fields, header, provider, query_of, segment

from carriers.http import description
from carriers.http.callback import Turned
from carriers.http.config import HttpConfig
from gateway.core.messages import Concat, DeliveryReport, IncomingSms, Outcome, ReportState
from gateway.core.text import Alphabet

ACCOUNTS: dict[str, dict[str, str]] = {
    "aliyun": {"access_key_id": "testId", "access_key_secret": "s", "sign_name": "阿里云", "template_code": "SMS_1"},
    "kannel": {"username": "tester", "password": "se&cret"},
    "tencent": {"secret_id": "AKID", "secret_key": "k", "app_id": "1400006666", "sign_name": "腾讯云",
                "template_id": "1110"},
    "twilio": {"account_sid": "AC2f", "auth_token": "12345"},
    "vonage": {"api_key": "abcd1234", "api_secret": "s"},
    "yunpian": {"api_key": "9b11127a9701975c734b8aee81ee3526"},
}  # fmt: skip


def ours(name: str) -> Provider:
    return provider(name, **ACCOUNTS[name])


def test_every_description_is_tested() -> None:
    assert sorted(ACCOUNTS) == description.ours()


@pytest.mark.parametrize("name", ACCOUNTS)
def test_a_link_can_be_made_of_it(name: str) -> None:
    config = HttpConfig(provider=name, options=ACCOUNTS[name], webhook_port=0, webhook_token="t0k3n")
    assert "t0k3n" not in repr(config)
    assert not any(value in repr(config) for value in ACCOUNTS[name].values() if len(value) > 3)


# --- requests ------------------------------------------------------------------------------------------------------


def test_aliyun_request() -> None:
    request = ours("aliyun").request(segment('验证码"1234"'), segment(recipient="+85261234567"), access_number="10690")
    assert (request.method, request.url) == ("POST", "https://dysmsapi.aliyuncs.com/")
    found = fields(request.body)
    assert found.pop("Signature")
    assert json.loads(found.pop("TemplateParam")) == {"content": '验证码"1234"'}
    assert found == {
        "AccessKeyId": "testId", "Action": "SendSms", "Format": "JSON", "OutId": "7001",
        "PhoneNumbers": "8613800138000,85261234567", "RegionId": "cn-hangzhou", "SignName": "阿里云",
        "SignatureMethod": "HMAC-SHA1", "SignatureNonce": "0123456789abcdef0123456789abcdef",
        "SignatureVersion": "1.0", "TemplateCode": "SMS_1",
        "Timestamp": "2026-11-25T12:00:00Z", "Version": "2017-05-25",
    }  # fmt: skip


def test_tencent_request() -> None:
    sent = (segment("4370", sender="1069012"), segment("4370", "+8613711112222"))
    request = ours("tencent").request(*sent, access_number="10690")
    assert request.url == "https://sms.tencentcloudapi.com/"
    assert body_json(request) == {
        "PhoneNumberSet": ["+8613800138000", "+8613711112222"], "SmsSdkAppId": "1400006666", "SignName": "腾讯云",
        "TemplateId": "1110", "TemplateParamSet": ["4370"], "ExtendCode": "12", "SessionContext": "7001",
    }  # fmt: skip
    shown = {name: header(request, name) for name in ("X-TC-Action", "X-TC-Version", "X-TC-Timestamp", "X-TC-Region")}
    assert shown == {
        "X-TC-Action": "SendSms", "X-TC-Version": "2021-01-11", "X-TC-Timestamp": "1795608000",
        "X-TC-Region": "ap-guangzhou",
    }  # fmt: skip
    assert header(request, "Content-Type") == "application/json; charset=utf-8"


def test_twilio_request() -> None:
    request = ours("twilio").request(segment("Hi there", "+15558675310", sender="+15557122661"))
    assert request.url == "https://api.twilio.com/2010-04-01/Accounts/AC2f/Messages.json"
    assert fields(request.body) == {
        "To": "+15558675310", "From": "+15557122661", "Body": "Hi there",
        "StatusCallback": "https://hub.example.cn/report?token=t0k",
    }  # fmt: skip


@pytest.mark.parametrize(("text", "kind"), [("hello", "text"), ("您好", "unicode")])
def test_vonage_request(text: str, kind: str) -> None:
    request = ours("vonage").request(segment(text, "+447700900000", sender="AcmeInc"))
    assert fields(request.body) == {
        "api_key": "abcd1234", "api_secret": "s", "from": "AcmeInc", "to": "447700900000", "text": text, "type": kind,
        "client-ref": "7001", "status-report-req": "1", "callback": "https://hub.example.cn/report?token=t0k",
    }  # fmt: skip


def test_yunpian_request() -> None:
    request = ours("yunpian").request(segment("【云片网】您的验证码是1234"))
    assert request.url == "https://sms.yunpian.com/v2/sms/single_send.json"
    assert fields(request.body) == {
        "apikey": "9b11127a9701975c734b8aee81ee3526", "mobile": "+8613800138000", "text": "【云片网】您的验证码是1234",
        "uid": "7001",
    }  # fmt: skip


@pytest.mark.parametrize(("want_report", "mask"), [(True, "19"), (False, "0")])
def test_kannel_request(want_report: bool, mask: str) -> None:
    request = ours("kannel").request(segment("您好 &", want_report=want_report, validity_s=7200), access_number="10690")
    assert request.method == "GET"
    assert request.url.startswith("http://127.0.0.1:13013/cgi-bin/sendsms?username=tester&password=se%26cret&")
    found = query_of(request)
    assert (found["from"], found["to"], found["text"], found["coding"]) == ("10690", "+8613800138000", "您好 &", "2")
    assert (found["charset"], found["validity"], found["dlr-mask"], "smsc" in found) == ("UTF-8", "120", mask, False)
    assert found["dlr-url"] == "https://hub.example.cn/report?token=t0k&id=7001&type=%d&to=%p&answer=%A"


@pytest.mark.parametrize(("number", "own"), [(1, "7001"), (2, "7001-2")])
def test_segments_that_go_alone_have_ids_of_their_own(number: int, own: str) -> None:
    one = segment("part", number=number, total=3)
    assert f"&id={own}&" in query_of(ours("kannel").request(one))["dlr-url"]
    assert ours("kannel").verdicts(202, "0: Accepted for delivery", one)[0].carrier_ids == (own,)


# --- answers -------------------------------------------------------------------------------------------------------

TENCENT_OK = """{"Response": {"SendStatusSet": [
  {"SerialNo": "5000:1045710669157053657849499619", "PhoneNumber": "+8618511122233", "Fee": 1,
   "SessionContext": "test", "Code": "Ok", "Message": "send success", "IsoCode": "CN"},
  {"SerialNo": "", "PhoneNumber": "+8618511122266", "Fee": 0, "SessionContext": "test",
   "Code": "LimitExceeded.PhoneNumberThirtySecondLimit", "Message": "too often", "IsoCode": "CN"}],
  "RequestId": "a0aabda6-cf91-4f3e-a81f-9198114a2279"}}"""

VONAGE_OK = """{"message-count":"1","messages":[{"to":"447700900000","message-id":"0A0000000123ABCD1","status":"0",
"remaining-balance":"3.14159265","message-price":"0.03330000","network":"12345"}]}"""

#: provider, HTTP status, body, outcome, ids, code, whether it refuses us
ANSWERS: list[tuple[str, int, str, Outcome, tuple[str, ...], int, bool]] = [
    ("aliyun", 200, '{"Message":"OK","RequestId":"2184201F","BizId":"123456^0","Code":"OK"}', Outcome.ACCEPTED,
     ("123456^0",), 0, False),
    ("aliyun", 200, '{"Message":"号码格式","RequestId":"1","Code":"isv.MOBILE_NUMBER_ILLEGAL"}', Outcome.PERMANENT, (),
     200, False),
    ("aliyun", 200, '{"Message":"触发","Code":"isv.BUSINESS_LIMIT_CONTROL"}', Outcome.TEMPORARY, (), 200, False),
    ("aliyun", 400, '{"Message":"denied","Code":"Throttling.User"}', Outcome.THROTTLED, (), 400, False),
    ("aliyun", 200, '{"Message":"余额","Code":"isv.AMOUNT_NOT_ENOUGH"}', Outcome.TEMPORARY, (), 200, True),
    ("aliyun", 404, '{"Code":"InvalidAccessKeyId.NotFound","Message":"no"}', Outcome.TEMPORARY, (), 404, True),
    ("aliyun", 200, "<html>", Outcome.UNCERTAIN, (), 200, False),
    ("aliyun", 200, "{}", Outcome.UNCERTAIN, (), 200, False),
    ("tencent", 200, '{"Response":{"Error":{"Code":"AuthFailure.SignatureFailure","Message":"x"},"RequestId":"e"}}',
     Outcome.TEMPORARY, (), 200, True),
    ("tencent", 200, '{"Response":{"Error":{"Code":"RequestLimitExceeded","Message":"x"}}}', Outcome.THROTTLED, (), 200,
     False),
    ("tencent", 200, '{"Response":{"Error":{"Code":"InvalidParameterValue.IncorrectPhoneNumber","Message":"x"}}}',
     Outcome.PERMANENT, (), 200, False),
    ("tencent", 200, '{"Response":{"Error":{"Code":"InternalError.Timeout","Message":"x"}}}', Outcome.UNCERTAIN, (),
     200, False),
    ("twilio", 201, '{"sid":"SM90c6","status":"queued","error_code":null,"error_message":null}', Outcome.ACCEPTED,
     ("SM90c6",), 0, False),
    ("twilio", 400, '{"code":21211,"message":"The \'To\' number is not valid.","more_info":"…","status":400}',
     Outcome.PERMANENT, (), 21211, False),
    ("twilio", 429, '{"code":20429,"message":"Too Many Requests","status":429}', Outcome.THROTTLED, (), 20429, False),
    ("twilio", 401, '{"code":20003,"message":"Authenticate","status":401}', Outcome.TEMPORARY, (), 20003, True),
    ("twilio", 500, "", Outcome.UNCERTAIN, (), 500, False),
    ("vonage", 200, VONAGE_OK, Outcome.ACCEPTED, ("0A0000000123ABCD1",), 0, False),
    ("vonage", 200, '{"message-count":"1","messages":[{"status":"2","error-text":"Missing to param"}]}',
     Outcome.PERMANENT, (), 2, False),
    ("vonage", 200, '{"message-count":"1","messages":[{"status":"1","error-text":"Throughput Rate Exceeded"}]}',
     Outcome.THROTTLED, (), 1, False),
    ("vonage", 200, '{"messages":[{"status":"0","message-id":"a"},{"status":"0","message-id":"b"}]}', Outcome.ACCEPTED,
     ("a", "b"), 0, False),
    ("vonage", 200, '{"messages":[{"status":"0","message-id":"a"},{"status":"5","error-text":"Internal"}]}',
     Outcome.UNCERTAIN, (), 5, False),
    ("yunpian", 200, '{"code":0,"msg":"发送成功","count":1,"fee":0.05,"unit":"RMB","sid":3310228982}',
     Outcome.ACCEPTED, ("3310228982",), 0, False),
    ("yunpian", 400, '{"http_status_code":400,"code":33,"msg":"同一手机号30秒内重复提交","detail":"过于频繁"}',
     Outcome.TEMPORARY, (), 33, False),
    ("yunpian", 400, '{"http_status_code":400,"code":-5,"msg":"访问频率超限"}', Outcome.THROTTLED, (), -5, False),
    ("yunpian", 400, '{"http_status_code":400,"code":-1,"msg":"非法的apikey"}', Outcome.TEMPORARY, (), -1, True),
    ("kannel", 202, "0: Accepted for delivery", Outcome.ACCEPTED, ("7001",), 0, False),
    ("kannel", 202, "3: Queued for later delivery", Outcome.ACCEPTED, ("7001",), 0, False),
    ("kannel", 403, "Authorization failed for sendsms", Outcome.TEMPORARY, (), 403, True),
    ("kannel", 503, "Temporal failure, try again later.", Outcome.TEMPORARY, (), 503, False),
    ("kannel", 400, "Missing receiver number, rejected", Outcome.PERMANENT, (), 400, False),
]  # fmt: skip


@pytest.mark.parametrize(("name", "status", "body", "outcome", "ids", "code", "is_refused"), ANSWERS)
def test_answers(
    name: str, status: int, body: str, outcome: Outcome, ids: tuple[str, ...], code: int, is_refused: bool
) -> None:
    verdict = ours(name).verdict(status, body)
    assert (verdict.outcome, verdict.carrier_ids, verdict.code, verdict.is_refused) == (outcome, ids, code, is_refused)
    assert (outcome is Outcome.ACCEPTED) == (not verdict.reason)


def test_answers_for_each_recipient() -> None:
    sent = [segment(recipient=it) for it in ("+8618511122266", "+8618511122233", "+8613800138000")]
    refused, accepted, missing = ours("tencent").verdicts(200, TENCENT_OK, *sent)
    assert (accepted.outcome, accepted.carrier_ids) == (Outcome.ACCEPTED, ("5000:1045710669157053657849499619",))
    assert (refused.outcome, refused.reason) == (
        Outcome.TEMPORARY, "LimitExceeded.PhoneNumberThirtySecondLimit: too often",
    )  # fmt: skip
    assert missing.outcome is Outcome.UNCERTAIN


@pytest.mark.parametrize(
    ("status", "after", "outcome"),
    [(429, None, Outcome.THROTTLED), (503, 3.0, Outcome.THROTTLED), (503, None, Outcome.TEMPORARY),
     (500, None, Outcome.UNCERTAIN), (502, None, Outcome.UNCERTAIN), (504, None, Outcome.UNCERTAIN),
     (599, None, Outcome.UNCERTAIN), (400, None, Outcome.PERMANENT), (302, None, Outcome.TEMPORARY),
     (404, None, Outcome.TEMPORARY)],
)  # fmt: skip
def test_http_alone(status: int, after: float | None, outcome: Outcome) -> None:
    assert ours("aliyun").verdict(status, "<html>", after).outcome is outcome


# --- callbacks -----------------------------------------------------------------------------------------------------

ALIYUN_REPORT = """[{"phone_number":"13900000001","send_time":"2017-01-01 11:12:13","report_time":"2017-02-02 22:23:24",
"success":true,"err_code":"DELIVERED","err_msg":"用户接收成功","sms_size":"1","biz_id":"12345","out_id":"67890"},
{"phone_number":"13900000002","success":false,"err_code":"UNDELIV","err_msg":"失败","biz_id":"12345"}]"""
ALIYUN_SMS = """[{"phone_number":"13900000001","send_time":"2017-01-01 11:12:13","content":"内容","sign_name":"签名",
"dest_code":"1234","sequence_id":1234567890}]"""
TENCENT_REPORT = """[{"user_receive_time":"2015-10-17 08:03:04","nationcode":"86","mobile":"13900000001",
"report_status":"SUCCESS","errmsg":"DELIVRD","description":"用户短信送达成功","sid":"5000:104571"}]"""
TENCENT_SMS = """{"extend":"123","mobile":"13900000001","nationcode":"86","sign":"短信签名","text":"用户回复的内容",
"time":1457336869}"""
YUNPIAN_REPORT = """[{"sid":9527,"uid":null,"user_receive_time":"2014-03-17 22:55:21","error_msg":"","mobile":
"15205201314","report_status":"SUCCESS"},{"sid":9528,"uid":null,"user_receive_time":"2014-03-17 22:55:23",
"error_msg":"DB:0103","mobile":"15212341234","report_status":"FAIL"}]"""
YUNPIAN_SMS = """{"id":"2a70c6bb4f2845da816ea1bfe5732747","mobile":"15200000000","reply_time":"2014-03-17 22:55:21",
"text":"收到了，谢谢！","extend":"01","base_extend":"8888","_sign":"SIGN"}"""
VONAGE_REPORT = """{"msisdn":"447700900000","to":"AcmeInc","network-code":"12345","messageId":"0A0000001234567B",
"price":"0.03330000","status":"delivered","scts":"2001011400","err-code":"0","api-key":"abcd1234",
"message-timestamp":"2020-01-01 12:00:00 +0000"}"""
VONAGE_SMS = """{"api-key":"abcd1234","msisdn":"447700900001","to":"447700900000","messageId":"0A0000000123ABCD1",
"text":"Hello world","type":"text","keyword":"HELLO","message-timestamp":"2020-01-01T12:00:00.000+00:00",
"concat":"true","concat-ref":"1","concat-total":"3","concat-part":"2"}"""


def form(name: str, text: str) -> str:
    return urlencode({name: text})


REPORTS: list[tuple[str, str, list[DeliveryReport]]] = [
    ("aliyun", ALIYUN_REPORT, [
        DeliveryReport("12345/8613900000001", ReportState.DELIVERED, "DELIVERED", "13900000001", "2017-02-02 22:23:24",
                       "用户接收成功"),
        DeliveryReport("12345/8613900000002", ReportState.FAILED, "UNDELIV", "13900000002", "", "失败"),
    ]),
    ("tencent", TENCENT_REPORT, [
        DeliveryReport("5000:104571", ReportState.DELIVERED, "DELIVRD", "+8613900000001", "2015-10-17 08:03:04",
                       "用户短信送达成功"),
    ]),
    ("yunpian", form("sms_status", YUNPIAN_REPORT), [
        DeliveryReport("9527", ReportState.DELIVERED, "SUCCESS", "15205201314", "2014-03-17 22:55:21"),
        DeliveryReport("9528", ReportState.FAILED, "DB:0103", "15212341234", "2014-03-17 22:55:23"),
    ]),
    ("vonage", VONAGE_REPORT, [
        DeliveryReport("0A0000001234567B", ReportState.DELIVERED, "0", "447700900000", "2001011400"),
    ]),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "reports"), REPORTS, ids=[it[0] for it in REPORTS])
def test_reports(name: str, body: str, reports: list[DeliveryReport]) -> None:
    assert ours(name).told("report", body) == (tuple(reports), ())


def test_yunpian_may_escape_twice() -> None:
    assert len(ours("yunpian").told("report", form("sms_status", quote(YUNPIAN_REPORT))).found) == 2


SMS: list[tuple[str, str, IncomingSms]] = [
    ("aliyun", ALIYUN_SMS, IncomingSms("1234567890", "13900000001", "1234", "内容", Alphabet.UCS2)),
    ("tencent", TENCENT_SMS, IncomingSms("", "+8613900000001", "123", "用户回复的内容", Alphabet.UCS2)),
    ("vonage", VONAGE_SMS, IncomingSms("0A0000000123ABCD1", "+447700900001", "447700900000", "Hello world",
                                       Alphabet.GSM7, Concat(1, 3, 2))),
]  # fmt: skip


@pytest.mark.parametrize(("name", "body", "sms"), SMS, ids=[it[0] for it in SMS])
def test_sms(name: str, body: str, sms: IncomingSms) -> None:
    assert ours(name).told("sms", body) == ((sms,), ())


@pytest.mark.parametrize(
    ("name", "body", "recipient"),
    [("aliyun", ALIYUN_SMS, "106901234"), ("tencent", TENCENT_SMS, "10690123"),
     ("tencent", TENCENT_SMS.replace('"123"', '""'), "10690")],
)  # fmt: skip
def test_an_extension_stands_behind_the_access_number(name: str, body: str, recipient: str) -> None:
    it = ours(name)
    it.access_number = "10690"
    (sms,) = it.told("sms", body).found
    assert sms.recipient == recipient


def test_yunpian_sms_is_signed() -> None:
    values = json.loads(YUNPIAN_SMS)
    del values["_sign"]
    key = ACCOUNTS["yunpian"]["api_key"]
    signature = hashlib.md5(",".join([*(values[it] for it in sorted(values)), key]).encode()).hexdigest()
    body = form("sms_reply", YUNPIAN_SMS.replace("SIGN", signature))
    expected = IncomingSms("2a70c6bb4f2845da816ea1bfe5732747", "15200000000", "888801", "收到了，谢谢！", Alphabet.UCS2)
    assert ours("yunpian").told("sms", body) == ((expected,), ())
    with pytest.raises(Turned, match="signature"):
        ours("yunpian").told("sms", form("sms_reply", YUNPIAN_SMS))


def signed_by_twilio(body: str, url: str) -> dict[str, str]:
    text = url + "".join(key + value for key, value in sorted(fields(body).items()))
    return {"x-twilio-signature": base64.b64encode(hmac.digest(b"12345", text.encode(), hashlib.sha1)).decode()}


@pytest.mark.parametrize(
    ("word", "state"),
    [("delivered", ReportState.DELIVERED), ("undelivered", ReportState.FAILED), ("failed", ReportState.FAILED),
     ("sent", None), ("queued", None)],
)  # fmt: skip
def test_twilio_report(word: str, state: ReportState | None) -> None:
    url = "https://hub.example.cn/report?token=t0k"
    body = f"SmsSid=SM1f&SmsStatus={word}&MessageStatus={word}&To=%2B15558675310&MessageSid=SM1f&AccountSid=AC2f"
    told = ours("twilio").told("report", body, headers=signed_by_twilio(body, url), url=url)
    assert told == ((DeliveryReport("SM1f", state, word, "+15558675310"),) if state else (), ())


def test_twilio_sms() -> None:
    url = "https://hub.example.cn/sms"
    body = "MessageSid=SM2a&From=%2B15558675310&To=%2B15557122661&Body=Hello+%26+you&NumMedia=0"
    (sms,) = ours("twilio").told("sms", body, headers=signed_by_twilio(body, url), url=url).found
    assert sms == IncomingSms("SM2a", "+15558675310", "+15557122661", "Hello & you", Alphabet.GSM7)


@pytest.mark.parametrize(("number", "state"), [("1", ReportState.DELIVERED), ("2", ReportState.FAILED),
                                               ("16", ReportState.FAILED), ("8", ReportState.ENROUTE)])  # fmt: skip
def test_kannel_report(number: str, state: ReportState) -> None:
    query = f"token=t0k&id=7001&type={number}&to=%2B8613800138000&answer=id%3A1+stat%3ADELIVRD"
    told = ours("kannel").told("report", query=query, method="GET")
    assert told.found == (DeliveryReport("7001", state, number, "+8613800138000", "", "id:1 stat:DELIVRD"),)


@pytest.mark.parametrize(
    ("coding", "text"), [("2", "%90%00%8B%A2"), ("0", "%E9%80%80%E8%AE%A2"), ("", "%E9%80%80%E8%AE%A2")]
)
def test_kannel_sms(coding: str, text: str) -> None:
    query = f"id=42&from=%2B8613800138000&to=10690&text={text}&coding={coding}"
    (sms,) = ours("kannel").told("sms", query=query, method="GET").found
    assert sms == IncomingSms("42", "+8613800138000", "10690", "退订", Alphabet.UCS2)

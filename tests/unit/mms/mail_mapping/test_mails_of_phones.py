"""Mails that were MMS: what carriers' gateways write is told from what people write at the same carrier."""

from __future__ import annotations

import pytest

from gateway.mail.facts import read_facts

RELATED = b'Content-Type: multipart/related; boundary="b"'
MIXED = b'Content-Type: multipart/mixed; boundary="b"'


@pytest.mark.parametrize(
    ("sender", "fields", "kind"),
    [
        (b"13800138000@139.com", [MIXED], "mms"),
        (b"+16125550100@tmomail.net", [RELATED], "mms"),
        (b"+16125550100/TYPE=PLMN@mms.att.net", [RELATED], "mms"),
        (b"13800138000@139.com", [MIXED, b"X-Mailer: Foxmail 7.2"], "mail"),
        (b"13800138000@139.com", [b"Content-Type: text/plain"], "mail"),  # words alone, as people write them
        (b"wang.wu@139.com", [MIXED], "mail"),
        (b"13800138000@elsewhere.example", [MIXED], "mail"),
        (b"13800138000@notmine139.com", [MIXED], "mail"),
        (b"wang@elsewhere.example", [b"X-Mms-Message-Type: MM4_forward.REQ"], "mms"),
        (
            b"wang@elsewhere.example",
            [b'Content-Type: multipart/related; start="<s>"; type="application/smil"; boundary="b"'],
            "mms",
        ),
        (b"wang@elsewhere.example", [b"Content-Type: multipart/mixed; boundary=application_smil"], "mail"),
        (b"", [], "mail"),
        (b"@", [MIXED], "mail"),
    ],
)
def test_what_a_phone_sent(sender: bytes, fields: list[bytes], kind: str) -> None:
    mail = b"\r\n".join([b"From: <" + sender + b">", *fields, b"", b"--b--", b""])
    assert read_facts(mail, 1_800_000_000_000).kind == kind

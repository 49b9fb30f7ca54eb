"""What the hub says in answer to a phone, and the lines it adds to mails, in the languages of the templates."""

from __future__ import annotations

from typing import Final

from templates.engine import FALLBACK, Template, sms_texts

_TEXTS: Final[dict[str, dict[str, str]]] = {
    "zh": {
        "explain": "{signature}没有找到您要回复的邮件，短信未转发。回?看帮助。",
        "help": "{signature}直接回复提醒短信即可回信。回0暂停提醒，回KT恢复，回?看帮助。",
        "sent_by_sms": "（由手机 {number} 短信回复）",
        "no_number": "通讯录里没有手机号码",
        "stopped": "对方已退订短信",
        "over_cap": "您今日的短信已达上限（{count}条）",
        "too_many": "发往该号码的短信今日已达上限（{count}条）",
        "expired": "手机在有效期内没有收到",
        "failed": "运营商拒收（{code}）",
    },
    "en": {
        "explain": "{signature}No mail was found that you could be answering; your SMS went nowhere. Reply ? for help.",
        "help": "{signature}Reply to a notice to answer the mail. Reply 0 to pause, KT to turn on again, ? for help.",
        "sent_by_sms": "(answered by SMS from {number})",
        "no_number": "no mobile number in your address book",
        "stopped": "this phone wants no SMS from us",
        "over_cap": "your SMS of today are used up ({count})",
        "too_many": "this phone has had all the SMS it may get today ({count})",
        "expired": "the phone could not be reached in time",
        "failed": "the carrier refused it ({code})",
    },
}
_TEMPLATES: Final = {
    language: {key: Template.parse(key, text, f"wording {language}") for key, text in texts.items()}
    for language, texts in _TEXTS.items()
}


def say(language: str, key: str, **fields: object) -> str:
    """The text under the key; {signature} is that of the language unless it is given."""
    template = _TEMPLATES.get(language, _TEMPLATES[FALLBACK])[key]
    if "signature" in template.fields and "signature" not in fields:
        fields["signature"] = sms_texts(language).render("signature")
    return template.fill(fields)

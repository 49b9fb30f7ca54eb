"""Names of properties that several modules go by. Pure."""

from __future__ import annotations

from typing import Final

#: Messengers that have a property of their own in 2.1 and among phones.
MESSENGER_NAMES: Final = {
    "qq": "X-QQ", "aim": "X-AIM", "icq": "X-ICQ", "xmpp": "X-JABBER", "msn": "X-MSN", "yahoo": "X-YAHOO",
    "skype": "X-SKYPE", "gadugadu": "X-GADUGADU", "groupwise": "X-GROUPWISE", "wechat": "X-WECHAT",
    "fetion": "X-FETION", "telegram": "X-TELEGRAM", "im": "X-MS-IMADDRESS",
}  # fmt: skip
#: Properties with parts between semicolons.
STRUCTURED: Final = frozenset({"N", "ADR", "ORG"})
#: Properties that are lists between commas.
CATEGORY_LISTS: Final = frozenset({"CATEGORIES", "NICKNAME", "X-NICKNAME"})

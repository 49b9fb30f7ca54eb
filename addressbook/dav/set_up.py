"""Setting a phone up in one tap: Apple's profiles, and links that DAVx5 opens. Pure.

Both carry a password of the device's own, which the member can take back without changing theirs.
"""

from __future__ import annotations

import plistlib
import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlsplit

from addressbook.dav.paths import principal_path
from gateway.core.dav_clients import SetUpState, Step, Trouble

PROFILE_TYPE: Final = "application/x-apple-aspen-config"
_IDS: Final = uuid.UUID("0f4de9de-9a0e-5c0b-8a4a-2f3f54f0a6c1")


@dataclass(frozen=True, slots=True)
class Access:
    """How a device reaches a member's books."""

    host: str
    port: int  # 443 for https, 80 for http need not be said
    is_private: bool  # https
    user: str
    password: str

    def __repr__(self) -> str:
        return f"Access({self.host!r}, {self.user!r})"

    @classmethod
    def at(cls, page_url: str, user: str, password: str) -> Access:
        """By the address under which phones reach the web door."""
        parts = urlsplit(page_url)
        is_private = parts.scheme == "https"
        return cls(parts.hostname or "localhost", parts.port or (443 if is_private else 80), is_private, user, password)

    @property
    def authority(self) -> str:
        """Host and port as they stand in an address."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (443 if self.is_private else 80) else f"{host}:{self.port}"

    @property
    def url(self) -> str:
        """The address for programs that want one typed in."""
        return f"{'https' if self.is_private else 'http'}://{self.authority}/dav/"


def davx5_link(access: Access) -> str:
    """The link that DAVx5 opens with everything filled in: davx5:// over TLS, carddav:// without."""
    scheme = "davx5" if access.is_private else "carddav"
    return f"{scheme}://{quote(access.user, safe='')}:{quote(access.password, safe='')}@{access.authority}/dav/"


def apple_profile(access: Access, title: str) -> bytes:
    """A configuration profile with a contacts account (payload com.apple.carddav.account).

    Its ids are made of host and user, so that installing it again replaces the account and does not double it.
    """
    name = f"{access.user}@{access.host}"
    inner, outer = (str(uuid.uuid5(_IDS, f"{part} {name}")).upper() for part in ("account", "profile"))
    reverse = ".".join(reversed(access.host.split("."))) if ":" not in access.host else "caiyou"
    return plistlib.dumps(
        {
            "PayloadContent": [
                {
                    "PayloadType": "com.apple.carddav.account",
                    "PayloadVersion": 1,
                    "PayloadIdentifier": f"{reverse}.caiyou.carddav.{inner}",
                    "PayloadUUID": inner,
                    "PayloadDisplayName": title,
                    "CardDAVAccountDescription": title,
                    "CardDAVHostName": access.host,
                    "CardDAVPort": access.port,
                    "CardDAVUseSSL": access.is_private,
                    "CardDAVUsername": access.user,
                    "CardDAVPassword": access.password,
                    "CardDAVPrincipalURL": principal_path(access.user),
                }
            ],
            "PayloadType": "Configuration",
            "PayloadVersion": 1,
            "PayloadIdentifier": f"{reverse}.caiyou.{outer}",
            "PayloadUUID": outer,
            "PayloadDisplayName": title,
            "PayloadDescription": title,
            "PayloadRemovalDisallowed": False,
        }
    )


#: What a page says of a set-up, in English and Chinese.
_STEPS: Final = {
    Step.WAITING: ("Waiting for your phone …", "正在等待您的手机连接……"),
    Step.SIGNED_IN: ("Your phone has signed in; now it fetches the address book …", "手机已登录，正在同步通讯录……"),
    Step.SYNCED: ("Your phone is connected.", "手机已连接，通讯录已同步。"),
}
_TROUBLES: Final = {
    Trouble.PASSWORD: (
        "A phone came with a wrong user name or password. The user name is your whole mail address.",
        "手机提供的用户名或密码不正确。用户名是完整的邮件地址。",
    ),
    Trouble.OTHER_ACCOUNT: (
        "The phone asks for somebody else's address book: the address in its settings has another user name in it.",
        "手机请求的是他人的通讯录：设置中的地址含有另一个用户名。",
    ),
    Trouble.NO_BOOK: (
        "The phone asks for an address book that is not here: leave only the name of the server in its settings.",
        "手机请求的通讯录不存在：请在设置中只填写服务器名称。",
    ),
    Trouble.READ_ONLY: (
        "The phone wants to change an address book that you can only read.",
        "手机试图修改您只能查看的通讯录。",
    ),
    Trouble.FULL: ("The address book is full.", "通讯录已满。"),
    Trouble.TOO_LARGE: (
        "A contact of the phone is too large; most often it is the photo.",
        "手机上有一位联系人过大，多半是头像过大。",
    ),
    Trouble.BAD_CARD: (
        "The phone sends a contact that cannot be read.",
        "手机发来一位无法识别的联系人。",
    ),
    Trouble.TOO_FAST: ("The phone asks too often; it goes on in a minute.", "手机请求过于频繁，稍后会自动继续。"),
    Trouble.SERVER: (
        "Something is wrong here, not with the phone; it tries again by itself.",
        "服务器暂时出错，手机会自动重试。",
    ),
}


def words(state: SetUpState, language: str) -> str:
    """What to tell the member, in Chinese (`zh`) or else English."""
    chinese = language.startswith("zh")
    said = [_STEPS[state.step][chinese]] if state.step in _STEPS else []
    if state.trouble is not None:
        said.append(_TROUBLES[state.trouble][chinese])
    return ("" if chinese else " ").join(said)

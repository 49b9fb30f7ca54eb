"""Setting a phone up in one tap: Apple's profiles, and links that DAVx5 opens. Pure.

Both carry a password of the device's own, which the member can take back without changing theirs.
"""

from __future__ import annotations

import plistlib
import uuid
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote

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


def apple_profile(access: Access, title: str, principal: str) -> bytes:
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
                    "CardDAVPrincipalURL": principal,
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

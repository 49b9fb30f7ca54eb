"""Options that accounts of CMPP, SGIP and SMGP share are refused alike, by name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from carriers.cmpp.config import CmppConfig
from carriers.sgip.config import SgipConfig
from carriers.smgp.config import SmgpConfig
from gateway.core.errors import ConfigError

ACCOUNTS = {
    "cmpp": partial(CmppConfig, "g", "900001", secret=""),
    "smgp": partial(SmgpConfig, "g", "10650001", secret=""),
    "sgip": partial(SgipConfig, "g", "sp", password="", node_id=3010092008),
}


@pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)
@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("number_form", "0086"),
        ("chinese_alphabet", "big5"),
        ("ascii_as", "latin1"),
        ("access_number", "1" * 22),
        ("access_number", "10657\0"),
        ("access_number", "１０６５７"),
        ("clock_offset_h", 14.5),
        ("clock_offset_h", -12.5),
    ],
)
def test_what_no_account_may_say(account: Callable[..., Any], key: str, value: object) -> None:
    with pytest.raises(ConfigError, match=key):
        account(**{key: value})


@pytest.mark.parametrize("account", ACCOUNTS.values(), ids=ACCOUNTS)
def test_what_every_account_may_say(account: Callable[..., Any]) -> None:
    for number_form in ("national", "86", "+86"):
        config = account(number_form=number_form, chinese_alphabet="gbk", ascii_as="ascii", clock_offset_h=5.75)
        assert config.zone.utcoffset(None).total_seconds() == 5.75 * 3600

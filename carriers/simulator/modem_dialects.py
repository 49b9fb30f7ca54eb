"""How modems of several makers differ: what they call themselves, refuse, say unasked, and where they keep messages.

After the makers' command manuals: Huawei E173, SIMCom SIM800L, Quectel EC25, Wavecom Q2687.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final


@dataclass(frozen=True, slots=True)
class Dialect:
    """One make of modem. Lines are without their line ends; `{iccid}` and `{imei}` are filled in."""

    manufacturer: str
    model: str
    revision: str
    #: Command -> lines of its answer, for what makers do each in their own way.
    own: dict[str, tuple[str, ...]]
    #: Beginnings of commands that are refused.
    refused: tuple[str, ...] = ()
    refusal: str = "ERROR"
    #: What is said at the start, unasked.
    boot: tuple[str, ...] = ()
    #: What is said now and then, unasked.
    chatter: tuple[str, ...] = ()
    #: Storage -> places in it, the first being where messages are received at the start.
    storages: dict[str, int] = field(default_factory=lambda: {"ME": 50, "SM": 20})
    #: Where messages can be received.
    receiving: tuple[str, ...] = ("ME", "SM")
    #: Values of +CNMI that it takes: mode, bm, ds.
    modes: tuple[int, ...] = (0, 1, 2)
    broadcasts: tuple[int, ...] = (0, 2)
    reports: tuple[int, ...] = (0, 1, 2)
    full: str = ""  # what it says when a storage is full, `{storage}` filled in
    packed_ussd: bool = False
    speaks_verbose: bool = False  # +CMS ERROR with words despite +CMEE=1


DIALECTS: Final = {
    "huawei": Dialect(
        manufacturer="huawei",
        model="E173",
        revision="11.126.16.04.00",
        own={
            "AT^ICCID?": ("^ICCID: {iccid}F",),
            "AT+CGSN": ("{imei}",),
            "AT^CURC=0": (),
            "AT^CURC=1": (),
            "AT^PORTSEL=1": (),
        },
        refused=("AT+CCID", "AT+QCCID", "AT+ICCID", "AT$QCCID", "AT+CEREG", "AT+CPINR"),
        refusal="COMMAND NOT SUPPORT",
        boot=("^SRVST:2", "^MODE:5,4", "^BOOT:20258014,0,0,0,75"),
        chatter=("^RSSI:18", "^DSFLOWRPT:0000000C,00000000,00000000,00000000", "^BOOT:20258014,0,0,0,75"),
        broadcasts=(0,),
        full='^SMMEMFULL: "{storage}"',
        packed_ussd=True,
    ),
    "simcom": Dialect(
        manufacturer="SIMCOM_Ltd",
        model="SIMCOM_SIM800L",
        revision="Revision:1418B05SIM800L24",
        own={"AT+CCID": ("{iccid}f",), "AT+CGSN": ("{imei}",)},
        refused=("AT^", "AT+QCCID", "AT+ICCID", "AT$", "AT+CEREG", "AT+CPINR"),
        boot=("RDY", "+CFUN: 1", "+CPIN: READY", "Call Ready", "SMS Ready"),
        chatter=(
            '+CIEV: 10,"46000","CHINA MOBILE","CHINA MOBILE", 0, 0',
            "DST: 0",
            '*PSUTTZ: 26,11,25,03,10,05,"+32",0',
        ),
        full="+SMS FULL",
    ),
    "quectel": Dialect(
        manufacturer="Quectel",
        model="EC25",
        revision="EC25EFAR06A03M4G",
        own={"AT+QCCID": ("+QCCID: {iccid}",), "AT+CGSN": ("{imei}",), "AT+CPINR": ("+CPINR: SIM PIN,{left},3",)},
        refused=("AT^", "AT+CCID", "AT+ICCID", "AT$"),
        boot=("RDY", "+QUSIM: 1", "+CFUN: 1", "+QIND: PB DONE", "+QIND: SMS DONE"),
        chatter=('+QIND: "csq",20,99', '+QIND: "act","LTE"'),
        storages={"ME": 255, "SM": 50},
        reports=(0, 1, 2),
        full='+QIND: "smsfull","{storage}"',
    ),
    "wavecom": Dialect(
        manufacturer=" WAVECOM MODEM",
        model=" MULTIBAND  900E  1800 ",
        revision="657e09gg.Q2687F 1970848 072808 17:37",
        own={"AT+CCID": ('+CCID: "{iccid}"',), "AT+CGSN": ('+CGSN: "{imei}"',)},
        refused=("AT^", "AT+QCCID", "AT+ICCID", "AT$", "AT+CEREG", "AT+CMMS", "AT+CNUM", "AT+CPINR"),
        boot=("+WIND: 3", "+WIND: 4"),
        chatter=("+WIND: 5,1", "+WIND: 7"),
        storages={"SM": 20, "SR": 10},
        receiving=("SM",),
        broadcasts=(0,),
        reports=(0, 2),
        speaks_verbose=True,
    ),
}

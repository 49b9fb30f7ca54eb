"""The codecs against smpplib: PDUs encoded and decoded a second in one process."""

from __future__ import annotations

import argparse
import json
import statistics
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import smpplib.consts
import smpplib.smpp

from carriers.cmpp import codec as cmpp
from carriers.cmpp.pdu import Version
from carriers.smpp import pdu as smpp

SUBMIT_SM = bytes.fromhex(
    "00000046000000040000000000000002000500494e464f0001013836313338303031333830303000"
    "000000000001000800149a8c8bc178010020003100320033003400350036"
)
#: CMPP 2.0 SUBMIT of a UCS-2 text (a published fixture of an open library).
CMPP_SUBMIT = bytes.fromhex(
    "000000bd00000004000000170000000000000000010101017465737400000000000002313335303030303236"
    "3936000000000000000000000000083930303030313032313000000000313531313035313331353535313031"
    "2b00000000000000000000000000000000000039303030303100000000000000000000000000000001313335"
    "3030303032363936000000000000000000001e6d4b8bd50067006f0063006d00700070002000730075006200"
    "6d006900740000000000000000"
)


def per_second(call: Callable[[], object], seconds: float = 1.0) -> float:
    """Calls a second."""
    count, end = 0, time.perf_counter() + seconds
    start = time.perf_counter()
    while time.perf_counter() < end:
        for _ in range(500):
            call()
        count += 500
    return count / (time.perf_counter() - start)


def smpplib_encode() -> Callable[[], object]:
    fields: dict[str, Any] = {
        "source_addr_ton": 5,
        "source_addr": "INFO",
        "dest_addr_ton": 1,
        "dest_addr_npi": 1,
        "destination_addr": "8613800138000",
        "short_message": SUBMIT_SM[-20:],
        "data_coding": 8,
        "registered_delivery": True,
    }
    return lambda: smpplib.smpp.make_pdu("submit_sm", client=_Client(), **fields).generate()


class _Client:
    """What smpplib asks its client for."""

    def next_sequence(self) -> int:
        return 2

    sequence = 2


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--json", default="")
    options = parser.parse_args()
    submit = smpp.decode(SUBMIT_SM)
    sequence, cmpp_submit = cmpp.decode(CMPP_SUBMIT, Version.V2)
    calls: dict[str, Callable[[], object]] = {
        "smpplib encode submit_sm": smpplib_encode(),
        "smpplib decode submit_sm": lambda: smpplib.smpp.parse_pdu(
            SUBMIT_SM, client=_Client(), allow_unknown_opt_params=True
        ),
        "caiyou encode submit_sm": lambda: submit.encode(2),
        "caiyou decode submit_sm": lambda: smpp.decode(SUBMIT_SM),
        "caiyou encode CMPP SUBMIT": lambda: cmpp.encode(cmpp_submit, sequence, Version.V2),
        "caiyou decode CMPP SUBMIT": lambda: cmpp.decode(CMPP_SUBMIT, Version.V2),
    }
    rows = {}
    for name, call in calls.items():
        rows[name] = round(statistics.median(per_second(call) for _ in range(options.runs)))
        peer = rows.get("smpplib " + " ".join(name.split()[1:]))
        ratio = f"   {rows[name] / peer:.1f} x smpplib" if peer and name.startswith("caiyou") else ""
        print(f"{name:28} {rows[name]:9}/s{ratio}", flush=True)
    if options.json:
        Path(options.json).write_text(json.dumps({"bench": "codec", "per_s": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()

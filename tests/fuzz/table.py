"""Everything that is fuzzed, by name."""

from __future__ import annotations

from tests.fuzz.target import Target
from tests.fuzz.targets import (
    addresses,
    carrier_side,
    cmpp,
    handsets,
    http_providers,
    mime,
    modem,
    peer_lines,
    receipts,
    reports,
    sgip,
    smgp,
    smpp,
    smpp_session,
    summary,
    text,
    tpdu,
    traces,
    wap_push,
    wire_json,
)

TARGETS: dict[str, Target] = {
    "smpp": smpp.TARGET,
    "smpp_session": smpp_session.TARGET,
    "cmpp2": cmpp.TARGET_2,
    "cmpp3": cmpp.TARGET_3,
    "carrier_side": carrier_side.TARGET,
    "peer_lines": peer_lines.TARGET,
    "wire_json": wire_json.TARGET,
    "text": text.TARGET,
    "mime": mime.TARGET,
    "addresses": addresses.TARGET,
    "summary": summary.TARGET,
    "receipts": receipts.TARGET,
    "reports": reports.TARGET,
    "tpdu": tpdu.TARGET,
    "modem": modem.TARGET,
    "smgp": smgp.TARGET,
    "traces": traces.TARGET,
    "wap_push": wap_push.TARGET,
    "handsets": handsets.TARGET,
    "sgip": sgip.TARGET,
    "sgip_calls": sgip.CALLS,
    "http_answers": http_providers.ANSWERS,
    "http_calls": http_providers.CALLS,
    "http_descriptions": http_providers.DESCRIPTIONS,
}

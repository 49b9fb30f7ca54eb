"""python-gsmmodem drives our emulated modem over a pseudo-terminal."""

from __future__ import annotations

import json
import subprocess
import sys
import time

import pytest
from emulated_modems import Emulated, emulated_modems

from carriers.simulator.modem_dialects import DIALECTS

pytestmark = pytest.mark.interop

# In a process of its own: the library starts threads that outlive its modem, and warns about itself.
CLIENT = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
from gsmmodem.modem import GsmModem
came = []
modem = GsmModem(sys.argv[1], 115200, smsReceivedCallbackFunc=lambda sms: came.append([sms.number, sms.text]))
modem.connect(waitingForModemToStartInSeconds=1)
print(json.dumps({"imei": modem.imei, "network": modem.networkName, "signal": modem.signalStrength}), flush=True)
sent = modem.sendSms("+8613900139000", sys.argv[2], waitForDeliveryReport=False)
print(json.dumps({"reference": getattr(sent, "reference", None)}), flush=True)
until = time.monotonic() + 15
while len(came) < 2 and time.monotonic() < until:
    time.sleep(0.05)
print(json.dumps({"came": came}), flush=True)
modem.close()
"""


@pytest.mark.parametrize("dialect", [it for it in DIALECTS if it != "wavecom"])  # it insists on the storage ME
def test_the_library_sends_and_receives(dialect: str) -> None:
    with emulated_modems(dialect) as modems:
        answers = _play(modems)
        assert modems.texts() == [("+8613900139000", "hello 你好")]
    assert answers[0] == {"imei": "861234050000007", "network": "CHINA MOBILE", "signal": 20}
    assert answers[1] == {"reference": 0}
    assert sorted(answers[2]["came"]) == [["+8613800138009", "first"], ["+8613800138009", "second, 你好"]]


def _play(modems: Emulated) -> list[dict[str, object]]:
    client = subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", CLIENT, modems.path, "hello 你好"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert client.stdout is not None
    answers = [client.stdout.readline() for _ in range(2)]
    # A notice within one of its answers would be lost by the library: one message after the other.
    for text in ("first", "second, 你好"):
        modems.call(lambda modem, now, text=text: modem.say("+8613800138009", text, now))
        time.sleep(1.0)
    rest, errors = client.communicate(timeout=40)
    assert client.returncode == 0, errors
    return [json.loads(line) for line in [*answers, *rest.splitlines()]]

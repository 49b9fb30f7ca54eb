"""curl posts MM7 to our doors: another's HTTP, Basic and Digest, bodies sent at once or when they are asked for."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from carriers.simulator.config import Account, SimulatorConfig
from carriers.simulator.server import Simulator
from mms.codec.mm7 import packaging
from mms.codec.mm7.dialect import Dialect
from mms.codec.mm7.messages import SubmitRsp
from tests.interop.need import need
from tests.unit.mms.codec.mm7 import mm7_samples as samples


@pytest.mark.parametrize("auth", ["basic", "digest"])
@pytest.mark.parametrize(
    "more", [[], ["-H", "Expect: 100-continue"], ["-H", "Transfer-Encoding: chunked"], ["--http1.0"]]
)
async def test_curl_submits(tmp_path: Path, auth: str, more: list[str]) -> None:
    curl = need("curl")
    account = Account("mm7", "vasp1", "s3cret")
    simulator = Simulator(SimulatorConfig(mm7_port=0, mm7_auth=auth, accounts=(account,)))
    await simulator.start()
    path = tmp_path / "submit"
    path.write_bytes(samples.MBUNI_SUBMIT)
    try:
        url = f"http://127.0.0.1:{simulator.ports['mm7']}/mm7"
        process = await asyncio.create_subprocess_exec(
            *(curl, "-sS", "-m", "10", f"--{auth}", "-u", "vasp1:s3cret", "-H", 'SOAPAction: ""'),
            *("-H", f"Content-Type: {samples.MBUNI_SUBMIT_TYPE}", "--data-binary", f"@{path}", *more, url),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        answer = packaging.unpack("text/xml", said, Dialect())
        assert isinstance(answer.message, SubmitRsp)
        assert (answer.transaction_id, answer.message.status.code) == ("tx-0001", 1000)
        assert simulator.mmsc is not None
        (got,) = {one.number for one in simulator.mmsc.received if one.number.startswith("+1555")}
        assert got == "+15551230001"
        assert simulator.mmsc.received[0].body.parts[0].data == b"Hi there"
    finally:
        await simulator.stop()


@pytest.mark.parametrize("auth", ["basic", "digest"])
async def test_curl_with_a_wrong_password(auth: str) -> None:
    curl = need("curl")
    account = Account("mm7", "vasp1", "s3cret")
    simulator = Simulator(SimulatorConfig(mm7_port=0, mm7_auth=auth, accounts=(account,)))
    await simulator.start()
    try:
        process = await asyncio.create_subprocess_exec(
            *(curl, "-sS", "-m", "10", f"--{auth}", "-u", "vasp1:wrong", "-o", "/dev/null", "-w", "%{http_code}"),
            *("--data-binary", "x", f"http://127.0.0.1:{simulator.ports['mm7']}/mm7"),
            stdout=asyncio.subprocess.PIPE,
        )
        said, _ = await process.communicate()
        assert said == b"401"
    finally:
        await simulator.stop()

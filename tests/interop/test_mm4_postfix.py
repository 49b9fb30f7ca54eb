"""MM4 through a stock Postfix, there and back, and mails brought by swaks."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from carriers.mm4.config import Mm4Config
from gateway.core.messages import Outcome, ReportState
from mms.codec.mm4 import DeliveryReport, MmStatus
from tests.fakes.mm4 import BODY, Noted, free_port, make_link, segment, until
from tests.fakes.postfix import open_postfix
from tests.interop.need import need
from tests.unit.mms.codec.mm4_mails import MBUNI_FORWARD, as_sent

pytestmark = pytest.mark.interop

OURS, THEIRS = "mms.mnc000.mcc460.gprs", "mms.mnc006.mcc260.gprs"
TRANSPORTS = "inline:{{ {ours}=smtp:[127.0.0.1]:{our_port}, {theirs}=smtp:[127.0.0.1]:{their_port} }}"


async def test_postfix_in_the_middle() -> None:
    need("postfix")
    if os.geteuid() != 0:
        pytest.skip("Postfix starts only as root")
    ports = {OURS: free_port(), THEIRS: free_port()}
    transport_maps = TRANSPORTS.format(ours=OURS, our_port=ports[OURS], theirs=THEIRS, their_port=ports[THEIRS])
    # A line of its own behind the relay's: a reload would race with the start.
    async with open_postfix(f"smtp:[127.0.0.1]:9\ntransport_maps = {transport_maps}") as postfix:
        ends = []
        for own, peer in ((OURS, THEIRS), (THEIRS, OURS)):
            config = Mm4Config(
                peer_domain=peer, own_domain=own, host="127.0.0.1", port=postfix.port, listen_port=ports[own],
                listen_allow=("127.0.0.1",),
            )  # fmt: skip
            noted = Noted()
            ends.append((make_link(config, noted), noted, config))
        (ours, noted, _), (theirs, their_noted, their_config) = ends
        running = [asyncio.create_task(link.run()) for link, _, _ in ends]
        try:
            await until(lambda: ours.is_up and theirs.is_up)
            for number in range(1, 6):
                ours.submit(segment(number))
            ours.flush()
            try:
                await until(lambda: len(noted.answers) == 5, 30)
            except AssertionError:
                pytest.fail(postfix.log())
            assert {answer.outcome for answer in noted.answers} == {Outcome.ACCEPTED}
            assert sorted(arrived.mms.carrier_id for arrived in their_noted.mms) == [
                f"{n}.1@{OURS}" for n in range(1, 6)
            ]
            for arrived in their_noted.mms:
                assert arrived.mms.body == BODY
                assert (arrived.mms.sender, arrived.mms.subject) == ("10657000", "生日快乐")
                assert arrived.mms.recipients[0].startswith("+44790000000")
            report = DeliveryReport(
                "r1", f"1.1@{OURS}", "+447900000001", ("10657000",), originator_system=their_config.system,
                status=MmStatus.RETRIEVED,
            )  # fmt: skip
            theirs.tell(report)
            (told,) = await until(lambda: noted.reports, 30)
            assert (told.report.carrier_id, told.report.state) == (f"1.1@{OURS}", ReportState.DELIVERED)
            assert not noted.misbehaviour + their_noted.misbehaviour
        finally:
            for link, _, _ in ends:
                await link.stop()
            await asyncio.gather(*running)


async def test_swaks_brings_a_mail_with_login_over_tls(tmp_path: Path) -> None:
    swaks = need("swaks")
    need("openssl")
    from tests.fakes.certificates import make_certificate

    made = make_certificate(tmp_path)
    port = free_port()
    config = Mm4Config(
        peer_domain=THEIRS, own_domain=OURS, host="127.0.0.1", port=port, listen_port=port, listen_user="peer",
        listen_password="secret", listen_certificate=made.certificate, listen_key=made.key,
    )  # fmt: skip
    noted = Noted()
    link = make_link(config, noted)
    running = asyncio.create_task(link.run())
    mail = tmp_path / "mail"
    # swaks takes what begins with + for an option of its own, so the number has none.
    mail.write_bytes(as_sent(MBUNI_FORWARD.replace(b"X-Mms-Ack-Request: Yes", b"X-Mms-Ack-Request: No")))
    try:
        await until(lambda: link.is_up)
        arguments = [
            swaks, "--server", "127.0.0.1", "--port", str(port), "--tls", "--from", "system@mmsc.a.example",
            "--to", f"15551230001/TYPE=PLMN@{OURS}", "--data", f"@{mail}", "--auth", "LOGIN", "--auth-user", "peer",
        ]  # fmt: skip

        async def bring(password: str) -> tuple[int | None, str]:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                "--auth-password",
                password,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.STDOUT,
            )
            output, _ = await process.communicate()
            return process.returncode, output.decode()

        code, output = await bring("wrong")
        assert code != 0, output
        assert "535" in output
        assert not noted.mms
        code, output = await bring("secret")
        assert code == 0, output
    finally:
        await link.stop()
        await running
    (arrived,) = noted.mms
    assert (arrived.mms.sender, arrived.mms.recipients) == ("+15551230009", ("15551230001",))
    assert arrived.mms.body.parts[0].data == b"Hi there"

"""A Postfix of its own: configuration, queue and mailboxes in a directory that goes away with it. Needs root."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from tests.fakes.certificates import make_certificate

MAIN = """
compatibility_level = 3.7
queue_directory = {base}/queue
data_directory = {base}/data
maillog_file = {base}/log
maillog_file_prefixes = {base}
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.far.example
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
local_recipient_maps =
virtual_mailbox_domains = far.example
virtual_mailbox_maps = inline:{{ a@far.example=a/, b@far.example=b/, 用户@far.example=u/ }}
virtual_mailbox_base = {base}/mail
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
relay_domains = mail.example
relay_transport = {relay_transport}
smtp_tls_security_level = may
lmtp_tls_security_level = none
smtpd_tls_security_level = may
smtpd_tls_received_header = yes
smtpd_tls_cert_file = {base}/cert.pem
smtpd_tls_key_file = {base}/key.pem
smtpd_recipient_restrictions = permit_mynetworks, reject_unauth_destination
smtpd_reject_unlisted_recipient = yes
smtputf8_enable = yes
smtp_address_preference = ipv4
"""

MASTER = """
{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
smtp unix - - n - - smtp
lmtp unix - - n - - lmtp
virtual unix - n n - - virtual
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
proxymap unix - - n - - proxymap
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A Postfix that takes mail for far.example and passes mail for mail.example to the hub."""

    port: int
    base: Path

    def mails(self, mailbox: str) -> list[bytes]:
        """What was delivered to a mailbox."""
        return [path.read_bytes() for path in sorted((self.base / "mail" / mailbox / "new").glob("*"))]

    def log(self) -> str:
        """What it logged."""
        path = self.base / "log"
        return path.read_text() if path.exists() else ""


@contextlib.asynccontextmanager
async def open_postfix(relay_transport: str = "smtp:[127.0.0.1]:9") -> AsyncIterator[Postfix]:
    """Start it, and stop and remove it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    # Not below pytest's own directory: that one is closed to Postfix's user.
    base = Path(tempfile.mkdtemp(prefix="caiyou-postfix-"))
    try:
        base.chmod(0o755)
        for name in ("etc", "queue", "data", "mail"):
            (base / name).mkdir(mode=0o755)
        shutil.chown(base / "data", "postfix")
        os.chown(base / "mail", 65534, 65534)
        make_certificate(base)
        (base / "etc/main.cf").write_text(MAIN.format(base=base, relay_transport=relay_transport))
        (base / "etc/master.cf").write_text(MASTER.format(port=port))
        await _postfix(base, "start")
        try:
            yield Postfix(port, base)
        finally:
            await _postfix(base, "stop")
    finally:
        shutil.rmtree(base, ignore_errors=True)


async def _postfix(base: Path, command: str) -> None:
    path = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
    process = await asyncio.create_subprocess_exec(
        "/usr/sbin/postfix",
        "-c",
        str(base / "etc"),
        command,
        env={"PATH": path, "LC_ALL": "C"},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, told = await process.communicate()
    log = base / "log"
    assert process.returncode == 0, told.decode() + (log.read_text() if log.exists() else "")

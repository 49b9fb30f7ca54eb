"""A Dovecot of a test's own: one member's mailbox by POP3 and IMAP, with a certificate that the test can trust."""

from __future__ import annotations

import asyncio
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

USER, PASSWORD = "li", "s3cret-pass"
_CONFIG = """
base_dir = {dir}/run
state_dir = {dir}/state
log_path = {dir}/log
protocols = imap pop3
listen = 127.0.0.1
ssl = required
ssl_cert = <{dir}/cert.pem
ssl_key = <{dir}/key.pem
mail_location = maildir:{dir}/mail
mail_uid = {uid}
mail_gid = {gid}
first_valid_uid = 1
first_valid_gid = 1
default_internal_user = {user}
default_internal_group = {group}
default_login_user = {user}
pop3_uidl_format = %g
passdb {{
  driver = static
  args = password={password}
}}
userdb {{
  driver = static
  args = uid={uid} gid={gid} home={dir}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {imap}
  }}
  inet_listener imaps {{
    port = {imaps}
    ssl = yes
  }}
}}
service pop3-login {{
  chroot =
  inet_listener pop3 {{
    port = {pop3}
  }}
  inet_listener pop3s {{
    port = {pop3s}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
service stats {{
  chroot =
}}
"""


@dataclass(frozen=True, slots=True)
class Dovecot:
    """Where it listens, and the Maildir that it serves."""

    directory: Path
    ports: dict[str, int]  # imap, imaps, pop3, pop3s

    @property
    def certificate(self) -> Path:
        """What a client has to trust."""
        return self.directory / "cert.pem"

    def deliver(self, name: str, data: bytes) -> None:
        """Put a mail into the mailbox."""
        path = self.directory / "mail" / "new" / name
        path.write_bytes(data)
        if os.getuid() == 0:
            user = pwd.getpwnam("nobody")
            os.chown(path, user.pw_uid, user.pw_gid)

    @property
    def mails(self) -> list[str]:
        """Names of the mails that are there."""
        folders = (self.directory / "mail" / part for part in ("new", "cur"))
        return sorted(path.name.partition(":")[0] for folder in folders for path in folder.iterdir())


@asynccontextmanager
async def dovecot() -> AsyncIterator[Dovecot]:
    """A running one."""
    directory = Path(tempfile.mkdtemp(prefix="dovecot-"))
    is_root = os.getuid() == 0
    owner = pwd.getpwnam("nobody") if is_root else pwd.getpwuid(os.getuid())
    ports = {name: _free_port() for name in ("imap", "imaps", "pop3", "pop3s")}
    _certificate(directory)
    for part in ("cur", "new", "tmp"):
        (directory / "mail" / part).mkdir(parents=True)
    if is_root:
        directory.chmod(0o755)
        for path in (directory / "mail", *(directory / "mail").iterdir()):
            os.chown(path, owner.pw_uid, owner.pw_gid)
    group = "dovecot" if is_root else _group_name(owner.pw_gid)
    user = "dovecot" if is_root else owner.pw_name
    config = directory / "dovecot.conf"
    config.write_text(
        _CONFIG.format(
            dir=directory, uid=owner.pw_uid, gid=owner.pw_gid, user=user, group=group, password=PASSWORD, **ports
        )
    )
    process = await asyncio.create_subprocess_exec("dovecot", "-F", "-c", str(config))
    try:
        await _until_it_listens(ports["pop3s"], directory / "log")
        yield Dovecot(directory, ports)
    finally:
        process.terminate()
        await process.wait()
        shutil.rmtree(directory, ignore_errors=True)


async def _until_it_listens(port: int, log: Path) -> None:
    for _ in range(200):
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            await writer.wait_closed()
            return
    raise AssertionError(log.read_text() if log.exists() else "it does not listen")


def _certificate(directory: Path) -> None:
    subprocess.run(
        [
            "openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=localhost",
            "-addext", "subjectAltName=DNS:localhost", "-keyout", str(directory / "key.pem"),
            "-out", str(directory / "cert.pem"),
        ],
        check=True,
        capture_output=True,
    )  # fmt: skip


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _group_name(number: int) -> str:
    import grp

    return grp.getgrgid(number).gr_name

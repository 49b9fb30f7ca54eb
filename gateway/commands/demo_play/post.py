"""How the demo's people reach the hub: real SMTP to its mail doors, real HTTP to its API."""

from __future__ import annotations

import asyncio
import email
import email.policy
import http.client
import json
import re
import smtplib
from collections.abc import Mapping
from email.message import EmailMessage
from importlib import resources
from pathlib import Path
from typing import Any

from gateway.core.errors import CaiyouError

HOST = "127.0.0.1"
_TIMEOUT_S = 10.0
_ID = re.compile(r"Q(\d+)\.")


class NotTaken(CaiyouError):
    """The hub did not take what was sent to it."""


def sample(name: str) -> bytes:
    """One of the demo's mails, octet for octet."""
    return resources.files("gateway.commands.demo_mails").joinpath(f"{name}.eml").read_bytes()


async def send_mail(port: int, data: bytes, sender: str, *recipients: str, login: tuple[str, str] | None = None) -> int:
    """Hand a mail to a door of the hub; the id it was stored under. Raises NotTaken with the door's own words."""

    def talk() -> bytes:
        with smtplib.SMTP(HOST, port, local_hostname="demo.example", timeout=_TIMEOUT_S) as client:
            client.ehlo()
            if login is not None:
                client.login(*login)
            client.mail(sender, ["BODY=8BITMIME"])
            for recipient in recipients:
                code, words = client.rcpt(recipient)
                if code >= 300:
                    raise NotTaken(f"the hub refused {recipient}: {code} {words.decode('utf-8', 'replace')}")
            code, words = client.data(data)
            if code >= 300:
                raise NotTaken(f"the hub refused the mail: {code} {words.decode('utf-8', 'replace')}")
            return words

    try:
        words = await asyncio.to_thread(talk)
    except (OSError, smtplib.SMTPException) as error:
        raise NotTaken(f"the mail door on port {port} did not take the mail: {error}") from error
    return int(words.rsplit(maxsplit=1)[-1])


async def ask_api(port: int, token: str, method: str, path: str, document: Mapping[str, Any] | None = None) -> Any:
    """What the HTTP API answers, as read from JSON. Raises NotTaken with the API's own words."""

    def talk() -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(HOST, port, timeout=_TIMEOUT_S)
        try:
            headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
            body = None if document is None else json.dumps(document, ensure_ascii=False).encode()
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    try:
        status, body = await asyncio.to_thread(talk)
    except (OSError, http.client.HTTPException) as error:
        raise NotTaken(f"the HTTP API on port {port} did not answer: {error}") from error
    if status >= 300:
        raise NotTaken(f"{method} {path} was answered with {status}: {body.decode('utf-8', 'replace')[:300]}")
    return json.loads(body)


def read_maildir(directory: Path) -> list[EmailMessage]:
    """The mails in a Maildir, as any mail program would read them, oldest first."""
    files = sorted((*directory.glob("new/*"), *directory.glob("cur/*")), key=_id_of)
    found = []
    for path in files:
        mail = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(mail, EmailMessage), "the policy makes them"
        found.append(mail)
    return found


def _id_of(file: Path) -> int:
    """The id in the name of a file: they grow with time, names do not."""
    found = _ID.search(file.name)
    return int(found[1]) if found else 0

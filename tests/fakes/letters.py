"""Mails for tests of the pages, filed as a door would file them."""

from __future__ import annotations

from typing import Any

from tests.fakes.site import DOMAIN, SiteHub

PIXEL = (
    b"iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
).decode()  # fmt: skip


def plain(
    subject: str, text: str = "Hello", *, sender: str = "Zhang San <zhang@else.example>", more: str = ""
) -> bytes:
    """A mail of text alone."""
    return (
        f"From: {sender}\r\nTo: Ann <ann@{DOMAIN}>\r\nSubject: {subject}\r\n"
        f"Message-ID: <{len(subject)}.{sum(subject.encode())}@else.example>\r\n"
        f"{more}Content-Type: text/plain; charset=utf-8\r\n\r\n{text}\r\n"
    ).encode()


def mixed(subject: str, html: str, files: tuple[tuple[str, str, str], ...] = (), more: str = "") -> bytes:
    """A mail of HTML with a picture (cid:dot) and files of (name, type, base64)."""
    parts = [
        f"Content-Type: text/html; charset=utf-8\r\n\r\n{html}",
        f"Content-Type: image/png\r\nContent-ID: <dot>\r\nContent-Transfer-Encoding: base64\r\n\r\n{PIXEL}",
        *(
            f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
            f"Content-Transfer-Encoding: base64\r\n\r\n{data}"
            for name, kind, data in files
        ),
    ]
    body = "".join(f"--b\r\n{part}\r\n" for part in parts)
    return (
        f"From: Li Si <li@else.example>\r\nTo: ann@{DOMAIN}\r\nSubject: {subject}\r\n{more}MIME-Version: 1.0\r\n"
        f"Content-Type: multipart/mixed; boundary=b\r\n\r\n{body}--b--\r\n"
    ).encode()


async def file(hub: SiteHub, account_id: int, data: bytes, **options: Any) -> int:
    """File a mail for an account; its id."""

    def work(books: Any) -> int:
        blob = books.keep(data)
        return int(
            books.file_letter(account_id, blob=blob, data=data, **({"kind": "mail", "announce": False} | options))
        )

    return await hub.app.desk.commit(work)

"""The gist of a mail: what lists show and searches find. Pure, never raises."""

from __future__ import annotations

from gateway.core.search_words import SearchText
from gateway.core.webmail import MAX_RECIPIENTS, MAX_SNIPPET, Gist
from gateway.mail.mime.reader import MailContent, read_mail

#: Characters of the body that are searched.
MAX_BODY = 40_000
_UNSTORABLE = {0: None} | dict.fromkeys(range(0xD800, 0xE000), "\ufffd")


def gist_of(data: bytes) -> Gist:
    """The gist of these octets."""
    return gist_of_content(read_mail(data))


def gist_of_content(mail: MailContent) -> Gist:
    """The gist of a mail that was read."""
    headers = mail.headers
    people = (*headers.to, *headers.cc)
    return Gist(
        snippet=_plain(" ".join(mail.text[: 8 * MAX_SNIPPET].split())[:MAX_SNIPPET]),
        recipients=_plain(", ".join(one.name or one.address for one in people[:20])[:MAX_RECIPIENTS]),
        attachment_count=mail.attachment_count,
        text=SearchText(
            sender=_plain(
                " ".join(f"{one.name} {one.address}" for one in (headers.from_, *people[:50]))
            ),
            subject=_plain(headers.subject),
            body=_plain(mail.text[:MAX_BODY]),
            files=_plain(" ".join(one.name for one in mail.attachments[:200] if not one.is_inline)),
        ),
    )  # fmt: skip


def _plain(text: str) -> str:
    return text.translate(_UNSTORABLE)

"""Drafts on their way between the form and the store."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gateway.core.drafts import MAX_FILES, MAX_FILES_OCTETS, Draft, DraftFile, DraftText
from gateway.core.errors import BadRequest, NotFound
from gateway.mail.mime.reader import read_mail
from gateway.store.desk import BooksOfStore
from gateway.web.site.visit import Upload, Visit
from gateway.web.writing.answering import stored_mail
from gateway.web.writing.form import WHOLE, content_of, number_of

_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9.+-]{0,60}/[a-z0-9][a-z0-9.+-]{0,60}")


async def keep(visit: Visit) -> Draft:
    """Keep what the form of this visit says, with its files; the draft. Raises BadRequest, Conflict, NotFound."""
    account_id, content, draft_id = visit.member.id, content_of(visit.form), number_of(visit.form.get("draft"))
    uploads = [*visit.form.files("files"), *await _carried(visit, content)]
    before = await visit.desk.read(lambda books: books.drafts.get(account_id, draft_id)) if draft_id else None
    files = await _stored(visit, uploads, () if before is None else before.files)

    def work(books: BooksOfStore) -> Draft:
        kept_id = books.drafts.save(account_id, content, draft_id)
        books.drafts.attach(account_id, kept_id, files)
        draft = books.drafts.get(account_id, kept_id)
        assert draft is not None
        return draft

    return await visit.desk.commit(work)


async def _stored(visit: Visit, uploads: Sequence[Upload], before: Sequence[DraftFile]) -> list[DraftFile]:
    if len(uploads) + len(before) > MAX_FILES:
        raise BadRequest("There are too many files.")
    size = sum(file.size_octets for file in before) + sum(len(upload.data) for upload in uploads)
    if size > MAX_FILES_OCTETS:
        raise BadRequest("The files are too large together.")
    stored = []
    for upload in uploads:
        file_id = visit.desk.new_id()
        blob = await visit.desk.blobs.put(file_id, upload.data)
        kind = upload.media_type if _MEDIA_TYPE.fullmatch(upload.media_type) else "application/octet-stream"
        stored.append(DraftFile(file_id, _name(upload.name), kind, len(upload.data), blob))
    return stored


async def _carried(visit: Visit, content: DraftText) -> list[Upload]:
    """Files of the mail that is handed on."""
    wanted = visit.form.all("carry")[:MAX_FILES]
    if not wanted or not content.answers:
        return []
    data = await visit.desk.read(lambda books: stored_mail(books, visit.member.id, content.answers))
    found: list[Upload] = []
    if WHOLE in wanted:
        found.append(Upload((content.subject.removeprefix("Fwd:").strip() or "mail") + ".eml", "message/rfc822", data))
    attachments = read_mail(data).attachments
    for key in wanted:
        if key == WHOLE:
            continue
        if not (key.isascii() and key.isdigit() and len(key) <= 4 and int(key) < len(attachments)):
            raise NotFound("This mail is not there any more.")
        file = attachments[int(key)]
        found.append(Upload(file.name or "file", file.type, file.content()))
    return found


def _name(name: str) -> str:
    shown = "".join(char if char.isprintable() else " " for char in name).replace("/", "_").strip(" .")
    return shown[-200:] or "file"

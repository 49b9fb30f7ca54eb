"""Whether a mail can leave, said before it does."""

from __future__ import annotations

from gateway.core.drafts import Draft
from gateway.core.errors import BadRequest
from gateway.mail.mime.composing import envelope_of, written
from gateway.store.desk import BooksOfStore
from gateway.web.site.visit import Visit

HOUR_MS = 3_600_000


def composed(visit: Visit, draft: Draft) -> bytes:
    """The mail as it would leave, without its files. Raises BadRequest."""
    return written(draft.content, visit.member, draft.id, visit.desk.now_ms())


async def trouble_of(visit: Visit, draft: Draft) -> str:
    """Why this mail cannot leave, in words of the page; "" when it can."""
    addresses, wrong = envelope_of(draft.content, visit.member.domain)
    if wrong:
        return visit.say("This is no address: %(address)s", address=", ".join(wrong[:5]))
    if not addresses:
        return visit.say("Say to whom the mail goes.")
    if len(addresses) > visit.services.max_recipients:
        return visit.say("A mail can go to %(count)s people at once.", count=visit.services.max_recipients)
    try:
        composed(visit, draft)
    except BadRequest as error:
        return visit.say("Something of this mail cannot be sent: %(reason)s", reason=str(error))

    def work(books: BooksOfStore) -> tuple[list[str], int]:
        nobody = [address for address in addresses if books.accounts.resolve(address) == []]
        return nobody, books.drafts.sent_since(visit.member.id, books.now_ms - HOUR_MS)

    nobody, sent = await visit.desk.read(work)
    if nobody:
        return visit.say("Nobody here has this address: %(address)s", address=", ".join(nobody[:5]))
    if visit.services.mails_per_hour and sent >= visit.services.mails_per_hour:
        return visit.say("You have sent very many mails within an hour. Wait a little.")
    return ""

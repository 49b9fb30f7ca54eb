"""What an answer, or a mail that is handed on, begins with."""

from __future__ import annotations

from typing import Final

from gateway.core.accounts import Account
from gateway.core.drafts import DraftText
from gateway.core.errors import NotFound
from gateway.mail.mime.composing import handed_on, quoted, show_people
from gateway.mail.mime.headers import Mailbox, MailHeaders
from gateway.mail.mime.reader import MailContent, read_mail
from gateway.store.desk import BooksOfStore
from gateway.web.site.visit import Visit
from gateway.web.writing.form import WHOLE, Carried, Writing
from mail2sms.letters import in_answer

#: Ways to go on from a mail.
REPLY, ALL, FORWARD, AS_FILE = "reply", "all", "forward", "file"
HOWS: Final = (REPLY, ALL, FORWARD, AS_FILE)


def stored_mail(books: BooksOfStore, account_id: int, mail_id: int) -> bytes:
    """The octets of a member's own mail. Raises NotFound for anybody else's."""
    row = books.mail(mail_id)
    if row is None or row["mailbox_id"] != books.mails.mailbox_of(account_id):
        raise NotFound("This mail is not there any more.")
    return books.stored(row["blob"])


async def begin(visit: Visit, mail_id: int, how: str) -> Writing:
    """The form that goes on from a mail. Raises NotFound."""
    account = visit.member
    data = await visit.desk.read(lambda books: stored_mail(books, account.id, mail_id))
    mail = read_mail(data)
    if how in (FORWARD, AS_FILE):
        return _forward(visit, mail, mail_id, len(data), how)
    to, cc = recipients(mail.headers, account, to_all=how == ALL)
    return Writing(
        DraftText(
            to=show_people(to),
            cc=show_people(cc),
            subject=in_answer(mail.headers.subject),
            text=quoted(mail.text, _heading(visit, mail.headers)),
            answers=mail_id,
        )
    )


def recipients(headers: MailHeaders, account: Account, *, to_all: bool) -> tuple[list[Mailbox], list[Mailbox]]:
    """Whom an answer goes to: Reply-To before From; of one's own mail, those it went to."""
    own = account.address.lower()
    others = [one for one in headers.to if one.address.lower() != own]
    copies = [one for one in headers.cc if one.address.lower() != own]
    if headers.from_.address.lower() == own and others:
        return others, copies if to_all else []
    answer = Mailbox(headers.from_.name, headers.reply_to or headers.from_.address)
    if not to_all:
        return [answer], []
    first = answer.address.lower()
    return [answer], [one for one in (*others, *copies) if one.address.lower() != first]


def _forward(visit: Visit, mail: MailContent, mail_id: int, size: int, how: str) -> Writing:
    headers = mail.headers
    subject = handed_on(headers.subject)
    if how == AS_FILE:
        name = " ".join(headers.subject.replace("/", " ").split())[:100] or "mail"
        content = DraftText(subject=subject, answers=mail_id, is_forward=True)
        return Writing(content, carried=[Carried(WHOLE, f"{name}.eml", size)])
    head = "\n".join(
        (
            "",
            "",
            "-------- " + visit.say("Mail handed on") + " --------",
            f"{visit.say('From')}: {show_people([headers.from_])}",
            f"{visit.say('Date')}: {visit.words.full_moment(_date_ms(headers), visit.zone)}",
            f"{visit.say('Subject')}: {headers.subject}",
            f"{visit.say('To')}: {show_people(headers.to)}",
            "",
            mail.text,
        )
    )
    carried = [
        Carried(str(place), file.name or file.type, file.size_octets)
        for place, file in enumerate(mail.attachments)
        if not file.is_inline
    ]
    return Writing(DraftText(subject=subject, text=head, answers=mail_id, is_forward=True), carried=carried)


def _heading(visit: Visit, headers: MailHeaders) -> str:
    who = headers.from_.name or headers.from_.address
    when = visit.words.full_moment(_date_ms(headers), visit.zone)
    return visit.say("On %(when)s %(who)s wrote:", when=when, who=who)


def _date_ms(headers: MailHeaders) -> int:
    return int(headers.date.timestamp() * 1000) if headers.date is not None else 0

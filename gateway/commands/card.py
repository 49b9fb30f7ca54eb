"""`caiyou card`: templates, and cards that members keep: made, listed, sent."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, TypeAlias

from gateway.commands.books import open_desk, opened_member
from gateway.commands.media import phones, read_files, send, with_pool
from gateway.config import read_config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.webmail import FIXED, folder_name
from gateway.fitting import FittingPool
from gateway.store.desk import BooksOfStore
from mms.cards.card import LANGUAGES, Card
from mms.cards.catalogue import templates
from mms.drafts import Draft
from mms.fitting import DrawingJob, Drawn, Fitted, Picturing
from mms.kept_cards import FOLDER, KIND, draft_of_card, draft_to_keep, drawing_of, kept_letter

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

#: Flags of a Maildir: its owner has made it, so it is not new.
_SEEN: Final = "S"
_STAR: Final = "F"
_MAX_LISTED: Final = 10_000


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("card", help="cards: templates, and those that members keep").add_subparsers(
        metavar="ACTION", required=True
    )
    looks = group.add_parser("templates", help="templates, with the fields of each; * = needed")
    looks.add_argument("--language", choices=LANGUAGES, default="en")
    looks.set_defaults(run=_templates)

    make = group.add_parser("make", help="fill in a card: draw it, or keep it in a mailbox and print its id")
    make.add_argument("template", help="a key of `caiyou card templates`")
    make.add_argument("fields", nargs="*", type=_field, metavar="FIELD=TEXT")
    make.add_argument("--language", choices=LANGUAGES, default="zh")
    make.add_argument("--photo", type=Path, metavar="FILE")
    make.add_argument("--tune", default="", metavar="KEY", help="another than the template's; none: silence")
    make.add_argument("--account", default="", metavar="ADDRESS", help="keep it in the mailbox of this account")
    make.add_argument("--folder", default=FOLDER, help=f"in this folder (default: {FOLDER})")
    make.add_argument("--out", type=Path, metavar="FILE", help="write its picture, a PNG")
    make.add_argument("--width", type=int, default=640, help="of the picture, in pixels (64 to 1080)")
    make.set_defaults(run=_make)

    kept = group.add_parser("list", help="cards of a member, the last made first")
    kept.add_argument("account", metavar="ADDRESS")
    kept.add_argument("--folder", default=FOLDER)
    kept.set_defaults(run=_list)

    out = group.add_parser("send", help="put a card that is kept into the outbox of a running hub")
    out.add_argument("account", metavar="ADDRESS")
    out.add_argument("id", type=int)
    out.add_argument("--to", action="append", required=True, metavar="NUMBER", help="a phone; again for each")
    out.set_defaults(run=_send)


def _field(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError("write FIELD=TEXT")
    return name, value


def _templates(options: argparse.Namespace) -> None:
    for look in templates():
        fields = " ".join(field.key + "*" * field.required for field in look.fields)
        print(f"{look.key:17} {look.names[options.language]:28} {fields}")


def _make(options: argparse.Namespace) -> None:
    if not options.account and options.out is None:
        raise BadRequest("give --account to keep the card, or --out to draw it, or both")
    config = read_config(options.config)
    photos = read_files([options.photo] if options.photo else [], config.mms)
    card = Card.of(
        options.template,
        options.language,
        dict(options.fields),
        photo=photos[0].name if photos else "",
        tune=options.tune,
    )
    draft = draft_to_keep(card, photos)
    if options.account:
        print(_kept(draft, options))
    if options.out is not None:
        letter = draft.letter(sender="card@localhost", recipients=(), date_ms=0, letter_id=0)

        async def draw(pool: FittingPool) -> Drawn:
            return await pool.draw(DrawingJob(Picturing.CARD, letter, width=options.width))

        options.out.write_bytes(with_pool(config.mms, draw).screens[0].png)


def _kept(draft: Draft, options: argparse.Namespace) -> int:
    config = read_config(options.config).mms
    folder = folder_name(options.folder)
    if not folder or folder in FIXED:
        raise BadRequest(f"no folder for cards can be called {options.folder[:40]!r}")
    with open_desk(options.config) as desk:
        account = desk.read_now(lambda books: opened_member(books, options.account))
        mail_id = desk.new_id()
        job = drawing_of(
            draft, sender=account.address, date_ms=desk.now_ms(), letter_id=mail_id, max_octets=config.max_octets
        )

        async def fit(pool: FittingPool) -> Fitted:
            return await pool.fit(job)

        data = kept_letter(draft, with_pool(config, fit).pdu, sender=account.address)

        def work(books: BooksOfStore) -> int:
            if len(data) > books.free_octets(account.id):
                raise BadRequest(f"the mailbox of {account.address} has no room for this card, or there is none")
            made = books.file_letter(
                account.id, blob=blob, data=data, kind=KIND, folder=folder, flags=_SEEN, announce=False, mail_id=mail_id
            )
            assert made is not None, "it has room, so it is there"
            return made

        blob = desk.blobs.put_now(mail_id, data)
        try:
            return desk.run_now(work)
        except BadRequest:
            desk.blobs.forget([blob], [])
            raise


def _list(options: argparse.Namespace) -> None:
    def read(books: BooksOfStore) -> list[Mapping[str, Any]]:
        mailbox_id = books.mails.mailbox_of(opened_member(books, options.account).id)
        if mailbox_id is None:
            return []
        found = books.mails.page_of_kind(mailbox_id, KIND, options.folder, before=None, limit=_MAX_LISTED)
        return [dict(row) for row in found]

    with open_desk(options.config) as desk:
        for row in desk.read_now(read):
            print(f"{row['id']} {'*' if _STAR in row['flags'] else ' '} {row['size_octets']:8} {row['subject']}")


def _send(options: argparse.Namespace) -> None:
    def read(books: BooksOfStore) -> str:
        mailbox_id = books.mails.mailbox_of(opened_member(books, options.account).id)
        row = None if mailbox_id is None else books.mails.of_kind(mailbox_id, KIND, options.id)
        if row is None:
            raise NotFound(f"{options.account} keeps no card {options.id}")
        return str(row["blob"])

    numbers = phones(options.to, read_config(options.config).hub.region)
    with open_desk(options.config) as desk:
        draft = draft_of_card(desk.blobs.get(desk.read_now(read)))
    for message_id, number in send(draft, numbers, options.config, address=options.account):
        print(message_id, number)

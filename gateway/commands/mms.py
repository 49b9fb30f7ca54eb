"""`caiyou mms`: sends an MMS, shows what it would be on phones, and what fitting makes of files."""

from __future__ import annotations

import argparse
from datetime import datetime
from pathlib import Path
from typing import Final, TypeAlias

from gateway import clock
from gateway.commands.books import open_desk
from gateway.commands.media import phones, read_files, send, settings, with_pool
from gateway.config import read_config
from gateway.core.errors import BadRequest, NotFound
from gateway.core.mms import Way
from gateway.fitting import FittingPool
from gateway.store.desk import BooksOfStore
from mms.cards.card import Card
from mms.cards.catalogue import template
from mms.config import MmsConfig
from mms.drafts import Draft
from mms.fitting import DrawingJob, Drawn, Fitted, FittingJob, Picturing
from mms.handsets.catalogue import resolve
from mms.handsets.handset import Handset
from mms.media.plan import Plan
from mms.terms import MmsHeaders

Commands: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"

_LANGUAGES: Final = ("zh", "en")
#: Of a letter nobody sends.
_NOBODY: Final = "preview@localhost"


def add_commands(commands: Commands) -> None:
    """Add the group."""
    group = commands.add_parser("mms", help="send MMS, see them as phones show them, fit files").add_subparsers(
        metavar="ACTION", required=True
    )
    out = group.add_parser("send", help="put an MMS into the outbox of a running hub")
    out.add_argument("--to", action="append", required=True, metavar="NUMBER", help="a phone; again for each")
    out.add_argument("--account", default="", metavar="ADDRESS", help="whose it is; a copy lies in its folder Sent")
    out.add_argument("--way", choices=[way.value for way in Way], help="default: as the phone is known")
    out.add_argument("--at", type=_moment, metavar="TIME", help="not before, like 2026-03-01T08:30+08:00")
    out.add_argument("--read-report", action="store_true", help="ask the phone to say when it was read")
    _content(out)
    out.set_defaults(run=_send)

    preview = group.add_parser("preview", help="draw the screens of phones; nothing is sent")
    preview.add_argument("--handset", action="append", required=True, metavar="KEY", help="of `caiyou handset list`")
    preview.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the PNG go")
    preview.add_argument("--message", type=int, metavar="ID", help="one that was sent, in place of a new one")
    preview.add_argument("--card", metavar="TEMPLATE", help="a template's example, in place of words and files")
    preview.add_argument("--language", choices=_LANGUAGES, default="en")
    _content(preview)
    preview.set_defaults(run=_preview)

    fit = group.add_parser("fit", help="print what becomes of files on a phone")
    fit.add_argument("files", nargs="+", type=Path, metavar="FILE")
    fit.add_argument("--handset", required=True, metavar="KEY")
    fit.add_argument(
        "--max-octets", type=int, default=0, help="of the encoded message; default: what phone and hub take"
    )
    fit.add_argument("--out", type=Path, metavar="FILE", help="write the encoded message; `caiyou wire mms` reads it")
    fit.add_argument("--language", choices=_LANGUAGES, default="en")
    fit.set_defaults(run=_fit)


def _content(action: argparse.ArgumentParser) -> None:
    action.add_argument("--subject", default="")
    action.add_argument("--text", default="")
    action.add_argument("--file", action="append", type=Path, default=[], metavar="FILE", help="again for each")


def _moment(text: str) -> int:
    try:
        return int(datetime.fromisoformat(text).timestamp() * 1000)
    except (ValueError, OverflowError, OSError):
        raise argparse.ArgumentTypeError("write a time like 2026-03-01T08:30+08:00") from None


def _draft(options: argparse.Namespace, config: MmsConfig, card: Card | None = None) -> Draft:
    return Draft(
        options.subject,
        options.text,
        read_files(options.file, config),
        card=card,
        headers=MmsHeaders(read_report=getattr(options, "read_report", False)),
    )


def _send(options: argparse.Namespace) -> None:
    config = read_config(options.config)
    numbers = phones(options.to, config.hub.region)
    way = Way(options.way) if options.way else None
    sent = send(
        _draft(options, config.mms),
        numbers,
        options.config,
        address=options.account,
        way=way,
        not_before_ms=options.at or 0,
    )
    for message_id, number in sent:
        print(message_id, number)


def _preview(options: argparse.Namespace) -> None:
    config = settings(options.config)
    handsets = [resolve(key) for key in dict.fromkeys(options.handset)]
    pdu = b"" if options.message is None else _stored(options)
    card = template(options.card).example(options.language) if options.card else None
    letter = b"" if pdu else _letter(_draft(options, config, card))
    options.out.mkdir(parents=True, exist_ok=True)

    async def draw_all(pool: FittingPool) -> None:
        for handset in handsets:
            if not handset.mms and not pdu:
                print(f"{handset.name}: it takes no MMS; its owner gets an SMS with a link")
                continue
            octets = pdu
            if not octets:
                fitted = await pool.fit(_job(letter, handset, 0, config))
                _say(handset, fitted, options.language)
                octets = fitted.pdu
            job = DrawingJob(Picturing.MESSAGE, octets, handset, language=options.language)
            _write(options.out, handset, await pool.draw(job))

    with_pool(config, draw_all)


def _fit(options: argparse.Namespace) -> None:
    config = settings(options.config)
    handset = resolve(options.handset)
    if not handset.mms:
        raise BadRequest(f"{handset.name} takes no MMS")
    job = _job(_letter(Draft(parts=read_files(options.files, config))), handset, options.max_octets, config)

    async def fit(pool: FittingPool) -> Fitted:
        return await pool.fit(job)

    fitted = with_pool(config, fit)
    _say(handset, fitted, options.language)
    if options.out is not None:
        options.out.write_bytes(fitted.pdu)


def _letter(draft: Draft) -> bytes:
    return draft.letter(sender=_NOBODY, recipients=(), date_ms=clock.now_ms(), letter_id=0)


def _job(letter: bytes, handset: Handset, max_octets: int, config: MmsConfig) -> FittingJob:
    return FittingJob(
        letter=letter,
        handset=handset,
        max_octets=max_octets or min(handset.max_octets, config.max_octets),
        sender=config.access_number,
        recipient="",
        date_ms=clock.now_ms(),
    )


def _stored(options: argparse.Namespace) -> bytes:
    def read(books: BooksOfStore) -> str:
        facts = books.mms.facts([options.message]).get(options.message)
        row = books.outbox.get(options.message)
        if facts is None or row is None:
            raise NotFound(f"there is no MMS {options.message}")
        if not row["blob"] or facts["way"] == Way.MAILBOX:
            raise BadRequest(f"MMS {options.message} was not made for a phone: it waits, or lies in a mailbox")
        return str(row["blob"])

    with open_desk(options.config) as desk:
        return desk.blobs.get(desk.read_now(read))


def _say(handset: Handset, fitted: Fitted, language: str) -> None:
    plan = Plan.from_json(fitted.receipt)
    print(f"{handset.name}: {len(fitted.pdu)} of {plan.max_octets} octets")
    for line in plan.lines(language):
        print(f"  {line}")


def _write(folder: Path, handset: Handset, drawn: Drawn) -> None:
    for number, screen in enumerate(drawn.screens, 1):
        (folder / f"{handset.key}-{number}.png").write_bytes(screen.png)
        for note in screen.notes:
            print(f"  screen {number}: {note}")
    (folder / f"{handset.key}.png").write_bytes(drawn.animated)
    for warning in drawn.warnings:
        print(f"  {warning}")

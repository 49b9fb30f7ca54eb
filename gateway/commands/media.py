"""What the commands for MMS and cards share: files from the disk, the processes that fit, phones, and the outbox."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TypeVar

from gateway.commands.books import open_desk, opened_member
from gateway.config import read_config
from gateway.core.accounts import Account
from gateway.core.errors import BadRequest
from gateway.core.mms import NewMms, Way
from gateway.core.outbox import Purpose
from gateway.core.phone import is_mobile, normalise
from gateway.fitting import FittingDied, FittingPool
from gateway.store.desk import BooksOfStore, Desk
from mms.config import MmsConfig
from mms.content import Part
from mms.drafts import Draft, named

T = TypeVar("T")


def settings(path: Path) -> MmsConfig:
    """Those of the hub; the defaults where there is no configuration, for what needs no hub."""
    return read_config(path).mms if path.exists() else MmsConfig()


def read_files(paths: Sequence[Path], config: MmsConfig) -> tuple[Part, ...]:
    """Files as parts, each with the type its name says. Raises BadRequest for what cannot be read or is too much."""
    parts = []
    room = config.max_source_octets
    for path in paths:
        try:
            with path.open("rb") as file:
                data = file.read(room + 1)
        except OSError as error:
            raise BadRequest(f"{path} cannot be read: {error.strerror}") from error
        room -= len(data)
        if room < 0:
            raise BadRequest(f"the files have more than {config.max_source_octets} octets together")
        if not data:
            raise BadRequest(f"{path} is empty")
        parts.append(Part("", data, path.name))
    return named(parts)


def with_pool(config: MmsConfig, work: Callable[[FittingPool], Awaitable[T]]) -> T:
    """What `work` makes with a process that fits and draws. Raises BadRequest where that process died."""

    async def run() -> T:
        pool = FittingPool(1, config.fit_timeout_s)
        try:
            return await work(pool)
        finally:
            await pool.close()

    try:
        return asyncio.run(run())
    except FittingDied as error:
        raise BadRequest(f"it could not be made: {error}") from error


def phones(texts: Sequence[str], region: str) -> list[str]:
    """The numbers, each once. Raises BadRequest for what is no mobile phone."""
    numbers = []
    for text in texts:
        number = normalise(text, region)
        if number is None or not is_mobile(number):
            raise BadRequest(f"{text[:32]!r} is no mobile number; write it like 13800138000 or +8613800138000")
        numbers.append(number)
    return list(dict.fromkeys(numbers))


def send(
    draft: Draft,
    numbers: Sequence[str],
    path: Path,
    *,
    address: str = "",
    way: Way | None = None,
    not_before_ms: int = 0,
) -> list[tuple[int, str]]:
    """Put an MMS for each phone into the outbox; their ids and numbers.

    With the `address` of an account the MMS is its own, with a copy in its folder Sent. Raises BadRequest where a phone
    wants nothing more.
    """
    with open_desk(path) as desk:
        account, sender = desk.read_now(lambda books: _sender(books, address))
        letter_id = desk.new_id()
        letter = draft.letter(sender=sender, recipients=numbers, date_ms=desk.now_ms(), letter_id=letter_id)
        blob = desk.blobs.put_now(letter_id, letter)

        def work(books: BooksOfStore) -> list[tuple[int, str]]:
            if stopped := books.stops.among(numbers):
                raise BadRequest(f"{', '.join(sorted(stopped))}: wants nothing more")
            account_id, mail_id = 0, None
            if account is not None:
                account_id = account.id
                mail_id = books.file_letter(
                    account_id, blob=blob, data=letter, kind="mms", folder="Sent", flags="S", announce=False
                )
            return [
                (
                    books.mms.add(
                        NewMms(
                            recipient=number,
                            letter=blob,
                            size_octets=len(letter),
                            purpose=Purpose.CARD if draft.card else Purpose.API,
                            subject=draft.title,
                            account_id=account_id,
                            from_name=account.display_name or account.address if account else "",
                            want_read=draft.headers.read_report,
                            mail_id=mail_id,
                            way=way,
                            not_before_ms=not_before_ms,
                        )
                    ),
                    number,
                )
                for number in numbers
            ]

        return _or_forget(desk, blob, work)


def _sender(books: BooksOfStore, address: str) -> tuple[Account | None, str]:
    if address:
        account = opened_member(books, address)
        return account, account.address
    return None, f"mms@{books.accounts.first_domain() or 'localhost'}"


def _or_forget(desk: Desk, blob: str, work: Callable[[BooksOfStore], T]) -> T:
    """Commit; where that is refused the body goes again."""
    try:
        return desk.run_now(work)
    except BadRequest:
        desk.blobs.forget([blob], [])
        raise

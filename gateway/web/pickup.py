"""The page where the owner of a number looks at MMS a phone could not show.

It works on phones of 2005 and of today: XHTML Mobile Profile, no script, no cookie (what says who has come is in the
path), pictures made for whoever asks. The PIN came by SMS; wrong ones cost time.

    /p/<token>                        the PIN is asked for        POST: pin
    /p/<token>/pin                    POST: a new PIN by SMS
    /p/<token>/<pass>                 the MMS                     POST: password (keep this mailbox)
    /p/<token>/<pass>/<part>          a picture, sound … of it
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
from collections import OrderedDict
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any, Final, Protocol
from urllib.parse import parse_qs

from aiohttp import web

from gateway.core.errors import NotFound
from gateway.core.mms import Pickup
from gateway.core.phone import mask
from gateway.fitting import FittingDied
from gateway.passwords import MAX_PASSWORD, check_password, hash_password
from gateway.store.desk import BooksOfStore, Desk
from gateway.web import status
from gateway.web.answers import moved_answer, page_answer, text_answer
from gateway.web.limits import Buckets
from mms.assembly import content_of, text_of_part
from mms.codec.errors import MmsFormatError
from mms.codec.pdu import RetrieveConf, decode
from mms.config import MmsConfig
from mms.content import Content, Medium, Part
from mms.fitting import Fitted, FittingJob, MessageRefused
from mms.handsets.catalogue import UNKNOWN, resolve
from mms.handsets.user_agent import recognise
from mms.pickup import Mailboxes, new_pin

#: How long who has come may look around, seconds.
PASS_S: Final = 3600
#: Wrong PINs in a row before the mailbox is locked, and for how long first; doubled every time.
TRIES: Final = 5
LOCK_MS: Final = 15 * 60_000
LONGEST_LOCK_MS: Final = 24 * 3600_000
#: Octets of what is made for a page, and how many are kept.
PAGE_OCTETS: Final = 1_000_000
KEPT: Final = 64
#: Requests a second from one address, and at once.
RATE, BURST = 5.0, 40.0
_MODERN: Final = "smartphone-today"
_MIN_PASSWORD: Final = 8
_SHOWN_TYPES: Final = frozenset({"image/jpeg", "image/png", "image/gif"})


class Fitting(Protocol):
    """Who makes pictures fit."""

    async def fit(self, job: FittingJob) -> Fitted: ...


class PickupPage:
    """Answers below /p/."""

    def __init__(
        self,
        desk: Desk,
        config: MmsConfig,
        mailboxes: Mailboxes,
        pool: Fitting,
        *,
        address_of: Callable[[web.BaseRequest], str],
        clock: Callable[[], float],
    ) -> None:
        self._desk = desk
        self._config = config
        self._mailboxes = mailboxes
        self._pool = pool
        self._address_of = address_of
        self._clock = clock
        self._buckets = Buckets(BURST)
        self._made: OrderedDict[tuple[int, str], Content] = OrderedDict()

    async def answer(self, request: web.BaseRequest) -> web.StreamResponse:
        """One request for /p/…"""
        if self._buckets.take(self._address_of(request), RATE, self._clock()):
            return self._page(request, "gone", 429, said="slow_down")
        names = request.path.strip("/").split("/")[1:]
        pickup = await self._desk.read(lambda books: books.pickups.by_token(names[0])) if names else None
        if pickup is None or len(names) > 3:
            return self._page(request, "gone", 404, said="gone")
        if names[1:] == ["pin"] and request.method == "POST":
            return await self._new_pin(request, pickup)
        if len(names) == 1:
            if request.method == "POST":
                return await self._come_in(request, pickup)
            return self._ask(request, pickup)
        if not await self._may_pass(pickup, names[1]):
            return moved_answer(f"/p/{pickup.token}")
        if len(names) == 3:
            return await self._part(request, pickup, names[2])
        if request.method == "POST":
            return await self._keep(request, pickup, names[1])
        return await self._show(request, pickup, names[1])

    # --- the PIN --------------------------------------------------------------------------------------------

    def _ask(self, request: web.BaseRequest, pickup: Pickup, said: str = "", code: int = 200) -> web.Response:
        return self._page(
            request, "ask", code, said=said, pickup=pickup, number=mask(pickup.number), until=_day(pickup.look_by_ms)
        )

    async def _come_in(self, request: web.BaseRequest, pickup: Pickup) -> web.StreamResponse:
        form = await _form(request)
        # Counted before it is looked at: of many guesses sent at once none is free.
        tried = await self._desk.commit(lambda books: books.pickups.try_pin(pickup.account_id, lock_after))
        if tried is None:
            return self._ask(request, pickup, "locked", 429)
        pin_hash, tries = tried
        checked = await check_password(pin_hash or None, form.get("pin", "").strip()[:16])
        if not checked.ok:
            self._desk.journal.login_failed("pickup", self._address_of(request))
            return self._ask(request, pickup, "locked" if lock_after(tries) else "wrong", 403)
        await self._desk.commit(lambda books: books.pickups.set_pin(pickup.account_id, pin_hash))
        return moved_answer(f"/p/{pickup.token}/{self._pass(pickup, pin_hash)}")

    async def _new_pin(self, request: web.BaseRequest, pickup: Pickup) -> web.StreamResponse:
        pin = new_pin()
        pin_hash = await hash_password(pin)

        def work(books: BooksOfStore) -> str:
            box = books.pickups.of_account(pickup.account_id)
            if box is None:
                return "gone"
            if not self._mailboxes.send_pin(box, pin, books):
                return "pin_wait"
            books.pickups.set_pin(box.account_id, pin_hash)
            return "pin_sent"

        return self._ask(request, pickup, await self._desk.commit(work))

    def _pass(self, pickup: Pickup, pin_hash: str, until_s: int = 0) -> str:
        """What lets its bearer look around until a time: good for this mailbox, and for this PIN alone."""
        until_s = until_s or self._desk.now_ms() // 1000 + PASS_S
        mac = hmac.digest(pin_hash.encode(), f"pickup {pickup.account_id} {until_s}".encode(), hashlib.sha256)
        return f"{until_s:x}-{base64.b32encode(mac[:15]).decode().lower()}"

    async def _may_pass(self, pickup: Pickup, given: str) -> bool:
        until, _, _ = given.partition("-")
        try:
            until_s = int(until[:12], 16)
        except ValueError:
            return False
        if until_s * 1000 < self._desk.now_ms():
            return False
        pin_hash, _, _ = await self._desk.read(lambda books: books.pickups.pin(pickup.account_id))
        if not pin_hash:
            return False
        return hmac.compare_digest(self._pass(pickup, pin_hash, until_s).encode(), given.encode("utf-8", "replace"))

    # --- what is there --------------------------------------------------------------------------------------

    async def _show(
        self, request: web.BaseRequest, pickup: Pickup, passed: str, said: str = "", code: int = 200
    ) -> web.StreamResponse:
        content = await self._content(request, pickup)

        def work(books: BooksOfStore) -> tuple[Any, list[Pickup], bool]:
            self._mailboxes.looked_at([pickup], books)
            box = books.pickups.of_account(pickup.account_id)
            is_kept = books.accounts.has_password(pickup.account_id)
            return books.mail(pickup.mail_id), books.pickups.all_of(pickup.account_id), is_kept or box is None

        mail, others, is_kept = await self._desk.commit(work)
        base = f"/p/{pickup.token}/{passed}"
        return self._page(
            request, "show", code, said=said, subject=mail["subject"] if mail else "",
            sender=mail["sender_name"] or mail["sender"] if mail else "", day=_day(pickup.made_ms),
            slides=_slides(content, base), base=base, is_kept=is_kept, attachments=_attachments(content, base),
            others=[
                {"link": f"/p/{one.token}/{passed}", "day": _day(one.made_ms), "is_new": one.read_ms is None}
                for one in others
                if one.id != pickup.id
            ][:50],
        )  # fmt: skip

    async def _content(self, request: web.BaseRequest, pickup: Pickup) -> Content:
        """The MMS as this browser shows it; without what cannot be shown when it cannot be made."""
        handset = _handset_of(request.headers.get("User-Agent", ""))
        key = pickup.mail_id, handset.key
        if key in self._made:
            self._made.move_to_end(key)
            return self._made[key]
        try:
            letter = await self._desk.read(lambda books: books.body(pickup.mail_id))
            fitted = await self._pool.fit(
                FittingJob(
                    letter=letter,
                    handset=handset,
                    max_octets=min(handset.max_octets, PAGE_OCTETS),
                    sender="",
                    recipient=pickup.number,
                    date_ms=pickup.made_ms,
                )
            )
            pdu = decode(fitted.pdu)
        except (NotFound, MessageRefused, FittingDied, MmsFormatError):
            return Content(())
        content = content_of(pdu.body) if isinstance(pdu, RetrieveConf) and pdu.body is not None else Content(())
        self._made[key] = content
        if len(self._made) > KEPT:
            self._made.popitem(last=False)
        return content

    async def _part(self, request: web.BaseRequest, pickup: Pickup, place: str) -> web.StreamResponse:
        content = await self._content(request, pickup)
        if not (place.isascii() and place.isdigit()) or int(place[:4]) >= len(content.parts):
            return self._page(request, "gone", 404, said="gone")
        part = content.parts[int(place[:4])]
        if part.is_locked:
            return self._page(request, "gone", 403, said="locked_part")
        answer = text_answer(part.data, content_type=part.media_type)
        answer.headers["Cache-Control"] = "private, max-age=3600"
        if part.media_type not in _SHOWN_TYPES:
            answer.headers["Content-Disposition"] = "attachment"
        return answer

    async def _keep(self, request: web.BaseRequest, pickup: Pickup, passed: str) -> web.StreamResponse:
        """Make the mailbox an ordinary one: its owner chooses a password."""
        password = (await _form(request)).get("password", "")
        if not len(password) >= _MIN_PASSWORD or len(password.encode()) > MAX_PASSWORD:
            return await self._show(request, pickup, passed, "short", 400)
        password_hash = await hash_password(password)

        def work(books: BooksOfStore) -> None:
            if books.accounts.has_password(pickup.account_id):
                return  # whoever has the link must not take the mailbox of somebody who has made it theirs
            books.pickups.activate(pickup.account_id)
            books.accounts.set_password(pickup.account_id, password_hash)
            books.phones.prove_number(pickup.account_id, pickup.number)

        await self._desk.commit(work)
        return await self._show(request, pickup, passed, "kept")

    # --- pages ------------------------------------------------------------------------------------------------

    def _page(self, request: web.BaseRequest, name: str, code: int, **values: Any) -> web.Response:
        language = status.language_of(request.query.get("lang", ""), request.headers.get("Accept-Language", ""))
        pickup = values.get("pickup")
        if not request.headers.get("Accept-Language") and isinstance(pickup, Pickup):
            language = "zh" if pickup.number.startswith("+86") else language
        return page_answer(status.render("pickup.html", language, page=name, **values), code)


def lock_after(tries: int) -> int:
    """For how long so many tries in a row lock a mailbox, milliseconds; 0 = not."""
    return 0 if tries % TRIES else min(LOCK_MS << min(tries // TRIES - 1, 10), LONGEST_LOCK_MS)


def _handset_of(user_agent: str) -> Any:
    """What shows the page: a phone of the catalogue, or a browser of today."""
    found = recognise(user_agent)
    if found is not None:
        return resolve(found.key)
    return resolve(_MODERN if "Mozilla/5.0" in user_agent else UNKNOWN)


def _slides(content: Content, base: str) -> list[dict[str, Any]]:
    places = {part.name: place for place, part in enumerate(content.parts)}
    slides = []
    for slide in content.slides:
        visual, text, audio = (content.part(name) for name in (slide.visual, slide.text, slide.audio))
        locked = [part for part in (visual, audio) if part is not None and part.is_locked]
        if visual in locked:
            visual = None
        slides.append(
            {
                "picture": f"{base}/{places[visual.name]}" if visual and visual.media_type in _SHOWN_TYPES else "",
                "film": f"{base}/{places[visual.name]}" if visual and visual.medium is Medium.VIDEO else "",
                "locked": bool(locked),
                "lines": text_of_part(text).splitlines() if text is not None else [],
                "sound": f"{base}/{places[audio.name]}" if audio is not None and not audio.is_locked else "",
                "text_first": slide.text_first,
            }
        )
    return slides


def _attachments(content: Content, base: str) -> list[dict[str, str]]:
    shown = {name for slide in content.slides for name in (slide.visual, slide.text, slide.audio)}
    return [
        {"name": _name(part), "link": f"{base}/{place}"}
        for place, part in enumerate(content.parts)
        if part.name not in shown and not part.is_locked
    ]


def _name(part: Part) -> str:
    return part.name or part.media_type


def _day(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms / 1000, timezone(timedelta(hours=8))):%Y-%m-%d}"


async def _form(request: web.BaseRequest) -> dict[str, str]:
    """The fields of a small form; {} for anything else."""
    if (request.content_length or 0) > 4096:
        return {}
    body = bytearray()
    try:
        async with asyncio.timeout(20):
            async for piece in request.content.iter_any():
                body += piece
                if len(body) > 4096:
                    return {}
        fields = parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=10)
    except (TimeoutError, ValueError):
        return {}
    return {name: values[0] for name, values in fields.items()}

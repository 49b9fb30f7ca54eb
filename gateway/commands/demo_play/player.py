"""What the people of the demo do, and what is looked at on the way: each look is a check."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from datetime import datetime
from email.message import EmailMessage
from typing import Any, Final
from zoneinfo import ZoneInfo

from carriers.simulator.handsets import Text
from gateway.commands.demo_play.post import ask_api, read_maildir, sample, send_mail
from gateway.commands.demo_play.screen import JournalEar, Screen
from gateway.commands.demo_play.stage import LILI, MOBILE, PASSWORD, UNICOM, Stage
from gateway.core import text as sms_text
from gateway.core.errors import CaiyouError
from gateway.core.outbox import State
from gateway.core.phone import mask
from gateway.core.text import Alphabet
from gateway.store.desk import BooksOfStore

ZONE: Final = ZoneInfo("Asia/Shanghai")
#: Seconds a step may take before it counts as failed.
PATIENCE_S: Final = 8.0
#: The operator's name of the hub's CMPP line, as the simulated carrier tells it.
ACCOUNTS: Final = {"900001": MOBILE, UNICOM: UNICOM}
_MESSAGE_ID: Final = re.compile(rb"^Message-I[Dd]: (<[^>]+>)", re.MULTILINE)


class StepFailed(CaiyouError):
    """A step of the demo did not come out as it should."""


class Player:
    """Acts on the stage and shows it; what does not come out as it should raises StepFailed."""

    def __init__(self, stage: Stage, screen: Screen, ear: JournalEar) -> None:
        self.stage = stage
        self.screen = screen
        self.ear = ear
        self.step = ""
        self.sent = 0  # mails
        self.read_of: dict[str, int] = {}  # texts seen on each phone

    # --- what people do -----------------------------------------------------------------------------------------

    async def mail(self, name: str, sender: str, recipient: str) -> None:
        self.screen.say(f"✉ {sender} → {recipient}（SMTP）", f"✉ {sender} → {recipient} (SMTP)")
        await send_mail(self.stage.ports.smtp, sample(name), sender, recipient)
        await self.is_filed(name, recipient)

    async def submit(self, name: str, *recipients: str) -> None:
        """Li Li sends one of the sample mails, logged in."""
        shown = ", ".join(masked(recipient) for recipient in recipients)
        self.screen.say(f"✉ {LILI} → {shown}（登录投递）", f"✉ {LILI} → {shown} (submission, logged in)")
        port = self.stage.ports.submission
        await send_mail(port, sample(name), LILI, *recipients, login=(LILI, PASSWORD))
        self.sent += 1

    async def post_sms(self, number: str, text: str) -> int:
        document = {"to": number, "text": text}
        answer = await ask_api(self.stage.ports.http, self.stage.token, "POST", "/api/v1/messages", document)
        return int(answer["id"])

    def write(self, number: str, text: str) -> None:
        now = asyncio.get_running_loop().time()
        written = self.stage.simulator.operator.say(number, text, None, now)
        self.screen.phone(number, written)
        self.stage.simulator.touch()

    # --- what is looked at --------------------------------------------------------------------------------------

    async def rings(self, number: str, expected: str) -> Text:
        """The phone shows exactly this text, in exactly these octets."""
        before = datetime.now(ZONE)
        text = await self.ring(number)
        times = {f"{moment:%H:%M}" for moment in (before, datetime.now(ZONE))}
        wanted = {expected.replace("{time}", time) for time in times}
        self.require(text.text in wanted, f"expected {expected!r}; the phone shows {text.text!r}")
        alphabet = sms_text.choose(text.text)
        octets = [
            segment.data for segment in sorted(text.segments, key=lambda it: it.concat.number if it.concat else 1)
        ]
        coded = [sms_text.encode(part, alphabet) for part in sms_text.split(text.text, alphabet)]
        self.compare("the octets on the phone", octets, coded)
        if alphabet is Alphabet.UCS2:
            self.compare("the octets on the phone", b"".join(octets), text.text.encode("utf-16-be"))
        return text

    async def ring(self, number: str) -> Text:
        """The next text on the phone, whole and delivered."""
        place = self.read_of.get(number, 0)

        def texts() -> list[Text]:
            return self.stage.texts(number)

        await self.until(
            lambda: len(texts()) > place and texts()[place].is_whole and texts()[place].word == "DELIVRD",
            lambda: f"{len(texts())} texts on {masked(number)}, the last in state {[t.word for t in texts()][-1:]}",
        )
        self.read_of[number] = place + 1
        text = texts()[place]
        self.screen.phone(number, text, ACCOUNTS[text.segments[0].account])
        return text

    async def arrives(self, address: str, count: int) -> EmailMessage:
        """The last mail in the mailbox once it holds that many."""
        directory = self.stage.maildir(address)
        await self.until(
            lambda: len(read_maildir(directory)) >= count, lambda: f"{len(read_maildir(directory))} mails of {address}"
        )
        mails = read_maildir(directory)
        self.compare(f"mails of {address}", len(mails), count)
        self.screen.plain(f"  ✉ {address}: {mails[-1]['Subject']}")
        return mails[-1]

    async def is_filed(self, name: str, address: str) -> None:
        """The mail lies in the mailbox as it came, octet for octet, below our own trace line."""
        self.sent += 1
        directory = self.stage.maildir(address)
        sent = sample(name)
        await self.until(
            lambda: any(file.read_bytes().endswith(sent) for file in directory.glob("new/*")),
            lambda: f"{len(read_maildir(directory))} mails of {address}, none of them this one",
        )

    async def same_thread(self, name: str, answer_id: str) -> None:
        """The answer lies in the inbox under the conversation of the mail it answers, which lies in Sent."""

        def work(books: BooksOfStore) -> set[int]:
            mailbox_id = books.mails.mailbox_of(self.stage.people[LILI].id)
            assert mailbox_id is not None
            rows = [*books.mails.in_folder(mailbox_id, "INBOX"), *books.mails.in_folder(mailbox_id, "Sent")]
            wanted = {message_id_of(name), answer_id}
            return {row["thread_id"] if row["message_id"] in wanted else 0 for row in rows} - {0}

        threads = await self.stage.app.desk.read(work)
        self.compare("conversations of the mail and its answer", len(threads), 1)
        self.screen.good("同一会话", "in the same conversation")

    async def settled(self, ids: list[int]) -> None:
        """The books say "delivered" of these messages."""

        def states() -> list[str]:
            return self.stage.app.desk.read_now(lambda books: [row_of(books, one)["state"] for one in ids])

        await self.until(lambda: set(states()) == {State.DELIVERED.value}, states)

    def all_texts(self) -> list[Text]:
        return [text for number in self.stage.simulator.operator.handsets for text in self.stage.texts(number)]

    # --- checks -------------------------------------------------------------------------------------------------

    def require(self, is_so: bool, otherwise: str) -> None:
        if not is_so:
            raise StepFailed(f"{self.step} failed: {otherwise}")

    def compare(self, what: str, seen: object, expected: object) -> None:
        self.require(seen == expected, f"{what}: expected {expected!r}, saw {seen!r}")

    async def until(self, is_so: Callable[[], object], seen: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not is_so():
            trouble = f"; the journal says: {'; '.join(self.ear.troubles)}" if self.ear.troubles else ""
            self.require(
                time.monotonic() < deadline, f"nothing more within {PATIENCE_S:.0f} s; seen: {seen()}{trouble}"
            )
            await asyncio.sleep(0.02)


def masked(recipient: str) -> str:
    """An address or a number as it may stand in the trace."""
    name, at, domain = recipient.partition("@")
    return f"{mask(name)}{at}{domain}" if name.lstrip("+").isdigit() else recipient


def message_id_of(name: str) -> str:
    found = _MESSAGE_ID.search(sample(name))
    assert found is not None, "every sample has one"
    return found[1].decode()


def body_of(mail: EmailMessage) -> str:
    part = mail.get_body(("plain", "html"))
    return "" if part is None else str(part.get_content())


def first_line(mail: EmailMessage) -> str:
    return body_of(mail).partition("\n")[0].rstrip()


def row_of(books: BooksOfStore, message_id: int) -> Any:
    row = books.outbox.get(message_id)
    assert row is not None, "messages are kept"
    return row

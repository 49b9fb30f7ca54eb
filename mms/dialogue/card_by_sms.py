"""Cards made by SMS: who begins, who answers, who gave up; and the MMS that comes of it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from gateway.core.dialogues import Dialogue
from gateway.core.errors import NotFound
from gateway.core.events import SmsReceived
from gateway.core.mms import NewMms
from gateway.core.outbox import NewSms, Purpose
from gateway.core.phone import is_mobile
from gateway.core.ports import Books
from mms import makers
from mms.card_letters import letter_of
from mms.cards.card import Card
from mms.cards.catalogue import template
from mms.config import MmsConfig
from mms.dialogue import script
from mms.dialogue.script import State, Turn
from mms.letters import write_letter
from templates.engine import sms_texts

KIND: Final = "card"
STEP: Final = "card"
DAY_MS: Final = 86_400_000
#: Answers a phone gets in a day; after that nothing: somebody else's program may be talking to us.
ANSWERS_PER_DAY: Final = 120
_WORDS: Final = frozenset({"贺卡", "賀卡", "名片", "做卡", "卡片", "card", "cards"})
#: Words that end every dealing with us; they are left to who honours them.
_STOPS: Final = frozenset({"退订", "退訂", "td", "t", "tt", "stop", "stopall", "unsubscribe"})


class CardBySms:
    """Takes what phones write while they make a card."""

    def __init__(self, config: MmsConfig, signature: str | None = None) -> None:
        self._config = config
        self._signature = signature

    def take(self, event: SmsReceived, books: Books) -> bool:
        """Answer one SMS; False when it has nothing to do with a card."""
        if not is_mobile(event.sender):
            return False
        dialogue = books.dialogues.of(event.sender)
        if dialogue is not None and (dialogue.kind != KIND or dialogue.expires_ms <= books.now_ms):
            books.dialogues.end(event.sender)
            dialogue = None
        said = event.text.strip().casefold()
        if said in _STOPS:
            books.dialogues.end(event.sender)
            return False
        state = self._state(dialogue, books) if dialogue is not None else None
        begins = said in _WORDS or (self._config.card_code and said == self._config.card_code)
        if state is not None and not begins and self._is_conversation(event.recipient):
            return False
        if state is not None:
            turn = script.begin_again(state) if begins else script.answer(state, event.text)
            self._follow(turn, state.language, event, books)
            return True
        if not begins and not self._is_card_number(event.recipient):
            return False
        if books.stops.among([event.sender]):
            return False
        if not begins and script.ends(said):
            books.timeline.step(event.inbox_id, STEP, "nothing to cancel")
            return True
        language = "en" if said.isascii() and said.isalpha() else self._language(event.sender, books)
        self._follow(script.begin(language), language, event, books)
        return True

    def _is_card_number(self, recipient: str) -> bool:
        """Whether a phone wrote to the number that is for cards alone: the code behind the access number."""
        access, code = self._config.access_number, self._config.card_code
        return bool(access and code and recipient == access + code)

    def _is_conversation(self, recipient: str) -> bool:
        """Whether a phone wrote to an extension: it answers a mail it was told of, and not our question."""
        access = self._config.access_number
        return (
            bool(access) and recipient.startswith(access) and recipient not in (access, access + self._config.card_code)
        )

    def _answers_from(self, recipient: str) -> str:
        """The number an answer comes from: the one the phone wrote to, so that its owner's answers go there again."""
        return recipient if self._is_card_number(recipient) else self._config.access_number

    def _state(self, dialogue: Dialogue, books: Books) -> State | None:
        try:
            return _read(dialogue)
        except (KeyError, TypeError, ValueError, NotFound):
            books.dialogues.end(dialogue.number)  # of another version
            return None

    def _follow(self, turn: Turn, language: str, event: SmsReceived, books: Books) -> None:
        account_ids = books.phones.accounts_of(event.sender) if turn.card is not None else []
        account_id = account_ids[0] if account_ids else 0
        key = self._free_key(event.sender, account_id, books) if turn.card is not None else None
        is_stopped = turn.card is not None and bool(books.stops.among([turn.recipient]))
        if is_stopped or (turn.card is not None and key is None):
            books.dialogues.end(event.sender)
            why = "its recipient wants nothing more" if is_stopped else "too many cards today"
            books.timeline.step(event.inbox_id, STEP, f"not sent: {why}")
            said = sms_texts(language).render(
                "card_stopped" if is_stopped else "card_too_many",
                signature=self._sign(language),
                recipient=turn.recipient.removeprefix("+86"),
            )
            self._say(said, event, books)
            return
        if turn.state is None:
            books.dialogues.end(event.sender)
        else:
            books.dialogues.save(
                Dialogue(
                    event.sender,
                    KIND,
                    turn.state.step,
                    _written(turn.state),
                    turn.state.language,
                    event.recipient,
                    books.now_ms + self._config.dialogue_minutes * 60_000,
                )
            )
        if turn.card is not None:
            message_id = self._send(turn.card, turn.recipient, event, books, account_id=account_id, key=key)
            books.timeline.step(event.inbox_id, STEP, f"sent as MMS {message_id}")
        else:
            books.timeline.step(event.inbox_id, STEP, turn.state.step if turn.state else "given up")
        self._say(self._sign(language) + turn.reply, event, books)

    def _send(
        self, card: Card, recipient: str, event: SmsReceived, books: Books, *, account_id: int, key: str | None
    ) -> int:
        letter = letter_of(
            card,
            sender=event.sender,
            recipients=(recipient,),
            date_ms=books.now_ms,
            message_id=f"<{books.new_id()}.card@mms.caiyou.invalid>",
        )
        data = write_letter(letter)
        return books.mms.add(
            NewMms(
                recipient=recipient,
                letter=books.keep(data),
                size_octets=len(data),
                purpose=Purpose.CARD,
                subject=letter.subject,
                account_id=account_id,
                sender=self._config.access_number,
                from_name=card.value("from") or card.value("name") or event.sender,
                key=key,
                tag=makers.tag_of(event.sender, card.language),
            )
        )

    def _free_key(self, number: str, account_id: int, books: Books) -> str | None:
        """The key of the next card of this phone today; None when it has sent as many as it may."""
        day = books.now_ms // DAY_MS
        keys = [f"card {number} {day} {n}" for n in range(self._config.cards_per_day)]
        taken = books.outbox.with_key(account_id, keys)
        return next((key for key in keys if key not in taken), None)

    # --- time ---------------------------------------------------------------------------------------------------

    def has_overdue(self, books: Books) -> bool:
        """Whether anybody has been silent too long."""
        return bool(books.dialogues.overdue(1))

    def give_up(self, books: Books) -> None:
        """End the dialogues of those who have been silent too long, and tell them once."""
        for dialogue in books.dialogues.overdue():
            books.dialogues.end(dialogue.number)
            if dialogue.kind == KIND and dialogue.answers.get("template"):
                text = sms_texts(dialogue.language).render(
                    "card_timed_out", signature=self._sign(dialogue.language), code=self._config.card_code
                )
                sender = self._answers_from(dialogue.access_number)
                books.outbox.add(NewSms(dialogue.number, text, Purpose.REPLY, sender=sender))

    # --- parts --------------------------------------------------------------------------------------------------

    def _say(self, text: str, event: SmsReceived, books: Books) -> None:
        if books.outbox.count_replies(event.sender, books.now_ms - DAY_MS) >= ANSWERS_PER_DAY:
            books.timeline.step(event.inbox_id, STEP, "not answered: too many answers to this phone")
            return
        books.outbox.add(
            NewSms(
                recipient=event.sender,
                text=text,
                purpose=Purpose.REPLY,
                sender=self._answers_from(event.recipient),
                link=event.link,
                key=f"card answer {event.inbox_id}",
            )
        )

    def _sign(self, language: str) -> str:
        return sms_texts(language).render("signature") if self._signature is None else self._signature

    def _language(self, number: str, books: Books) -> str:
        for account_id in books.phones.accounts_of(number):
            account = books.accounts.by_id(account_id)
            if account is not None:
                return account.language
        return "zh" if number.startswith("+86") else "en"


def _written(state: State) -> dict[str, Any]:
    values = asdict(state)
    del values["step"], values["language"]
    return values


def _read(dialogue: Dialogue) -> State:
    """Raises KeyError, TypeError, ValueError or NotFound for what this version cannot go on with."""
    answers = dict(dialogue.answers)
    if answers["template"]:
        template(str(answers["template"]))
    return State(
        dialogue.step,
        dialogue.language,
        str(answers["template"]),
        int(answers["page"]),
        {str(key): str(value) for key, value in dict(answers["values"]).items()},
        str(answers["recipient"]),
        str(answers.get("paused", "")),
    )

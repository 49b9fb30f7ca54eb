"""The making of a card by SMS, question by question. Pure: a state and a text in, a state and an answer out.

    template -> the template's fields one after the other -> recipient -> preview -> OK

At every step: 返回/back, 取消/cancel, 帮助/help; 跳过/skip where a field may be empty; at the preview a number and new
words change one field. A wrong answer is answered by what is expected, and the step stays. Who begins anew while a card
is half made is asked whether to go on with that one.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from gateway.core.errors import BadRequest, NotFound
from gateway.core.phone import is_mobile, normalise
from mms.cards import wording
from mms.cards.card import Card
from mms.cards.catalogue import CardTemplate, template, templates
from mms.cards.fields import Field, problems
from templates.engine import sms_texts

TEMPLATE, RECIPIENT, PREVIEW, RESUME = "template", "recipient", "preview", "resume"
#: Templates offered in one SMS.
PAGE: Final = 8
#: Characters of an answer that are looked at.
MAX_ANSWER: Final = 1000
#: Units of the preview's own words, two segments with what stands around them.
PREVIEW_UNITS: Final = 90

_BACK: Final = frozenset({"返回", "上一步", "back", "b"})
_CANCEL: Final = frozenset({"取消", "退出", "放弃", "cancel", "quit", "end"})
_HELP: Final = frozenset({"帮助", "幫助", "help", "?", "bz"})
_SKIP: Final = frozenset({"跳过", "跳過", "空", "skip", "-"})
_OK: Final = frozenset({"ok", "确定", "確定", "好", "是", "发送", "發送", "yes", "y", "send"})
_MORE: Final = frozenset({"更多", "more", "m"})
_GO_ON: Final = frozenset({"1", "继续", "繼續", "接着", "resume", "continue", *_OK})
_ANEW: Final = frozenset({"2", "新", "重做", "重新", "重新开始", "new", "anew", "n", "no"})


@dataclass(frozen=True, slots=True)
class State:
    """Where the making of a card stands."""

    step: str  # template, recipient, preview, resume, or the key of a field
    language: str
    template: str = ""
    page: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    recipient: str = ""
    #: At "resume": the step to go on with.
    paused: str = ""


@dataclass(frozen=True, slots=True)
class Turn:
    """What follows from an answer."""

    #: None when the dialogue is over.
    state: State | None
    #: What the phone is told, without signature; one SMS.
    reply: str
    #: The card to be sent, and to whom.
    card: Card | None = None
    recipient: str = ""


def begin(language: str) -> Turn:
    """The first question."""
    state = State(TEMPLATE, language)
    return Turn(state, question(state))


def begin_again(state: State) -> Turn:
    """The phone begins while a card is being made: whether to go on with that one, where anything was said of it."""
    if not state.template:
        return begin(state.language)
    if state.step != RESUME:
        state = replace(state, step=RESUME, paused=state.step)
    return Turn(state, question(state))


def ends(text: str) -> bool:
    """Whether a text wants no more of this."""
    return _word(text) in _CANCEL


def answer(state: State, text: str) -> Turn:
    """What follows from a text of the phone. Never raises."""
    said = text[:MAX_ANSWER].strip()
    word = _word(said)
    texts = sms_texts(state.language)
    if word in _CANCEL:
        return Turn(None, texts.render("card_cancelled", signature=""))
    if word in _HELP:
        return Turn(state, texts.render("card_help", signature=""))
    if state.step == RESUME:
        return _resume(state, word)
    if word in _BACK:
        earlier = _back(state)
        return Turn(earlier, question(earlier))
    if state.step == TEMPLATE:
        return _choose(state, word)
    if state.step == RECIPIENT:
        return _address(state, said)
    if state.step == PREVIEW:
        return _confirm(state, said, word)
    return _fill(state, said, word)


def question(state: State) -> str:
    """What the phone is asked at this step."""
    texts = sms_texts(state.language)
    if state.step == TEMPLATE:
        return _list(state)
    if state.step == RECIPIENT:
        return texts.render("card_recipient", signature="")
    look = template(state.template)
    if state.step == RESUME:
        return texts.render("card_resume", signature="", template=look.names[state.language])
    if state.step == PREVIEW:
        return _preview(state, look)
    asked = _field(look, state.step)
    place = look.fields.index(asked) + 1
    skip = "" if asked.required else texts.render("card_may_skip", signature="")
    return f"{place}/{len(look.fields)} {asked.prompts[state.language]}{skip}"


# --- steps ----------------------------------------------------------------------------------------------------------


def _list(state: State) -> str:
    texts = sms_texts(state.language)
    offered = templates()[state.page * PAGE : (state.page + 1) * PAGE]
    first = state.page * PAGE + 1
    lines = " ".join(f"{first + place}{look.names[state.language]}" for place, look in enumerate(offered))
    more = texts.render("card_more", signature="") if first - 1 + len(offered) < len(templates()) else ""
    return texts.render("card_templates", signature="", templates=lines, more=more)


def _choose(state: State, word: str) -> Turn:
    if word in _MORE:
        pages = -(-len(templates()) // PAGE)
        state = replace(state, page=(state.page + 1) % pages)
        return Turn(state, question(state))
    if word.isascii() and word.isdigit() and 1 <= int(word) <= len(templates()):
        look = templates()[int(word) - 1]
    else:
        named = [look for look in templates() if word and word in (name.casefold() for name in look.names.values())]
        if not named:
            return Turn(state, _again(state, "card_no_template"))
        look = named[0]
    state = replace(state, template=look.key, step=look.fields[0].key if look.fields else RECIPIENT)
    return Turn(state, question(state))


def _resume(state: State, word: str) -> Turn:
    if word in _ANEW:
        return begin(state.language)
    if word in _GO_ON or word in _BACK:
        state = replace(state, step=state.paused, paused="")
    return Turn(state, question(state))


def _fill(state: State, said: str, word: str) -> Turn:
    look = template(state.template)
    asked = _field(look, state.step)
    if word in _SKIP and asked.required:
        return Turn(state, f"{_again(state, 'card_required')}{question(state)}")
    if word in _SKIP:
        state = replace(state, values={key: value for key, value in state.values.items() if key != asked.key})
    else:
        flaw = _flaw(state, look, asked, said)
        if flaw:
            return Turn(state, flaw)
        state = replace(state, values={**state.values, asked.key: said})
    state = replace(state, step=_next(state, look, asked))
    return Turn(state, question(state))


def _address(state: State, said: str) -> Turn:
    number = normalise(said)
    if number is None or not is_mobile(number):
        return Turn(state, _again(state, "card_no_number"))
    state = replace(state, recipient=number, step=PREVIEW)
    return Turn(state, question(state))


def _confirm(state: State, said: str, word: str) -> Turn:
    look = template(state.template)
    texts = sms_texts(state.language)
    if word in _OK:
        card = _card(state)
        if card is None or problems(card, look.fields):
            return Turn(state, _again(state, "card_no_choice"))
        done = texts.render("card_sent", signature="", recipient=_shown(state.recipient))
        return Turn(None, done, card, state.recipient)
    place, _, value = said.partition(" ")
    if not (place.isascii() and place.isdigit()):
        return Turn(state, _again(state, "card_no_choice"))
    number = int(place[:4])
    if number == len(look.fields) + 1 and value.strip():
        return _address(state, value)
    if not 1 <= number <= len(look.fields) or not value.strip():
        return Turn(state, _again(state, "card_no_choice"))
    asked = look.fields[number - 1]
    if value.strip() in _SKIP and asked.required:
        return Turn(state, f"{_again(state, 'card_required')}{question(state)}")
    if value.strip() in _SKIP:
        state = replace(state, values={key: old for key, old in state.values.items() if key != asked.key})
    else:
        flaw = _flaw(state, look, asked, value.strip())
        if flaw:
            return Turn(state, flaw)
        state = replace(state, values={**state.values, asked.key: value.strip()})
    return Turn(state, question(state))


def _preview(state: State, look: CardTemplate) -> str:
    texts = sms_texts(state.language)
    card = _card(state)
    said = wording.text(card, PREVIEW_UNITS) if card is not None else ""
    return texts.render(
        "card_preview",
        signature="",
        template=look.names[state.language],
        text=" ".join(said.split()),
        recipient=_shown(state.recipient),
        recipient_place=len(look.fields) + 1,
    )


# --- parts ----------------------------------------------------------------------------------------------------------


def _word(text: str) -> str:
    """A text as the words above are written."""
    return unicodedata.normalize("NFKC", text[:MAX_ANSWER]).strip().strip(" .。!！").casefold()


def _card(state: State) -> Card | None:
    try:
        return Card.of(state.template, state.language, state.values)
    except (BadRequest, NotFound):
        return None


def _flaw(state: State, look: CardTemplate, asked: Field, said: str) -> str:
    """What is wrong with a value, as a sentence; "" when it is good."""
    try:
        card = Card.of(state.template, state.language, {asked.key: said})
    except BadRequest as error:
        return str(error)
    found = [problem.sentence for problem in problems(card, look.fields) if problem.field == asked.key]
    return found[0] if found else ""


def _field(look: CardTemplate, key: str) -> Field:
    return next((one for one in look.fields if one.key == key), look.fields[0])


def _next(state: State, look: CardTemplate, asked: Field) -> str:
    following = look.fields[look.fields.index(asked) + 1 :]
    if following:
        return following[0].key
    return PREVIEW if state.recipient else RECIPIENT


def _back(state: State) -> State:
    """The step before; from the first one the first again."""
    if state.step == TEMPLATE:
        return replace(state, page=max(0, state.page - 1))
    look = template(state.template)
    steps = [TEMPLATE, *(one.key for one in look.fields), RECIPIENT, PREVIEW]
    return replace(state, step=steps[max(0, steps.index(state.step) - 1)] if state.step in steps else TEMPLATE)


def _again(state: State, key: str) -> str:
    return sms_texts(state.language).render(key, signature="")


def _shown(number: str) -> str:
    return number.removeprefix("+86")

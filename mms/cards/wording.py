"""What a card says in words: on its picture, under it, and where there is no picture at all. Pure."""

from __future__ import annotations

from gateway.core import text as phone_text
from mms.cards.card import Card
from mms.cards.catalogue import CardTemplate, Genre, template
from mms.cards.texts import card_texts

#: Lines of a business card under the name, in the order they are given up last to first.
CONTACTS = ("phone", "email", "phone2", "web", "address")


def headline(card: Card, look: CardTemplate) -> str:
    """The large words."""
    return card.value("headline") or look.headlines.get(card.language, "")


def body(card: Card, look: CardTemplate) -> str:
    """What is said below the headline of a greeting or an invitation, without salutation and name."""
    texts = card_texts(card.language)
    lines = [card.value("words") or look.words.get(card.language, "")]
    lines += [texts.render(key, **{key: card.value(key)}) for key in ("when", "where") if card.value(key)]
    return "\n".join(lines)


def letter(card: Card, look: CardTemplate) -> str:
    """All of a greeting in lines: salutation, words, name."""
    texts = card_texts(card.language)
    lines = [body(card, look)]
    if card.value("to"):
        lines.insert(0, texts.render("to", to=card.value("to")))
    if card.value("from"):
        lines.append(texts.render("from", **{"from": card.value("from")}))
    return "\n".join(lines)


def contact_lines(card: Card) -> list[str]:
    """How the person on a business card is reached, the most needed first."""
    texts = card_texts(card.language)
    return [texts.render(key, value=card.value(key)) for key in CONTACTS if card.value(key)]


def subject(card: Card) -> str:
    """What the MMS is about: one line."""
    look = template(card.template)
    if look.genre is Genre.BUSINESS:
        return " ".join(word for word in (card.value("name"), card.value("company")) if word)
    return headline(card, look)


def text(card: Card, limit: int) -> str:
    """The card as an SMS of at most `limit` units (`gateway.core.text.units`). Raises NotFound for its template.

    Of a business card the last lines are given up first; of a greeting the words are cut, and who sends it stays.
    """
    look = template(card.template)
    if look.genre is Genre.BUSINESS:
        return _contact(card, limit)
    texts = card_texts(card.language)
    head = texts.render("to", to=card.value("to")) if card.value("to") else ""
    tail = texts.render("from", **{"from": card.value("from")}) if card.value("from") else ""
    title = headline(card, look)
    middle = body(card, look)
    gap = "" if card.language == "zh" else " "
    stop = "！" if card.language == "zh" else "!"
    if title and title not in middle:
        middle = f"{title}{stop}{gap}{middle}"
    whole = gap.join(piece for piece in (head, middle, tail) if piece)
    alphabet = phone_text.choose(whole)
    if phone_text.units(whole, alphabet) <= limit:
        return whole
    frame = gap.join(piece for piece in (head, "", tail) if piece or piece == "")
    room = limit - phone_text.units(frame, alphabet)
    if room < 8:  # the names alone fill it
        return phone_text.cut(whole, alphabet, limit)
    return gap.join(piece for piece in (head, phone_text.cut(middle, alphabet, room), tail) if piece)


def _contact(card: Card, limit: int) -> str:
    name = " ".join(word for word in (card.value("name"), card.value("title")) if word)
    lines = [name, *contact_lines(card)]
    if card.value("company"):
        lines.insert(1 if len(lines) < 2 else 2, card.value("company"))
    whole = "\n".join(lines)
    alphabet = phone_text.choose(whole)
    while len(lines) > 2 and phone_text.units("\n".join(lines), alphabet) > limit:
        lines.pop()
    return phone_text.cut("\n".join(lines), alphabet, limit)

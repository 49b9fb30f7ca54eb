"""Proving a number: a code goes to the phone, and comes back by the web or by SMS. Nothing else goes there before."""

from __future__ import annotations

import enum
import hashlib
import hmac
from typing import Final

from gateway.core.accounts import Phone
from gateway.core.outbox import NewSms, Priority, Purpose
from gateway.core.phone import is_mobile
from gateway.core.ports import Books
from mail2sms.limits import DAY_MS
from templates.engine import sms_texts

CODE_LIFE_MS: Final = 10 * 60_000
MAX_TRIES: Final = 5
MAX_PER_LIFE: Final = 3  # codes in ten minutes, per number and per account
MAX_PER_DAY: Final = 5
_SALT_DIGITS: Final = 16
_DIGEST_DIGITS: Final = 48  # 192 bits: what the column has room for behind the salt
_MARK: Final = "c"  # extensions of replies are digits, so these are none


class ProofResult(enum.StrEnum):
    """What became of a step of the proof."""

    SENT = "sent"  # whoever else has the number
    NO_PHONE = "no phone"
    TOO_MANY = "too many"  # codes asked for, or wrong ones given
    PROVED = "proved"
    WRONG = "wrong"
    EXPIRED = "expired"  # or never asked for


def start_proof(books: Books, account_id: int, number: str, code: str, *, signature: str | None = None) -> ProofResult:
    """Send a code to a number (E.164) an account says is its own.

    `code` is six random digits of the caller. `signature` is None for that of the language. The answer does not tell
    whether somebody else has the number.
    """
    account = books.accounts.by_id(account_id)
    if account is None or not is_mobile(number):
        return ProofResult.NO_PHONE
    keys = (number, f"account {account_id}")
    for key in keys:
        if len(_codes_sent(books, key, CODE_LIFE_MS)) >= MAX_PER_LIFE:
            return ProofResult.TOO_MANY
        if len(_codes_sent(books, key, DAY_MS)) >= MAX_PER_DAY:
            return ProofResult.TOO_MANY
    salt = f"{books.new_id():0{_SALT_DIGITS}x}"
    books.phones.start_proof(account_id, number, salt + _digest(salt, code), books.now_ms + CODE_LIFE_MS)
    more = {} if signature is None else {"signature": signature}
    text = sms_texts(account.language).render("number_code", code=code, minutes=CODE_LIFE_MS // 60_000, **more)
    message_id = books.outbox.add(
        NewSms(
            recipient=number,
            text=text,
            purpose=Purpose.CODE,
            account_id=account_id,
            priority=Priority.URGENT,
            validity_s=CODE_LIFE_MS // 1000,
        )
    )
    for key in keys:
        _remember_code(books, key, account_id, message_id)
    return ProofResult.SENT


def finish_proof(books: Books, account_id: int, number: str, code: str) -> ProofResult:
    """Check a code that was given back; the fifth wrong one ends the proof."""
    phone = books.phones.get(account_id, number)
    if phone is None or not phone.code_digest or (phone.code_expires_ms or 0) <= books.now_ms:
        return ProofResult.EXPIRED
    if phone.code_tries >= MAX_TRIES:
        return ProofResult.TOO_MANY
    if not _is_right(phone, code):
        books.phones.count_try(phone.id)
        return ProofResult.WRONG
    books.phones.prove(phone.id)
    return ProofResult.PROVED


def prove_by_sms(books: Books, number: str, code: str) -> int | None:
    """The account whose open proof of this number the code closes; None when it closes none.

    An SMS can be forged, so a wrong code counts as a try for each of them.
    """
    accounts = dict.fromkeys(_codes_sent(books, number, CODE_LIFE_MS).values())
    for account_id in accounts:
        if finish_proof(books, account_id, number, code) is ProofResult.PROVED:
            return account_id
    return None


def _is_right(phone: Phone, code: str) -> bool:
    kept = phone.code_digest or ""
    salt = kept[:_SALT_DIGITS]
    return hmac.compare_digest(kept[_SALT_DIGITS:], _digest(salt, code.strip()))


def _digest(salt: str, code: str) -> str:
    return hashlib.sha256(f"{salt}{code}".encode()).hexdigest()[:_DIGEST_DIGITS]


def _codes_sent(books: Books, key: str, within_ms: int) -> dict[str, int]:
    """Codes sent of late for a number or an account, with the account that asked for each."""
    given = books.notices.extensions_in_use(key, books.now_ms - within_ms)
    return {extension: account_id for extension, account_id in given.items() if extension.startswith(_MARK)}


def _remember_code(books: Books, key: str, account_id: int, message_id: int) -> None:
    """Keep that a code was sent, where what phones were told is kept: a row no cap and no answer looks at.

    The extension is the message's own (its last 15 digits repeat after days only); the thread is the account.
    """
    books.notices.add(
        account_id=account_id,
        number=key,
        mail_id=0,
        thread_id=account_id,
        reply_to="",
        state="dropped",
        extension=f"{_MARK}{message_id % 10**15}",
        reason="code",
    )

"""An MMS that came, as the letter it is kept as; and what a repetition of it would have as well. Pure."""

from __future__ import annotations

import hashlib

from mms.incoming import IncomingMms
from mms.letters import Letter, write_letter

#: Part of a message id that is ours alone; nothing is ever sent there.
_HOST = "mms.caiyou.invalid"


def letter_of(mms: IncomingMms, *, sender: str, now_ms: int, domain: str = "mms.invalid") -> bytes:
    """The letter of an MMS: `sender` as the hub spells it. The same MMS gives the same message id."""
    return write_letter(
        Letter(
            subject=mms.subject,
            sender=sender,
            recipients=mms.recipients,
            body=mms.body,
            date_ms=mms.date_ms or now_ms,
            message_id=f"<{fingerprint_of(mms)[:32]}@{_HOST}>",
            mms=mms.mms,
            cc=mms.cc,
        ),
        domain=domain,
    )


def fingerprint_of(mms: IncomingMms) -> str:
    """What a repetition has as well: the centre's id, else who sent what to whom; 64 characters."""
    digest = hashlib.sha256()
    if mms.carrier_id:
        digest.update(f"mms id\0{mms.carrier_id}\0{mms.sender}".encode("utf-8", "surrogatepass"))
    else:
        words = "\0".join(("mms", mms.sender, mms.subject, *mms.recipients))
        digest.update(words.encode("utf-8", "surrogatepass"))
        for part in mms.body.parts:
            digest.update(part.data)
    return digest.hexdigest()

"""The signature of a webhook call: who receives it can tell that it is ours, whole, and not an old one again. Pure.

`X-Caiyou-Signature: t=<Unix seconds>,v1=<hex>` where the hex is HMAC-SHA256 over "<t>.<body>" under the secret.
"""

from __future__ import annotations

import hashlib
import hmac

#: Seconds after which a receiver should refuse a call as old.
TOLERANCE_S = 300


def sign(secret: str, body: bytes, at_s: int) -> str:
    """The value of the header for a body sent at a moment."""
    digest = hmac.new(secret.encode(), b"%d." % at_s + body, hashlib.sha256).hexdigest()
    return f"t={at_s},v1={digest}"


def headers(secret: str, body: bytes, event_id: str, at_s: int) -> dict[str, str]:
    """What goes with a body sent at a moment, so that its receiver can check it and know it again."""
    return {"X-Caiyou-Signature": sign(secret, body, at_s), "X-Caiyou-Event-Id": event_id}


def is_genuine(secret: str, body: bytes, header: str, now_s: int, tolerance_s: int = TOLERANCE_S) -> bool:
    """Whether a call is ours and fresh, as its receiver checks it."""
    fields = dict(field.partition("=")[::2] for field in header.split(","))
    stamp = fields.get("t", "")
    if not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12 or abs(now_s - int(stamp)) > tolerance_s:
        return False
    return hmac.compare_digest(sign(secret, body, int(stamp)).encode(), header.encode("utf-8", "replace"))

"""What makes octets no card."""

from __future__ import annotations

from gateway.core.errors import BadRequest


class BadCard(BadRequest):
    """This is no vCard that can be read; the message says why and where."""

    def __init__(self, reason: str, *, line: int = 0) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.reason = reason
        self.line = line  # of the card, from 1; 0: the card as a whole

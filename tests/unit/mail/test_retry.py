"""When a mail is tried again."""

from __future__ import annotations

from gateway.mail.relay import RETRY_MINUTES, retry_delay_s
from gateway.store.relay import LIFETIME_S


def test_the_wait_grows_and_then_stays() -> None:
    waits = [retry_delay_s(attempt, 0.5) for attempt in range(1, 12)]
    assert waits[:7] == [minutes * 60 for minutes in RETRY_MINUTES]
    assert waits == sorted(waits)
    assert waits[-1] == waits[6]


def test_the_spread_is_a_fifth_either_way() -> None:
    assert retry_delay_s(2, 0.0) == 240
    assert round(retry_delay_s(2, 1.0)) == 360


def test_a_mail_is_tried_some_thirty_times_in_five_days() -> None:
    passed, attempts = 0.0, 0
    while passed < LIFETIME_S:
        attempts += 1
        passed += retry_delay_s(attempts, 0.5)
    assert 25 <= attempts <= 40

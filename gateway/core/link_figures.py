"""What a link has done since its process serves it, and how that is handed to others. Time comes in. Pure."""

from __future__ import annotations

import bisect
import json
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.core.messages import Outcome, ReportState

#: Upper ends of the classes of answer times, seconds; slower ones are in a last class.
TIMES_S: Final = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
#: Codes of carriers that are told apart; a carrier may invent as many as it likes.
MAX_CODES: Final = 20
OTHER_CODES: Final = "other"
#: Readings over which the rate is taken.
RATE_READINGS: Final = 6
#: Minutes over which reports are set against what was accepted.
REPORT_MINUTES: Final = 60


@dataclass(frozen=True, slots=True)
class LinkReading:
    """The figures of a link at a moment. Counts begin anew when another process serves it."""

    submitted: int = 0  # segments
    answers: Mapping[str, int] = field(default_factory=dict)  # Outcome -> segments
    errors: Mapping[str, int] = field(default_factory=dict)  # the carrier's code -> segments
    throttled: int = 0  # rests because the carrier said "too fast"
    times: tuple[int, ...] = (0,) * (len(TIMES_S) + 1)  # answers by class of TIMES_S
    time_sum_s: float = 0.0
    reports: Mapping[str, int] = field(default_factory=dict)  # ReportState -> reports
    arrived: int = 0  # SMS from phones
    in_flight: int = 0  # segments without an answer
    window: int = 0  # most of them at once; 0 = not known
    rate: float = 0.0  # segments submitted a second of late
    hour_accepted: int = 0  # segments accepted in the last hour whose sender wants a report
    hour_delivered: int = 0  # reports of arrival in the last hour
    parts: Mapping[str, Mapping[str, float]] = field(default_factory=dict)  # of a pool: modem -> name -> figure

    def to_json(self) -> str:
        """As text for the books."""
        return json.dumps({name: getattr(self, name) for name in self.__slots__}, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> LinkReading:
        """From the books; what another version wrote otherwise reads as nothing."""
        try:
            values: dict[str, Any] = json.loads(text)
            known = {name: value for name, value in values.items() if name in cls.__slots__}
            if "times" in known:
                known["times"] = tuple(int(count) for count in known["times"])
                if len(known["times"]) != len(TIMES_S) + 1:
                    return cls()
            return cls(**known)
        except (ValueError, TypeError, AttributeError):
            return cls()


class LinkFigures:
    """Counts what a link does."""

    def __init__(self) -> None:
        self._submitted = 0
        self._answers: Counter[str] = Counter()
        self._errors: Counter[str] = Counter()
        self._throttled = 0
        self._times = [0] * (len(TIMES_S) + 1)
        self._time_sum_s = 0.0
        self._reports: Counter[str] = Counter()
        self._arrived = 0
        self._minutes: deque[list[int]] = deque(maxlen=REPORT_MINUTES + 1)  # minute, accepted, delivered
        self._readings: deque[tuple[float, int]] = deque(maxlen=RATE_READINGS)

    def submitted(self, segments: int) -> None:
        """So many segments went out."""
        self._submitted += segments

    def answered(self, outcome: Outcome, code: str, seconds: float | None, now_s: float, *, wants_report: bool) -> None:
        """The carrier answered a segment after so many seconds (None: nobody knows when it went out)."""
        self._answers[outcome.value] += 1
        if outcome is Outcome.ACCEPTED:
            if wants_report:
                self._minute(now_s)[1] += 1
        elif code in self._errors or len(self._errors) < MAX_CODES:
            self._errors[code] += 1
        else:
            self._errors[OTHER_CODES] += 1
        if seconds is not None and outcome is not Outcome.UNCERTAIN:
            self._times[bisect.bisect_left(TIMES_S, seconds)] += 1
            self._time_sum_s += seconds

    def throttled(self) -> None:
        """The carrier said "too fast"."""
        self._throttled += 1

    def reported(self, state: ReportState, now_s: float) -> None:
        """A report came."""
        self._reports[state.value] += 1
        if state is ReportState.DELIVERED:
            self._minute(now_s)[2] += 1

    def sms_arrived(self) -> None:
        """A phone wrote to us."""
        self._arrived += 1

    def read(
        self,
        now_s: float,
        *,
        in_flight: int = 0,
        window: int = 0,
        parts: Mapping[str, Mapping[str, float]] | None = None,
    ) -> LinkReading:
        """The figures now; call it every few seconds, for the rate is taken between calls."""
        self._readings.append((now_s, self._submitted))
        begin_s, begin = self._readings[0]
        span_s = now_s - begin_s
        this_minute = int(now_s // 60)
        recent = [minute for minute in self._minutes if this_minute - minute[0] < REPORT_MINUTES]
        return LinkReading(
            submitted=self._submitted,
            answers=dict(self._answers),
            errors=dict(self._errors),
            throttled=self._throttled,
            times=tuple(self._times),
            time_sum_s=round(self._time_sum_s, 6),
            reports=dict(self._reports),
            arrived=self._arrived,
            in_flight=in_flight,
            window=window,
            rate=round((self._submitted - begin) / span_s, 2) if span_s > 0 else 0.0,
            hour_accepted=sum(accepted for _, accepted, _ in recent),
            hour_delivered=sum(delivered for _, _, delivered in recent),
            parts=parts or {},
        )

    def _minute(self, now_s: float) -> list[int]:
        minute = int(now_s // 60)
        if not self._minutes or self._minutes[-1][0] != minute:
            self._minutes.append([minute, 0, 0])
        return self._minutes[-1]

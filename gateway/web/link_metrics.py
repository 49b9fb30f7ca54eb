"""The metrics of every link, as its owner noted them in the books last; the same whichever process is asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily, Metric

from gateway.core.link_figures import TIMES_S, LinkReading
from gateway.owner import node_of
from gateway.web.health import LINK_STATES, Figures

_LINK: Final = ("link",)


def link_metrics(figures: Figures) -> Iterator[Metric]:
    """State, owner, window, answers, reports and queue of every link; the figures of the parts of pools."""
    yield from _states(figures)
    yield from _gauges(figures)
    yield from _counters(figures)
    yield _answer_times(figures)
    parts = GaugeMetricFamily("caiyou_link_part", "Figures of a part of a pool", labels=("link", "part", "figure"))
    for name, reading in figures.readings.items():
        for part, values in sorted(reading.parts.items()):
            for figure, value in sorted(values.items()):
                parts.add_metric((name, part, figure), value)
    yield parts
    alarms = GaugeMetricFamily("caiyou_alarm_open", "1 for every alarm that is open", labels=("kind", "subject"))
    for alarm in figures.alarms:
        alarms.add_metric((alarm.kind.value, alarm.subject), 1.0)
    yield alarms


def _states(figures: Figures) -> Iterator[Metric]:
    up = GaugeMetricFamily("caiyou_link_up", "1 when the link is logged in", labels=("link", "protocol"))
    states = GaugeMetricFamily("caiyou_link_state", "1 for the state a link is in", labels=("link", "state"))
    since = GaugeMetricFamily("caiyou_link_since_seconds", "Unix time of its last change of state", labels=_LINK)
    owners = GaugeMetricFamily("caiyou_link_owner", "1 for the process that has it", labels=("link", "owner", "node"))
    breakers = GaugeMetricFamily("caiyou_link_breaker_open", "1 while it is left alone", labels=_LINK)
    for row in figures.links:
        name, owner = row["name"], row.get("lease_by", "")
        up.add_metric((name, row["protocol"]), float(row["state"] == "up"))
        for state in LINK_STATES:
            states.add_metric((name, state), float(row["state"] == state))
        since.add_metric((name,), row["since_ms"] / 1000)
        if owner and row["state"] != "unserved":
            node = node_of(owner)
            owners.add_metric((name, owner, "" if node is None else str(node)), 1.0)
        breakers.add_metric((name,), float(name in figures.breakers))
    yield from (up, states, since, owners, breakers)


def _gauges(figures: Figures) -> Iterator[Metric]:
    window = GaugeMetricFamily("caiyou_link_window", "Segments that may wait for answers; 0 = not known", labels=_LINK)
    in_flight = GaugeMetricFamily("caiyou_link_in_flight", "Segments that wait for answers", labels=_LINK)
    rate = GaugeMetricFamily("caiyou_link_rate", "Segments submitted a second of late", labels=_LINK)
    age = GaugeMetricFamily("caiyou_link_queue_age_seconds", "Wait of the oldest message that is due", labels=_LINK)
    for name, reading in figures.readings.items():
        window.add_metric((name,), reading.window)
        in_flight.add_metric((name,), reading.in_flight)
        rate.add_metric((name,), reading.rate)
    for name in sorted({*figures.readings, *figures.waiting}):
        age.add_metric((name or "none",), figures.queue_age_s(name))
    yield from (window, in_flight, rate, age)


def _counters(figures: Figures) -> Iterator[Metric]:
    submitted = CounterMetricFamily("caiyou_link_submitted", "Segments submitted", labels=_LINK)
    answers = CounterMetricFamily("caiyou_link_answers", "Segments answered", labels=("link", "outcome"))
    errors = CounterMetricFamily("caiyou_link_errors", "Refusals by the carrier's code", labels=("link", "code"))
    throttled = CounterMetricFamily("caiyou_link_throttled", 'Rests after "too fast"', labels=_LINK)
    reports = CounterMetricFamily("caiyou_link_reports", "Delivery reports", labels=("link", "state"))
    arrived = CounterMetricFamily("caiyou_link_arrived", "SMS from phones", labels=_LINK)
    for name, reading in figures.readings.items():
        submitted.add_metric((name,), reading.submitted)
        throttled.add_metric((name,), reading.throttled)
        arrived.add_metric((name,), reading.arrived)
        for family, counts in ((answers, reading.answers), (errors, reading.errors), (reports, reading.reports)):
            for label, count in sorted(counts.items()):
                family.add_metric((name, label), count)
    yield from (submitted, answers, errors, throttled, reports, arrived)


def _answer_times(figures: Figures) -> Metric:
    times = HistogramMetricFamily("caiyou_link_answer_seconds", "From submit to answer", labels=_LINK)
    for name, reading in figures.readings.items():
        times.add_metric((name,), _buckets(reading), reading.time_sum_s)
    return times


def _buckets(reading: LinkReading) -> list[tuple[str, float]]:
    buckets, total = [], 0
    for upper, count in zip((*map(str, TIMES_S), "+Inf"), reading.times, strict=True):
        total += count
        buckets.append((upper, float(total)))
    return buckets

"""The metrics of links: every family reads back as Prometheus reads it, and a worker shows the hub's own figures."""

from __future__ import annotations

import os

from prometheus_client.parser import text_string_to_metric_families

from gateway.core.alarms import Alarm, AlarmState, Kind
from gateway.core.link_figures import LinkFigures, LinkReading
from gateway.core.messages import Outcome, ReportState
from gateway.journal import Journal
from gateway.store.database import WriterFigures
from gateway.web.health import Figures
from gateway.web.metrics import HubCollector, HubFigures, metrics_page

NOW_MS = 1_750_000_000_000


def reading() -> LinkReading:
    figures = LinkFigures()
    figures.read(100.0)
    figures.submitted(3)
    figures.answered(Outcome.ACCEPTED, "", 0.02, 101.0, wants_report=True)
    figures.answered(Outcome.PERMANENT, 'ESME_"RINVDSTADR', 0.3, 101.0, wants_report=True)
    figures.reported(ReportState.DELIVERED, 101.5)
    figures.throttled()
    figures.sms_arrived()
    return figures.read(102.0, in_flight=1, window=32, parts={"m1": {"sent": 4}})


def samples(figures: Figures, hub: HubFigures) -> dict[str, float]:
    page, _ = metrics_page(HubCollector(Journal(), hub, figures, {}), "")
    return {
        f"{sample.name}{sorted(sample.labels.items())}": sample.value
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    }


def test_everything_of_a_link() -> None:
    owner = "host:17:abcdef01:3:00112233"
    row = {"name": "a", "protocol": "smpp", "state": "up", "since_ms": NOW_MS, "last_error": "", "lease_by": owner}
    figures = Figures(
        NOW_MS, (row,), readings={"a": reading()}, waiting={"a": (5, NOW_MS - 90_000)}, breakers={"a": ["CM"]},
        alarms=(Alarm(Kind.LINK_DOWN, "b", "", AlarmState.OPEN, NOW_MS),),
    )  # fmt: skip
    found = samples(figures, HubFigures(WriterFigures(commits=7), 0.25, os.getpid()))
    a = "[('link', 'a')]"
    assert found[f"caiyou_link_window{a}"] == 32
    assert found[f"caiyou_link_in_flight{a}"] == 1
    assert found[f"caiyou_link_rate{a}"] == 1.5
    assert found[f"caiyou_link_submitted_total{a}"] == 3
    assert found[f"caiyou_link_throttled_total{a}"] == 1
    assert found[f"caiyou_link_arrived_total{a}"] == 1
    assert found[f"caiyou_link_queue_age_seconds{a}"] == 90
    assert found[f"caiyou_link_breaker_open{a}"] == 1
    assert found["caiyou_link_answers_total[('link', 'a'), ('outcome', 'accepted')]"] == 1
    assert found["caiyou_link_errors_total[('code', 'ESME_\"RINVDSTADR'), ('link', 'a')]"] == 1
    assert found["caiyou_link_reports_total[('link', 'a'), ('state', 'delivered')]"] == 1
    assert found["caiyou_link_answer_seconds_bucket[('le', '0.025'), ('link', 'a')]"] == 1
    assert found["caiyou_link_answer_seconds_bucket[('le', '0.5'), ('link', 'a')]"] == 2
    assert found[f"caiyou_link_answer_seconds_count{a}"] == 2
    assert found[f"caiyou_link_owner[('link', 'a'), ('node', '3'), ('owner', '{owner}')]"] == 1
    assert found["caiyou_link_part[('figure', 'sent'), ('link', 'a'), ('part', 'm1')]"] == 4
    assert found["caiyou_alarm_open[('kind', 'link-down'), ('subject', 'b')]"] == 1
    assert found["caiyou_store_commits_total[]"] == 7
    assert found["caiyou_loop_lag_seconds[]"] == 0.25
    assert found["process_resident_memory_bytes[]"] > 0


def test_figures_pass_through_the_books_unchanged_and_nonsense_reads_as_nothing() -> None:
    told = reading()
    assert LinkReading.from_json(told.to_json()) == told
    for text in ("", "[]", "{", '{"times": [1]}', '{"times": "x"}', '{"unknown": 1}'):
        assert LinkReading.from_json(text) == LinkReading()


def test_a_carrier_cannot_invent_codes_without_end() -> None:
    figures = LinkFigures()
    for number in range(1000):
        figures.answered(Outcome.TEMPORARY, f"code {number}", None, 0.0, wants_report=False)
    errors = figures.read(1.0).errors
    assert len(errors) == 21
    assert errors["other"] == 980


def test_reports_are_counted_over_an_hour() -> None:
    figures = LinkFigures()
    for minute in range(120):
        figures.answered(Outcome.ACCEPTED, "", 0.1, minute * 60.0, wants_report=True)
        figures.answered(Outcome.ACCEPTED, "", 0.1, minute * 60.0, wants_report=False)
        if minute >= 90:
            figures.reported(ReportState.DELIVERED, minute * 60.0)
    read = figures.read(119 * 60.0)
    assert (read.hour_accepted, read.hour_delivered) == (60, 30)

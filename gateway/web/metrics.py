"""The metrics page, in the text format of Prometheus."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.process_collector import ProcessCollector
from prometheus_client.registry import Collector

from gateway.journal import Journal
from gateway.store.database import WriterFigures
from gateway.web.health import Figures
from gateway.web.link_metrics import link_metrics


@dataclass(frozen=True, slots=True)
class HubFigures:
    """What the hub's own process knows of itself; in a front worker it comes over the channel."""

    writer: WriterFigures
    lag_s: float
    pid: int


class HubCollector(Collector):
    """One reading of the hub: its counters, its books, its process."""

    def __init__(
        self,
        journal: Journal,
        hub: HubFigures,
        figures: Figures,
        more: Mapping[str, float],
    ) -> None:
        self._journal = journal
        self._hub = hub
        self._figures = figures
        self._more = more

    def collect(self) -> Iterator[Metric]:
        """Every metric."""
        facts = CounterMetricFamily("caiyou_facts", "Facts of the journal", labels=("fact", "where"))
        for (fact, where), count in sorted(self._journal.counts.items()):
            facts.add_metric((fact, where), count)
        yield facts
        writer = self._hub.writer
        yield CounterMetricFamily("caiyou_store_commits", "Transactions committed", value=writer.commits)
        yield CounterMetricFamily("caiyou_store_works", "Works in these transactions", value=writer.works)
        yield CounterMetricFamily("caiyou_store_replays", "Batches run again one by one", value=writer.replays)
        yield CounterMetricFamily("caiyou_store_failures", "Batches that could not be committed", value=writer.failures)
        yield from self._books()
        yield GaugeMetricFamily(
            "caiyou_loop_lag_seconds", "Worst lateness of the event loop of late", value=self._hub.lag_s
        )
        for name, value in sorted(self._more.items()):
            yield GaugeMetricFamily(f"caiyou_{name}", name.replace("_", " "), value=value)
        yield from ProcessCollector(pid=lambda: self._hub.pid, registry=None).collect()

    def _books(self) -> Iterable[Metric]:
        figures = self._figures
        depth = GaugeMetricFamily("caiyou_outbox_messages", "Messages not settled", labels=("link", "state"))
        for (link, state), count in sorted(figures.depth.items()):
            depth.add_metric((link or "none", state), count)
        yield depth
        yield from link_metrics(figures)
        yield GaugeMetricFamily("caiyou_relay_mails", "Mails that wait for other servers", value=figures.relay)
        yield GaugeMetricFamily("caiyou_webhook_calls", "Webhook calls that wait", value=figures.webhooks)


def metrics_page(collector: Collector, accept: str) -> tuple[bytes, str]:
    """The page and its content type, in the format the reader asks for."""
    encode, content_type = choose_encoder(accept)
    return encode(collector), content_type

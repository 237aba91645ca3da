"""The sweep's figures for Prometheus, read from the database: workers may be anywhere."""

from collections.abc import Iterator

from prometheus_client import CollectorRegistry, Metric, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from sla import lag


class _Sweep(Collector):
    def collect(self) -> Iterator[Metric]:
        seen, pulse = lag.watch(), lag.pulse()
        for name, meaning, value in (
            ("sweep_lag_seconds", "How long the oldest due alarm has waited",
             seen.lag.total_seconds()),
            ("alarms_due", "Alarms that are due and have not fired", seen.due),
            ("alarms_aside", "Alarms set aside after an error", seen.aside),
            ("sweep_last_run_seconds", "Seconds since a sweep last ended", pulse.seconds_ago),
        ):  # fmt: skip
            if value is not None:
                yield GaugeMetricFamily(f"leadflow_{name}", meaning, value=value)
        for name, meaning, total in (
            ("alarms_fired", "Alarms fired", pulse.fired),
            ("breaches_recorded", "Breaches recorded by the sweep", pulse.breached),
            ("handoffs_escalated", "Handoffs given to somebody else", pulse.reassigned),
            ("alarms_set_aside", "Alarms that failed and were set aside", pulse.set_aside),
        ):
            yield CounterMetricFamily(f"leadflow_{name}", meaning, value=total)


def text() -> bytes:
    """The sweep's figures as Prometheus reads them."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Sweep())
    return generate_latest(registry)

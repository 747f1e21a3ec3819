"""What is counted, for Prometheus: latency by verb, batches, refusals, credits; the scheduler."""

from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from .. import results
from ..core.instants import SECOND, Instant
from ..core.refusals import Refused
from ..engine import Outcome
from ..scheduler import Swept

MEDIA_TYPE = "text/plain; version=0.0.4"
"""The response says the character set of any text itself."""
_BUCKETS_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BUCKETS_COMMANDS = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._latency = Histogram(
            "tallystick_request_seconds",
            "Time from a request's arrival to its reply",
            ("verb", "status"),
            buckets=_BUCKETS_SECONDS,
            registry=self.registry,
        )
        self._batch = Histogram(
            "tallystick_batch_commands",
            "Commands that one transaction carried",
            buckets=_BUCKETS_COMMANDS,
            registry=self.registry,
        )
        self._refusals = Counter(
            "tallystick_refusals", "Refusals", ("platform", "code"), registry=self.registry
        )
        self._spent = Counter(
            "tallystick_credits_spent",
            "Credits charged, by the source of the grant that paid",
            ("platform", "source"),
            registry=self.registry,
        )
        self._granted = Counter(
            "tallystick_credits_granted",
            "Credits given: top-ups, promotions, adjustments",
            ("platform", "source"),
            registry=self.registry,
        )
        self._turned_away = Counter(
            "tallystick_turned_away",
            "Requests and connections that were ended before there was a request to answer",
            ("code",),
            registry=self.registry,
        )
        self._connections = Gauge(
            "tallystick_connections", "Connections that are open", registry=self.registry
        )
        self.scheduler = SchedulerMetrics(self.registry)

    def batch(self, commands: int) -> None:
        self._batch.observe(commands)

    def request(self, verb: str, status: int, seconds: float) -> None:
        self._latency.labels(verb, str(status)).observe(seconds)

    def turned_away(self, code: str) -> None:
        self._turned_away.labels(code).inc()

    def connections(self, count: Callable[[], int]) -> None:
        """Let the number of open connections be asked when the metrics are read."""
        self._connections.set_function(count)

    def outcome(self, platform: str, outcome: Outcome) -> None:
        """Count what a command came to, the first time."""
        answer, replayed = outcome
        if replayed:
            return
        if isinstance(answer, Refused):
            self._refusals.labels(platform, answer.code).inc()
        elif isinstance(answer, (results.Charge, results.Draw, results.Settlement)):
            for burn in answer.burns:
                self._spent.labels(platform, burn.source).inc(float(burn.credits))
        elif isinstance(answer, results.Grant):
            self._granted.labels(platform, answer.source).inc(float(answer.credits))

    def text(self) -> bytes:
        return generate_latest(self.registry)


class SchedulerMetrics:
    """The counters of the scheduler in one process."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._accounts = Counter(
            "tallystick_clockwork_accounts", "Accounts brought up to date", registry=registry
        )
        self._lag = Gauge(
            "tallystick_clockwork_lag_seconds",
            "How late the latest account of the last sweep was, or of the one under way; 0 when "
            "none was due",
            registry=registry,
        )
        self._sweeps = Counter(
            "tallystick_clockwork_sweeps", "Sweeps that came to their end", registry=registry
        )
        self._swept_at = Gauge(
            "tallystick_clockwork_swept_timestamp_seconds",
            "When the last sweep came to its end, in seconds since 1970",
            registry=registry,
        )
        self._faults = Counter(
            "tallystick_clockwork_faults",
            "Accounts that could not be brought up to date, and sweeps that failed",
            registry=registry,
        )

        self._wrong_clock = Gauge(
            "tallystick_clockwork_wrong_clock",
            "1 while the scheduler stands still because the database does not bear this machine's "
            "clock out",
            registry=registry,
        )

    def brought(self, page: Swept, so_far: Swept) -> None:
        self._accounts.inc(page.accounts)
        self._lag.set(so_far.lag_seconds)

    def swept(self, swept: Swept, at: Instant) -> None:
        self._lag.set(swept.lag_seconds)
        self._sweeps.inc()
        self._swept_at.set(at / SECOND)
        self._wrong_clock.set(0)

    def failed(self, wrong_clock: bool) -> None:
        self._faults.inc()
        self._wrong_clock.set(int(wrong_clock))

"""What the server counts, for Prometheus: latency by verb, batches, refusals, credits."""

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest

from ..core.refusals import Refused
from ..engine import Outcome, results

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
_BATCH = (1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_000)


class Metrics:
    """The counters of one server."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._latency = Histogram(
            "tallystick_request_seconds",
            "Time from a request's arrival to its reply",
            ("verb", "status"),
            buckets=_SECONDS,
            registry=self.registry,
        )
        self._batch = Histogram(
            "tallystick_batch_commands",
            "Commands that one transaction carried",
            buckets=_BATCH,
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

    def batch(self, commands: int) -> None:
        self._batch.observe(commands)

    def request(self, verb: str, status: int, seconds: float) -> None:
        self._latency.labels(verb, str(status)).observe(seconds)

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

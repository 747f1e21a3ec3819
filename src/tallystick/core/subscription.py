"""Subscriptions as values: what was bought, its cycle, and what is scheduled (`docs/spec.md` 5)."""

from msgspec import Struct

from .catalog import INTERVAL_MONTHS, Interval
from .credits import Micros
from .cycles import boundary, boundary_index
from .instants import Instant


class Terms(Struct, frozen=True, gc=False):
    """What an account subscribes to: a `plan` (its id), a `package` of monthly credits (micros),
    and the `interval` at which it is billed."""

    plan: str
    package: Micros
    interval: Interval


class Scheduled(Struct, frozen=True, omit_defaults=True, gc=False):
    """What happens `at` an instant, when the paid time is over: other `terms`, or the end (None).

    `version` is the catalog version that the other terms were taken from.
    """

    at: Instant
    terms: Terms | None = None
    version: int = 0


class Subscription(Struct, frozen=True, omit_defaults=True, gc=False):
    """A running or coming subscription to `terms`.

    Its first cycle starts at `anchor`, cycle k at ``boundary(anchor, k)``, in the time zone `zone`
    (an IANA name). `index` is the k of the running cycle, -1 before the first, and `renews_at` is
    the instant at which the next one starts. It is paid until `paid_through`; with `auto_renew`, a
    renewal moves that on by one interval. `scheduled` is what happens when the paid time is over.
    `version` is the catalog version that it was bought under.
    """

    terms: Terms
    anchor: Instant
    zone: str
    version: int
    paid_through: Instant
    renews_at: Instant
    index: int = -1
    auto_renew: bool = True
    scheduled: Scheduled | None = None

    def boundary(self, index: int) -> Instant:
        """The instant at which the cycle `index` starts."""
        return boundary(self.anchor, index, self.zone)

    @property
    def paid_until(self) -> Instant:
        """The first cycle boundary that is not paid for: where this subscription may end."""
        index = boundary_index(self.anchor, self.paid_through, self.zone)
        at = self.boundary(index)
        return at if at == self.paid_through else self.boundary(index + 1)

    def paid_through_after(self, index: int) -> Instant:
        """Paid-through once the interval that begins with cycle `index` is paid."""
        return self.boundary(index + INTERVAL_MONTHS[self.terms.interval])


class Cycle(Struct, frozen=True, gc=False):
    """The running monthly credit period, from `started_at` to `ends_at`.

    `used` of its `allotment` is spent (micros): "used X of Y".
    """

    started_at: Instant
    ends_at: Instant
    allotment: Micros
    used: Micros = 0


def start(
    terms: Terms,
    anchor: Instant,
    at: Instant,
    zone: str,
    version: int,
    paid_through: Instant | None = None,
) -> Subscription:
    """A subscription whose cycle containing `at` (or the first, at `anchor`) is due next."""
    index = max(0, boundary_index(anchor, at, zone))
    months = INTERVAL_MONTHS[terms.interval]
    paid = paid_through or boundary(anchor, (index // months + 1) * months, zone)
    return Subscription(
        terms=terms,
        anchor=anchor,
        zone=zone,
        version=version,
        paid_through=paid,
        renews_at=boundary(anchor, index, zone),
        index=index - 1,
        auto_renew=paid_through is None,
    )

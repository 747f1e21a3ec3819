"""The account as a value: everything a decision needs, small enough to write with every line."""

from typing import Literal

from msgspec import Struct

from ..catalog import SOURCES
from ..credits import Micros
from ..events import BySource
from ..grants import Grant
from ..instants import Instant
from ..subscription import Cycle, Subscription


class Allowance(Struct, frozen=True, gc=False):
    """The newest window for which free credits were given."""

    every: Literal["day", "month"]
    starts_at: Instant
    ends_at: Instant
    credits: Micros
    grant: int


class Member(Struct, frozen=True, omit_defaults=True, gc=False):
    """Somebody who shares the pool. `used` counts since `since`, the start of a cap's period."""

    id: str
    cap: Micros | None = None
    used: Micros = 0
    since: Instant | None = None


class Repair(Struct, frozen=True, gc=False):
    """The line `seq`, written at `at`, has set aside those after `back_to`, which are younger than
    it: time runs back there, and nowhere else."""

    back_to: int
    seq: int
    at: Instant


class Account(Struct, frozen=True, omit_defaults=True, gc=False):
    """An account after the line `seq`, written at the instant `at`.

    `available` is the sum of the grants' `remaining`, `held` of their `held`. Spent grants leave;
    open holds are rows of their own, here only counted.
    """

    id: str
    seq: int = 0
    at: Instant = 0
    opened_at: Instant = 0
    available: Micros = 0
    held: Micros = 0
    open_holds: int = 0
    grants: tuple[Grant, ...] = ()
    subscription: Subscription | None = None
    cycle: Cycle | None = None
    allowances: tuple[Allowance, ...] = ()
    members: tuple[Member, ...] = ()
    name: str | None = None
    time_zone: str | None = None
    repairs: tuple[Repair, ...] = ()

    @property
    def exists(self) -> bool:
        return self.seq > 0

    def stretch(self, at: Instant) -> tuple[int, int]:
        """From which seq on, and before which, time never runs back and the last line that is
        older than an instant stands, if there is one."""
        older = (each.seq for each in self.repairs if each.at < at)
        others = (each.seq for each in self.repairs if each.at >= at)
        return max(older, default=0), min(others, default=2**62)

    def grant(self, grant_id: int) -> Grant | None:
        return next((grant for grant in self.grants if grant.id == grant_id), None)

    def member(self, member_id: str) -> Member | None:
        return next((member for member in self.members if member.id == member_id), None)


def by_source(account: Account) -> BySource:
    """Spendable credits of each source that has any, in the order of `SOURCES`."""
    sums = dict.fromkeys(SOURCES, 0)
    for grant in account.grants:
        sums[grant.source] += grant.remaining
    return tuple((source, credits) for source, credits in sums.items() if credits)


def owned(account: Account) -> Micros:
    """Everything the account has, spendable or held."""
    return account.available + account.held

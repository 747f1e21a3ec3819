"""The account as a value: everything a decision needs, small enough to write with every entry."""

from msgspec import Struct

from ..caps import Cap, FairUse
from ..catalog import ALL_SOURCES
from ..credits import Micros
from ..events import BySource
from ..grants import Grant
from ..instants import Instant
from ..subscription import Cycle, Lapsed, Subscription


class Allowance(Struct, frozen=True, gc=False):
    """The newest window for which free credits were given: a day or a month (`every`).

    It runs from `starts_at` to `ends_at`, and gave `credits` (micros) so far, the last of them as
    the grant `grant`.
    """

    every: str
    starts_at: Instant
    ends_at: Instant
    credits: Micros
    grant: int


class Member(Struct, frozen=True, omit_defaults=True, gc=False):
    """A person who shares the account's credits, by their `id`.

    They may spend `cap` in a period (micros; None: no cap), and have `used` so much (micros) of it
    since `since`, the start of the period that was counted last (None: they spent nothing yet).
    `caps` are those that count in other windows, or for some tools.
    """

    id: str
    cap: Micros | None = None
    used: Micros = 0
    since: Instant | None = None
    caps: tuple[Cap, ...] = ()


class LateSettlement(Struct, frozen=True, gc=False):
    """The hold `hold` was settled after it had timed out: by the entry `seq`, at `at`, for so many
    `credits` (micros). Noted for as long as a catalog could let a hold be settled late."""

    hold: int
    seq: int
    at: Instant
    credits: Micros


class Repair(Struct, frozen=True, gc=False):
    """The entry `seq`, written at `at`, has set aside the entries after `back_to` (a seq), which
    are younger: time runs back there, and nowhere else."""

    back_to: int
    seq: int
    at: Instant


LEFT_PLANS_MAX = 4
"""How many of the plans that an account has left are known: more than change in one window."""


class LeftPlan(Struct, frozen=True, omit_defaults=True, gc=False):
    """A `plan` (its id; None: that of accounts without a subscription) that the account is on no
    longer from `until` on. What it gives in the windows that ran then can still be claimed. A plan
    that was left `by_command` was still that of the account in this very instant."""

    plan: str | None
    until: Instant
    by_command: bool = False


class Account(Struct, frozen=True, omit_defaults=True, gc=False):
    """An account, by its `id`, after the entry `seq`, written at the instant `at`.

    It was opened at `opened_at`, with a display `name` and a `time_zone` (an IANA name), each None
    where none was given. ``available == sum of remaining`` and ``held == sum of held`` of its
    `grants` (micros); a grant that is spent leaves them. `open_holds` counts the open holds, which
    are rows of their own. `subscription` is what is bought and `cycle` the running cycle of it.
    `allowances` are the newest windows of free credits, `members` the people who share the account,
    and `repairs` the entries at which time runs back. `later` are the grants that begin later, in
    the order in which they do, and `owed` is what was taken back beyond what was there (micros).
    `lapsed` is the last subscription, if it has ended and a payment may still revive it, and
    `trials` are the ids of the plans that it had a trial of. `caps`
    and `held_limit` (micros) limit what the account as a whole spends and holds; `former` are the
    members who were removed, with what they spent; `fair_use` counts what is used of unlimited
    tools, and `late` the holds that were settled late. `left` are the plans that it was on before,
    those that it left last.
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
    later: tuple[Grant, ...] = ()
    owed: Micros = 0
    lapsed: Lapsed | None = None
    trials: tuple[str, ...] = ()
    caps: tuple[Cap, ...] = ()
    held_limit: Micros | None = None
    former: tuple[Member, ...] = ()
    fair_use: tuple[FairUse, ...] = ()
    late: tuple[LateSettlement, ...] = ()
    left: tuple[LeftPlan, ...] = ()

    @property
    def subscribed(self) -> bool:
        """Whether what the account bought unlocks tools now: in a cycle, past due in grace, or in a
        pause that says so."""
        bought = self.subscription
        if bought is None:
            return False
        if bought.pause is not None and bought.pause.begun:
            return bought.pause.unlocks
        return self.cycle is not None or bought.past_due_at is not None

    @property
    def exists(self) -> bool:
        """Whether the account was opened."""
        return self.seq > 0

    def stretch(self, at: Instant) -> tuple[int, int]:
        """The seqs between which the last entry older than an instant stands, if there is one: from
        the first of them on, and before the second, time never runs back."""
        older = (each.seq for each in self.repairs if each.at < at)
        others = (each.seq for each in self.repairs if each.at >= at)
        return max(older, default=0), min(others, default=2**62)

    def grant(self, grant_id: int) -> Grant | None:
        """The grant with this id, if it has begun and anything of it is left or held."""
        for grant in self.grants:  # plainly, as every charge asks
            if grant.id == grant_id:
                return grant
        return None

    def later_grant(self, grant_id: int) -> Grant | None:
        """The grant with this id, if it begins later."""
        return next((grant for grant in self.later if grant.id == grant_id), None)

    def member(self, member_id: str) -> Member | None:
        """The member with this id."""
        return next((member for member in self.members if member.id == member_id), None)


def was_removed(account: Account, member_id: str) -> bool:
    """Whether somebody was a member of the account, and was removed."""
    return any(member.id == member_id for member in account.former)


def by_source(account: Account) -> BySource:
    """Spendable credits of each source that has any, in the order of `ALL_SOURCES`."""
    sums = dict.fromkeys(ALL_SOURCES, 0)
    for grant in account.grants:
        sums[grant.source] += grant.remaining
    return tuple((source, credits) for source, credits in sums.items() if credits)


def owned(account: Account) -> Micros:
    """Everything the account has: spendable, held, or to begin later."""
    later = sum([grant.remaining for grant in account.later]) if account.later else 0
    return account.available + account.held + later

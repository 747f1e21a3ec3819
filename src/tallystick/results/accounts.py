"""Accounts and their members, what they have, and every entry of their history."""

from datetime import datetime

from ..core.catalog import Money
from ..core.credits import Credits
from .base import OnLine, Result, Written


class CapTerms(Result, frozen=True, kw_only=True):
    """How much may be spent in each window (`every`), for the named `tools` (all if None)."""

    credits: Credits
    every: str
    tools: tuple[str, ...] | None = None


class CapView(Result, frozen=True, kw_only=True):
    """A cap in its running window, which ends at `resets_at`: what is `used` of it."""

    credits: Credits
    every: str
    tools: tuple[str, ...] | None = None
    used: Credits = 0
    resets_at: datetime | None = None


class MemberView(Result, frozen=True, kw_only=True):
    """Somebody who shares the pool: their `cap` for a cycle and what is `used` of it, and the
    `caps` that count in other windows, or for some tools."""

    member: str
    cap: Credits | None = None
    used: Credits = 0
    caps: tuple[CapView, ...] = ()


class DueView(Result, frozen=True, kw_only=True):
    """What falls due next, if nobody does anything: the kinds of the entries that will be written
    at an instant, in their order."""

    at: datetime
    kinds: tuple[str, ...]


class AccountView(Written, frozen=True, kw_only=True):
    """An account, and what falls due for it next."""

    opened_at: datetime
    name: str | None = None
    time_zone: str | None = None
    members: tuple[MemberView, ...] = ()
    caps: tuple[CapView, ...] = ()
    held_limit: Credits | None = None
    due: DueView | None = None


class MemberChange(Written, frozen=True, kw_only=True):
    """A member was added, changed or removed."""

    member: str
    cap: Credits | None = None
    removed: bool = False
    caps: tuple[CapTerms, ...] = ()


class AccountLimits(Written, frozen=True, kw_only=True):
    """What the account as a whole may spend (`caps`), and hold at once (`held`)."""

    caps: tuple[CapTerms, ...] = ()
    held: Credits | None = None


class SubscriptionView(Result, frozen=True, kw_only=True):
    """A subscription. `package` is its credits a month.

    `status` is ``coming`` before it begins, ``trial``, ``active``, ``paused``, or ``past_due``
    where its cycle is not paid: then `past_due_since` is that boundary, and what the plan unlocks
    goes on until `grace_until`. With `awaits_payment` the change comes once it is paid. A pause
    begins at `pauses_at` and lasts until `paused_until` (None: until it is resumed).
    """

    plan: str
    package: Credits
    interval: str
    started_at: datetime
    paid_through: datetime
    renews_at: datetime | None
    time_zone: str
    auto_renew: bool = True
    ends_at: datetime | None = None
    changes_at: datetime | None = None
    changes_to: str | None = None
    status: str = "active"
    past_due_since: datetime | None = None
    grace_until: datetime | None = None
    awaits_payment: bool = False
    trial_until: datetime | None = None
    pauses_at: datetime | None = None
    paused_until: datetime | None = None


class SourceView(Result, frozen=True, kw_only=True):
    """One source of a balance; `expires_at` is the soonest of its grants."""

    source: str
    available: Credits
    held: Credits
    expires_at: datetime | None = None


class GrantView(Result, frozen=True, kw_only=True):
    """One grant of a balance. `grant` is None for free credits that nobody needed yet."""

    grant: str | None
    source: str
    amount: Credits
    remaining: Credits
    held: Credits
    effective_at: datetime
    expires_at: datetime | None = None
    priority: int | None = None
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    price: Money | None = None
    payment: str | None = None


class CycleView(Result, frozen=True, kw_only=True):
    """The running monthly credit period: "used X of Y", and when it renews."""

    plan: str
    package: Credits | None
    allotment: Credits
    used: Credits
    started_at: datetime
    renews_at: datetime
    time_zone: str


class Balance(Result, frozen=True, kw_only=True):
    """What an account has at `as_of`. `available` is the sum over the sources. `grants` also has
    those that begin later, last. `owed` is what later credits pay first."""

    account: str
    seq: int
    as_of: datetime
    available: Credits
    held: Credits
    sources: tuple[SourceView, ...]
    grants: tuple[GrantView, ...]
    cycle: CycleView | None = None
    subscription: SubscriptionView | None = None
    owed: Credits = 0
    due: DueView | None = None


class Posting(Result, frozen=True, kw_only=True):
    """One side of an entry: a ledger account such as ``topup:7`` and what it gains."""

    account: str
    credits: Credits


class Entry(OnLine, frozen=True, kw_only=True):
    """One immutable entry of an account's history, in a sentence and in double entry."""

    kind: str
    text: str
    credits: Credits
    balance_before: Credits
    balance_after: Credits
    postings: tuple[Posting, ...]
    receipt: str | None = None
    hold: str | None = None
    key: str | None = None
    hash: str = ""


class PlanChange(Written, frozen=True, kw_only=True):
    """A subscription before and after a change, or what a change would do (`preview`).

    `before` and `after` are spendable credits by source; `takes_effect_at` is now for changes
    that come at once, and None for one that waits for its payment.
    """

    change: str
    explanation: str
    takes_effect_at: datetime | None
    before: dict[str, Credits]
    after: dict[str, Credits]
    renews_at: datetime | None = None
    rule: str | None = None
    expires: Credits = 0
    subscription: SubscriptionView | None = None
    preview: bool = False

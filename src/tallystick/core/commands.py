"""Commands: everything that can be asked of one account.

Values are as they came from outside. The deciders read and bound them, so that Python, the shell
and every transport share one set of rules. `key` is an idempotency key, which makes a command safe
to repeat: the same key and the same command give the first answer again.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias, get_args

from msgspec import Struct

from .credits import Number

When: TypeAlias = str | date | datetime | timedelta
"""An instant from outside: RFC 3339 text or an aware ``datetime``; a date; or a duration from
now."""
Price: TypeAlias = str | dict[str, Any]
"""Money: ``9.99 USD``, or an object with `amount` and `currency`."""


class Command(Struct, frozen=True, omit_defaults=True, tag_field="do", gc=False):
    """Something asked of `account`."""

    account: str


class OpenAccount(Command, frozen=True, tag="open_account"):
    """Open an account. `members` are the ids of people who share it, with a cap or None."""

    name: str | None = None
    time_zone: str | None = None
    members: dict[str, Number | None] = {}
    key: str | None = None


class SetMember(Command, frozen=True, tag="set_member"):
    """Add a member who shares the account, or change their caps: `cap` for a cycle (None: no cap),
    or `caps`, each with `credits`, `every` (a window) and `tools`."""

    member: str
    cap: Number | None = None
    key: str | None = None
    caps: list[dict[str, Any]] | None = None


class RemoveMember(Command, frozen=True, tag="remove_member"):
    """Remove a member from the account."""

    member: str
    key: str | None = None


class SetLimits(Command, frozen=True, tag="set_limits"):
    """Limit what the account as a whole spends, by `caps` as those of a member, and what its open
    holds reserve together (`held`). What is left out is not limited."""

    caps: list[dict[str, Any]] = []
    held: Number | None = None
    key: str | None = None


class Subscribe(Command, frozen=True, tag="subscribe"):
    """Buy a plan. Without `paid_through` or `intervals`, which say how long it is paid, it renews
    by itself until cancelled. With `trial` the plan's trial comes first."""

    plan: str
    package: Number | None = None
    interval: str = "monthly"
    starts_at: When | None = None
    paid_through: When | None = None
    key: str | None = None
    intervals: int | None = None
    trial: bool = False


class ChangePlan(Command, frozen=True, tag="change_plan"):
    """Change the terms of a subscription. What is left out stays as it is.

    `paid_through` or `intervals` say how long the new terms are paid, and `paid` that the change
    is. With `later` it waits for the end of the paid time.
    """

    plan: str | None = None
    package: Number | None = None
    interval: str | None = None
    key: str | None = None
    paid_through: When | None = None
    intervals: int | None = None
    paid: bool = False
    later: bool = False


class Cancel(Command, frozen=True, tag="cancel"):
    """End the subscription when its paid time is over."""

    key: str | None = None


class Resume(Command, frozen=True, tag="resume"):
    """Withdraw a scheduled cancellation or change."""

    key: str | None = None


class Pay(Command, frozen=True, tag="pay"):
    """Note a payment: for so many `cycles` or `intervals`, or through the boundary nearest to
    `paid_through`."""

    paid_through: When | None = None
    key: str | None = None
    cycles: int | None = None
    intervals: int | None = None


class PauseSubscription(Command, frozen=True, tag="pause"):
    """Pause the subscription from its next boundary on, or `at_once`, until an instant or until it
    is resumed."""

    until: When | None = None
    at_once: bool = False
    key: str | None = None


class ResetCycle(Command, frozen=True, tag="reset_cycle"):
    """Reset the running cycle now, as an operator; `move_anchor` counts cycles from now on."""

    reason: str
    move_anchor: bool = False
    key: str | None = None


class EndSubscription(Command, frozen=True, tag="end"):
    """End the subscription now, as an operator. With `void` the cycle's credits go."""

    reason: str
    void: bool = True
    key: str | None = None


class TopUp(Command, frozen=True, tag="top_up"):
    """Buy credits once: a bundle of the catalog, or with `custom` any amount.

    `price` is the money that was paid, such as ``9.99 USD``, and `payment` the id of the payment.
    """

    credits: Number
    key: str | None = None
    custom: bool = False
    price: Price | None = None
    payment: str | None = None


class GrantCredits(Command, frozen=True, tag="grant"):
    """Give credits of a `source` that an operator may give, such as promo.

    They can be spent from `effective_at` on (None: at once), only on generations of these `tools`
    and `models` if any are named. `price` is the money that was paid for them, in the payment with
    the id `payment`.
    """

    credits: Number
    source: str = "promo"
    expires_at: When | None = None
    priority: int | None = None
    reason: str | None = None
    key: str | None = None
    effective_at: When | None = None
    tools: Sequence[str] = ()
    models: Sequence[str] = ()
    price: Price | None = None
    payment: str | None = None


class Adjust(Command, frozen=True, tag="adjust"):
    """Change the balance up or down, as an operator, with a reason.

    Credits are taken from one `grant` or `source` where it is named, else in burn-down order; with
    `used` they count as used in the running cycle. Credits that are given last until `expires_at`.
    With a `receipt` (``r12``) they give its charge back: so many of it, or all that is left of it
    (`full`).
    """

    credits: Number | None = None
    reason: str = ""
    key: str | None = None
    grant: str | None = None
    source: str | None = None
    used: bool = False
    expires_at: When | None = None
    receipt: str | None = None
    full: bool = False


class Reverse(Command, frozen=True, tag="reverse"):
    """Undo the entry (its seq, or the id of its grant) that granted credits, while none of them is
    spent or held."""

    entry: int | str
    reason: str
    key: str | None = None


class Void(Command, frozen=True, tag="void"):
    """Take back what is left of a `grant`. With `owe`, what was spent of it is owed."""

    grant: str
    reason: str
    owe: bool = False
    key: str | None = None


class SetExpiry(Command, frozen=True, tag="set_expiry"):
    """Let a `grant` expire at another instant, or never (None)."""

    grant: str
    expires_at: When | None
    reason: str
    key: str | None = None


class _Anyone(str):
    __slots__ = ()


ANYONE: str = _Anyone("anyone")
"""The member of a hold that is only tried out, for a quote: nobody in particular. It is told by
what it is and not by its letters, so that no request can name it."""


class Generation(Command, frozen=True):
    """What a hold and a charge share: a quote's token, or a request as in quotes.

    Both name a `tool` where models of several tools have the model's name.
    """

    model: str | None = None
    params: dict[str, Any] = {}
    outputs: int = 1
    quote: str | None = None
    member: str | None = None
    labels: dict[str, str] = {}
    key: str | None = None


class PlaceHold(Generation, frozen=True, tag="hold"):
    """Reserve the price of a generation while it runs."""

    ttl_seconds: int | None = None
    tool: str | None = None


class Charge(Generation, frozen=True, tag="charge"):
    """Quote, hold and settle in one step. `credits` is the actual of a price that is a range."""

    credits: Number | None = None
    tool: str | None = None


class Lease(Command, frozen=True, tag="lease"):
    """Reserve `credits` for many generations to come: a hold that is drawn from."""

    credits: Number
    ttl_seconds: int | None = None
    member: str | None = None
    labels: dict[str, str] = {}
    key: str | None = None


class Draw(Command, frozen=True, tag="draw"):
    """Charge a generation to a lease. `credits` is the actual of a price that is a range."""

    hold: str
    model: str
    params: dict[str, Any] = {}
    outputs: int = 1
    credits: Number | None = None
    labels: dict[str, str] = {}
    key: str | None = None
    tool: str | None = None


class Settle(Command, frozen=True, tag="settle"):
    """Close a hold with what the work cost: credits, or the quantities it really had.

    `outcome` alone settles as the catalog says for it; default ``succeeded``.
    """

    hold: str
    credits: Number | None = None
    params: dict[str, Any] = {}
    outcome: str = "succeeded"
    key: str | None = None


class Refund(Command, frozen=True, tag="refund"):
    """Give back the charge of a `receipt` (``r12``), with a reason: so many `credits`, or what
    the quantities in `params` cost; with neither, all that is left of it."""

    receipt: str
    credits: Number | None = None
    reason: str = ""
    params: dict[str, Any] = {}
    key: str | None = None


class Release(Command, frozen=True, tag="release"):
    """Close a hold without a charge."""

    hold: str
    key: str | None = None


class Increase(Command, frozen=True, tag="increase"):
    """Let a hold reserve more: so many `credits` in all, or the price of the quantities in
    `params`, as they are in all."""

    hold: str
    credits: Number | None = None
    params: dict[str, Any] = {}
    key: str | None = None


class Extend(Command, frozen=True, tag="extend"):
    """Let a hold live for `ttl_seconds` from now."""

    hold: str
    ttl_seconds: int
    key: str | None = None


class Advance(Command, frozen=True, tag="advance"):
    """Bring the account up to date, and do nothing else."""

    key: str | None = None


AnyCommand: TypeAlias = (
    OpenAccount
    | SetMember
    | RemoveMember
    | SetLimits
    | Subscribe
    | ChangePlan
    | Cancel
    | Resume
    | Pay
    | EndSubscription
    | PauseSubscription
    | ResetCycle
    | TopUp
    | GrantCredits
    | Adjust
    | Reverse
    | Void
    | SetExpiry
    | PlaceHold
    | Charge
    | Lease
    | Draw
    | Settle
    | Refund
    | Release
    | Extend
    | Increase
    | Advance
)
"""Every command, for reading a batch."""

KINDS = frozenset(get_args(AnyCommand))

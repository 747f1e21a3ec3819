"""Credits given and taken back."""

from datetime import datetime

from ..core.catalog import Money
from ..core.credits import Credits
from .base import Burn, Written


class Grant(Written, frozen=True, kw_only=True):
    """Credits given: a top-up, a promotion, an adjustment upwards. One that gives back what a
    `receipt` charged names that."""

    grant: str
    source: str
    credits: Credits
    expires_at: datetime | None = None
    priority: int | None = None
    reason: str | None = None
    balance_before: Credits
    balance_after: Credits
    effective_at: datetime | None = None
    tools: tuple[str, ...] = ()
    models: tuple[str, ...] = ()
    price: Money | None = None
    payment: str | None = None
    owed_paid: Credits = 0
    receipt: str | None = None


class Adjustment(Written, frozen=True, kw_only=True):
    """Credits taken back by an operator, or a reversed entry."""

    credits: Credits
    reason: str
    burns: tuple[Burn, ...] = ()
    reverses: int | None = None
    balance_before: Credits
    balance_after: Credits


class Void(Written, frozen=True, kw_only=True):
    """A grant taken back. `held` stays with open holds and lapses when it comes back."""

    grant: str
    source: str
    credits: Credits
    held: Credits
    owed: Credits
    reason: str
    balance_before: Credits
    balance_after: Credits


class ExpiryChange(Written, frozen=True, kw_only=True):
    """A grant with another expiry: `expired_at` before, `expires_at` from now on."""

    grant: str
    source: str
    credits: Credits
    reason: str
    expired_at: datetime | None = None
    expires_at: datetime | None = None

"""Generations: charged, held, leased and settled, with their receipts."""

from datetime import datetime

from msgspec import field

from ..core.credits import Credits
from .base import Burn, CatalogRef, PricedLine, Result, Written


class Spend(Written, frozen=True, kw_only=True):
    """What charges, holds and settlements share."""

    credits: Credits
    lines: tuple[PricedLine, ...]
    burns: tuple[Burn, ...]
    balance_before: Credits
    balance_after: Credits
    catalog: CatalogRef
    member: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


class Charge(Spend, frozen=True, kw_only=True):
    """A generation paid in one step."""

    receipt: str


class Hold(Spend, frozen=True, kw_only=True):
    """Credits reserved for a generation; `hold` names it until it is closed. An answer that is
    given again under its key says in `status` and `closed_at` how the hold stands by now."""

    hold: str
    expires_at: datetime
    status: str = "open"
    closed_at: datetime | None = None


class Lease(Written, frozen=True, kw_only=True):
    """Credits reserved to be drawn from, until it is released or `expires_at`."""

    hold: str
    credits: Credits
    expires_at: datetime
    burns: tuple[Burn, ...]
    balance_before: Credits
    balance_after: Credits
    member: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


class Draw(Spend, frozen=True, kw_only=True):
    """A generation paid by a lease, which has `left` after it."""

    hold: str
    receipt: str
    left: Credits


class Settlement(Spend, frozen=True, kw_only=True):
    """A hold closed by what the work cost. `returned` went back to its grants, `expired` could
    not, `uncollected` was above the hold and not there to take. A `late` one came after the hold
    had timed out."""

    hold: str
    receipt: str
    outcome: str
    held: Credits
    returned: Credits
    expired: Credits = 0
    uncollected: Credits = 0
    late: bool = False


class Refund(Written, frozen=True, kw_only=True):
    """A charge given back, whole or in part. Of the `charged` credits of the receipt, `refunded`
    are given back by now. `returned` went back to its grants (`returns`); `expired` could not."""

    receipt: str
    credits: Credits
    reason: str
    charged: Credits
    refunded: Credits
    returned: Credits
    expired: Credits = 0
    owed_paid: Credits = 0
    returns: tuple[Burn, ...] = ()
    balance_before: Credits
    balance_after: Credits
    member: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


class Release(Written, frozen=True, kw_only=True):
    """A hold given back: by request, or timed out."""

    hold: str
    how: str
    returned: Credits
    expired: Credits = 0
    balance_before: Credits
    balance_after: Credits


class Increase(Written, frozen=True, kw_only=True):
    """A hold that reserves more: `added` beside what it had, `credits` in all."""

    hold: str
    credits: Credits
    added: Credits
    burns: tuple[Burn, ...]
    balance_before: Credits
    balance_after: Credits


class Extension(Written, frozen=True, kw_only=True):
    """A hold that lives longer."""

    hold: str
    expires_at: datetime


class HoldView(Result, frozen=True, kw_only=True):
    """An open hold, as a list shows it. A lease has no model; `credits` is what is left of it."""

    hold: str
    credits: Credits
    model: str | None
    name: str | None
    opened_at: datetime
    expires_at: datetime
    member: str | None = None
    labels: dict[str, str] = field(default_factory=dict)


class UsageLine(Result, frozen=True, kw_only=True):
    """One charge: what was made, for how much, and where its receipt is. A `refund` of one counts
    less than nothing."""

    seq: int
    at: datetime
    receipt: str
    tool: str
    model: str
    name: str
    credits: Credits
    unit: str
    quantity: Credits
    outputs: int
    member: str | None
    labels: dict[str, str]
    refund: bool = False


class Receipt(Written, frozen=True, kw_only=True):
    """A charge that explains itself (`docs/spec.md` 8.2).

    `exact` is the price before the one rounding, as a decimal or a fraction; `rule` says in
    a sentence which rule gave `credits`; `note` is the catalog's own word on the rate. Of the
    `credits`, refunds gave back `refunded` since, and an operator `adjusted` as goodwill.
    """

    receipt: str
    hold: str | None
    outcome: str
    credits: Credits
    list_credits: Credits
    lines: tuple[PricedLine, ...]
    rate: str
    price: str
    exact: str
    rounding: str
    rule: str
    note: str | None
    catalog: CatalogRef
    burns: tuple[Burn, ...]
    returned: Credits
    expired: Credits
    held: Credits | None
    uncollected: Credits
    balance_before: Credits
    balance_after: Credits
    member: str | None
    labels: dict[str, str]
    refunded: Credits = 0
    adjusted: Credits = 0

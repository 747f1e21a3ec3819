"""The price of a generation, and why it is refused."""

from datetime import datetime

from ..core.catalog import Money
from ..core.credits import Credits
from .base import Burn, CatalogRef, PricedLine, Result


class Way(Result, frozen=True, kw_only=True, omit_defaults=True):
    """A way out of a refusal: ``wait``, ``top_up``, ``upgrade``, ``less`` or ``cheaper``; the
    fields that its kind does not have are left out."""

    kind: str
    at: datetime | None = None
    available: Credits | None = None
    credits: Credits | None = None
    plan: str | None = None
    interval: str | None = None
    price: Money | None = None
    model: str | None = None
    settings: dict[str, str] | None = None
    quantities: dict[str, Credits] | None = None
    outputs: int | None = None
    bundles: tuple[Credits, ...] | None = None
    tool: str | None = None


class Refusal(Result, frozen=True, kw_only=True, omit_defaults=True):
    """A refusal as an answer: in quotes, in batches, on the shell. Its facts are those of its
    code; the others are left out."""

    code: str
    message: str
    ways_out: tuple[Way, ...]
    account: str | None = None
    available: Credits | None = None
    balance: Credits | None = None
    cap: Credits | None = None
    charged: Credits | None = None
    clock_at: datetime | None = None
    closed_at: datetime | None = None
    credits: Credits | None = None
    done: Credits | None = None
    effective_at: datetime | None = None
    ends_at: datetime | None = None
    entry: int | None = None
    every: str | None = None
    expired_at: datetime | None = None
    grant: str | None = None
    held: Credits | None = None
    hold: str | None = None
    how: str | None = None
    interval: str | None = None
    limit: Credits | None = None
    member: str | None = None
    members: tuple[str, ...] | None = None
    min: Credits | None = None
    model: str | None = None
    package: Credits | None = None
    paid_through: datetime | None = None
    paused_at: datetime | None = None
    paused_until: datetime | None = None
    plan: str | None = None
    quantity: Credits | None = None
    receipt: str | None = None
    refunded: Credits | None = None
    resets_at: datetime | None = None
    shortfall: Credits | None = None
    standing: str | None = None
    tool: str | None = None
    tools: tuple[str, ...] | None = None
    unit: str | None = None
    up_to: Credits | None = None
    used: Credits | None = None
    version: int | None = None


class Quote(Result, frozen=True, kw_only=True):
    """The price of a request. `quote` is the token to spend; `credits` is what a hold takes. For
    an account it is made of the account as it stood at `seq`. It is honoured in its `epoch`."""

    quote: str
    account: str | None = None
    seq: int | None = None
    epoch: str = ""
    expires_at: datetime
    credits: Credits
    min: Credits
    max: Credits
    lines: tuple[PricedLine, ...]
    catalog: CatalogRef
    allowed: bool
    refusal: Refusal | None = None
    burns: tuple[Burn, ...] = ()
    balance_before: Credits | None = None
    balance_after: Credits | None = None

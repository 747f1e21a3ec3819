"""What the verbs answer: typed values whose fields are the JSON fields (`interface.md`).

Amounts are whole numbers or exact decimals of credits, instants are aware datetimes in UTC.
"""

from datetime import datetime
from typing import Any

from msgspec import Struct, json

from ..core.catalog import Money
from ..core.credits import Credits

_encoder = json.Encoder(decimal_format="number")


class Result(Struct, frozen=True, kw_only=True, gc=False):
    """Something a verb answered. Its JSON has every field, null where there is nothing to say."""

    def to_json(self) -> bytes:
        """The JSON document of this answer: the same bytes for the same answer."""
        return _encoder.encode(self)


def to_json(value: Any) -> bytes:
    """Any result, or a list of them, as JSON."""
    return _encoder.encode(value)


class CatalogRef(Result, frozen=True, kw_only=True):
    """Which version of a platform's catalog a price came from."""

    platform: str
    version: int


class PricedLine(Result, frozen=True, kw_only=True):
    """One item of a price. `list_credits` is what it costs where the plan does not change it."""

    model: str
    name: str
    tool: str
    rate: str
    unit: str
    quantity: Credits
    outputs: int = 1
    settings: dict[str, str] = {}
    credits: Credits
    list_credits: Credits | None = None
    plan: str | None = None


class Burn(Result, frozen=True, kw_only=True):
    """Credits of one grant."""

    grant: str
    source: str
    credits: Credits


class Way(Result, frozen=True, kw_only=True, omit_defaults=True):
    """A way out of a refusal: ``wait``, ``top_up``, ``upgrade`` or ``cheaper``; the fields that
    its kind does not have are left out."""

    kind: str
    at: datetime | None = None
    available: Credits | None = None
    credits: Credits | None = None
    plan: str | None = None
    interval: str | None = None
    price: Money | None = None
    model: str | None = None
    settings: dict[str, str] | None = None


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
    clock_at: datetime | None = None
    closed_at: datetime | None = None
    credits: Credits | None = None
    ends_at: datetime | None = None
    entry: int | None = None
    expired_at: datetime | None = None
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
    plan: str | None = None
    shortfall: Credits | None = None
    tool: str | None = None
    used: Credits | None = None


class Quote(Result, frozen=True, kw_only=True):
    """The price of a request. `quote` is the token to spend; `credits` is what a hold takes."""

    quote: str
    account: str | None = None
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


class Written(Result, frozen=True, kw_only=True):
    """An answer that stands on the ledger line `seq`."""

    account: str
    seq: int
    at: datetime


class MemberView(Result, frozen=True, kw_only=True):
    """Somebody who shares the pool."""

    member: str
    cap: Credits | None = None
    used: Credits = 0


class AccountView(Written, frozen=True, kw_only=True):
    """An account."""

    opened_at: datetime
    name: str | None = None
    time_zone: str | None = None
    members: tuple[MemberView, ...] = ()


class MemberChange(Written, frozen=True, kw_only=True):
    """A member was added, changed or removed."""

    member: str
    cap: Credits | None = None
    removed: bool = False


class Spend(Written, frozen=True, kw_only=True):
    """What charges, holds and settlements share."""

    credits: Credits
    lines: tuple[PricedLine, ...]
    burns: tuple[Burn, ...]
    balance_before: Credits
    balance_after: Credits
    catalog: CatalogRef
    member: str | None = None
    labels: dict[str, str] = {}


class Charge(Spend, frozen=True, kw_only=True):
    """A generation paid in one step."""

    receipt: str


class Hold(Spend, frozen=True, kw_only=True):
    """Credits reserved for a generation; `hold` names it until it is closed."""

    hold: str
    expires_at: datetime


class Settlement(Spend, frozen=True, kw_only=True):
    """A hold closed by what the work cost. `returned` went back to its grants, `expired` could
    not, `uncollected` was above the hold and not there to take."""

    hold: str
    receipt: str
    outcome: str
    held: Credits
    returned: Credits
    expired: Credits = 0
    uncollected: Credits = 0


class Release(Written, frozen=True, kw_only=True):
    """A hold given back: by request, or timed out."""

    hold: str
    how: str
    returned: Credits
    expired: Credits = 0
    balance_before: Credits
    balance_after: Credits


class Extension(Written, frozen=True, kw_only=True):
    """A hold that lives longer."""

    hold: str
    expires_at: datetime


class Grant(Written, frozen=True, kw_only=True):
    """Credits given: a top-up, a promotion, an adjustment upwards."""

    grant: str
    source: str
    credits: Credits
    expires_at: datetime | None = None
    priority: int | None = None
    reason: str | None = None
    balance_before: Credits
    balance_after: Credits


class Adjustment(Written, frozen=True, kw_only=True):
    """Credits taken back by an operator, or a reversed entry."""

    credits: Credits
    reason: str
    burns: tuple[Burn, ...] = ()
    reverses: int | None = None
    balance_before: Credits
    balance_after: Credits


class SubscriptionView(Result, frozen=True, kw_only=True):
    """A subscription. `package` is its credits a month."""

    plan: str
    package: Credits
    interval: str
    started_at: datetime
    paid_through: datetime
    renews_at: datetime
    time_zone: str
    auto_renew: bool = True
    ends_at: datetime | None = None
    changes_at: datetime | None = None
    changes_to: str | None = None


class PlanChange(Written, frozen=True, kw_only=True):
    """A subscription before and after a change, or what a change would do (`preview`).

    `before` and `after` are spendable credits by source; `takes_effect_at` is now for changes
    that come at once.
    """

    change: str
    explanation: str
    takes_effect_at: datetime
    before: dict[str, Credits]
    after: dict[str, Credits]
    renews_at: datetime | None = None
    rule: str | None = None
    expires: Credits = 0
    subscription: SubscriptionView | None = None
    preview: bool = False


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
    """What an account has at `as_of`. `available` is the sum over the sources."""

    account: str
    seq: int
    as_of: datetime
    available: Credits
    held: Credits
    sources: tuple[SourceView, ...]
    grants: tuple[GrantView, ...]
    cycle: CycleView | None = None
    subscription: SubscriptionView | None = None


class Posting(Result, frozen=True, kw_only=True):
    """One side of an entry: a ledger account such as ``topup:7`` and what it gains."""

    account: str
    credits: Credits


class Entry(Written, frozen=True, kw_only=True):
    """One immutable line of an account's history, in a sentence and in double entry."""

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


class Receipt(Written, frozen=True, kw_only=True):
    """A charge that explains itself (`spec.md` 8.2).

    `exact` is the price before the one rounding, as a decimal or a fraction; `rule` says in
    a sentence which rule gave `credits`; `note` is the catalog's own word on the rate.
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


class HoldView(Result, frozen=True, kw_only=True):
    """An open hold, as a list shows it."""

    hold: str
    credits: Credits
    model: str
    name: str
    opened_at: datetime
    expires_at: datetime
    member: str | None = None
    labels: dict[str, str] = {}


class UsageLine(Result, frozen=True, kw_only=True):
    """One charge: what was made, for how much, and where its receipt is."""

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


class CatalogView(Result, frozen=True, kw_only=True):
    """A published catalog version, with the file it was published from."""

    platform: str
    name: str
    version: int
    effective_at: datetime
    newest: int
    time_zone: str
    models: int
    plans: int
    source: str


class Publication(Result, frozen=True, kw_only=True):
    """A catalog version that was published, or would be (`dry_run`), and what it changes."""

    platform: str
    version: int
    effective_at: datetime
    changes: tuple[str, ...]
    dry_run: bool = False


class ClockView(Result, frozen=True, kw_only=True):
    """What time it is for a platform; a `test` clock stands until it is moved."""

    platform: str
    at: datetime
    test: bool


class ApiKeyView(Result, frozen=True, kw_only=True):
    """An API key as a list shows it: never its secret."""

    id: str
    platform: str
    name: str
    scopes: tuple[str, ...]
    created_at: datetime
    revoked_at: datetime | None = None


class NewApiKey(ApiKeyView, frozen=True, kw_only=True):
    """A key just made. `api_key` is shown this once and cannot be read again."""

    api_key: str

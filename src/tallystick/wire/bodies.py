"""What requests carry: bodies and query parameters, as shapes with their bounds.

The shapes say which names exist and what the OpenAPI document promises. Values are passed on
unchanged: the core checks them, so that every transport refuses the same values.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

from ..core import limits
from ..core.caps import Every
from ..core.catalog import Source
from ..core.credits import MAX_CREDITS, Credits
from ..core.events import Outcome

Id: TypeAlias = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=limits.ID_CHARACTERS_MAX,
        description="1 to 128 printable characters.",
    ),
]
Amount: TypeAlias = Annotated[
    Credits, Meta(description=f"Credits, at most {MAX_CREDITS:,}, with at most six decimals.")
]
Reason: TypeAlias = Annotated[str, Meta(min_length=1, max_length=limits.REASON_CHARACTERS_MAX)]
Labels: TypeAlias = Annotated[
    dict[str, str], Meta(description="At most 20 names, each with a text, for analytics.")
]
Moment: TypeAlias = Annotated[
    datetime,
    Meta(
        description="An instant, RFC 3339 with its zone; or a date, which begins in the platform's "
        "zone, or a duration from now such as `30d`."
    ),
]
Interval: TypeAlias = Literal["monthly", "quarterly", "yearly"]
Ttl: TypeAlias = Annotated[int, Meta(ge=1, le=limits.MAX_TTL_SECONDS)]
Cycles: TypeAlias = Annotated[int, Meta(ge=1, le=120)]
Page: TypeAlias = Annotated[int, Meta(ge=1, le=1_000, description="How many items at most.")]
Settings: TypeAlias = Annotated[
    dict[str, str | bool],
    Meta(
        description="Words, such as `resolution: 1080p`; `true` and `false` where these are words."
    ),
]
Quantities: TypeAlias = Annotated[
    dict[str, float | str],
    Meta(description="Numbers, such as `seconds: 8`; a text that holds a number is taken too."),
]
Text: TypeAlias = Annotated[
    str, Meta(description="A text, counted as `characters`; it is neither stored nor logged.")
]
Model: TypeAlias = Annotated[str, Meta(description="A model, by id or name, in any case.")]
Token: TypeAlias = Annotated[str, Meta(description="The token of a quote for this account.")]
After: TypeAlias = Annotated[
    int, Meta(ge=0, description="Begin after this seq; with `newest`, before it.")
]
Buffer: TypeAlias = Annotated[str | float, Meta(description="A share, such as `0.2` or `20%`.")]
Cursor: TypeAlias = Annotated[str, Meta(description="`next` of the page before, unchanged.")]


class Body(Struct, kw_only=True, forbid_unknown_fields=True):
    """A JSON object with these fields and no others."""


class QuoteBody(Body):
    """What to generate. For an account the quote also says whether it may, and what would burn."""

    model: Model
    settings: Settings = {}
    quantities: Quantities = {}
    text: Text | None = None
    outputs: Annotated[int, Meta(ge=1)] = 1
    account: Id | None = None
    plan: Id | None = None
    tool: Id | None = None


class GenerationBody(Body):
    """A quote to spend, or a model with its settings and quantities."""

    quote: Token | None = None
    model: Model | None = None
    settings: Settings = {}
    quantities: Quantities = {}
    text: Text | None = None
    outputs: Annotated[int, Meta(ge=1)] = 1
    member: Id | None = None
    labels: Labels = {}
    tool: Id | None = None


class HoldBody(GenerationBody):
    """What to reserve credits for, and for how long."""

    ttl_seconds: Ttl | None = None


class ChargeBody(GenerationBody):
    """What to charge. `credits` is the actual cost where the price is a range."""

    credits: Amount | None = None


class LeaseBody(Body):
    """How many credits to reserve for many generations, and for how long."""

    credits: Amount
    ttl_seconds: Ttl | None = None
    member: Id | None = None
    labels: Labels = {}


class DrawBody(Body):
    """A generation to pay from a lease. `credits` is the actual cost where the price is a range."""

    model: Model
    settings: Settings = {}
    quantities: Quantities = {}
    text: Text | None = None
    outputs: Annotated[int, Meta(ge=1)] = 1
    credits: Amount | None = None
    labels: Labels = {}
    tool: Id | None = None


class SettleBody(Body):
    """What the work cost: credits, the quantities that were really made, or an outcome alone."""

    credits: Amount | None = None
    quantities: Quantities = {}
    text: Text | None = None
    outcome: Annotated[
        Outcome, Meta(description="How the work ended, as the catalog names it.")
    ] = "succeeded"


class RefundBody(Body):
    """What to give back: credits, or quantities that were charged; all of it without either."""

    reason: Reason
    credits: Amount | None = None
    quantities: Quantities = {}


class ReleaseBody(Body):
    """The body has no fields."""


class ExtendBody(Body):
    """How long the hold stays open from now."""

    ttl_seconds: Ttl


class IncreaseBody(Body):
    """What the hold is to reserve in all: credits, or the quantities of the work."""

    credits: Amount | None = None
    quantities: Quantities = {}


class AccountBody(Body):
    """An account to open. You choose its id."""

    id: Id
    name: Id | None = None
    time_zone: Annotated[str, Meta(description="An IANA name.")] | None = None
    members: Annotated[
        dict[str, Amount | None] | list[str],
        Meta(description="The members who share the credits: names, or names with caps a cycle."),
    ] = []


class CapBody(Body):
    """How much may be spent in each window, for some tools or for all."""

    credits: Amount
    every: Every = "cycle"
    tools: list[str] | None = None


class MemberBody(Body):
    """A member who shares the account's credits, with the most they may spend in a cycle, or with
    caps in any windows."""

    member: Id
    cap: Amount | None = None
    caps: Annotated[list[CapBody], Meta(max_length=limits.MAX_CAPS)] | None = None


class LimitsBody(Body):
    """What the account as a whole may spend, and hold at once; what is left out is not limited."""

    caps: Annotated[list[CapBody], Meta(max_length=limits.MAX_CAPS)] = []
    held: Amount | None = None


class RemoveMemberBody(Body):
    """The body has no fields."""


class SubscribeBody(Body):
    """A plan to subscribe to. Without `paid_through` or `intervals` it renews by itself until it is
    cancelled."""

    plan: Id
    package: Amount | None = None
    interval: Interval = "monthly"
    starts_at: Moment | None = None
    paid_through: Moment | None = None
    intervals: Annotated[int, Meta(ge=0, le=120)] | None = None
    trial: bool = False


class ChangePlanBody(Body):
    """New terms; what is left out stays as it is."""

    plan: Id | None = None
    package: Amount | None = None
    interval: Interval | None = None
    paid_through: Moment | None = None
    intervals: Cycles | None = None
    paid: bool = False
    later: bool = False


class NothingBody(Body):
    """The body has no fields."""


class VerifyBody(Body):
    """The head that is expected, if any, as an earlier report has it."""

    expect: Annotated[str, Meta(pattern=limits.HEAD)] | None = None


class PayBody(Body):
    """A payment that arrived, for one of: so many cycles, so many intervals, or until when."""

    paid_through: Moment | None = None
    cycles: Cycles | None = None
    intervals: Cycles | None = None


class PauseBody(Body):
    """Until when the subscription pauses, and whether at once or from its next boundary on."""

    until: Moment | None = None
    at_once: bool = False


class ResetBody(Body):
    """Why the cycle is reset, and whether cycles are counted from now on."""

    reason: Reason
    move_anchor: bool = False


class EndBody(Body):
    """Why the subscription ends now, and whether the rest of its cycle's credits goes with it."""

    reason: Reason
    void: bool = True


class MoneyBody(Body):
    """Money: an amount with its currency."""

    amount: Annotated[str, Meta(pattern=r"^[0-9]{1,12}(\.[0-9]{1,4})?$")]
    currency: Annotated[str, Meta(pattern="^[A-Z]{3}$", description="An ISO 4217 code.")]


class TopUpBody(Body):
    """Credits that were bought: a bundle of the catalog, or with `custom` any amount."""

    credits: Amount
    custom: bool = False
    price: MoneyBody | None = None
    payment: Id | None = None


class GrantBody(Body):
    """Credits to give."""

    credits: Amount
    source: Literal["promo", "adjustment", "topup", "free"] = "promo"
    expires_at: Moment | None = None
    priority: Annotated[int, Meta(ge=1, le=100)] | None = None
    reason: Reason | None = None
    effective_at: Moment | None = None
    tools: list[Id] = []
    models: list[Model] = []
    price: MoneyBody | None = None
    payment: Id | None = None


class AdjustBody(Body):
    """A correction by an operator, up or down; or goodwill for a charge, by its receipt."""

    reason: Reason
    credits: Amount | None = None
    grant: Id | None = None
    source: Source | None = None
    used: bool = False
    expires_at: Moment | None = None
    receipt: Id | None = None
    full: bool = False


class ReverseBody(Body):
    """Why the entry is reversed."""

    reason: Reason


class VoidBody(Body):
    """Why the grant is taken back, and whether what was spent of it is owed."""

    reason: Reason
    owe: bool = False


class ExpiryBody(Body):
    """When the grant expires from now on (null: never), and why."""

    expires_at: Moment | None
    reason: Reason


class EstimateBody(Body):
    """(lines x days) + buffer."""

    lines: Annotated[
        list["EstimateLineBody | str"],
        Meta(min_length=1, description="`30 x Veo 3.1 seconds=8`, or the same as an object."),
    ]
    days: Annotated[int, Meta(ge=1)] = 1
    buffer: Buffer = 0
    plan: Id | None = None
    tool: Id | None = None


class EstimateLineBody(Body):
    """A number of generations of one kind."""

    count: Annotated[int, Meta(ge=1)]
    model: str
    settings: Settings = {}
    quantities: Quantities = {}
    tool: Id | None = None


class RollbackBody(Body):
    """Publish an earlier version again."""

    effective_at: Moment | None = None
    dry_run: bool = False
    by: Id | None = None


class MoveClockBody(Body):
    """Where to move the clock: to an instant, or by a duration such as `1mo` or `2w3d`."""

    to: Moment | None = None
    by: str | None = None


class BatchBody(Body):
    """Up to 1,000 commands, each with its own key and its own answer."""

    commands: Annotated[list["BatchCommand"], Meta(max_length=1_000)]
    all_or_nothing: bool = False


class BatchCommand(Struct, kw_only=True):
    """A command. `do` names it; the other fields are those of its own request, with `account` (and
    `hold`, `member`, `entry` where its address has them) and `key`."""

    do: str
    account: Id
    key: Annotated[str, Meta(min_length=1, max_length=limits.KEY_CHARACTERS_MAX)] | None = None


# Query parameters


class AtVersionParameters(Struct, kw_only=True):
    at: Moment | None = None
    version: Annotated[int, Meta(ge=1)] | None = None


class AsOfParameters(Struct, kw_only=True):
    as_of: Moment | None = None


class PreviewParameters(Struct, kw_only=True):
    preview: bool = False


class PublishParameters(Struct, kw_only=True):
    dry_run: bool = False
    effective_at: Moment | None = None
    name: Annotated[
        str, Meta(description="The file's name, which problems of its lines are reported with.")
    ] = "catalog.yaml"
    by: Annotated[
        str | None,
        Meta(description="Who publishes it; the name of the API key is kept too."),
    ] = None


class AccountsParameters(Struct, kw_only=True):
    cursor: Cursor | None = None
    after: Id | None = None
    limit: Page = 100


class EntriesParameters(Struct, kw_only=True):
    cursor: Cursor | None = None
    after: After = 0
    limit: Page = 100
    newest: bool = False


class HoldsParameters(Struct, kw_only=True):
    cursor: Cursor | None = None
    limit: Page = 1_000


class UsageParameters(Struct, kw_only=True):
    since: Moment | None = None
    until: Moment | None = None
    tool: str | None = None
    model: str | None = None
    member: Id | None = None
    label: Annotated[list[str], Meta(description="`name=text`; may be repeated.")] = []
    cursor: Cursor | None = None
    limit: Page = 1_000


class CapacityParameters(Struct, kw_only=True):
    plan: str
    package: Amount | None = None
    tool: str | None = None

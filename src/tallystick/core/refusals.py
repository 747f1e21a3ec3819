"""Refusals: what a rule says no with. A closed list, in the order in which rules are asked.

A refusal is a code, facts, and ways out (`docs/spec.md` 6.2). Inside the core it is a value,
`Refusal`; outside it is raised as the `Refused` subclass of its code.
"""

from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, ClassVar

from msgspec import Raw, Struct, json

from . import refusal_facts as shapes
from .errors import TallystickError
from .plain_values import to_plain
from .refusal_facts import RefusalFacts
from .way_out import WayOut


class Refusal(Struct, frozen=True, omit_defaults=True):
    """A rule's no. `facts` have the shape of the code, its class's `facts_type`."""

    code: str
    message: str
    facts: RefusalFacts | None = None
    ways_out: tuple[WayOut, ...] = ()


class _Stored(Struct, frozen=True):
    """A refusal as it is stored; its code says what its facts are."""

    code: str
    message: str
    facts: Raw = Raw()
    ways_out: tuple[WayOut, ...] = ()


_encode = json.Encoder().encode
_decode = json.Decoder(_Stored).decode


def encode(refusal: Refusal) -> bytes:
    """The JSON document by which a refusal is remembered under its key."""
    return _encode(refusal)


def decode(document: bytes) -> Refusal:
    """The refusal of a stored document. Raises `msgspec.DecodeError` for anything else."""
    stored = _decode(document)
    facts = _decode_facts(stored.code)(stored.facts) if bytes(stored.facts) else None
    return Refusal(stored.code, stored.message, facts, stored.ways_out)


@lru_cache(maxsize=64)
def _decode_facts(code: str) -> Callable[[Raw], RefusalFacts]:
    return json.Decoder(BY_CODE[code].facts_type).decode


class Refused(TallystickError):
    """A rule said no; nothing changed. `code`, facts and ways out say why and what next."""

    code: ClassVar[str] = "refused"
    facts_type: ClassVar[type[RefusalFacts]] = RefusalFacts
    """The shape of the facts inside the core; the plain one where a code has none."""
    curable: ClassVar[bool] = False
    """Whether a later command can cure it: then its key gives it again only as long as it holds."""

    def __init__(
        self, message: str, facts: Mapping[str, Any] | None = None, ways_out: tuple[Any, ...] = ()
    ):
        super().__init__(message)
        self.message = message
        self.facts = dict(facts or {})
        self.ways_out = ways_out

    def to_dict(self) -> dict[str, Any]:
        """The refusal as its JSON read back: code, message, facts and ways out side by side."""
        return to_plain(
            {
                "code": self.code,
                "message": self.message,
                "ways_out": self.ways_out,
                **dict(sorted(self.facts.items())),
            }
        )

    def __getattr__(self, name: str) -> Any:
        facts = self.__dict__.get("facts", {})
        if name in facts:
            return facts[name]
        raise AttributeError(name)

    def __repr__(self) -> str:
        facts = "".join(f", {name}={value}" for name, value in sorted(to_plain(self.facts).items()))
        ways = f", ways_out={list(self.ways_out)}" if self.ways_out else ""
        return f"{type(self).__name__}({self.message!r}{facts}{ways})"

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self) or not isinstance(other, Refused):
            return NotImplemented
        mine, others = (each.facts | {"ways_out": each.ways_out} for each in (self, other))
        return self.message == other.message and mine == others

    def __hash__(self) -> int:
        return self.message.__hash__()


class AccountNotFound(Refused):
    """No account with this id on this platform."""

    code = "account_not_found"
    facts_type = shapes.AccountFacts


class AccountExists(Refused):
    """An account with this id is open already."""

    code = "account_exists"
    facts_type = shapes.AccountFacts


class QuoteForAnotherAccount(Refused):
    """The quote was made for another account, or for none."""

    code = "quote_for_another_account"


class QuoteUsed(Refused):
    """The quote was spent before; each can be used once."""

    code = "quote_used"
    facts_type = shapes.EntryFacts


class QuoteExpired(Refused):
    """The quote is no longer honoured: make a new one."""

    code = "quote_expired"
    facts_type = shapes.ExpiredQuoteFacts


class EntryNotFound(Refused):
    """The account has no such ledger entry."""

    code = "entry_not_found"
    facts_type = shapes.EntryFacts


class HoldNotFound(Refused):
    """The account never had a hold with this id."""

    code = "hold_not_found"
    facts_type = shapes.HoldFacts


class HoldClosed(Refused):
    """The hold is closed; the facts say how and when."""

    code = "hold_closed"
    facts_type = shapes.ClosedHoldFacts


class GrantNotFound(Refused):
    """The account never had a grant with this id."""

    code = "grant_not_found"
    facts_type = shapes.GrantFacts


class NothingLeft(Refused):
    """Nothing is left of the grant: it was spent, taken back, or has expired."""

    code = "nothing_left"
    facts_type = shapes.GrantFacts


class SubscriptionRequired(Refused):
    """The platform gives accounts without a subscription nothing to generate with."""

    code = "subscription_required"
    curable = True
    facts_type = shapes.EntitlementFacts


class ToolNotInPlan(Refused):
    """The plan does not unlock this tool, however many credits there are."""

    code = "tool_not_in_plan"
    curable = True
    facts_type = shapes.EntitlementFacts


class ModelRequiresSubscription(Refused):
    """A model marked pro, on a plan that does not unlock those."""

    code = "model_requires_subscription"
    curable = True
    facts_type = shapes.EntitlementFacts


class FairUseReached(Refused):
    """An unlimited tool was used as much as the plan calls fair."""

    code = "fair_use_reached"
    curable = True
    facts_type = shapes.FairUseFacts


class SettleOutsideRange(Refused):
    """The actual price lies outside the range that was quoted."""

    code = "settle_outside_range"
    facts_type = shapes.SettlementFacts


class SettleAboveHold(Refused):
    """The actual price is more than was held, and the catalog does not take the rest."""

    code = "settle_above_hold"
    facts_type = shapes.SettlementFacts


class RefundAboveCharge(Refused):
    """More is to be given back than is left of the charge."""

    code = "refund_above_charge"
    facts_type = shapes.RefundFacts


class MemberRequired(Refused):
    """The account has members: say which of them spends."""

    code = "member_required"
    curable = True
    facts_type = shapes.MembersFacts


class MemberUnknown(Refused):
    """The account has members, and this is not one of them."""

    code = "member_unknown"
    curable = True
    facts_type = shapes.MembersFacts


class MemberCapReached(Refused):
    """One of the member's own caps would be passed."""

    code = "member_cap_reached"
    curable = True
    facts_type = shapes.WindowCapFacts


class AccountCapReached(Refused):
    """A cap of the account as a whole would be passed."""

    code = "account_cap_reached"
    curable = True
    facts_type = shapes.WindowCapFacts


class HeldLimitReached(Refused):
    """Open holds would reserve more than the account may hold at once."""

    code = "held_limit_reached"
    curable = True
    facts_type = shapes.HeldLimitFacts


class InsufficientCredits(Refused):
    """Not enough credits for this generation."""

    code = "insufficient_credits"
    curable = True
    facts_type = shapes.ShortfallFacts


class LeaseExhausted(Refused):
    """The lease has less left than this generation costs: lease more."""

    code = "lease_exhausted"
    facts_type = shapes.LeaseFacts


class AlreadySubscribed(Refused):
    """A subscription is running or about to start: change that one."""

    code = "already_subscribed"
    curable = True
    facts_type = shapes.TermsFacts


class NoSubscription(Refused):
    """There is no subscription to change."""

    code = "no_subscription"
    curable = True


class NoChange(Refused):
    """These are the terms already."""

    code = "no_change"
    facts_type = shapes.UnchangedFacts


class TrialUsed(Refused):
    """The account had a trial of this plan before."""

    code = "trial_used"
    facts_type = shapes.TermsFacts


class SubscriptionPaused(Refused):
    """The subscription is paused: resume it first."""

    code = "subscription_paused"
    curable = True
    facts_type = shapes.PauseFacts


class NoRunningCycle(Refused):
    """No cycle is running that could be reset."""

    code = "no_running_cycle"
    curable = True


class NothingScheduled(Refused):
    """Neither a cancellation nor a change is scheduled."""

    code = "nothing_scheduled"


class TopUpsNotSold(Refused):
    """The platform sells no top-ups."""

    code = "top_ups_not_sold"


class TopUpRequiresSubscription(Refused):
    """Top-ups are sold only while a subscription is active."""

    code = "top_up_requires_subscription"
    curable = True
    facts_type = shapes.TopUpFacts


class BalanceLimit(Refused):
    """The account would own more than the largest amount there is."""

    code = "balance_limit"
    curable = True
    facts_type = shapes.LimitFacts


class EntryFinal(Refused):
    """The entry cannot be undone: its credits were spent, held or gone, or it gave none."""

    code = "entry_final"
    facts_type = shapes.EntryFacts


class ClockNotTest(Refused):
    """The platform runs on real time; only a test platform's clock can be moved."""

    code = "clock_not_test"


class ClockBackwards(Refused):
    """A clock only moves forward."""

    code = "clock_backwards"
    facts_type = shapes.ClockFacts


class VersionNotScheduled(Refused):
    """The catalog version is or was in force, or is withdrawn already."""

    code = "version_not_scheduled"
    facts_type = shapes.VersionFacts


REFUSALS: tuple[type[Refused], ...] = (
    AccountNotFound,
    AccountExists,
    QuoteForAnotherAccount,
    QuoteUsed,
    QuoteExpired,
    EntryNotFound,
    HoldNotFound,
    HoldClosed,
    GrantNotFound,
    NothingLeft,
    SubscriptionRequired,
    ToolNotInPlan,
    ModelRequiresSubscription,
    FairUseReached,
    SettleOutsideRange,
    SettleAboveHold,
    RefundAboveCharge,
    MemberRequired,
    MemberUnknown,
    MemberCapReached,
    AccountCapReached,
    HeldLimitReached,
    InsufficientCredits,
    LeaseExhausted,
    AlreadySubscribed,
    NoSubscription,
    NoChange,
    TrialUsed,
    SubscriptionPaused,
    NoRunningCycle,
    NothingScheduled,
    TopUpsNotSold,
    TopUpRequiresSubscription,
    BalanceLimit,
    EntryFinal,
    ClockNotTest,
    ClockBackwards,
    VersionNotScheduled,
)
"""Every code there is, in the order in which the rules are asked."""

BY_CODE: dict[str, type[Refused]] = {refused.code: refused for refused in REFUSALS}

_OF_NO_ACCOUNT = frozenset(
    {"account_not_found", "clock_not_test", "clock_backwards", "version_not_scheduled"}
)


def is_remembered(code: str) -> bool:
    """Whether a refusal is kept under its key whatever comes later. One that a later command can
    cure is not, nor is one that belongs to no account."""
    return code in BY_CODE and not BY_CODE[code].curable and code not in _OF_NO_ACCOUNT

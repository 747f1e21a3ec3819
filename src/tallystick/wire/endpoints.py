"""Every endpoint, once: its address, its shapes, its command or query, its scopes and refusals.

The server makes its routes and its OpenAPI document from this table; the client finds here where
a command or a query is sent. A new verb over HTTP is a row here.
"""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from msgspec import Struct

from .. import results
from ..core import commands, queries, refusals
from ..core.refusals import Refused
from ..results.estimates import Capacity, Estimate
from ..results.prices import PricePage
from ..results.verification import Report
from . import bodies, key_bodies, replies

QUOTE, SPEND, READ, GRANT, ADMIN = "quote", "spend", "read", "grant", "admin"


class KeyOf(queries.Query, frozen=True, kw_only=True):
    """The API key a request came with."""


class CommandBatch(queries.Query, frozen=True, kw_only=True):
    """Commands whose answers come together: what `execute` sends."""

    commands: list[Any]
    all_or_nothing: bool = False


TAKE_CREDITS = (commands.PlaceHold, commands.Charge, commands.Lease)


class Endpoint(Struct, frozen=True, kw_only=True, dict=True):
    """One address and method. `kind` is the command or query that it asks for."""

    name: str
    method: str
    path: str
    group: str
    summary: str
    scopes: tuple[str, ...]
    kind: type
    answers: Any
    body: type[bodies.Body] | None = None
    parameters: type[Struct] | None = None
    status: int = 200
    refusals: tuple[type[Refused], ...] = ()
    catalog_body: bool = False
    """The body is a catalog's file, not a JSON object of fields."""

    @cached_property
    def writes(self) -> bool:
        """Whether it changes something, and so takes an ``Idempotency-Key``."""
        return issubclass(self.kind, (commands.Command, queries.Change, CommandBatch))

    @cached_property
    def takes_credits(self) -> bool:
        """Whether it is new spending, which is turned away first when there is too much of it."""
        return self.kind in TAKE_CREDITS

    @cached_property
    def in_path(self) -> tuple[str, ...]:
        """The names in braces, in order."""
        return tuple(part[1:-1] for part in self.path.split("/") if part.startswith("{"))

    @cached_property
    def of_account(self) -> bool:
        return "account" in self.in_path

    @cached_property
    def may_wait(self) -> bool:
        """Whether a reader may say which seq it wants to see at least (`min_seq`)."""
        return self.method == "GET" and self.of_account and self.kind is not queries.ReceiptOf


def _get(name: str, path: str, group: str, summary: str, **more: Any) -> Endpoint:
    return Endpoint(name=name, method="GET", path=path, group=group, summary=summary, **more)


def _post(name: str, path: str, group: str, summary: str, **more: Any) -> Endpoint:
    return Endpoint(name=name, method="POST", path=path, group=group, summary=summary, **more)


_VERSION = "/v1/catalog/versions/{version}"
_KEY = "/v1/keys/{id}"
_ACCOUNT = "/v1/accounts/{account}"
_SUBSCRIPTION = f"{_ACCOUNT}/subscription"
_GRANT = f"{_ACCOUNT}/grants/{{grant}}"
_HOLD = f"{_ACCOUNT}/holds/{{hold}}"
_NOT_FOUND = (refusals.AccountNotFound,)
_CAPPED = (refusals.MemberUnknown, refusals.MemberCapReached, refusals.AccountCapReached)
_GENERATING = (
    refusals.AccountNotFound,
    refusals.QuoteForAnotherAccount,
    refusals.QuoteUsed,
    refusals.QuoteExpired,
    refusals.SubscriptionRequired,
    refusals.ToolNotInPlan,
    refusals.ModelRequiresSubscription,
    refusals.FairUseReached,
    refusals.MemberRequired,
    *_CAPPED,
    refusals.InsufficientCredits,
)
_CLOSING = (refusals.AccountNotFound, refusals.HoldNotFound, refusals.HoldClosed)
_GIVING = (refusals.AccountNotFound, refusals.BalanceLimit)

PRICING = (
    _get("catalog", "/v1/catalog", "Catalog", "The catalog in force, with its file",
         scopes=(QUOTE, READ, ADMIN), kind=queries.CatalogOf, answers=results.CatalogView,
         parameters=bodies.AtVersionParameters),
    _get("prices", "/v1/prices", "Catalog", "The price page in force",
         scopes=(QUOTE, READ, ADMIN), kind=queries.Prices, answers=PricePage,
         parameters=bodies.AtVersionParameters),
    _post("publish", "/v1/catalog/versions", "Catalog", "Publish a catalog, YAML or JSON",
          scopes=(ADMIN,), kind=queries.Publish, answers=results.Publication, status=201,
          parameters=bodies.PublishParameters, catalog_body=True),
    _post("withdraw", f"{_VERSION}/withdraw", "Catalog", "Withdraw a version that is scheduled",
          scopes=(ADMIN,), kind=queries.Withdraw, answers=results.Withdrawal,
          body=bodies.NothingBody, refusals=(refusals.VersionNotScheduled,)),
    _post("rollback", f"{_VERSION}/rollback", "Catalog", "Publish an earlier version again",
          scopes=(ADMIN,), kind=queries.Rollback, answers=results.Publication,
          body=bodies.RollbackBody),
    _post("quote", "/v1/quotes", "Quotes", "The price of a generation, before anyone pays",
          scopes=(QUOTE,), kind=queries.QuoteFor, answers=results.Quote, body=bodies.QuoteBody,
          refusals=_NOT_FOUND),
    _post("estimate", "/v1/estimates", "Quotes", "What many generations over days would cost",
          scopes=(QUOTE,), kind=queries.EstimateFor, answers=Estimate, body=bodies.EstimateBody),
    _get("capacity", "/v1/capacity", "Quotes", "What a plan's credits pay for",
         scopes=(QUOTE, READ), kind=queries.CapacityOf, answers=Capacity,
         parameters=bodies.CapacityParameters),
)  # fmt: skip

ACCOUNTS = (
    _post("open_account", "/v1/accounts", "Accounts", "Open an account",
          scopes=(GRANT,), kind=commands.OpenAccount, answers=results.AccountView,
          body=bodies.AccountBody, status=201,
          refusals=(refusals.AccountExists,)),
    _get("accounts", "/v1/accounts", "Accounts", "The ids of all accounts",
         scopes=(READ,), kind=queries.Accounts, answers=replies.AccountPage,
         parameters=bodies.AccountsParameters),
    _get("account", _ACCOUNT, "Accounts", "An account and its members",
         scopes=(READ,), kind=queries.AccountOf, answers=results.AccountView, refusals=_NOT_FOUND),
    _get("balance", f"{_ACCOUNT}/balance", "Accounts", "The balance, now or at any instant",
         scopes=(READ,), kind=queries.BalanceOf, answers=results.Balance,
         parameters=bodies.AsOfParameters, refusals=_NOT_FOUND),
    _get("entries", f"{_ACCOUNT}/entries", "Accounts", "The ledger of an account",
         scopes=(READ,), kind=queries.EntriesOf, answers=replies.EntryPage,
         parameters=bodies.EntriesParameters, refusals=_NOT_FOUND),
    _get("usage", f"{_ACCOUNT}/usage", "Accounts", "The charges of an account",
         scopes=(READ,), kind=queries.UsageOf, answers=replies.UsagePage,
         parameters=bodies.UsageParameters, refusals=_NOT_FOUND),
    _get("receipt", f"{_ACCOUNT}/receipts/{{receipt}}", "Accounts", "The receipt of a charge",
         scopes=(READ,), kind=queries.ReceiptOf, answers=results.Receipt,
         refusals=(*_NOT_FOUND, refusals.EntryNotFound)),
    _post("set_member", f"{_ACCOUNT}/members", "Accounts", "Add a member, or change their cap",
          scopes=(GRANT,), kind=commands.SetMember, answers=results.MemberChange,
          body=bodies.MemberBody, refusals=_NOT_FOUND),
    _post("remove_member", f"{_ACCOUNT}/members/{{member}}/remove", "Accounts", "Remove a member",
          scopes=(GRANT,), kind=commands.RemoveMember, answers=results.MemberChange,
          body=bodies.RemoveMemberBody, refusals=(*_NOT_FOUND, refusals.MemberUnknown)),
    _post("set_limits", f"{_ACCOUNT}/limits", "Accounts", "Limit what an account spends and holds",
          scopes=(GRANT,), kind=commands.SetLimits, answers=results.AccountLimits,
          body=bodies.LimitsBody, refusals=_NOT_FOUND),
)  # fmt: skip

GIVING = (
    _post("subscribe", _SUBSCRIPTION, "Subscriptions", "Subscribe to a plan",
          scopes=(GRANT,), kind=commands.Subscribe, answers=results.PlanChange,
          body=bodies.SubscribeBody, parameters=bodies.PreviewParameters,
          refusals=(*_GIVING, refusals.AlreadySubscribed, refusals.TrialUsed)),
    _post("change_plan", f"{_SUBSCRIPTION}/change", "Subscriptions", "Change plan or package",
          scopes=(GRANT,), kind=commands.ChangePlan, answers=results.PlanChange,
          body=bodies.ChangePlanBody, parameters=bodies.PreviewParameters,
          refusals=(*_GIVING, refusals.NoSubscription, refusals.NoChange,
                    refusals.SubscriptionPaused)),
    _post("cancel", f"{_SUBSCRIPTION}/cancel", "Subscriptions", "Cancel when the paid time ends",
          scopes=(GRANT,), kind=commands.Cancel, answers=results.PlanChange,
          body=bodies.NothingBody, parameters=bodies.PreviewParameters,
          refusals=(*_NOT_FOUND, refusals.NoSubscription, refusals.NoChange)),
    _post("resume", f"{_SUBSCRIPTION}/resume", "Subscriptions", "Withdraw a scheduled change",
          scopes=(GRANT,), kind=commands.Resume, answers=results.PlanChange,
          body=bodies.NothingBody, parameters=bodies.PreviewParameters,
          refusals=(*_NOT_FOUND, refusals.NoSubscription, refusals.NothingScheduled)),
    _post("pay", f"{_SUBSCRIPTION}/pay", "Subscriptions", "Report a payment",
          scopes=(GRANT,), kind=commands.Pay, answers=results.PlanChange, body=bodies.PayBody,
          parameters=bodies.PreviewParameters,
          refusals=(*_GIVING, refusals.NoSubscription, refusals.NoChange)),
    _post("pause", f"{_SUBSCRIPTION}/pause", "Subscriptions", "Pause a subscription",
          scopes=(GRANT,), kind=commands.PauseSubscription, answers=results.PlanChange,
          body=bodies.PauseBody, parameters=bodies.PreviewParameters,
          refusals=(*_NOT_FOUND, refusals.NoSubscription)),
    _post("reset_cycle", f"{_SUBSCRIPTION}/reset", "Subscriptions", "Reset the running cycle",
          scopes=(GRANT,), kind=commands.ResetCycle, answers=results.PlanChange,
          body=bodies.ResetBody, parameters=bodies.PreviewParameters,
          refusals=(*_GIVING, refusals.NoSubscription, refusals.NoRunningCycle)),
    _post("end", f"{_SUBSCRIPTION}/end", "Subscriptions", "End a subscription now",
          scopes=(GRANT,), kind=commands.EndSubscription, answers=results.PlanChange,
          body=bodies.EndBody, parameters=bodies.PreviewParameters,
          refusals=(*_NOT_FOUND, refusals.NoSubscription)),
    _post("top_up", f"{_ACCOUNT}/top-ups", "Credits", "Add credits that were bought",
          scopes=(GRANT,), kind=commands.TopUp, answers=results.Grant, body=bodies.TopUpBody,
          status=201,
          refusals=(*_NOT_FOUND, refusals.TopUpsNotSold, refusals.TopUpRequiresSubscription,
                    refusals.BalanceLimit)),
    _post("grant", f"{_ACCOUNT}/grants", "Credits", "Give credits",
          scopes=(GRANT,), kind=commands.GrantCredits, answers=results.Grant,
          body=bodies.GrantBody, status=201, refusals=_GIVING),
    _post("adjust", f"{_ACCOUNT}/adjustments", "Credits", "Correct a balance, up or down",
          scopes=(GRANT,), kind=commands.Adjust, answers=results.Grant | results.Adjustment,
          body=bodies.AdjustBody, status=201,
          refusals=(*_GIVING, refusals.GrantNotFound, refusals.EntryNotFound,
                    refusals.RefundAboveCharge, refusals.InsufficientCredits)),
    _post("reverse", f"{_ACCOUNT}/entries/{{entry}}/reverse", "Credits", "Reverse a grant",
          scopes=(GRANT,), kind=commands.Reverse, answers=results.Adjustment,
          body=bodies.ReverseBody, status=201,
          refusals=(*_NOT_FOUND, refusals.EntryNotFound, refusals.EntryFinal)),
    _post("void", f"{_GRANT}/void", "Credits", "Take back what is left of a grant",
          scopes=(GRANT,), kind=commands.Void, answers=results.Void, body=bodies.VoidBody,
          refusals=(*_NOT_FOUND, refusals.GrantNotFound, refusals.NothingLeft)),
    _post("set_expiry", f"{_GRANT}/expiry", "Credits", "Move the expiry of a grant",
          scopes=(GRANT,), kind=commands.SetExpiry, answers=results.ExpiryChange,
          body=bodies.ExpiryBody,
          refusals=(*_NOT_FOUND, refusals.GrantNotFound, refusals.NothingLeft)),
)  # fmt: skip

SPENDING = (
    _post("hold", f"{_ACCOUNT}/holds", "Spending", "Reserve credits while the work runs",
          scopes=(SPEND,), kind=commands.PlaceHold, answers=results.Hold, body=bodies.HoldBody,
          status=201, refusals=(*_GENERATING, refusals.HeldLimitReached)),
    _get("holds", f"{_ACCOUNT}/holds", "Spending", "The open holds of an account",
         scopes=(READ, SPEND), kind=queries.HoldsOf, answers=replies.HoldPage,
         parameters=bodies.HoldsParameters,
         refusals=_NOT_FOUND),
    _post("settle", f"{_HOLD}/settle", "Spending", "Close a hold with what the work cost",
          scopes=(SPEND,), kind=commands.Settle, answers=results.Settlement,
          body=bodies.SettleBody,
          refusals=(*_CLOSING, refusals.SettleOutsideRange, refusals.SettleAboveHold,
                    refusals.InsufficientCredits)),
    _post("refund", f"{_ACCOUNT}/receipts/{{receipt}}/refund", "Spending",
          "Give back a charge, whole or in part",
          scopes=(GRANT,), kind=commands.Refund, answers=results.Refund,
          body=bodies.RefundBody, status=201,
          refusals=(*_NOT_FOUND, refusals.RefundAboveCharge, refusals.BalanceLimit,
                    refusals.EntryNotFound)),
    _post("release", f"{_HOLD}/release", "Spending", "Close a hold without a charge",
          scopes=(SPEND,), kind=commands.Release, answers=results.Release,
          body=bodies.ReleaseBody, refusals=_CLOSING),
    _post("extend", f"{_HOLD}/extend", "Spending", "Extend a hold",
          scopes=(SPEND,), kind=commands.Extend, answers=results.Extension,
          body=bodies.ExtendBody, refusals=_CLOSING),
    _post("increase", f"{_HOLD}/increase", "Spending", "Let a hold reserve more",
          scopes=(SPEND,), kind=commands.Increase, answers=results.Increase,
          body=bodies.IncreaseBody,
          refusals=(*_CLOSING, refusals.MemberCapReached, refusals.AccountCapReached,
                    refusals.HeldLimitReached, refusals.InsufficientCredits)),
    _post("charge", f"{_ACCOUNT}/charges", "Spending", "Quote, hold and settle in one step",
          scopes=(SPEND,), kind=commands.Charge, answers=results.Charge, body=bodies.ChargeBody,
          status=201, refusals=(*_GENERATING, refusals.SettleOutsideRange)),
    _post("lease", f"{_ACCOUNT}/leases", "Spending", "Reserve credits for many generations",
          scopes=(SPEND,), kind=commands.Lease, answers=results.Lease, body=bodies.LeaseBody,
          status=201,
          refusals=(*_NOT_FOUND, refusals.MemberRequired, *_CAPPED, refusals.HeldLimitReached,
                    refusals.InsufficientCredits)),
    _post("draw", f"{_HOLD}/draws", "Spending", "Charge a generation to a lease",
          scopes=(SPEND,), kind=commands.Draw, answers=results.Draw, body=bodies.DrawBody,
          status=201,
          refusals=(*_CLOSING, refusals.SubscriptionRequired, refusals.ToolNotInPlan,
                    refusals.ModelRequiresSubscription, refusals.FairUseReached,
                    refusals.SettleOutsideRange, refusals.MemberCapReached,
                    refusals.AccountCapReached, refusals.LeaseExhausted)),
    _post("batch", "/v1/batch", "Spending", "Send many commands at once",
          scopes=(SPEND, GRANT), kind=CommandBatch, answers=replies.BatchReply,
          body=bodies.BatchBody),
)  # fmt: skip

OPERATING = (
    _get("clock", "/v1/clock", "Operating", "The time for the platform",
         scopes=(QUOTE, SPEND, READ, GRANT, ADMIN), kind=queries.ClockOf,
         answers=results.ClockView),
    _post("advance_clock", "/v1/test-clock/advance", "Operating", "Move a test platform's clock",
          scopes=(ADMIN,), kind=queries.MoveClock, answers=results.ClockView,
          body=bodies.MoveClockBody,
          refusals=(refusals.ClockNotTest, refusals.ClockBackwards)),
    _post("verify", "/v1/verify", "Operating", "Verify every account against its journal",
          scopes=(ADMIN,), kind=queries.Verify, answers=Report, body=bodies.VerifyBody),
    _get("key", "/v1/key", "Operating", "The API key this request came with",
         scopes=(QUOTE, SPEND, READ, GRANT, ADMIN), kind=KeyOf, answers=replies.KeyView),
)  # fmt: skip

KEYS = (
    _get("api_keys", "/v1/keys", "API keys", "The API keys of the platform",
         scopes=(ADMIN,), kind=queries.ApiKeys, answers=replies.KeyList),
    _post("create_api_key", "/v1/keys", "API keys", "Make an API key",
          scopes=(ADMIN,), kind=queries.CreateApiKey, answers=results.NewApiKey,
          body=key_bodies.CreateKeyBody, status=201),
    _post("rotate_api_key", f"{_KEY}/rotate", "API keys", "Replace an API key by a new one",
          scopes=(ADMIN,), kind=queries.RotateApiKey, answers=results.NewApiKey,
          body=key_bodies.RotateKeyBody, status=201),
    _post("revoke_api_key", f"{_KEY}/revoke", "API keys", "End an API key",
          scopes=(ADMIN,), kind=queries.RevokeApiKey, answers=results.ApiKeyView,
          body=key_bodies.RevokeKeyBody),
)  # fmt: skip

ENDPOINTS: tuple[Endpoint, ...] = (
    *PRICING,
    *ACCOUNTS,
    *GIVING,
    *SPENDING,
    *OPERATING,
    *KEYS,
)
IN_BATCHES = (
    _post("advance", f"{_ACCOUNT}/advance", "Accounts", "Write what has fallen due",
          scopes=(SPEND, GRANT), kind=commands.Advance, answers=None, body=bodies.NothingBody,
          refusals=_NOT_FOUND),
)  # fmt: skip
"""What only a batch can ask for: these have no address of their own."""
BY_KIND: dict[type, Endpoint] = {each.kind: each for each in (*ENDPOINTS, *IN_BATCHES)}
COMMANDS: dict[str, Endpoint] = {
    str(each.kind.__struct_config__.tag): each
    for each in (*ENDPOINTS, *IN_BATCHES)
    if issubclass(each.kind, commands.Command)
}
"""By the word that a batch calls them (`do`)."""


def groups(endpoints: Iterable[Endpoint] = ENDPOINTS) -> dict[str, list[Endpoint]]:
    """The endpoints by the heading they stand under, in order."""
    found: dict[str, list[Endpoint]] = {}
    for each in endpoints:
        found.setdefault(each.group, []).append(each)
    return found

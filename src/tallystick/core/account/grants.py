"""Credits given and taken back: top-ups, grants, adjustments, reversals (`docs/spec.md` 3, 7.5)."""

from typing import Any, cast

from .. import instants, limits, money
from ..catalog import SOURCES, TopUps
from ..commands import Adjust, GrantCredits, Reverse, TopUp
from ..credits import MAX, Micros, parse, text
from ..cycles import boundary
from ..errors import InvalidRequest, unknown
from ..events import Deducted, Granted, Reversed
from ..grants import Grant, Part
from ..instants import DAY, Instant
from ..pricing import RateCard
from ..refusals import Refusal
from . import rules
from .case import Case, Decision
from .entitlement import entitlement
from .reservations import take_back

MAX_PRIORITY = 100
MAX_BOUND = 100
"""The most tools, and the most models, that a grant is bound to."""


def decide_top_up(case: Case[TopUp]) -> Decision:
    """A top-up is credits bought once, where the platform sells them to this account.

    Raises `InvalidRequest` for an amount that is not a bundle, unless it is `custom`.
    """
    command = case.command
    amount = parse(command.credits, "credits", minimum=1)
    price = money.read_optional(command.price, "price")
    payment = limits.optional(command.payment, "payment")
    custom = limits.flag(command.custom, "custom")
    refusal = rules.top_ups_not_sold(case)
    if refusal is not None:
        return refusal
    catalog = case.card.catalog
    offer = cast(TopUps, catalog.top_ups)
    if not custom:
        _check_bundle(offer, amount)
    refusal = rules.top_up_requires_subscription(case, amount) or rules.balance_limit(
        case.account, amount
    )
    if refusal is not None:
        return refusal
    expires_at = _top_up_expiry(offer, case.now, catalog.time_zone)
    return [Granted("topup", amount, expires_at, price=price, payment=payment)]


def _check_bundle(offer: TopUps, amount: Micros) -> None:
    """Raise `InvalidRequest` for an amount that is not among the bundles, if there are any."""
    bundles = sorted(bundle.credits for bundle in offer.bundles)
    if not bundles or amount in bundles:
        return
    allowed = [text(each) for each in bundles]
    raise InvalidRequest(
        f"{text(amount)} is not a bundle of the catalog: {' or '.join(allowed)}; say "
        "custom to sell another amount",
        where="credits",
        allowed=allowed,
    )


def _top_up_expiry(offer: TopUps, now: Instant, zone: str) -> Instant | None:
    if offer.expires_after_months:
        return boundary(now, offer.expires_after_months, zone)
    return now + offer.expires_after_days * DAY if offer.expires_after_days else None


def decide_grant(case: Case[GrantCredits]) -> Decision:
    """An operator gives credits. Raises `InvalidRequest` for a source that only plans have, and for
    instants, tools or models that cannot be."""
    command, card = case.command, case.card
    amount = parse(command.credits, "credits", minimum=1)
    if command.source not in rules.GIVEN_SOURCES:
        raise unknown("source", command.source, rules.GIVEN_SOURCES)
    begins = _beginning(case)
    expires_at = expiry(case, case.now if begins is None else begins)
    if command.priority is not None:
        limits.whole(command.priority, "priority", 1, MAX_PRIORITY)
    granted = Granted(
        source=command.source,  # type: ignore[arg-type]
        credits=amount,
        expires_at=expires_at,
        priority=command.priority,
        reason=limits.optional(command.reason, "reason", limits.REASON_CHARACTERS_MAX),
        effective_at=begins,
        tools=_tools(command.tools, card),
        models=_models(command.models, card),
        price=money.read_optional(command.price, "price"),
        payment=limits.optional(command.payment, "payment"),
    )
    return rules.balance_limit(case.account, amount) or [granted]


def _beginning(case: Case[GrantCredits]) -> Instant | None:
    """When credits begin that do not begin at once."""
    if case.command.effective_at is None:
        return None
    begins = case.instant(case.command.effective_at, "effective_at")
    if begins < case.now:
        raise InvalidRequest(
            f"effective_at must not lie before now, {instants.words(case.now)}",
            where="effective_at",
        )
    return begins if begins > case.now else None


def expiry(case: Case[GrantCredits] | Case[Adjust], begins: Instant) -> Instant | None:
    """When credits expire that begin at an instant; None: never. Raises `InvalidRequest` for an
    instant that does not lie after that."""
    if case.command.expires_at is None:
        return None
    at = case.instant(case.command.expires_at, "expires_at")
    if at <= begins:
        raise InvalidRequest(
            f"expires_at must lie after {instants.words(begins)}, when they begin",
            where="expires_at",
        )
    return at


def _tools(names: Any, card: RateCard) -> tuple[str, ...]:
    """The ids of tools, by id or display name in any case."""
    tools = card.catalog.tools
    known = {name.casefold(): tool.id for tool in tools for name in (tool.name, tool.id)}
    found = []
    for name in limits.names(names, "tools", MAX_BOUND):
        if name.casefold() not in known:
            raise unknown("tools", name, [tool.id for tool in tools])
        found.append(known[name.casefold()])
    return tuple(dict.fromkeys(found))


def _models(names: Any, card: RateCard) -> tuple[str, ...]:
    """The ids of models, by any of their names."""
    found = [card.model(name).model.id for name in limits.names(names, "models", MAX_BOUND)]
    return tuple(dict.fromkeys(found))


def decide_adjust(case: Case[Adjust]) -> Decision:
    """An operator changes the balance, up or down. Raises `InvalidRequest` for a change of 0, and
    for fields that go with the other direction."""
    command = case.command
    if limits.flag(command.full, "full"):
        raise InvalidRequest("full means all that is left of a charge: name its receipt",
                             where="full")  # fmt: skip
    if command.credits is None:
        raise InvalidRequest("an amount is needed: how many to give, or below zero to take back",
                             where="credits")  # fmt: skip
    amount = parse(command.credits, "credits", minimum=-MAX)
    reason = case.reason(command.reason)
    used = limits.flag(command.used, "used")
    if not amount:
        raise InvalidRequest("credits must not be zero: an adjustment changes something",
                             where="credits")  # fmt: skip
    if amount < 0:
        if command.expires_at is not None:
            raise InvalidRequest("what is taken back does not expire: leave expires_at out",
                                 where="expires_at")  # fmt: skip
        return _taken_back(case, -amount, reason, used)
    check_upward(command)
    expires_at = expiry(case, case.now)
    granted = Granted("adjustment", amount, expires_at, reason=reason)
    return rules.balance_limit(case.account, amount) or [granted]


def check_upward(command: Adjust) -> None:
    """Raise `InvalidRequest` for fields that only say of what credits are taken."""
    for where in ("grant", "source", "used"):
        if getattr(command, where):
            raise InvalidRequest(f"{where} is only for what is taken back: leave it out",
                                 where=where)  # fmt: skip


def _taken_back(case: Case[Adjust], amount: Micros, reason: str, used: bool) -> Decision:
    command = case.command
    if command.grant is not None:
        return _taken_from(case, limits.grant_number(command.grant, "grant"), amount, reason, used)
    if command.source is not None and command.source not in SOURCES:
        raise unknown("source", command.source, SOURCES)
    entitled = entitlement(case.account, case.now, case.history)
    reserved = take_back(case, amount, entitled, command.source)
    refusal = rules.insufficient_credits_to_take_back(reserved.available, amount)
    if refusal is not None:
        return refusal
    return [*reserved.claimed, Deducted(reserved.parts, amount, reason, used)]


def _taken_from(
    case: Case[Adjust], grant_id: int, amount: Micros, reason: str, used: bool
) -> Decision:
    """An amount taken from one grant."""
    if case.command.source is not None:
        raise InvalidRequest("give a grant or a source, not both", where="source")
    refusal = rules.grant_not_found(case, grant_id)
    if refusal is not None:
        return refusal
    grant = case.account.grant(grant_id)
    there = grant.remaining if grant else 0
    refusal = rules.insufficient_credits_to_take_back(there, amount)
    if refusal is not None:
        return refusal
    part = Part(grant_id, cast(Grant, grant).source, amount)
    return [Deducted((part,), amount, reason, used)]


def decide_reverse(case: Case[Reverse]) -> Decision:
    """An operator undoes an entry that granted credits, as long as all of them are there."""
    entry = limits.entry_number(case.command.entry, "entry")
    reason = case.reason(case.command.reason)
    refusal: Refusal | None = rules.entry_not_found(case, entry) or rules.entry_final(case, entry)
    if refusal is not None:
        return refusal
    later = case.account.later_grant(entry)
    grant = later or cast(Grant, case.account.grant(entry))
    given_back = case.facts.hold
    return [
        Reversed(
            entry=entry,
            source=grant.source,
            credits=grant.amount,
            reason=reason,
            begun=later is None,
            receipt=given_back.id if given_back else None,
        )
    ]

"""Credits given and taken back: top-ups, grants, adjustments, reversals (`docs/spec.md` 3, 7.5)."""

from typing import cast

from .. import instants, limits
from ..commands import Adjust, GrantCredits, Reverse, TopUp
from ..credits import MAX, Micros, parse
from ..errors import InvalidRequest, unknown
from ..events import Deducted, Granted, Reversed
from ..grants import Grant
from ..instants import DAY, Instant
from . import rules
from .case import Case, Decision
from .entitlement import entitlement
from .reservations import reserve

MAX_PRIORITY = 100


def decide_top_up(case: Case[TopUp]) -> Decision:
    """A top-up is credits bought once, where the platform sells them to this account."""
    amount = parse(case.command.credits, "credits", minimum=1)
    refusal = (
        rules.top_ups_not_sold(case)
        or rules.top_up_requires_subscription(case, amount)
        or rules.balance_limit(case.account, amount)
    )
    if refusal is not None:
        return refusal
    offer = case.history.at(case.now).catalog.top_ups
    days = offer.expires_after_days if offer else None
    return [Granted("topup", amount, case.now + days * DAY if days else None)]


def decide_grant(case: Case[GrantCredits]) -> Decision:
    """An operator gives credits. Raises `InvalidRequest` for a source that only plans have."""
    command = case.command
    amount = parse(command.credits, "credits", minimum=1)
    if command.source not in rules.GIVEN_SOURCES:
        raise unknown("source", command.source, rules.GIVEN_SOURCES)
    expires_at = _expiry(case)
    if command.priority is not None:
        limits.whole(command.priority, "priority", 1, MAX_PRIORITY)
    granted = Granted(
        source=command.source,  # type: ignore[arg-type]
        credits=amount,
        expires_at=expires_at,
        priority=command.priority,
        reason=limits.optional(command.reason, "reason", limits.MAX_REASON),
    )
    return rules.balance_limit(case.account, amount) or [granted]


def _expiry(case: Case[GrantCredits]) -> Instant | None:
    if case.command.expires_at is None:
        return None
    expires_at = case.instant(case.command.expires_at, "expires_at")
    if expires_at <= case.now:
        raise InvalidRequest(
            f"expires_at must lie after now, {instants.words(case.now)}", where="expires_at"
        )
    return expires_at


def decide_adjust(case: Case[Adjust]) -> Decision:
    """An operator changes the balance, up or down. Raises `InvalidRequest` for a change of 0."""
    amount = parse(case.command.credits, "credits", minimum=-MAX)
    reason = limits.name(case.command.reason, "reason", limits.MAX_REASON)
    if not amount:
        raise InvalidRequest("credits must not be zero: an adjustment changes something",
                             where="credits")  # fmt: skip
    if amount < 0:
        return _taken_back(case, -amount, reason)
    granted = Granted("adjustment", amount, reason=reason)
    return rules.balance_limit(case.account, amount) or [granted]


def _taken_back(case: Case[Adjust], amount: Micros, reason: str) -> Decision:
    reserved = reserve(case, amount, entitlement(case.account, case.now, case.history))
    refusal = rules.insufficient_credits_to_take_back(reserved, amount)
    if refusal is not None:
        return refusal
    return [*reserved.claimed, Deducted(reserved.parts, amount, reason)]


def decide_reverse(case: Case[Reverse]) -> Decision:
    """An operator undoes an entry that granted credits, as long as all of them are there."""
    entry = limits.whole(case.command.entry, "entry", 1, 2**53)
    reason = limits.name(case.command.reason, "reason", limits.MAX_REASON)
    refusal = rules.entry_not_found(case) or rules.entry_final(case)
    if refusal is not None:
        return refusal
    grant = cast(Grant, case.account.grant(entry))
    return [Reversed(entry, grant.source, grant.amount, reason)]

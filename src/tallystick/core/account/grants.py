"""Credits given and taken back: top-ups, grants, adjustments, reversals (`docs/spec.md` 3, 7.5)."""

from .. import instants, limits
from ..commands import Adjust, GrantCredits, Reverse, TopUp
from ..credits import MAX, parse, text
from ..errors import InvalidRequest, unknown
from ..events import Deducted, Event, Granted, Reversed
from ..grants import Grant, total
from ..history import History
from ..instants import DAY, Instant
from ..refusals import Refusal
from . import ways_out
from .charges import reserve
from .entitlement import entitlement
from .state import Account, Facts, beyond_limit

Decision = list[Event] | Refusal
GIVEN_SOURCES = ("promo", "adjustment", "topup", "free")
"""What an operator may grant; subscription and carry-over credits come only from plans."""

MAX_PRIORITY = 100


def decide_top_up(
    account: Account, command: TopUp, now: Instant, history: History, facts: Facts
) -> Decision:
    catalog = history.at(now).catalog
    amount = parse(command.credits, "credits", minimum=1)
    offer = catalog.top_ups
    if offer is None:
        return Refusal("top_ups_not_sold", f"{catalog.name} sells no {catalog.wording.top_ups}")
    if offer.requires_subscription and account.cycle is None:
        return Refusal(
            "top_up_requires_subscription",
            f"{catalog.wording.top_ups} are sold only while a subscription is active",
            {"credits": amount},
            ways_out.plans_to_buy(account, now, history),
        )
    expires_at = now + offer.expires_after_days * DAY if offer.expires_after_days else None
    return beyond_limit(account, amount) or [Granted("topup", amount, expires_at)]


def decide_grant(
    account: Account, command: GrantCredits, now: Instant, history: History, facts: Facts
) -> Decision:
    amount = parse(command.credits, "credits", minimum=1)
    if command.source not in GIVEN_SOURCES:
        raise unknown("source", command.source, GIVEN_SOURCES)
    expires_at = None
    if command.expires_at is not None:
        expires_at = instants.parse(command.expires_at, "expires_at")
        if expires_at <= now:
            raise InvalidRequest(
                f"expires_at must lie after now, {instants.words(now)}", where="expires_at"
            )
    priority = command.priority
    if priority is not None:
        limits.whole(priority, "priority", 1, MAX_PRIORITY)
    reason = limits.optional(command.reason, "reason", limits.MAX_REASON)
    granted = Granted(command.source, amount, expires_at, priority, reason)  # type: ignore[arg-type]
    return beyond_limit(account, amount) or [granted]


def decide_adjust(
    account: Account, command: Adjust, now: Instant, history: History, facts: Facts
) -> Decision:
    amount = parse(command.credits, "credits", minimum=-MAX)
    reason = limits.name(command.reason, "reason", limits.MAX_REASON)
    if not amount:
        raise InvalidRequest("credits must not be zero: an adjustment changes something",
                             where="credits")  # fmt: skip
    if amount > 0:
        granted = Granted("adjustment", amount, reason=reason)
        return beyond_limit(account, amount) or [granted]
    entitled = entitlement(account, history, now)
    claimed, parts = reserve(account, -amount, now, history, entitled)
    there = total(parts)
    if there < -amount:
        return Refusal(
            "insufficient_credits",
            f"{text(-amount)} cannot be taken back: {text(there)} are available",
            {"credits": -amount, "available": there, "shortfall": -amount - there},
        )
    return [*claimed, Deducted(parts, -amount, reason)]


def decide_reverse(
    account: Account, command: Reverse, now: Instant, history: History, facts: Facts
) -> Decision:
    entry = limits.whole(command.entry, "entry", 1, 2**53)
    reason = limits.name(command.reason, "reason", limits.MAX_REASON)
    event = facts.entry
    if event is None and entry > account.seq:
        return Refusal("entry_not_found", f"this account has no entry {entry}", {"entry": entry})
    grant = account.grant(entry)
    if event is None and grant is None:
        why = "nothing is left of it, if it granted anything; adjust the account instead"
    elif not _granted(account, event, grant):
        why = "only an entry that granted credits can be undone; adjust the account instead"
    elif grant is None or grant.remaining != grant.amount:
        why = "its credits were spent, held or have expired; adjust the account instead"
    else:
        return [Reversed(entry, grant.source, grant.amount, reason)]
    return Refusal("entry_final", f"entry {entry} cannot be undone: {why}", {"entry": entry})


def _granted(account: Account, event: Event | None, grant: Grant | None) -> bool:
    """Whether an entry granted credits to the account. Of one that is archived its grant says so,
    as long as anything is left of it: what a plan gives has a source of its own, and the free
    credits of a window are noted as such."""
    if event is not None:
        return isinstance(event, Granted) and event.every is None
    windows = [allowance.grant for allowance in account.allowances]
    return grant is not None and grant.source in GIVEN_SOURCES and grant.id not in windows

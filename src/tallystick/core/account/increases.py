"""Increases: a hold or a lease that reserves more than before (`docs/spec.md` 7.9)."""

from typing import Any

from ..caps import Count, Counts
from ..commands import Increase
from ..credits import Micros, parse, text
from ..deliveries import reprice
from ..errors import InvalidRequest, describe
from ..events import HoldIncreased
from ..grants import pays_for, pays_for_anything
from ..holds import Hold
from ..pricing import Priced
from ..refusals import Refusal
from . import cap_rules, rules
from .cap_ways_out import Spending, with_ways
from .case import Case, Decision
from .charges import counted_windows, open_hold
from .entitlement import entitlement
from .member_caps import running_cap
from .reservations import reserve


def decide_increase(case: Case[Increase]) -> Decision:
    """An increase reserves what a hold is short of, at the price that it was made for.

    Raises `InvalidRequest` unless either credits or quantities are given, for quantities of a
    lease, and for no more than the hold reserves.
    """
    hold = open_hold(case)
    if isinstance(hold, Refusal):
        return hold
    priced, credits = _asked(case, hold)
    if credits <= hold.credits:
        raise InvalidRequest(
            f"{case.command.hold} reserves {text(hold.credits)} already, and an increase asks for "
            f"more in all, not {text(credits)}",
            where="credits",
        )
    more = credits - hold.credits
    counts = _counts(case, hold, more)
    if isinstance(counts, Refusal):
        return with_ways(case, counts, Spending(hold.member, more))
    refusal = cap_rules.held_limit_reached(case, more)
    if refusal is not None:
        return refusal
    return _increased(case, hold, priced, more, counts)


def _counts(case: Case[Any], hold: Hold, more: Micros) -> Counts | Refusal:
    """What counts the increase; a member who was removed meanwhile began the work rightly."""
    member = case.account.member(hold.member) if hold.member is not None else None
    counts: Counts = ()
    if member is not None and hold.cap_period_start is not None:
        running = running_cap(case.account, member.id, case.now, case.history)
        refusal = cap_rules.member_cap_reached(running, more) if running else None
        if refusal is not None or running is None:
            return refusal or ()
        counts = (Count(of="member", every="cycle", since=running.period_start, amount=more),)
    tool = hold.priced.tool if hold.priced else None
    windows = counted_windows(case, member, more, tool)
    return windows if isinstance(windows, Refusal) else counts + windows


def _increased(
    case: Case[Increase], hold: Hold, priced: Priced | None, more: Micros, counts: Counts
) -> Decision:
    entitled = entitlement(case.account, case.now, case.history)
    asked = priced or hold.priced
    pays = pays_for(asked.tool, asked.model) if asked else pays_for_anything
    reserved = reserve(case, more, entitled, pays)
    refusal = rules.insufficient_credits_to_increase(case, reserved, more)
    if refusal is not None:
        return refusal
    event = HoldIncreased(
        hold=hold.id,
        parts=reserved.parts,
        credits=more,
        held=hold.credits + more,
        priced=priced,
        member=hold.member,
        counts=counts,
    )
    return [*reserved.claimed, event]


def _asked(case: Case[Increase], hold: Hold) -> tuple[Priced | None, Micros]:
    """What the hold is to reserve in all, and the generation that this is the price of."""
    command = case.command
    if not isinstance(command.params, dict):
        raise InvalidRequest(
            f"quantities must be names with values, not {describe(command.params)}", where="params"
        )
    if (command.credits is None) == (not command.params):
        raise InvalidRequest(
            "say what the hold is to reserve in all: `credits`, or quantities such as seconds=12",
            where="credits",
        )
    if command.credits is not None:
        return None, parse(command.credits, "credits", minimum=1)
    if hold.priced is None:
        raise InvalidRequest(f"{command.hold} is a lease: say `credits`", where="params")
    priced = reprice(case.history.version(hold.priced.version), hold.priced, command.params)
    return priced, priced.credits

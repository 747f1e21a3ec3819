"""decide: a command becomes events or a refusal; perform: with everything that is due around it."""

from collections.abc import Callable, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from .. import commands, cycles, holds, limits
from ..credits import parse
from ..errors import InvalidRequest, describe
from ..events import AccountOpened
from ..history import History
from ..holds import Hold
from ..instants import Instant
from ..refusals import Refusal
from . import rules
from .advance import DecidedEntry, advance, step
from .case import NO_FACTS, Case, Decision, Facts
from .charges import decide_charge, decide_extend, decide_hold, decide_release
from .endings import decide_cancel, decide_end
from .goodwill import decide_goodwill
from .grants import decide_adjust, decide_grant, decide_reverse, decide_top_up
from .increases import decide_increase
from .leases import decide_draw, decide_lease
from .members import decide_remove_member, decide_set_limits, decide_set_member
from .pauses import decide_pause, decide_resume
from .refunds import decide_refund
from .renewals import decide_pay
from .restarts import decide_reset_cycle
from .settlements import decide_settle
from .state import Account
from .subscriptions import decide_change_plan, decide_subscribe
from .voids import decide_set_expiry, decide_void


class Performed(Struct, frozen=True, gc=False):
    """What a command did: the account after it, its entries in order, and which one answers.

    `answer` is the index of the command's own entry; None when it wrote none. What a refusal
    leaves is not written: the account and entries then only show what had fallen due.
    """

    account: Account
    entries: list[DecidedEntry]
    answer: int | None
    refusal: Refusal | None


def perform(
    account: Account,
    command: commands.Command,
    now: Instant,
    history: History,
    facts: Facts = NO_FACTS,
    due_holds: Sequence[Hold] = (),
) -> Performed:
    """Advance to `now`, decide, and advance again for what the decision made due at once.

    Time never runs backwards for an account: a clock behind its last entry is taken as standing.
    Raises `InvalidRequest` for bad input; nothing is changed then.
    """
    if now < account.at:
        now = account.at
    current, entries = advance(account, now, due_holds)
    if entries and facts.hold is not None:
        facts = replace(facts, hold=_after(entries, facts.hold))
    if entries and isinstance(command, commands.Void):
        lapsed = tuple([(entry.seq, entry.event) for entry in entries])
        facts = replace(facts, of_grant=facts.of_grant + lapsed)
    decided = decide(
        Case(
            account=current,
            command=command,
            now=now,
            history=history,
            card=history.at(now),
            facts=facts,
        )
    )
    if isinstance(decided, Refusal):
        return Performed(current, entries, None, decided)
    for event in decided:
        current = step(current, now, event, entries)
    answer = len(entries) - 1 if decided else None
    if current.subscription is not account.subscription:
        current, started = advance(current, now)
        entries += started
    return Performed(current, entries, answer, None)


def _after(entries: Sequence[DecidedEntry], hold: Hold) -> Hold:
    """The named hold after the entries that fell due before the command: it may have timed out."""
    for entry in entries:
        if holds.named_by(entry.event) == hold.id:
            hold = holds.evolve(hold, entry.seq, entry.at, entry.event)
    return hold


def decide(case: Case[Any]) -> Decision:
    """The events that fulfil the command of a case, the last of them its answer; or a refusal.

    Raises `InvalidRequest` for anything that is not a command, and for bad input.
    """
    decider = _DECIDE.get(type(case.command))
    if decider is None:
        raise InvalidRequest(f"not a command: {describe(case.command)}", where="command")
    if case.account.seq:  # it is there: what every charge asks first
        return decider(case)
    return rules.account_not_found(case) or decider(case)


def _open(case: Case[commands.OpenAccount]) -> Decision:
    refusal = rules.account_exists(case)
    if refusal is not None:
        return refusal
    command = case.command
    title = limits.optional(command.name, "name")
    zone = limits.optional(command.time_zone, "time_zone")
    if zone is not None:
        cycles.zone(zone)
    if not isinstance(command.members, dict) or len(command.members) > limits.MAX_MEMBERS:
        raise InvalidRequest(
            f"members must be at most {limits.MAX_MEMBERS:,} names with caps", where="members"
        )
    members = {
        limits.name(member, "members"): None if cap is None else parse(cap, f"members.{member}")
        for member, cap in command.members.items()
    }
    return [AccountOpened(title, zone, members)]


def _advance(case: Case[commands.Advance]) -> Decision:
    return []


def _adjust(case: Case[commands.Adjust]) -> Decision:
    return decide_adjust(case) if case.command.receipt is None else decide_goodwill(case)


_DECIDE: dict[type, Callable[[Any], Decision]] = {
    commands.OpenAccount: _open,
    commands.SetMember: decide_set_member,
    commands.RemoveMember: decide_remove_member,
    commands.SetLimits: decide_set_limits,
    commands.Subscribe: decide_subscribe,
    commands.ChangePlan: decide_change_plan,
    commands.Cancel: decide_cancel,
    commands.Resume: decide_resume,
    commands.Pay: decide_pay,
    commands.EndSubscription: decide_end,
    commands.PauseSubscription: decide_pause,
    commands.ResetCycle: decide_reset_cycle,
    commands.TopUp: decide_top_up,
    commands.GrantCredits: decide_grant,
    commands.Adjust: _adjust,
    commands.Reverse: decide_reverse,
    commands.Void: decide_void,
    commands.SetExpiry: decide_set_expiry,
    commands.PlaceHold: decide_hold,
    commands.Charge: decide_charge,
    commands.Lease: decide_lease,
    commands.Draw: decide_draw,
    commands.Settle: decide_settle,
    commands.Refund: decide_refund,
    commands.Release: decide_release,
    commands.Extend: decide_extend,
    commands.Increase: decide_increase,
    commands.Advance: _advance,
}

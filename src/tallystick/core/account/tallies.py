"""Tallies: what an event counts of caps and fair use (`docs/spec.md` 6.4).

What is spent belongs to the name: it is counted for members who were removed as well.
"""

from typing import Any

from msgspec.structs import replace

from ..caps import Count, count, count_fair_use
from ..credits import Micros
from ..grants import Parts
from ..instants import Instant
from ..subscription import Cycle
from .state import Account, Member


def counted(
    members: tuple[Member, ...],
    member_id: str | None,
    period_start: Instant | None,
    credits: Micros,
) -> tuple[Member, ...]:
    """Members with `credits` counted (or given back) against one member's cap of a cycle."""
    if member_id is None or period_start is None:
        return members
    return tuple([
        _counted(member, period_start, credits) if member.id == member_id else member
        for member in members
    ])  # fmt: skip


def _counted(member: Member, period_start: Instant, credits: Micros) -> Member:
    if member.since == period_start:
        return replace(member, used=max(0, member.used + credits))
    if member.since is not None and member.since > period_start:  # that period is over
        return member
    return replace(member, used=max(0, credits), since=period_start)


def tallied(account: Account, event: Any, credits: Micros) -> Account:
    """The account after an event that spends or gives back: what it counts beside the cap of a
    present member for a cycle, and what that cap counts of a former one."""
    if account.former:
        period = getattr(event, "cap_period_start", None)
        account = replace(account, former=counted(account.former, event.member, period, credits))
    for each in event.counts:
        account = _with(account, event.member, each)
    return account


def _with(account: Account, member_id: str | None, counts: Count) -> Account:
    if counts.of == "account":
        return replace(account, caps=count(account.caps, counts))
    if counts.of == "fair_use":
        return replace(account, fair_use=count_fair_use(account.fair_use, counts))
    return replace(
        account,
        members=_of_member(account.members, member_id, counts),
        former=_of_member(account.former, member_id, counts),
    )


def _of_member(
    members: tuple[Member, ...], member_id: str | None, counts: Count
) -> tuple[Member, ...]:
    if counts.every == "cycle" and counts.tools is None:
        return counted(members, member_id, counts.since, counts.amount)
    return tuple([
        replace(member, caps=count(member.caps, counts)) if member.id == member_id else member
        for member in members
    ])  # fmt: skip


def used_of_cycle(account: Account, parts: Parts, sign: int = +1) -> Cycle | None:
    """The running cycle with what `parts` spent of its own allotment, or gave back to it."""
    cycle = account.cycle
    if cycle is None:
        return None
    used = 0
    for part in parts:
        grant = account.grant(part.grant)
        if grant is not None and grant.of_cycle(cycle.ends_at):
            used += part.credits
    return replace(cycle, used=max(0, cycle.used + sign * used)) if used else cycle

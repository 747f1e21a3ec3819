"""evolve: the account after an event. It decides nothing: every decision was made before.

``evolve(account, seq, at, event)`` is the only function that changes an account, live and in
replay, so the state can be dropped and rebuilt from the journal at any time.
"""

from collections.abc import Callable
from typing import Any

from msgspec import json
from msgspec.structs import replace

from .. import events
from ..credits import Micros
from ..grants import Grant, Parts, change, total
from ..instants import Instant
from ..subscription import Cycle
from .state import Account, Allowance, Member, Repair
from .subscription_states import SUBSCRIPTIONS, with_grant

_account = json.Decoder(Account).decode


def evolve(account: Account, seq: int, at: Instant, event: events.Event) -> Account:
    """The account after the journal entry (`seq`, `at`, `event`)."""
    return _EVOLVE[type(event)](account, seq, at, event)


def _opened(account: Account, seq: int, at: Instant, event: events.AccountOpened) -> Account:
    return replace(
        account,
        seq=seq,
        at=at,
        opened_at=at,
        name=event.name,
        time_zone=event.time_zone,
        members=tuple([Member(member, cap) for member, cap in event.members.items()]),
    )


def _member_set(account: Account, seq: int, at: Instant, event: events.MemberSet) -> Account:
    known = account.member(event.member)
    member = replace(known or Member(event.member), cap=event.cap)
    others = [each for each in account.members if each.id != event.member]
    return replace(account, seq=seq, at=at, members=(*others, member))


def _member_removed(
    account: Account, seq: int, at: Instant, event: events.MemberRemoved
) -> Account:
    others = tuple(each for each in account.members if each.id != event.member)
    return replace(account, seq=seq, at=at, members=others)


def _granted(account: Account, seq: int, at: Instant, event: events.Granted) -> Account:
    grant = Grant(
        id=seq,
        source=event.source,
        amount=event.credits,
        remaining=event.credits - event.owed_paid,
        effective_at=at if event.effective_at is None else event.effective_at,
        expires_at=event.expires_at,
        priority=event.priority,
        tools=event.tools,
        models=event.models,
        price=event.price,
        payment=event.payment,
    )
    if event.effective_at is not None:
        later = sorted((*account.later, grant), key=lambda each: (each.effective_at, each.id))
        return replace(account, seq=seq, at=at, later=tuple(later))
    return replace(
        account,
        seq=seq,
        at=at,
        allowances=_allowances(account, seq, event),
        **with_grant(account, grant, event.owed_paid),
    )


def _allowances(account: Account, seq: int, event: events.Granted) -> tuple[Allowance, ...]:
    """The newest windows of free credits, with the one that a grant opens or adds to."""
    if event.every is None or event.starts_at is None or event.expires_at is None:
        return account.allowances
    others = [each for each in account.allowances if each.every != event.every]
    before = sum([
        each.credits
        for each in account.allowances
        if each.every == event.every and each.starts_at == event.starts_at
    ])  # fmt: skip
    window = Allowance(
        every=event.every,
        starts_at=event.starts_at,
        ends_at=event.expires_at,
        credits=before + event.credits,
        grant=seq,
    )
    return (*others, window)


def _began(account: Account, seq: int, at: Instant, event: events.GrantBegan) -> Account:
    later = tuple(each for each in account.later if each.id != event.grant)
    begun = next(each for each in account.later if each.id == event.grant)
    begun = replace(begun, remaining=event.credits - event.owed_paid)
    fields = with_grant(account, begun, event.owed_paid)
    return replace(account, seq=seq, at=at, later=later, **fields)


def _charged(account: Account, seq: int, at: Instant, event: events.Charged) -> Account:
    spent = event.credits
    return replace(
        account,
        seq=seq,
        at=at,
        available=account.available - spent,
        grants=change(account.grants, event.parts, -1, 0) if spent else account.grants,
        cycle=_used(account, event.parts) if account.cycle else None,
        members=_count(account, event.member, event.cap_period_start, spent),
    )


def _deducted(account: Account, seq: int, at: Instant, event: events.Deducted) -> Account:
    return replace(
        account,
        seq=seq,
        at=at,
        available=account.available - event.credits,
        grants=change(account.grants, event.parts, -1, 0),
        cycle=_used(account, event.parts) if event.used else account.cycle,
    )


def _reversed(account: Account, seq: int, at: Instant, event: events.Reversed) -> Account:
    if not event.begun:
        return _without_later(account, seq, at, event.entry)
    return _without(account, seq, at, event.entry)


def _voided(account: Account, seq: int, at: Instant, event: events.Voided) -> Account:
    """What is left goes. A part that is held lapses when it comes back: the grant is over."""
    if not event.begun:
        return _without_later(account, seq, at, event.grant)
    after = _without(account, seq, at, event.grant)
    grants = tuple([
        _moved_expiry(each, at) if each.id == event.grant else each for each in after.grants
    ])  # fmt: skip
    return replace(after, grants=grants, owed=account.owed + event.owed)


def _expiry_moved(account: Account, seq: int, at: Instant, event: events.ExpiryMoved) -> Account:
    def moved(grants: tuple[Grant, ...]) -> tuple[Grant, ...]:
        return tuple([
            _moved_expiry(each, event.expires_at) if each.id == event.grant else each
            for each in grants
        ])  # fmt: skip

    return replace(
        account, seq=seq, at=at, grants=moved(account.grants), later=moved(account.later)
    )


def _moved_expiry(grant: Grant, expires_at: Instant | None) -> Grant:
    """The grant with another expiry; one of a cycle stays known as of that cycle."""
    cycle_ends_at = grant.cycle_ends_at
    if grant.source == "subscription" and cycle_ends_at is None:
        cycle_ends_at = grant.expires_at
    return replace(grant, expires_at=expires_at, cycle_ends_at=cycle_ends_at)


def _without_later(account: Account, seq: int, at: Instant, grant_id: int) -> Account:
    later = tuple(each for each in account.later if each.id != grant_id)
    return replace(account, seq=seq, at=at, later=later)


def _expired(account: Account, seq: int, at: Instant, event: events.GrantExpired) -> Account:
    return _without(account, seq, at, event.grant)


def _without(account: Account, seq: int, at: Instant, grant_id: int) -> Account:
    """What is left of a grant goes; what open holds reserved of it stays with them."""
    grants, lost = [], 0
    for grant in account.grants:
        if grant.id == grant_id:
            lost = grant.remaining
            grant = replace(grant, remaining=0)
            if not grant.held:
                continue
        grants.append(grant)
    return replace(
        account, seq=seq, at=at, available=account.available - lost, grants=tuple(grants)
    )


def _held(account: Account, seq: int, at: Instant, event: events.Held | events.Leased) -> Account:
    return replace(
        account,
        seq=seq,
        at=at,
        available=account.available - event.credits,
        held=account.held + event.credits,
        open_holds=account.open_holds + 1,
        grants=change(account.grants, event.parts, -1, +1),
        members=_count(account, event.member, event.cap_period_start, event.credits),
    )


def _drawn(account: Account, seq: int, at: Instant, event: events.Drawn) -> Account:
    """Spent out of what the lease holds; a member's cap counted it when it was leased."""
    return replace(
        account,
        seq=seq,
        at=at,
        held=account.held - event.credits,
        grants=change(account.grants, event.parts, 0, -1) if event.parts else account.grants,
        cycle=_used(account, event.parts) if account.cycle else None,
    )


def _extended(account: Account, seq: int, at: Instant, event: events.HoldExtended) -> Account:
    return replace(account, seq=seq, at=at)


def _settled(account: Account, seq: int, at: Instant, event: events.Settled) -> Account:
    grants = change(account.grants, event.extra, -1, 0)
    cycle = _used(account, event.spent + event.extra)
    closed = replace(account, grants=grants, cycle=cycle, seq=seq, at=at)
    closed = _close(closed, event.held, event.spent, event.returned, event.lapsed)
    return replace(
        closed,
        available=closed.available - total(event.extra),
        members=_count(account, event.member, event.cap_period_start, event.credits - event.held),
    )


def _refunded(account: Account, seq: int, at: Instant, event: events.Refunded) -> Account:
    """Grants that had left come back with what is returned to them; the running cycle's `used`
    and the member's cap count as much less."""
    there = {grant.id for grant in account.grants}
    restored = {grant.id: grant for grant in event.restored}
    grants = tuple([
        replace(grant, expires_at=restored[grant.id].expires_at) if grant.id in restored else grant
        for grant in account.grants
    ])  # fmt: skip
    grants += tuple([grant for grant in event.restored if grant.id not in there])
    account = replace(account, grants=grants)
    return replace(
        account,
        seq=seq,
        at=at,
        available=account.available + total(event.returned),
        grants=change(grants, event.returned, +1, 0),
        owed=account.owed - event.owed_paid,
        cycle=_used(account, event.returned, -1),
        members=_count(account, event.member, event.cap_period_start, -event.credits),
    )


def _released(account: Account, seq: int, at: Instant, event: events.Released) -> Account:
    closed = _close(account, event.credits, (), event.returned, event.lapsed)
    members = _count(account, event.member, event.cap_period_start, -event.credits)
    return replace(closed, seq=seq, at=at, members=members)


def _close(account: Account, held: Micros, spent: Parts, returned: Parts, lapsed: Parts) -> Account:
    """A hold's end: its parts leave `held`; what is returned is spendable again."""
    grants = change(account.grants, returned, +1, -1)
    for gone in (spent, lapsed):
        grants = change(grants, gone, 0, -1)
    return replace(
        account,
        grants=grants,
        held=account.held - held,
        available=account.available + total(returned),
        open_holds=account.open_holds - 1,
    )


def _repaired(account: Account, seq: int, at: Instant, event: events.ClockRepaired) -> Account:
    repairs = (*account.repairs, Repair(event.back_to, seq, at))
    return replace(_account(event.account), seq=seq, at=at, repairs=repairs)


def _used(account: Account, parts: Parts, sign: int = +1) -> Cycle | None:
    """The running cycle with what `parts` spent of its own allotment, or gave back to it."""
    cycle = account.cycle
    if cycle is None:
        return None
    used = 0
    for grant in account.grants:
        if grant.of_cycle(cycle.ends_at):
            for part in parts:
                if part.grant == grant.id:
                    used += part.credits
    return replace(cycle, used=max(0, cycle.used + sign * used)) if used else cycle


def _count(
    account: Account, member_id: str | None, period_start: Instant | None, credits: Micros
) -> tuple[Member, ...]:
    """Members with `credits` counted (or given back) against one member's cap in a period."""
    if member_id is None or period_start is None:
        return account.members
    return tuple([
        _counted(member, period_start, credits) if member.id == member_id else member
        for member in account.members
    ])  # fmt: skip


def _counted(member: Member, period_start: Instant, credits: Micros) -> Member:
    if member.since == period_start:
        return replace(member, used=max(0, member.used + credits))
    if member.since is not None and member.since > period_start:  # that period is over
        return member
    return replace(member, used=max(0, credits), since=period_start)


_EVOLVE: dict[type, Callable[[Account, int, Instant, Any], Account]] = {
    events.AccountOpened: _opened,
    events.MemberSet: _member_set,
    events.MemberRemoved: _member_removed,
    events.Granted: _granted,
    events.GrantBegan: _began,
    events.Deducted: _deducted,
    events.Reversed: _reversed,
    events.Voided: _voided,
    events.ExpiryMoved: _expiry_moved,
    events.GrantExpired: _expired,
    events.Charged: _charged,
    events.Held: _held,
    events.Leased: _held,
    events.Drawn: _drawn,
    events.HoldExtended: _extended,
    events.Settled: _settled,
    events.Refunded: _refunded,
    events.Released: _released,
    events.ClockRepaired: _repaired,
    **SUBSCRIPTIONS,
}

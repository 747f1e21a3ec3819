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
from ..instants import SECOND, Instant
from ..limits import MAX_LATE_SECONDS
from .membership import limits_set, member_removed, member_set
from .state import Account, Allowance, LateSettlement, Member, Repair
from .subscription_states import SUBSCRIPTIONS, with_grant
from .tallies import counted, tallied, used_of_cycle

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
    after = replace(
        account,
        seq=seq,
        at=at,
        available=account.available - spent,
        grants=change(account.grants, event.parts, -1, 0) if spent else account.grants,
        cycle=used_of_cycle(account, event.parts) if account.cycle else None,
        members=account.members
        if event.member is None
        else counted(account.members, event.member, event.cap_period_start, spent),
    )
    return tallied(after, event, spent) if event.counts or account.former else after


def _deducted(account: Account, seq: int, at: Instant, event: events.Deducted) -> Account:
    return replace(
        account,
        seq=seq,
        at=at,
        available=account.available - event.credits,
        grants=change(account.grants, event.parts, -1, 0),
        cycle=used_of_cycle(account, event.parts) if event.used else account.cycle,
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
    after = replace(
        account,
        seq=seq,
        at=at,
        available=account.available - event.credits,
        held=account.held + event.credits,
        open_holds=account.open_holds + 1,
        grants=change(account.grants, event.parts, -1, +1),
        members=counted(account.members, event.member, event.cap_period_start, event.credits),
    )
    return tallied(after, event, event.credits) if event.counts or account.former else after


def _drawn(account: Account, seq: int, at: Instant, event: events.Drawn) -> Account:
    """Spent out of what the lease holds; a member's cap counted it when it was leased."""
    after = replace(
        account,
        seq=seq,
        at=at,
        held=account.held - event.credits,
        grants=change(account.grants, event.parts, 0, -1) if event.parts else account.grants,
        cycle=used_of_cycle(account, event.parts) if account.cycle else None,
    )
    return tallied(after, event, 0) if event.counts or account.former else after


def _increased(account: Account, seq: int, at: Instant, event: events.HoldIncreased) -> Account:
    after = replace(
        account,
        seq=seq,
        at=at,
        available=account.available - event.credits,
        held=account.held + event.credits,
        grants=change(account.grants, event.parts, -1, +1),
    )
    return tallied(after, event, 0)


def _extended(account: Account, seq: int, at: Instant, event: events.HoldExtended) -> Account:
    return replace(account, seq=seq, at=at)


def _settled(account: Account, seq: int, at: Instant, event: events.Settled) -> Account:
    grants = change(account.grants, event.extra, -1, 0)
    cycle = used_of_cycle(account, event.spent + event.extra)
    closed = replace(account, grants=grants, cycle=cycle, seq=seq, at=at)
    closed = _close(closed, event.held, event.spent, event.returned, event.lapsed)
    after = replace(
        closed,
        available=closed.available - total(event.extra),
        members=counted(
            account.members, event.member, event.cap_period_start, event.credits - event.held
        ),
    )
    return (
        tallied(after, event, event.credits - event.held)
        if event.counts or account.former
        else after
    )


def _settled_late(account: Account, seq: int, at: Instant, event: events.SettledLate) -> Account:
    """A charge, and a note that the hold was settled after all."""
    newest = [each for each in account.late if each.at > at - MAX_LATE_SECONDS * SECOND]
    noted = LateSettlement(hold=event.hold, seq=seq, at=at, credits=event.credits)
    after = replace(
        account,
        seq=seq,
        at=at,
        available=account.available - event.credits,
        grants=change(account.grants, event.parts, -1, 0),
        cycle=used_of_cycle(account, event.parts),
        members=counted(account.members, event.member, event.cap_period_start, event.credits),
        late=(*newest, noted),
    )
    return tallied(after, event, event.credits)


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
    after = replace(
        account,
        seq=seq,
        at=at,
        owed=account.owed - event.owed_paid,
        available=account.available + total(event.returned),
        grants=change(grants, event.returned, +1, 0),
        cycle=used_of_cycle(account, event.returned, -1),
        members=counted(account.members, event.member, event.cap_period_start, -event.credits),
    )
    return tallied(after, event, -event.credits) if event.counts or account.former else after


def _released(account: Account, seq: int, at: Instant, event: events.Released) -> Account:
    closed = _close(account, event.credits, (), event.returned, event.lapsed)
    members = counted(account.members, event.member, event.cap_period_start, -event.credits)
    after = replace(closed, seq=seq, at=at, members=members)
    return tallied(after, event, -event.credits) if event.counts or account.former else after


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


_EVOLVE: dict[type, Callable[[Account, int, Instant, Any], Account]] = {
    events.AccountOpened: _opened,
    events.MemberSet: member_set,
    events.MemberRemoved: member_removed,
    events.LimitsSet: limits_set,
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
    events.HoldIncreased: _increased,
    events.Settled: _settled,
    events.SettledLate: _settled_late,
    events.Refunded: _refunded,
    events.Released: _released,
    events.ClockRepaired: _repaired,
    **SUBSCRIPTIONS,
}

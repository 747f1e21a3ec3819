"""Membership: the account after a member joined, changed or left, and after other limits."""

from msgspec.structs import replace

from .. import events
from ..caps import set_caps
from ..instants import Instant
from ..limits import MAX_MEMBERS
from .state import Account, Member


def member_set(account: Account, seq: int, at: Instant, event: events.MemberSet) -> Account:
    """Add or change a member. One who was a member before goes on with what they have spent of
    their caps."""
    known = account.member(event.member)
    if known is None:
        known = next((each for each in account.former if each.id == event.member), None)
    known = known or Member(event.member)
    member = replace(known, cap=event.cap, caps=set_caps(known.caps, event.caps))
    others = [each for each in account.members if each.id != event.member]
    former = tuple([each for each in account.former if each.id != event.member])
    return replace(account, seq=seq, at=at, members=(*others, member), former=former)


def member_removed(account: Account, seq: int, at: Instant, event: events.MemberRemoved) -> Account:
    """Remove a member. They are still known by name, with what they have spent of their caps."""
    others = tuple(each for each in account.members if each.id != event.member)
    former = account.former
    gone = account.member(event.member) if event.kept else None
    if gone is not None:
        former = (*former, gone)[-MAX_MEMBERS:]
    return replace(account, seq=seq, at=at, members=others, former=former)


def limits_set(account: Account, seq: int, at: Instant, event: events.LimitsSet) -> Account:
    """Set the limits of the account. What was counted of its caps stays counted."""
    caps = set_caps(account.caps, event.caps)
    return replace(account, seq=seq, at=at, caps=caps, held_limit=event.held_limit)

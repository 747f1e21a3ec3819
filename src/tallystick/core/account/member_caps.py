"""The caps of members: since when one counts, and what is spent of it (`docs/spec.md` 6)."""

from msgspec import Struct

from .. import limits
from ..credits import Micros
from ..history import History
from ..instants import Instant
from .free_credits import own_month, zone_of
from .state import Account, Member


class RunningCap(Struct, frozen=True, gc=False):
    """What a `member` has `used` of their cap (micros) since `period_start`."""

    member: Member
    used: Micros
    period_start: Instant


def running_cap(
    account: Account, member_id: str, now: Instant, history: History
) -> RunningCap | None:
    """The cap of a member as it counts at `now`; None where the account has no such member.

    Raises `InvalidRequest` for a member's id that cannot be one.
    """
    limits.name(member_id, "member")
    member = account.member(member_id)
    if member is None:
        return None
    return RunningCap(member, *spent_of_cap(member, period_start(account, now, history)))


def period_start(account: Account, now: Instant, history: History) -> Instant:
    """Since when a member's cap counts: the running cycle, or the account's own month."""
    if account.cycle is not None:
        return account.cycle.started_at
    return own_month(account, now, zone_of(account, history.at(now).catalog))


def spent_of_cap(member: Member, started_at: Instant) -> tuple[Micros, Instant]:
    """What a member has spent of their cap in the period that began then, and since when.

    A period can begin before the one that was counted last: a subscription that starts in the
    past does, and so may the account's own month once a subscription is over. The count goes on
    then, as nobody gets a cap twice for the same days.
    """
    if member.since is None or member.since < started_at:
        return 0, started_at
    return member.used, member.since

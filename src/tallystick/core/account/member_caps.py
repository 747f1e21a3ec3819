"""The caps of members: since when one counts, and what is spent of it (`docs/spec.md` 6)."""

from ..credits import Micros
from ..history import History
from ..instants import Instant
from .free_credits import window
from .state import Account, Member


def period_start(account: Account, history: History, now: Instant) -> Instant:
    """Since when a member's cap counts: the running cycle, or the account's own month."""
    if account.cycle is not None:
        return account.cycle.started_at
    return window(account, "month", now, history.at(now).catalog.time_zone)[0]


def spent_of_cap(member: Member, period: Instant) -> tuple[Micros, Instant]:
    """What a member has spent of their cap in the period that began at `period`, and since when.

    A period can begin before the one that was counted last: a subscription that starts in the
    past does, and so may the account's own month once a subscription is over. The count goes on
    then, as nobody gets a cap twice for the same days.
    """
    if member.since is None or member.since < period:
        return 0, period
    return member.used, member.since

"""Caps of members and of the account: since when each counts, and what is spent of it."""

from collections.abc import Sequence

from msgspec import Struct

from .. import limits
from ..cap_windows import window
from ..caps import Cap, Count, Counts, counted_since
from ..credits import Micros
from ..cycles import boundary, boundary_index
from ..history import History
from ..instants import Instant
from .free_credits import zone_of
from .state import Account, Member


class RunningCap(Struct, frozen=True, gc=False):
    """What a `member` has `used` of their cap of a cycle (micros) since `period_start`; it starts
    again when the period `ends_at`."""

    member: Member
    used: Micros
    period_start: Instant
    ends_at: Instant | None = None


class OpenCap(Struct, frozen=True, gc=False):
    """A cap of a member or the account in its running window: what is `used` of it (micros) since
    `since`, and when the window `ends_at` (None: never)."""

    cap: Cap
    used: Micros
    since: Instant
    ends_at: Instant | None


class CountedCaps(Struct, frozen=True, gc=False):
    """What a generation counts against: the period of its member's cap of a cycle, if it has one,
    and its `counts` of every other cap."""

    period_start: Instant | None = None
    counts: Counts = ()


NOTHING_COUNTED = CountedCaps()


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
    start, end = cap_window(account, "cycle", now, history)
    return RunningCap(member, *spent_of_cap(member, start), end)


def period_start(account: Account, now: Instant, history: History) -> Instant:
    """Since when a cap of a cycle counts: the running cycle, or the account's own month."""
    return cap_window(account, "cycle", now, history)[0]


def cap_window(
    account: Account, every: str, now: Instant, history: History
) -> tuple[Instant, Instant | None]:
    """The running window of a cap and its end, if it has one: of the calendar in the zone in which
    days are counted, the running cycle or without one the account's own month, or its life."""
    if every == "life":
        return account.opened_at, None
    zone = zone_of(account, history.at(now).catalog)
    if every != "cycle":
        return window(every, now, zone)
    if account.cycle is not None:
        return account.cycle.started_at, account.cycle.ends_at
    index = boundary_index(account.opened_at, now, zone)
    start = boundary(account.opened_at, index, zone)
    return start, boundary(account.opened_at, index + 1, zone)


def open_caps(
    account: Account, caps: Sequence[Cap], tool: str | None, now: Instant, history: History
) -> list[OpenCap]:
    """Those of `caps` that count a generation with a tool, each in its running window."""
    found = []
    for cap in caps:
        if cap.credits is not None and cap.counts(tool):
            start, end = cap_window(account, cap.every, now, history)
            found.append(OpenCap(cap, *counted_since(cap, start), end))
    return found


def spent_of_cap(member: Member, started_at: Instant) -> tuple[Micros, Instant]:
    """What a member has spent of their cap in the period that began then, and since when.

    A period can begin before the one that was counted last: a subscription that starts in the
    past does, and so may the account's own month once a subscription is over. The count goes on
    then, as nobody gets a cap twice for the same days.
    """
    if member.since is None or member.since < started_at:
        return 0, started_at
    return member.used, member.since


def count_of(of: str, found: OpenCap, credits: Micros) -> Count:
    """What a generation counts of a cap."""
    return Count(
        of=of,  # type: ignore[arg-type]
        every=found.cap.every,
        since=found.since,
        amount=credits,
        tools=found.cap.tools,
    )


def every_words(every: str) -> str:
    """How often a window comes, for people."""
    return "in all" if every == "life" else f"{'an' if every == 'hour' else 'a'} {every}"

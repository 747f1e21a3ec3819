"""advance: everything that fell due becomes ordinary events at their own instants.

Runs before every command, so that a journal written by an eager worker and one written lazily on
the next request are the same, entry for entry (`docs/spec.md` 4.2). At one instant the order is:
hold time-outs, expiries, plan change, grants (`docs/spec.md` 4.3). No catalog is needed: what a
cycle gives was fixed when it was bought.
"""

from collections import deque
from collections.abc import Iterator, Sequence

from msgspec import Struct

from .. import events
from ..caps import recounted
from ..credits import MAX, Micros
from ..grants import Part, Parts
from ..holds import Hold, windows
from ..instants import Instant
from .debts import paying
from .evolve import evolve
from .resets import next_cycle, pause_end, pause_start, scheduled_change, scheduled_end
from .rollovers import expiries
from .state import Account, owned


class DecidedEntry(Struct, frozen=True, gc=False):
    """What happens next to an account, with the spendable balance before and after."""

    seq: int
    at: Instant
    event: events.Event
    before: Micros
    after: Micros


def step(
    account: Account, at: Instant, event: events.Event, entries: list[DecidedEntry]
) -> Account:
    """The account after one more event, which is noted in `entries`. New credits pay what the
    account owes first."""
    if account.owed:
        event = paying(account, event)
    seq = account.seq + 1
    after = evolve(account, seq, at, event)
    entries.append(
        DecidedEntry(seq=seq, at=at, event=event, before=account.available, after=after.available)
    )
    return after


def advance(
    account: Account, now: Instant, due_holds: Sequence[Hold] = ()
) -> tuple[Account, list[DecidedEntry]]:
    """The account at `now`, and the entries that took it there.

    `due_holds` are its open holds with ``expires_at <= now``.
    """
    entries: list[DecidedEntry] = []
    if not due_holds and not is_due(account, now):
        return account, entries
    holds = deque(sorted(due_holds, key=lambda hold: (hold.expires_at, hold.id)))
    while (at := next_due(account, _first(holds))) is not None and at <= now:
        at = max(at, account.at)
        for event in _due_at(account, at, _timed_out(holds, at)):
            account = step(account, at, event, entries)
        account = _turn_of_cycle(account, at, entries)
        account = _begin(account, at, entries)
    return account, entries


def _first(holds: deque[Hold]) -> Sequence[Hold]:
    """The hold that times out first; to look at all of them each time would be quadratic."""
    return (holds[0],) if holds else ()


def _timed_out(holds: deque[Hold], at: Instant) -> list[Hold]:
    """Take the holds that have timed out at `at`."""
    found = []
    while holds and holds[0].expires_at <= at:
        found.append(holds.popleft())
    return found


def is_due(account: Account, now: Instant) -> bool:
    """Whether anything but a hold's time-out is due; cheap, as every command asks."""
    for grant in account.grants:
        if grant.expires_at is not None and grant.expires_at <= now and grant.remaining:
            return True
    if account.later and account.later[0].effective_at <= now:
        return True
    subscription = account.subscription
    return subscription is not None and subscription.renews_at <= now


def next_due(account: Account, holds: Sequence[Hold] = ()) -> Instant | None:
    """The next instant at which something falls due, if anything ever does."""
    instants = [hold.expires_at for hold in holds]
    instants += [
        grant.expires_at
        for grant in account.grants
        if grant.expires_at is not None and grant.remaining
    ]
    if account.subscription is not None:
        instants.append(account.subscription.renews_at)
    if account.later:
        instants.append(account.later[0].effective_at)
    return min(instants, default=None)


def _due_at(account: Account, at: Instant, holds: Sequence[Hold]) -> Iterator[events.Event]:
    """Time-outs, then expiries. Both are read off the account before any of them happens, but
    for a grant that a time-out fills again: its part lapses with the time-out itself."""
    for hold in holds:
        yield release(account, hold, at, "timed_out")
    yield from expiries(account, at)


def _turn_of_cycle(account: Account, at: Instant, entries: list[DecidedEntry]) -> Account:
    """At a cycle boundary: the scheduled change or the end, then the next cycle's grant."""
    subscription = account.subscription
    if subscription is None or subscription.renews_at > at:
        return account
    end = pause_end(account, subscription, subscription.renews_at)
    end = end or scheduled_end(subscription, subscription.renews_at)
    if end is not None:
        return step(account, at, end, entries)
    event = scheduled_change(account, subscription, subscription.renews_at)
    if event is not None:
        account = step(account, at, event, entries)
    subscription = account.subscription or subscription
    paused = pause_start(account, subscription, subscription.renews_at)
    if paused is not None:
        return step(account, at, paused, entries)
    if account.subscription is not None:
        room = MAX - owned(account)
        account = step(account, at, next_cycle(account.subscription, room), entries)
    return account


def _begin(account: Account, at: Instant, entries: list[DecidedEntry]) -> Account:
    """The grants that can be spent from `at` on."""
    while account.later and account.later[0].effective_at <= at:
        grant = account.later[0]
        begun = events.GrantBegan(grant.id, grant.source, grant.remaining)
        account = step(account, at, begun, entries)
    return account


def release(account: Account, hold: Hold, at: Instant, how: str) -> events.Released:
    """The event that gives a hold back to the grants it came from; a part lapses where its grant
    has expired."""
    returned, lapsed = give_back(account, hold.parts, at)
    period_start, counts = windows(hold)
    return events.Released(
        hold=hold.id,
        credits=hold.credits,
        returned=returned,
        lapsed=lapsed,
        how=how,  # type: ignore[arg-type]
        member=hold.member,
        cap_period_start=period_start,
        counts=recounted(counts, -hold.credits, -fair_quantity(hold)) if counts else (),
    )


def fair_quantity(hold: Hold) -> int:
    """What a hold counts of fair use, in micro-units."""
    return sum([each.amount for each in hold.counts if each.of == "fair_use"])


def give_back(account: Account, parts: Parts, at: Instant) -> tuple[Parts, Parts]:
    """`parts` of a hold as (returned, lapsed), under the source each grant has by now."""
    returned, lapsed = [], []
    for part in parts:
        grant = account.grant(part.grant)
        source = grant.source if grant else part.source
        expired = grant is None or (grant.expires_at is not None and grant.expires_at <= at)
        (lapsed if expired else returned).append(Part(part.grant, source, part.credits))
    return tuple(returned), tuple(lapsed)

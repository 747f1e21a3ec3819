"""Clock repair: accounts that a clock ahead of time took along come back to where they were.

Of each such account an entry is appended that sets aside what fell due too soon (`core.repair`).
Nothing is removed. An account for which somebody asked for something since is left as it is, and
said with why: what was asked for has to stay, and a person has to say what it comes to.
"""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from typing import NamedTuple

from ..core.account import Account, DecidedEntry, evolve
from ..core.checkpoint import Play, beginning
from ..core.credits import Micros, show
from ..core.errors import StoreError
from ..core.events import ClockRepaired, GrantExpired
from ..core.holds import Hold, opened_again
from ..core.instants import Instant, to_datetime
from ..core.journal import JournalEntry, write
from ..core.repair import fell_due, set_aside, wrongly_set_aside
from ..core.snapshots import passed
from ..engine import Engine
from ..engine.views import moment
from ..results.clock_repair import ClockRepair, Left, Repaired
from ..results.verification import Progress
from ..store import Batch, Store, StoredAccount, Wanted, split_key
from .verification import AHEAD_MICROS

PAGE_ACCOUNTS = 50
"""Accounts that are repaired in one transaction."""

TOLD_ACCOUNTS_MAX = 1_000
"""The most accounts that an answer lists one by one."""

_TRIES = 5
Tell = Callable[[Progress], None]


class RepairPlan(NamedTuple):
    """How an account comes back: the entry that is appended, and what it leads to."""

    key: str
    before: StoredAccount
    entry: JournalEntry
    after: Account
    holds: Sequence[Hold]
    entries: int


def repair(
    engine: Engine,
    platforms: Sequence[str],
    preview: bool = True,
    progress: Tell | None = None,
) -> ClockRepair:
    """Bring every account of `platforms` back that stands ahead of now, as far as that can be
    done by itself. Others may write meanwhile.

    Raises `WrongClock` when the machine's clock is in doubt, or a file knows of a newer instant
    and nobody has confirmed this one.
    """
    now = engine.trusted_now()
    run = _RepairRun(engine, now, preview, progress or (lambda _: None))
    for platform in _on_real_time(engine, platforms):
        run.platform(platform)
    return run.report()


def _on_real_time(engine: Engine, platforms: Sequence[str]) -> list[str]:
    with engine.store.reading():
        real = engine.platforms.on_real_time()
    return [name for name in platforms if name in real]


class _RepairRun:
    """One run: a page of accounts is looked at, and repaired, at a time."""

    def __init__(self, engine: Engine, now: Instant, preview: bool, tell: Tell):
        self._engine = engine
        self._now = now
        self._preview = preview
        self._tell = tell
        self._repaired: list[Repaired] = []
        self._left: list[Left] = []
        self._counts = {"accounts": 0, "repaired": 0, "entries": 0, "left": 0}

    def platform(self, name: str) -> None:
        for keys in _pages(self._engine.store, name):
            self._page(keys)
            self._counts["accounts"] += len(keys)
            self._tell(Progress(self._counts["accounts"], 0, self._counts["entries"]))

    def _page(self, keys: Sequence[str]) -> None:
        """Those that others wrote first are looked at again."""
        for _ in range(_TRIES):
            plans = [each for key in self._ahead(keys) if (each := self._look(key)) is not None]
            keys = [] if self._preview or not plans else self._write(plans)
            for plan in plans:
                if plan.key not in keys:
                    self._done(plan)
            if not keys:
                return
        raise StoreError(f"others write {', '.join(keys[:3])} again and again: try once more")

    def _ahead(self, keys: Sequence[str]) -> list[str]:
        store = self._engine.store
        with store.reading():
            found = store.load(Wanted(list(keys))).accounts
        return [key for key, each in found.items() if each.account.at > self._now + AHEAD_MICROS]

    def _look(self, key: str) -> RepairPlan | None:
        """How an account comes back; None for one that is left."""
        store = self._engine.store
        with store.reading():
            stored = store.load(Wanted([key])).accounts[key]
            start = store.checkpoint(key) or beginning(split_key(key)[1])
            entries = store.entries(key, start.seq)
        if start.at > self._now:
            self._leave(_left(key, stored.account, _archived(start.seq)))
            return None
        kept = max((entry.seq for entry in entries if entry.at <= self._now), default=start.seq)
        play = Play(start)
        for entry in entries[: kept - start.seq]:
            play.follow(entry)
            play.follow_hold(entry)
        back_to, aside = play.checkpoint(), entries[kept - start.seq :]
        if fell_due(back_to, aside):
            return _plan(key, stored, self._now, set_aside(back_to, aside), len(aside))
        self._leave(_left(key, stored.account, _asked_for(aside, self._now), _lapsed(aside)))
        return None

    def _write(self, plans: Sequence[RepairPlan]) -> list[str]:
        """Append the entries; the accounts that others wrote first."""
        keys = [plan.key for plan in plans]
        platform = split_key(keys[0])[0]
        with self._engine.store.deciding() as decision:
            loaded = decision.load(Wanted(keys, [platform]))
            batch, conflicted = Batch(loaded.stamps), []
            for plan in plans:
                if loaded.accounts.get(plan.key) == plan.before:
                    batch.entries.append((plan.key, plan.entry))
                    batch.accounts[plan.key] = StoredAccount(plan.after, plan.entry.hash)
                    batch.holds |= {(plan.key, hold.id): hold for hold in plan.holds}
                    if passed(plan.after.seq - 1, plan.after.seq):
                        batch.snapshots.append((plan.key, plan.after))
                else:
                    conflicted.append(plan.key)
            decision.write(batch)
            unwritten = decision.written()
        return [*conflicted, *unwritten.conflicted, *unwritten.unknown]

    def _done(self, plan: RepairPlan) -> None:
        self._counts["repaired"] += 1
        self._counts["entries"] += plan.entries
        if len(self._repaired) < TOLD_ACCOUNTS_MAX:
            self._repaired.append(_told(plan))

    def _leave(self, left: Left) -> None:
        self._counts["left"] += 1
        if len(self._left) < TOLD_ACCOUNTS_MAX:
            self._left.append(left)

    def report(self) -> ClockRepair:
        return ClockRepair(
            now=to_datetime(self._now),
            preview=self._preview,
            accounts=self._counts["accounts"],
            accounts_repaired=self._counts["repaired"],
            entries=self._counts["entries"],
            accounts_left=self._counts["left"],
            repaired=tuple(self._repaired),
            left=tuple(self._left),
        )


def _pages(store: Store, platform: str) -> Iterator[list[str]]:
    after = ""
    while True:
        with store.reading():
            page = list(islice(store.accounts(platform, after), PAGE_ACCOUNTS))
        if not page:
            return
        yield page
        after = page[-1]


def _plan(
    key: str, stored: StoredAccount, now: Instant, event: ClockRepaired, entries: int
) -> RepairPlan:
    before = stored.account
    seq = before.seq + 1
    after = evolve(before, seq, now, event)
    entry = DecidedEntry(
        seq=seq, at=now, event=event, before=before.available, after=after.available
    )
    return RepairPlan(
        key=key,
        before=stored,
        entry=write(key, entry, stored.head),
        after=after,
        holds=opened_again(event),
        entries=entries,
    )


def _told(plan: RepairPlan) -> Repaired:
    platform, account = split_key(plan.key)
    before, after = plan.before.account, plan.after
    renews_at = None if after.subscription is None else after.subscription.renews_at
    return Repaired(
        platform=platform,
        account=account,
        back_to=before.seq - plan.entries,
        entries=plan.entries,
        stood_at=to_datetime(before.at),
        available_before=show(before.available),
        available_after=show(after.available),
        renews_at=moment(renews_at),
    )


def _left(key: str, account: Account, why: str, lapsed: Micros = 0) -> Left:
    platform, name = split_key(key)
    return Left(
        platform=platform,
        account=name,
        stands_at=to_datetime(account.at),
        why=why,
        lapsed=show(lapsed),
    )


def _archived(seq: int) -> str:
    return (
        f"entries up to {seq} were archived while the clock was ahead, and where the account was "
        "before is not in the database: restore a backup, or put it right by hand"
    )


def _asked_for(aside: Sequence[JournalEntry], now: Instant) -> str:
    first = next(wrongly_set_aside(aside, now), aside[0])
    kind = str(type(first.event).__struct_config__.tag).replace("_", " ")
    return f"entry {first.seq} ({kind}) was asked for since, and has to stay"


def _lapsed(aside: Sequence[JournalEntry]) -> Micros:
    """What had fallen due too soon, of what was granted before."""
    return sum(
        each.event.credits
        for each in aside
        if isinstance(each.event, GrantExpired) and each.event.grant < aside[0].seq
    )

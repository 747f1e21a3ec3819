"""A sweep: every account that is due, once, in pages that let others through."""

import time
from collections.abc import Callable, Container, Iterator, Sequence
from typing import TypeAlias

from ..core import commands
from ..core.errors import DamagedDatabase, StoreError, WrongClock
from ..core.instants import SECOND, Instant
from ..engine import Engine
from ..engine.retention import forget_refusals
from ..store import BUCKETS, bucket_of, split_key
from .pace import PAGE_ACCOUNTS_MAX, Pace
from .watch import Swept, Watch

ALL_BUCKETS = range(BUCKETS)
LOOKUP_ACCOUNTS = 200
"""Due accounts that are looked up at one time, in one bucket."""

ASIDE_SECONDS = 300
"""How long an account that could not be brought up to date is left alone."""

FORGET_SECONDS = 3_600
"""How often old refusals are looked for."""

FAULTS_MAX = 20
"""After so many faults in one sweep the accounts are not to blame, and the sweep ends."""

_BEGINNING = (-(2**62), "")
_Due: TypeAlias = tuple[str, Instant]


class Sweeper:
    """Brings what is due up to date, through the engine like everyone else."""

    def __init__(
        self,
        engine: Engine,
        page: int = PAGE_ACCOUNTS_MAX,
        rest: Callable[[float], object] = time.sleep,
    ):
        self._engine = engine
        self._store = engine.store
        self._pace = Pace(page)
        self._rest = rest
        self._aside: dict[str, Instant] = {}
        self._forgot: Instant | None = None

    def sweep(
        self,
        buckets: Container[int] = ALL_BUCKETS,
        watch: Watch | None = None,
        going_on: Callable[[], bool] = lambda: True,
    ) -> Swept:
        """Bring every account of `buckets` that is due up to date, until `going_on` says no. What
        is in `buckets` may change meanwhile.

        Raises `StoreError` when the database cannot be used, and `WrongClock` when the machine's
        clock is in doubt: then only what lives by test clocks was brought up to date. An account
        that cannot be is told to `watch`, counted as a fault, and left alone for a while.

        `DamagedDatabase` means that very many accounts failed.
        """
        watch = watch or Watch()
        swept = Swept()
        for page, at in self._due(buckets):
            self._rest(self._pace.pause())
            if not going_on():
                break
            self._pace.begin()
            done, faults = self._bring_up_to_date([key for key, _ in page], watch)
            self._pace.end(len(page))
            now = self._engine.clock.now() if at is None else at
            lag = max((now - since) / SECOND for _, since in page)
            piece = Swept(done, lag if done else 0.0, faults)
            swept = swept.and_also(piece)
            watch.brought(piece, swept)
            if swept.faults > FAULTS_MAX:
                raise DamagedDatabase(f"{swept.faults} accounts could not be brought up to date")
        self._forget_refusals(buckets, watch, going_on)
        return swept

    def _forget_refusals(
        self, buckets: Container[int], watch: Watch, going_on: Callable[[], bool]
    ) -> None:
        """Once an hour, and with the first sweep: what is forgotten is in nobody's way till then.
        A database that does not let us is told of, and swept all the same."""
        now = self._engine.clock.now()
        if self._forgot is not None and 0 <= now - self._forgot < FORGET_SECONDS * SECOND:
            return
        test, real = self._clocks()
        try:
            done = all(
                forget_refusals(
                    self._store, name, test.get(name, now), buckets, self._rest, going_on
                )
                for name in (*real, *test)
            )
        except StoreError as error:
            watch.failed(error)
            done = True
        self._forgot = now if done else None

    def _bring_up_to_date(self, keys: Sequence[str], watch: Watch) -> tuple[int, int]:
        """How many were, and how many could not be. What one account breaks is found by halves,
        so that the others are not kept waiting by it."""
        named = [(key, *split_key(key)) for key in keys]
        try:
            outcomes = self._engine.carry_out([
                (platform, commands.Advance(account)) for _, platform, account in named
            ])  # fmt: skip
        except Exception as error:
            if isinstance(error, StoreError) and not isinstance(error, DamagedDatabase):
                raise
            if len(keys) == 1:
                self._set_aside(keys[0], error, watch)
                return 0, 1
            half = len(keys) // 2
            first = self._bring_up_to_date(keys[:half], watch)
            second = self._bring_up_to_date(keys[half:], watch)
            return first[0] + second[0], first[1] + second[1]
        for each in outcomes:
            if isinstance(each.answer, WrongClock):
                raise each.answer
        # What others wrote first, again and again, is due no more or is found by the next sweep.
        return sum(not isinstance(each.answer, Exception) for each in outcomes), 0

    def _set_aside(self, key: str, error: Exception, watch: Watch) -> None:
        self._aside[key] = self._engine.clock.now() + ASIDE_SECONDS * SECOND
        watch.failed(error, key)

    # What is due

    def _due(self, buckets: Container[int]) -> Iterator[tuple[list[_Due], Instant | None]]:
        """Pages of due accounts, each with the now of their test clock, or None for those that
        are on real time."""
        test, real = self._clocks()
        now = self._engine.clock.now()
        doubt = self._engine.clock_standing().doubt
        self._aside = {key: until for key, until in self._aside.items() if until > now}
        on_real_time = (
            each for each in self._scheduled(buckets, now) if split_key(each[0])[0] not in test
        )
        if doubt is None:
            yield from ((page, None) for page in self._pages(on_real_time))
        for platform, at in test.items():
            found = self._scheduled(buckets, at, platform)
            yield from ((page, at) for page in self._pages(found))
        for platform in (*(real if doubt is None else ()), *test):
            at = test.get(platform)
            found = self._timed_out(platform, now if at is None else at, buckets)
            yield from ((page, at) for page in self._pages(found))
        if doubt is not None:
            raise doubt.error()

    def _pages(self, found: Iterator[_Due]) -> Iterator[list[_Due]]:
        """Pages as long as the pace has them by then."""
        page: list[_Due] = []
        for each in found:
            if each[0] in self._aside:
                continue
            page.append(each)
            if len(page) >= self._pace.page:
                yield page
                page = []
        if page:
            yield page

    def _scheduled(
        self, buckets: Container[int], now: Instant, platform: str | None = None
    ) -> Iterator[_Due]:
        """Looks at all the buckets at once, each look behind the one before: an account that
        cannot be brought up to date stands in nobody's way. What one look finds goes by key, for
        neighbours share pages of the database."""
        after = dict.fromkeys(ALL_BUCKETS, _BEGINNING)
        while after:
            with self._store.reading():
                looks = {
                    bucket: self._store.due(bucket, now, last, LOOKUP_ACCOUNTS, platform)
                    for bucket, last in after.items()
                    if bucket in buckets
                }
            for each in sorted(each for look in looks.values() for each in look):
                if bucket_of(each[0]) in buckets:
                    yield each
            after = {
                bucket: (look[-1][1], look[-1][0])
                for bucket, look in looks.items()
                if len(look) == LOOKUP_ACCOUNTS
            }

    def _timed_out(self, platform: str, now: Instant, buckets: Container[int]) -> Iterator[_Due]:
        after = ""
        while True:
            with self._store.reading():
                found = self._store.timed_out(platform, now, after, LOOKUP_ACCOUNTS)
            yield from (each for each in found if bucket_of(each[0]) in buckets)
            if len(found) < LOOKUP_ACCOUNTS:
                return
            after = found[-1][0]

    def _clocks(self) -> tuple[dict[str, Instant], list[str]]:
        """The platforms on test clocks with their now, and those on real time."""
        with self._store.reading():
            rows = [self._store.platform(name) for name in self._store.platforms()]
        test = {row.platform: row.clock_at for row in rows if row and row.clock_at is not None}
        return test, [row.platform for row in rows if row and row.clock_at is None]

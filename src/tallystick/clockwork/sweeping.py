"""A sweep: every account that is due, once, in batches that let others through."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeAlias

from msgspec import Struct

from ..core import commands
from ..core.instants import SECOND, Instant
from ..engine import Engine
from ..store import BUCKETS, bucket_of, split_key

PAGE = 200
"""Accounts of one batch: so few that whoever else writes hardly waits."""

EVERY = range(BUCKETS)
_BEGINNING = (-(2**62), "")
_Page: TypeAlias = list[tuple[str, Instant]]


class Swept(Struct, frozen=True):
    """What a sweep has done: `accounts` brought up to date, and how late the latest of them was."""

    accounts: int = 0
    lag_seconds: float = 0.0


class Clockwork:
    """Brings what is due up to date, through the engine as everybody does."""

    def __init__(self, engine: Engine, page: int = PAGE):
        self._engine = engine
        self._store = engine.store
        self._page = page

    def sweep(
        self,
        buckets: Sequence[int] = EVERY,
        progress: Callable[[Swept], None] | None = None,
        going_on: Callable[[], bool] = lambda: True,
    ) -> Swept:
        """Bring every account of `buckets` that is due up to date, until `going_on` says no."""
        swept = Swept()
        for page, now in self._due(buckets):
            if not going_on():
                break
            self._bring_up_to_date([key for key, _ in page])
            lag = max((now - since) / SECOND for _, since in page)
            swept = Swept(swept.accounts + len(page), max(swept.lag_seconds, lag))
            if progress is not None:
                progress(swept)
        return swept

    def _bring_up_to_date(self, keys: Sequence[str]) -> None:
        named = [split_key(key) for key in keys]
        self._engine.carry_out([
            (platform, commands.Advance(account)) for platform, account in named
        ])  # fmt: skip

    def _due(self, buckets: Sequence[int]) -> Iterator[tuple[_Page, Instant]]:
        """Pages of due accounts, each with the now it is due at: that of their test clock, or
        the one that all on real time share."""
        test, real = self._clocks()
        now = self._engine.clock.now()
        for page in self._scheduled(buckets, now):
            others = [(key, since) for key, since in page if split_key(key)[0] not in test]
            if others:
                yield others, now
        for platform, at in test.items():
            for page in self._scheduled(buckets, at, platform):
                yield page, at
        for platform in (*real, *test):
            at = test.get(platform, now)
            for page in self._timed_out(platform, at):
                mine = [(key, since) for key, since in page if bucket_of(key) in buckets]
                if mine:
                    yield mine, at

    def _scheduled(
        self, buckets: Sequence[int], now: Instant, platform: str | None = None
    ) -> Iterator[_Page]:
        """Each page begins behind the one before, so that an account which cannot be brought up
        to date stands in nobody's way."""
        for bucket in buckets:
            after: tuple[Instant, str] = _BEGINNING
            while True:
                with self._store.reading():
                    page = self._store.due(bucket, now, after, self._page, platform)
                if page:
                    after = page[-1][1], page[-1][0]
                    yield page
                if len(page) < self._page:
                    break

    def _timed_out(self, platform: str, now: Instant) -> Iterator[_Page]:
        after = ""
        while True:
            with self._store.reading():
                page = self._store.timed_out(platform, now, after, self._page)
            if page:
                after = page[-1][0]
                yield page
            if len(page) < self._page:
                return

    def _clocks(self) -> tuple[dict[str, Instant], list[str]]:
        """The platforms on test clocks with their now, and those on real time."""
        with self._store.reading():
            rows = [self._store.platform(name) for name in self._store.platforms()]
        test = {row.platform: row.clock_at for row in rows if row and row.clock_at is not None}
        return test, [row.platform for row in rows if row and row.clock_at is None]

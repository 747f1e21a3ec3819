"""The backfill: the snapshots that an older version did not write, made a few at a time.

A batch writes its own snapshots, so every account is looked at once, after the start of a worker.
What is made is beside the journal: two workers at one account make the same.
"""

import time
from collections.abc import Callable, Iterator
from collections.abc import Set as AbstractSet

from ..core import snapshots
from ..core.account import Account, evolve
from ..core.checkpoint import beginning
from ..core.errors import DamagedDatabase, StoreError
from ..store import Store, bucket_of, split_key
from .watch import Watch

LOOKUP_ACCOUNTS = 500
"""Accounts that are looked at for missing snapshots at one time."""
PLAYED_ENTRIES = 1_000
"""Entries that are played at one time, before others get on."""
FILL_SECONDS = 1.0
"""How long a worker fills before it looks again for what is due."""


class Backfill:
    """Goes through the accounts of the buckets that are ours, once."""

    def __init__(self, store: Store, rest: Callable[[float], object] = time.sleep):
        self._store = store
        self._rest = rest
        self._done: set[int] = set()
        self._walk: Iterator[None] = iter(())
        self._walking: frozenset[int] = frozenset()

    def fill(
        self,
        buckets: AbstractSet[int],
        watch: Watch,
        going_on: Callable[[], bool] = lambda: True,
        seconds: float = FILL_SECONDS,
    ) -> bool:
        """Go on for some seconds, half of the time resting; whether all of `buckets` is done."""
        until = time.monotonic() + seconds
        while not buckets <= self._done:
            if not self._walking:
                self._walking = frozenset(buckets - self._done)
                self._walk = self._steps(self._walking, watch)
            begun = time.monotonic()
            try:
                at_end = next(self._walk, self) is self
            except BaseException:
                self._walking = frozenset()  # begin again
                raise
            if at_end:
                self._done |= self._walking
                self._walking = frozenset()
            ended = time.monotonic()
            self._rest(ended - begun)
            if ended > until or not going_on():
                break
        return buckets <= self._done

    def _steps(self, buckets: AbstractSet[int], watch: Watch) -> Iterator[None]:
        """Every step looks at a page of accounts, or plays a page of entries."""
        after = ""
        while True:
            with self._store.reading():
                page = self._store.versions(after, LOOKUP_ACCOUNTS)
            yield
            for key, version in page:
                if version >= snapshots.EVERY_ENTRIES and bucket_of(key) in buckets:
                    yield from self._account(key, version, watch)
            if len(page) < LOOKUP_ACCOUNTS:
                return
            after = page[-1][0]

    def _account(self, key: str, last: int, watch: Watch) -> Iterator[None]:
        """Make what is missing of an account; one that cannot be played is left as it is."""
        try:
            yield from self._missing(key, last)
        except Exception as error:
            if isinstance(error, StoreError) and not isinstance(error, DamagedDatabase):
                raise
            watch.failed(error, key)

    def _missing(self, key: str, last: int) -> Iterator[None]:
        """Play an account from its first missing snapshot on, a page of entries at a step."""
        with self._store.reading():
            seqs = self._store.snapshot_seqs(key)
            start = (self._store.checkpoint(key) or beginning(split_key(key)[1])).account
            missing = snapshots.first_missing(seqs, start.seq, last)
            if missing is None:
                return
            before = self._store.snapshot(key, missing)
        account = before if before is not None and before.seq > start.seq else start
        there = {seq // snapshots.EVERY_ENTRIES for seq in seqs}
        while account.seq < last:
            with self._store.reading():
                entries = self._store.entries(key, account.seq, PLAYED_ENTRIES)
            if not entries or entries[0].seq != account.seq + 1:
                return  # archived meanwhile: the checkpoint stands for them
            made: list[tuple[str, Account]] = []
            for entry in entries:
                account = evolve(account, entry.seq, entry.at, entry.event)
                if (
                    not entry.seq % snapshots.EVERY_ENTRIES
                    and entry.seq // snapshots.EVERY_ENTRIES not in there
                ):
                    made.append((key, account))
            if made:
                self._store.add_snapshots(made)
            yield

"""A copy of a database in another one, of whatever kind: the journal is the truth, so it is read,
played and written again, and then both databases are compared. Where older entries were archived
it is played from the checkpoint on, which is copied too."""

from collections.abc import Callable, Iterator, Sequence
from itertools import islice, zip_longest
from typing import NamedTuple

from ..core.account import Account, evolve
from ..core.errors import InvalidRequest, StoreError
from ..core.journal import GENESIS, JournalEntry
from ..core.snapshots import passed
from ..results.verification import Finding
from ..store import Batch, Move, Store, StoredAccount, Wanted, split_key
from .heads import account_heads
from .verification import verify

PAGE_ROWS = 1_000
"""Entries, accounts or refusals that are in memory at one time."""


class Copying(NamedTuple):
    """How far a copy has come."""

    platforms: int
    accounts: int
    entries: int


class Copied(NamedTuple):
    """What was copied; falsy, with the problems, when the copy does not prove itself."""

    platforms: int
    accounts: int
    lines: int
    refusals: int
    problems: tuple[Finding, ...] = ()

    def __bool__(self) -> bool:
        return not self.problems


def copy(source: Store, target: Store, progress: Callable[[Copying], None] | None = None) -> Copied:
    """Play every platform of `source` into `target`, and verify it there; raises as `play`."""
    copied = play(source, target, progress)
    with target.reading():
        names = target.platforms()
    return copied._replace(problems=verify(target, names).problems if copied.platforms else ())


def play(source: Store, target: Store, progress: Callable[[Copying], None] | None = None) -> Copied:
    """Copy every platform of `source`: secrets, catalogs, API keys, accounts with all their entries
    and holds, what keys were answered. Nobody may write to `source` meanwhile, unless all is done
    in one view of it (`Store.reading`).

    Raises `InvalidRequest` when `target` has one of the platforms already, `StoreError` when one
    of the two was written to by somebody else, or when a journal does not give what is stored.
    """
    with source.reading():
        names = source.platforms()
    with target.reading():
        there = sorted(set(names) & set(target.platforms()))
    if there:
        raise InvalidRequest(
            f"the database to copy to has {', '.join(there)} already; name an empty one", where="to"
        )
    with source.reading():
        target_goes_on = source.epochs()
    target.adopt_epochs(target_goes_on)
    copier = _Copier(source, target, progress or (lambda _: None))
    _note_time(source, target)
    for name in names:
        copier.platform(name)
    for name in names:
        _compare(source, target, name)
    return Copied(copier.platforms, copier.accounts, copier.entries, copier.refusals)


def _note_time(source: Store, target: Store) -> None:
    """A file that is copied to knows the newest instant that its source bears out."""
    with source.reading():
        known = source.known_time()
    if not target.own_clock:
        with target.writing():
            target.note_time(known)


class _Copier:
    """Gathers accounts until a page of entries is full, and writes them at once."""

    def __init__(self, source: Store, target: Store, progress: Callable[[Copying], None]):
        self._source = source
        self._target = target
        self._progress = progress
        self._batch = Batch({})
        self._moves: list[Move] = []
        self.platforms = self.accounts = self.entries = self.refusals = 0

    def platform(self, name: str) -> None:
        self._publications(name)
        for key in _accounts(self._source, name):
            self._account(key)
        self._write()
        self._refusals(name)
        self.platforms += 1
        self._tell()

    def _publications(self, name: str) -> None:
        source, target = self._source, self._target
        with source.reading():
            row = source.platform(name)
            catalogs = [
                (published, source.catalog_source(name, published.version))
                for published in source.catalogs(name)
            ]
            withdrawn = source.withdrawn_catalogs(name)
            keys, answered = source.api_keys(name), source.platform_requests(name)
        if row is None:
            raise _written_to("source")
        with target.writing():
            target.add_platform(row)
            for published, text in catalogs:
                target.add_catalog(published, text)
            for version, at in withdrawn.items():
                target.withdraw_catalog(name, version, at)
            for key in keys:
                target.add_api_key(key)
            for answer in answered:
                target.add_platform_request(name, answer)

    def _account(self, key: str) -> None:
        source = self._source
        with source.reading():
            stored = source.load(Wanted([key])).accounts.get(key)
            holds = source.holds(key, open_only=False)
            checkpoint = source.checkpoint(key)
        if stored is None:
            raise _written_to("source")
        played = StoredAccount(Account(split_key(key)[1]), GENESIS)
        if checkpoint is not None:
            played = StoredAccount(checkpoint.account, checkpoint.head)
            self._batch.accounts[key] = played
            self._moves.append(Move(key, 0, checkpoint))
        while played.account.seq < stored.account.seq:
            with source.reading():
                entries = source.entries(key, played.account.seq, PAGE_ROWS)
            if not entries:
                break
            played = self._play(key, played, entries)
            self._batch.entries += [(key, entry) for entry in entries]
            self._batch.accounts[key] = played
            if played.account.seq < stored.account.seq:
                self._write()
        if played != stored:
            raise StoreError(f"the journal of {key} does not give what is stored: run verify")
        for hold in holds:
            self._batch.holds[key, hold.id] = hold
        self.accounts += 1
        if max(len(self._batch.entries), len(self._batch.accounts)) >= PAGE_ROWS:
            self._write()

    def _play(
        self, key: str, stored: StoredAccount, entries: Sequence[JournalEntry]
    ) -> StoredAccount:
        """An account after these entries, which have to follow one upon the other; the snapshots on
        the way are written with them."""
        account = stored.account
        for entry in entries:
            if entry.seq != account.seq + 1:
                raise StoreError(f"entry {account.seq + 1} of {key} is missing: run verify")
            account = evolve(account, entry.seq, entry.at, entry.event)
            if passed(entry.seq - 1, entry.seq):
                self._batch.snapshots.append((key, account))
        return StoredAccount(account, entries[-1].hash)

    def _refusals(self, name: str) -> None:
        after = ("", "")
        while True:
            with self._source.reading():
                page = self._source.refusals(name, after, PAGE_ROWS)
            if not page:
                return
            self._batch.refusals += page
            self.refusals += len(page)
            self._write()
            after = (page[-1][0], page[-1][1].key)

    def _write(self) -> None:
        batch, self._batch = self._batch, Batch({})
        if not batch.names():
            return
        with self._target.deciding() as decision:
            batch.stamps = decision.load(Wanted(sorted(batch.names()))).stamps
            _check_refused(batch)
            decision.write(batch)
            unwritten = decision.written()
        if unwritten.conflicted or unwritten.unknown:
            raise _written_to("target")
        if self._moves:
            self._target.remove(self._moves)
            self._moves = []
        self.entries += len(batch.entries)
        self._tell()

    def _tell(self) -> None:
        self._progress(Copying(self.platforms, self.accounts, self.entries))


def _accounts(store: Store, platform: str) -> Iterator[str]:
    """The keys of a platform's accounts, a page in memory at a time."""
    after = ""
    while True:
        with store.reading():
            page = list(islice(store.accounts(platform, after), PAGE_ROWS))
        if not page:
            return
        yield from page
        after = page[-1]


def _compare(source: Store, target: Store, platform: str) -> None:
    """Both have the same accounts, each with the same last entry: a hash over all before it."""
    both = account_heads(source, platform), account_heads(target, platform)
    for ours, copied in zip_longest(*both):
        if ours != copied:
            raise _written_to("source")


def _check_refused(batch: Batch) -> None:
    for account, _ in batch.refusals:
        if account not in batch.stamps and account not in batch.accounts:
            raise StoreError(f"there are refusals of {account}, and no such account: run verify")


def _written_to(which: str) -> StoreError:
    return StoreError(
        f"the {which} was written to while it was copied: stop what uses it, and copy into an "
        "empty database"
    )

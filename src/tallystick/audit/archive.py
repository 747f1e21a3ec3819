"""The archive: the older entries of journals go to Parquet files, and then leave the database.

An entry is removed only once it stands in a file that is on the disk, was read back, and proved by
the chain of hashes to be what the journal has. A run that was ended anywhere is repeated: what was
written and not removed is found in the folder and goes on from there.
"""

import time
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from functools import partial
from os import PathLike
from pathlib import Path

from ..core import dates, instants
from ..core.checkpoint import beginning
from ..core.errors import InvalidRequest, StoreError
from ..core.events import ClockRepaired
from ..core.instants import DAY, Instant, to_datetime
from ..engine import Engine
from ..engine.retention import forget_refusals
from ..results.archive import Archived, OfPlatform
from ..results.verification import Progress
from ..store import Move, Store, Wanted, split_key
from .archive_files import Folder, Writer, taken
from .proof import Proof

KEPT_DAYS = 30
"""Entries younger than this stay, because idempotency keys are remembered by their entries."""

FILE_ENTRIES = 50_000
PAGE_ROWS = 1_000
REMOVED_ENTRIES = 2_000
"""Entries that are removed in one transaction: other writers wait for no more than that."""

_ACCOUNTS_AT_ONCE = 500

Tell = Callable[[Progress], None]


def archive(
    engine: Engine,
    platforms: Sequence[str],
    before: object,
    folder: str | PathLike[str],
    dry_run: bool = False,
    progress: Tell | None = None,
) -> Archived:
    """Move the entries of `platforms` that are older than `before` to `folder`, and forget refusals
    that are older than 30 days.

    `before` is a date, an instant, or an age such as ``90d``, by each platform's own clock; at
    least 30 days ago. Others may write meanwhile. Raises `InvalidRequest` for bad input, and
    `StoreError` when entries do not prove themselves or the folder holds others: nothing that is
    not proven is removed.
    """
    cutoffs = {name: _cutoff(before, *_present(engine, name)) for name in platforms}
    if dry_run:
        found = [_would(engine.store, name, at) for name, at in cutoffs.items()]
        return _report(found, (), dry_run)
    path = Path(folder)
    try:
        with taken(path):
            run = _ArchiveRun(engine.store, Folder(path), progress or (lambda _: None))
            found = [run.platform(name, at) for name, at in cutoffs.items()]
            for name in platforms:
                forget_refusals(engine.store, name, _now(engine, name))
    except OSError as error:
        why = error.strerror or type(error).__name__
        raise StoreError(f"{path} cannot be archived to: {why}") from None
    return _report(found, run.files, dry_run)


def _report(found: Sequence[OfPlatform], files: Sequence[str], dry_run: bool) -> Archived:
    return Archived(
        platforms=tuple(found),
        accounts=sum(each.accounts for each in found),
        lines=sum(each.lines for each in found),
        files=tuple(files),
        dry_run=dry_run,
    )


# Which entries


def _now(engine: Engine, platform: str) -> Instant:
    return _present(engine, platform)[0]


def _present(engine: Engine, platform: str) -> tuple[Instant, str]:
    """The instant by which entries are old, and the platform's zone; a clock that is in doubt
    would have young ones forgotten."""
    history, now, doubt = engine.offers(platform)
    if doubt is not None:
        raise doubt.error()
    return now, history.at(now).catalog.time_zone


def _cutoff(before: object, now: Instant, zone: str) -> Instant:
    """The instant that `before` names, which lies at least 30 days back."""
    latest = now - KEPT_DAYS * DAY
    at = dates.read(before, "before", now, zone, ago=True)
    if at > latest:
        raise InvalidRequest(
            f"entries of the last {KEPT_DAYS} days stay, as idempotency keys are remembered by "
            f"them: before must not lie after {instants.words(latest)}",
            where="before",
        )
    return at


def _accounts(store: Store, platform: str) -> list[str]:
    with store.reading():
        return list(store.accounts(platform))


def _bounds(store: Store, key: str, before: Instant) -> tuple[int, int]:
    """The seqs between which an account has entries to archive: after one, up to the other."""
    with store.reading():
        stretch = store.load(Wanted([key])).accounts[key].account.stretch(before)
        checkpoint, last = store.checkpoint(key), store.last_before(key, before, stretch)
    done = checkpoint.seq if checkpoint else 0
    return done, max(done, last)


def _would(store: Store, platform: str, before: Instant) -> OfPlatform:
    bounds = [_bounds(store, key, before) for key in _accounts(store, platform)]
    counts = [last - done for done, last in bounds if last > done]
    return OfPlatform(
        platform=platform,
        before=to_datetime(before),
        accounts=len(counts),
        lines=sum(counts),
    )


class _ArchiveRun:
    """One run: entries are gathered until a file is full; then it is proven, and they go."""

    def __init__(self, store: Store, folder: Folder, tell: Tell):
        if folder.unsound:
            raise StoreError("; ".join(folder.unsound))
        self._store = store
        self._folder = folder
        self._tell = tell
        self._writer: Writer | None = None
        self._moved: set[str] = set()
        self._entries = 0
        self.files: list[str] = []

    def platform(self, name: str, before: Instant) -> OfPlatform:
        self._moved, self._entries = set(), 0
        keys = _accounts(self._store, name)
        there = set(keys)
        self._go(self._proven(key for key in self._folder.accounts() if key in there))
        try:
            for done, key in enumerate(keys, start=1):
                self._export(key, before)
                self._tell(Progress(done, len(keys), self._entries))
            self._finish()
        finally:
            if self._writer is not None:
                self._writer.abandon()
                self._writer = None
        return OfPlatform(
            platform=name,
            before=to_datetime(before),
            accounts=len(self._moved),
            lines=self._entries,
        )

    def _export(self, key: str, before: Instant) -> None:
        done, last = _bounds(self._store, key, before)
        while done < last:
            with self._store.reading():
                entries = self._store.entries(key, done, min(PAGE_ROWS, last - done))
            if not entries or entries[0].seq > last:  # another run was faster
                return
            self._writer = self._writer or Writer(self._folder.path)
            self._writer.add(key, entries)
            done = entries[-1].seq
            if self._writer.entries >= FILE_ENTRIES and not self._is_set_aside(key, done):
                self._finish()

    def _is_set_aside(self, key: str, seq: int) -> bool:
        """Whether the entry that sets this one aside is yet to come: a checkpoint must not stand
        between the two."""
        with self._store.reading():
            account = self._store.load(Wanted([key])).accounts[key].account
        return any(each.back_to < seq < each.seq for each in account.repairs)

    def _finish(self) -> None:
        """Complete the file, prove it, and let the entries go that it has."""
        if self._writer is None:
            return
        writer, self._writer = self._writer, None
        path = writer.finish()
        try:
            moves = list(self._proven(self._folder.add(path)))
        except BaseException:
            path.unlink()
            raise
        self.files.append(path.name)
        self._go(moves)

    # What was written is read back, proven, and only then removed

    def _proven(self, keys: Iterable[str]) -> Iterator[Move]:
        for key in keys:
            yield from self._moves(key)

    def _moves(self, key: str) -> Iterator[Move]:
        """How the checkpoint of an account moves over the entries that the folder has of it."""
        with self._store.reading():
            start = self._store.checkpoint(key) or beginning(split_key(key)[1])
        last, found = self._folder.last(key), []
        again, aside = (
            partial(self._folder.entries, key),
            _set_aside(self._folder, key, start.seq, last),
        )
        proof = Proof(key, start, again)
        for _, entry, columns in self._folder.rows(key, start.seq, last):
            for _, _, message in proof.entry(entry, columns):
                raise _unproven(key, f"entry {entry.seq}: {message}")
            if entry.seq - start.seq >= REMOVED_ENTRIES and entry.seq not in aside:
                found.append(Move(key, start.seq, proof.checkpoint()))
                start = found[-1].checkpoint
                proof = Proof(key, start, again)
        if proof.seq > start.seq:
            found.append(Move(key, start.seq, proof.checkpoint()))
        if found and self._is_of(key, found):
            yield from found

    def _is_of(self, key: str, moves: Sequence[Move]) -> bool:
        """Whether the last of these entries is the database's own: its hash is over all before it.
        False when another run has removed them meanwhile."""
        head = moves[-1].checkpoint
        with self._store.reading():
            entries = self._store.entries(key, head.seq - 1, 1)
            checkpoint = self._store.checkpoint(key)
        if (checkpoint.seq if checkpoint else 0) != moves[0].before:
            return False
        if not entries or (entries[0].seq, entries[0].hash) != (head.seq, head.head):
            raise _unproven(key, f"{self._folder.path} has other entries than the database")
        return True

    def _go(self, moves: Iterable[Move]) -> None:
        """Remove the entries that were proven, a few at a time."""
        lost: set[str] = set()
        for together in _together(moves):
            asked = [move for move in together if move.account not in lost]
            begun = time.monotonic()
            done = self._store.remove(asked)
            lost |= {move.account for move in asked} - done
            self._moved |= done
            gone = [move for move in asked if move.account in done]
            self._entries += sum(move.checkpoint.seq - move.before for move in gone)
            time.sleep(time.monotonic() - begun)  # half of the time is everybody else's


def _set_aside(folder: Folder, key: str, after: int, last: int) -> Container[int]:
    """The seqs among these at which no checkpoint may stand: the entry that sets the next ones
    aside is proven by the entries before them."""
    if last - after <= REMOVED_ENTRIES:
        return ()
    return {
        seq
        for entry in folder.entries(key, after, last)
        if isinstance(entry.event, ClockRepaired)
        for seq in range(entry.event.back_to + 1, entry.seq)
    }


def _together(moves: Iterable[Move]) -> Iterator[list[Move]]:
    """Moves that go in one transaction: few entries, and each account once."""
    batch: list[Move] = []
    entries = 0
    for move in moves:
        size = move.checkpoint.seq - move.before
        full = entries + size > REMOVED_ENTRIES or len(batch) == _ACCOUNTS_AT_ONCE
        if batch and (full or batch[-1].account == move.account):
            yield batch
            batch, entries = [], 0
        batch.append(move)
        entries += size
    if batch:
        yield batch


def _unproven(key: str, why: str) -> StoreError:
    platform, account = split_key(key)
    return StoreError(
        f"{platform}: account {account}, {why}. Nothing of it was removed: run verify, and archive "
        "to a folder that has no other database's entries"
    )
